r"""The parts of a LaTeX or Markdown text that hold mathematics, and the comments that are meant for matcalc.

>>> [(piece.kind, piece.text) for piece in pieces("Let $X = AB$. % matcalc: A : matrix(n, n)")]
[('prose', 'Let '), ('inline', 'X = AB'), ('declare', 'A : matrix(n, n)'), ('prose', '. % matcalc: A : matrix(n, n)')]
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from matcalc.errors import FormulaError

LENGTH = 300_000  # characters that are read at most
FORMULAS = 4_000  # that are read at most
ENVIRONMENTS = (
    "align", "align*", "equation", "equation*", "gather", "gather*", "multline", "multline*", "eqnarray", "eqnarray*",
    "alignat", "alignat*", "flalign", "flalign*", "displaymath", "math", "dmath", "dmath*",
)  # fmt: skip
CLOSED_BY = {"$$": "$$", "$": "$", r"\[": r"\]", r"\(": r"\)"}


class Piece(NamedTuple):
    """``kind`` is display, inline, declare, prose or open (a formula that is never closed); ``start`` its place in the text."""

    kind: str
    text: str
    start: int


def pieces(text: str, markdown: bool = False) -> list[Piece]:
    """The pieces in their order; FormulaError where the text is too long."""
    if len(text) > LENGTH:
        raise FormulaError(f"this document has {len(text)} characters, and at most {LENGTH} are read", hint="split it")
    found = []
    formulas = 0
    for piece in _pieces(text, markdown):
        found.append(piece)
        formulas += piece.kind in ("inline", "display", "open")
        if formulas > FORMULAS:
            raise FormulaError(f"this document has more than {FORMULAS} formulas", hint="split it")
    return found


def _pieces(text: str, markdown: bool) -> Iterator[Piece]:
    marks = _MARKDOWN if markdown else _LATEX
    found = list(marks.finditer(text))
    places: dict[str, list[int]] = {}  # of everything that may close a formula
    for number, mark in enumerate(found):
        places.setdefault(re.sub(r"\s", "", mark[0]), []).append(number)
    prose = place = 0
    k = 0
    while k < len(found):
        mark = found[k]
        k += 1
        if mark.start() < place or (said := mark[0]).startswith("\\\\") or said in ("\\$", "\\%"):
            continue
        if declared := _DECLARED(said):
            yield Piece("declare", declared[1], mark.start() + declared.start(1))
            place = mark.end()
        elif said[0] == "%" or said.startswith("<!--"):
            place = mark.end()
        elif said.startswith("```"):
            place, kind = _fence(text, mark.end()), "display" if said.startswith("```math") else ""
            if kind:
                yield Piece(kind, text[mark.end() : place - 3], mark.end())
                yield from _comments(text, mark.end(), place)
        elif (closing := CLOSED_BY.get(said) or _environment(said)) is not None:
            end = _first(places.get(closing, []), k)
            yield Piece("prose", text[prose : mark.start()], prose)
            if end is None or (said == "$" and "\n\n" in text[mark.end() : found[end].start()]):
                if said != "$":
                    yield Piece("open", said, mark.start())
                continue
            k, place, prose = end + 1, found[end].end(), found[end].end()
            yield Piece(
                "inline" if said in ("$", r"\(") else "display", text[mark.end() : found[end].start()], mark.end()
            )
            yield from _comments(text, mark.end(), found[end].start())
    yield Piece("prose", text[prose:], prose)


_DECLARED = re.compile(r"(?:%|<!--)\s*matcalc\s*:\s*(.*?)(?:-->)?$", re.DOTALL).match
_COMMENT = re.compile(r"%\s*matcalc\s*:\s*([^\n]*)")
_MATHEMATICS = r"\\\\|\\[$%]|\$\$|\$|\\\[|\\\]|\\\(|\\\)|\\(?:begin|end)\s*\{[a-z]+\*?\}"
_LATEX = re.compile(rf"%[^\n]*|{_MATHEMATICS}")
_MARKDOWN = re.compile(rf"<!--.*?-->|```[a-z]*|{_MATHEMATICS}", re.DOTALL)


def _comments(text: str, start: int, end: int) -> Iterator[Piece]:
    """Those for matcalc inside a formula."""
    return (Piece("declare", c[1], c.start(1)) for c in _COMMENT.finditer(text, start, end))


def _environment(said: str) -> str | None:
    """What closes a formula that an environment opens."""
    found = re.fullmatch(r"\\begin\s*\{([a-z]+\*?)\}", said)
    return f"\\end{{{found[1]}}}" if found and found[1] in ENVIRONMENTS else None


def _first(places: list[int], least: int) -> int | None:
    at = bisect_left(places, least)
    return places[at] if at < len(places) else None


def _fence(text: str, start: int) -> int:
    end = text.find("```", start)
    return len(text) if end < 0 else end + 3
