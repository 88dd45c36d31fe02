"""A sum Σ S_i A_ij T_j' of words with selectors, read as the block [A, B; C, D] that it is.

>>> from matcalc.algebra import block, eye, symbol
>>> A = symbol("A", ("m", "n"))
>>> layout(block([[A], [eye("n")]])) == ((A,), (eye("n"),))
True
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from matcalc.algebra import add, block, eye, product, zeros
from matcalc.algebra.selectors import KINDS, Range, at_least, before, range_of, turned_range_of
from matcalc.algebra.sums import inner_sum, terms_of
from matcalc.algebra.terms import parts, product_of_scalars
from matcalc.expr import Add, Constant, Expr, Scaled, Transpose, Word
from matcalc.shape import Size
from matcalc.shape import add as plus
from matcalc.shape import sub as minus

Rows = tuple[tuple[Expr, ...], ...]
MOST = 64  # terms of a sum that is looked at


class Cell(NamedTuple):
    """A term of the sum: which rows and columns it fills, with what."""

    rows: Range
    cols: Range
    part: Expr


def layout(node: Expr) -> Rows | None:
    """The parts row by row; None for what is no block, or would not read back as the very same expression."""
    if not _has_selectors(node):
        return None
    cells = [_cell(term) for term in terms_of(node)]
    found = _grid([cell for cell in cells if cell is not None]) if all(cells) else None
    if found is None or len(found) == len(found[0]) == 1 or block(found) is not node:
        return None
    return found


def gathered(total: Add) -> tuple[Expr, ...]:
    """The terms of a sum, those that make a block taken together: [x; y] and -A z; empty where there is no such block."""
    if len(total.terms) > MOST:
        return ()
    chosen = [term for term in total.terms if _selects(term)]
    if not 1 < len(chosen) < len(total.terms):
        return ()
    whole = add(chosen)
    return (whole, *[t for t in total.terms if not _selects(t)]) if layout(inner_sum(whole) or whole) else ()


def _has_selectors(node: Expr) -> bool:
    """Whether some term begins or ends with a selector; a unit vector alone is none."""
    total = inner_sum(node)
    if total is None:
        return _selects(node)
    return len(total.terms) <= MOST and any(_selects(term) for term in total.terms)


def _selects(term: Expr) -> bool:
    body = parts(term)[2]
    if type(body) is Add:
        return any(_selects(inner) for inner in body.terms if type(inner) is not Add)
    if type(body) is Word:
        return _is_selector(body.factors[0]) or _is_selector(body.factors[-1])
    return body is not None and _is_selector(body) and not _is_unit(body)


def _is_selector(node: Expr) -> bool:
    base = node.base if type(node) is Transpose else node
    return type(base) is Constant and base.kind in KINDS


def _is_unit(node: Expr) -> bool:
    return 1 in node.shape


def _cell(term: Expr) -> Cell | None:
    """What a term fills: S A T' the rows of S and the columns of T; None where a sum in it fills more than one place."""
    value, scalars, body = parts(term)
    if body is None:
        return None
    scalar = Scaled(value, scalars, None)
    if type(body) is Add:
        inner = [_cell(t) for t in body.terms if type(parts(t)[2]) is not Add]
        first = inner[0] if inner else None
        if first is None or len(inner) != len(body.terms):
            return None
        same = [c for c in inner if c is not None and c[:2] == first[:2]]
        if len(same) != len(inner):
            return None
        return Cell(first.rows, first.cols, product_of_scalars([scalar, add([c.part for c in same])]))
    word = body.factors if type(body) is Word else (body,)
    rows, cols = range_of(word[0]), turned_range_of(word[-1])
    core = word[1 if rows else 0 : len(word) - (1 if cols else 0)]
    rows = rows or Range(1, body.rows, body.rows)
    cols = cols or Range(1, body.cols, body.cols)
    inside = product(*core) if core else _identity(rows, cols)
    return None if inside is None else Cell(rows, cols, product_of_scalars([scalar, inside]))


def _identity(rows: Range, cols: Range) -> Expr | None:
    """What is left of a selector without a product: S = S I, S T' = S I T'."""
    return eye(rows.width) if rows.width == cols.width else None


def _grid(cells: list[Cell]) -> Rows | None:
    """The parts, with zeros where there is none."""
    height, width = cells[0].rows.rows, cells[0].cols.rows
    down = _line({cell.rows for cell in cells}, height)
    if down is None:
        return None
    out: list[tuple[Expr, ...]] = []
    for rows, size in down:
        filled = [cell for cell in cells if cell.rows == rows]
        along = _line({cell.cols for cell in filled}, width)
        if along is None:
            return None
        row = [[c.part for c in filled if c.cols == cols] or [zeros(size, across)] for cols, across in along]
        out.append(tuple([add(part) for part in row]))
    return tuple(out)


def _line(ranges: Iterable[Range], total: Size) -> list[tuple[Range | None, Size]] | None:
    """The ranges in order, with the gaps between them; None where they overlap, or that is not known."""
    left = set(ranges)
    out: list[tuple[Range | None, Size]] = []
    cursor: Size = 1
    while left:
        first = [a for a in left if all(a is b or before(a, b) for b in left)]
        if len(first) != 1 or not _put_gap(out, minus(first[0].first, cursor)):
            return None
        out.append((first[0], first[0].width))
        cursor = first[0].after
        left.remove(first[0])
    return out if _put_gap(out, minus(plus(total, 1), cursor)) else None


def _put_gap(out: list[tuple[Range | None, Size]], size: Size) -> bool:
    """Add a gap of zeros, where there is one; False where it is not known whether there is."""
    if size == 0:
        return True
    out.append((None, size))
    return at_least(size, 1)
