r"""An author's macros: their definitions taken out of a text, their uses expanded, and where every character came from.

>>> macros: Macros = {}
>>> expand(r"\def\grad#1#2{\frac{\p #1}{\p #2}}\def\p{\partial}\grad{E}{U}", macros).text
'\\frac{\\partial E}{\\partial U}'
>>> sorted(macros)
['\\grad', '\\p']

As in TeX, a definition holds from where it stands, and what a macro stands for is expanded where it is used.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from matcalc.errors import FormulaError
from matcalc.read.syntax import Span

EXPANSIONS = 20_000  # of macros in one text
PIECES = 400_000  # of text that they are expanded to


class Macro(NamedTuple):
    """``body`` with #1 … for ``parameters`` arguments; ``default`` is for a first one in square brackets."""

    parameters: int
    body: str
    default: str | None = None
    final: bool = False  # made by \\let: the body is the command itself, whatever its name means later


Macros = dict[str, Macro]


class Piece(NamedTuple):
    """A piece of the expanded text and the characters of the author's text that it stands for."""

    text: str
    start: int
    end: int
    typed: bool  # by the author as it is, so that every character of it has its own place
    final: bool = False


class Expanded(NamedTuple):
    """A text without macros. ``offsets`` are the places of its pieces in it; none where it is the author's own."""

    text: str
    offsets: tuple[int, ...] = ()
    pieces: tuple[Piece, ...] = ()

    def span(self, span: Span) -> Span:
        """The place in the author's text."""
        if not self.offsets:
            return span
        first, last = self._piece(span[0]), self._piece(max(span[0], span[1] - 1))
        start = first[1].start + (span[0] - first[0] if first[1].typed else 0)
        end = last[1].start + (span[1] - last[0]) if last[1].typed else last[1].end
        return start, max(start, end)

    def _piece(self, place: int) -> tuple[int, Piece]:
        k = bisect_right(self.offsets, place) - 1
        return self.offsets[k], self.pieces[k]


def expand(text: str, macros: Macros) -> Expanded:
    """The text without definitions and macros; what it defines is added to ``macros``."""
    if not macros and not _DEFINES(text):
        return Expanded(text)
    return _Expansion(text, macros).run()


_PIECE = re.compile(r"\\(?:[A-Za-z@]+|.)|[{}\[\]]|#[1-9]|%[^\n]*\n?|\s+|[^\\{}\[\]%#\s]+|.", re.DOTALL)
_DEFINES = re.compile(
    r"\\(?:[gex]?def|(?:new|renew|provide)command|DeclareRobustCommand|DeclareMathOperator|DeclarePairedDelimiter|let)"
    r"(?![A-Za-z])"
).search
_WORD = re.compile(r"\\[A-Za-z@]+$").search


class _Expansion:
    """One pass from left to right. ``ahead`` is what is still to be read, the next piece last."""

    def __init__(self, text: str, macros: Macros) -> None:
        self.text = text
        self.macros = macros
        self.ahead = [Piece(m[0], m.start(), m.end(), True) for m in _PIECE.finditer(text)][::-1]
        self.out: list[Piece] = []
        self.expansions = self.produced = 0

    def run(self) -> Expanded:
        while self.ahead:
            piece = self.ahead.pop()
            if piece.text[0] != "\\" or piece.final:
                self.out.append(piece)
            elif (defines := _DEFINERS.get(piece.text)) is not None:
                defines(self, piece)
            elif (macro := self.macros.get(piece.text)) is not None:
                self._use(piece, macro)
            else:
                self.out.append(piece)
        return self._joined()

    def _joined(self) -> Expanded:
        """A space keeps a command from running into letters that follow it only by expansion."""
        texts, offsets, pieces, length = [], [], [], 0
        before = ""
        for piece in self.out:
            if _WORD(before) and piece.text[0].isalpha():
                piece = piece._replace(text=" " + piece.text, start=piece.start - piece.typed)
            offsets.append(length)
            pieces.append(piece)
            texts.append(piece.text)
            length += len(piece.text)
            before = piece.text
        return Expanded("".join(texts), tuple(offsets), tuple(pieces))

    # --- uses

    def _use(self, name: Piece, macro: Macro) -> None:
        """The body goes where the macro stood: its pieces stand for the whole use, its arguments for themselves."""
        self.expansions += 1
        arguments: list[list[Piece]] = []
        end = name.end
        self._star()
        for k in range(macro.parameters):
            optional = k == 0 and macro.default is not None
            found = self._optional() if optional else self._argument(name)
            arguments.append(_pieces(macro.default or "", name) if found is None else found)
            end = max([end, *(piece.end for piece in arguments[-1] if piece.start >= name.start)])
        place = name._replace(end=self._closed(end), typed=False)
        body: list[Piece] = []
        for piece in _pieces(macro.body, place):
            number = int(piece.text[1]) if piece.text[0] == "#" and len(piece.text) == 2 else 0
            body += arguments[number - 1] if 0 < number <= len(arguments) else [piece._replace(final=macro.final)]
        self.produced += len(body)
        if self.expansions > EXPANSIONS or self.produced > PIECES:
            raise FormulaError(
                f"the macros of this text expand more than {EXPANSIONS} times, or for ever",
                self.text,
                [(name.start, name.end)],
                "a macro may not use itself",
            )
        self.ahead.extend(reversed(body))

    def _closed(self, end: int) -> int:
        """With the brace that closes the last argument."""
        return end + 1 if self.text[end : end + 1] == "}" else end

    def _star(self) -> None:
        """``\\norm*{x}``."""
        if self.ahead and self.ahead[-1].text == "*" and len(self.ahead) > 1 and self.ahead[-2].text == "{":
            self.ahead.pop()

    def _spaces(self) -> None:
        while self.ahead and (self.ahead[-1].text.isspace() or self.ahead[-1].text[0] == "%"):
            self.ahead.pop()

    def _argument(self, of: Piece) -> list[Piece]:
        """A group without its braces, or one character or command."""
        self._spaces()
        if not self.ahead or self.ahead[-1].text == "}":
            raise FormulaError(f"{of.text} has too few arguments", self.text, [(of.start, of.end)])
        piece = self.ahead.pop()
        if piece.text == "{":
            return self._until("}", piece)
        if piece.text[0] == "\\" or len(piece.text) == 1:
            return [piece]
        first, rest = piece._replace(text=piece.text[0]), piece._replace(text=piece.text[1:])
        if piece.typed:
            first, rest = first._replace(end=piece.start + 1), rest._replace(start=piece.start + 1)
        self.ahead.append(rest)
        return [first]

    def _optional(self) -> list[Piece] | None:
        self._spaces()
        if not self.ahead or self.ahead[-1].text != "[":
            return None
        return self._until("]", self.ahead.pop())

    def _until(self, closing: str, opening: Piece) -> list[Piece]:
        """What stands before the closing bracket at this depth."""
        out: list[Piece] = []
        depth = 0
        while self.ahead:
            piece = self.ahead.pop()
            if depth == 0 and piece.text == closing:
                return out
            depth += (piece.text == "{") - (piece.text == "}")
            out.append(piece)
        message = f"this '{opening.text}' is never closed"
        raise FormulaError(message, self.text, [(opening.start, opening.end)], f"expected '{closing}'")

    # --- definitions

    def name_of(self, definer: Piece) -> str:
        """The macro that is defined: ``\\name`` or ``{\\name}``."""
        found = "".join(piece.text for piece in self._argument(definer)).strip()
        if found[:1] != "\\":
            raise FormulaError(f"{definer.text} defines a command, \\name", self.text, [(definer.start, definer.end)])
        return found

    def body_of(self, definer: Piece) -> str:
        return "".join(piece.text for piece in self._argument(definer))

    def by_def(self, definer: Piece) -> None:
        r"""``\def\grad#1#2{…}``."""
        name = self.name_of(definer)
        parameters = ""
        while self.ahead and self.ahead[-1].text != "{":
            parameters += self.ahead.pop().text.strip()
        if not re.fullmatch(r"(#[1-9])*", parameters):
            message = f"{name} is defined with '{parameters}' between its arguments, and that is not read"
            raise FormulaError(message, self.text, [(definer.start, definer.end)], f"write \\def{name}#1#2{{…}}")
        self.macros[name] = Macro(len(parameters) // 2, self.body_of(definer))

    def by_newcommand(self, definer: Piece) -> None:
        r"""``\newcommand{\grad}[2][E]{…}``."""
        self._starred()
        name = self.name_of(definer)
        count = self._optional()
        default = self._optional()
        number = "".join(piece.text for piece in count or []).strip() or "0"
        if not number.isdigit() or int(number) > 9:
            raise FormulaError(f"'{number}' is no number of arguments", self.text, [(definer.start, definer.end)])
        given = None if default is None else "".join(piece.text for piece in default)
        self.macros[name] = Macro(int(number), self.body_of(definer), given)

    def by_operator(self, definer: Piece) -> None:
        r"""``\DeclareMathOperator{\tr}{tr}``."""
        self._starred()
        name = self.name_of(definer)
        self.macros[name] = Macro(0, rf"\operatorname{{{self.body_of(definer)}}}")

    def by_delimiter(self, definer: Piece) -> None:
        r"""``\DeclarePairedDelimiter{\norm}{\lVert}{\rVert}``."""
        name = self.name_of(definer)
        left, right = self.body_of(definer), self.body_of(definer)
        self.macros[name] = Macro(1, rf"\left{left} #1 \right{right}")

    def by_let(self, definer: Piece) -> None:
        r"""``\let\old=\vec``."""
        name = self.name_of(definer)
        self._spaces()
        if self.ahead and self.ahead[-1].text == "=":
            self.ahead.pop()
        body = self.body_of(definer)
        self.macros[name] = self.macros.get(body) or Macro(0, body, final=True)

    def _starred(self) -> None:
        self._spaces()
        if self.ahead and self.ahead[-1].text == "*":
            self.ahead.pop()


def _pieces(text: str, place: Piece) -> list[Piece]:
    return [Piece(m[0], place.start, place.end, False) for m in _PIECE.finditer(text)]


_NEW = dict.fromkeys(
    (r"\newcommand", r"\renewcommand", r"\providecommand", r"\DeclareRobustCommand"), _Expansion.by_newcommand
)
_DEFINERS = {
    **dict.fromkeys((r"\def", r"\gdef", r"\edef", r"\xdef"), _Expansion.by_def),
    **_NEW,
    r"\DeclareMathOperator": _Expansion.by_operator,
    r"\DeclarePairedDelimiter": _Expansion.by_delimiter,
    r"\let": _Expansion.by_let,
}
