"""Networks in canonical form: what cancels is taken out, equal parts become powers, bound vertices get their numbers."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import product as choices

from matcalc.algebra.networks import (
    TURNED,
    Atom,
    Edge,
    Index,
    Monomial,
    Network,
    TooLarge,
    lowest,
    merged,
    orders,
    rearranged,
)
from matcalc.expr import Rational
from matcalc.shape import Polynomial, Size, mul

LEAVES = 720  # labellings that are compared
EDGES = 80

Order = dict[int, int]  # the numbers of vertices
Coded = tuple[tuple[Edge, ...], tuple[int, ...]]  # edges over free vertices and then bound ones; the sizes of the bound


def settled(net: Network, row: Index, col: Index, factor: Rational) -> Iterator[tuple[Monomial, Rational]]:
    """The network as monomials with coefficients: none where it is zero, several where a size is a sum."""
    if len(net.edges) > EDGES:
        raise TooLarge
    while True:
        found = merged(net, net.edges)
        if found is None:
            return
        factor, net.edges = factor * found[0], found[1]
        free = set(net.whole(row + col))
        if not _reduced(net, free):
            break
    used = {v for _, args, _ in net.edges for arg in args for v in arg}
    alone = sorted({v for k in range(len(net.parent)) for v in net.whole((k,))} - used - free - net.gone)
    for number, names in _product_of_sizes([net.sizes[v] for v in alone]):
        extra: list[Edge] = [(net.atoms.atom(("size", name), SIZE).number, (), 1) for name in names]
        monomial, sign = _numbered(net, tuple(net.whole(row)), tuple(net.whole(col)), [*net.edges, *extra])
        if sign:
            yield monomial, factor * number * sign


SIZE = frozenset({"positive", "nonnegative"})


def _product_of_sizes(sizes: Sequence[Size]) -> Iterator[tuple[Rational, tuple[str, ...]]]:
    """The product of sizes as a sum of numbers times names."""
    terms = [
        s.terms if isinstance(s, Polynomial) else (((), s),) if isinstance(s, int) else (((s,), 1),) for s in sizes
    ]
    for chosen in choices(*terms):
        number: Rational = 1
        names: tuple[str, ...] = ()
        for monomial, coefficient in chosen:
            number, names = number * coefficient, names + monomial
        yield number, names


# --- what cancels ---------------------------------------------------------------------------------------------------------


def _reduced(net: Network, free: set[int]) -> bool:
    """Whether something was taken out, so that the edges have to be looked at again."""
    places: dict[Index, list[tuple[int, int]]] = {}
    count: dict[int, int] = {}
    for k, (_, args, exponent) in enumerate(net.edges):
        if _at_triangle(net, k):
            return True
        times = exponent if isinstance(exponent, int) and 0 < exponent <= 2 else 3
        for slot, arg in enumerate(args):
            places.setdefault(arg, []).extend([(k, slot)] * times)
            for v in arg:
                count[v] = count.get(v, 0) + times
    for index, met in places.items():
        if not index or any(v in free for v in index):
            continue
        if len(met) == 1 and count[index[0]] == 1 and all(count[v] == 1 for v in index):
            if _summed_to_one(net, met[0][0]):
                return True
        elif len(met) == 2 and all(count[v] == 2 for v in index) and _meet(net, *met):
            return True
    return False


def _summed_to_one(net: Network, k: int) -> bool:
    """Σ_i p_i = 1 for a distribution."""
    atom, args, _ = net.edges[k]
    if len(args) == 1 and "distribution" in net.atoms.atoms[atom].words:
        net.gone.update(args[0])
        del net.edges[k]
        return True
    return False


def _meet(net: Network, first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Σ_j A_ij inv(A)_jk = δ_ik and the like."""
    for (k, s), (m, t) in ((first, second), (second, first)):
        (a, left, _), (b, right, _) = net.edges[k], net.edges[m]
        meets = net.atoms.atoms[a].meets
        kind = next((meets[x, b, y] for x in _slots(net, a, s) for y in _slots(net, b, t) if (x, b, y) in meets), None)
        if kind is None:
            continue
        net.gone.update(left[s])
        for place in sorted({k, m}, reverse=True):
            del net.edges[place]
        rest = [arg for slot, arg in enumerate(left) if slot != s], [arg for slot, arg in enumerate(right) if slot != t]
        if kind == "same":
            net.edges.append((a, (rest[0][0], rest[1][0]), 1))
        elif rest[0]:
            net.join(rest[0][0], rest[1][0])
        return True
    return False


def _slots(net: Network, atom: int, slot: int) -> tuple[int, ...]:
    """The slot, and of a symmetric atom the other one."""
    return (slot, 1 - slot) if "symmetric" in net.atoms.atoms[atom].words else (slot,)


def _at_triangle(net: Network, k: int) -> bool:
    """T_ii = 1, T_ij T_ji = δ_ij, and T_ij L_ij = L_ij for a lower triangular L."""
    atom, args, _ = net.edges[k]
    if "triangle" not in net.atoms.atoms[atom].words:
        return False
    if args[0] == args[1]:
        del net.edges[k]
        return True
    for number, other, exponent in net.edges:
        words = net.atoms.atoms[number].words
        same, turned = other == args, other == args[::-1]
        if number != atom and ((same and "lower" in words) or (turned and "upper" in words)) and exponent > 0:
            del net.edges[k]
            return True
        if exponent > 0 and ((turned and (number == atom or "lower" in words)) or (same and "upper" in words)):
            del net.edges[k]
            net.join(args[0], args[1])
            return True
    return False


# --- numbers for the vertices ---------------------------------------------------------------------------------------------


def _numbered(net: Network, row: Index, col: Index, edges: list[Edge]) -> tuple[Monomial, int]:
    """The canonical monomial, and 1, -1, or 0 where it is equal to its own negative."""
    row, col, edges = _coarsened(net, row, col, edges)
    order = {v: k for k, v in enumerate(dict.fromkeys(row + col))}
    sign = 1
    found: dict[Coded, list[list[Edge]]] = {}
    for part in connected(edges, order):
        turned, coded = labelled(net, part, order)
        if not turned:
            return EMPTY, 0
        sign *= turned
        found.setdefault(coded, []).append(part)
    ready: list[Coded] = []
    powers = {(atom, args): e for (((atom, args, e), *_), _) in found if net.atoms.atoms[atom].network is not None}
    for coded, same in found.items():
        if not coded[1] and coded[0][0][:2] in powers:
            continue  # a power of a part, which is met below
        if (len(same) == 1 and not powers) or not coded[1]:
            ready.append(coded)
            continue
        inner, (atom, args, power) = wrapped(net, same[0], order, len(same))
        power += powers.pop((atom, args), 0)
        if power == 1 == len(same):
            ready.append(coded)
        else:
            sign *= (inner * labelled(net, same[0], order)[0]) ** len(same)
            ready += [(((atom, args, lowest(power)),), ())] if power else []
    ready += [(((atom, args, power),), ()) for (atom, args), power in powers.items()]
    sizes = [net.atoms.size(net.sizes[v]) for v in order]
    out: list[Edge] = []
    for edges_in, bound in sorted(ready):
        shift = len(sizes) - len(order)
        for atom, args, exponent in edges_in:
            out.append((atom, tuple([tuple([v + shift * (v >= len(order)) for v in arg]) for arg in args]), exponent))
        sizes += bound
    rows, cols = tuple([order[v] for v in row]), tuple([order[v] for v in col])
    return Monomial(rows, cols, tuple(sizes), tuple(out)), sign


EMPTY = Monomial((), (), (), ())


def wrapped(net: Network, part: list[Edge], order: Order, power: Rational) -> tuple[int, Edge]:
    """A part as one edge, which is then raised to a power; and the sign of what is inside."""
    used = list(dict.fromkeys(v for _, args, _ in part for arg in args for v in arg if v in order))
    least: tuple[Coded, tuple[int, ...], int] | None = None
    same = 0
    for turn in orders(len(used)):
        sign, coded = labelled(net, part, {used[v]: k for k, v in enumerate(turn)})
        same += least is not None and coded == least[0]
        if least is None or coded < least[0]:
            least, same = (coded, turn, sign), 0
    assert least is not None
    coded, turn, sign = least
    sizes = [net.atoms.size(net.sizes[used[v]]) for v in turn]
    inner = Monomial(tuple(range(len(used))), (), (*sizes, *coded[1]), coded[0])
    positive = all(is_nonnegative(net.atoms.atoms[atom], exponent) for atom, _, exponent in part)
    words = {"nonnegative"} if positive else set()
    atom = net.atoms.atom(("network", inner), words | ({"symmetric"} if same and len(used) == 2 else set()))
    atom.network = inner
    return sign, (atom.number, tuple([(order[used[v]],) for v in turn]), power)


def is_nonnegative(atom: Atom, exponent: Rational) -> bool:
    """Whether a power of an atom is nowhere negative."""
    return "nonnegative" in atom.words or (isinstance(exponent, int) and exponent % 2 == 0)


def _coarsened(net: Network, row: Index, col: Index, edges: list[Edge]) -> tuple[Index, Index, list[Edge]]:
    """Vertices that always follow one another in one index become one."""
    while any(len(index) > 1 for index in (row, col, *[arg for _, args, _ in edges for arg in args])):
        after: dict[int, set[int]] = {}
        before: dict[int, set[int]] = {}
        for index in (row, col, *[arg for _, args, _ in edges for arg in args]):
            for left, right in zip((-1, *index), (*index, -1), strict=True):
                after.setdefault(left, set()).add(right)
                before.setdefault(right, set()).add(left)
        glued = [(v, min(s)) for v, s in after.items() if v >= 0 and len(s) == 1 and min(s) >= 0]
        pair = next(((v, w) for v, w in glued if v != w and before[w] == {v}), None)
        if pair is None:
            break
        new = net.vertex(mul(net.sizes[pair[0]], net.sizes[pair[1]]))
        row, col = _glue(row, pair, new), _glue(col, pair, new)
        edges = [(a, tuple([_glue(arg, pair, new) for arg in args]), e) for a, args, e in edges]
    return row, col, edges


def _glue(index: Index, pair: tuple[int, int], new: int) -> Index:
    return tuple([new if v == pair[0] else v for v in index if v != pair[1]])


def connected(edges: Iterable[Edge], free: Container[int]) -> list[list[Edge]]:
    """The edges in groups that hang together by bound vertices."""
    groups: list[tuple[set[int], list[Edge]]] = []
    for edge in edges:
        bound = {v for arg in edge[1] for v in arg if v not in free}
        members = [edge]
        rest = []
        for vertices, group in groups:
            if vertices & bound:
                bound |= vertices
                members = group + members
            else:
                rest.append((vertices, group))
        groups = [*rest, (bound, members)]
    return [group for _, group in groups]


# --- labels: colours from the surroundings, then every way that is left -----------------------------------------------------


def labelled(net: Network, part: list[Edge], order: Order) -> tuple[int, Coded]:
    """The edges of a part with its bound vertices numbered so that the code is least; and the sign, 0 where both occur."""
    bound = list(dict.fromkeys(v for _, args, _ in part for arg in args for v in arg if v not in order))
    if not bound:
        sign, edges = _coded(net, part, order)
        return sign, (edges, ())
    search = _Search(net, part, order)
    search.run({v: net.atoms.size(net.sizes[v]) for v in bound})
    assert search.best is not None
    return search.sign, search.best


def _coded(net: Network, part: list[Edge], order: Order) -> tuple[int, tuple[Edge, ...]]:
    out: list[Edge] = []
    total = 1
    for edge in part:
        number, args, exponent = rearranged(edge, order)
        words = net.atoms.atoms[number].words
        if len(args) == 2 and args[1] < args[0] and not words.isdisjoint(TURNED):
            args = args[::-1]
            total = -total if "skew" in words and exponent % 2 else total
        out.append((number, args, exponent))
    return total, tuple(sorted(out))


class _Search:
    def __init__(self, net: Network, part: list[Edge], order: Order) -> None:
        self.net, self.part, self.order = net, part, order
        self.best: Coded | None = None
        self.sign = 0
        self.leaves = 0

    def run(self, colours: dict[int, int]) -> None:
        colours = self._refined(colours)
        classes: dict[int, list[int]] = {}
        for v, colour in colours.items():
            classes.setdefault(colour, []).append(v)
        tied = min((c for c, members in classes.items() if len(members) > 1), default=None)
        if tied is None:
            self._leaf(colours)
            return
        for v in classes[tied]:
            self.run({w: 2 * c + (w != v) if c == tied else 2 * c for w, c in colours.items()})

    def _leaf(self, colours: dict[int, int]) -> None:
        self.leaves += 1
        if self.leaves > LEAVES:
            raise TooLarge
        bound = sorted(colours, key=colours.__getitem__)
        order = {**self.order, **{v: len(self.order) + k for k, v in enumerate(bound)}}
        sign, edges = _coded(self.net, self.part, order)
        coded = (edges, tuple([self.net.atoms.size(self.net.sizes[v]) for v in bound]))
        if self.best is None or coded < self.best:
            self.best, self.sign = coded, sign
        elif coded == self.best and sign != self.sign:
            self.sign = 0

    def _refined(self, colours: dict[int, int]) -> dict[int, int]:
        """Colours told apart by what stands round the vertices, until nothing more is told apart."""
        count = len(set(colours.values()))
        while count < len(colours):
            seen: dict[int, list[object]] = {v: [] for v in colours}
            for number, args, exponent in self.part:
                told = [
                    tuple([(0, self.order[v]) if v in self.order else (1, colours[v]) for v in arg]) for arg in args
                ]
                turned = len(args) == 2 and not self.net.atoms.atoms[number].words.isdisjoint(TURNED)
                code = (number, exponent, tuple(sorted(told) if turned else told))
                for slot, arg in enumerate(args):
                    for place, v in enumerate(arg):
                        if v in seen:
                            seen[v].append((code, 0 if turned else slot, place))
            marks = {v: (colours[v], tuple(sorted(marks))) for v, marks in seen.items()}  # type: ignore[type-var]
            ranks = {mark: k for k, mark in enumerate(sorted(set(marks.values())))}
            colours = {v: ranks[mark] for v, mark in marks.items()}
            if len(ranks) == count:
                break
            count = len(ranks)
        return colours
