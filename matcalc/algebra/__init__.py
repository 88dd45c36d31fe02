"""The verbs that make expressions in normal form. Everything is bottom-up: a verb takes expressions in normal form.

Two typings of the same formula meet here: commutative parts are sorted, products are flat, scalars come out in front and
forget their transposes, rational numbers stay exact, and declared properties are used (S' = S, Q'Q = I, M ⊙ M = M).
A product is never distributed over a sum.
"""

from matcalc.algebra import calls, functions
from matcalc.algebra import terms as terms
from matcalc.algebra.calls import call, named
from matcalc.algebra.conjugates import conjugate
from matcalc.algebra.hadamards import entry_power, hadamard
from matcalc.algebra.inverses import inverse
from matcalc.algebra.kroneckers import kron
from matcalc.algebra.neighbours import commutation
from matcalc.algebra.selectors import block, selector
from matcalc.algebra.sums import add, sub, terms_of
from matcalc.algebra.terms import PI, eye, neg, number, ones, scale, scale_by, size, symbol, zeros
from matcalc.algebra.totals import total
from matcalc.algebra.traces import frobenius
from matcalc.algebra.transposes import is_symmetric, transpose
from matcalc.algebra.words import power, product
from matcalc.expr import Constant, Expr
from matcalc.shape import Size

calls.NORMAL.update(functions.NORMAL)


def pi() -> Expr:
    return PI


def unit(index: Size, n: Size) -> Expr:
    """The unit vector e_i of length n."""
    return terms.ONE if n == 1 else Constant("unit", (n, 1), (index, n))


__all__ = [
    "add", "block", "call", "commutation", "conjugate", "entry_power", "eye", "frobenius", "hadamard", "inverse",
    "is_symmetric", "kron", "named", "neg", "number", "ones", "pi", "power", "product", "scale", "scale_by", "selector",
    "size", "sub", "symbol",
    "terms_of", "total", "transpose", "unit", "zeros",
]  # fmt: skip
