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

from matcalc.write.mathml_marks import CLOSING, MARKS, OPENING, SPACES, bracket
from matcalc.write.mathml_parts import EMPTY, ENVIRONMENTS, SIGN, TAKES, WITH_TEXT, Item, joined, row


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


@dataclass(slots=True)
class Frame:
    """A part that is still being read: up to the token ``end``, or (where there is none) until it has ``wanted`` items."""

    build: Callable[[list[Item]], Item]
    end: str = ""
    unclosed: Callable[[list[Item]], Item] | None = None  # what is built where the end never comes
    wanted: int = 0
    items: list[Item] = field(default_factory=list)
    space: str = ""  # what the LaTeX has between the last item and the next: nothing, a blank, or an <mspace>
    rows: list[list[str]] = field(default_factory=lambda: [[]])
    table: Callable[[Sequence[Sequence[str]]], Item] | None = None  # what is made of the rows, where it is a table


class _Reader:
    """One pass over the tokens with a stack of frames: formulas are as deep as users make them."""

    def __init__(self) -> None:
        self.stack = [Frame(lambda items: Item(row(items)))]
        self.unknown: list[str] = []

    def finish(self, continued: bool) -> str:
        while len(self.stack) > 1:  # a bracket that is never closed stays open
            self.stack[-1].build = self.stack[-1].unclosed or self.stack[-1].build
            self._pop()
        if continued and (items := self.stack[0].items) and items[0].role == "PREFIX":
            items[0] = items[0]._replace(element=items[0].element.replace(SIGN, '<mo form="infix">', 1))
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
        elif text and command in WITH_TEXT:
            self._append(WITH_TEXT[command](text[:-1]))
        elif command in (r"\textcolor", r"\begin"):
            self.stack.append(_environment(text[:-1]) if command == r"\begin" else _coloured(text[:-1]))
        elif token == "{":
            self.stack.append(
                Frame(lambda items: Item(row(items), items[0].role if len(items) == 1 else "LETTER"), "}")
            )
        elif token in TAKES:
            count, build = TAKES[token]
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
        frame.rows[-1].append(row(frame.items))
        frame.items, frame.space = [], ""
        if token != "&":
            frame.rows.append([])

    def _pop(self) -> None:
        frame = self.stack.pop()
        frame.items += [EMPTY] * (frame.wanted - len(frame.items))
        if frame.table is not None:
            frame.rows[-1].append(row(frame.items))
            self._append(frame.table(frame.rows))
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
            item = joined(frame.items[-1] if frame.items else None, item, frame.space)
            frame.space = ""
        frame.items.append(item)
        self._taken()

    def _taken(self) -> None:
        """Builds what now has all its arguments; a script after the last one would still be its own."""
        frame = self.stack[-1]
        if frame.wanted and len(frame.items) >= frame.wanted:
            self._pop()


# --- frames ---------------------------------------------------------------------------------------------------------------


def _bracketed(opening: str, stretchy: bool) -> Frame:
    left = bracket(OPENING[opening], "prefix", stretchy)
    closing = dict(zip(OPENING, CLOSING, strict=True))[opening]
    right = bracket(CLOSING[closing], "postfix", stretchy)

    def unclosed(items: list[Item]) -> Item:
        inside = "".join(item.joint + str(item) for item in items)
        return Item(f"<mrow>{left}{inside}</mrow>", bracketed=opening in ("(", "["))

    def build(items: list[Item]) -> Item:
        found = unclosed(items)
        return found._replace(element=f"{found.element.removesuffix('</mrow>')}{right}</mrow>")

    return Frame(build, closing, unclosed)


def _environment(name: str) -> Frame:
    return Frame(lambda items: items[0], r"\end", table=ENVIRONMENTS.get(name, ENVIRONMENTS["matrix"]))


def _coloured(colour: str) -> Frame:
    def build(items: list[Item]) -> Item:
        return items[0]._replace(element=f'<mrow mathcolor="{escape(colour)}">{items[0].element}</mrow>')

    return Frame(build, wanted=1)


def _delimiter(token: str) -> str:
    return re.sub(r"\\(?:left|right)(?![a-z])", "", token)


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
