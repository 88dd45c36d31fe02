"""Sums over an index: sum(i=1..n, …), and from another first index where the body is shorter so."""

from __future__ import annotations

from matcalc.algebra import add, indices
from matcalc.algebra import size as size_constant
from matcalc.algebra.terms import as_number
from matcalc.expr import Add, Expr, Total, postorder
from matcalc.shape import Polynomial, Size, names
from matcalc.shape import add as plus
from matcalc.shape import sub as minus
from matcalc.steps.forms.form import Form, form_of
from matcalc.steps.forms.leaves import length
from matcalc.steps.letters import sizes_of

FAR = 4  # that the first index of a sum is moved by


def total(node: Total) -> list[Form]:
    return [_from(node, offset) for offset in _offsets(node)]


def _from(node: Total, offset: Size) -> Form:
    """sum(i=1..n, body), or with another first index, sum(i=2..n, …), where the body has i-1."""
    count, body = node.count, node.body
    if offset:
        count = add([count, size_constant(offset)])
        body = indices.at(body, node.index, minus(node.index, offset))
    style = abs(offset) if isinstance(offset, int) else 1
    return form_of(5 + length(plus(offset, 1)), "total", (count, body), (node.index, plus(offset, 1)), style)


def _offsets(node: Total) -> list[Size]:
    """How far the index may be moved so that some i + 1 becomes i."""
    found: set[Size] = {0}
    free = indices.indices(node)
    for inner in postorder(node.body):
        for size in sizes_of(inner):
            if type(size) is Polynomial and node.index in names(size):
                rest = minus(size, node.index)
                near = abs(rest) <= FAR if isinstance(rest, int) else node.index not in names(rest)
                found |= {rest} if near and indices.indices_in(rest) <= free else set()
        found |= _offset_of_number(inner, node.index)
    return sorted(found, key=lambda offset: (not isinstance(offset, int), str(offset).strip("-"), str(offset)))


def _offset_of_number(node: Expr, index: str) -> set[Size]:
    """c of i + c as a number."""
    if type(node) is Add and len(node.terms) == 2 and size_constant(index) in node.terms:
        value = as_number(next(t for t in node.terms if t is not size_constant(index)))
        return {value} if isinstance(value, int) and abs(value) <= FAR else set()
    return set()
