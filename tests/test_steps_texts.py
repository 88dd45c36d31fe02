"""How results and faults read: exact texts of small formulas, and derivatives of theirs that are held against numbers."""

from __future__ import annotations

import pytest
from collection import tokens

import matcalc
from matcalc import CallError, FormulaError
from matcalc.steps.forms import cost
from matcalc.steps.forms.form import TOKEN
from matcalc.verify.agree import gradient_agrees, jacobian_agrees

MEMBERS = "F_i : matrix(p, p), i = 1..N"
SCALARS = ("s : scalar", "t : scalar")


@pytest.mark.parametrize(("formula", "text"), [
    ("-(s - t)", "t - s"),
    ("-s (s - t)", "s (t - s)"),
    ("exp(-(s - t))", "exp(t - s)"),
    ("eye(n*(n+1)/2 + n)", "eye(1/2 * n * n + 3/2 * n)"),
    ("ones(n*n/2 + n + 1)", "ones(1/2 * n * n + n + 1)"),
    ("3 + sum(i=1..N, det(F_i)) + sum(i=1..N, exp(tr(F_i)))", "3 + sum(i=1..N, exp(tr(F_i)) + det(F_i))"),
])  # fmt: skip
def test_a_formula_is_written_with_few_signs_and_the_highest_power_first(formula: str, text: str) -> None:
    assert str(matcalc.parse(formula, [*SCALARS, MEMBERS, "n : size"])) == text


@pytest.mark.parametrize("formula", [
    "inv(A) inv(A) B", "A A A", "sum(i=1..N-1, tr(F_i F[i+1]))", "sum(i=1..N-2, tr(F_i A F[i+1] F[i+2]))", "[A; B]",
    "s^2 / (3 + s)", "kron(A, B)", "sym(A)", "y ./ (1 + y)",
])  # fmt: skip
def test_a_formula_costs_as_many_tokens_as_are_written(formula: str) -> None:
    read = matcalc.parse(formula, [*SCALARS, MEMBERS, "A, B : matrix(p, p)", "y : vector(p)"])
    assert cost(read.node) // TOKEN == tokens(str(read))


@pytest.mark.parametrize(("formula", "wrt", "value"), [
    ("norm([A; B] x)^2", "x", "2 (A' A + B' B) x"),
    ("y' softmax(x)", "x", "softmax(x) .* (y - (y' softmax(x)) ones(n))"),
    ("X' X", "X", "(eye(n * n) + commutation(n, n)) kron(eye(n), X')"),
    ("sum(i=1..N, tr(F_i F_i))", "F_1", "2 F_1'"),
    ("log(1 + sqrt(s) / t)", "s", "1 / (2 sqrt(s) (sqrt(s) + t))"),
    ("t det(X) tr(A inv(X))", "t", "tr(A adj(X))"),
    ("tr(X' (A B C + A B C C' B'))", "X", "A B C (eye(n) + (B C)')"),
    ("-y' log(sigmoid(X w)) - (1 - y)' log(1 - sigmoid(X w))", "w", "X' (sigmoid(X w) - y)"),
])  # fmt: skip
def test_a_derivative_is_as_short_as_a_book_has_it(formula: str, wrt: str, value: str) -> None:
    assert str(matcalc.derive(formula, wrt, [MEMBERS, *SCALARS]).value) == value


def test_a_kronecker_product_is_taken_out_with_its_own_turned_one_only() -> None:
    formula = "(kron(B, A) commutation(n, q) + kron(D, C) commutation(q, n) + kron(C, D)) x"
    result = matcalc.derive(formula, "x", ["A, C : matrix(m, n)", "B, D : matrix(p, q)"])
    assert str(result.value) == "(eye(m * p) + commutation(p, m)) kron(C, D) + kron(B, A) commutation(n, q)"


@pytest.mark.parametrize(("formula", "wrt"), [
    ("softmax(x')", "x"), ("[X a; X b]", "X"), ("A Diag(x) B x", "x"), ("Diag(A x) B", "x"), ("A .* (B X)", "X"),
    ("A Diag(B C x) D", "x"), ("(A B x) .* (C D x)", "x"), ("diag(A X B C)", "X"),
])  # fmt: skip
def test_a_jacobian_is_true(formula: str, wrt: str) -> None:
    result = matcalc.derive(formula, wrt, ["x : vector(n)"])
    assert jacobian_agrees(result.objective.node, result._variables()[0], result.value.node)


@pytest.mark.parametrize("formula", [
    "tr(kron(X, A) B)", "tr(kron(A, X) B)", "sum(kron(A, X))", "det(X) tr(A inv(X))", "tr(X' (1 ./ (1 + Y / s)) A B)",
])  # fmt: skip
def test_the_gradient_is_true_and_its_sums_begin_at_1(formula: str) -> None:
    result = matcalc.derive(formula, "X", ["X : matrix(2, 2)"] if "det" in formula else ["X : matrix(m, n)"])
    assert gradient_agrees(result.objective.node, result._variables()[0], result.value.node)
    assert "i=0" not in str(result.value)


def test_the_sizes_of_matrices_are_named_first() -> None:
    assert list(map(str, matcalc.derive("norm(y - A x)", "x").declarations)) == [
        "y : vector(m)", "A : matrix(m, n)", "x : vector(n)",
    ]  # fmt: skip


def test_latex_takes_a_function_entry_by_entry_and_says_so_where_the_matrix_function_may_be_meant() -> None:
    square = matcalc.derive(r"\exp(X)", "X", ["X : matrix(n, n)"], syntax="latex")
    assert square.notices == (
        r"\exp(X) is taken entry by entry; the matrix exponential is \operatorname{expm}",
    )  # fmt: skip
    assert matcalc.derive(r"\exp(X)", "X", ["X : matrix(m, n)"], syntax="latex").notices == ()


def test_latex_reads_entries_of_a_matrix_in_small_letters() -> None:
    declared = ["A : matrix(m, n)", "x : vector(n)"]
    assert str(matcalc.parse(r"\sum_{i} \sum_j a_{ij} x_j", declared, "latex")) == "sum(A x)"


@pytest.mark.parametrize(("formula", "declared", "said"), [
    ("(x + y) z", ["x : vector(m)", "y : vector(m)", "z : vector(k)"], "did you mean (x + y) z'?"),
    ("inner(A, s)", ["A : matrix(m, n)", "s : scalar"], "A is m×n and s is a scalar"),
    ("exp(x)", ["exp : function", "x : vector(n)"], "exp is declared as a function and is one of the tables"),
    ("x y' z", ["x : vector(m)", "y : row(n)", "z : vector(n)"], "1 and n differ"),
    ("a' x_4", ["x_i : vector(n), i = 1..3"], "the members of the family are x_1 to x_3"),
    ("sum(i=1..n, max(x[i], x[i]))", ["x : vector(n)"], "max of what depends on an index like this"),
])  # fmt: skip
def test_a_fault_is_said_in_the_words_of_the_user(formula: str, declared: list[str], said: str) -> None:
    with pytest.raises(FormulaError) as caught:
        matcalc.parse(formula, declared)
    assert said in str(caught.value)


def test_a_variable_is_found_by_each_spelling_of_its_name() -> None:
    assert str(matcalc.derive("xi_1' xi_2", "ξ_2", ["xi_i : vector(n), i = 1..3"]).value) == "xi_1"
    with pytest.raises(CallError, match="is not a variable of the formula"):
        matcalc.derive("x' x", "\\letter_1")


def test_a_column_to_the_power_t_is_transposed_where_t_is_a_scalar_too() -> None:
    declared = ["x : vector(n)", "y : vector(n)", "T : scalar"]
    assert str(matcalc.derive("y^T x", "x", declared, syntax="latex").value) == "y"


def test_a_declared_function_is_applied_to_every_entry() -> None:
    result = matcalc.derive("sum(f(x))", "x", ["f : function", "x : vector(n)"])
    assert str(result.value) == "f'(x)"


def test_an_entry_of_a_column_beyond_the_first_is_one() -> None:
    assert str(matcalc.derive("A x", "x[2]", ["x : vector(n)"]).value) == "A[:,2]"
