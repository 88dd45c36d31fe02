"""The left sides of derivatives and the entries on their right: ``∂Fᵢⱼ/∂Xₖₗ = Aᵢₖ Bₗⱼ``.

>>> from matcalc.read.syntax import Index, Name
>>> unicode_right(Index(Name("A"), (Name("i"), Name("k"))))
'Aᵢₖ'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from matcalc.read.syntax import Apply, Syntax
from matcalc.write.present import calls, latex_text, plain_text
from matcalc.write.style import ATOM, Piece
from matcalc.write.unicode import LOWERED, Unicode
from matcalc.write.walk import write


class Quotient(NamedTuple):
    """``∂above/∂below …``; the differential ``above`` alone where there is nothing below."""

    above: Syntax
    below: tuple[Syntax, ...] = ()
    order: int = 1


def plain_side(side: Quotient) -> str:
    return _side(side, "d", str, plain_text)


def unicode_side(side: Quotient) -> str:
    return _side(side, "∂", lambda order: "⁰¹²³⁴⁵⁶⁷⁸⁹"[order], unicode_right)


def _side(side: Quotient, d: str, raised: Callable[[int], str], show: Callable[[Syntax], str]) -> str:
    if not side.below:
        return show(side.above)
    power = raised(side.order) if side.order > 1 else ""
    above, *below = [show(part) for part in (side.above, *side.below)]
    apart = " " if d.isascii() else ""  # d vec(F), where dvec would be a word
    texts = [text if not text.startswith("vec(") else apart + text for text in (above, *below)]
    return f"{d}{power}{texts[0]}/" + " ".join(d + text for text in texts[1:])


def latex_side(side: Quotient) -> str:
    above = latex_text(side.above)
    if not side.below:
        return above
    power = f"^{side.order}" if side.order > 1 else ""
    under = r"\,".join(rf"\partial {latex_text(part)}" for part in side.below)
    return rf"\frac{{\partial{power} {above}}}{{{under}}}"


def unicode_right(tree: Syntax) -> str:
    """A tree for a terminal, with lowered indices."""
    return write(tree, Lowered(None, calls({})))


class Lowered(Unicode):
    """Indices are lowered where there are letters for them: it is read by people only."""

    def call(self, node: Apply, arguments: Sequence[Piece]) -> Piece:
        """The unit vector as eⱼ."""
        if node.function == "unit" and all(letter in LOWERED for letter in arguments[0].text):
            return Piece("e" + "".join(LOWERED[letter] for letter in arguments[0].text), ATOM)
        return super().call(node, arguments)

    def index(self, base: Piece, subscripts: Sequence[str]) -> Piece:
        text = "".join(subscripts)
        clear = (
            "_" not in base.text and base.text[-1] not in LOWERED.values()
        )  # x_1[i] and x₁[i] have one index below already
        if not clear or not all(letter in LOWERED for letter in text):
            return super().index(base, subscripts)
        return Piece(base.text + "".join(LOWERED[letter] for letter in text), ATOM)
