"""Formulas of the whole language as Hypothesis draws them; one that fails is made smaller by it. The long runs are ``million``."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from random import Random

import pytest
import random_formulas
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from million import Wrong, judged
from random_language import Language, Whole, weight, whole

import matcalc
from matcalc.rules import functions
from matcalc.shape import SCALAR

ANY = "X : matrix(m, n)"
ALL = settings(max_examples=150, suppress_health_check=list(HealthCheck), database=None)


@st.composite
def formulas(draw: st.DrawFn) -> Whole | None:
    """A scalar formula whose every choice is one of Hypothesis', which can take it back; None where it has no variable."""
    maker = Language(draw(st.randoms(use_true_random=False)))
    return whole(maker.of(SCALAR, draw(st.integers(1, 4))), maker)


@pytest.fixture
def cube(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A function with a wrong rule, and formulas of few functions, that one among them."""
    monkeypatch.setattr(functions, "_records", dict(functions._records))
    wrong = matcalc.Function("cube", ANY, "matrix(m, n)", rule="dY = 2 * X .* dX", code="X**3", kind="entrywise")
    functions.register(wrong)
    few = (wrong, *(record for record in random_formulas.callable_records() if record.name in ("tanh", "tr", "kron")))
    monkeypatch.setattr(random_formulas, "callable_records", lambda: few)
    for known in (random_formulas.giving, random_formulas.stacking_records):
        known.cache_clear()
    yield
    for known in (random_formulas.giving, random_formulas.stacking_records):
        known.cache_clear()


def hold(formula: Whole | None, seed: int) -> None:
    if formula is not None:
        with warnings.catch_warnings(action="ignore"):  # of SciPy, where a draw is singular
            judged(formula, seed)


def is_wrong(formula: Whole | None) -> bool:
    if formula is None or "cube(" not in formula.text:
        return False
    try:
        hold(formula, 1)
    except Wrong:
        return True
    return False


@given(formulas(), st.integers(0, 10**6))
@settings(ALL)
def test_a_formula_has_the_gradient_that_its_slope_shows(formula: Whole | None, seed: int) -> None:
    hold(formula, seed)


@pytest.mark.usefixtures("cube")
def test_a_wrong_rule_is_found_and_its_formula_made_small() -> None:
    found = find(formulas(), is_wrong, random=Random(3), settings=settings(ALL, max_examples=5000))
    assert found is not None
    assert weight(found) <= 8, found.text
