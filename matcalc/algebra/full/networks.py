"""Products of entries, summed over some of their indices, in canonical form: what every matrix product is, index by index.

(A B)_ij = Σ_k A_ik B_kj is a network: the letters are its edges, the indices its vertices; i and j are free, k is bound.
A transpose swaps two vertices, a trace joins two, Diag(x)_ij = x_i δ_ij makes i and j one vertex, a Kronecker product puts
two vertices into one index. So formulas that differ only in how they are arranged are one network, up to the names of the
bound vertices; ``settled`` chooses these, and what is then equal is equal for all sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import permutations
from typing import NamedTuple

from matcalc.expr import Rational
from matcalc.shape import Size, mul

Index = tuple[int, ...]  # the vertices that one index is made of, the slowest first; () where the size is 1
Edge = tuple[int, tuple[Index, ...], Rational]  # atom, its indices, exponent
Meeting = tuple[int, int, int]  # a slot, the atom that it meets there, and the slot of that


class TooLarge(Exception):
    """The form has too many terms, or indices that do not fit together; nothing is known then."""


class Monomial(NamedTuple):
    """A network in canonical form: free vertices come first, in the order of row and col. ``sizes`` are numbers of sizes."""

    row: Index
    col: Index
    sizes: tuple[int, ...]
    edges: tuple[Edge, ...]


ONE = Monomial((), (), (), ())  # without edges: the number 1


@dataclass
class Atom:
    """A letter of a network, with what is known of it.

    ``words``: symmetric, skew, binary, positive, …. ``meets``: where two of them are joined by an index that occurs nowhere
    else, what takes their place: "delta" (inv(A) A = I) or "same" (P P = P).
    """

    number: int
    words: frozenset[str] = frozenset()
    meets: dict[Meeting, str] = field(default_factory=dict)
    value: Rational | None = None  # of a number under a root
    network: Monomial | None = None  # of a network that is raised to a power
    terms: tuple[tuple[Monomial, Rational], ...] = ()  # of a sum that is raised to a power
    logarithm: tuple[tuple[Monomial, Rational], ...] = ()  # of an exponential


class Atoms:
    """The letters and sizes of some formulas, each with its number."""

    def __init__(self) -> None:
        self.atoms: list[Atom] = []
        self._numbers: dict[object, int] = {}
        self.sizes: list[Size] = []
        self._size_numbers: dict[Size, int] = {}

    def size(self, size: Size) -> int:
        if size not in self._size_numbers:
            self._size_numbers[size] = len(self.sizes)
            self.sizes.append(size)
        return self._size_numbers[size]

    def atom(self, key: object, words: Iterable[str] = ()) -> Atom:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.atoms)
            self.atoms.append(Atom(number, frozenset(words)))
        return self.atoms[number]


class Network:
    """A network that is being put together: add, join, and then ``settled``."""

    def __init__(self, atoms: Atoms) -> None:
        self.atoms = atoms
        self.sizes: list[Size] = []
        self.parent: list[int] = []
        self.parts: dict[int, Index] = {}  # of a vertex that turned out to be several
        self.edges: list[Edge] = []
        self.gone: set[int] = set()  # bound vertices that were summed over together with all that stood at them

    def vertex(self, size: Size) -> int:
        self.sizes.append(size)
        self.parent.append(len(self.parent))
        return len(self.parent) - 1

    def add(self, one: Monomial) -> tuple[Index, Index]:
        """A copy; its row and column."""
        shift = len(self.parent)
        for number in one.sizes:
            self.vertex(self.atoms.sizes[number])
        for atom, args, exponent in one.edges:
            self.add_edge(atom, tuple(tuple([v + shift for v in arg]) for arg in args), exponent)
        return tuple([v + shift for v in one.row]), tuple([v + shift for v in one.col])

    def add_edge(self, atom: int, args: tuple[Index, ...], exponent: Rational) -> None:
        """A power of a network with bound indices as so many copies of it, where there are few."""
        inner = self.atoms.atoms[atom].network
        if inner is None or not isinstance(exponent, int) or not 0 < exponent <= COPIES:
            self.edges.append((atom, args, exponent))
            return
        for _ in range(exponent):
            row, _ = self.add(inner)
            for own, arg in zip(row, args, strict=True):
                self.join((own,), arg)

    def whole(self, index: Index) -> list[int]:
        """The vertices that an index now is."""
        out: list[int] = []
        stack = list(reversed(index))
        while stack:
            v = stack.pop()
            while self.parent[v] != v:
                v = self.parent[v]
            if v in self.parts:
                stack += reversed(self.parts[v])
            else:
                out.append(v)
        return out

    def join(self, a: Index, b: Index) -> None:
        """Makes two indices one."""
        left, right = self.whole(a), self.whole(b)
        while left and right:
            x, y = left[0], right[0]
            if x == y:
                del left[0], right[0]
            elif self.sizes[x] == self.sizes[y]:
                self.parent[max(x, y)] = min(x, y)
                left, right = self.whole(tuple(left[1:])), self.whole(tuple(right[1:]))
            elif (count := self._count(x, right)) or (other := self._count(y, left)):
                if count:
                    self.parts[x] = tuple(right[:count])
                else:
                    self.parts[y] = tuple(left[:other])
                left, right = self.whole(tuple(left)), self.whole(tuple(right))
            else:
                raise TooLarge
        if left or right:
            raise TooLarge

    def _count(self, vertex: int, others: Sequence[int]) -> int:
        """How many of the first of others have the size of the vertex together; 0 where that does not come out."""
        total: Size = 1
        for k, other in enumerate(others):
            if other == vertex:
                return 0
            total = mul(total, self.sizes[other])
            if total == self.sizes[vertex]:
                return k + 1
        return 0

    def cut(self, index: Index, width: Size) -> tuple[Index, Index]:
        """An index as two, the second of which has this size."""
        vertices = self.whole(index)
        total: Size = 1
        for k in range(len(vertices), -1, -1):
            if total == width:
                return tuple(vertices[:k]), tuple(vertices[k:])
            if k:
                total = mul(total, self.sizes[vertices[k - 1]])
        raise TooLarge

    def settled(self, row: Index, col: Index, factor: Rational = 1) -> Iterator[tuple[Monomial, Rational]]:
        """The network as monomials with coefficients: none where it is zero, several where a size is a sum."""
        from matcalc.algebra.full.canonical import settled

        return settled(self, row, col, factor)


COPIES = 4


# --- edges that stand at one place ----------------------------------------------------------------------------------------


def merged(net: Network, edges: Iterable[Edge]) -> tuple[Rational, list[Edge]] | None:
    """The edges with those of one atom at one place as a power, and the number that came out; None where they give zero."""
    found: dict[tuple[int, tuple[Index, ...]], Rational] = {}
    factor: Rational = 1
    for number, args, exponent in edges:
        atom = net.atoms.atoms[number]
        args = tuple([tuple(net.whole(arg)) for arg in args])
        if len(args) == 2 and args[1] < args[0] and not atom.words.isdisjoint(TURNED):
            if "skew" in atom.words and (not isinstance(exponent, int) or exponent % 2):
                if not isinstance(exponent, int):
                    raise TooLarge
                factor = -factor
            args = args[::-1]
        if "skew" in atom.words and args[0] == args[1]:
            return None
        found[number, args] = found.get((number, args), 0) + exponent
    out: list[Edge] = []
    for (number, args), exponent in found.items():
        atom = net.atoms.atoms[number]
        if atom.value is not None:  # a number under a root
            whole = exponent.__floor__()
            factor *= Fraction(atom.value) ** whole
            exponent -= whole
        if exponent > 0 and "binary" in atom.words:
            exponent = 1
        if exponent:
            out.append((number, args, lowest(exponent)))
    return lowest(factor), out


TURNED = frozenset({"symmetric", "skew"})
POSITIVE = frozenset({"positive", "nonnegative"})


def lowest(value: Rational) -> Rational:
    return value.numerator if value.denominator == 1 else value


def rearranged(edge: Edge, order: dict[int, int]) -> Edge:
    atom, args, exponent = edge
    return atom, tuple([tuple([order[v] for v in arg]) for arg in args]), exponent


def orders(count: int) -> Iterator[tuple[int, ...]]:
    """The orders of a few things; of many only the given one."""
    return permutations(range(count)) if count <= 3 else iter([tuple(range(count))])
