"""The ladder of equality: every rung, counterexamples that are small and true, and no false verdict either way."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from time import perf_counter

import numpy as np
import pytest
from collection import Record, declarations, records

import matcalc
from matcalc.algebra import scale_by
from matcalc.algebra.rebuild import expand_names
from matcalc.errors import CallError, MatcalcError
from matcalc.expr import Expr
from matcalc.rules import identities
from matcalc.rules.record import Identity
from matcalc.steps.understand import understand
from matcalc.verify.equal import RIGHT, VERDICTS, Judgement, judge
from matcalc.verify.evaluate import evaluate

LETTERS = [
    "A, B : matrix(m, n)", "C : matrix(n, p)", "R, G : matrix(n, n)", "S : matrix(n, n), symmetric", "V : matrix(n, n), spd",
    "Q : matrix(n, n), orthogonal", "P : matrix(n, n), projection", "M : matrix(m, n), binary", "x, y : vector(n)", "z : vector(m)",
    "u : vector(n), unit", "w : vector(n), distribution", "s, t : scalar", "a : scalar, positive", "f : function", "W := M ⊙ A",
    "Z : complex matrix(n, n)", "g : vector(3)",
]  # fmt: skip


def read(text: str) -> Expr:
    return understand(text, LETTERS).expression


def verdict(left: str, right: str) -> Judgement:
    return judge(read(left), read(right))


# fmt: off
LADDER = [
    ("proved",            "A + B",               "B + A"),
    ("proved",            "M ⊙ W",               "W"),
    ("proved",            "x' (R + S) x",        "x' R x + x' S x"),
    ("proved",            "1 - tanh(x).^2",      "1 ./ cosh(x).^2"),
    ("proved",            "(R dx)' y",           "dx' R' y"),
    ("proved",            "dS : R",              "dS : R'"),
    ("proved",            "Z^H Z - Z",           "(Z^H - eye(n)) Z"),
    ("equal",             "inv(V + x x') x",     "inv(V) x / (1 + x' inv(V) x)"),
    ("equal",             "det(-R)",             "(-1)^n det(R)"),
    ("numerically equal", "expm(R) expm(-R)",    "eye(n) + 0 R"),
    ("wrong",             "R G",                 "G R"),
    ("wrong",             "2 x",                 "x"),
    ("wrong",             "W + A",               "2 W"),
    ("wrong",             "dx' R x",             "x' R dx"),
    ("wrong",             "det(-R)",             "det(R)"),
    ("wrong",             "f(-x)",               "f(x)"),
    ("wrong",             "min(s, t + 5)",       "s + 0 t"),
    ("wrong",             "norm2(R)",            "norm(R)"),
    ("wrong",             "Z^H Z",               "Z' Z"),
    ("undecided",         "log(-a) + s",         "s"),
]
# fmt: on


@pytest.mark.parametrize(("wanted", "left", "right"), LADDER)
def test_the_verdict_is_the_highest_rung_that_holds(wanted: str, left: str, right: str) -> None:
    found = verdict(left, right)
    assert found.verdict == wanted
    assert found.verdict in VERDICTS
    assert bool(found) == (wanted in RIGHT)
    assert found.reason
    assert (found.example is not None) == (wanted == "wrong")
    assert (found.error_probability > 0) == (wanted == "equal")


@pytest.mark.parametrize(
    ("wanted", "left", "right"),
    [
        ("proved", "c^2 s", "c s"), ("wrong", "c s", "s"), ("wrong", "c s", "0 s"), ("wrong", "c + b", "1 + 0 s"),
        ("proved", "c / c", "1 + 0 c"), ("proved", "s^c", "1 + c (s - 1)"), ("proved", "(c - 1) (b - 1) c b", "0 s"),
    ],
)  # fmt: skip
def test_a_binary_scalar_is_tried_with_0_and_with_1(wanted: str, left: str, right: str) -> None:
    declare = ["b, c : scalar, binary", "s : scalar"]
    found = judge(understand(left, declare).expression, understand(right, declare).expression)
    assert found.verdict == wanted
    assert (found.example is not None) == (wanted == "wrong")


def test_shapes_that_differ_are_the_callers_to_tell() -> None:
    with pytest.raises(CallError, match=r"vector\(n\).*vector\(m\)"):
        verdict("x", "z")


# --- what is defined almost everywhere ---------------------------------------------------------------------------------

# fmt: off
ALMOST = [
    ("abs(x)", "x .* sign(x)"), ("relu(s)", "(s + abs(s)) / 2"), ("sign(s)", "2 step(s) - 1"), ("step(-x)", "1 - step(x)"), ("x ./ x", "ones(n)"),
    ("inv(R) R", "eye(n)"), ("log(s^2)", "2 log(abs(s))"), ("exp(log(s))", "s"), ("max(x, y) - min(x, y)", "abs(x - y)"), ("sqrt(s)^2", "s"),
    ("norm(x)^2 / norm(x)", "norm(x)"), ("logdet(V)", "2 sum(log(diag(chol(V))))"),
]
# fmt: on


@pytest.mark.parametrize(("left", "right"), ALMOST)
def test_points_where_something_is_undefined_are_no_counterexamples(left: str, right: str) -> None:
    assert verdict(left, right)


# --- counterexamples ------------------------------------------------------------------------------------------------------

# fmt: off
SMALLEST = [  # with the largest size that is needed
    ("2 x' x", "x' x", 1), ("R G", "G R", 2), ("x' R y", "y' R x", 2), ("A", "B", 1), ("tr(R S G)", "tr(R G S)", 2), ("Diag(x) R", "R Diag(x)", 2),
    ("M ⊙ A", "A", 1), ("Q", "eye(n)", 1), ("u", "ones(n)", 1), ("w", "ones(n) / n", 2), ("V", "V V", 1), ("P", "eye(n)", 2), ("det(-R)", "-det(R)", 2),
    ("commutation(n, n)", "eye(n*n)", 2), ("f(s) + f(t)", "f(s + t)", 1), ("log(a)", "a - 1", 1), ("sum(u)", "1 + 0 s", 1), ("crossmat(g)", "0 crossmat(g)", 3),
]
# fmt: on


@pytest.mark.parametrize(("left", "right", "largest"), SMALLEST)
def test_a_counterexample_has_the_smallest_sizes_and_small_numbers(left: str, right: str, largest: int) -> None:
    example = verdict(left, right).example
    assert example is not None
    assert max(example.sizes.values(), default=largest) == largest
    for rows in example.values.values():
        for entry in (entry for row in rows for entry in row):
            assert isinstance(entry, int | Fraction)
            assert -12 <= entry <= 12


@pytest.mark.parametrize(("left", "right"), [(left, right) for left, right, _ in SMALLEST if "f(" not in left])
def test_the_two_sides_have_the_values_that_a_counterexample_says(left: str, right: str) -> None:
    example = verdict(left, right).example
    assert example is not None
    given = {name: np.array(rows, dtype=float) for name, rows in example.values.items()}
    for text, rows in ((left, example.left), (right, example.right)):
        value = evaluate(expand_names(read(text)), given, example.sizes)
        assert np.allclose(value, np.array(rows, dtype=float))
    i, j = example.place
    assert example.left[i][j] != example.right[i][j]


def test_a_counterexample_reads_like_a_sentence() -> None:
    assert str(verdict("2 x' x", "x' x").example) == "n = 1, x = 1: 2 and 1"
    assert "f(t) = t^" in str(verdict("f(s) + f(t)", "f(s + t)").example)
    large = str(verdict("commutation(n, n)", "eye(n*n)").example)
    assert large == "n = 2: at (2, 2) 0 and 1"


def test_the_same_pair_has_the_same_counterexample() -> None:
    assert len({str(verdict("R G", "G R").example) for _ in range(3)}) == 1


# --- the collections ---------------------------------------------------------------------------------------------------------

PROVED = 0.97  # of the published answers that are read


def _judged(record: Record) -> Judgement | None:
    """A published answer held against what is derived; None where one of them is not supported, or is of another layout."""
    declare = declarations(record)
    try:
        answer = understand(record["answer"], declare).expression
        result = matcalc.derive(record["expr"], record["wrt"], declare, order=2 if record["kind"] == "hessian" else 1)
    except MatcalcError:
        return None
    return judge(answer, result.value.node) if answer.shape == result.value.shape else None


LAYOUT = {"mse-2842077"}  # the transpose of the gradient: logm(X) + I for an X that is not declared symmetric


def test_published_answers_are_proved_equal_to_the_derived_ones() -> None:
    found = [
        (record["id"], judged.verdict)
        for kind in ("gradient", "jacobian", "hessian")
        for record in records(kind)
        if record["answer"] and record["id"] not in LAYOUT and (judged := _judged(record)) is not None
    ]
    count = Counter(verdict for _, verdict in found)
    assert set(count) <= RIGHT, [item for item in found if item[1] not in RIGHT]
    assert len(found) >= 345
    assert count["proved"] >= PROVED * len(found)


def test_an_answer_in_another_layout_is_wrong() -> None:
    (record,) = [record for record in records() if record["id"] in LAYOUT]
    judged = _judged(record)
    assert judged is not None
    assert judged.verdict == "wrong"


# --- the identities of the tables ------------------------------------------------------------------------------------------------


def _sides(identity: Identity) -> tuple[Expr, Expr] | None:
    """Both sides as expressions, read together; None where one is a differential of a product or function."""
    if re.search(r"\bd\(", identity.statement) or " = " not in identity.statement:
        return None
    left, right = identity.statement.split(" = ")
    letters = identity.given.split(";")
    a, b = understand(left, letters).expression, understand(right, letters).expression
    return (a, b) if a.shape == b.shape else None


EXPRESSIONS = [(identity, sides) for identity in identities.TABLE if (sides := _sides(identity)) is not None]
NAMES = [identity.name for identity, _ in EXPRESSIONS]


def test_most_identities_are_statements_about_expressions() -> None:
    assert len(EXPRESSIONS) >= 130


@pytest.mark.parametrize("sides", [sides for _, sides in EXPRESSIONS], ids=NAMES)
def test_an_identity_is_judged_right(sides: tuple[Expr, Expr]) -> None:
    assert judge(*sides).verdict in RIGHT


@pytest.mark.parametrize("sides", [sides for _, sides in EXPRESSIONS], ids=NAMES)
def test_an_identity_with_a_factor_too_much_is_judged_wrong(sides: tuple[Expr, Expr]) -> None:
    left, right = sides
    assert judge(left, scale_by(2, right)).verdict == "wrong"


# --- time ---------------------------------------------------------------------------------------------------------------------------


def test_a_pair_that_is_proved_takes_milliseconds() -> None:
    left, right = read("norm(A x - z)^2 + s x' (R + S) x"), read("x' A' A x - 2 z' A x + z' z + s x' R x + s x' S x")
    judge(left, right)
    began = perf_counter()
    for _ in range(10):
        assert judge(left, right).verdict == "proved"
    assert (perf_counter() - began) / 10 < 0.05


def test_a_huge_pair_is_judged_in_bounded_time() -> None:
    large = "(x' R y + y' R x + s + t + x' G y + x' S x)^4 (x' x + y' y + s + t)^4"
    began = perf_counter()
    assert verdict(large, large + " + s").verdict == "wrong"
    assert verdict(large, "(s + t + y' y + x' x)^4 (x' (S + G) y - x' S y + x' S x + y' R x + t + s + y' R' x)^4")
    assert perf_counter() - began < 20


def test_a_derivative_is_judged_by_its_differential_too() -> None:
    result = matcalc.derive("norm(A x - z)^2", wrt="x", declare=[LETTERS[0], "x : vector(n)", "z : vector(m)"])
    assert judge(result.value.node, read("2 A' A x - 2 A' z")).verdict == "proved"
