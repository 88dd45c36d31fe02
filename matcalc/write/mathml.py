r"""MathML Core of the LaTeX that this package prints: one typography, read by browsers and screen readers without a script.

>>> print(mathml(r"\lambda_u U^{\top}"))  # doctest: +ELLIPSIS
<math alttext="\lambda_u U^{\top}"><mrow><msub><mi>λ</mi><mi>u</mi></msub><mo>&#x2062;</mo>...</mrow></math>
>>> unknown(r"\operatorname{tr}(\foo A)")
['\\foo']

Products are told from applied functions, as a screen reader has to: by the spaces that the LaTeX has between factors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from matcalc.write.mathml_marks import (
    ACCENTS,
    BLACKBOARD,
    CLOSING,
    COVERS,
    MARKS,
    OPENING,
    SPACES,
    THIN,
    bold,
    bracket,
    identifier,
)

TIMES, APPLY = "<mo>&#x2062;</mo>", "<mo>&#x2061;</mo>"
THIN_SPACE = f'<mspace width="{THIN}em"></mspace>'


def mathml(latex: str, display: bool = False, continued: bool = False) -> str:
    """The formula as a ``<math>`` element. ``continued``: something stands before it, so that a leading sign is an operator.

    A command that is not known shows as it is written; ``unknown`` lists those.
    """
    reader = _Reader()
    for token in _tokens(latex):
        reader.read(token)
    body = reader.finish(continued)
    block = ' display="block"' if display else ""
    return f'<math{block} alttext="{escape(latex)}">{body}</math>'


def unknown(latex: str) -> list[str]:
    """The commands that have no MathML here."""
    reader = _Reader()
    for token in _tokens(latex):
        reader.read(token)
    reader.finish(False)
    return reader.unknown


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


@dataclass(slots=True)
class Frame:
    """A part that is still being read: up to the token ``end``, or (where there is none) until it has ``wanted`` items."""

    build: Callable[[list[Item]], Item]
    end: str = ""
    wanted: int = 0
    items: list[Item] = field(default_factory=list)
    space: str = ""  # what the LaTeX has between the last item and the next: nothing, a blank, or an <mspace>
    rows: list[list[str]] = field(default_factory=lambda: [[]])


class _Reader:
    """One pass over the tokens with a stack of frames: formulas are as deep as users make them."""

    def __init__(self) -> None:
        self.stack = [Frame(lambda items: Item(_row(items)))]
        self.unknown: list[str] = []

    def finish(self, continued: bool) -> str:
        while len(self.stack) > 1:  # a bracket that is never closed
            self._pop()
        if continued and (items := self.stack[0].items) and items[0].role == "PREFIX":
            items[0] = items[0]._replace(element=items[0].element.replace(_SIGN, '<mo form="infix">', 1))
        return str(self.stack[0].build(self.stack[0].items).element)

    def read(self, token: str) -> None:
        frame = self.stack[-1]
        command, _, text = token.partition("{")
        if token.isspace():
            frame.space = frame.space or " "
        elif token in ("^", "_"):
            self.stack.append(Frame(lambda items: items[0], wanted=1, end=token))
        elif token in ("}", r"\end{}") or token.startswith(r"\end{") or self._closes(token):
            self._close(token)
        elif token in ("&", r"\\"):
            self._cell(token)
        elif text and command in _WITH_TEXT:
            self._append(_WITH_TEXT[command](text[:-1]))
        elif command in (r"\textcolor", r"\begin"):
            self.stack.append(_environment(text[:-1]) if command == r"\begin" else _coloured(text[:-1]))
        elif token == "{":
            self.stack.append(
                Frame(lambda items: Item(_row(items), items[0].role if len(items) == 1 else "LETTER"), "}")
            )
        elif token in _TAKES:
            count, build = _TAKES[token]
            self.stack.append(Frame(build, wanted=count))
        elif (opening := _delimiter(token)) in OPENING:
            self.stack.append(_bracketed(opening, token.startswith(r"\left")))
        else:
            self._append(self._mark(token))

    def _mark(self, token: str) -> Item:
        if token in MARKS:
            return Item(MARKS[token].element, MARKS[token].role)
        if token in SPACES:
            return Item(f'<mspace width="{SPACES[token]}em"></mspace>', "SPACE")
        if token[0].isdigit():
            return Item(f"<mn>{token}</mn>", "NUMBER")
        if token.startswith("\\"):
            self.unknown.append(token)
            return Item(f"<mtext>{escape(token)}</mtext>")
        return Item(f"<mo>{escape(token)}</mo>" if not token.isalpha() else f"<mi>{escape(token)}</mi>")

    # --- frames -------------------------------------------------------------------------------------------------------

    def _closes(self, token: str) -> bool:
        return _delimiter(token) in CLOSING

    def _close(self, token: str) -> None:
        """Ends the innermost frame with this end; a closing bracket that nothing opened is a letter."""
        wanted = r"\end" if token.startswith(r"\end") else _delimiter(token)
        if self.stack[-1].end == wanted:
            self._pop()
        elif wanted in CLOSING:
            self._append(Item(bracket(CLOSING[wanted], "postfix", False), "PUNCTUATION"))

    def _cell(self, token: str) -> None:
        frame = self.stack[-1]
        frame.rows[-1].append(_row(frame.items))
        frame.items, frame.space = [], ""
        if token != "&":
            frame.rows.append([])

    def _pop(self) -> None:
        frame = self.stack.pop()
        frame.items += [EMPTY] * (frame.wanted - len(frame.items))
        if frame.end == r"\end":
            frame.rows[-1].append(_row(frame.items))
            self._append(_table(frame.rows, frame.build))
        elif frame.end in ("^", "_"):
            self._script(frame.end, frame.build(frame.items))
        else:
            self._append(frame.build(frame.items))

    def _script(self, mark: str, script: Item) -> None:
        items = self.stack[-1].items
        base = items.pop() if items else EMPTY
        items.append(base._replace(above=str(script)) if mark == "^" else base._replace(below=str(script)))
        self._taken()

    def _append(self, item: Item) -> None:
        frame = self.stack[-1]
        if item.role == "SPACE" and frame.items and not frame.wanted:
            frame.space = item.element
            return
        if not frame.wanted:
            item = _joined(frame.items[-1] if frame.items else None, item, frame.space)
            frame.space = ""
        frame.items.append(item)
        self._taken()

    def _taken(self) -> None:
        """Builds what now has all its arguments; a script after the last one would still be its own."""
        frame = self.stack[-1]
        if frame.wanted and len(frame.items) >= frame.wanted:
            self._pop()


# --- how parts stand together ---------------------------------------------------------------------------------------------

_SIGN = '<mo form="prefix" lspace="0em" rspace="0em">'
_BETWEEN = frozenset({"BINARY", "RELATION", "PUNCTUATION"})


def _joined(last: Item | None, item: Item, space: str) -> Item:
    """The item with what a reader has to know between it and the one before: a product, an application, a sign."""
    if item.role == "BINARY" and (last is None or last.role in _BETWEEN):
        return item._replace(element=item.element.replace("<mo>", _SIGN), role="PREFIX")
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


def _row(items: Sequence[Item]) -> str:
    """The items as one element."""
    texts = [item.joint + str(item) for item in items]
    return texts[0] if len(items) == 1 and not items[0].joint else f"<mrow>{''.join(texts)}</mrow>"


def _bracketed(opening: str, stretchy: bool) -> Frame:
    left = bracket(OPENING[opening], "prefix", stretchy)
    closing = dict(zip(OPENING, CLOSING, strict=True))[opening]
    right = bracket(CLOSING[closing], "postfix", stretchy)

    def build(items: list[Item]) -> Item:
        inside = "".join(item.joint + str(item) for item in items)
        return Item(f"<mrow>{left}{inside}{right}</mrow>", bracketed=opening in ("(", "["))

    return Frame(build, closing)


def _environment(name: str) -> Frame:
    return Frame(_ENVIRONMENTS.get(name, _ENVIRONMENTS["matrix"]), r"\end")


def _coloured(colour: str) -> Frame:
    def build(items: list[Item]) -> Item:
        return items[0]._replace(element=f'<mrow mathcolor="{escape(colour)}">{items[0].element}</mrow>')

    return Frame(build, wanted=1)


def _table(rows: Sequence[Sequence[str]], build: Callable[[list[Item]], Item]) -> Item:
    lines = ["".join(f"<mtd>{cell}</mtd>" for cell in row) for row in rows]
    return build([Item("".join(f"<mtr>{line}</mtr>" for line in lines))])


def _aligned(items: list[Item]) -> Item:
    """Columns right, left, right, left; each side of an = ends where the other begins."""
    aligned = re.sub(r"<mtr>(.*?)</mtr>", lambda row: f"<mtr>{_sides(row[1])}</mtr>", items[0].element, flags=re.DOTALL)
    columns = 'columnalign="right left right left" columnspacing="0em" rowspacing="0.3em"'
    return Item(f'<mtable displaystyle="true" {columns}>{aligned}</mtable>')


def _sides(row: str) -> str:
    """Each cell with its side; browsers of WebKit's family know theirs only by its own name."""
    sides = iter(("right", "left") * (row.count("<mtd>") // 2 + 1))
    return re.sub("<mtd>", lambda _: '<mtd style="text-align: {0}; text-align: -webkit-{0}">'.format(next(sides)), row)


def _delimiter(token: str) -> str:
    return re.sub(r"\\(?:left|right)(?![a-z])", "", token)


def _accent(command: str, mark: str, stretchy: bool) -> Callable[[list[Item]], Item]:
    over = f'<mo stretchy="{"true" if stretchy else "false"}">{mark}</mo>'
    return lambda items: Item(f'<mover accent="true">{items[0]}{over}</mover>')


def _fraction(items: list[Item]) -> Item:
    return Item(f"<mfrac>{items[0]}{items[1]}</mfrac>")


def _small_fraction(items: list[Item]) -> Item:
    return Item(f'<mstyle displaystyle="false">{_fraction(items).element}</mstyle>')


_TAKES: dict[str, tuple[int, Callable[[list[Item]], Item]]] = {
    r"\frac": (2, _fraction),
    r"\tfrac": (2, _small_fraction),
    r"\sqrt": (1, lambda items: Item(f"<msqrt>{items[0]}</msqrt>")),
    **{command: (1, _accent(command, mark, False)) for command, mark in ACCENTS.items()},
    **{command: (1, _accent(command, mark, True)) for command, mark in COVERS.items()},
}
_WITH_TEXT: dict[str, Callable[[str], Item]] = {
    r"\mathrm": lambda text: Item(identifier(text), "PREFIX" if text == "d" else "LETTER"),
    r"\mathbf": lambda text: Item(identifier(bold(text))),
    r"\mathbb": lambda text: Item(identifier(BLACKBOARD.get(text, text))),
    r"\operatorname": lambda text: Item(identifier(text), "HEAD"),
    r"\operatorname*": lambda text: Item(f'<mo movablelimits="false">{escape(text)}</mo>', "LARGE"),
    r"\text": lambda text: Item(f"<mtext>{escape(text)}</mtext>"),
}
_ENVIRONMENTS: dict[str, Callable[[list[Item]], Item]] = {
    "aligned": _aligned,
    "matrix": lambda items: Item(f"<mtable>{items[0].element}</mtable>"),
    "bmatrix": lambda items: Item(f"<mrow><mo>[</mo><mtable>{items[0].element}</mtable><mo>]</mo></mrow>"),
}


def _tokens(latex: str) -> Iterator[str]:
    previous = ""
    for match in _TOKEN.finditer(latex):
        token = match[0]
        if previous in ("^", "_") and token[0].isdigit():  # x^12 is (x^1) 2
            yield token[0]
            token = token[1:]
        if token:
            yield token
        previous = match[0]


_TOKEN = re.compile(
    r"\\(?:mathrm|mathbf|mathbb|operatorname\*?|text|begin|end|textcolor){[^{}]*}"
    r"|\\(?:left|right)(?:\\[lr][vV]ert|\\[lr]angle|\\[{}]|[()\[\]])|\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|\s+|.",
    re.DOTALL,
)
