"""Terms of a sum as factors in a row: how each can be read, and what several begin or end alike with.

>>> from matcalc.expr import Symbol
>>> A, B, C = (Symbol(name, ("n", "n")) for name in "ABC")
>>> common([(A, (A, B, C)), (A, (A, B, B, C))], last=False) == (A, B)
True
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from matcalc.algebra import transpose
from matcalc.algebra.terms import monomial, parts
from matcalc.expr import Expr, Scaled, Word

Reading = tuple[Expr, tuple[Expr, ...]]  # a scalar and the factors of a word


def readings(term: Expr) -> list[Reading]:
    """(scalar, factors) of a term as a word: also with one 1×1 word of the scalar put back: (b'x) a = a b' x."""
    value, scalars, body = parts(term)
    if body is None:
        return []
    word = body.factors if type(body) is Word else (body,)
    out: list[Reading] = [(Scaled(value, scalars, None), word)]
    cut = _cut(word)
    if cut is None:
        return out
    for base, exponent in scalars:
        if exponent == 1 and type(base) is Word:
            rest = monomial(value, {b: e for b, e in scalars if b is not base}, None)
            ways = (base.factors, tuple(transpose(f) for f in reversed(base.factors)))
            out += [(rest, (*word[:cut], *inner, *word[cut:])) for inner in ways]
    return out


def _cut(word: tuple[Expr, ...]) -> int | None:
    """Where an inner (or the last, the first) size of a word is 1."""
    for k, f in enumerate(word):
        if f.shape[0] == 1:
            return k
    return len(word) if word[-1].shape[1] == 1 else None


def common(words: Sequence[Reading], last: bool) -> tuple[Expr, ...]:
    """The factors that words begin (end) alike with, taken out at once: up to where one has no other left, or sym a use."""
    turned = [word[::-1] if last else word for _, word in words]
    most = max(min(map(len, turned)) - 1, 1)
    length = 1
    while length < most and len({word[length] for word in turned}) == 1 and not _has_transposes(turned, length):
        length += 1
    return turned[0][:length][::-1] if last else turned[0][:length]


def _has_transposes(words: Sequence[tuple[Expr, ...]], start: int) -> bool:
    """Whether from a place on one word is the transpose of another."""
    return any(
        len(a) == len(b) and all(f is transpose(g) for f, g in zip(a[start:], reversed(b[start:]), strict=True))
        for a, b in combinations(words, 2)
    )
