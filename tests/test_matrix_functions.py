"""Functions of matrices: gradients, Jacobians and Hessians of each against numbers, closed forms, and what is refused."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
from collection import Array

import matcalc
from matcalc.expr import Symbol
from matcalc.rules import functions
from matcalc.rules.record import Function
from matcalc.verify.agree import direction, directional, gradient_agrees, jacobian_agrees, stacked
from matcalc.verify.sample import Draw, sample

SPD = ["S : matrix(n, n), spd", "B : matrix(n, n)", "c : vector(n)"]
ANY = ["S : matrix(n, n)", "B : matrix(n, n)", "c : vector(n)"]
SMALL = ["S : matrix(3, 3), spd", "B : matrix(3, 3)"]
TALL = ["X : matrix(5, 3)", "C : matrix(5, 3)", "p : scalar, positive"]
WIDE = ["X : matrix(3, 3+k)", "B : matrix(7, 3+k)"]
VECTOR = ["x : vector(n)", "p : scalar, positive"]

# fmt: off
ARRAYS = [  # of S
    "expm(S)", "sinm(S)", "cosm(S)", "inv(S)", "adj(S)", "S^3", "vech(S)", "khatrirao(S, B)", "vec(S)", "tril(S B)",
]
OF_SPD = ["sqrtm(S)", "S^(1/2)", "chol(S)", "pinv(S)", "eigvals(S)", "sylvester(S, S, B)"]
OF_TALL = ["svdvals(X)", "pinv(X)", "blkdiag(X, C)", "unvec(vec(X), 3, 5)"]
SCALARS = [  # formula, by, declared
    *[(f"tr(B {f}(S))", "S", SPD) for f in ("expm", "sinm", "cosm", "sqrtm", "inv", "adj", "chol", "pinv")],
    *[(f"tr({f}(S))", "S", SPD) for f in ("expm", "sinm", "cosm", "sqrtm")],
    ("tr(logm(S))",                "S", SMALL),
    *[(f"tr(B {f}(S))", "S", ANY) for f in ("expm", "sinm", "cosm")],
    ("c' eigvals(S)",              "S", SPD),
    ("sum(log(eigvals(S)))",       "S", SPD),
    ("sum(exp(eigvals(S)))",       "S", SPD),
    ("c' expm(S) c",               "S", SPD),
    ("norm(sqrtm(S) - B)^2",       "S", SPD),
    ("tr(B sylvester(S, S, B))",   "S", SPD),
    ("normnuc(X)",                 "X", TALL),
    ("normnuc(X)",                 "X", WIDE),
    ("normnuc(B X')",              "X", WIDE),
    ("norm2(X)",                   "X", TALL),
    ("sum(svdvals(X))",            "X", TALL),
    ("sum(log(svdvals(X)))",       "X", TALL),
    ("tr(C' pinv(X)')",            "X", TALL),
    ("normp(X, 1)",                "X", TALL),
    ("normp(X, 2)",                "X", TALL),
    ("normp(X, 3)",                "X", TALL),
    ("normp(X, p)",                "X", TALL),
    ("normp(A x, p)",              "x", VECTOR),
    ("schatten(X, 1)",             "X", TALL),
    ("schatten(X, 2)",             "X", TALL),
    ("schatten(X, 3/2)",           "X", TALL),
    ("schatten(X, p)",             "X", TALL),
    ("normp(X, p)",                "p", TALL),
    ("schatten(X, p)",             "p", TALL),
]
PRINTED = [  # formula, by, declared, result
    ("tr(expm(S))",             "S", ANY, "expm(S)'"),
    ("tr(logm(S))",             "S", SPD, "inv(S)"),
    ("tr(sqrtm(S))",            "S", SPD, "inv(sqrtm(S)) / 2"),
    ("tr(sinm(S))",             "S", ANY, "cosm(S)'"),
    ("tr(S expm(S))",           "S", SPD, "sym(S expm(S)) + expm(S)"),
    ("tr(B expm(S))",           "S", ANY, "expm_frechet(S', B')"),
    ("tr(B sqrtm(S))",          "S", SPD, "sym(sylvester(sqrtm(S), sqrtm(S), B))"),
    ("sum(exp(eigvals(S)))",    "S", SPD, "eigvecs(S) Diag(exp(eigvals(S))) eigvecs(S)'"),
    ("eigmax(S)",               "S", SPD, "eigmaxproj(S)"),
    ("schatten(X, 2)",          "X", TALL, "X / norm(svdvals(X))"),
    ("normp(X, 2)",             "X", TALL, "X / norm(X)"),
]
COMMUTE_NOT = [  # a factor that is a function of S and does not commute with it
    "tr(chol(S)' expm(S))", "tr(eigvecs(S) expm(S))", "tr(tril(S) expm(S))",
]
# fmt: on


def variable(result: matcalc.Result) -> Symbol:
    return result._variables()[-1]


@pytest.mark.parametrize(("formula", "wrt", "declare"), SCALARS)
def test_the_gradient_and_the_hessian_of_a_function_of_a_matrix_are_true(
    formula: str, wrt: str, declare: list[str]
) -> None:
    first = matcalc.derive(formula, wrt, declare)
    assert gradient_agrees(first.objective.node, variable(first), first.value.node, count=1)
    second = matcalc.derive(formula, wrt, declare, order=2)
    assert jacobian_agrees(second.differentiated, variable(second), second.value.node, count=1)


@pytest.mark.parametrize(
    ("formula", "wrt", "declare"),
    [("logm(S)", "S", SMALL)]
    + [(f, "S", ANY) for f in ARRAYS]
    + [(f, "S", SPD) for f in OF_SPD]
    + [(f, "X", TALL) for f in OF_TALL],
)
def test_the_jacobian_of_a_function_of_a_matrix_is_true(formula: str, wrt: str, declare: list[str]) -> None:
    result = matcalc.derive(formula, wrt, declare)
    assert jacobian_agrees(result.objective.node, variable(result), result.value.node, count=1)


@pytest.mark.parametrize("formula", ["eigmax(S)", "eigmin(S)", "tr(B eigmaxproj(S))", "eigmax(B + B' + S)"])
def test_the_extreme_eigenvalues_have_second_derivatives(formula: str) -> None:
    """At a matrix that stays symmetric: pinv(eigmax(S) I - S) has its rank only there."""
    gradient = matcalc.derive(formula, "S", SPD)
    hessian = matcalc.derive(formula, "S", SPD, order=2)
    x = variable(gradient)
    symbols = [Symbol("B", x.shape), x]
    one = Draw({"n": 4}, sample(symbols, {"n": 4}, 3), "normal")
    E = direction(x, one, 1)
    slope, _ = directional(gradient.objective.node, x, E, one)
    assert np.allclose(np.sum(one.value(gradient.value.node) * E), slope, atol=1e-6)
    change, _ = directional(hessian.differentiated, x, E, one)
    assert np.allclose(one.value(hessian.value.node) @ stacked(E), stacked(change), atol=1e-6)


@pytest.mark.parametrize(("formula", "wrt", "declare", "wanted"), PRINTED)
def test_a_closed_form_is_found_where_there_is_one(formula: str, wrt: str, declare: list[str], wanted: str) -> None:
    result = matcalc.derive(formula, wrt, declare)
    assert str(result.value) == wanted


@pytest.mark.parametrize("formula", COMMUTE_NOT)
def test_only_what_commutes_is_taken_to_commute(formula: str) -> None:
    result = matcalc.derive(formula, "S", SPD)
    assert gradient_agrees(result.objective.node, variable(result), result.value.node, count=2)


@pytest.mark.parametrize(
    "formula",
    ["det(s X)", "det(pi X)", "det(s^2 X) * tr(A inv(X))", "det(s X) * tr(inv(X))", "det(-2 s X) * tr(A inv(X))"],
)
def test_scalars_are_kept_where_a_determinant_meets_an_inverse(formula: str) -> None:
    result = matcalc.derive(formula, "X", ["X : matrix(n, n)", "s : scalar"])
    assert gradient_agrees(result.objective.node, variable(result), result.value.node, count=2)


# --- records ----------------------------------------------------------------------------------------------------------------

WITH_COLUMNS = [record for record in functions.records() if record.columns]


@pytest.mark.parametrize("case", range(2))
@pytest.mark.parametrize("record", WITH_COLUMNS, ids=lambda r: f"{r.name}-{r.takes.count(';') + 1}")
def test_the_matrix_of_a_linear_function_gives_its_vec(record: Function, case: int) -> None:
    values = oracle.draw(record.takes, oracle.SIZES[case], np.random.default_rng(case))
    left, _, right = record.columns.partition(" = ")
    assert oracle.close(stacked(oracle.evaluate(left, values)), oracle.evaluate(right, values))


def test_a_wrong_matrix_of_a_linear_function_is_found() -> None:
    values = oracle.draw("X : matrix(n, n)", oracle.SIZES[0], np.random.default_rng(0))
    X: Array = values.arrays["X"]
    assert not oracle.close(stacked(X), oracle.evaluate("commutation(n, n) vec(X)", values))


def test_what_has_no_third_derivative_says_so() -> None:
    with pytest.raises(matcalc.NoRuleError, match="expm"):
        matcalc.derive("tr(B expm(S))", "S", ANY, order=3)
    with pytest.raises(matcalc.NoRuleError):
        matcalc.derive("sum(floor(x))", "x")


def test_conditions_speak_of_rows_where_they_speak_of_columns_of_the_transpose() -> None:
    (first, *_) = matcalc.derive("normnuc(X)", "X", WIDE).conditions
    assert first == "the rows of X are linearly independent"
    assert "one entry of each row of X is the largest" in matcalc.derive("sum(max(X', 1))", "X").conditions


def test_conditions_say_where_and_are_left_out_where_they_are_known() -> None:
    assert matcalc.derive("tr(B logm(S))", "S", SPD).conditions == ()
    assert matcalc.derive("tr(B logm(S))", "S", ANY).conditions != ()
    assert matcalc.derive("tr(B sqrtm(S))", "S", SPD).conditions == ()
    assert matcalc.derive("sum(chol(S))", "S", ANY).conditions[0] == "S is symmetric positive definite"
    assert "eigenvalues are distinct" in matcalc.derive("c' eigvals(S)", "S", SPD).conditions[0]
    assert matcalc.derive("tr(pinv(X) C)", "X", TALL).conditions == ("the rank of X is constant nearby",)
