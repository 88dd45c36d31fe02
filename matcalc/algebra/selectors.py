"""Blocks: [A, B; C, D] = Σ S_i A_ij T_j', with selectors S = [0; I; 0], which are columns of an identity.

selector(first, width, rows)   columns first, …, first + width - 1 of the identity; a unit vector where that is one
block(rows)                    the matrix that is made of parts
meet(left, right)              what neighbours in a product become: S_i' S_i = I, S_i' S_j = 0, S_i' (S_i A + S_j B) = A
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from matcalc.algebra import calls, hadamards, sums, terms, transposes, words
from matcalc.expr import Add, Call, Constant, Expr, Hadamard, Transpose, Word
from matcalc.rules import functions as tables
from matcalc.shape import Polynomial, Size, names, substitute
from matcalc.shape import add as plus
from matcalc.shape import sub as minus

KINDS = ("selector", "unit")


class Range(NamedTuple):
    """``width`` indices from ``first`` on, out of ``rows``."""

    first: Size
    width: Size
    rows: Size

    @property
    def after(self) -> Size:
        return plus(self.first, self.width)


def selector(first: Size, width: Size, rows: Size) -> Expr:
    """The n×p matrix [0; I; 0] whose identity begins in row ``first``."""
    if width == rows:
        return terms.eye(rows)
    if width == 1:
        return Constant("unit", (rows, 1), (first, rows))
    above = minus(first, 1)
    return Constant("selector", (rows, width), (above, width, minus(minus(rows, above), width)))


def range_of(node: Expr) -> Range | None:
    """What a selector or a unit vector selects; None for anything else."""
    if type(node) is not Constant or node.kind not in KINDS:
        return None
    first = plus(node.parameters[0], 1) if node.kind == "selector" else node.parameters[0]
    return Range(first, node.shape[1], node.shape[0])


def unit_of(node: Expr | None) -> Size | None:
    """i of the unit vector e_i."""
    return node.parameters[0] if type(node) is Constant and node.kind == "unit" else None


def turned_range_of(node: Expr) -> Range | None:
    """What the transpose of a selector selects."""
    return range_of(node.base) if type(node) is Transpose else None


@lru_cache(4096)
def at_least(size: Size, least: int) -> bool:
    """Whether a size is known to be so large, when every name in it is 1 or more."""
    lowest = minus(substitute(size, {name: plus(name, 1) for name in names(size)}), least)
    if isinstance(lowest, Polynomial):
        return all(coefficient >= 0 for _, coefficient in lowest.terms)
    return isinstance(lowest, str) or lowest >= 0


def before(a: Range, b: Range) -> bool:
    """Whether a is known to end before b begins."""
    return at_least(minus(b.first, a.after), 0)


def _within(a: Range, b: Range) -> bool:
    """Whether a is known to lie in b."""
    return at_least(minus(a.first, b.first), 0) and at_least(minus(b.after, a.after), 0)


def block(rows: Sequence[Sequence[Expr]]) -> Expr:
    """The matrix [A, B; C, D] of parts whose sizes fit."""
    height, width = _total([row[0].shape[0] for row in rows]), _total([part.shape[1] for part in rows[0]])
    items: list[Expr] = [terms.zeros(height, width)]
    top: Size = 1
    for row in rows:
        left: Size = 1
        down = selector(top, row[0].shape[0], height)
        for part in row:
            along = selector(left, part.shape[1], width)
            items.append(words.product(down, part, transposes.transpose(along)))
            left = plus(left, part.shape[1])
        top = plus(top, row[0].shape[0])
    return sums.add(items)


def _total(sizes: Sequence[Size]) -> Size:
    total: Size = 0
    for size in sizes:
        total = plus(total, size)
    return total


# --- neighbours in a product ----------------------------------------------------------------------------------------


def meet(left: Expr, right: Expr) -> list[Expr] | None:
    """What takes the place of two neighbours one of which is a selector, or None where they stay."""
    a, b = turned_range_of(left), range_of(right)
    if a is not None and b is not None:
        return _relation(a, b)
    if a is not None:
        return _selected(left, right)
    if b is not None and type(right) is Constant:
        outer = range_of(left)
        if outer is not None:  # columns of columns
            return [selector(minus(plus(outer.first, b.first), 1), b.width, outer.rows)]
        found = _selected(transposes.transpose(right), transposes.transpose(left)) if _may_select(left) else None
        return None if found is None else [transposes.transpose(node) for node in found]
    return None


def _relation(a: Range, b: Range) -> list[Expr] | None:
    """S_a' S_b: the identity, 0, or a selector where one range lies in the other."""
    if a == b:
        return []
    if before(a, b) or before(b, a):
        return [terms.zeros(a.width, b.width)]
    if _within(b, a):
        return [selector(plus(minus(b.first, a.first), 1), b.width, a.width)]
    if _within(a, b):
        return [transposes.transpose(selector(plus(minus(a.first, b.first), 1), a.width, b.width))]
    return None


def _may_select(node: Expr) -> bool:
    return type(node) in (Add, Hadamard, Call, Transpose, Constant)


def _selected(turned: Expr, node: Expr) -> list[Expr] | None:
    """S' M for what is made of blocks: rows are taken out of sums, entrywise products and entrywise functions."""
    if type(node) is Transpose and (inner := range_of(node.base)) is not None:
        outer = turned_range_of(turned)
        assert outer is not None
        whole = selector(minus(plus(inner.first, outer.first), 1), outer.width, inner.rows)
        return [transposes.transpose(whole)]
    if terms.is_constant(node, "ones") and node.shape[1] == 1:
        return [terms.ones(turned.shape[0], 1)]
    if not is_stacked(node):
        return None
    match node:
        case Add(items):
            return [sums.add([words.product(turned, term) for term in items])]
        case Hadamard(powers):
            taken = [hadamards.entry_power(words.product(turned, base), exponent) for base, exponent in powers]
            return [hadamards.hadamard(*taken)]
        case Call(name, (inner_node,)):
            taken_from = words.product(turned, inner_node)
            return [calls.call(name, (taken_from,), taken_from.shape)]
    return None


def is_stacked(node: Expr) -> bool:
    """Whether some term begins with a selector, also inside entrywise products and functions."""
    found = node.memo.get(is_stacked)
    if found is None:
        found = node.memo[is_stacked] = _is_stacked(node)
    return bool(found)


def _is_stacked(node: Expr) -> bool:
    match node:
        case Add(items):
            return any(_begins(terms.parts(term)[2]) for term in items)
        case Hadamard(powers):
            return all(not isinstance(e, Expr) for _, e in powers) and any(_is_block(b) for b, _ in powers)
        case Call(_, (inner,)):
            return is_entrywise(node) and not node.parameters and _is_block(inner)
    return False


def _is_block(node: Expr) -> bool:
    return is_stacked(node) if type(node) is Add else type(node) is Word and _begins(node)


def _begins(body: Expr | None) -> bool:
    first = body.factors[0] if type(body) is Word else body
    return first is not None and range_of(first) is not None


def is_entrywise(node: Call) -> bool:
    """Whether a call is that of an entrywise function, of the tables or declared by the user."""
    return _is_entrywise(node.function)


@tables.cached
def _is_entrywise(name: str) -> bool:
    return all(record.kind == "entrywise" for record in tables.lookup(name))


# --- selectors round a sum --------------------------------------------------------------------------------------------


def spread(kept: Sequence[Expr]) -> Expr | None:
    """S (A + B) T' = S A T' + S B T', so that a sum of blocks and a block of sums are one; None where it is no such word."""
    if not 2 <= len(kept) <= 3:
        return None
    leads, ends = range_of(kept[0]) is not None, turned_range_of(kept[-1]) is not None
    core = kept[1 if leads else 0 : -1 if ends else None]
    if len(core) != 1 or type(core[0]) is not Add:
        return None
    left, right = kept[: 1 if leads else 0], kept[len(kept) - (1 if ends else 0) :]
    return sums.add([words.product(*left, term, *right) for term in core[0].terms])
