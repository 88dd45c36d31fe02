"""Networks in canonical form: equal parts become powers, bound vertices get their numbers."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import product as choices

from matcalc.algebra.full.cancelling import cancelled
from matcalc.algebra.full.labels import Coded, Order, labelled
from matcalc.algebra.full.networks import (
    ONE,
    POSITIVE,
    Atom,
    Edge,
    Index,
    Monomial,
    Network,
    TooLarge,
    lowest,
    merged,
    orders,
)
from matcalc.expr import Rational
from matcalc.shape import Polynomial, Size, mul

EDGES = 80


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
        if not cancelled(net, free):
            break
    used = {v for _, args, _ in net.edges for arg in args for v in arg}
    alone = sorted({v for k in range(len(net.parent)) for v in net.whole((k,))} - used - free - net.gone)
    for number, names in _product_of_sizes([net.sizes[v] for v in alone]):
        extra: list[Edge] = [(net.atoms.atom(("size", name), POSITIVE).number, (), 1) for name in names]
        monomial, sign = _numbered(net, tuple(net.whole(row)), tuple(net.whole(col)), [*net.edges, *extra])
        if sign:
            yield monomial, factor * number * sign


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


def _numbered(net: Network, row: Index, col: Index, edges: list[Edge]) -> tuple[Monomial, int]:
    """The canonical monomial, and 1, -1, or 0 where it is equal to its own negative."""
    row, col, edges = _coarsened(net, row, col, edges)
    order = {v: k for k, v in enumerate(dict.fromkeys(row + col))}
    sign = 1
    found: dict[Coded, list[list[Edge]]] = {}
    for part in connected(edges, order):
        turned, coded = labelled(net, part, order)
        if not turned:
            return ONE, 0
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
