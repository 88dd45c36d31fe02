"""Families x_1, …, x_N: their members are symbols with an index; as a whole they are one array, stacked along the first axis.

>>> from matcalc.expr import Member
>>> stacked(Symbol("x", ("d", 1), member=Member("k", "N", "i"))).shape
('N', 'd')
"""

from __future__ import annotations

from typing import cast

from matcalc.expr import Expr, Symbol
from matcalc.shape import Shape


def stacked(member: Symbol) -> Symbol:
    """The array of all members, as a symbol: N×d for vectors and rows, a vector for scalars; matrices make p×m×n."""
    assert member.member is not None
    lengths = [size for size in member.shape if size != 1] or [1]
    shape = (member.member.many, *lengths)
    return Symbol(member.name, cast("Shape", shape), tuple(w for w in member.properties if w == "complex"))


def siblings(a: Expr, b: Expr) -> bool:
    """Whether two symbols are members of one family."""
    return (
        type(a) is Symbol
        and type(b) is Symbol
        and a.member is not None
        and b.member is not None
        and (a.name, a.shape) == (b.name, b.shape)
    )
