"""Functions that are written out by others where definitions are: softmax, logsumexp, max and min of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.algebra.full.entrywise import LOG, exp, log, relu
from matcalc.algebra.full.networks import ONE
from matcalc.algebra.full.opaque import atomic
from matcalc.algebra.full.powers import power
from matcalc.algebra.full.structure import Structure
from matcalc.expr import Call
from matcalc.shape import SCALAR

if TYPE_CHECKING:
    from matcalc.algebra.full.forms import Form, Forms


def _softmax(forms: Forms, node: Call, args: list[Form]) -> Form:
    """exp(X) over its sum: of all entries, or of each row."""
    above = exp(forms, node, args[0])
    if not node.parameters:
        total = forms.product([{ONE: 1}, forms.rearranged(above, "sum")], "mixed")
        return forms.product([above, power(forms, total, SCALAR, -1)], "mixed")
    rows = forms.rearranged(above, "rowsum")
    below = forms.product([rows, forms.ones((1, node.shape[1]))], "matrices")
    return forms.product([above, power(forms, below, node.shape, -1)], "entries")


def _logsumexp(forms: Forms, node: Call, args: list[Form]) -> Form:
    """log(sum(exp(X)))."""
    inner = Call("exp", node.args, node.args[0].shape)
    total = forms.rearranged(exp(forms, inner, args[0]), "rowsum" if node.parameters else "sum")
    called = Call("log", node.args, node.shape)
    return log(forms, called, total) or atomic(forms, LOG, [total], node.shape)


def _larger(sign: int) -> Structure:
    """max(A, B) = B + (A - B) step(A - B); min(A, B) = B - (B - A) step(B - A)."""

    def structure(forms: Forms, node: Call, args: list[Form]) -> Form:
        a, b = args[0], args[1]
        if node.args[1].shape != node.shape:
            b = forms.product([forms.ones(node.shape), b], "mixed")
        over = relu(forms, node, forms.sum([(a, sign), (b, -sign)]))
        return forms.sum([(b, 1), (over or {}, sign)])

    return structure


SOFT = frozenset({"softmax", "logsumexp"})  # of one argument; max and min of one are something else
DEFINITIONS: dict[str, Structure] = {
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "max": _larger(1),
    "min": _larger(-1),
}
