"""Sums: flat, sorted, primitive. 2A + 2B is 2·(A + B), and Y - U V' is -(U V' - Y): the sign and the content leave the sum.

The sign is chosen by a key that the transpose does not change, so that only skew sums change sign under it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from fractions import Fraction
from math import gcd, lcm

from matcalc.algebra import conjugates, terms, transposes
from matcalc.expr import HEAVIEST, Add, Expr, Rational, Scaled

Coefficients = dict[Expr, Rational]


def add(items: Iterable[Expr]) -> Expr:
    """The sum of expressions of one shape; at least one."""
    found: Coefficients = {}
    shape = None
    for item in items:
        shape = item.shape
        _collect(found, item, 1)
    assert shape is not None
    kept = [(node, c) for node, c in found.items() if c]
    if not kept:
        return terms.zeros(*shape)
    if len(kept) == 1:
        return terms.scale_by(kept[0][1], kept[0][0])
    content = _content([c for _, c in kept])
    lead = max(kept, key=_sign_key)
    if lead[1] < 0:
        content = -content
    kept.sort(key=_node)
    node = Add(tuple([terms.scale_by(_divide(c, content), n) for n, c in kept]))
    return node if content == 1 else terms.scale_by(content, node)


def sub(a: Expr, b: Expr) -> Expr:
    return add((a, terms.neg(b)))


def terms_of(node: Expr) -> tuple[Expr, ...]:
    """The terms of a sum, with its content multiplied in; one term for anything else."""
    found: Coefficients = {}
    _collect(found, node, 1)
    return tuple(terms.scale_by(c, n) for n, c in found.items() if c)


def inner_sum(node: Expr) -> Add | None:
    """The sum that a number multiplies, if the node is a number times a sum."""
    if type(node) is Add:
        return node
    if type(node) is Scaled:
        if node.body is None:
            if len(node.scalars) == 1 and node.scalars[0][1] == 1 and type(node.scalars[0][0]) is Add:
                return node.scalars[0][0]
        elif not node.scalars and type(node.body) is Add:
            return node.body
    return None


def _collect(found: Coefficients, item: Expr, factor: Rational) -> None:
    if type(item) is Add:
        for term in item.terms:
            _collect_term(found, term, factor)
        return
    inner = inner_sum(item)
    if inner is not None:
        factor = factor * item.number  # type: ignore[attr-defined]
        for term in inner.terms:
            _collect_term(found, term, factor)
        return
    _collect_term(found, item, factor)


def _collect_term(found: Coefficients, term: Expr, factor: Rational) -> None:
    if type(term) is Scaled:
        if term.number != 1:
            factor = factor * term.number
            term = terms._assemble(1, term.scalars, term.body) if term.number else term
    elif terms.is_zero(term):
        return
    found[term] = found.get(term, 0) + factor


def _content(coefficients: list[Rational]) -> Rational:
    """The positive rational that leaves whole coefficients without a common factor."""
    if all(type(c) is int for c in coefficients):
        return gcd(*coefficients)  # type: ignore[arg-type]
    return terms._lowest(
        Fraction(gcd(*[c.numerator for c in coefficients]), lcm(*[c.denominator for c in coefficients]))
    )


def _divide(c: Rational, content: Rational) -> Rational:
    if content == 1:
        return c
    if content == -1:
        return -c
    return terms._lowest(Fraction(c) / content)


def _node(item: tuple[Expr, Rational]) -> Expr:
    return item[0]


class _Invariant:
    """Orders terms by min(term, term'), so that a sum and its transpose choose the same leading term: a number leads
    (1 - x), else the heaviest, and among the equally heavy the first in the alphabet."""

    __slots__ = ("first", "node", "weight")

    def __init__(self, node: Expr) -> None:
        self.node = node
        self.weight = HEAVIEST if node is terms.ONE or terms.is_constant(node, "ones") else node.weight
        self.first: Expr | None = None

    def least(self) -> Expr:
        if self.first is None and self.node in _turning.nodes:
            return (
                self.node
            )  # S sigmoid(R) with a skew R, whose transpose is a sum with a term like it: the sum is heavier
        if self.first is None:
            _turning.nodes.add(self.node)
            try:
                self.first = min(self.node, transposes.transpose(self.node))
            finally:
                _turning.nodes.discard(self.node)
            if conjugates.is_complex(self.node):  # conj(Z) - A and A - Z: a sum and its conjugate choose alike, too
                self.first = min(self.first, conjugates.conjugate(self.node), conjugates.adjoint(self.node))
        return self.first

    def __lt__(self, other: _Invariant) -> bool:
        if self.weight != other.weight:
            return self.weight < other.weight
        a, b = self.least(), other.least()
        return b < a if a is not b else other.node < self.node


class _Turning(threading.local):
    """The nodes whose transposes are being formed, to be compared."""

    def __init__(self) -> None:
        self.nodes: set[Expr] = set()


_turning = _Turning()


def _sign_key(item: tuple[Expr, Rational]) -> _Invariant:
    return _Invariant(item[0])
