"""Calls in normal form: a function that has identities of its own has its verb, every other call stays as it is."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.algebra import conjugates, terms
from matcalc.expr import Call, Constant, Expr, Named, Scaled, complex_symbols
from matcalc.rules import functions as tables
from matcalc.shape import Shape, Size

Args = tuple[Expr, ...]
Normal = Callable[[Args, Shape, tuple[Size, ...]], Expr | None]
NORMAL: dict[str, Normal] = {}  # the verbs of those that have identities; ``functions`` has them


def call(name: str, args: Args, shape: Shape, parameters: tuple[Size, ...] = ()) -> Expr:
    """A function of the tables applied to expressions; the shape of the value is the caller's to know."""
    if complex_symbols:
        conjugates.check(name, args)
    normal = NORMAL.get(name)
    if normal is not None:
        found = normal(args, shape, parameters)
        if found is not None:
            return found
    if len(args) == 1:
        if tables.is_linear(name):
            value, scalars, body = terms.parts(args[0])
            if body is not None and (value != 1 or scalars):
                return terms.product_of_scalars([Scaled(value, scalars, None), call(name, (body,), shape, parameters)])
            if terms.is_zero(args[0]):
                return terms.zeros(*shape)
        if terms.is_zero(args[0]) and name in tables.having("zero"):
            return args[0]
        parity = _parity(name)
        if parity:
            positive, turned = without_sign(args[0])
            if turned:
                return terms.scale_by(parity, call(name, (positive,), shape, parameters))
    return Call(name, args, shape, parameters)


def named(name: str, body: Expr) -> Expr:
    """A name for an expression; a constant needs none (``M := ones(m, n)`` disappears)."""
    constant = type(body) is Constant or terms.as_number(body) is not None
    return body if constant else Named(name, body)


@tables.cached
def _parity(name: str) -> int:
    return next((record.parity for record in tables.lookup(name)), 0)


def without_sign(u: Expr) -> tuple[Expr, bool]:
    """-u and True where u has a negative number in front."""
    if type(u) is Scaled and u.number < 0:
        return terms.neg(u), True
    return u, False


def split(node: Expr) -> tuple[Expr, Expr | None]:
    """A scalar in front and the array."""
    value, scalars, body = terms.parts(node)
    return terms.monomial(value, dict(scalars), None), body


def is_call(node: Expr, name: str) -> bool:
    return type(node) is Call and node.function == name
