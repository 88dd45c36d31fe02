"""Numbers for bound vertices: colours from the surroundings, then the least of all ways that are left."""

from __future__ import annotations

from matcalc.algebra.full.networks import TURNED, Edge, Network, TooLarge, rearranged

Order = dict[int, int]  # the numbers of vertices
Coded = tuple[tuple[Edge, ...], tuple[int, ...]]  # edges over free vertices and then bound ones; the sizes of the bound
LEAVES = 720  # labellings that are compared


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
