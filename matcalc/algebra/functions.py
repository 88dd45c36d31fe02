"""The functions that have identities of their own: the verb of each.

A verb takes the arguments in normal form and returns an expression, or None where the call stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.algebra import (
    conjugates,
    diagonals,
    exponentials,
    frechet,
    grand_sums,
    inverses,
    kroneckers,
    signs,
    terms,
    traces,
)
from matcalc.shape import SCALAR

if TYPE_CHECKING:
    from matcalc.algebra.calls import Normal


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
    "softmax": exponentials.softmax,
    "logsumexp": exponentials.logsumexp,
    "conj": lambda args, shape, parameters: conjugates.conjugate(args[0]),
    "abs": signs.modulus,
    "sign": signs.sign,
    "sigmoid": signs.sigmoid,
    **{name: frechet.verb_of(name) for name in frechet.COMMUTING},
}
