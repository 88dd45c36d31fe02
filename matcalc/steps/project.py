"""The gradient of a variable that lies in a linear space: the unconstrained one, projected onto the space."""

from __future__ import annotations

from matcalc.expr import Expr, Symbol
from matcalc.rules.record import Identity
from matcalc.steps.reasons import cite
from matcalc.steps.structure import formula, space_of


def projected(G: Expr, x: Symbol) -> tuple[Expr, tuple[Identity, ...]]:
    """G in the space of x, and the identity that says why G : dX is unchanged."""
    word = space_of(x)
    made = G if word is None else formula(word.name, word.space, G, x)
    return made, () if word is None or made is G else (cite("projected-" + word.name),)
