r"""How a function is set: a template such as ``\log\det #1``, its places filled, with brackets where they are needed.

>>> template(r"#1^{-1}").parts
((1, 9), '^{-1}')
>>> template(r"\left|#1\right|").parts
('\\lvert ', (1, 0), ' \\rvert')
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from matcalc.write.style import ATOM, BASE, CHAIN, COMPARISON, FACTOR, PREFIX, PRODUCT, Piece, Style, fit


class Template(NamedTuple):
    """Texts and places (argument, the level it must have), and the level of the whole."""

    parts: tuple[str | tuple[int, int], ...]
    level: int


def fill(pattern: str, arguments: Sequence[Piece], style: Style) -> Piece:
    """The template with its places filled; brackets in it grow with what they hold."""
    found = template(pattern)
    match found.parts:
        case ((1, level), str(mark)) if level == BASE:  # fuses with other superscripts
            return style.superscript(arguments[0], mark, found.level)
    tall = any(argument.tall for argument in arguments) and _RAISES(pattern) is None
    out = []
    for part in found.parts:
        if isinstance(part, str):
            out.append(_BRACKET.sub(_grown, part) if tall else part)
        elif part[0] <= len(arguments):
            place, level = part
            last = level == COMPARISON or part is found.parts[-1]
            out.append(fit(arguments[place - 1], level, style, last).text)
    return Piece("".join(out), found.level, tall, open=found.level == PREFIX)


def raises(pattern: str) -> bool:
    """Whether an argument of it is a superscript."""
    return _RAISES(pattern) is not None


@lru_cache(maxsize=1024)
def template(pattern: str) -> Template:
    for fixed, text in _SIZED.items():
        pattern = pattern.replace(fixed, text)
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
    if _OPERATOR_BEFORE(before) or _OPERATOR_AFTER(after):
        return CHAIN
    return COMPARISON if _OPENS(before) and _CLOSES(after) else FACTOR


def _level(pattern: str) -> int:
    """The level of what a template makes, told from its two ends."""
    if _PLACE.match(pattern):
        return FACTOR if _SUPERSCRIPT(pattern) else PRODUCT  # `#1^{-1}`, else an operator between two places
    if _ENDS_FREE(pattern):
        return PREFIX
    if _SUBSCRIPT(pattern) or _COVER(pattern):
        return BASE
    return ATOM if _CALL(pattern) or _LETTER(pattern) else FACTOR


_SIZED = {  # a bracket grows where its content is tall, and only there
    r"\left\|": r"\lVert ", r"\right\|": r" \rVert", r"\left|": r"\lvert ", r"\right|": r" \rvert",
    r"\left": "", r"\right": "",
}  # fmt: skip
_PLACE = re.compile(r"#(\d)")
_RAISED = re.compile(r"}?\s*\^").match
_LOWERED = re.compile(r"}?\s*_").match
_OPENS = re.compile(r"(?:[(\[{,;]|\\l[vV]ert|\\langle)\s*$").search
_CLOSES = re.compile(r"\s*(?:[)\]},;]|\\r[vV]ert|\\rangle|\\[,;])").match
_OPERATORS = r"(?:\\(?:times|otimes|odot|oslash|circ|bullet|ast|star)(?![a-z]))"
_OPERATOR_BEFORE = re.compile(_OPERATORS + r"(?:_(?:\w|{(?:[^{}]|{[^{}]*})*}))?\s*$").search
_OPERATOR_AFTER = re.compile(r"\s*" + _OPERATORS).match
_SUPERSCRIPT = re.compile(r"\^(?:{(?:[^{}]|{[^{}]*})*}|\w|\\\w+)$").search
_SUBSCRIPT = re.compile(r"_(?:{[^{}]*}|\\?\w+|[#*]\d?)$").search
_ENDS_FREE = re.compile(r"[\w\s}]#\d$").search
_COVER = re.compile(r"\\(?:sqrt(?:\[\w\])?|overline|bar|hat|tilde){#\d}$").match
_LETTER = re.compile(r"\\?[A-Za-z]+$").match
_CALL = re.compile(
    r"(?:\\?(?![td]?frac)[a-zA-Z]\w*(?:{\\?[\w*]+})?(?:_(?:\w|\\\w+|{[^{}]*}))?'*\s*)?"  # \operatorname{name}_{…}'
    r"(?:[(]|\\l[vV]ert|\\langle).*(?:[)]|\\r[vV]ert|\\rangle)$"
).match
_RAISES = re.compile(r"\^{[^{}]*#").search
_BRACKET = re.compile(r"(?<!\\big[lr])(?:(\(|\\l[vV]ert|\\langle)|\)|\\r[vV]ert|\\rangle)")


def _grown(bracket: re.Match[str]) -> str:
    return (r"\left" if bracket[1] else r"\right") + bracket[0]
