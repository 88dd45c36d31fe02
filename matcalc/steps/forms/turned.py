"""Products and sums as the transpose of one: (U V' - Y)', where it is shorter so."""

from __future__ import annotations

from matcalc.algebra import transpose
from matcalc.expr import Expr, Hadamard, Word
from matcalc.shape import SCALAR
from matcalc.steps.forms.form import TOKEN, WRAPPED, Form
from matcalc.steps.forms.powers import powers
from matcalc.steps.forms.products import runs
from matcalc.steps.forms.sums import signed


def turned_round(node: Expr) -> list[Form]:
    """A product or sum as the transpose of one: (U V' - Y)'."""
    if node.shape == SCALAR:
        return []
    turned = transpose(node)
    if turned is node or type(turned) is not type(node):
        return []
    match turned:
        case Word(factors):
            inner = runs(factors)
        case Hadamard(factors):
            inner = powers(factors, entrywise=True)
        case _:
            inner = signed(turned, 1)  # type: ignore[arg-type]
    return [Form(inner.cost + TOKEN + WRAPPED, "wrapped", (), (inner, turned))]
