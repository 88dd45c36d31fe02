"""The full normal form: a formula as a sum of networks of entries. For equality only; it is never printed.

>>> from matcalc.algebra import add, product, symbol
>>> A, B, C = symbol("A", ("m", "n")), symbol("B", ("n", "p")), symbol("C", ("n", "p"))
>>> same(product(A, add([B, C])), add([product(A, B), product(A, C)]))
True

Everything is written out: names, products of sums, powers of sums up to 4, arguments of functions. What remains are letters
and functions as opaque atoms, known by the full forms of their arguments. Two forms that are equal prove that the formulas
are, for all sizes; two that are not say nothing, where functions are inside.
"""

from __future__ import annotations

from matcalc.algebra.full.forms import Forms
from matcalc.algebra.full.networks import TooLarge
from matcalc.expr import Expr


def same(a: Expr, b: Expr) -> bool | None:
    """Whether two expressions have one full form; None where a form is too large."""
    forms = Forms()
    try:
        return forms.of(a) == forms.of(b)
    except TooLarge:
        return None


def same_by_definition(a: Expr, b: Expr) -> bool | None:
    """The same with functions such as tanh written out by exponentials, and with what the terms are divided by cleared."""
    forms = Forms(definitions=True)
    try:
        return forms.is_zero(forms.difference(a, b))
    except TooLarge:
        return None
