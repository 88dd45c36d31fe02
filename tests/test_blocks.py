"""Blocks: what they mean, how they are printed again, their derivatives on numbers, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc
from matcalc import algebra
from matcalc.algebra.selectors import at_least
from matcalc.errors import FormulaError
from matcalc.shape import add, sub
from matcalc.steps.differential import gradients
from matcalc.steps.jacobian import jacobian
from matcalc.steps.understand import Understood, understand
from matcalc.verify.agree import agree, gradient_agrees, jacobian_agrees

DECLARED = (
    "A : matrix(m, n)", "B : matrix(m, p)", "C : matrix(k, n)", "D : matrix(k, p)", "E : matrix(m, k)", "F : matrix(k, n+p)",
    "S : matrix(n, n), symmetric", "P : matrix(n, n), spd", "x : vector(n)", "y : vector(m)", "z : vector(p)", "a : scalar", "M : matrix(n, n)",
)  # fmt: skip


def read(text: str) -> Understood:
    return understand(text, DECLARED)


# --- the algebra ------------------------------------------------------------------------------------------------------


def test_selectors_meet() -> None:
    top, below = algebra.selector(1, "m", add("m", "n")), algebra.selector(add("m", 1), "n", add("m", "n"))
    turned = algebra.transpose
    assert algebra.product(turned(top), top) is algebra.eye("m")
    assert algebra.product(turned(top), below) is algebra.zeros("m", "n")
    assert algebra.product(
        turned(below), algebra.block([[algebra.eye("m")], [algebra.ones("n", "m")]])
    ) is algebra.ones("n", "m")
    assert algebra.selector(1, "n", "n") is algebra.eye("n")
    assert algebra.selector(3, 1, "n") is algebra.unit(3, "n")


def test_selectors_that_may_overlap_stay() -> None:
    rows = add(add("m", "n"), "p")
    one, other = algebra.selector(1, "m", rows), algebra.selector(add("n", 1), "p", rows)
    met = algebra.product(algebra.transpose(one), other)
    assert met is not algebra.zeros("m", "p")
    assert met.shape == ("m", "p")


def test_columns_of_columns_are_columns() -> None:
    rows = add(add("m", "n"), "p")
    outer, inner = algebra.selector(add("m", 1), add("n", "p"), rows), algebra.selector(add("n", 1), "p", add("n", "p"))
    assert algebra.product(outer, inner) is algebra.selector(add(add("m", "n"), 1), "p", rows)


def test_a_size_is_at_least_what_is_known_of_its_names() -> None:
    assert at_least(add("m", "n"), 2)
    assert at_least(sub("m", 1), 0)
    assert not at_least(sub("m", 1), 1)
    assert not at_least(sub("m", "n"), 0)


SAME = [
    ("[A, B]'", "[A'; B']"),
    ("[A, B; C, D]'", "[A', C'; B', D']"),
    ("[[A, B]; [C, D]]", "[A, B; C, D]"),
    ("[[A; C], [B; D]]", "[A, B; C, D]"),
    ("[A + A, B]", "[2 A, B]"),
    ("[A, B] + [A, B]", "2 [A, B]"),
    ("[A + E C, B]", "[E C, B] + [A, zeros(m, p)]"),
    ("blkdiag(A, D)", "[A, zeros(m, p); zeros(k, n), D]"),
    ("[eye(n), zeros(n, m)] [x; y]", "x"),
    ("[eye(n), zeros(n, m)] exp([x; y])", "exp(x)"),
    ("tr([M, zeros(n, m); zeros(m, n), eye(m)])", "tr(M) + m"),
    ("[A]", "A"),
    ("sum([x; y])", "sum(x) + sum(y)"),
]  # fmt: skip
DIFFERENT = [("[A, B] [x; z]", "A x - B z"), ("[x; y]", "[2 x; y]"), ("[A, B; C, D]", "[A, B; F]")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_a_block_are_one_expression(one: str, other: str) -> None:
    assert read(one).expression is read(other).expression


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_blocks_are_different(one: str, other: str) -> None:
    assert agree(read(one).expression, read(other).expression).verdict == "different"


def test_a_block_has_the_numbers_of_its_parts() -> None:
    rng = np.random.default_rng(0)
    A, B, C, D = (rng.normal(size=shape) for shape in ((2, 3), (2, 4), (5, 3), (5, 4)))
    value = matcalc.parse("[A, B; C, D]", declare=DECLARED).function("numpy")(A=A, B=B, C=C, D=D)
    assert np.allclose(value, np.block([[A, B], [C, D]]))


# --- printing ---------------------------------------------------------------------------------------------------------

PRINTED = [
    "[A, B; C, D]", "[A, B; F]", "[A x; x]", "[1, x'; x, S]", "[A; eye(n)]", "[x; y; 1]", "[1, 2; 3, 4]", "[x, 2 x]",
    "[A, zeros(m, p); zeros(k, n), D]", "[zeros(m, n); eye(n)]", "[A - E C; C]", "[exp(x); 1]", "3 [A; C]", "[x; y] - [A'; E' A A'] y",
    "selector(k, m, n) A",
]  # fmt: skip


@pytest.mark.parametrize("text", PRINTED)
def test_a_block_is_printed_so_that_it_reads_back(text: str) -> None:
    declared = [d for d in DECLARED if not (text.endswith("y") and d.startswith("E"))]
    declared += ["E : matrix(m, m)"] if text.endswith("y") else []
    if text.startswith("[x; y] -"):
        text = "[x; y] - [A'; E'] y"
    expression = matcalc.parse(text, declare=declared)
    assert understand(str(expression), declared).expression is expression.node
    assert "[" in str(expression)
    assert r"\begin{bmatrix}" in expression.latex()


def test_a_block_is_spelled_as_it_was_typed() -> None:
    for text in ("[A, B; C, D]", "[A x; x]", "[1, x'; x, S]", "[A; eye(n)]"):
        assert str(matcalc.parse(text, declare=DECLARED)) == text


# --- derivatives ------------------------------------------------------------------------------------------------------

GRADIENTS = [
    ("tr(E' [A, B] [A, B]' E)", "A", "2 E E' A"),
    ("norm([x; y])^2", "x", "2 x"),
    ("sum(exp([x; y]))", "y", "exp(y)"),
    ("norm([A, B] [x; z] - y)^2", "z", "2 B' (A x + B z - y)"),
    ("norm([A, y; x', 1] [x; 1])^2", "x", ""),
    ("tr(inv([P, A'; A, eye(m) + A A']))", "A", ""),
    ("logdet([1, x'; x, eye(n) + 2 x x'])", "x", ""),
    ("logdet(blkdiag(P, eye(m)))", "P", ""),
    ("sum(sin([A, B; C, D] .* [A, 2 B; a C, D]))", "C", ""),
    ("sum(sin([A, B; C, D] .* [A, 2 B; a C, D]))", "a", ""),
    ("norm([a, x'; x, S])^2", "S", ""),
    ("norm([A, B; F])^3", "F", ""),
    ("tr([A, B]' [E C, E D])", "E", ""),
    ("det([a, 1; 2, a^2])", "a", ""),
    ("norm([[A, B]; F] [x; z])^2", "x", ""),
]
JACOBIANS = [
    ("[A x; x]", "x", "[A; eye(n)]"),
    ("[x; a]", "a", "unit(n + 1, n + 1)"),
    ("[A, B] [exp(x); z]", "x", "A Diag(exp(x))"),
    ("exp([x; A x]) .* [x; y]", "x", ""),
    ("[A, B; C, D] [x; x' x * z]", "x", ""),
]


@pytest.mark.parametrize(("text", "wrt", "printed"), GRADIENTS)
def test_gradients_of_blocks_agree_with_difference_quotients(text: str, wrt: str, printed: str) -> None:
    found = read(text)
    X = found.names[wrt]
    result = matcalc.derive(text, wrt=wrt, declare=DECLARED)
    again = understand(str(result.value), DECLARED).expression
    assert gradient_agrees(found.expression, X, gradients(found.expression, (X,))[X])  # type: ignore[arg-type]
    assert gradient_agrees(found.expression, X, again)  # type: ignore[arg-type]
    assert not printed or str(result.value) == printed


@pytest.mark.parametrize(("text", "wrt", "printed"), JACOBIANS)
def test_jacobians_of_blocks_agree_with_difference_quotients(text: str, wrt: str, printed: str) -> None:
    found = read(text)
    x = found.names[wrt]
    value = matcalc.derive(text, wrt=wrt, declare=DECLARED).value
    assert jacobian_agrees(found.expression, x, jacobian(found.expression, x))  # type: ignore[arg-type]
    assert jacobian_agrees(found.expression, x, understand(str(value), DECLARED).expression)  # type: ignore[arg-type]
    assert not printed or str(value) == printed


def test_a_gradient_that_is_wrong_is_seen() -> None:
    found = read("norm([x; 2 y])^2")
    assert not gradient_agrees(found.expression, found.names["y"], read("4 y").expression)  # type: ignore[arg-type]


# --- inference and refusals -------------------------------------------------------------------------------------------


def test_sizes_of_blocks_are_inferred() -> None:
    found = understand("[A, B; C, D] x", ["A : matrix(2, 3)", "D : matrix(5, 4)"])
    assert {str(d) for d in found.declarations[2:]} == {"B : matrix(2, 4)", "C : matrix(5, 3)", "x : vector(7)"}
    found = understand("[x; y] - z", ["x : vector(n)", "z : vector(2*n+1)"])
    assert str(found.declarations[-1]) == "y : vector(n+1)"


REFUSED = [
    ("[A, D]", "as many rows: A is m×n, D is k×p", [(1, 2), (4, 5)]),
    ("[A, B; C, A]", "as many rows: C is k×n, A is m×n", [(7, 8), (10, 11)]),
    ("[A; D]", "as many columns: A is m×n, D is k×p", [(1, 2), (4, 5)]),
    ("[A, x]", "as many rows", [(1, 2), (4, 5)]),
    ("[x; x' x']", "differ", None),
    ("[A, 0; 0, D]", "as many rows", [(1, 2), (4, 5)]),
    ("[x; y] + x", "the same shape", None),
]


@pytest.mark.parametrize(("text", "message", "spans"), REFUSED)
def test_parts_that_do_not_fit_are_said_with_both_places(
    text: str, message: str, spans: list[tuple[int, int]] | None
) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        read(text)
    assert caught.value.spans
    assert spans is None or list(caught.value.spans) == spans
