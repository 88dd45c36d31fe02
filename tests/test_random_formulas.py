"""Random formulas, the same ones every time; ``python -m tests.fuzz`` looks at as many others as there is time for."""

from __future__ import annotations

import warnings
from random import Random

import pytest
from fuzz import Fault, Wanted, check
from random_formulas import Formula, callable_records, random_formula
from shrink import smaller

import matcalc
from matcalc.read.formula import read
from matcalc.rules import functions

GRADIENTS = range(150)
OTHERS = range(1000, 1020)


def held(seed: int, wanted: Wanted, scalar: bool = True) -> str:
    formula = random_formula(Random(seed), scalar=scalar)
    with warnings.catch_warnings(action="ignore"):  # of SciPy, where a draw is singular
        return check(formula, wanted)


@pytest.mark.parametrize("seed", GRADIENTS)
def test_a_random_formula_has_the_gradient_that_differences_show(seed: int) -> None:
    held(seed, Wanted(steps=seed % 4 == 0))


@pytest.mark.parametrize("seed", OTHERS)
def test_a_random_formula_of_any_shape_has_the_jacobian_that_differences_show(seed: int) -> None:
    held(seed, Wanted(), scalar=False)


@pytest.mark.parametrize("seed", OTHERS)
def test_a_random_formula_has_the_hessian_that_differences_of_its_gradient_show(seed: int) -> None:
    held(seed, Wanted(second=True))


def test_hardly_a_random_formula_is_refused_or_finds_no_numbers() -> None:
    outcomes = [held(seed, Wanted()) for seed in GRADIENTS if seed % 8 == 1]
    assert outcomes.count("right") > 0.8 * len(outcomes), outcomes


def test_the_random_formulas_are_of_many_kinds() -> None:
    texts = " ".join(random_formula(Random(seed)).text for seed in range(2000))
    names = {record.name for record in callable_records()}
    assert len([name for name in names if f"{name}(" in texts]) > 0.9 * len(names)
    assert all(sign in texts for sign in (" : ", " .* ", " ./ ", " * ", "'", ".^", "^-1", "/", " - ", " > "))


def test_a_wrong_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "_records", dict(functions._records))
    functions.register(
        matcalc.Function("cube", "X : matrix(m, n)", "matrix(m, n)", rule="dY = 2 * X .* dX", code="X**3")
    )
    tree = read("sum(cube(A))")
    with pytest.raises(Fault) as found:
        check(Formula("sum(cube(A))", ("A : matrix(m, n)",), "A", tree, {}))
    assert found.value.kind == "gradient"


def test_smaller_formulas_are_formulas() -> None:
    formula = random_formula(Random(35))
    found = list(smaller(formula))
    assert len(found) > 20
    for one in found:
        assert matcalc.parse(one.text, declare=list(one.declare)).shape == (1, 1)
        assert len(one.text) <= len(formula.text)
