r"""Derivatives that stand inside a formula of a document: ``dE = \nabla_U E : dU``, ``x - \eta \nabla f(x)``, ``f'(x)``.

Each is read as a name, ``∂E/∂U``, which the document then gives to that derivative. What is differentiated has a name itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.read import syntax
from matcalc.read.document import Derivative
from matcalc.read.latex.commands import FRACTIONS, SPACES
from matcalc.read.latex.derivatives import HEADS, NABLAS, argument, by_letters, operator_of
from matcalc.read.names import canonical
from matcalc.read.syntax import Name, Syntax
from matcalc.read.tokens import Token

if TYPE_CHECKING:
    from matcalc.read.latex.display import Display

Part = tuple[int, int]  # a range of the tokens of a text


def named_inside(display: Display, part: Part) -> dict[str, Derivative]:
    """The derivatives inside a part; where they stand, the tokens are names now."""
    found: dict[str, Derivative] = {}
    for k in range(*part):
        one = _derivative(display, k, part[1]) or _primed(display, k, part[1])
        if one is None:
            continue
        claim, end = one
        name = _name(claim)
        start, stop = display.raw[k].start, display.raw[end - 1].end
        for j in range(k, end):
            display.raw[j] = Token("COMMAND", r"\,", display.raw[j].start, display.raw[j].end)
        display.raw[k] = Token("LETTER", name, start, stop)
        found[name] = claim
    return found


def is_more(display: Display, part: Part) -> bool:
    r"""Whether a part begins with the derivative of something named, and goes on: ``\nabla_w f : dw``, ``\nabla f + w``."""
    kept = list(display.raw)
    found = _derivative(display, *part)
    display.raw[:] = kept
    return found is not None and display.trimmed((found[1], part[1]))[0] < part[1]


def _derivative(display: Display, k: int, end: int) -> tuple[Derivative, int] | None:
    """The derivative that begins here, of a formula with a name, and where it ends."""
    raw = display.raw
    if raw[k].text not in HEADS or raw[k].text == r"\partial":
        return None
    kept = list(raw)
    head = operator_of(display, (k, end))
    if head is not None:
        above = display.trimmed(head.above)
        subject, after = (above, head.after) if above[0] < above[1] else _subject(display, head.after, end)
        left = display.left(subject) if subject[0] < subject[1] else None
        if left is not None and left.name in display.known.names:
            by = [display.name_or_tree(own) for own in head.variables]
            by = by_letters(by, raw[k].text in FRACTIONS)
            by = by or list(left.arguments if len(left.arguments) == 1 else ())
            order = max(head.order, len(by))
            wrt = tuple(by) * 2 if order == 2 and len(by) == 1 else tuple(by)
            claim = Derivative(Name(left.name, left.span), wrt, order, left.span)
            return (display.by_its_own(claim), after) if all(isinstance(x, Name) for x in wrt) else None
    raw[:] = kept
    return None


def _subject(display: Display, k: int, end: int) -> tuple[Part, int]:
    r"""What follows ``\nabla_x``: a letter, and ``(x)`` behind it."""
    raw = display.raw
    while k < end and raw[k].kind == "COMMAND" and raw[k].text in SPACES:
        k += 1
    low, high, after = argument(display, k, end)
    if low >= high or raw[low].text in NABLAS:
        return (k, k), k
    if after == high and after < end and raw[after].kind == "LPAR":
        close = next((j for j in range(after, min(end, after + NEAR)) if raw[j].kind == "RPAR"), after)
        if display.left((low, close + 1)).parameters:
            return (low, close + 1), close + 1
    return (low, high), after


NEAR = 12  # tokens in which the bracket of a function closes


def _primed(display: Display, k: int, end: int) -> tuple[Derivative, int] | None:
    """``f'(x)`` of an f of one variable that the document defines."""
    raw = display.raw
    texts = [token.text for token in raw[k : min(end, k + 5)]]
    if len(texts) < 5 or texts[1] not in ("'", "′") or texts[2] != "(" or texts[4] != ")":
        return None
    parameters, _ = display.known.written.get(texts[0], ((), None))
    if parameters != (texts[3],):
        return None
    span = display.expanded.span((raw[k].start, raw[k + 4].end))
    return Derivative(Name(texts[0], span), (Name(texts[3], span),), 1, span), k + 5


def _name(claim: Derivative) -> str:
    of, by = _text(claim.of), [_text(x) for x in claim.wrt]
    order = "²" if claim.order == 2 else ""
    name = f"∂{order}{of}/{''.join('∂' + x for x in by)}" if by else f"∇{order}{of}"
    return canonical(name) or name


def _text(tree: Syntax) -> str:
    return tree.text if isinstance(tree, syntax.Name) else ""
