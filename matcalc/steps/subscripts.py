"""Sums over an index and subscripts as they are written: what is bound where, and what is refused with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.read import syntax
from matcalc.read.syntax import Span, Syntax
from matcalc.shape import Size
from matcalc.steps import typed
from matcalc.steps.scope import names_in
from matcalc.steps.signature import signatures

if TYPE_CHECKING:
    from matcalc.steps.resolve import Resolver

# Constants of which an index picks one of many, and the matrix whose columns those are: e(i, n) is eye(n)[:,i].
COLUMNS_OF = {"unit": "eye"}


def index_sum(resolver: Resolver, arguments: tuple[Syntax, ...], span: Span) -> None:
    """``sum(i=1..n, body)``: the index is bound until the node of the sum is met."""
    first, *bodies = arguments
    if not isinstance(first, syntax.Range) or isinstance(arguments[-1], syntax.Range) or len(bodies) != 1:
        resolver.error("a sum over an index takes a range and what is summed", span, "write sum(i=1..n, x[i])")
    scope = resolver.scope
    if _whole(first.low) != 1:
        resolver.unsupported("sums over a part of a dimension, from another index than 1,", first.low.span)
    size = scope.size(first.high)
    if size is None or (isinstance(size, int) and size < 2):
        resolver.unsupported("sums up to anything but the size of a dimension", first.high.span)
    node = typed.IndexSum(span, scope.bind(first.letter, size, first.span), scope.bound.get(first.letter))
    scope.bound[first.letter] = node.bound
    resolver.push(node, bodies[0])


def index(resolver: Resolver, base: Syntax, subscripts: tuple[Syntax | None, ...], span: Span) -> None:
    """``x[i]``, ``A[i,j]``, ``A[i,:]`` with bound indices and numbers."""
    if len(subscripts) > 2:
        resolver.error("an entry has one subscript or two", span, "write x[i] or A[i,j]")
    places = tuple(None if subscript is None else _subscript(resolver, subscript) for subscript in subscripts)
    if isinstance(base, syntax.Name):
        _take_note(resolver, base.text, len(subscripts))
    resolver.push(typed.Indexed(span, places), base)


def _subscript(resolver: Resolver, tree: Syntax) -> typed.Bound | Size:
    while isinstance(tree, syntax.Group) and len(tree.items) == 1:
        tree = tree.items[0]
    if isinstance(tree, syntax.Name) and (bound := resolver.scope.bound.get(tree.text)) is not None:
        return bound
    number = _whole(tree)
    if number is None:
        return _symbolic(resolver, tree)
    if number < 1:
        resolver.error("entries are counted from 1", tree.span)
    return number


def _symbolic(resolver: Resolver, tree: Syntax) -> Size:
    """An index that is a size: ``k``, ``n``, ``i + 1`` of declared ones."""
    used = list(names_in(tree))
    known = resolver.scope.size_names
    if any(name in resolver.scope.bound for name in used):
        resolver.unsupported("subscripts that are computed from the index of a sum", tree.span)
    for name in used:
        if name not in known:
            hint = f"bind it in a sum, sum({name}=1..n, …), or declare it: {name} : size"
            resolver.error(f"{name} is no index here", tree.span, hint)
    size = resolver.scope.size(tree) if used else None
    if size is None:
        resolver.unsupported("subscripts other than whole numbers, sizes and the indices of sums", tree.span)
    return size


def _whole(tree: Syntax) -> int | None:
    while isinstance(tree, syntax.Group) and len(tree.items) == 1:
        tree = tree.items[0]
    return tree.value if isinstance(tree, syntax.Number) and isinstance(tree.value, int) else None


def _take_note(resolver: Resolver, name: str, subscripts: int) -> None:
    """A lower-case name with one subscript is a vector, one with two a matrix."""
    scope = resolver.scope
    if name in scope.size_names or (name not in scope.entries and any(not s.arguments for s in signatures(name))):
        return
    entry = scope.letter(name)
    if entry.role == "inferred" and entry.kinds != ("matrix",):
        entry.kinds = ("vector",) if subscripts == 1 else ("matrix",)


def by_name(resolver: Resolver, text: str, span: Span) -> bool:
    """Whether a name is an entry by its subscript: ``x_i``, ``A_{ij}`` in LaTeX where a sum binds i and j."""
    scope = resolver.scope
    stem, _, letters = text.rpartition("_")
    if not stem or text in scope.entries or text in scope.size_names:
        return False
    if not all(letter in scope.bound or letter.isdigit() for letter in letters) or letters.isdigit():
        return False
    if resolver.spelling != "latex":
        resolver.error(
            f"{text} is not declared, and a sum binds its subscript", span, f"an entry is {_hint(stem, letters)}"
        )
    end = span[1]
    subscripts: tuple[Syntax, ...] = tuple(
        syntax.Number(int(letter), (end, end)) if letter.isdigit() else syntax.Name(letter, span) for letter in letters
    )
    index(resolver, syntax.Name(stem, span), subscripts, span)
    return True


def _hint(stem: str, letters: str) -> str:
    return f"{stem}[{','.join(letters)}]"


def column(resolver: Resolver, name: str, arguments: tuple[Syntax, ...], span: Span) -> bool:
    """Whether a constant stands for one of many by a bound index: ``e(i, n)`` for ``eye(n)[:,i]``."""
    if len(arguments) != 2 or not isinstance(arguments[0], syntax.Name):
        return False
    if arguments[0].text not in resolver.scope.bound:
        return False
    matrix = next((COLUMNS_OF[s.record.name] for s in signatures(name) if s.record.name in COLUMNS_OF), None)
    if matrix is None:
        return False
    index(resolver, syntax.Apply(matrix, (arguments[1],), 0, span), (None, arguments[0]), span)
    return True
