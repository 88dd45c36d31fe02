"""What should stand on the right of a line, as the engine writes it."""

from __future__ import annotations

from matcalc.algebra.rebuild import use_names
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, Named, Symbol, postorder
from matcalc.read.document import Derivative
from matcalc.read.syntax import Add, Binary, Juxtapose, Name, Negate, Number, Syntax
from matcalc.steps.compact import compact
from matcalc.steps.differential import gradients
from matcalc.steps.forms import cost
from matcalc.steps.spell import spell
from matcalc.verify.lines import Judged


def corrected(found: Judged, source: str) -> Syntax | None:
    """The true right side of a line: compact, with the names of the document where that is shorter."""
    truth, motion = found.truth, found.motion
    if truth is None or motion is None:
        return None
    setting = motion.setting
    names = [n for n in setting.names.values() if isinstance(n, Named) and n.name not in setting.derivatives]
    try:
        if isinstance(found.left, Derivative) or not truth.value.is_scalar:
            return spell(_shortest(truth.value, names))
        return _differential(truth.value, names)
    except (MatcalcError, RecursionError):
        return None


def _shortest(value: Expr, names: list[Named]) -> Expr:
    """The value in compact form, with names where that is shorter."""
    plain = compact(value)
    if not names:
        return plain
    for name in names:  # one after the other: a name may use those before it
        value = use_names(value, [name])
    named = compact(value)
    return named if cost(named) < cost(plain) else plain


def _differential(value: Expr, names: list[Named]) -> Syntax:
    """G : dX + …, for a scalar that is linear in differentials."""
    moved = [n for n in postorder(value) if isinstance(n, Symbol) and n.of is not None]
    moved.sort(key=lambda d: d.name)
    if not moved:
        return spell(_shortest(value, names))
    found = gradients(value, moved)
    terms: list[tuple[int, Syntax]] = []
    for d in moved:
        G = spell(_shortest(found[d], names))
        sign, G = (-1, G.operand) if isinstance(G, Negate) else (1, G)
        scalar = d.is_scalar
        factors = G.factors if isinstance(G, Juxtapose) else (G,)
        terms.append((sign, Juxtapose((*factors, Name(d.name))) if scalar else Binary(":", G, Name(d.name))))
    if len(terms) == 1:
        return Negate(terms[0][1]) if terms[0][0] < 0 else terms[0][1]
    return Add(tuple(s for s, _ in terms), tuple(t for _, t in terms)) if terms else Number(0)
