"""Sums over an index and subscripts as they are written: what is bound where, and what is refused with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matcalc.algebra import indices
from matcalc.algebra.selectors import at_least
from matcalc.expr import COMPLEX, Member, Symbol
from matcalc.read import syntax
from matcalc.read.syntax import Span, Syntax
from matcalc.read.trees import names_in
from matcalc.shape import Size, names, sub
from matcalc.shape import text as size_text
from matcalc.steps import typed
from matcalc.steps.kinds import Entry
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
    if len(scope.bound) >= NESTED:
        resolver.unsupported(f"more than {NESTED} sums inside one another", span)
    low, high = scope.place(first.low), scope.place(first.high)
    if low is None:
        resolver.error("a sum begins at a whole number or a size", first.low.span, "write sum(i=1..n, x[i])")
    if high is None and indices.indices_in(low):
        resolver.error("a range that depends on an index ends at a size", first.high.span)
    if high is None and not any(True for _ in names_in(first.high)):
        resolver.error("a sum ends at a whole number or a size", first.high.span, "write sum(i=1..n, x[i])")
    if isinstance(high, int) and isinstance(low, int) and high < low:
        resolver.error(f"the range {low}..{high} is empty", first.span)
    bound = scope.bind(first.letter, low, high, first.span)
    node = typed.IndexSum(span, bound, scope.bound.get(first.letter))
    if high is None:
        resolver.push(node, *bodies, first.high)
    else:
        resolver.push(node, *bodies)
    scope.bound[first.letter] = bound


NESTED = 60  # sums inside one another


def index(resolver: Resolver, base: Syntax, subscripts: tuple[Syntax | None, ...], span: Span) -> None:
    """``x[i]``, ``A[i,j]``, ``A[i+1,:]`` with indices, sizes and numbers."""
    if len(subscripts) > 2:
        resolver.error("an entry has one subscript or two", span, "write x[i] or A[i,j]")
    if isinstance(base, syntax.Name) and base.text in resolver.scope.families and not resolver.scope.known(base.text):
        (which, *others) = subscripts
        if others or which is None:
            resolver.error(f"{base.text} is a family, and one of it has one index", span, f"write {base.text}[i]")
        _member(resolver, base.text, place(resolver, which), span)
        return
    places = tuple(None if subscript is None else place(resolver, subscript) for subscript in subscripts)
    reach: tuple[list[Size], ...] = tuple([] for _ in places)
    if isinstance(base, syntax.Name) and resolver.scope.family(base.text) is None:
        _take_note(resolver, base.text, len(subscripts))
        reach = tuple(resolver.scope.reach.setdefault((base.text, len(places), k), []) for k in range(len(places)))
    for own, found in zip(places, reach, strict=True):
        if own is not None and own.most is not None and indices.indices_in(own.size):
            found.append(own.most)
    node = typed.Indexed(span, places, reach)
    match subscripts:
        case (syntax.Number(int(value)) as number,) if resolver.spelling == "latex" and 10 < value < 100 and value % 10:
            node.digits = tuple(place(resolver, number._replace(value=int(digit))) for digit in str(value))
    resolver.push(node, base)


def place(resolver: Resolver, tree: Syntax) -> typed.Place:
    """A subscript: an index of a sum around it, a size, a whole number, or sums and differences of these."""
    scope = resolver.scope
    for name in names_in(tree):
        if name not in scope.bound and name not in scope.size_names:
            resolver.error(
                f"no sum binds the index {name}", tree.span, f"write sum({name}=1..n, …), or declare {name} : size"
            )
    size = scope.place(tree)
    if size is None or (not isinstance(size, int) and not names(size)):
        resolver.error("a subscript is a whole number, an index or a size, or sums and differences of these", tree.span)
    if isinstance(size, int) and size < 1:
        resolver.error("entries are counted from 1", tree.span)
    least, most = scope.extent(size)
    if isinstance(least, int) and least < 1:
        resolver.error(f"entries are counted from 1, and this begins at {least}", tree.span)
    bound = next((b for b in scope.bound.values() if b.name == size), None)
    return typed.Place(size, bound, least, most, tree.span)


def _take_note(resolver: Resolver, name: str, subscripts: int) -> None:
    """A lower-case name with one subscript is a vector, one with two a matrix."""
    scope = resolver.scope
    if name in scope.size_names or (name not in scope.entries and any(not s.arguments for s in signatures(name))):
        return
    entry = scope.letter(name)
    if entry.role == "inferred" and entry.kinds != ("matrix",):
        entry.kinds = ("vector",) if subscripts == 1 else ("matrix",)


def member(resolver: Resolver, text: str, span: Span) -> bool:
    """Whether a name is one of a family by its subscript: x_i under a sum over i, x_1, x_k of a size k."""
    scope = resolver.scope
    declaration = scope.family(text)
    if declaration is None or declaration.family is None:
        return False
    stem, _, index = text.rpartition("_")
    if not index.isdigit() and index not in scope.bound and index not in scope.size_names:
        many = size_text(declaration.family[2])
        hint = f"write sum({index}=1..{many}, …)"
        if resolver.spelling == "latex":
            hint = rf"write \sum_{{{index}=1}}^{{{many}}} ( … ) with all that is summed in brackets"
        resolver.error(f"{text} stands outside of a sum over {index}", span, hint)
    tree: Syntax = syntax.Number(int(index), span) if index.isdigit() else syntax.Name(index, span)
    _member(resolver, stem, place(resolver, tree), span)
    return True


def _member(resolver: Resolver, stem: str, which: typed.Place, span: Span) -> None:
    declaration = resolver.scope.families[stem]
    assert declaration.family is not None
    if not COMPLEX.isdisjoint(declaration.words):
        resolver.unsupported("complex members of a family", span)
    letter, _, many = declaration.family
    inside = which.most is not None and at_least(sub(many, which.most), 0)
    beyond = which.most is not None and at_least(sub(which.most, many), 1)
    if beyond or (indices.indices_in(which.size) and not inside):
        ends = "" if which.most in (None, which.size) else f", and here it runs to {size_text(which.most or 0)}"
        resolver.error(f"the members of the family are {stem}_1 to {stem}_{size_text(many)}{ends}", span)
    entry = Entry(stem, "given", declaration.shape)
    entry.expression = Symbol(stem, declaration.shape, declaration.words, member=Member(which.size, many, letter))
    resolver.push(typed.Letter(span, entry))


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
    index(resolver, syntax.Name(stem, span), written(letters, span), span)
    return True


def written(places: Iterable[str], span: Span) -> tuple[Syntax, ...]:
    """The subscripts that labels of a name spell."""
    end = (span[1], span[1])
    return tuple(syntax.Number(int(place), end) if place.isdigit() else syntax.Name(place, span) for place in places)


def _hint(stem: str, letters: str) -> str:
    return f"{stem}[{','.join(letters)}]"


def column(resolver: Resolver, name: str, arguments: tuple[Syntax, ...], span: Span) -> bool:
    """Whether a constant stands for one of many by a bound index: ``e(i, n)`` for ``eye(n)[:,i]``."""
    if len(arguments) != 2 or resolver.scope.bound.keys().isdisjoint(names_in(arguments[0])):
        return False
    matrix = next((COLUMNS_OF[s.record.name] for s in signatures(name) if s.record.name in COLUMNS_OF), None)
    if matrix is None:
        return False
    index(resolver, syntax.Apply(matrix, (arguments[1],), 0, span), (None, arguments[0]), span)
    return True
