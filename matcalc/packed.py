"""Expressions as flat data, for pickles: every node once, what is inside it as places in the list.

A pickle is flat however deep the expression is, and what is loaded from it is interned again.

>>> from matcalc.expr import Symbol, Transpose
>>> A = Symbol("A", ("m", "n"))
>>> unpacked(packed(Transpose(A))) is Transpose(A)
True
"""

from __future__ import annotations

import copyreg
from typing import NamedTuple

from matcalc.expr import (
    Add,
    Call,
    Constant,
    Expr,
    Hadamard,
    Named,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    postorder,
)

FIELDS: dict[type[Expr], tuple[str, ...]] = {
    Symbol: ("name", "shape", "properties", "of", "member"),
    Constant: ("kind", "shape", "parameters"),
    Transpose: ("base",),
    Scaled: ("number", "scalars", "body"),
    Add: ("terms",),
    Hadamard: ("factors",),
    Word: ("factors",),
    Call: ("function", "args", "shape", "parameters"),
    Named: ("name", "body"),
    Total: ("index", "count", "body"),
}


class Place(NamedTuple):
    """Stands for a node that comes earlier in the list."""

    number: int


Packed = list[tuple[type[Expr], tuple[object, ...]]]


def packed(root: Expr) -> Packed:
    """The nodes below, children first, each with what makes it."""
    variables = [node.of for node in postorder(root) if isinstance(node, Symbol) and node.of is not None]
    nodes = postorder(*variables, root)
    places = {node: Place(k) for k, node in enumerate(nodes)}

    def put(value: object) -> object:
        if isinstance(value, Expr):
            return places[value]
        return tuple(map(put, value)) if type(value) is tuple else value

    return [(type(node), tuple(put(getattr(node, field)) for field in FIELDS[type(node)])) for node in nodes]


def unpacked(data: Packed) -> Expr:
    """The last of the nodes, made again."""
    made: list[Expr] = []

    def get(value: object) -> object:
        if isinstance(value, Place):
            return made[value.number]
        return tuple(map(get, value)) if type(value) is tuple else value

    for kind, fields in data:
        made.append(kind(*map(get, fields)))
    return made[-1]


def _reduced(node: Expr) -> tuple[object, ...]:
    return unpacked, (packed(node),)


for _kind in FIELDS:
    copyreg.pickle(_kind, _reduced)  # type: ignore[arg-type]
