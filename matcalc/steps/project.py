"""The gradient of a variable that lies in a linear space: the unconstrained one, projected onto the space."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.algebra import add, call, eye, hadamard, neg, scale_by, transpose
from matcalc.expr import Expr, Symbol
from matcalc.rules import properties
from matcalc.rules.record import Identity
from matcalc.steps.reasons import cite


def projected(G: Expr, x: Symbol) -> tuple[Expr, tuple[Identity, ...]]:
    """G in the space of x, and the identity that says why G : dX is unchanged."""
    words = properties.closure(x.properties)
    for word, project in PROJECTIONS.items():
        if word in words:
            made = project(G)
            return made, () if made is G else (cite("projected-" + word),)
    return G, ()


def _symmetric(G: Expr) -> Expr:
    return scale_by(Fraction(1, 2), add((G, transpose(G))))


def _skew(G: Expr) -> Expr:
    return scale_by(Fraction(1, 2), add((G, neg(transpose(G)))))


PROJECTIONS: dict[str, Callable[[Expr], Expr]] = {  # the narrower space before the wider
    "diagonal": lambda G: hadamard(eye(G.rows), G),
    "symmetric": _symmetric,
    "skew": _skew,
    "lower": lambda G: call("tril", (G,), G.shape),
    "upper": lambda G: call("triu", (G,), G.shape),
}
