"""The indices of sums inside expressions: which are free, and what an expression becomes at another index.

An index is a size whose name begins with ``#``, which nobody can type. Until an index has been made nobody looks for one.
"""

from __future__ import annotations

from itertools import count
from typing import cast

from matcalc.algebra import rebuild, selectors, terms, totals
from matcalc.expr import Add, Constant, Exponent, Expr, Scaled, Symbol, Total, unremembered
from matcalc.shape import Polynomial, Size, add, mul, names, substitute

NONE: frozenset[str] = frozenset()
_KEY = "indices"
_HEIGHT = "height"
_made = count(1)
_some: list[str] = []  # not empty once there is an index


def fresh() -> str:
    """An index that stands nowhere yet."""
    begin()
    return f"#~{next(_made)}"


def begin() -> None:
    """From now on there are indices."""
    if not _some:
        _some.append("#")


def is_index(name: str) -> bool:
    return name[0] == "#"


def indices_in(size: Size) -> frozenset[str]:
    """The indices in a size."""
    if type(size) is int:
        return NONE
    return frozenset(name for name in names(size) if is_index(name))


def indices(node: Expr) -> frozenset[str]:
    """The indices that an expression depends on; those of the sums inside are bound there."""
    if not _some:
        return NONE
    found = node.memo.get(_KEY)
    if found is None:
        for inner in unremembered(node, _KEY):
            inner.memo[_KEY] = _own(inner)
        found = node.memo[_KEY]
    return found  # type: ignore[return-value]


def _own(node: Expr) -> frozenset[str]:
    sizes: tuple[Size, ...] = ()
    if type(node) is Constant:
        sizes = node.parameters
    elif type(node) is Symbol and node.member is not None:
        sizes = node.member[:1]
    if type(node) is Total:
        return indices(node.count) | (indices(node.body) - {node.index})
    return NONE.union(*map(indices_in, sizes), *[c.memo[_KEY] for c in node.children])  # type: ignore[arg-type]


def depends(node: Expr | Exponent, index: str) -> bool:
    return isinstance(node, Expr) and index in indices(node)


def height(node: Expr) -> int:
    """How deep sums are nested in an expression."""
    if not _some:
        return 0
    if _HEIGHT not in node.memo:
        for inner in unremembered(node, _HEIGHT):
            below = max((cast("int", c.memo[_HEIGHT]) for c in inner.children), default=0)
            inner.memo[_HEIGHT] = below + (type(inner) is Total)
    return node.memo[_HEIGHT]  # type: ignore[return-value]


def at(node: Expr, index: str, place: Size) -> Expr:
    """The expression at another index: ``place`` stands for the index wherever that is free."""
    if place == index or index not in indices(node):
        return node
    memo: dict[Expr, Expr] = {}
    stack = [node]
    while stack:
        inner = stack[-1]
        if inner in memo:
            stack.pop()
        elif index not in indices(inner):
            memo[inner] = inner
        elif type(inner) is Total and inner.index in indices_in(place):
            name, body = opened(inner)
            memo[inner] = totals.total(name, at(inner.count, index, place), at(body, index, place))
        elif missing := [c for c in inner.children if c not in memo]:
            stack += missing
        else:
            memo[inner] = _at(inner, index, place, memo)
    return memo[node]


def _at(node: Expr, index: str, place: Size, memo: dict[Expr, Expr]) -> Expr:
    if type(node) is Constant:
        return rebuild.constant(node, {index: place})
    if type(node) is Symbol and node.member is not None:
        which = substitute(node.member.which, {index: place})
        of = node.of if node.of is None else at(node.of, index, place)
        return Symbol(node.name, node.shape, node.properties, of, node.member._replace(which=which))
    return rebuild.rebuild(node, memo.__getitem__)


def opened(node: Total) -> tuple[str, Expr]:
    """An index that stands nowhere else, and the body with it."""
    name = fresh()
    return name, at(node.body, node.index, name)


def number(index: Size) -> Expr:
    """The index as a number."""
    return terms.size(index)


def is_count(count: Expr) -> bool:
    """Whether a count is known not to be negative: a size, or a letter that stands for a count."""
    size = size_of(count)
    if size is not None:
        return selectors.at_least(size, 0)
    return type(count) is Symbol


def size_of(node: Expr) -> Size | None:
    """The size that a scalar expression is; None for what is no size."""
    value = terms.as_number(node)
    if value is not None:
        return value if isinstance(value, int) else None
    match node:
        case Constant("size", (size,)):
            return size
        case Scaled(number, scalars, None):
            total: Size = Polynomial((((), number),)) if not isinstance(number, int) else number
            for base, exponent in scalars:
                inner = size_of(base)
                if inner is None or not isinstance(exponent, int) or not 0 < exponent < 10:
                    return None
                for _ in range(exponent):
                    total = mul(total, inner)
            return total
        case Add(items):
            total = 0
            for item in items:
                if (one := size_of(item)) is None:
                    return None
                total = add(total, one)
            return total
    return None
