"""What a derivation says beside its value: reasons, places of faults, and how numbers stand in a fraction."""

from __future__ import annotations

import pytest

import matcalc
from matcalc import FormulaError


@pytest.mark.parametrize("formula", ["sigmoid(A x)", "x * sum(x)", "b .* x"])
def test_the_jacobian_of_a_column_by_a_column_is_read_off_by_diagonals(formula: str) -> None:
    declared = ["A : matrix(m, n)", "b : vector(n)", "x : vector(n)"]
    *_, (_, _, reason) = matcalc.derive(formula, "x", declared).lines()
    assert reason == "diagonal-vector: Diag(x) y = x ⊙ y"


def test_of_blocks_that_do_not_fit_the_two_are_named_that_do_not() -> None:
    declared = ["A : matrix(m, n)", "B : matrix(m, k)", "C : matrix(p, n)", "D : matrix(p, q)"]
    with pytest.raises(FormulaError, match="B is m×k, D is p×q"):
        matcalc.parse("[A, B; C, D]", declared)


@pytest.mark.parametrize("formula", ["x^2 / (3 a b)", "1 / (2 a)", "3 x / (4 a)"])
def test_a_number_stands_first_below_a_line_as_above(formula: str) -> None:
    assert str(matcalc.parse(formula, ["a : scalar", "b : scalar", "x : scalar"])) == formula


def test_sizes_that_the_formula_leaves_open_are_asked_for() -> None:
    with pytest.raises(FormulaError, match="the sizes are not determined by the formula(.|\\n)*declare B"):
        matcalc.parse("kron(A, B) + C", ["A : matrix(m, n)", "C : matrix(p, q)"])
