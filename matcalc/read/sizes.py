"""The sizes of a declaration, computed while they are read: ``n+1``, ``2*m*n``, ``n*(n+1)/2``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matcalc.errors import FormulaError
from matcalc.read.formula import DIGITS
from matcalc.read.syntax import Span
from matcalc.read.tokens import Token, name_of
from matcalc.shape import Polynomial, Size, add, divide, excess, mul, names, text


class Sized(NamedTuple):
    value: Size
    span: Span


def positive(nodes: Sequence[object]) -> list[Size]:
    """The sizes, each of which can be a positive whole number."""
    sizes = [part for part in nodes if isinstance(part, Sized)]
    for size in sizes:
        if not _can_be_positive(size.value):
            raise FormulaError("a size is at least 1", spans=[size.span])
        if isinstance(size.value, Polynomial) and not names(size.value):
            raise FormulaError(f"a size is a whole number, and this is {text(size.value)}", spans=[size.span])
    return [size.value for size in sizes]


def _can_be_positive(size: Size) -> bool:
    if isinstance(size, Polynomial):  # without a positive term that grows, it is largest where every name is 1
        return any(c > 0 for monomial, c in size.terms if monomial) or sum(c for _, c in size.terms) > 0
    return isinstance(size, str) or size > 0


def _simple(size: Size, span: Span) -> Sized:
    if wrong := excess(size):
        raise FormulaError(wrong, spans=[span], hint="give it a name" if names(size) else "")
    return Sized(size, span)


def _size_sum(nodes: Sequence[object], marks: list[Token], span: Span) -> Sized:
    left, right = (part.value for part in nodes if isinstance(part, Sized))
    return _simple(add(left, right, 1 if marks[0].kind == "PLUS" else -1), span)


def _size_product(nodes: Sequence[object], marks: list[Token], span: Span) -> Sized:
    left, right = (part.value for part in nodes if isinstance(part, Sized))
    return _simple(mul(left, right), span)


def _size_quotient(nodes: Sequence[object], marks: list[Token], span: Span) -> Sized:
    """``n*(n+1)/2``: whole for every n, which is the user's to know."""
    (size,) = (part.value for part in nodes if isinstance(part, Sized))
    divisor = marks[1].text
    if not divisor.isdigit() or len(divisor) > DIGITS or int(divisor) == 0:
        raise FormulaError("a size is divided by a positive integer only", spans=[span])
    return _simple(divide(size, int(divisor)), span)


def _size_minus(nodes: Sequence[object], marks: list[Token], span: Span) -> Sized:
    (size,) = (part.value for part in nodes if isinstance(part, Sized))
    return Sized(mul(-1, size), span)


def _size_name(nodes: Sequence[object], marks: list[Token], span: Span) -> Sized:
    return Sized(name_of(marks[0]), span)


def _size_number(nodes: Sequence[object], marks: list[Token], span: Span) -> Sized:
    digits = marks[0].text
    if not digits.isdigit() or len(digits) > DIGITS:
        raise FormulaError("a size is an integer or a name, or a sum, difference or product of these", spans=[span])
    return _simple(int(digits), span)


# fmt: off
VERBS = {
    "size_sum":      _size_sum,
    "size_product":  _size_product,
    "size_quotient": _size_quotient,
    "size_minus":    _size_minus,
    "size_name":     _size_name,
    "size_number":   _size_number,
}
# fmt: on
