"""The three forms of a derivative: differential, Jacobian, entries. They agree on numbers for every record of the collection."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from collection import Array, Record, records
from differences import inside

import matcalc
from matcalc.cli import main
from matcalc.expr import Symbol
from matcalc.verify.agree import stacked
from matcalc.verify.entries import all_entries
from matcalc.verify.sample import Draw, draws

CLOSE = 1e-9
CASES = [
    ("A X B", "X", ()),
    ("A X' B", "X", ()),
    ("X' A X", "X", ()),
    ("X A X X'", "X", ("A : matrix(n, m)", "X : matrix(m, n)")),
    ("exp(A X) .* X", "X", ()),
    ("C ((A X B) .* D) E", "X", ()),
    ("A inv(X) B", "X", ()),
    ("tr(X) X", "X", ()),
    ("X[1,2] X", "X", ()),
    ("kron(A, X)", "X", ()),
    ("vec(X A)", "X", ()),
    ("Diag(A x) B", "x", ()),
    ("diag(A X)", "X", ("X : matrix(m, n)",)),
    ("norm(X)^2 X ./ sum(X)", "X", ("X : matrix(m, n), positive",)),
    ("A S B", "S", ("S : matrix(n, n), symmetric",)),
    ("inv(S)", "S", ("S : matrix(n, n), spd",)),
    ("A S b", "S", ("S : matrix(n, n), skew",)),
    ("L A L", "L", ("L : matrix(n, n), lower",)),
    ("A L", "L", ("L : matrix(n, n), upper",)),
    ("S A S", "S", ("S : matrix(n, n), diagonal",)),
    ("softmax(A x + b)", "x", ()),
    ("tril(A X)", "X", ("A : matrix(n, m)", "X : matrix(m, n)")),
    ("x' A", "x", ()),
    ("r A .* r", "r", ("r : row(n)",)),
    ("s A + exp(s) B", "s", ("s : scalar", "A : matrix(m, n)")),
    ("norm(A X - B)^2", "X", ()),
    ("logdet(X)", "X", ()),
    ("f(A x)", "x", ("f : function",)),
    ("X W", "W", ("X := A B", "W : matrix(n, p)")),
    ("A X^k B", "X", ("X : matrix(n, n)", "k : size")),
    ("sum(i=1..p, A_i X B_i)", "X", ("A_i : matrix(m, n), i = 1..p", "B_i : matrix(q, r), i = 1..p")),
    ("sum(i=1..p, A_i x exp(c_i' x))", "x", ("A_i : matrix(m, n), i = 1..p", "c_i : vector(n), i = 1..p")),
    ("sum(i=1..n-1, x[i+1] x[i]) x", "x", ("x : vector(n)",)),
    ("kron(X, X)", "X", ("X : matrix(m, n)",)),
]  # fmt: skip


# --- agreement --------------------------------------------------------------------------------------------------------


def assert_forms_agree(result: matcalc.Result, count: int = 3) -> None:
    """J vec(dX), dF and the sum of ∂F_ij/∂X_kl dX_kl, for a random dX in the space of X, at several sizes."""
    x = result.understood.names[result.wrt[-1]]
    assert isinstance(x, Symbol)
    last = result.forms("jacobian")[-1]
    entries = result.forms("entries")[-1]
    dF = result.differential.value.node
    symbols = [node for node in result.understood.names.values() if isinstance(node, Symbol)]
    found = draws([result.objective.node, last.value.node, result.differentiated], count, symbols=symbols)
    assert found
    for seed, draw in enumerate(found):
        moved = with_direction(draw, x, result.wrt, seed)
        along = moved.value(dF)
        step = moved.values["d" + x.name]
        by_jacobian = moved.value(last.value.node) @ stacked(step)
        assert_close(stacked(along), by_jacobian, f"dF and J of {result.understood.source}")
        table = all_entries(entries.value.node, counted(entries.indices, [*along.shape, *step.shape]), moved)
        by_entries = table.reshape(along.size, step.size) @ step.reshape(-1, 1)
        assert_close(along.reshape(-1, 1), by_entries, f"dF and the entries of {result.understood.source}")


def with_direction(draw: Draw, x: Symbol, wrt: Sequence[str], seed: int) -> Draw:
    random = np.random.default_rng(seed)
    direction = inside(random.normal(size=draw.values[x.name].shape), x.properties)
    others = {f"d{name}": np.zeros_like(draw.values[name]) for name in wrt}
    return Draw(draw.sizes, {**draw.values, **others, "d" + x.name: direction}, draw.style, draw.functions)


def counted(indices: Sequence[str], shape: Sequence[int]) -> dict[str, int]:
    """How many values each index has: those of dimensions other than 1."""
    return dict(zip(indices, [n for n in shape if n != 1], strict=True))


def assert_close(got: Array, wanted: Array, what: str) -> None:
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    assert got.shape == wanted.shape, what
    assert float(np.max(np.abs(got - wanted), initial=0.0)) <= CLOSE * scale, what


def over_vec() -> list[Record]:
    return [*records("jacobian"), *records("hessian")]


@pytest.mark.parametrize("record", over_vec(), ids=lambda record: record["id"])
def test_the_three_forms_of_every_jacobian_and_hessian_agree(record: Record) -> None:
    order = 2 if record["kind"] == "hessian" else 1
    try:
        result = matcalc.derive(record["expr"], record["wrt"], record["declare"], order=order)
    except matcalc.NoRuleError:
        assert "advanced" in record["tags"]
        pytest.skip("not supported yet, and it says so")
    assert_forms_agree(result)


@pytest.mark.parametrize(("text", "wrt", "declare"), CASES, ids=[case[0] for case in CASES])
def test_the_three_forms_agree(text: str, wrt: str, declare: tuple[str, ...]) -> None:
    assert_forms_agree(matcalc.derive(text, wrt, declare))


def test_a_wrong_form_is_found() -> None:
    with pytest.raises(AssertionError, match="dF and J"):
        assert_forms_agree(_mixed())


def _mixed() -> matcalc.Result:
    """dF of X' X beside the Jacobian and the entries of X X'."""
    declare = ["X : matrix(n, n)"]
    result = matcalc.derive("X X'", "X", declare)
    result.__dict__["differential"] = matcalc.derive("X' X", "X", declare).differential
    return result


# --- what they look like ----------------------------------------------------------------------------------------------


def test_a_matrix_by_a_matrix_has_three_forms_in_three_spellings() -> None:
    differential, jacobian, entries = matcalc.derive("A X B", "X").forms()
    assert (str(differential), str(jacobian), str(entries)) == (
        "dF = A dX B",
        "d vec(F)/d vec(X)' = kron(B', A)",
        "dF[i,j]/dX[k,l] = A[i,k] B[l,j]",
    )
    assert (differential.unicode(), entries.unicode()) == ("dF = A dX B", "∂Fᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ")
    assert jacobian.unicode() == "∂vec(F)/∂vec(X)ᵀ = Bᵀ ⊗ A"
    assert entries.latex() == r"\frac{\partial F_{ij}}{\partial X_{kl}} = A_{ik} B_{lj}"
    assert differential.latex() == r"\mathrm{d}F = A\,\mathrm{d}X\,B"


def test_a_gradient_has_forms_too() -> None:
    result = matcalc.derive("norm(X w - y)^2", wrt="w")
    assert [str(form) for form in result.forms()] == [
        "dE = 2 X' (X w - y) : dw",
        "dE/dw' = 2 (X w - y)' X",
        "dE/dw[i] = 2 (X' (X w - y))[i]",
    ]


def test_the_hessian_by_a_matrix_has_the_differential_of_the_gradient_and_entries() -> None:
    result = matcalc.derive("tr(X' A X B)", "X", order=2)
    assert [str(form) for form in result.forms()] == [
        "dG = A dX B + A' dX B'",
        "d vec(G)/d vec(X)' = 2 sym(kron(B, A'))",
        "d2E/dX[i,j] dX[k,l] = A[i,k] B[l,j] + A[k,i] B[j,l]",
    ]
    assert result.entries.latex() == (
        r"\frac{\partial^2 E}{\partial X_{ij}\,\partial X_{kl}} = A_{ik} B_{lj} + A_{ki} B_{jl}"
    )


def test_entries_go_inside_a_sum_over_an_index() -> None:
    families = ["A_i : matrix(m, n), i = 1..p", "B_i : matrix(q, r), i = 1..p"]
    result = matcalc.derive("sum(i=1..p, A_i X B_i)", "X", families)
    assert str(result.entries) == "dF[i,j]/dX[k,l] = sum(q=1..p, A_q[i,k] B_q[l,j])"


def test_several_variables_share_a_differential() -> None:
    result = matcalc.derive("A x", ("A", "x"))
    assert str(result.differential) == "dF = dA x + A dx"
    assert [str(form) for form in result.forms("entries")] == [
        "dF[i]/dA[j,k] = eye(m)[i,j] x[k]",
        "dF[i]/dx[j] = A[i,j]",
    ]
    assert all(step.verified for step in result.steps)


def test_indices_keep_clear_of_the_letters_of_the_formula() -> None:
    result = matcalc.derive("A X k", "X", ["A : matrix(i, j)", "X : matrix(j, p)", "k : vector(p)"])
    assert str(result.entries) == "dF[l]/dX[q,r] = k[r] A[l,q]"
    taken = matcalc.derive("delta X", "X", ["X : matrix(m, n)"]).entries
    assert r"\delta_{" not in taken.latex()


@pytest.mark.parametrize("kind", ["differential", "jacobian", "entries"])
def test_a_form_that_has_no_rule_says_so(kind: str) -> None:
    result = matcalc.derive("norm(Z)^2", "Z", ["Z : complex matrix(m, n)"])
    assert result.forms() == ()
    with pytest.raises(matcalc.NoRuleError, match="complex"):
        result.forms(kind)
    with pytest.raises(matcalc.CallError, match="there is no form"):
        result.forms("gradient")


def test_a_deep_formula_has_forms() -> None:
    result = matcalc.derive("tanh(W " * 300 + "x" + ")" * 300, "x")
    assert len(result.forms("differential")) == len(result.forms("entries")) == 1


# --- Jacobians as people write them -----------------------------------------------------------------------------------

# fmt: off
JACOBIANS = [
    ("x .* (A x)",      "x", (),                                    "Diag(A x) + Diag(x) A"),
    ("Diag(x) A y",     "y", ("x : vector(n)", "A : matrix(n, p)"), "Diag(x) A"),
    ("x .* (A y)",      "y", ("x : vector(n)",),                    "Diag(x) A"),
    ("x'",              "x", ("x : vector(n)",),                    "eye(n)"),
    ("(A x)'",          "x", (),                                    "A"),
    ("x' A",            "x", (),                                    "A'"),
    ("a' X",            "X", (),                                    "kron(eye(n), a')"),
    ("X b",             "X", (),                                    "kron(b', eye(m))"),
    ("x y'",            "y", (),                                    "kron(eye(m), x)"),
    ("s x",             "s", ("s : scalar", "x : vector(n)"),       "x"),
]
# fmt: on


@pytest.mark.parametrize(("text", "wrt", "declare", "expected"), JACOBIANS, ids=[case[0] for case in JACOBIANS])
def test_jacobians_have_no_kronecker_products_that_do_nothing(
    text: str, wrt: str, declare: tuple[str, ...], expected: str
) -> None:
    result = matcalc.derive(text, wrt, declare)
    assert str(result.jacobian.value) == str(result.value) == expected
    assert_forms_agree(result)


# --- layouts ----------------------------------------------------------------------------------------------------------

# fmt: off
LAYOUTS = [  # formula, variable, gradient layout, numerator layout, denominator layout
    ("x' A x",   "x", "(A + A') x",      "x' (A + A')",     "(A + A') x"),
    ("tr(A X)",  "X", "A'",              "A",               "A'"),
    ("A x",      "x", "A",               "A",               "A'"),
    ("A X B",    "X", "kron(B', A)",     "kron(B', A)",     "kron(B, A')"),
    ("A s",      "s", "vec(A)",          "A",               "A'"),
    ("s r",      "s", "r'",              "r",               "r'"),
    ("x s",      "s", "x",               "x",               "x'"),
]
# fmt: on
DECLARED = ["A : matrix(m, n)", "s : scalar", "r : row(n)"]


@pytest.mark.parametrize(("text", "wrt", "gradient", "numerator", "denominator"), LAYOUTS)
def test_a_layout_is_chosen_and_stated(text: str, wrt: str, gradient: str, numerator: str, denominator: str) -> None:
    declare = [] if text == "x' A x" else DECLARED
    for layout, expected in (("gradient", gradient), ("numerator", numerator), ("denominator", denominator)):
        result = matcalc.derive(text, wrt, declare, layout=layout)
        assert str(result.value) == expected
        assert str(result.value.expanded()) == expected
        assert layout == "gradient" or result.layout.startswith(layout)
        assert all(step.verified for step in result.steps)


def test_the_mixed_hessian_in_denominator_layout_is_transposed() -> None:
    for layout, expected in (("gradient", "A"), ("numerator", "A"), ("denominator", "A'")):
        assert str(matcalc.derive("x' A y", ("x", "y"), order=2, layout=layout).value) == expected


def test_a_layout_and_a_convention_are_both_stated_or_refused() -> None:
    result = matcalc.derive("norm(Z)^2", "Z", ["Z : complex matrix(m, n)"], layout="numerator")
    assert str(result.value) == "Z^H"
    assert result.layout.startswith("numerator layout")
    with pytest.raises(matcalc.CallError, match="'free' has the layout 'gradient' only"):
        matcalc.derive("tr(S A)", "S", ["S : matrix(n, n), symmetric"], convention="free", layout="numerator")


def test_third_derivatives_have_entries() -> None:
    result = matcalc.derive("sum(x.^3 .* y)", "x", ["x : vector(n)"], order=3)
    assert str(result.entries) == "dH[i,j]/dx[k] = 6 eye(n)[i,j] eye(n)[i,k] y[i]"


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(matcalc.CallError, match="there are gradient, numerator, denominator"):
        matcalc.derive("x' x", "x", layout="row")


# --- the command ------------------------------------------------------------------------------------------------------


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["derive", *arguments]) == 0
    return capsys.readouterr().out


def test_the_command_prints_a_form(capsys: pytest.CaptureFixture[str]) -> None:
    formula = ("A X B", "--wrt", "X", "--form")
    assert printed(capsys, *formula, "entries") == "dF[i,j]/dX[k,l] = A[i,k] B[l,j]\n"
    assert printed(capsys, *formula, "entries", "--color", "always") == "∂Fᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ\n"
    assert printed(capsys, *formula, "differential", "--latex") == "\\mathrm{d}F = A\\,\\mathrm{d}X\\,B\n"
    assert printed(capsys, *formula, "all").count("\n") == 3
    assert printed(capsys, *formula, "all", "--latex").count("&=") == 3


def test_the_command_offers_the_other_forms_beside_a_jacobian_over_vec(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "A X B", "--wrt", "X")
    assert "forms     dF = A dX B\n          dF[i,j]/dX[k,l] = A[i,k] B[l,j]\n" in out
    assert "forms" not in printed(capsys, "A x", "--wrt", "x")
    assert "forms" not in printed(capsys, "x' x", "--wrt", "x")


def test_the_command_takes_a_layout_and_states_it(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "x' A x", "--wrt", "x", "--layout", "numerator")
    assert "dE/dx = x' (A + A')\n" in out
    assert "layout    numerator layout: the transpose of the gradient" in out


def test_json_has_the_forms(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, "A X B", "--wrt", "X", "--json"))["forms"]
    assert [form["kind"] for form in found] == ["differential", "jacobian", "entries"]
    assert found[2]["indices"] == ["i", "j", "k", "l"]
    assert found[2]["plain"] == "A[i,k] B[l,j]"


def test_the_command_refuses_what_makes_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "A x", "--wrt", "x", "--form", "entries", "--steps"]) == 2
    assert main(["derive", "x' x", "--wrt", "x", "--taylor", "2", "--layout", "numerator"]) == 2
    assert main(["derive", "sum(Z)", "--wrt", "Z", "--let", "Z : complex matrix(m, n)", "--form", "all"]) == 2
    assert main(["derive", "A x", "--wrt", "x", "--explicit", "m:2"]) == 2
    assert "sizes as m=2,n=3" in capsys.readouterr().err
