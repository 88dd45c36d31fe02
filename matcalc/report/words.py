"""The sides of a line as text: as its author wrote them, in plain spelling, in LaTeX."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.read.document import Derivative, Line
from matcalc.read.syntax import Binary, Name, Syntax
from matcalc.read.trees import rewritten
from matcalc.write.latex import letters
from matcalc.write.narrate import derivative_latex
from matcalc.write.present import bracketed, latex_text, plain_text

Side = Syntax | Derivative


def typed(line: Line, source: str) -> tuple[str, str]:
    """The left and the right side as their author wrote them.

    >>> typed(Line(None, None, (0, 25)), "dE = 2 W : dW  + # why\\n x")
    ('dE', '2 W : dW + x')
    """
    text = "\n".join(part.split("#", 1)[0] for part in source[slice(*line.span)].split("\n"))
    place = equals_sign(text)
    return _joined(text[: max(place, 0)]), _joined(text[place + 1 :])


def equals_sign(text: str) -> int:
    """Where the first equals sign outside of brackets stands; -1 where there is none."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "=" and depth <= 0 and (place == 0 or text[place - 1] not in ":<>"):
            return place
    return -1


def _joined(text: str) -> str:
    return " ".join(text.replace("&", " ").split())


def plain_side(side: Side) -> str:
    """A side in plain spelling: ``dE/dU``, ``d2E/dx dy``."""
    if not isinstance(side, Derivative):
        return plain_text(side)
    of = plain_text(side.of) if isinstance(side.of, Name) else f"({plain_text(side.of)})"
    names = [plain_text(x) for x in side.wrt]
    if not names:
        return f"∇{'²' if side.order == 2 else ''} {of}"
    if side.order == 1:
        return f"d{of}/d{names[0]}"
    if len(set(names)) == 1:
        return f"d2{of}/d{names[0]}2"
    return f"d2{of}/{' '.join('d' + name for name in names)}"


def latex_side(side: Side, names: Mapping[str, str]) -> str:
    """A side in LaTeX."""
    if not isinstance(side, Derivative):
        return latex_text(rewritten(side, _kept), names)
    by = [x.text if isinstance(x, Name) else plain_text(x) for x in side.wrt]
    if isinstance(side.of, Name) and by:
        return derivative_latex(side.of.text, *by)
    order = "^2" if side.order == 2 else ""
    under = "_{" + ", ".join(map(letters, by)) + "}" if by else ""
    return rf"\nabla{under}{order} ({latex_text(side.of, names)})"


def _kept(node: Syntax) -> Syntax:
    """A product on a side of a colon keeps its brackets: A : (B ⊙ C)."""
    match node:
        case Binary(":", left, right):
            return node._replace(left=_bracketed(left), right=_bracketed(right))
        case _:
            return node


def _bracketed(tree: Syntax) -> Syntax:
    return bracketed(tree) if isinstance(tree, Binary) else tree
