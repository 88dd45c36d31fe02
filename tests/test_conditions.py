"""What is said of where a result holds."""

from __future__ import annotations

import pytest

import matcalc

DECLARED = ["x, y : vector(n)", "s, t : scalar"]
# fmt: off
SAID = [
    ("max(s, t)",          "s", ("s is not t",)),
    ("max(3, x' y)",       "x", ("x' y is not 3",)),
    ("min(norm(x), 1)",    "x", ("x is not 0", "norm(x) is not 1")),
    ("max(0, 1 - s x' y)", "x", ("1 - s x' y is not 0",)),
    ("sum(max(x, s))",     "x", ("no entry of x is s",)),
    ("sum(max(x, y))",     "x", ("no entry of x is that of y",)),
    ("abs(s)",             "s", ("s is not 0",)),
    ("sum(abs(x))",        "x", ("no entry of x is 0",)),
    ("tan(s)",             "s", ("the cosine of s is not 0",)),
    ("gamma(s)",           "s", ("s is not 0 or a negative whole number",)),
    ("log(s)",             "s", ("s is > 0",)),
    ("sum(log(x))",        "x", ("every entry of x is > 0",)),
    ("s^2 log(t)",         "s", ("t is > 0",)),
    ("max(t, 3) s",        "s", ()),
    ("log(sum(i=1..n, exp(x[i] y[i])))", "x", ()),
]
# fmt: on


@pytest.mark.parametrize(("formula", "wrt", "said"), SAID, ids=[row[0] for row in SAID])
def test_a_condition_says_no_more_than_is_needed_and_of_a_number_not_its_entries(
    formula: str, wrt: str, said: tuple[str, ...]
) -> None:
    assert matcalc.derive(formula, wrt, DECLARED).conditions == said


@pytest.mark.parametrize(
    ("formula", "wrt", "gradient"),
    [("max(norm(x), 1)", "x", "step(norm(x) - 1) x / norm(x)"), ("min(s, 2)", "s", "step(2 - s)")],
)
def test_a_number_has_no_axis(formula: str, wrt: str, gradient: str) -> None:
    result = matcalc.derive(formula, wrt, DECLARED)
    assert str(result.value) == gradient
    assert matcalc.parse(str(result.objective), DECLARED) == result.objective
    assert not result.notices
