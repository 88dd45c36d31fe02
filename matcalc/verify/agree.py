"""Whether two expressions are equal, or one is the derivative of the other, on numbers.

>>> from matcalc.expr import Word
>>> A, B = Symbol("A", ("n", "n")), Symbol("B", ("n", "n"))
>>> agree(Word((A, B)), Word((B, A))).verdict
'different'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np

from matcalc.errors import CallError
from matcalc.expr import Expr, Symbol
from matcalc.verify.evaluate import Array
from matcalc.verify.properties import TANGENTS
from matcalc.verify.sample import Draw, draws

EQUAL = 1e-8  # relative errors up to here are those of arithmetic
DIFFERENT = 1e-5  # and from here on they are not
NOISE = 1e-12  # of the largest number met on the way: what is left where things cancel
SLOPE = 1e-6  # relative error of a difference quotient


@dataclass(frozen=True)
class Agreement:
    """``verdict``: equal, different or undecided. ``error``: the largest relative one. ``example``: where they differ."""

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
    found = draws([a, b], count, seed, symbols)
    worst, example = 0.0, None
    for draw in found:
        error = relative_error(a, b, draw)
        if error > worst:
            worst, example = error, draw
    if worst > DIFFERENT:
        return Agreement("different", worst, len(found), example)
    return Agreement("equal" if worst <= EQUAL and len(found) == count else "undecided", worst, len(found), None)


def relative_error(a: Expr, b: Expr, draw: Draw) -> float:
    """The largest difference of two expressions, relative to their size (to what is met on the way, where they nearly vanish)."""
    nodes = draw.nodes([a, b])
    met = max(_largest(value) for value in nodes.values())
    scale = max(_largest(nodes[a]), _largest(nodes[b]), NOISE / EQUAL * met)
    return _largest(nodes[a] - nodes[b]) / scale if scale else 0.0


def _largest(value: Array) -> float:
    return float(np.max(np.abs(value), initial=0.0))


# --- derivatives ------------------------------------------------------------------------------------------------


def directional(expression: Expr, symbol: Symbol, direction: Array, draw: Draw) -> tuple[Array, float]:
    """The derivative along a direction, by central differences extrapolated to a step of 0 (Ridders), and its error."""

    def quotient(step: float) -> Array:
        ahead, behind = (draw.moved({symbol.name: sign * step * direction}).value(expression) for sign in (1, -1))
        return cast("Array", (ahead - behind) / (2 * step))

    best, error = quotient(FIRST), np.inf
    last: list[Array] = []
    for k in range(STEPS):
        row = [quotient(FIRST / 2**k)]
        for j, coarse in enumerate(last):
            row.append(row[j] + (row[j] - coarse) / (4 ** (j + 1) - 1))
            change = max(_largest(row[-1] - row[-2]), _largest(row[-1] - coarse))
            if change < error:
                best, error = row[-1], change
        last = row
    return best, error


FIRST = 2.0**-6  # the first step
STEPS = 10


def direction(symbol: Symbol, draw: Draw, seed: int) -> Array:
    """A random direction in which the symbol can move: symmetric for a symmetric one, …; complex for a complex one."""
    random = np.random.default_rng(seed)
    value = draw.values[symbol.name]
    found = random.normal(size=value.shape)
    if np.iscomplexobj(value):
        found = cast("Array", found + 1j * random.normal(size=value.shape))
    for name in symbol.properties:
        found = TANGENTS[name](found) if name in TANGENTS else found
    return found


def gradient_agrees(f: Expr, wrt: Symbol, g: Expr, symbols: Iterable[Symbol] = (), conjugate: bool = False, count: int = 3) -> bool:
    """Whether df = g : dX for the scalar f, at draws of several sizes. A complex X: ∂f/∂X (Wirtinger), or ∂f/∂X̄ if conjugate."""
    return _derivative_agrees(f, wrt, g, symbols, lambda value, step: np.full((1, 1), np.sum(value * step)), conjugate, count)


def jacobian_agrees(f: Expr, wrt: Symbol, jacobian: Expr, symbols: Iterable[Symbol] = (), conjugate: bool = False, count: int = 3) -> bool:
    """Whether vec(dF) = J vec(dX), columns stacked; of a gradient J is the Hessian."""
    return _derivative_agrees(f, wrt, jacobian, symbols, lambda value, step: value @ stacked(step), conjugate, count)


def stacked(array: Array) -> Array:
    """vec: the columns, one below the other."""
    return array.T.reshape(-1, 1)


def _derivative_agrees(
    f: Expr, wrt: Symbol, derivative: Expr, symbols: Iterable[Symbol], applied: Callable[[Array, Array], Array], conjugate: bool, count: int
) -> bool:
    found = draws([f, derivative], count, symbols=[wrt, *symbols])
    steady = 0
    for k, draw in enumerate(found):
        along = direction(wrt, draw, seed=k)
        slope, error = _wirtinger(f, wrt, along, draw, conjugate) if np.iscomplexobj(along) else directional(f, wrt, along, draw)
        value = draw.value(derivative)
        wanted = applied(value, along.conj() if conjugate else along)
        scale = max(_largest(wanted), _largest(slope), _largest(value) * _largest(along), 1e-3 * _largest(draw.value(f)))
        if error <= SLOPE * scale:
            steady += 1
            if not _largest(stacked(slope) - wanted) <= 10 * SLOPE * scale:
                return False
    if not steady:
        raise CallError("no values were found at which the expression is finite and smooth")
    return True


def _wirtinger(f: Expr, wrt: Symbol, along: Array, draw: Draw, conjugate: bool) -> tuple[Array, float]:
    """The part of df that is linear in dX, or with conjugate in its conjugate: (df(V) ∓ i df(i V)) / 2."""
    one, error = directional(f, wrt, along, draw)
    other, more = directional(f, wrt, cast("Array", 1j * along), draw)
    turned = 1j * other if conjugate else -1j * other
    return cast("Array", (one + turned) / 2), error + more
