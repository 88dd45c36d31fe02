"""Matrices over vec as what they are: factors with one axis for every index, never the Kronecker product itself.

kron(A, B)[(j, i), (l, k)] = A[j, l] B[i, k], Diag(vec(M)) and commutation matrices only say which indices are the same. A
product joins indices; which of them are summed, and in what order, is planned when the array is wanted.

>>> from matcalc.write.code.ops import Ops
>>> a, b = Network.of("A", ("m", "n")), Network.of("B", ("p", "q"))
>>> print(kron(a, b).join(kron(Network.of("C", ("n", "m")), eye(("q",)))))
A[m, n] B[p, q] C[n, s] -> (m, p), (s, q)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from matcalc.shape import Size, mul, text

Held = TypeVar("Held")  # what stands for an array: an operation


class Index:
    """One index: what runs from 1 to a size. Two of one size are two. One that is ``bound`` stays the same in copies."""

    __slots__ = ("bound", "size")

    def __init__(self, size: Size, bound: bool = False) -> None:
        self.size = size
        self.bound = bound


Indices = tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Factor(Generic[Held]):
    """An array and the indices of each of its axes: one, or several side by side."""

    array: Held
    axes: tuple[Indices, ...]

    @property
    def indices(self) -> Indices:
        return tuple(index for axis in self.axes for index in axis)


@dataclass(frozen=True, slots=True)
class Term(Generic[Held]):
    """A product of numbers and factors; rows and columns are the indices from the slowest to the fastest. One that is in
    both is a diagonal, one in no factor runs over ones, and one in neither rows nor columns is summed. ``counted`` are those
    that are summed and in no factor: each stands for its size, as in ones(n)' ones(n)."""

    factors: tuple[Factor[Held], ...]
    rows: Indices
    cols: Indices
    sign: bool = True
    above: tuple[Held, ...] = ()
    below: tuple[Held, ...] = ()
    counted: Indices = ()

    def renamed(self, new: Mapping[Index, Indices]) -> Term[Held]:
        """With other indices for some."""

        def of(indices: Indices) -> Indices:
            return tuple(found for index in indices for found in new.get(index, (index,)))

        factors = tuple(Factor(factor.array, tuple(map(of, factor.axes))) for factor in self.factors)
        return replace(self, factors=factors, rows=of(self.rows), cols=of(self.cols), counted=of(self.counted))

    def fresh(self) -> Term[Held]:
        """The same with indices of its own."""
        return self.renamed({index: (Index(index.size),) for index in self.indices() if not index.bound})

    def indices(self) -> Indices:
        """Every index once, those of rows and columns first."""
        inner = [index for factor in self.factors for index in factor.indices]
        return tuple(dict.fromkeys([*self.rows, *self.cols, *inner, *self.counted]))

    def indices_of_factors(self) -> Indices:
        return tuple(dict.fromkeys(index for factor in self.factors for index in factor.indices))

    def summed(self) -> Indices:
        return tuple(index for index in self.indices() if index not in self.rows and index not in self.cols)

    def kept(self) -> Indices:
        """The indices of the result, each once."""
        return tuple(dict.fromkeys([*self.rows, *self.cols]))

    def pattern(self) -> tuple[int, ...]:
        """For each row and column index where it stands first: what is alike."""
        places = [*self.rows, *self.cols]
        return tuple(places.index(index) for index in places)

    def is_whole(self) -> bool:
        """Whether every row and column index is that of a factor: none runs over ones."""
        inside = {index for factor in self.factors for index in factor.indices}
        return inside.issuperset(self.kept())

    def is_separable(self) -> bool:
        """Whether, where rows and columns share an index, the rest of the rows and of the columns have no factor in common."""
        shared = set(self.rows) & set(self.cols)
        near, groups = set(self.rows) - shared, [set(factor.indices) - shared for factor in self.factors]
        for _ in groups:
            near = near.union(*[group for group in groups if group & near])
        return bool(set(self.cols) - shared) and not near & set(self.cols)

    def scaled(self, above: Sequence[Held], below: Sequence[Held], sign: bool = True) -> Term[Held]:
        return replace(self, sign=self.sign == sign, above=(*above, *self.above), below=(*below, *self.below))


@dataclass(frozen=True, slots=True)
class Network(Generic[Held]):
    """A sum of terms of the same rows and columns."""

    terms: tuple[Term[Held], ...]

    @classmethod
    def of(cls, array: Held, shape: Sequence[Size]) -> Network[Held]:
        """A matrix as it is; of a column or row the axis of length 1 is no index."""
        rows, cols = (tuple(Index(size) for size in (side,) if size != 1) for side in shape)
        return cls((Term((Factor(array, tuple((index,) for index in (*rows, *cols))),), rows, cols),))

    def __str__(self) -> str:
        return " + ".join(map(_text, self.terms))

    @property
    def transposed(self) -> Network[Held]:
        return Network(tuple(replace(term, rows=term.cols, cols=term.rows) for term in self.terms))

    def scaled(self, above: Sequence[Held], below: Sequence[Held], sign: bool = True) -> Network[Held]:
        return Network(tuple(term.scaled(above, below, sign) for term in self.terms))

    def join(self, other: Network[Held]) -> Network[Held] | None:
        """The matrix product; None where the rows and columns do not split alike."""
        found = [_joined(a, b) for a in self.terms for b in other.terms]
        terms = tuple(term for term in found if term is not None)
        return Network(terms) if len(terms) == len(found) else None

    def plus(self, other: Network[Held]) -> Network[Held] | None:
        """The sum; None where the rows and columns do not split alike."""
        terms = [*self.terms]
        for term in other.terms:
            both = _alike(terms, term)
            if both is None:
                return None
            terms = [*both[0], both[1]]
        return Network(tuple(terms))


def eye(sizes: Sequence[Size]) -> Network[Held]:
    indices = tuple(Index(size) for size in sizes)
    return Network((Term((), indices, indices),))


def ones(rows: Sequence[Size], cols: Sequence[Size]) -> Network[Held]:
    above, across = (tuple(Index(size) for size in side if size != 1) for side in (rows, cols))
    return Network((Term((), above, across),))


def commutation(m: Size, n: Size) -> Network[Held]:
    """K vec(A) = vec(A') for A m×n: row (i, j), column (j, i), the slower first."""
    i, j = Index(m), Index(n)
    return Network((Term((), (i, j), (j, i)),))


def kron(a: Network[Held], b: Network[Held]) -> Network[Held]:
    """The Kronecker product: indices side by side."""
    pairs = [(x.fresh(), y.fresh()) for x in a.terms for y in b.terms]
    return Network(tuple(_merged(x, y, (*x.rows, *y.rows), (*x.cols, *y.cols)) for x, y in pairs))


def khatri_rao(a: Network[Held], b: Network[Held]) -> Network[Held] | None:
    """The Kronecker products of the columns; None where the columns do not split alike."""
    found: list[Term[Held]] = []
    for x, y in [(x.fresh(), y.fresh()) for x in a.terms for y in b.terms]:
        splits = _splits(x.cols, y.cols)
        if splits is None:
            return None
        x, y = x.renamed(splits), y.renamed(splits)
        same = _united(x.cols, y.cols)
        found.append(_merged(x, y, (*x.rows, *y.rows), x.cols).renamed(same.names()))
    return Network(tuple(found))


def vec(a: Network[Held]) -> Network[Held]:
    """The columns on top of each other: the index of columns is the slower one."""
    return Network(tuple(replace(term, rows=(*term.cols, *term.rows), cols=()) for term in a.terms))


def diagonal_matrix(a: Network[Held]) -> Network[Held]:
    """Diag of a column."""
    return Network(tuple(replace(term, cols=term.rows) for term in a.terms))


# --- joining ----------------------------------------------------------------------------------------------------------


def _merged(x: Term[Held], y: Term[Held], rows: Indices, cols: Indices) -> Term[Held]:
    return Term(
        (*x.factors, *y.factors), rows, cols, x.sign == y.sign, (*x.above, *y.above), (*x.below, *y.below),
        (*x.counted, *y.counted),
    )  # fmt: skip


def _united(ours: Indices, theirs: Indices) -> _Same:
    """Indices of one term as those of another, one by one."""
    same = _Same()
    for one, other in zip(ours, theirs, strict=True):
        same.unite(one, other)
    return same


def _joined(x: Term[Held], y: Term[Held]) -> Term[Held] | None:
    """The product of two terms: the columns of the first are the rows of the second."""
    y = y.fresh()
    splits = _splits(x.cols, y.rows)
    if splits is None:
        return None
    x, y = x.renamed(splits), y.renamed(splits)
    same = _united(x.cols, y.rows)
    product = _merged(x, y, x.rows, y.cols).renamed(same.names())
    left = set(product.indices())
    counted = tuple(dict.fromkeys(i for index in x.cols if not (i := same.find(index)).bound and i not in left))
    return replace(product, counted=(*product.counted, *counted)) if counted else product


def _alike(terms: Sequence[Term[Held]], term: Term[Held]) -> tuple[list[Term[Held]], Term[Held]] | None:
    """Terms and one more with their rows and columns split alike."""
    out = [*terms]
    term = term.fresh()
    for side in ("rows", "cols"):
        for k, other in enumerate(out):
            splits = _splits(getattr(other, side), getattr(term, side))
            if splits is None:
                return None
            out[k], term = other.renamed(splits), term.renamed(splits)
    if any(_sizes(other) != _sizes(term) for other in out):
        return None
    return out, term


def _sizes(term: Term[Held]) -> tuple[list[Size], list[Size]]:
    return [index.size for index in term.rows], [index.size for index in term.cols]


def _splits(left: Indices, right: Indices) -> dict[Index, Indices] | None:
    """How indices are to be split so that both sides have the same sizes in the same order."""
    out: dict[Index, Indices] = {}
    a, b = list(left), list(right)
    while a and b:
        if a[0].size == b[0].size:
            a.pop(0)
            b.pop(0)
            continue
        for one, many in ((a, b), (b, a)):
            parts = _parts(one[0].size, many)
            if (
                parts
                and not one[0].bound
                and not (one[0] in out and [p.size for p in out[one[0]]] != [p.size for p in parts])
            ):
                out.setdefault(one[0], tuple(Index(part.size) for part in parts))
                one.pop(0)
                del many[: len(parts)]
                break
        else:
            return None
    return None if a or b else out


def _parts(size: Size, indices: Sequence[Index]) -> list[Index]:
    """The first of some indices, two or more, whose sizes make up a size."""
    total: Size = 1
    for k, index in enumerate(indices):
        total = mul(total, index.size)
        if total == size and k:
            return list(indices[: k + 1])
    return []


class _Same:
    """Which indices are the same."""

    def __init__(self) -> None:
        self.parent: dict[Index, Index] = {}

    def find(self, index: Index) -> Index:
        while index in self.parent:
            index = self.parent[index]
        return index

    def unite(self, a: Index, b: Index) -> None:
        a, b = self.find(a), self.find(b)
        if a is not b:
            a, b = (b, a) if b.bound else (a, b)
            self.parent[b] = a

    def names(self) -> dict[Index, Indices]:
        return {index: (self.find(index),) for index in self.parent}


def _text(term: Term[Held]) -> str:
    """For people: the factors with the sizes of their indices, one of a size that is taken under another letter."""
    names: dict[Index, str] = {}
    spare = iter("stuvwxyz")
    for index in [i for factor in term.factors for i in factor.indices] + [*term.rows, *term.cols]:
        if index not in names:
            name = text(index.size)
            names[index] = next(spare) if name in names.values() else name
    factors = " ".join(f"{f.array}[{', '.join(names[i] for i in f.indices)}]" for f in term.factors)
    rows, cols = (", ".join(names[i] for i in side) for side in (term.rows, term.cols))
    return f"{factors} -> ({rows}), ({cols})"
