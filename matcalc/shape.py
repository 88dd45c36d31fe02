"""Sizes and shapes: a size is a positive integer, a name, or a polynomial of these with rational coefficients.

>>> text(add(mul("m", "n"), 1))
'm*n+1'
>>> mul("n", "m") == mul("m", "n")
True
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, cast

TERMS = 32  # of one size, and factors of one of its terms
LARGEST = 10**18  # number in a size

Monomial = tuple[str, ...]  # sorted names; () is the constant term
Coefficient = int | Fraction  # a fraction only where it is none the less whole: n*(n+1)/2


class Polynomial(NamedTuple):
    """A size that is neither a number nor a single name; terms are sorted, coefficients are not zero."""

    terms: tuple[tuple[Monomial, Coefficient], ...]


Size = int | str | Polynomial
Shape = tuple[Size, Size]

SCALAR: Shape = (1, 1)


def _terms(size: Size) -> dict[Monomial, Coefficient]:
    match size:
        case int():
            return {(): size} if size else {}
        case str():
            return {(size,): 1}
        case _:
            return dict(size.terms)


def _size(terms: dict[Monomial, Coefficient]) -> Size:
    """The canonical size of a polynomial: an int or a name where it is one."""
    kept = sorted((m, _whole(c)) for m, c in terms.items() if c)
    if not kept:
        return 0
    if len(kept) == 1:
        (monomial, coefficient), *_ = kept
        if not monomial and isinstance(coefficient, int):
            return coefficient
        if coefficient == 1 and len(monomial) == 1:
            return monomial[0]
    return Polynomial(tuple(kept))


def _whole(value: Coefficient) -> Coefficient:
    return value.numerator if value.denominator == 1 else value


def add(a: Size, b: Size, sign: int = 1) -> Size:
    terms = _terms(a)
    for monomial, coefficient in _terms(b).items():
        terms[monomial] = terms.get(monomial, 0) + sign * coefficient
    return _size(terms)


def sub(a: Size, b: Size) -> Size:
    return add(a, b, -1)


def mul(a: Size, b: Size) -> Size:
    if a == 1:
        return b
    if b == 1:
        return a
    terms: dict[Monomial, Coefficient] = {}
    for m, c in _terms(a).items():
        for n, d in _terms(b).items():
            key = tuple(sorted(m + n))
            terms[key] = terms.get(key, 0) + c * d
    return _size(terms)


def divide(a: Size, divisor: int) -> Size:
    """The size divided by a number: ``divide(mul("n", add("n", 1)), 2)``."""
    return _size({m: Fraction(c, divisor) for m, c in _terms(a).items()})


def excess(size: Size) -> str:
    """What is too large about a size, in words; empty where nothing is."""
    if isinstance(size, Polynomial):
        if len(size.terms) > TERMS or any(len(monomial) > TERMS for monomial, _ in size.terms):
            return f"this size has more than {TERMS} terms or factors"
        numbers = [coefficient for _, coefficient in size.terms]
    else:
        numbers = [size] if isinstance(size, int) else []
    if any(max(abs(number.numerator), number.denominator) > LARGEST for number in numbers):
        return "this size is larger than any array"
    return ""


def names(size: Size) -> tuple[str, ...]:
    """The names in a size, sorted, each once."""
    return tuple(sorted({name for monomial, _ in _terms(size).items() for name in monomial}))


def value(size: Size, sizes: dict[str, int]) -> int:
    """The size as a number, given numbers for its names; KeyError for a name that has none."""
    total: Coefficient = 0
    for monomial, coefficient in _terms(size).items():
        for name in monomial:
            coefficient *= sizes[name]
        total += coefficient
    if total.denominator != 1:
        raise ValueError(f"{text(size)} is {total} here, and a size is a whole number")
    return int(total)


def substitute(size: Size, sizes: dict[str, Size]) -> Size:
    """The size with names replaced by sizes."""
    if isinstance(size, int):
        return size
    if isinstance(size, str):
        return sizes.get(size, size)
    total: Size = 0
    for monomial, coefficient in size.terms:
        term = _size({(): coefficient})
        for name in monomial:
            term = mul(term, sizes.get(name, name))
        total = add(total, term)
    return total


def text(size: Size) -> str:
    """The size as a user types it: ``n``, ``3``, ``n+1``, ``2*m*n-1``."""
    if not isinstance(size, Polynomial):
        return str(size)
    out = ""
    ordered = sorted(size.terms, key=lambda t: (t[1] < 0, -len(t[0]), t[0]))  # positive first, products first
    for monomial, coefficient in ordered:
        letters = "*".join(monomial)
        number = abs(coefficient)
        body = letters if letters and number == 1 else f"{number}*{letters}" if letters else str(number)
        out += ("-" if coefficient < 0 else "+" if out else "") + body
    return out


def shape_text(shape: Shape) -> str:
    """A shape in words: ``scalar``, ``vector(n)``, ``row(n)``, ``matrix(m, n)``."""
    if len(cast("tuple[Size, ...]", shape)) > 2:  # a family of matrices as one array
        return f"array({', '.join(map(text, shape))})"
    rows, columns = shape
    if rows == 1 and columns == 1:
        return "scalar"
    if columns == 1:
        return f"vector({text(rows)})"
    if rows == 1:
        return f"row({text(columns)})"
    return f"matrix({text(rows)}, {text(columns)})"
