"""Derivations against differences: each printed line, read by the oracle, against the objective moved along random directions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
import oracle
from collection import Array

import matcalc
from matcalc.expr import Named, Symbol
from matcalc.read.names import canonical
from matcalc.steps.spell import spell
from matcalc.steps.wirtinger import conjugated
from matcalc.verify.evaluate import Entrywise
from matcalc.verify.properties import TANGENTS
from matcalc.verify.sample import Draw, draws
from matcalc.write.present import plain_text

STEPS = (1e-4, 2e-4)
CLOSE = 1e-5
ROUNDING = 1e-11


def good_draws(result: matcalc.Result, count: int = 2) -> list[Draw]:
    """Values for the variables at which objective and gradient are finite and steady."""
    symbols = [node for node in result.understood.names.values() if isinstance(node, Symbol)]
    return draws([result.objective.node, *(value.node for value in result.values)], count, symbols=symbols)


def wrong_lines(result: matcalc.Result, draw: Draw, seed: int = 0, sizes: Mapping[str, int] | None = None) -> list[str]:
    """The lines of a gradient's derivation that are not dE: dX is a random direction, dE the slope along it."""
    values = _with_names(result, _moving(result, draw, seed, sizes or {}))
    slope, error = _slope(result, draw, values.directions)
    largest = max(float(np.max(np.abs(array), initial=0.0)) for array in values.arrays.values())
    allowed = max(CLOSE * max(abs(slope), 1e-1 * largest, 1e-1), error)
    got = {step.right: float(np.real(oracle.evaluate(step.right, values).item())) for step in result.steps}
    return [f"{line}   is {value}, not {slope}" for line, value in got.items() if not abs(value - slope) <= allowed]


def inside(direction: Array, properties: Iterable[str]) -> Array:
    """A direction in which a variable with these properties can move: symmetric for a symmetric one."""
    for word in properties:
        direction = TANGENTS[word](direction) if word in TANGENTS else direction
    return direction


def _moving(result: matcalc.Result, draw: Draw, seed: int, sizes: Mapping[str, int]) -> oracle.Values:
    """The draw with a direction for each variable that was differentiated by."""
    random = np.random.default_rng(seed)
    directions: dict[str, Array] = {}
    for name in _variables(result):
        symbol = result.understood.names[name]
        assert isinstance(symbol, Symbol)
        directions[name] = random.normal(size=draw.values[name].shape)
        if np.iscomplexobj(draw.values[name]):
            directions[name] = directions[name] + 1j * random.normal(size=draw.values[name].shape)
        directions[name] = inside(directions[name], symbol.properties)
    return oracle.Values(dict(draw.values), directions, {**sizes, **draw.sizes}, _functions(draw))


def _functions(draw: Draw) -> dict[str, list[Entrywise]]:
    """Those that the user declares, each with its derivatives."""
    names = [name for name in draw.functions if not name.endswith("'")]
    return {name: [draw.functions[n] for n in sorted(draw.functions) if n.rstrip("'") == name] for name in names}


def _with_names(result: matcalc.Result, values: oracle.Values) -> oracle.Values:
    """The same with the names that the derivation uses, and how they move."""
    for named in result.derivation.names:
        body = _text(named)
        change = _difference(lambda step, body=body, values=values: oracle.evaluate(body, values.moved(step)))  # type: ignore[misc]
        arrays = {**values.arrays, named.name: oracle.evaluate(body, values)}
        values = replace(values, arrays=arrays, directions={**values.directions, named.name: change})
    return values


def _variables(result: matcalc.Result) -> list[str]:
    """The letters that move: by conj(Z), Z does."""
    inner = [conjugated(name) or name for name in result.wrt]
    return [canonical(name) or name for name in dict.fromkeys(inner)]


def _text(named: Named) -> str:
    return plain_text(spell(named.body))


def _slope(result: matcalc.Result, draw: Draw, directions: Mapping[str, Array]) -> tuple[float, float]:
    """dE, and how far it may be off: by the difference of two quotients, and by what the size of E leaves of its digits."""
    along = {name: directions[name] for name in _variables(result)}

    def moved(step: float) -> Array:
        return draw.moved({name: step * one for name, one in along.items()}).value(result.objective.node)

    near, far = _quotients(moved)
    error = float(np.abs(near - far).item() + ROUNDING * np.abs(moved(0.0)).item())
    return float(np.real(_difference(moved)).item()), error


def _quotients(moved: Callable[[float], Array]) -> tuple[Array, Array]:
    near, far = ((moved(step) - moved(-step)) / (2 * step) for step in STEPS)
    return near, far


def _difference(moved: Callable[[float], Array]) -> Array:
    """The derivative by the step, at 0: central differences of two steps, extrapolated."""
    near, far = _quotients(moved)
    return np.asarray((4 * near - far) / 3)


def central(f: Callable[[Array], object], x: Array, step: float = 1e-6) -> Array:
    """Central differences: f's slope for each entry of x, in the shape of x and then that of f."""
    shifts = step * np.eye(x.size).reshape(x.size, *x.shape)
    slopes = np.array([(np.asarray(f(x + s)) - np.asarray(f(x - s))) / (2 * step) for s in shifts])
    return slopes.reshape(*x.shape, *slopes.shape[1:])
