"""Derivatives beyond the first: any order, along directions, Hessians applied, Taylor series, blocks; each against numbers."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from collection import records

import matcalc
from matcalc.expr import Symbol, postorder
from matcalc.verify.agree import direction, directional, jacobian_agrees, stacked
from matcalc.verify.sample import draw

A_ROWS = ["a, b : row(m)"]
MASKED = ["M : matrix(I, J), binary", "U : matrix(I, K)", "X := U V' - Y", "W := M .* X"]
MASKED_LOSS = "norm(W)^2 + lambda norm(U)^2"

# fmt: off
THIRD = [  # formula, by, declared
    ("sum(x.^4)",                     "x", []),
    ("sum(tanh(A x))",                "x", []),
    ("logsumexp(A x)",                "x", []),
    ("1 / (c' x)",                    "x", []),
    ("(x' A x)^2",                    "x", []),
    ("tr(X^3)",                       "X", []),
    ("tr(A X B X' X)",                "X", []),
    ("logdet(X)",                     "X", []),
    ("logdet(S)",                     "S", ["S : matrix(n, n), spd"]),
    ("norm(X)",                       "X", []),
    ("sum(L.^3)",                     "L", ["L : matrix(n, n), lower"]),
    ("det(s X)",                      "X", ["s : scalar"]),
]
FUNCTIONS = [  # formula, by, declared; of any shape
    *THIRD,
    ("(a W) .* (b W)",                "W", A_ROWS),
    ("inv(X)",                        "X", []),
    ("X' A X",                        "X", []),
    ("softmax(A x)",                  "x", []),
    ("sqrtm(S)",                      "S", ["S : matrix(n, n), spd"]),
    (MASKED_LOSS,                     "U", MASKED),
    (MASKED_LOSS,                     "V", MASKED),
    ("norm(Z)^2 + tr(Z^H Z Z^H Z)",   "Z", ["Z : complex matrix(m, n)"]),
]
SERIES = [  # formula, by, order, declared, the whole line
    ("norm(X w - y)^2", "w", 2, [],      "E(w + h) = norm(X w - y)^2 + 2 h' X' (X w - y) + norm(X h)^2"),
    ("(a W) .* (b W)",  "W", 2, A_ROWS,  "F(W + H) = a W .* b W + (a H .* b W + a W .* b H) + a H .* b H"),
    ("inv(X)",          "X", 2, [],      "F(X + H) + O(|H|^3) = inv(X) - inv(X) H inv(X) + inv(X) H inv(X) H inv(X)"),
    ("x' A x",          "x", 1, [],      "E(x + h) + O(|h|^2) = x' A x + h' (A + A') x"),
    ("x' A x",          "x", 3, [],      "E(x + h) = x' A x + h' (A + A') x + h' A h"),
    ("c' x",            "x", 2, [],      "E(x + h) = c' x + c' h"),
    ("sum(abs(x))",     "x", 1, [],      "E(x + h) + O(|h|^2) = sum(abs(x)) + h' sign(x)"),
    ("c' f(x)",         "x", 1, ["f : function"], "E(x + h) + O(|h|^2) = c' f(x) + sum(c .* h .* f'(x))"),
]
# fmt: on


def variable(result: matcalc.Result) -> Symbol:
    found = result.understood.names[result.wrt[0]]
    assert isinstance(found, Symbol)
    return found


# --- orders -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("formula", "wrt", "declare"), THIRD)
def test_a_third_derivative_is_the_jacobian_of_the_hessian(formula: str, wrt: str, declare: list[str]) -> None:
    second = matcalc.derive(formula, wrt, declare, order=2)
    third = matcalc.derive(formula, wrt, declare, order=3)
    assert jacobian_agrees(second.value.node, variable(third), third.value.node, count=2)
    assert third.labels == (f"d3E/d{wrt}3",)
    assert all(step.verified for step in third.steps)
    assert "vec" in third.layout


def test_a_fourth_derivative_and_those_of_a_polynomial_that_vanish() -> None:
    assert str(matcalc.derive("sum(x.^4)", "x", order=4).value) == "24 khatrirao(eye(n), khatrirao(eye(n), eye(n)))"
    assert str(matcalc.derive("x' A x", "x", order=3).value) == "zeros(n * n, n)"


def test_mixed_derivatives_take_one_variable_for_each_order() -> None:
    result = matcalc.derive("x' A y + (x' y)^2", ("x", "y", "x"), order=3)
    assert result.labels == ("d3E/dx dy dx",)
    assert r"\partial^3" in result.latex()
    mixed = matcalc.derive("x' A y + (x' y)^2", ("x", "y"), order=2)
    assert jacobian_agrees(mixed.value.node, variable(result), result.value.node)
    with pytest.raises(matcalc.CallError, match="by 1 or 3 variables"):
        matcalc.derive("x' A y", ("x", "y"), order=3)


@pytest.mark.parametrize("order", [0, -1])
def test_an_order_below_one_is_refused(order: int) -> None:
    with pytest.raises(matcalc.CallError, match="order is 1, 2, 3 and on"):
        matcalc.derive("x' x", "x", order=order)


def test_a_higher_derivative_of_what_is_no_scalar_is_refused() -> None:
    with pytest.raises(matcalc.FormulaError, match="needs a scalar"):
        matcalc.derive("A x", "x", order=3)


def test_third_derivatives_of_published_formulas_do_not_blow_up() -> None:
    """Those that are polynomials by their look: no inverse, no function but sums, traces and norms."""
    polynomials = [
        r for r in records() if set("'^+-.*() :") >= {c for c in r["expr"] if not c.isalnum() and c not in "_=,[]"}
    ]
    polynomials = [r for r in polynomials if not any(f in r["expr"] for f in ("inv", "^-", "exp", "log", "det", "⊗"))]
    assert len(polynomials) > 60
    for record in polynomials[::3]:
        if "k: scalar" in record["declare"]:
            continue
        second, third = (matcalc.derive(record["expr"], record["wrt"], record["declare"], order=k) for k in (2, 3))
        size, larger = (len(postorder(result.value.node)) for result in (second, third))
        assert larger <= 4 * size + 60, record["id"]


# --- directions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("formula", "wrt", "declare"), FUNCTIONS)
def test_a_derivative_along_a_direction_is_the_slope(formula: str, wrt: str, declare: list[str]) -> None:
    result = matcalc.directional(formula, wrt, "E_1", declare)
    x = variable(result)
    E = result.understood.names["E_1"]
    found = draw([result.objective.node, result.value.node], symbols=[x, E])  # type: ignore[list-item]
    assert found is not None
    slope, error = directional(result.objective.node, x, found.values["E_1"], found)
    assert np.allclose(found.value(result.value.node), slope, rtol=1e-6, atol=1e-6 + error)
    assert all(step.verified for step in result.steps)


@pytest.mark.parametrize(("formula", "wrt", "declare"), THIRD)
def test_the_hessian_applied_is_the_hessian_times_the_direction(formula: str, wrt: str, declare: list[str]) -> None:
    result = matcalc.hvp(formula, wrt, "v_1", declare)
    hessian = matcalc.derive(formula, wrt, declare, order=2).value.node
    x = variable(result)
    found = draw([hessian, result.value.node], symbols=[x])
    assert found is not None
    E = direction(x, found, 3)
    moved = found.value(hessian) @ stacked(E)
    got = type(found)(found.sizes, {**found.values, "v_1": E}, found.style).value(result.value.node)
    assert np.allclose(stacked(got), moved, rtol=1e-7, atol=1e-7 * max(1.0, float(np.max(np.abs(moved)))))
    assert all(step.verified for step in result.steps)


@pytest.mark.parametrize(("formula", "wrt", "order", "declare", "line"), SERIES)
def test_a_taylor_series_is_printed_by_order(formula: str, wrt: str, order: int, declare: list[str], line: str) -> None:
    result = matcalc.taylor(formula, wrt, order, declare=declare)
    assert str(result) == line
    assert result.exact == ("O(" not in line)
    declared = [str(d) for d in result.declarations]
    assert matcalc.parse(str(result.value), declare=declared) == matcalc.parse(
        line.partition(" = ")[2], declare=declared
    )


@pytest.mark.parametrize(("formula", "wrt", "declare"), FUNCTIONS)
def test_a_taylor_series_leaves_a_rest_of_the_next_order(formula: str, wrt: str, declare: list[str]) -> None:
    result = matcalc.taylor(formula, wrt, 2, "H_1", declare)
    x, H = variable(result), result.understood.names["H_1"]
    found = draw([result.objective.node, result.value.node], symbols=[x, H])  # type: ignore[list-item]
    assert found is not None

    def rest(step: float) -> float:
        small = step * found.values["H_1"]
        there = found.moved({x.name: small}).value(result.objective.node)
        series = type(found)(found.sizes, {**found.values, "H_1": small}, found.style).value(result.value.node)
        return float(np.max(np.abs(there - series)))

    size = max(1.0, float(np.max(np.abs(found.value(result.objective.node)))))
    if result.exact:
        assert rest(1.0) <= 1e-9 * size * 100
    else:
        assert rest(1e-3) <= rest(2e-3) / 4 + 1e-12 * size  # of third order: an eighth
    assert all(step.verified for step in result.steps)


def test_several_variables_move_at_once() -> None:
    result = matcalc.taylor("norm(U V' - Y)^2", ("U", "V"), 4)
    assert result.exact
    assert result.directions == ("H_U", "H_V")
    assert len(result.terms) == 5
    declared = [str(d) for d in result.declarations]
    assert result.terms[4] == matcalc.parse("norm(H_U H_V')^2", declare=declared)


def test_the_direction_may_be_a_letter_of_the_formula_even_the_variable_itself() -> None:
    result = matcalc.directional("x' A x", "x", "x")
    assert str(result.value) == "x' (A + A') x"
    assert str(matcalc.hvp("norm(x)^4", "x", "x").value) == "12 (x' x) x"
    assert str(matcalc.directional("c' x + c' d", "x", "d").value) == "c' d"


@pytest.mark.parametrize(
    ("wrt", "along", "words"),
    [
        ("x", "A", "is a matrix"),
        ("S", "A", "must be symmetric"),
        ("x", "tr", "cannot name a direction"),
        ("x", "n", "cannot name a direction"),
        (("x", "S"), "h", "2 variables take as many directions"),
    ],
)
def test_a_direction_that_does_not_fit_is_refused(wrt: str, along: str, words: str) -> None:
    declare = ["A : matrix(n, n)", "S : matrix(n, n), symmetric"]
    with pytest.raises(matcalc.CallError, match=words):
        matcalc.directional("x' (A + S) x", wrt, along, declare)


def test_a_hessian_is_applied_for_scalars_only() -> None:
    with pytest.raises(matcalc.CallError, match="for a real scalar"):
        matcalc.hvp("A x", "x")
    with pytest.raises(matcalc.CallError, match="from 1 to"):
        matcalc.taylor("x' x", "x", 0)


def test_a_direction_lies_in_the_space_of_its_variable() -> None:
    result = matcalc.taylor("logdet(S)", "S", declare=["S : matrix(n, n), spd"])
    assert str(result.declarations[-1]) == "H : matrix(n, n), symmetric"


# --- quadratic forms and blocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("formula", "wrt", "declare"), THIRD)
def test_the_quadratic_form_is_that_of_the_hessian(formula: str, wrt: str, declare: list[str]) -> None:
    result = matcalc.derive(formula, wrt, declare, order=2)
    assert result.quadratic is not None
    x = variable(result)
    found = draw([result.quadratic.node, result.value.node], symbols=[x])
    assert found is not None
    E = direction(x, found, 3)
    got = type(found)(found.sizes, {**found.values, "d" + wrt: E}, found.style).value(result.quadratic.node)
    wanted = stacked(E).T @ found.value(result.value.node) @ stacked(E)
    assert np.allclose(got, wanted, rtol=1e-7, atol=1e-7 * max(1.0, float(np.abs(wanted).item())))


def test_the_hessian_of_the_masked_factorisation_has_a_block_for_each_row() -> None:
    result = matcalc.derive(MASKED_LOSS, "U", MASKED, order=2)
    assert str(result.value) == "2 (kron(V', eye(I)) Diag(vec(M)) kron(V, eye(I)) + lambda eye(I * K))"
    assert str(result.quadratic) == "2 ((M .* dU V') V + lambda dU) : dU"
    assert result.blocks is not None
    where, block = result.blocks
    assert where == "for the row i of U, i = 1..I; 0 elsewhere"
    assert str(block) == "2 (V' Diag(M[i,:]') V + lambda eye(K))"


@pytest.mark.parametrize(
    ("formula", "wrt", "declare"),
    [
        (MASKED_LOSS, "U", MASKED),
        (MASKED_LOSS, "V", MASKED),
        ("sum(tanh(A X))", "X", []),
        ("sum(exp(X B)) + norm(X)^2", "X", []),
        ("sum(M .* X.^4)", "X", []),
    ],
)
def test_blocks_are_those_of_the_hessian(formula: str, wrt: str, declare: list[str]) -> None:
    result = matcalc.derive(formula, wrt, declare, order=2)
    assert result.blocks is not None
    where, block = result.blocks
    found = draw([result.value.node, result.objective.node])
    assert found is not None
    H = found.value(result.value.node)
    m, n = found.values[wrt].shape
    by_rows = "row" in where
    places = (
        [[j * m + i for j in range(n)] for i in range(m)]
        if by_rows
        else [[j * m + i for i in range(m)] for j in range(n)]
    )
    put = np.zeros_like(H)
    for k, place in enumerate(places, 1):
        sized = type(found)({**found.sizes, "i": k}, found.values, found.style)
        put[np.ix_(place, place)] = sized.value(block.node)
    assert np.allclose(put, H)


def test_a_hessian_that_couples_everything_has_no_blocks() -> None:
    assert matcalc.derive("logdet(X)", "X", order=2).blocks is None
    assert matcalc.derive("norm(A X)^2", "X", order=2).blocks is None  # one and the same block: kron says it


# --- how it is asked for and printed ------------------------------------------------------------------------------------


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matcalc", "derive", *arguments], capture_output=True, text=True, check=False
    )


def test_the_command_prints_series_directions_and_hessians_applied() -> None:
    assert "F(W + H) = " in command("(a W) .* (b W)", "--wrt", "W", "--taylor", "2", "--let", "a, b : row(m)").stdout
    assert command("x' A x", "--wrt", "x", "--direction", "v", "--plain").stdout == "v' (A + A') x\n"
    assert command("x' A x", "--wrt", "x", "--order", "2", "--direction", "v", "--plain").stdout == "(A + A') v\n"
    assert "d3E/dx3" in command("sum(x.^3)", "--wrt", "x", "--order", "3").stdout
    data = json.loads(command("x' A x", "--wrt", "x", "--taylor", "2", "--json", "--steps").stdout)
    assert data["exact"] is True
    assert [t["plain"] for t in data["terms"]] == ["x' A x", "h' (A + A') x", "h' A h"]


def test_what_does_not_go_together_is_refused_by_the_command() -> None:
    refused = command("x' A y", "--wrt", "x,y", "--order", "2", "--direction", "v")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_series_is_typeset_by_order() -> None:
    latex = matcalc.taylor("inv(X)", "X").latex(steps=True)
    assert r"\mathrm{d}^2\,F &= 2 X^{-1}\,\mathrm{d}X\,X^{-1}\,\mathrm{d}X\,X^{-1}" in latex
    assert r"F(X + H) + O(\lVert H \rVert^{3}) &= X^{-1} - X^{-1} H X^{-1}" in latex


def test_an_emitted_function_takes_the_direction() -> None:
    function = matcalc.hvp("norm(X w - y)^2", "w", "v").function("numpy")
    X = np.arange(6.0).reshape(3, 2)
    assert np.allclose(function(X=X, v=[1.0, -1.0]), 2 * X.T @ X @ [1.0, -1.0])
