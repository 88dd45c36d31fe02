"""A Hessian over vec(X) that couples only entries of one row of X (or of one column), as its blocks.

(A ⊗ I) Diag(vec(D)) (B ⊗ I)    has for the row i of X the block A Diag(D' e_i) B, and 0 between rows
(I ⊗ A) Diag(vec(D)) (I ⊗ B)    has for the column j of X the block A Diag(D e_j) B, and 0 between columns
"""

from __future__ import annotations

from typing import NamedTuple

from matcalc.algebra import add, eye, product, transpose, unit
from matcalc.algebra.diagonals import Diag
from matcalc.algebra.sums import terms_of
from matcalc.algebra.terms import is_constant, parts, product_of_scalars
from matcalc.expr import Add, Call, Constant, Expr, Scaled, Symbol, Word, postorder
from matcalc.shape import Size
from matcalc.steps.compact import compact


class Blocks(NamedTuple):
    """One block for each row (or column) of the variable, numbered by ``letter`` up to ``size``; the rest is 0."""

    over: str
    letter: str
    size: Size
    block: Expr


def blocks(H: Expr, x: Symbol, index: str) -> Blocks | None:
    """The blocks of a Hessian by x, where it falls into blocks that differ from each other."""
    for over, count, own in (("rows", x.shape[0], x.shape[1]), ("columns", x.shape[1], x.shape[0])):
        e = unit(index, count)
        found = _sum(H, over, count, own, e)
        if found is not None and e in postorder(found):
            return Blocks(over, index, count, compact(found))
    return None


def _sum(H: Expr, over: str, count: Size, own: Size, e: Expr) -> Expr | None:
    """The block of a sum: the sum of the blocks."""
    number, scalars, body = parts(H)
    if body is None:
        return None
    inner: Expr | None
    if isinstance(body, Add):
        made = [_sum(t, over, count, own, e) for t in terms_of(body)]
        known = [t for t in made if t is not None]
        inner = add(known) if len(known) == len(made) else None
    else:
        inner = _product(body, over, count, own, e)
    return None if inner is None else product_of_scalars([Scaled(number, scalars, None), inner])


def _product(body: Expr, over: str, count: Size, own: Size, e: Expr) -> Expr | None:
    if is_constant(body, "eye"):
        return eye(own)
    made = [_factor(f, over, count, e) for f in (body.factors if isinstance(body, Word) else (body,))]
    known = [f for f in made if f is not None]
    return product(*known) if len(known) == len(made) else None


def _factor(factor: Expr, over: str, count: Size, e: Expr) -> Expr | None:
    match factor, over:
        case Call("kron", (A, Constant("eye") as fixed)), "rows" if fixed.shape[0] == count:
            return A
        case Call("kron", (Constant("eye") as fixed, A)), "columns" if fixed.shape[0] == count:
            return A
        case Call("Diag", (Call("vec", (D,)),)), "rows" if D.shape[0] == count:
            return Diag(product(transpose(D), e))
        case Call("Diag", (Call("vec", (D,)),)), "columns" if D.shape[1] == count:
            return Diag(product(D, e))
    return None
