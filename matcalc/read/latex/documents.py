r"""LaTeX and Markdown documents: what they declare, define and derive. What cannot be read is kept as such; the rest goes on.

>>> document = read_latex_document(r"$x \in \mathbb{R}^n$ and $$\frac{\partial x^Tx}{\partial x} = 2x$$", frozenset())
>>> str(document.statements[0]), document.statements[1].lines[0].left.wrt[0].text
('x : vector(n)', 'x')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from matcalc.errors import FormulaError
from matcalc.read.declarations import read_declarations
from matcalc.read.declared import Definition
from matcalc.read.document import Document, Statement, Unread
from matcalc.read.latex.display import Display, Known
from matcalc.read.latex.macros import Expanded, Macros, expand
from matcalc.read.latex.macros import Piece as Origin
from matcalc.read.latex.pieces import Piece, pieces
from matcalc.read.syntax import Span, Syntax
from matcalc.read.trees import rewritten

_TITLE = {
    "latex": re.compile(r"\\(?:title|section\*?)\s*\{([^{}]*)\}"),
    "markdown": re.compile(r"^#+\s*(\S[^\n]*)", re.MULTILINE),
}
_MATHEMATICS = re.compile(r"\$|\\\[|\\\(|\\begin|%\s*matcalc:")


def read_latex_document(text: str, functions: frozenset[str]) -> Document:
    r"""The statements of a LaTeX text, in order.

    Declarations are comments (``% matcalc: U : matrix(I, K)``) or stand in the text (``$U \in \mathbb{R}^{I \times K}$``).
    A text without dollars and environments is one formula.
    """
    return _Documents(text, functions).read("latex", _MATHEMATICS.search(text) is None)


def read_markdown_document(text: str, functions: frozenset[str]) -> Document:
    """The same for Markdown, whose comments are ``<!-- matcalc: U : matrix(I, K) -->``."""
    return _Documents(text, functions).read("markdown", False)


class _Documents:
    """A document that is read from its beginning to its end: macros and definitions hold from where they stand."""

    def __init__(self, text: str, functions: frozenset[str]) -> None:
        self.text = text
        self.macros: Macros = {}
        self.known = Known(functions)

    def read(self, kind: str, bare: bool) -> Document:
        statements = list(self._statements(kind, bare))
        title = _TITLE[kind].search(self.text)
        return Document(self.text, tuple(statements), "latex", title[1].strip() if title else "")

    def _statements(self, kind: str, bare: bool) -> Iterator[Statement]:
        try:
            found = [Piece("display", self.text, 0)] if bare else pieces(self.text, kind == "markdown")
        except FormulaError as error:  # it is too long
            yield Unread(error)
            return
        for piece in found:
            yield from self._of(piece)

    def _of(self, piece: Piece) -> Iterator[Statement]:
        span = (piece.start, piece.start + len(piece.text))
        try:
            match piece.kind:
                case "declare":
                    yield from self._declared(piece)
                case "open":
                    raise FormulaError(f"this '{piece.text}' is never closed", self.text, [span])
                case "prose":
                    self._expanded(piece)
                    self.known.say(piece.text)
                case _:
                    display = Display(self._expanded(piece), self.known, self.text, piece.kind == "inline")
                    yield from display.statements(span)
        except FormulaError as error:
            if piece.kind != "inline":
                yield Unread(FormulaError(error.message, self.text, error.spans or [span], error.hint), span)

    def _expanded(self, piece: Piece) -> Expanded:
        """The text of a piece without macros, with its places in the document."""
        if len(piece.text) > 100_000:
            raise FormulaError(f"this formula has {len(piece.text)} characters, and at most 100000 are read")
        try:
            found = expand(piece.text, self.macros)
        except FormulaError as error:
            spans = [_moved(span, piece.start) for span in error.spans]
            raise FormulaError(error.message, self.text, spans, error.hint) from None
        if not found.offsets:
            return Expanded(found.text, (0,), (Origin(found.text, piece.start, piece.start + len(found.text), True),))
        moved = (p._replace(start=p.start + piece.start, end=p.end + piece.start) for p in found.pieces)
        return found._replace(pieces=tuple(moved))

    def _declared(self, piece: Piece) -> Iterator[Statement]:
        """A comment for matcalc is in plain spelling."""
        try:
            for item in read_declarations(piece.text):
                own = replace(item, source=self.text, span=_moved(item.span, piece.start))
                if isinstance(own, Definition):
                    own = replace(own, syntax=rewritten(own.syntax, partial(_moved_node, piece.start)))
                yield self.known.declare(own)
        except FormulaError as error:
            spans = [_moved(span, piece.start) for span in error.spans]
            raise FormulaError(error.message, self.text, spans, error.hint) from None


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def _moved_node(by: int, node: Syntax) -> Syntax:
    return node._replace(span=_moved(node.span, by))
