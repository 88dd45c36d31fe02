"""The entries ∂F_ij/∂X_kl of a derivative: what dF becomes where dX is e_k e_l', read at row i and column j.

    A dX B      A[i,k] B[l,j]                 dX'     δ_il δ_jk
    P ⊙ dX      P[i,j] δ_ik δ_jl              tr(G' dX)   G[k,l]

With dX a product of unit vectors every matrix product falls apart there, so there are no sums left over indices; what has
no such form stays a matrix formula, of which an entry is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from matcalc.algebra import add, call, hadamard, number, ones, product, transpose, unit
from matcalc.algebra.diagonals import Diag
from matcalc.algebra.entries import entry, is_entry, is_product, is_unit, merged, place_of
from matcalc.algebra.hadamards import entrywise
from matcalc.algebra.indices import indices
from matcalc.algebra.rebuild import rebuild, substitute
from matcalc.algebra.sums import terms_of
from matcalc.algebra.terms import is_zero, monomial, parts, product_of_scalars
from matcalc.algebra.words import outer_parts
from matcalc.expr import Add, Call, Expr, Hadamard, Named, Symbol, Word, postorder
from matcalc.rules import functions as tables
from matcalc.shape import Shape, Size
from matcalc.steps import members
from matcalc.steps.compact import compact
from matcalc.steps.differential import differential, differential_symbol
from matcalc.steps.project import projected

Terms = tuple[Expr, ...]
MOST = 48  # terms that are kept apart; more of them stay one sum
LETTERS = ("i", "j", "k", "l", "p", "q", "r", "s", "t", "u", "v", "h", "o")


class Place(NamedTuple):
    """A row and a column, as indices; None along a dimension of size 1."""

    row: Size | None
    col: Size | None

    @property
    def indices(self) -> tuple[Size, ...]:
        return tuple([index for index in self if index is not None])


def places(shapes: Sequence[Shape], taken: Collection[str]) -> tuple[Place, ...]:
    """Letters for the entries of arrays of these shapes, i, j, k, l and on, that are not taken.

    >>> places([("m", "n"), ("p", 1)], {"k"})
    (Place(row='i', col='j'), Place(row='l', col=None))
    """
    names = (n for n in (*LETTERS, *(f"i_{k}" for k in range(1, 100))) if n not in taken)
    return tuple(Place(*[None if size == 1 else next(names) for size in shape]) for shape in shapes)


def entries(F: Expr, x: Symbol, at: Place, by: Place) -> Expr:
    """∂F_at/∂x_by in compact form."""
    dx = differential_symbol(x)
    return entries_of(differential(F, members.moved(F, x, dx)), x, dx, at, by)


def entries_of(dF: Expr, x: Symbol, dx: Symbol, at: Place, by: Place) -> Expr:
    """The same, of a differential: that of a variable in a linear space is projected onto it."""
    return _entries(dF, dx, one_entry(x, by), at, by)


def entries_by(dF: Expr, dx: Symbol, at: Place, by: Place) -> Expr:
    """The same by what moves freely."""
    return _entries(dF, dx, (_unit_matrix(dx.shape, by),), at, by)


def _entries(dF: Expr, dx: Symbol, direction: Terms, at: Place, by: Place) -> Expr:
    letters = (*at.indices, *by.indices)
    found = [
        merged(term, letters)
        for part in linear_terms(dF, dx, direction)
        for term in terms_of(entry(part, at.row or 1, at.col or 1))
    ]
    return compact_entries(add(found)) if found else number(0)


def one_entry(x: Symbol, by: Place) -> Terms:
    """dX where only the entry at a place moves: e_k e_l', projected onto the space of X, as terms."""
    E = _unit_matrix(x.shape, by)
    free = Symbol("d" + x.name, x.shape)
    return linear_terms(projected(free, x)[0], free, (E,))


def _unit_matrix(shape: Shape, by: Place) -> Expr:
    return product(unit(by.row or 1, shape[0]), transpose(unit(by.col or 1, shape[1])))


def compact_entries(total: Expr) -> Expr:
    """A scalar made compact with its entries kept whole: A[i,k] + B[i,l] is not (A e_k + B e_l)[i]."""
    found = [node for node in postorder(total) if is_entry(node) and not indices(node)]
    whole: dict[Expr, Expr] = {node: Symbol(f"entry_{k}", node.shape) for k, node in enumerate(sorted(found))}
    back = {letter: node for node, letter in whole.items()}
    return gathered(compact(substitute(total, whole)), back)


def gathered(node: Expr, entries: Mapping[Expr, Expr]) -> Expr:
    """Letters replaced by their entries, (A B)[i,j] - C[i,j] in a sum as (A B - C)[i,j]."""
    memo: dict[Expr, Expr] = dict(entries)
    for inner in postorder(node):
        if inner in memo:
            continue
        if isinstance(inner, Add) and any(made := [_as_entry(term, entries) for term in inner.terms]):
            memo[inner] = _sum_of_entries(inner, made, memo)
        else:
            memo[inner] = rebuild(inner, memo.__getitem__)
    return memo[node]


def _as_entry(term: Expr, entries: Mapping[Expr, Expr]) -> tuple[Expr, Size | None, Size | None] | None:
    """(A, i, j) of a term that is an entry, times what depends on no index; an entry of A' is one of A."""
    factor, scalars, body = parts(term)
    held = [base for base, exponent in scalars if base in entries and exponent == 1]
    rest = [base for base, _ in scalars if base not in held]
    if body is not None or len(held) != 1 or any(inner in entries for inner in postorder(*rest)):
        return None
    word = entries[held[0]]
    assert isinstance(word, Word)
    core, i, j = place_of(word)
    if str(i or "") > str(j or ""):
        core, i, j = transpose(core), j, i
    scale = monomial(factor, {base: exponent for base, exponent in scalars if base is not held[0]}, None)
    return product(scale, core), i, j


def _sum_of_entries(
    total: Add, found: Sequence[tuple[Expr, Size | None, Size | None] | None], memo: Mapping[Expr, Expr]
) -> Expr:
    """The sum with the entries of one place taken together, where one of them is of a product."""
    groups: dict[tuple[Size | None, Size | None], list[int]] = {}
    for k, entry_at in enumerate(found):
        if entry_at is not None:
            groups.setdefault(entry_at[1:], []).append(k)
    together: dict[int, Expr] = {}
    for (i, j), places_of in groups.items():
        cores = [core for k in places_of if (at := found[k]) is not None for core in (at[0],)]
        if len(places_of) > 1 and any(is_product(core) for core in cores):
            inside = compact(add(cores))
            together |= dict.fromkeys(places_of, number(0))
            together[places_of[0]] = product(_row(i, inside), inside, _column(j, inside))
    return add([together[k] if k in together else memo[term] for k, term in enumerate(total.terms)])


def _row(i: Size | None, A: Expr) -> Expr:
    return number(1) if i is None else transpose(unit(i, A.shape[0]))


def _column(j: Size | None, A: Expr) -> Expr:
    return number(1) if j is None else unit(j, A.shape[1])


def linear_terms(dF: Expr, dx: Expr, values: Terms) -> Terms:
    """dF with dx replaced by a sum, as terms: sums are multiplied out along the way to it."""
    found: dict[Expr, Terms] = {dx: values}
    for node in postorder(dF):
        if node in found or not any(child in found for child in node.children):
            continue
        made = [term for term in _linear(node, found) if not is_zero(term)]
        found[node] = tuple(made) if len(made) <= MOST else (add(made),)
    return found.get(dF, ())


def _linear(node: Expr, found: Mapping[Expr, Terms]) -> Terms:
    match node:
        case Named(_, body):
            return found[body]
        case Add(items):
            return tuple([term for item in items for term in found.get(item, ())])
        case Hadamard(factors):
            (linear,) = [base for base, _ in factors if base in found]
            rest = entrywise({base: e for base, e in factors if base is not linear}, node.shape)
            return tuple([_entrywise(rest, term) for term in found[linear]])
        case Call(name, (inner,)) if name in tables.having("mask"):
            mask = call(name, (ones(*node.shape),), node.shape)
            return tuple([_entrywise(mask, term) for term in found[inner]])
    (linear,) = [child for child in dict.fromkeys(node.children) if child in found]
    return tuple([_replaced(node, linear, term) for term in found[linear]])


def _replaced(node: Expr, linear: Expr, term: Expr) -> Expr:
    return rebuild(node, lambda child: term if child is linear else child)


def _entrywise(P: Expr, term: Expr) -> Expr:
    """P ⊙ (s u v') = s Diag(u) P Diag(v)."""
    factor, scalars, body = parts(term)
    if type(body) is Word and (sides := outer_parts(body)) is not None:
        u, v = sides
        made = product(_diagonal(u), P, _diagonal(v))
    elif body is not None and body.shape[1] == 1:
        made = product(body, transpose(body), P) if is_unit(body) else product(Diag(P), body)
    elif body is not None and body.shape[0] == 1:
        made = transpose(_entrywise(transpose(P), transpose(body)))
    else:
        return hadamard(P, term)
    return product_of_scalars([monomial(factor, dict(scalars), None), made])


def _diagonal(u: Expr) -> Expr:
    """Diag(u), which is e e' for a unit vector."""
    return product(u, transpose(u)) if is_unit(u) else Diag(u)
