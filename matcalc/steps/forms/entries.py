"""Entries, rows and columns: A[i,j], A[i,:], A[:,j] for products with unit vectors."""

from __future__ import annotations

from matcalc.algebra import transpose
from matcalc.algebra.entries import place_of
from matcalc.expr import Expr, Word
from matcalc.shape import SCALAR, Size
from matcalc.steps.forms.form import Form, form_of
from matcalc.steps.forms.leaves import length


def indexed(node: Word) -> list[Form]:
    """e_i' A e_j as A[i,j], A e_j as A[:,j], A' e_j as A[j,:]'; an entry of A' is one of A."""
    core, i, j = place_of(node)
    if i is None and j is None:
        return []
    if core.shape == SCALAR or (1 in core.shape and not node.is_scalar):
        return []
    turned = transpose(core)
    if not node.is_scalar:
        return [_at(core, (i, j)), _at(turned, (j, i), turned=True)]
    if 1 in core.shape:
        return [_at(inner, (j if i is None else i,)) for inner in ((core, turned) if j is None else (turned, core))]
    return [_at(core, (i, j)), _at(turned, (j, i))]


def last_factor(node: Expr) -> Expr:
    return node.factors[-1] if type(node) is Word else node


def _at(core: Expr, places: tuple[Size | None, ...], turned: bool = False) -> Form:
    tokens = 1 + turned + sum(length(place) for place in places if place is not None)
    backwards = len(places) == 2 and None not in places and str(places[0]) > str(places[1])
    return form_of(tokens, "index", (core,), (places, turned), style=-1 - turned if None in places else int(backwards))
