r"""Derivatives as they stand on the left side of a claim: ``\frac{\partial E}{\partial U}``, ``\nabla_U E``, ``\nabla^2 f``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from matcalc.errors import FormulaError
from matcalc.read import syntax
from matcalc.read.document import Derivative
from matcalc.read.latex.commands import FONTS, FRACTIONS, SPACES, TRANSPOSES
from matcalc.read.latex.scan import tokens_of
from matcalc.read.syntax import Name, Syntax

if TYPE_CHECKING:
    from matcalc.read.latex.statements import Reading

Part = tuple[int, int]  # a range of the tokens of a text

NOTHING = syntax.Name("")
NABLAS = frozenset({r"\nabla", r"\triangledown", r"\bigtriangledown"})
HEADS = NABLAS | FRACTIONS | {r"\partial"}
DIFFERENTIALS = frozenset({r"\partial", "∂", r"\delta", "d", r"\d"})


class Operator(NamedTuple):
    """A derivative at the head of a part: the token after it, by what, of which order, and what its numerator says."""

    after: int
    variables: list[Part]
    order: int
    above: Part


def operator_of(reading: Reading, part: Part) -> Operator | None:
    """The derivative at the head of a part; where there is none the tokens are as they were."""
    raw = reading.raw
    if part[0] >= part[1] or raw[part[0]].text not in HEADS:
        return None
    kept, text = list(raw), raw[part[0]].text
    found: Operator | None = None
    if text in FRACTIONS:
        found = _fraction(reading, *part)
    elif text in NABLAS:
        found = _nabla(reading, *part)
    elif text == r"\partial" and part[0] + 1 < part[1] and raw[part[0] + 1].kind == "UNDER":
        low, high, after = argument(reading, part[0] + 2, part[1])
        found = Operator(after, [(low, high)], 1, (high, high))
    if found is None:
        raw[:] = kept
    return found


def argument(reading: Reading, k: int, end: int) -> tuple[int, int, int]:
    """One argument: its range without braces, and where the text goes on; of a word only the first letter."""
    raw = reading.raw
    while k < end and raw[k].kind == "COMMAND" and raw[k].text in SPACES:
        k += 1
    if k >= end:
        return end, end, end
    if raw[k].kind == "LBRACE":
        close = reading.cut.partner[k]
        return k + 1, close, close + 1
    start = k
    while k + 1 < end and raw[k].kind == "COMMAND" and raw[k].text in FONTS:
        k += 1
    if raw[k].kind == "LBRACE":
        k = reading.cut.partner[k]
    if raw[k].kind == "WORD" and len(raw[k].text) > 1:
        return (*_first_letter(reading, k), k)
    return start, k + 1, k + 1


def _first_letter(reading: Reading, k: int) -> Part:
    """The first letter of a word as a part of its own; the rest of the word stays."""
    raw = reading.raw
    token = raw[k]
    raw.append(token._replace(text=token.text[0], end=token.start + 1))
    raw[k] = token._replace(text=token.text[1:], start=token.start + 1)
    return len(raw) - 1, len(raw)


def _fraction(reading: Reading, k: int, end: int) -> Operator | None:
    low, high, after = argument(reading, k + 1, end)
    below, bottom, after = argument(reading, after, end)
    head = _differential(reading, low, high)
    if head is None and below < bottom and reading.raw[below].text in (r"\partial", "∂"):
        head = (low, 1)  # \frac{x^T x}{\partial x}
    wrt = _variables(reading, below, bottom) if head is not None else []
    if head is None or not wrt:
        return None
    variables = [own for own, times in wrt for _ in range(times)]
    return Operator(after, variables, max(head[1], len(variables)), (head[0], high))


def _differential(reading: Reading, k: int, end: int) -> tuple[int, int] | None:
    r"""Where a numerator goes on after its ``\partial`` or ``\partial^2``, and the order."""
    raw = reading.raw
    after = _d(reading, k, end)
    if after is None or after >= end or raw[after].kind != "POWER":
        return None if after is None else (after, 1)
    low, high, after = argument(reading, after + 1, end)
    digits = "".join(token.text for token in raw[low:high])
    return (after, int(digits)) if digits in ("1", "2") else None


def _d(reading: Reading, k: int, end: int) -> int | None:
    r"""After a ``\partial``, ``d``, ``\mathrm{d}``, ``{\rm d}``; a word that begins with d loses it."""
    raw = reading.raw
    while k < end and raw[k].kind == "COMMAND" and raw[k].text in SPACES:
        k += 1
    if k >= end:
        return None
    token = raw[k]
    if token.text in DIFFERENTIALS:
        return k + 1
    if token.kind == "WORD" and token.text[0] == "d":
        _first_letter(reading, k)
        return k
    brace = k if token.kind == "LBRACE" else k + 1
    if token.kind != "LBRACE" and token.text not in FONTS:
        return None
    if brace < end and raw[brace].kind == "LBRACE":
        close = reading.cut.partner[brace]
        inside = [t for t in raw[brace + 1 : close] if t.text not in FONTS]
        return close + 1 if len(inside) == 1 and inside[0].text in DIFFERENTIALS else None
    return _d(reading, brace, end) if brace < end and raw[brace].text[0] == "d" else None


def _variables(reading: Reading, k: int, end: int) -> list[tuple[Part, int]]:
    r"""What stands below: ``\partial x``, ``\partial x^2``, ``\partial x\,\partial y^T``, ``dxdy``."""
    raw = reading.raw
    out: list[tuple[Part, int]] = []
    k, end = reading.trimmed((k, end))
    while k < end:
        start = _d(reading, k, end)
        if start is None or start >= end:
            return []
        if raw[start].kind == "WORD" and len(raw[start].text) > 1:
            out.append((_first_letter(reading, start), 1))
            k = start
            continue
        stop = start
        while stop < end and (stop == start or not _begins(reading, stop)):
            stop = reading.cut.partner.get(stop, stop) + 1
        low, high, times = _without_power(reading, *reading.trimmed((start, stop)))
        if low >= high:
            return []
        out.append(((low, high), times))
        k = stop
    return out


def _begins(reading: Reading, k: int) -> bool:
    """Whether another differential begins here."""
    token = reading.raw[k]
    return token.text in (r"\partial", "∂") or (token.kind == "WORD" and token.text[0] == "d")


def _without_power(reading: Reading, low: int, high: int) -> tuple[int, int, int]:
    r"""``x^2`` is by x twice, ``y^T`` by y."""
    raw = reading.raw
    caret = next((k for k in range(low, high) if raw[k].kind == "POWER"), None)
    if caret is None:
        return low, high, 1
    start, stop, after = argument(reading, caret + 1, high)
    key = "".join(token.text for token in raw[start:stop] if token.text not in FONTS)
    if after < high or key not in ("2", "t", *TRANSPOSES):
        return low, high, 1
    return low, caret, 2 if key == "2" else 1


def _nabla(reading: Reading, k: int, end: int) -> Operator | None:
    r"""``\nabla_U``, ``\nabla^2``, ``\nabla^2_{x}``."""
    raw = reading.raw
    order = 1
    wrt: list[Part] = []
    k += 1
    while k < end and raw[k].kind in ("UNDER", "POWER"):
        script = raw[k].kind
        low, high, k = argument(reading, k + 1, end)
        if script == "UNDER":
            commas = [j for j in range(low, high) if raw[j].kind == "COMMA"]
            wrt += [(a, b) for a, b in zip([low, *(j + 1 for j in commas)], [*commas, high], strict=True)]
        elif "".join(token.text for token in raw[low:high]) == "2":
            order = 2
        else:
            return None
    return None if order < len(wrt) else Operator(k, wrt, order, (k, k))


def derivative(reading: Reading, part: Part) -> Derivative | None:
    """The derivative that a whole part is; None where it is none. What it is of may be said nowhere."""
    raw = reading.raw
    if part[0] >= part[1]:
        return None
    if primed := _primed(reading, part):
        return primed
    if raw[part[0]].text not in HEADS:
        return None
    kept = list(raw)
    span = reading.expanded.span((raw[part[0]].start, raw[part[1] - 1].end))
    found = operator_of(reading, part)
    if found is None:
        return None
    after, variables, order, above = found
    above, rest = reading.trimmed(above), reading.trimmed((after, part[1]))
    if above[0] < above[1] and rest[0] < rest[1]:  # a product
        raw[:] = kept
        return None
    of_part = above if above[0] < above[1] else rest
    of = reading.name_or_tree(of_part) if of_part[0] < of_part[1] else NOTHING
    by = [reading.name_or_tree(own) for own in variables]
    wrt = tuple(map(entry_of, by_letters(by, raw[part[0]].text in FRACTIONS)))
    order = max(order, len(wrt))
    if not wrt and of_part[0] < of_part[1]:  # \\nabla f(x) is by x
        wrt = reading.left(of_part).arguments[:1] if len(reading.left(of_part).arguments) == 1 else ()
    return Derivative(of, wrt * 2 if order == 2 and len(wrt) == 1 else wrt, order, span)


def by_letters(by: list[Syntax], below_a_line: bool) -> list[Syntax]:
    r"""x and y of ``\nabla_{xy}``: the Hessian."""
    factors = by[0].factors if len(by) == 1 and isinstance(by[0], syntax.Juxtapose) else ()
    is_two = len(factors) == 2 and not below_a_line and all(isinstance(x, Name) for x in factors)
    return list(factors) if is_two else by


def _primed(reading: Reading, part: Part) -> Derivative | None:
    """``f'(x)`` and ``f''(x)``."""
    if not any(
        token.kind == "QUOTE" or token.text == r"\prime" for token in reading.raw[part[0] : min(part[1], part[0] + 8)]
    ):
        return None
    try:
        found = tokens_of(reading.cut, part, frozenset(), [])[:-1]
    except FormulaError:
        return None
    kinds = "".join(f"{token.kind} " for token in found)
    if not re.fullmatch(r"NAME (MARK ){1,2}LPAR NAME RPAR ", kinds) or any(
        t.text != "'" for t in found if t.kind == "MARK"
    ):
        return None
    of, by = (Name(token.text, reading.expanded.span(token.span)) for token in found if token.kind == "NAME")
    order = kinds.count("MARK")
    span = reading.expanded.span((found[0].start, found[-1].end))
    return Derivative(of, (by,) * order, order, span)


def entry_of(tree: Syntax) -> Syntax:
    """``X_ij`` by which something is differentiated is an entry."""
    if isinstance(tree, syntax.Name):
        stem, _, label = tree.text.rpartition("_")
        letters = label.split("_") if not stem else list(label)
        if stem and 0 < len(letters) <= 2 and all(letter in "ijklmnpqrst" for letter in letters):
            return syntax.Index(
                syntax.Name(stem, tree.span), tuple(syntax.Name(c, tree.span) for c in letters), tree.span
            )
    return tree
