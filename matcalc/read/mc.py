"""A document in plain spelling (``.mc``) to its statements. What cannot be read is kept as such; the rest is read on.

    # Least squares                             the first comment is the title
    X : matrix(m, n)    y : vector(m)           declarations
    E := norm(X w - y)^2                        a definition
    derive dE/dw                                asks
    check dE/dw = 2 X' (X w - y)                one claim, or below it a chain, indented:
    check
      dE = 2 (X w - y) : X dw
         = 2 X' (X w - y) : dw
    check dE/dw = X' (X w - y)   # wrong: factor    the author says that this must be refused, and may say why

>>> document = read_document("E := x' x\\ncheck dE/dx = x  # wrong: factor")
>>> document.statements[1].lines[0].right.text, document.expected[0].verdict, document.expected[0].cause
('x', 'wrong', 'factor')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from matcalc.errors import FormulaError
from matcalc.read.declarations import read_declarations
from matcalc.read.declared import Declaration, Definition
from matcalc.read.derivatives import left_side, lettered
from matcalc.read.document import Ask, Check, Derivative, Document, Expected, Line, Statement, Unread, bounded
from matcalc.read.expected import MARK
from matcalc.read.names import canonical
from matcalc.read.syntax import Name, Span, Syntax

LENGTH = 300_000  # characters that are read at most
LINES = 4_000  # of derivations, too
_EXPECTED = re.compile(rf"#\s*{MARK}\s*$")
_OPENING, _CLOSING = "([{", ")]}"


class _Row(NamedTuple):
    """A line of the text without its comment, or several where brackets stay open."""

    start: int
    end: int
    indent: int


def read_document(text: str) -> Document:
    """The statements of a document, in order."""
    if len(text) > LENGTH:
        return _too_long(text, f"{len(text)} characters, and at most {LENGTH} are read")
    code = re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0]), text)
    title = re.search(r"#+[ \t]*(\S[^\n]*)", text)
    statements = tuple(_with_source(statement, text) for statement in _Reader(code).statements())
    if sum(len(statement.lines) for statement in statements if isinstance(statement, Check)) > LINES:
        return _too_long(text, f"more than {LINES} lines of derivations")
    return Document(
        text,
        statements,
        title=title[1].strip() if title and not _EXPECTED.match(title[0]) else "",
        expected=tuple(_expectations(text)),
    )


def _too_long(text: str, words: str) -> Document:
    return Document(text, (Unread(FormulaError(f"this document has {words}", hint="split it")),))


def _expectations(text: str) -> Iterator[Expected]:
    start = 0
    for line in text.split("\n"):
        if found := _EXPECTED.search(line):
            yield Expected(found[1], found[2] or "", (start, start + len(line)))
        start += len(line) + 1


def _with_source(statement: Statement, text: str) -> Statement:
    """Errors show the text with its comments."""
    match statement:
        case Unread(error, span):
            return Unread(_shown_in(error, text), span)
        case Check(lines, span):
            return Check(tuple(replace(x, error=_shown_in(x.error, text)) if x.error else x for x in lines), span)
        case Declaration() | Definition():
            return replace(statement, source=text)
        case Ask():
            return statement


def _shown_in(error: FormulaError, text: str) -> FormulaError:
    return FormulaError(error.message, text, error.spans, error.hint)


class _Reader:
    """The rows of a document, and the names that are declared so far."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.rows = list(_rows(code))
        self.known: set[str] = set()

    def statements(self) -> Iterator[Statement]:
        place = 0
        while place < len(self.rows):
            row = self.rows[place]
            below = place + 1
            word = re.match(r"(derive|check)\b(?!\s*(?::|,|\s+in\b|∈))", self.code[row.start : row.end])
            while word and below < len(self.rows) and self.rows[below].indent > row.indent:
                below += 1
            first = row._replace(start=row.start + word.end()) if word else row
            block = [r for r in (first, *self.rows[place + 1 : below]) if self.code[r.start : r.end].strip()]
            if word is None:
                yield from self._declared(row)
            elif word[1] == "check":
                yield self._check(block, row)
            else:
                yield from self._ask(block, row)
            place = below

    # --- declarations and definitions

    def _declared(self, row: _Row) -> Iterator[Statement]:
        for start, end in _split(self.code, row.start, row.end, ";"):
            try:
                found = self._definition(start, end) or self._declarations(start, end)
            except FormulaError as error:
                yield Unread(error, (start, end))
                continue
            for item in found:
                if not isinstance(item, Check):
                    self.known.add(item.name)
                yield item

    def _definition(self, start: int, end: int) -> list[Declaration | Definition | Check] | None:
        name, becomes, _ = self.code[start:end].partition(":=")
        if not becomes:
            return None
        canonical_name = canonical(name.strip()) or ""
        if not re.fullmatch(r"[^\W\d_]\w*", canonical_name) or " " in name.strip():
            message = "a definition gives one name: X := …"
            raise FormulaError(message, self.code, [_inside(self.code, start, start + len(name))])
        body = start + len(name) + len(becomes)
        span = _inside(self.code, start, start + len(name))
        bounded(self.code, (body, end))
        given = left_side(self.code, body, end, self.known)
        if isinstance(given, Derivative):  # H := d2E/dx2
            line = Line(Name(canonical_name, span), given, _inside(self.code, body, end))
            return [Check((line,), (start, end))]
        return [Definition(canonical_name, given, self.code, span)]

    def _declarations(self, start: int, end: int) -> list[Declaration | Definition]:
        try:
            found = read_declarations(self.code[start:end])
        except FormulaError as error:
            spans = [(low + start, high + start) for low, high in error.spans]
            raise FormulaError(error.message, self.code, spans, error.hint) from None
        return [replace(item, span=(item.span[0] + start, item.span[1] + start)) for item in found]

    # --- what is asked

    def _ask(self, block: list[_Row], row: _Row) -> Iterator[Statement]:
        wanted: list[Derivative] = []
        for part in block:
            for start, end in _split(self.code, part.start, part.end, ","):
                span = _inside(self.code, start, end)
                try:
                    found = left_side(self.code, start, end, self.known)
                    if not isinstance(found, Derivative):
                        message = "'derive' asks for derivatives"
                        raise FormulaError(message, self.code, [span], "write derive dE/dU, dE/dV")
                    wanted.append(found)
                except FormulaError as error:
                    yield Unread(error, span)
        if not block:
            yield Unread(_expected_below("derive", "dE/dU", self.code, row), (row.start, row.end))
        if wanted:
            yield Ask(tuple(wanted), (row.start, row.end))

    # --- chains

    def _check(self, block: list[_Row], row: _Row) -> Statement:
        if not block:
            return Unread(_expected_below("check", "dE/dU = …", self.code, row), (row.start, row.end))
        lines: list[Line] = []
        for part in self._joined(block):
            lines += self._lines(part, not lines)
        return Check(tuple(lines), (row.start, block[-1].end))

    def _joined(self, block: list[_Row]) -> list[_Row]:
        """The rows of a chain, where one without an equals sign goes on with the row above."""
        out: list[_Row] = []
        for row in block:
            if out and len(list(_split(self.code, row.start, row.end, "="))) == 1:
                out[-1] = out[-1]._replace(end=row.end)
            else:
                out.append(row)
        return out

    def _lines(self, row: _Row, is_first: bool) -> Iterator[Line]:
        """``left = right``, ``= right``, ``left = right = right``."""
        (start, end), *rights = _split(self.code, row.start, row.end, "=")
        left: Syntax | Derivative | None = None
        error: FormulaError | None = None
        try:
            bounded(self.code, (start, end))
            if self.code[start:end].strip():
                left = left_side(self.code, start, end, self.known)
                left = left if isinstance(left, Derivative) else lettered(left, self.known) or left
            elif is_first:
                message = "the first line of a chain has a left side"
                raise FormulaError(message, self.code, [(end, end + 1)], "write dE = …, or dE/dU = …")
            if not rights:
                raise FormulaError("a line of a check is left = right", self.code, [_inside(self.code, start, end)])
        except FormulaError as found:
            error = found
        for k, (low, high) in enumerate(rights or [(end, end)]):
            span = _inside(self.code, start if k == 0 else low - 1, high)
            if error is None or k:
                yield self._line(left if k == 0 else None, low, high, span)
            else:
                yield Line(left, None, span, error)

    def _line(self, left: Syntax | Derivative | None, start: int, end: int, span: Span) -> Line:
        try:
            bounded(self.code, (start, end))
            return Line(left, left_side(self.code, start, end, self.known), span)
        except FormulaError as error:
            return Line(left, None, span, error)


def _expected_below(word: str, example: str, code: str, row: _Row) -> FormulaError:
    return FormulaError(f"nothing stands after '{word}'", code, [(row.start, row.end)], f"write {word} {example}")


# --- the text ---------------------------------------------------------------------------------------------------------


def _rows(code: str) -> Iterator[_Row]:
    """The lines that have something on them; one whose brackets stay open goes on in those that are indented more."""
    start, depth = 0, 0
    held: _Row | None = None
    for line in code.split("\n"):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        goes_on = held is not None and depth > 0 and (indent > held.indent or stripped[:1] in _CLOSING)
        goes_on = goes_on and stripped[:1] != "="
        if stripped and held is not None and not goes_on:
            yield held
            held, depth = None, 0
        if stripped:
            depth += sum((c in _OPENING) - (c in _CLOSING) for c in stripped)
            first = held or _Row(start + indent, start, indent)
            held = first._replace(end=start + len(line))
        start += len(line) + 1
    if held is not None:
        yield held


def _split(code: str, start: int, end: int, mark: str) -> Iterator[Span]:
    """The parts between the marks that stand outside of brackets; ``:= <= >=`` are no equals signs."""
    depth, begin = 0, start
    for place in range(start, end):
        letter = code[place]
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if letter == mark and depth <= 0 and not (mark == "=" and place > start and code[place - 1] in ":<>"):
            yield begin, place
            begin = place + 1
    yield begin, end


def _inside(code: str, start: int, end: int) -> Span:
    """The part without the spaces around it."""
    part = code[start:end]
    if not part.strip():
        return start, end
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
