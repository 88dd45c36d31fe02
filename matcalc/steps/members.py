"""Derivatives by one member of a family: d x_i is δ_ik dx_k, with δ_ik = e_i' e_k, where x_k moves and x_i stands in a sum.

>>> from matcalc.expr import Constant, Member
>>> x = [Symbol("x", ("d", 1), member=Member(index, "N", "i")) for index in ("k", "j")]
>>> from matcalc.algebra.entries import delta_of
>>> delta_of(delta(*x))
('j', 'k', 'N')
"""

from __future__ import annotations

from collections.abc import Collection

from matcalc.algebra import add, number, product, scale, transpose, unit, zeros
from matcalc.algebra.families import siblings
from matcalc.algebra.rebuild import substitute
from matcalc.expr import Expr, Symbol, postorder


def delta(a: Symbol, b: Symbol) -> Expr:
    """1 where two members are the same one, else 0."""
    assert a.member is not None
    assert b.member is not None
    if a.member.which == b.member.which:
        return number(1)
    many = a.member.many
    return product(transpose(unit(a.member.which, many)), unit(b.member.which, many))


def moved(f: Expr, x: Symbol, dx: Expr) -> dict[Expr, Expr]:
    """The differentials of all members in an expression where x moves by dx; of any other variable, its own."""
    out: dict[Expr, Expr] = {x: dx}
    if x.member is not None:
        out |= {s: scale(delta(s, x), dx) for s in postorder(f) if type(s) is Symbol and siblings(s, x)}
    return out


def beside(f: Expr, x: Symbol) -> tuple[Expr, Symbol]:
    """The expression with x + h for x, in every member of its family that x may be, and h."""
    h = Symbol(
        f"~{x.name}_{x.member.which if x.member else ''}", x.shape, tuple(w for w in x.properties if w == "complex")
    )
    return substitute(f, {s: add([s, dh]) for s, dh in moved(f, x, h).items()}), h


def has_members(wrt: Collection[Expr]) -> bool:
    return any(type(x) is Symbol and x.member is not None for x in wrt)


def at_rest(node: Expr, h: Symbol) -> Expr:
    """The expression where h is 0."""
    return substitute(node, {h: zeros(*h.shape)})
