"""Random values have the declared properties; draws are found where formulas make sense; agreement is judged on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.errors import CallError
from matcalc.expr import Call, Expr, Symbol, Transpose, Word
from matcalc.shape import Polynomial, Size, add, mul
from matcalc.verify.agree import agree, directional, gradient_agrees, jacobian_agrees
from matcalc.verify.properties import STYLES, with_properties
from matcalc.verify.sample import choose_sizes, draw, draws, sample

Array = np.ndarray[Any, Any]


def is_projection(a: Array) -> bool:
    return np.allclose(a @ a, a) and 0.5 < np.trace(a).real < len(a) - 0.5


# What must hold for arrays that are declared so.
HOLDS: dict[str, Callable[[Array], bool]] = {
    "symmetric": lambda a: np.allclose(a, a.T),
    "skew": lambda a: np.allclose(a, -a.T),
    "diagonal": lambda a: np.allclose(a, np.diag(np.diag(a))),
    "lower": lambda a: np.allclose(a, np.tril(a)),
    "upper": lambda a: np.allclose(a, np.triu(a)),
    "orthogonal": lambda a: np.allclose(a.T @ a, np.eye(len(a))),
    "spd": lambda a: np.allclose(a, a.conj().T) and np.linalg.eigvalsh(a).min() > 0.1,
    "psd": lambda a: np.allclose(a, a.conj().T) and np.linalg.eigvalsh(a).min() > -1e-9,
    "invertible": lambda a: np.linalg.svd(a, compute_uv=False).min() > 1e-3,
    "hermitian": lambda a: np.allclose(a, a.conj().T) and np.iscomplexobj(a),
    "unitary": lambda a: np.allclose(a.conj().T @ a, np.eye(len(a))) and np.iscomplexobj(a),
    "binary": lambda a: set(np.unique(a)) == {0.0, 1.0},
    "projection": is_projection,
    "distribution": lambda a: a.min() > 0 and np.isclose(a.sum(), 1),
    "positive": lambda a: a.min() > 0,
    "nonnegative": lambda a: a.min() >= 0,
    "unit": lambda a: np.isclose(np.linalg.norm(a), 1),
    "complex": np.iscomplexobj,
}
VECTORS = ("distribution", "unit")
TOGETHER = [
    ("symmetric", "projection"), ("symmetric", "orthogonal"), ("symmetric", "binary"), ("symmetric", "positive"),
    ("symmetric", "invertible"), ("lower", "invertible"), ("upper", "invertible"), ("diagonal", "invertible"),
    ("diagonal", "spd"), ("diagonal", "orthogonal"), ("diagonal", "projection"), ("psd", "projection"),
    ("positive", "spd"), ("skew", "invertible"), ("hermitian", "unitary"), ("hermitian", "projection"),
    ("complex", "spd"), ("complex", "symmetric"), ("complex", "invertible"), ("positive", "unit"),
]  # fmt: skip


@pytest.mark.parametrize("style", [*STYLES, "mixed"])
@pytest.mark.parametrize("name", HOLDS)
def test_a_drawn_array_has_the_declared_property(name: str, style: str) -> None:
    shape: tuple[Size, Size] = ("n", 1) if name in VECTORS else ("n", "n")
    for n in (3, 4):
        value = sample([Symbol("X", shape, (name,))], {"n": n}, seed=1, style=style)["X"]
        assert value.shape == (n, 1 if name in VECTORS else n)
        assert HOLDS[name](value)


@pytest.mark.parametrize("properties", TOGETHER, ids=" ".join)
def test_properties_hold_together(properties: tuple[str, ...]) -> None:
    random = np.random.default_rng(5)
    value = with_properties(random, (4, 1) if "unit" in properties else (4, 4), properties)
    assert all(HOLDS[name](value) for name in properties)


def test_what_is_not_declared_does_not_hold_by_accident() -> None:
    """Draws that are all symmetric, orthogonal or positive would prove what is false."""
    value = sample([Symbol("A", ("n", "n"))], {"n": 4}, seed=0)["A"]
    assert not any(HOLDS[name](value) for name in HOLDS if name != "invertible")
    definite = with_properties(np.random.default_rng(0), (4, 4), (), "definite")
    assert not HOLDS["symmetric"](definite)
    assert np.linalg.eigvals(definite).real.min() > 0
    spd = sample([Symbol("S", ("n", "n"), ("spd",))], {"n": 4}, seed=0)["S"]
    psd = sample([Symbol("S", ("n", "n"), ("psd",))], {"n": 4}, seed=0)["S"]
    projection = sample([Symbol("P", ("n", "n"), ("projection",))], {"n": 4}, seed=0)["P"]
    assert not HOLDS["diagonal"](spd)
    assert not HOLDS["invertible"](psd)
    assert not HOLDS["symmetric"](projection)


def test_the_same_seed_gives_the_same_values_whatever_else_is_drawn() -> None:
    a, b = Symbol("A", ("m", "n")), Symbol("B", ("m", "n"))
    sizes = {"m": 3, "n": 4}
    alone, both = sample([a], sizes, 7), sample([b, a], sizes, 7)
    assert np.array_equal(alone["A"], both["A"])
    assert not np.array_equal(both["A"], both["B"])
    assert not np.array_equal(alone["A"], sample([a], sizes, 8)["A"])


# --- sizes ------------------------------------------------------------------------------------------------------


def test_sizes_differ_are_three_or_more_and_avoid_the_fixed_ones() -> None:
    symbols = [Symbol("A", ("m", "n")), Symbol("B", ("n", 4)), Symbol("x", ("p", 1))]
    for seed in range(6):
        sizes = choose_sizes([], symbols, seed)
        assert sorted(sizes) == ["m", "n", "p"]
        assert len(set(sizes.values())) == 3
        assert all(k >= 3 and k != 4 for k in sizes.values())


def test_the_order_of_the_sizes_changes_with_the_seed() -> None:
    symbols = [Symbol("A", ("m", "n"))]
    orders = {choose_sizes([], symbols, seed)["m"] < choose_sizes([], symbols, seed)["n"] for seed in range(2)}
    assert orders == {True, False}


def test_sums_and_products_of_sizes_are_positive() -> None:
    symbols = [Symbol("x", (add("n", -5), 1)), Symbol("A", (mul("m", "n"), add(add("n", "m", -1), 1)))]
    sizes = choose_sizes([], symbols)
    assert sizes["n"] > 6
    assert sizes["n"] - sizes["m"] + 1 >= 2


def test_sizes_that_cannot_be_are_refused() -> None:
    impossible = Polynomial(((("n",), -1),))
    with pytest.raises(CallError, match="no numbers were found for the sizes n"):
        choose_sizes([], [Symbol("x", (impossible, 1))])


# --- draws ------------------------------------------------------------------------------------------------------

DECLARE = ["A, B : matrix(n, n)", "X : matrix(m, n)", "x : vector(n)", "s : scalar", "f : function"]


def node(text: str) -> Expr:
    return matcalc.parse(text, DECLARE).node


@pytest.mark.parametrize(
    "text",
    ["log(X)", "sum(log(1 - x.^2))", "log(det(A))", "logm(A)", "acosh(X)", "asin(X)", "sqrt(1 - x' x)", "log(tr(A))",
     "inv(X' X)", "inv(X X')", "log(1 + log(X))", "chol(A)", "s^(1/2) + log(-x)", "f(X) + f'(X)", "gamma(X)"],
)  # fmt: skip
def test_draws_are_found_where_a_formula_is_finite_and_real(text: str) -> None:
    expression = node(text)
    found = draws([expression])
    assert len(found) == 3
    for one in found:
        value = one.value(expression)
        assert np.isfinite(value).all()
        assert not np.iscomplexobj(value)


def test_normal_entries_are_preferred() -> None:
    assert all(one.style == "normal" for one in draws([node("A B x")]))


@pytest.mark.parametrize("text", ["log(-x' x)", "sqrt(-1 - s^2)", "inv(x x')", "logdet(x x')", "asin(2 + s^2)"])
def test_where_a_formula_makes_no_sense_no_draw_is_found(text: str) -> None:
    assert draw([node(text)]) is None


def test_symbols_that_do_not_occur_are_drawn_too() -> None:
    x = Symbol("x", ("n", 1))
    found = draw([node("s^2")], symbols=[x])
    assert found is not None
    assert found.values["x"].shape == (found.sizes["n"], 1)


# --- agreement ----------------------------------------------------------------------------------------------------

EQUAL = [("A (B x)", "(A B) x"), ("tr(A B)", "tr(B A)"), ("A - A", "0 B"), ("logdet(A)", "log(abs(det(A)))"),
         ("norm(x)^2", "x' x"), ("log(X) - log(X)", "0 X"), ("1e6 A - 1e6 A + B", "B"), ("(x' x)^(1/2)", "norm(x)")]  # fmt: skip
DIFFERENT = [("A B", "B A"), ("A", "A'"), ("X", "1.001 X"), ("inv(A)", "A"), ("abs(s)", "s"), ("log(X)", "X"),
             ("tr(A)", "tr(A) + 1e-3"), ("A .* B", "A B")]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_equal_expressions_agree(a: str, b: str) -> None:
    found = agree(node(a), node(b))
    assert found.verdict == "equal"
    assert found.draws == 3


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different_expressions_do_not_agree_and_an_example_is_given(a: str, b: str) -> None:
    found = agree(node(a), node(b))
    assert found.verdict == "different"
    assert not found
    assert found.example is not None
    assert not np.allclose(found.example.value(node(a)), found.example.value(node(b)), rtol=1e-6, atol=0)


def test_nothing_is_decided_where_no_draw_was_found() -> None:
    assert agree(node("log(-x' x - 1)"), node("s")).verdict == "undecided"


def test_expressions_of_different_shapes_cannot_be_compared() -> None:
    with pytest.raises(CallError, match="different shapes"):
        agree(node("A"), node("x"))


GRADIENTS = [
    ("x' A x", "x", "(A + A') x", "(A + A) x"),
    ("norm(x)", "x", "x / norm(x)", "x"),
    ("logdet(A)", "A", "inv(A)'", "inv(A)"),
    ("tr(A' X' X A)", "X", "2 X A A'", "2 X A' A"),
    ("sum(log(X))", "X", "1 ./ X", "X"),
    ("sum(relu(X))", "X", "step(X)", "step(-X)"),
    ("f(x' x)", "x", "2 f'(x' x) x", "f'(x' x) x"),
    ("s^3", "s", "3 s^2", "2 s^2"),
]


@pytest.mark.parametrize(("text", "wrt", "right", "wrong"), GRADIENTS)
def test_a_gradient_is_told_from_what_is_none(text: str, wrt: str, right: str, wrong: str) -> None:
    variable = node(wrt)
    assert isinstance(variable, Symbol)
    assert gradient_agrees(node(text), variable, node(right))
    assert not gradient_agrees(node(text), variable, node(wrong))


def test_a_gradient_by_a_symmetric_variable_is_tried_in_symmetric_directions() -> None:
    declare = ["S : matrix(n, n), symmetric", "B : matrix(n, n)"]
    s = matcalc.parse("S", declare).node
    assert isinstance(s, Symbol)
    trace, b = matcalc.parse("tr(S B)", declare).node, matcalc.parse("B'", declare).node
    assert gradient_agrees(trace, s, b)  # as good as (B + B')/2 there


def test_a_jacobian_stacks_columns() -> None:
    x = node("X")
    assert isinstance(x, Symbol)
    assert jacobian_agrees(node("X A"), x, node("kron(A', eye(m))"))
    assert not jacobian_agrees(node("X A"), x, node("kron(A, eye(m))"))
    assert jacobian_agrees(node("X'"), x, node("K(m, n)"))
    assert jacobian_agrees(node("2 X"), x, node("2 eye(m*n)"))


def test_wirtinger_gradients_are_tried_in_complex_directions() -> None:
    z = Symbol("Z", ("n", "n"), ("complex",))
    conj = Call("conj", (z,), z.shape)
    f = Call("tr", (Word((Transpose(conj), z)),), (1, 1))
    assert gradient_agrees(f, z, conj)
    assert gradient_agrees(f, z, z, conjugate=True)
    assert not gradient_agrees(f, z, z)
    assert not gradient_agrees(f, z, conj, conjugate=True)


def test_a_directional_derivative_comes_with_a_small_error() -> None:
    x = node("x")
    assert isinstance(x, Symbol)
    found = draw([node("sum(exp(x))")])
    assert found is not None
    direction = np.ones_like(found.values["x"])
    slope, error = directional(node("sum(exp(x))"), x, direction, found)
    assert np.isclose(slope[0, 0], np.exp(found.values["x"]).sum(), rtol=1e-10)
    assert error < 1e-8


def test_a_derivative_cannot_be_tried_where_nothing_is_finite() -> None:
    x = node("x")
    assert isinstance(x, Symbol)
    with pytest.raises(CallError, match="no values were found"):
        gradient_agrees(node("log(-x' x - 1)"), x, x)
