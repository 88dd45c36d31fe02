"""The functions that have identities of their own: the verb of each.

A verb takes the arguments in normal form and returns an expression, or None where the call stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.algebra import (
    calls,
    conjugates,
    diagonals,
    exponentials,
    frechet,
    grand_sums,
    inverses,
    kroneckers,
    selectors,
    signs,
    terms,
    traces,
    transposes,
)
from matcalc.expr import Expr
from matcalc.shape import SCALAR, Shape, Size, sub

if TYPE_CHECKING:
    from matcalc.algebra.calls import Args, Normal


def _of_the_taller(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    """The nuclear norm of what is surely wider than high is that of the transpose: its rule is for no fewer rows than columns."""
    (x,) = args
    wider = selectors.at_least(sub(x.cols, x.rows), 1)
    return calls.call("normnuc", (transposes.transpose(x),), shape) if wider else None


def _of_two(name: str) -> Normal:
    """The larger or smaller of two of one shape: of the same twice that itself; a number, or what is lighter, stands last,
    for the rule takes the first one's differential once, the other's twice. What weighs the same stands as typed."""

    def normal(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
        if len(args) != 2 or args[0].shape != args[1].shape:
            return None
        a, b = args
        if a is b:
            return a
        is_number = terms.as_number(a) is not None
        is_turned = a.weight < b.weight if is_number == (terms.as_number(b) is not None) else is_number
        return calls.call(name, (b, a), shape, parameters) if is_turned else None

    return normal


NORMAL: dict[str, Normal] = {
    "mpower": inverses.mpower,
    "tr": lambda args, shape, parameters: traces.trace(args[0]),
    "sum": lambda args, shape, parameters: grand_sums.sum_matrix(args[0]),
    "diag": lambda args, shape, parameters: diagonals.diagonal(args[0]),
    "Diag": lambda args, shape, parameters: diagonals.Diag(args[0]),
    "kron": lambda args, shape, parameters: kroneckers.kron(*args),
    "vec": kroneckers.vec_of,
    "unvec": kroneckers.unvec_of,
    "inv": lambda args, shape, parameters: inverses.inverse(args[0]),
    "det": inverses.det,
    "logdet": inverses.logdet,
    "adj": lambda args, shape, parameters: terms.ONE if shape == SCALAR else None,
    "exp": exponentials.exp,
    "log": exponentials.log,
    "normnuc": _of_the_taller,
    "max": _of_two("max"),
    "min": _of_two("min"),
    "softmax": exponentials.softmax,
    "logsumexp": exponentials.logsumexp,
    "conj": lambda args, shape, parameters: conjugates.conjugate(args[0]),
    "abs": signs.modulus,
    "sign": signs.sign,
    "sigmoid": signs.sigmoid,
    **{name: frechet.verb_of(name) for name in frechet.COMMUTING},
}
