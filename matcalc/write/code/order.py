"""The order in which the arrays of a product are multiplied: what costs least, at sizes that are likely.

>>> i, j, k = (Index(size) for size in "mnp")
>>> A, B, x = ("A", frozenset([i, j])), ("B", frozenset([j, k])), ("x", frozenset([k]))
>>> plan([A, B, x], frozenset([i]), {i: 9, j: 9, k: 9})
[(1, 2), (0, 1)]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import prod

from matcalc.shape import Size, names, value
from matcalc.write.code.network import Index

NOMINAL = 40  # of a size that is not known when products are ordered
EXHAUSTIVE = 5  # factors whose orders are all tried
TIMES, BATCHED = 8.0, 2.0  # the cost of a product of entries, and of one in a batched matrix product; 1 in a plain one

Sets = tuple[tuple[object, frozenset[Index]], ...]  # what each array is, and its indices
Weights = Mapping[Index, float]


def plan(
    arrays: Sequence[tuple[object, frozenset[Index]]], kept: frozenset[Index], sizes: Weights
) -> list[tuple[int, int]]:
    """Which two to multiply next, by their places; the product goes to the end."""
    out: list[tuple[int, int]] = []
    current = tuple(arrays)
    while len(current) > 1:
        deep = len(current) <= EXHAUSTIVE
        pairs = combinations(range(len(current)), 2)
        a, b = min(pairs, key=lambda pair: _cost_from(current, pair, kept, sizes, deep))
        out.append((a, b))
        current = _after(current, (a, b), kept)
    return out


def _cost_from(current: Sets, pair: tuple[int, int], kept: frozenset[Index], sizes: Weights, deep: bool) -> float:
    """The least cost that begins with this product; not deep: of this product alone, by what it leaves."""
    cost = _cost(current, pair, kept, sizes)
    following = _after(current, pair, kept)
    if not deep:
        return cost + TIMES * _count(following[-1][1], sizes)
    if len(following) == 1:
        return cost
    twice = following[-1][0] in [name for name, _ in following[:-1]]
    return (cost / 2 if twice else cost) + min(
        _cost_from(following, another, kept, sizes, deep) for another in combinations(range(len(following)), 2)
    )


def _after(current: Sets, pair: tuple[int, int], kept: frozenset[Index]) -> Sets:
    a, b = pair
    rest = tuple(one for k, one in enumerate(current) if k not in pair)
    needed = kept.union(*[indices for _, indices in rest])
    both = current[a][1] | current[b][1]
    return (*rest, (frozenset([current[a][0], current[b][0]]), both & needed))


def _cost(current: Sets, pair: tuple[int, int], kept: frozenset[Index], sizes: Weights) -> float:
    a, b = (current[k] for k in pair)
    needed = kept.union(*[indices for k, (_, indices) in enumerate(current) if k not in pair])
    both, common = a[1] | b[1], a[1] & b[1]
    if not common - needed:
        return TIMES * _count(both, sizes)
    price = _count(both, sizes) * (BATCHED if common & needed else 1.0)
    return price / 2 if a[0] == b[0] and not common & needed else price


def _count(indices: frozenset[Index], sizes: Weights) -> float:
    return prod(sizes[index] for index in indices)


def likely_size(size: Size, likely: Mapping[str, int]) -> float:
    return float(value(size, {name: likely.get(name, NOMINAL) for name in names(size)}))
