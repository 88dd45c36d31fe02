"""How a function is set: a template such as ``\\log\\det #1`` with a place for each argument, and brackets where they are needed.

>>> template(r"#1^{-1}").parts
((1, 9), '^{-1}')
>>> template(r"\\log\\det #1").level == PREFIX
True
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from matcalc.write.style import ATOM, BASE, COMPARISON, FACTOR, PREFIX, PRODUCT, Piece, Style, fit


class Template(NamedTuple):
    """Texts and places (argument, the level it must have), and the level of the whole."""

    parts: tuple[str | tuple[int, int], ...]
    level: int


def fill(pattern: str, arguments: Sequence[Piece], style: Style) -> Piece:
    """The template with its places filled; brackets in it grow with what they hold."""
    found = template(pattern)
    if len(found.parts) == 2 and found.parts[0] == (1, BASE) and isinstance(found.parts[1], str):
        return style.superscript(arguments[0], found.parts[1], found.level)
    tall = any(argument.tall for argument in arguments)
    out = []
    for part in found.parts:
        if isinstance(part, str):
            out.append(_GROWS.sub(_grown, part) if tall else part)
        else:
            place, level = part
            out.append(fit(arguments[place - 1], level, style).text if place <= len(arguments) else "")
    return Piece("".join(out), found.level, tall, open=found.level == PREFIX)


@lru_cache(maxsize=512)
def template(pattern: str) -> Template:
    texts = _PLACE.split(pattern)  # text, number, text, …, number, text
    parts: list[str | tuple[int, int]] = []
    for k in range(0, len(texts), 2):
        if texts[k]:
            parts.append(texts[k])
        if k + 1 < len(texts):
            parts.append((int(texts[k + 1]), _needs(texts[k], texts[k + 2])))
    return Template(tuple(parts), _level(pattern))


def _needs(before: str, after: str) -> int:
    """How tightly an argument must hold together between these texts."""
    if _RAISED(after):
        return BASE
    if _LOWERED(after):
        return ATOM
    return COMPARISON if _OPENS(before) and _CLOSES(after) else FACTOR


def _level(pattern: str) -> int:
    """The level of what a template makes, told from its two ends."""
    if _PLACE.match(pattern):
        return FACTOR if _SUPERSCRIPT(pattern) else PRODUCT  # `#1^{-1}`, else an operator between two places
    if _ENDS_FREE(pattern):
        return PREFIX
    if _SUBSCRIPT(pattern) or _ROOT(pattern):
        return BASE
    return ATOM if _CALL(pattern) else FACTOR


_PLACE = re.compile(r"#(\d)")
_RAISED = re.compile(r"}?\s*\^").match
_LOWERED = re.compile(r"}?\s*_").match
_OPENS = re.compile(r"(?:[(\[{,;|]|\\l[vV]ert|\\langle)\s*$").search
_CLOSES = re.compile(r"\s*(?:[)\]},;|]|\\r[vV]ert|\\rangle|\\right|\\[,;]|\\big)").match
_SUPERSCRIPT = re.compile(r"\^(?:{(?:[^{}]|{[^{}]*})*}|\w|\\\w+)$").search
_SUBSCRIPT = re.compile(r"_(?:{[^{}]*}|\w|#\d)$").search
_ENDS_FREE = re.compile(r"[\w\s}]#\d$").search
_ROOT = re.compile(r"\\sqrt(?:\[\w\])?{#\d}$").match
_CALL = re.compile(
    r"(?:\\?(?![td]?frac)[a-zA-Z]\w*(?:{\\?[\w*]+})?(?:_(?:\w|{[^{}]*}))?'*\s*)?"  # \operatorname{name}_{…}
    r"(?:\\left)?(?:[(|]|\\l[vV]ert|\\langle).*(?:[)|]|\\r[vV]ert|\\rangle)$"
).match
_GROWS = re.compile(r"(?<!\\left)(?<!\\right)(?<!\\big[lr])(?:(\(|\\l[vV]ert|\\langle)|\)|\\r[vV]ert|\\rangle)")


def _grown(bracket: re.Match[str]) -> str:
    return (r"\left" if bracket[1] else r"\right") + bracket[0]
