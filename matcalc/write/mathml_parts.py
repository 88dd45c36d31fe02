"""The parts of a formula in MathML: how they stand together, and what commands with arguments make of theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from matcalc.write.mathml_marks import ACCENTS, BLACKBOARD, COVERS, THIN, bold, identifier

TIMES, APPLY = "<mo>&#x2062;</mo>", "<mo>&#x2061;</mo>"
THIN_SPACE = f'<mspace width="{THIN}em"></mspace>'


class Item(NamedTuple):
    """A finished part: its element, what may be set below and above it, and its part in the formula (see ``Mark``)."""

    element: str
    role: str = "LETTER"  # or NUMBER, or SPACE
    below: str = ""
    above: str = ""
    joint: str = ""  # what stands between the item before and this one
    bracketed: bool = False

    def __str__(self) -> str:
        if not (self.below or self.above):
            return self.element
        under = self.role == "LARGE"
        tag = ("under" if under else "sub") * bool(self.below) + ("over" if under else "sup") * bool(self.above)
        return f"<m{tag}>{self.element}{self.below}{self.above}</m{tag}>"


EMPTY = Item("<mrow></mrow>")


SIGN = '<mo form="prefix" lspace="0em" rspace="0em">'
_BETWEEN = frozenset({"BINARY", "RELATION", "PUNCTUATION"})


def joined(last: Item | None, item: Item, space: str) -> Item:
    """The item with what a reader has to know between it and the one before: a product, an application, a sign."""
    if item.role == "BINARY" and (last is None or last.role in _BETWEEN):
        return item._replace(element=item.element.replace("<mo>", SIGN), role="PREFIX")
    wide = space.strip()
    if last is None or item.role in _BETWEEN or last.role in _BETWEEN or last.role == "SPACE":
        return item._replace(joint=wide)
    if last.role == "PREFIX":
        return item._replace(joint=APPLY if item.bracketed else wide)
    if last.role == "LARGE":
        return item._replace(joint=THIN_SPACE)
    if last.role == "HEAD" or (item.bracketed and not space):
        return item._replace(joint=APPLY + ("" if item.bracketed else THIN_SPACE))
    if item.role in ("HEAD", "LARGE"):
        wide = THIN_SPACE
    return item._replace(joint=TIMES + wide if space else "")


def row(items: Sequence[Item]) -> str:
    """The items as one element."""
    texts = [item.joint + str(item) for item in items]
    return texts[0] if len(items) == 1 and not items[0].joint else f"<mrow>{''.join(texts)}</mrow>"


Rows = Sequence[Sequence[str]]


def _aligned(rows: Rows) -> Item:
    """Columns right, left, right, left: each side of an = ends where the other begins."""
    columns = 'columnalign="right left right left" columnspacing="0em" rowspacing="0.3em"'
    return Item(f'<mtable displaystyle="true" {columns}>{_table(rows, ("right", "left"))}</mtable>')


def _matrix(rows: Rows) -> Item:
    return Item(f"<mtable>{_table(rows)}</mtable>")


def _bmatrix(rows: Rows) -> Item:
    return Item(f"<mrow><mo>[</mo>{_matrix(rows).element}<mo>]</mo></mrow>")


def _table(rows: Rows, sides: Sequence[str] = ("",)) -> str:
    """The rows, each cell with its side; browsers of WebKit's family know theirs only by its own name."""
    styles = [f' style="text-align: {side}; text-align: -webkit-{side}"' if side else "" for side in sides]
    return "".join(
        "<mtr>" + "".join(f"<mtd{styles[k % len(styles)]}>{cell}</mtd>" for k, cell in enumerate(row)) + "</mtr>"
        for row in rows
    )


def _accent(command: str, mark: str, stretchy: bool) -> Callable[[list[Item]], Item]:
    over = f'<mo stretchy="{"true" if stretchy else "false"}">{mark}</mo>'
    return lambda items: Item(f'<mover accent="true">{items[0]}{over}</mover>')


def _fraction(items: list[Item]) -> Item:
    return Item(f"<mfrac>{items[0]}{items[1]}</mfrac>")


def _small_fraction(items: list[Item]) -> Item:
    return Item(f'<mstyle displaystyle="false">{_fraction(items).element}</mstyle>')


TAKES: dict[str, tuple[int, Callable[[list[Item]], Item]]] = {
    r"\frac": (2, _fraction),
    r"\tfrac": (2, _small_fraction),
    r"\sqrt": (1, lambda items: Item(f"<msqrt>{items[0]}</msqrt>")),
    **{command: (1, _accent(command, mark, False)) for command, mark in ACCENTS.items()},
    **{command: (1, _accent(command, mark, True)) for command, mark in COVERS.items()},
}
WITH_TEXT: dict[str, Callable[[str], Item]] = {
    r"\mathrm": lambda text: Item(identifier(text), "PREFIX" if text == "d" else "LETTER"),
    r"\mathbf": lambda text: Item(identifier(bold(text))),
    r"\mathbb": lambda text: Item(identifier(BLACKBOARD.get(text, text))),
    r"\operatorname": lambda text: Item(identifier(text), "HEAD"),
    r"\operatorname*": lambda text: Item(f'<mo movablelimits="false">{escape(text)}</mo>', "LARGE"),
    r"\text": lambda text: Item(f"<mtext>{escape(text)}</mtext>"),
}
ENVIRONMENTS: dict[str, Callable[[Rows], Item]] = {"aligned": _aligned, "matrix": _matrix, "bmatrix": _bmatrix}
