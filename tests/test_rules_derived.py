"""Every function of the tables through the engine: gradient and Hessian in each argument, against differences."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from oracle import SPACES, STEP, Array, close, run
from test_rules import NAMED, drawn, title

import matcalc
from matcalc.errors import NoRuleError
from matcalc.read.declarations import read_declarations
from matcalc.read.declared import Declaration
from matcalc.rules.record import Function

CASE = 1
WHOLE = {"mpower": "k"}  # arguments that are whole numbers, which nothing is differentiated by


def arguments(record: Function) -> list[Declaration]:
    found = read_declarations(record.takes) if record.takes else []
    return [item for item in found if isinstance(item, Declaration)]


def is_refused(record: Function, letter: str) -> bool:
    stops = record.name.endswith("_frechet") and record.takes.count(";") == 2 and letter != "Z"
    return WHOLE.get(record.name) == letter or record.name.endswith("_jacobian") or stops


PLACES = [
    (record, declared)
    for record in NAMED
    for declared in arguments(record)
    if declared.kind != "size" and not declared.complex
]
DERIVED = [place for place in PLACES if not is_refused(place[0], place[1].name)]
TWICE = [place for place in DERIVED if not (place[0].name.endswith("_frechet") and place[1].name == "A")]


def label(value: object) -> str:
    return title(value) if isinstance(value, Function) else value.name if isinstance(value, Declaration) else str(value)


def question(record: Function) -> tuple[str, list[str]]:
    """``H : f(X)`` with the declarations of its letters."""
    letters = [declared.name for declared in arguments(record)] + ([str(record.axis)] if record.axis else [])
    shape = re.split(r",(?![^(]*\))", record.gives)[0]
    declared = [str(item) for item in arguments(record) if item.kind != "size"]
    return f"H : {record.name}({', '.join(letters)})", [*declared, f"H : {shape}"]


def inputs(record: Function) -> dict[str, Array | int]:
    values = drawn(record, CASE)
    whole = {WHOLE[record.name]: np.full((1, 1), 3.0)} if record.name in WHOLE else {}
    arrays = {**values.arrays, **whole}
    shape = run(record, arrays, values.sizes).shape
    weights = np.asarray(np.random.default_rng(1).normal(size=shape))
    return {**values.sizes, **arrays, "H": weights}


def value(function: Callable[..., object], given: Mapping[str, Array | int]) -> Array:
    """The emitted function at these inputs: scalars (), vectors (n,), the others as they are."""
    return np.asarray(function(**{name: _plain(given[name]) for name in inspect.signature(function).parameters}))


def _plain(array: Array | int) -> Array | int:
    if isinstance(array, int) or array.shape[1] > 1:
        return array
    return array.reshape(()) if array.size == 1 else array[:, 0]


def projected(declared: Declaration, array: Array) -> Array:
    """Onto the space of the variable: gradients and directions lie in it."""
    for word in declared.properties:
        array = SPACES[word](array) / (2 if word in ("symmetric", "spd", "psd") else 1) if word in SPACES else array
    return array


def slopes(f: Callable[[Array], Array], X: Array, declared: Declaration) -> Array:
    """The central differences of f in every entry of X, columns stacked: one column an entry."""
    columns = []
    for k in range(X.size):
        E = np.zeros(X.size)
        E[k] = STEP
        step = projected(declared, E.reshape(X.shape, order="F"))
        columns.append((f(X + step) - f(X - step)).reshape(-1, order="F") / (2 * STEP))
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(("record", "declared"), DERIVED, ids=label)
def test_the_gradient_of_a_function_agrees_with_central_differences(record: Function, declared: Declaration) -> None:
    text, declarations = question(record)
    given = inputs(record)
    sizes = {name: size for name, size in given.items() if isinstance(size, int)}
    arrays = {name: array for name, array in given.items() if not isinstance(array, int)}
    x, H = declared.name, arrays.pop("H")
    result = matcalc.derive(text, wrt=x, declare=declarations)
    got = value(result.function("numpy"), given).reshape(arrays[x].shape)
    truth = slopes(lambda X: np.sum(H * run(record, {**arrays, x: X}, sizes)).reshape(1), arrays[x], declared)
    assert close(got, truth.reshape(arrays[x].shape, order="F"), 1e-5)


@pytest.mark.parametrize(("record", "declared"), TWICE, ids=label)
def test_the_hessian_of_a_function_agrees_with_differences(record: Function, declared: Declaration) -> None:
    text, declarations = question(record)
    given = inputs(record)
    x = declared.name
    X = given[x]
    assert not isinstance(X, int)
    gradient = matcalc.derive(text, wrt=x, declare=declarations).function("numpy")
    hessian = matcalc.derive(text, wrt=x, declare=declarations, order=2).function("numpy")
    truth = slopes(lambda at: projected(declared, value(gradient, {**given, x: at}).reshape(X.shape)), X, declared)
    assert close(value(hessian, given).reshape(X.size, X.size), truth, 2e-5)


@pytest.mark.parametrize(("record", "declared"), [place for place in PLACES if place not in DERIVED], ids=label)
def test_what_has_no_rule_is_refused_and_not_zero(record: Function, declared: Declaration) -> None:
    text, declarations = question(record)
    with pytest.raises(NoRuleError):
        matcalc.derive(text, wrt=declared.name, declare=declarations)


def test_most_places_are_derived_twice() -> None:
    assert len(TWICE) > 120
