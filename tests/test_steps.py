"""Derivations: the masked factorisation line by line, and every line of every derivation of the collection on numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import oracle
import pytest
from collection import Array, Record, derived, records

import matcalc
from matcalc.expr import Named, Symbol
from matcalc.read.names import canonical
from matcalc.rules import identities
from matcalc.steps.spell import spell
from matcalc.verify.properties import TANGENTS
from matcalc.verify.sample import Draw, draws
from matcalc.write.present import plain_text

OBJECTIVE = "W : W + lambda_u U : U + lambda_v V : V"
SIZES = ["Y : matrix(I, J)", "U : matrix(I, K)", "V : matrix(J, K)", "lambda_u, lambda_v : scalar"]
NAMES = ["X := U V' - Y", "W := M ⊙ X"]
BINARY = "M : matrix(I, J), binary"

# --- the masked factorisation ---------------------------------------------------------------------------------------


def masked(mask: str) -> matcalc.Result:
    return matcalc.derive(OBJECTIVE, wrt=("U", "V"), declare=[*SIZES, mask, *NAMES])


def chain(result: matcalc.Result) -> list[tuple[str, str]]:
    """The right sides, each with the statement that is printed beside it."""
    return [(step.right, step.identities[0].statement) for step in result.steps]


def test_the_masked_factorisation_is_derived_in_the_seven_lines_of_the_book() -> None:
    result = masked(BINARY)
    norms = " + 2 lambda_u U : dU + 2 lambda_v V : dV"
    assert chain(result) == [
        ("2 W : dW" + norms, "d(A : A) = 2 A : dA"),
        ("2 W : (M .* dX)" + norms, "d(A ⊙ B) = dA ⊙ B + A ⊙ dB"),
        ("2 (M .* W) : dX" + norms, "C : (A ⊙ B) = (C ⊙ A) : B"),
        ("2 W : dX" + norms, "M ⊙ M = M"),
        ("2 W : (dU V' + U dV')" + norms, "d(A B) = dA B + A dB"),
        ("2 W V : dU + 2 W' U : dV" + norms, "A : (B C) = (A C') : B"),
        ("2 (W V + lambda_u U) : dU + 2 (W' U + lambda_v V) : dV", "A : C + B : C = (A + B) : C"),
    ]
    assert [step.left for step in result.steps] == ["dE", *6 * [""]]
    assert [str(value) for value in result.values] == ["2 (W V + lambda_u U)", "2 (W' U + lambda_v V)"]
    assert str(result.values[0].expanded()) == "2 ((M .* (U V' - Y)) V + lambda_u U)"


def test_a_mask_that_is_not_declared_binary_stays_squared() -> None:
    for mask in ("M : matrix(I, J)", "M : matrix(I, J), nonnegative"):
        result = masked(mask)
        assert str(result.values[0]) == "2 ((M .* W) V + lambda_u U)"
        assert str(result.values[0].expanded()) == "2 ((M.^2 .* (U V' - Y)) V + lambda_u U)"
        assert "M ⊙ M = M" not in dict(map(reversed, chain(result)))


def test_a_mask_of_ones_disappears_once_the_definitions_are_written_out() -> None:
    result = masked("M := ones(I, J)")
    assert [str(value.expanded()) for value in result.values] == [
        "2 ((U V' - Y) V + lambda_u U)",
        "2 ((V U' - Y') U + lambda_v V)",
    ]


def test_a_mask_of_ones_disappears_from_the_gradient_with_the_definitions() -> None:
    assert "M" not in str(masked("M := ones(I, J)").value)


# --- every derivation of the collection -----------------------------------------------------------------------------


def collected(record: Record) -> matcalc.Result:
    try:
        return derived(record["id"])
    except matcalc.MatcalcError:
        if "advanced" in record["tags"]:
            pytest.skip("not supported yet, and it says so")
        raise


@pytest.mark.parametrize("record", records(), ids=lambda record: record["id"])
def test_each_step_of_a_derivation_has_its_identity_and_is_verified(record: Record) -> None:
    steps = collected(record).steps
    assert steps
    for step in steps:
        assert step.verified, step.right
        assert step.identities, step.right
        for identity in step.identities:
            assert identities.lookup(identity.name) == identity
            assert identity.statement
            assert identity.source


@pytest.mark.parametrize("record", records(), ids=lambda record: record["id"])
def test_each_printed_line_of_a_derivation_has_the_value_of_the_differential(record: Record) -> None:
    """The line read by the oracle, dX a random direction, against differences of the objective along it."""
    result = collected(record)
    if "unknown-function" in record["tags"]:
        pytest.skip("the oracle is given no function here")
    found = _good_draws(result)
    assert found
    for seed, draw in enumerate(found):
        values = _values(result, draw, seed)
        slope = _slope(result, draw, values.directions)
        for step in result.steps:
            got = oracle.evaluate(step.right, values).item()
            assert got == pytest.approx(slope, rel=1e-5, abs=1e-6 * _scale(values)), step.right


def _good_draws(result: matcalc.Result) -> list[Draw]:
    symbols = [node for node in result.understood.names.values() if isinstance(node, Symbol)]
    return draws([result.objective.node, *(value.node for value in result.values)], 2, symbols=symbols)


def _values(result: matcalc.Result, draw: Draw, seed: int) -> oracle.Values:
    """The variables with their directions, and the names that the derivation uses with what these make of them."""
    random = np.random.default_rng(seed)
    directions: dict[str, Array] = {}
    for name in map(_canonical, result.wrt):
        symbol = result.understood.names[name]
        assert isinstance(symbol, Symbol)
        directions[name] = random.normal(size=draw.values[name].shape)
        for word in symbol.properties:
            directions[name] = TANGENTS.get(word, lambda array: array)(directions[name])
    values = oracle.Values(dict(draw.values), directions, dict(draw.sizes))
    for named in result.derivation.names:
        text = _body(named)
        change = _difference(lambda step, text=text, values=values: oracle.evaluate(text, values.moved(step)))
        value = oracle.evaluate(text, values)
        values = oracle.Values({**values.arrays, named.name: value}, {**values.directions, named.name: change}, values.sizes)
    return values


def _canonical(name: str) -> str:
    return canonical(name) or name


def _body(named: Named) -> str:
    return plain_text(spell(named.body))


def _slope(result: matcalc.Result, draw: Draw, directions: Mapping[str, Array]) -> float:
    wanted = {name: directions[name] for name in map(_canonical, result.wrt)}

    def moved(step: float) -> Array:
        return draw.moved({name: step * along for name, along in wanted.items()}).value(result.objective.node)

    return float(_difference(moved).item())


def _difference(moved) -> Array:  # type: ignore[no-untyped-def]
    """The derivative by the step, at 0: central differences of two steps, extrapolated."""
    near, far = ((moved(h) - moved(-h)) / (2 * h) for h in (1e-4, 2e-4))
    return np.asarray((4 * near - far) / 3)


def _scale(values: oracle.Values) -> float:
    return max(1.0, *(float(np.max(np.abs(array), initial=0.0)) for array in values.arrays.values()))


def test_a_derivation_with_a_wrong_line_is_not_shown() -> None:
    result = masked(BINARY)
    lines = list(result.derivation.lines)
    wrong = lines[3].__class__(lines[0].right, lines[3].reasons)
    object.__setattr__(result.derivation, "lines", (*lines[:3], wrong, *lines[4:6], lines[6].__class__(lines[6].right.terms[0], ())))  # type: ignore[union-attr]
    with pytest.raises(matcalc.MatcalcError, match="differs from the line before"):
        _ = result.steps
