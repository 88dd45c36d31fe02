"""Fréchet derivatives of matrix functions: L(X, E) = f'(X) E where E commutes with X, as under a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matcalc.algebra import calls, inverses, properties, terms, traces, words
from matcalc.expr import Call, Expr
from matcalc.shape import Shape, Size

if TYPE_CHECKING:
    from matcalc.algebra.calls import Args, Normal


def past_frechet(a: Expr, b: Expr) -> Expr | None:
    """tr(L(X, E) B) = tr(L(X, B) E) for the Fréchet derivative L of a matrix function; closed where B commutes with X."""
    if type(a) is not Call or not a.function.endswith("_frechet") or len(a.args) != 2:
        return None
    x, direction = a.args
    if properties.commute(b, x):
        return traces.trace(words.product(calls.call(a.function, (x, b), a.shape), direction))
    return None


def _frechet(args: Args, shape: Shape, parameters: tuple[Size, ...], name: str) -> Expr | None:
    """L(X, E) = f'(X) E where E commutes with X; 0 along 0."""
    x, direction, *second = args
    if any(map(terms.is_zero, args[1:])):
        return terms.zeros(*shape)
    if second or not properties.commute(direction, x):
        return None
    return COMMUTING[name](x, direction)


def verb_of(name: str) -> Normal:
    return lambda args, shape, parameters: _frechet(args, shape, parameters, name)


COMMUTING: dict[
    str, Callable[[Expr, Expr], Expr]
] = {  # as ``commuting`` of the records has it, which only steps/ can read
    "expm_frechet": lambda x, e: words.product(calls.call("expm", (x,), x.shape), e),
    "logm_frechet": lambda x, e: words.product(inverses.inverse(x), e),
    "sinm_frechet": lambda x, e: words.product(calls.call("cosm", (x,), x.shape), e),
    "cosm_frechet": lambda x, e: terms.neg(words.product(calls.call("sinm", (x,), x.shape), e)),
}
