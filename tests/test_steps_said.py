"""What a derivation says beside its value: reasons, places of faults, and how numbers stand in a fraction."""

from __future__ import annotations

import pytest

import matcalc
from matcalc import FormulaError
from matcalc.read.mc import read_document
from matcalc.steps.setting import Setting
from matcalc.verify.agree import gradient_agrees, jacobian_agrees


@pytest.mark.parametrize("formula", ["sigmoid(A x)", "x * sum(x)", "b .* x"])
def test_the_jacobian_of_a_column_by_a_column_is_read_off_by_diagonals(formula: str) -> None:
    declared = ["A : matrix(m, n)", "b : vector(n)", "x : vector(n)"]
    *_, (_, _, reason) = matcalc.derive(formula, "x", declared).lines()
    assert reason == "diagonal-vector: Diag(x) y = x ⊙ y"


@pytest.mark.parametrize(("formula", "part", "line"), [
    ("(A x) .* (B x)", "x[i]", "Diag(B x) A unit(i, n) + Diag(A x) B unit(i, n)"),
    ("(r A) .* (r B)", "r[i]", "unit(i, n)' A Diag(r B) + unit(i, n)' B Diag(r A)"),
])  # fmt: skip
def test_what_stands_still_beside_an_entry_that_moves_is_a_diagonal(formula: str, part: str, line: str) -> None:
    lines = matcalc.derive(formula, part, ["x : vector(n)", "r : row(n)"]).lines()
    assert [(text, reason) for _, text, reason in lines if "Diag" in text] == [
        (line, "diagonal-vector: Diag(x) y = x ⊙ y"),
    ]  # fmt: skip


def test_terms_of_a_definition_stand_beside_the_others_without_brackets() -> None:
    lines = matcalc.derive("t + u", "x", ["t := x' A x + x' b", "u := norm(x)^2"]).lines()
    assert "2 x : dx + dx' A x + dx' A' x + b' dx" in [text for _, text, _ in lines]


def test_a_block_beside_other_terms_is_one() -> None:
    assert matcalc.derive("norm([x; y] - A z)^2", "z").lines()[0] == ("r", "A z - [x; y]", "")
    assert str(matcalc.parse("W - [K, -H; H, K] P")) == "W - [K, -H; H, K] P"


@pytest.mark.parametrize(("formula", "rule"), [("kron(X, B)", "kron-rule"), ("det(X) X", "det-rule")])
def test_a_differential_cites_the_rule_of_its_function(formula: str, rule: str) -> None:
    reasons = [reason.partition(":")[0] for _, _, reason in matcalc.derive(formula, "X").lines()]
    assert rule in reasons


def test_each_layer_of_a_deep_formula_has_a_letter_of_its_own() -> None:
    formula = "x"
    for _ in range(20):
        formula = f"tanh(A ({formula}))"
    named = [left for left, _, _ in matcalc.derive(f"c' {formula}", "A", ["A : matrix(n, n)"]).lines() if left]
    assert len(named) == len(set(named)) > 20


@pytest.mark.parametrize("twice", [("xi", "xi"), ("ξ", "xi")])
def test_by_a_variable_that_is_named_twice_the_derivative_is_taken_once(twice: tuple[str, str]) -> None:
    result = matcalc.derive("exp(A xi)", twice, ["xi : vector(n)"])
    assert str(result) == "dF/dxi = Diag(exp(A xi)) A"
    assert all(step.verified for step in result.steps)


def test_of_blocks_that_do_not_fit_the_two_are_named_that_do_not() -> None:
    declared = ["A : matrix(m, n)", "B : matrix(m, k)", "C : matrix(p, n)", "D : matrix(p, q)"]
    with pytest.raises(FormulaError, match="B is m×k, D is p×q"):
        matcalc.parse("[A, B; C, D]", declared)


@pytest.mark.parametrize("formula", ["x^2 / (3 a b)", "1 / (2 a)", "3 x / (4 a)"])
def test_a_number_stands_first_below_a_line_as_above(formula: str) -> None:
    assert str(matcalc.parse(formula, ["a : scalar", "b : scalar", "x : scalar"])) == formula


def test_sizes_that_the_formula_leaves_open_are_asked_for() -> None:
    with pytest.raises(FormulaError, match=r"the sizes are not determined by the formula(.|\n)*declare B"):
        matcalc.parse("kron(A, B) + C", ["A : matrix(m, n)", "C : matrix(p, q)"])


@pytest.mark.parametrize("formula", ["kron(X, B)", "kron(A, X)", "kron(X, X)", "kron(X, B) Y"])
def test_the_jacobian_of_a_kronecker_product_is_true(formula: str) -> None:
    declared = ["A : matrix(m, n)", "B : matrix(p, q)", "X : matrix(k, l)"]
    result = matcalc.derive(formula, "X", declared)
    assert jacobian_agrees(result.objective.node, result._variables()[0], result.value.node)


def test_only_as_many_factors_are_taken_out_as_all_terms_share() -> None:
    result = matcalc.derive("norm(A B X - A C Y)^2", "X")
    assert gradient_agrees(result.objective.node, result._variables()[0], result.value.node)


@pytest.mark.parametrize(("formula", "meaning"), [("A + s", "A + s ones(m, n)"), ("x - s", "x - s ones(n)")])
def test_a_scalar_is_added_to_every_entry(formula: str, meaning: str) -> None:
    assert str(matcalc.parse(formula, ["A : matrix(m, n)", "x : vector(n)", "s : scalar"])) == meaning


def test_the_length_of_a_complex_number_is_written_as_a_norm() -> None:
    assert str(matcalc.parse("sqrt(conj(z) z)", ["z : complex scalar"])) == "norm(z)"


@pytest.mark.parametrize(
    ("formula", "row"), [("A x - b'", "A : row(n)"), ("x' + A", "A : row(n)"), ("X * y + z'", "X : row(n)")]
)
def test_a_capital_is_a_row_where_nothing_else_fits(formula: str, row: str) -> None:
    assert row in map(str, matcalc.derive(formula, row[0]).declarations)


def test_a_setting_is_the_same_after_it_has_been_asked() -> None:
    statements = read_document("X : matrix(n, n), symmetric; E := tr(X X)").statements
    asked, fresh = Setting.of(statements), Setting.of(statements)
    asked.released(["X"], ["symmetric"])
    assert asked == fresh
