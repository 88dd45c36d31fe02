"""Whether two expressions are equal, or one is the derivative of the other, on numbers.

>>> from matcalc.expr import Word
>>> A, B = Symbol("A", ("n", "n")), Symbol("B", ("n", "n"))
>>> agree(Word((A, B)), Word((B, A))).verdict
'different'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from matcalc.errors import CallError
from matcalc.expr import Expr, Symbol
from matcalc.shape import value as number_of
from matcalc.verify.evaluate import Array
from matcalc.verify.properties import TANGENTS
from matcalc.verify.sample import Draw, draws

EQUAL = 1e-8  # relative errors up to here are those of arithmetic
DIFFERENT = 1e-5  # and from here on they are not
NOISE = 1e-12  # of the largest number met on the way: what is left where things cancel
SLOPE = 1e-6  # relative error of a difference quotient that is trusted


@dataclass(frozen=True)
class Agreement:
    """``verdict``: equal, different or undecided. ``error``: the largest found. ``example``: where they differ."""

    verdict: str
    error: float
    draws: int
    example: Draw | None = None

    def __bool__(self) -> bool:
        return self.verdict == "equal"


def agree(a: Expr, b: Expr, symbols: Iterable[Symbol] = (), count: int = 3, seed: int = 0) -> Agreement:
    """Whether two expressions of one shape have the same values at draws of ``count`` different sizes.

    Undecided where fewer draws were found at which both are finite, or where the error is neither small nor large.
    """
    if a.shape != b.shape:
        raise CallError("two expressions of different shapes cannot be compared")
    found = draws([a, b], count, seed, symbols, grow=1)
    errors = [relative_error(a, b, draw) for draw in found]
    worst = max(errors, default=0.0)
    if worst > DIFFERENT:
        return Agreement("different", worst, len(found), found[errors.index(worst)])
    return Agreement("equal" if worst <= EQUAL and len(found) == count else "undecided", worst, len(found))


def relative_error(a: Expr, b: Expr, draw: Draw) -> float:
    """The largest difference relative to the values; where they nearly vanish, to what is met on the way."""
    nodes = draw.nodes([a, b])
    met = max(_largest(value) for value in nodes.values())
    scale = max(_largest(nodes[a]), _largest(nodes[b]), NOISE / EQUAL * met)
    return _largest(nodes[a] - nodes[b]) / scale if scale else 0.0


def _largest(value: Array) -> float:
    return float(np.max(np.abs(value), initial=0.0))


def series_agrees(terms: Sequence[Expr], moves: Mapping[Symbol, Symbol], count: int = 2) -> bool:
    """Whether the terms are those of a Taylor series, T_k of order k in the values of ``moves``: k T_k is the slope of T_(k-1).

    CallError where no draw was found.
    """
    found = draws(terms, count, symbols=[*moves, *moves.values()])
    if not found:
        raise CallError("no values were found at which the expression is finite and smooth")
    for draw in found:
        directions = {x.name: draw.values[dx.name] for x, dx in moves.items()}
        for k in range(1, len(terms)):
            slope, noise = along(terms[k - 1], directions, draw)
            wanted = k * draw.value(terms[k])
            scale = max(_largest(wanted), _largest(slope), 1e-3 * _largest(draw.value(terms[k - 1])))
            if noise <= SLOPE * scale and _largest(slope - wanted) > 10 * SLOPE * scale:
                return False
    return True


# --- derivatives ------------------------------------------------------------------------------------------------


def gradient_agrees(
    f: Expr, wrt: Symbol, g: Expr, symbols: Iterable[Symbol] = (), conjugate: bool = False, count: int = 3
) -> bool:
    """Whether df = g : dX for the scalar f, at draws of several sizes.

    For a complex X, g is ∂f/∂X (Wirtinger), or ∂f/∂X̄ where ``conjugate``. CallError where no draw was found.
    """
    applied = _Claim(lambda value, step: np.full((1, 1), np.sum(value * step)), conjugate)
    return applied.holds(f, wrt, g, draws([f, g], count, symbols=[wrt, *symbols]))


def jacobian_agrees(
    f: Expr, wrt: Symbol, jacobian: Expr, symbols: Iterable[Symbol] = (), conjugate: bool = False, count: int = 3
) -> bool:
    """Whether vec(dF) = J vec(dX), columns stacked; of a gradient J is the Hessian."""
    applied = _Claim(lambda value, step: value @ stacked(step), conjugate)
    return applied.holds(f, wrt, jacobian, draws([f, jacobian], count, symbols=[wrt, *symbols]))


def stacked(array: Array) -> Array:
    """vec: the columns, one below the other."""
    return array.T.reshape(-1, 1)


@dataclass(frozen=True)
class _Claim:
    """That a derivative applied to a step gives what difference quotients give."""

    applied: Callable[[Array, Array], Array]
    conjugate: bool

    def holds(self, f: Expr, wrt: Symbol, derivative: Expr, found: list[Draw]) -> bool:
        kept = [self._error(f, wrt, derivative, draw, seed) for seed, draw in enumerate(found)]
        errors = [error for error in kept if error is not None]
        if not errors:
            raise CallError("no values were found at which the expression is finite and smooth")
        return max(errors) <= 10 * SLOPE

    def _error(self, f: Expr, wrt: Symbol, derivative: Expr, draw: Draw, seed: int) -> float | None:
        """The relative error along a random direction; None where the quotients do not settle."""
        step = direction(wrt, draw, seed)
        slope, noise = self._slope(f, wrt, step, draw)
        value = draw.value(derivative)
        wanted = self.applied(value, step.conj() if self.conjugate else step)
        scale = max(_largest(wanted), _largest(slope), _largest(value) * _largest(step), 1e-3 * _largest(draw.value(f)))
        if noise > SLOPE * scale:
            return None
        return _largest(stacked(slope) - wanted) / scale if scale else 0.0

    def _slope(self, f: Expr, wrt: Symbol, step: Array, draw: Draw) -> tuple[Array, float]:
        """df along the step; of a complex one the part linear in dX (in its conjugate): (df(V) ∓ i df(i V)) / 2."""
        one, noise = directional(f, wrt, step, draw)
        if not np.iscomplexobj(step):
            return one, noise
        other, more = directional(f, wrt, cast("Array", 1j * step), draw)
        return (one + (1j if self.conjugate else -1j) * other) / 2, noise + more


def direction(symbol: Symbol, draw: Draw, seed: int) -> Array:
    """A random direction in which the symbol can move: symmetric for a symmetric one, …; complex for a complex one."""
    random = np.random.default_rng(seed)
    value = draw.value(symbol)
    found = random.normal(size=value.shape)
    if np.iscomplexobj(value):
        found = found + 1j * random.normal(size=value.shape)
    for name in symbol.properties:
        found = TANGENTS[name](found) if name in TANGENTS else found
    return found


def _in_family(symbol: Symbol, direction: Array, draw: Draw) -> Array:
    """The direction of the family in which one member moves."""
    assert symbol.member is not None
    whole = np.zeros(draw.values[symbol.name].shape)
    place, rows = number_of(symbol.member.which, dict(draw.sizes)) - 1, direction.shape[0]
    whole[place * rows : (place + 1) * rows] = direction
    return whole


FIRST = 2.0**-6  # the first step of a difference quotient
HALVINGS = 10


def directional(expression: Expr, symbol: Symbol, direction: Array, draw: Draw) -> tuple[Array, float]:
    """The derivative along a direction and its error, by central differences extrapolated to a step of 0 (Ridders)."""
    whole = direction if symbol.member is None else _in_family(symbol, direction, draw)
    return along(expression, {symbol.name: whole}, draw)


def along(expression: Expr, directions: Mapping[str, Array], draw: Draw) -> tuple[Array, float]:
    """The same where several symbols move at once."""

    def quotient(step: float) -> Array:
        ahead, behind = (
            draw.moved({name: sign * step * one for name, one in directions.items()}).value(expression)
            for sign in (1, -1)
        )
        return (ahead - behind) / (2 * step)

    best, error = quotient(FIRST), np.inf
    last: list[Array] = []
    for k in range(HALVINGS):
        row = [quotient(FIRST / 2**k)]
        for j, coarse in enumerate(last):
            row.append(row[j] + (row[j] - coarse) / (4 ** (j + 1) - 1))
            change = max(_largest(row[-1] - row[-2]), _largest(row[-1] - coarse))
            if change < error:
                best, error = row[-1], change
        last = row
    return best, error
