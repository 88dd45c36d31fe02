"""Small exact values with declared properties, for counterexamples: whole numbers where that is possible, else fractions.

>>> from random import Random
>>> small_value(Random(1), (2, 2), frozenset({"symmetric"}), (0, 1, 2))
((0, 0), (0, 1))
>>> small_value(Random(1), (2, 1), frozenset({"unit"}), (0, 1, 2))
((1,), (0,))
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from random import Random

from matcalc.algebra.terms import magnitude

Exact = int | Fraction
Rows = tuple[tuple[Exact, ...], ...]
Table = list[list[Exact]]


def small_value(
    random: Random, shape: tuple[int, int], properties: Collection[str], entries: Sequence[int]
) -> Rows | None:
    """A value of this shape with all of these properties (closed under what follows); None where this try found none."""
    table: Table = [[random.choice(entries) for _ in range(shape[1])] for _ in range(shape[0])]
    for name, change in CHANGES.items():
        if name in properties:
            table = change(random, table)
    if not all(TESTS[name](table) for name in properties if name in TESTS):
        return None
    return tuple(tuple(_whole(x) for x in row) for row in table)


def _whole(x: Exact) -> Exact:
    return x.numerator if x.denominator == 1 else x


# --- tables of exact numbers ------------------------------------------------------------------------------------------


def identity(n: int) -> Table:
    return [[int(i == j) for j in range(n)] for i in range(n)]


def transposed(a: Table) -> Table:
    return [list(column) for column in zip(*a, strict=True)]


def product(a: Table, b: Table) -> Table:
    return [[sum((x * y for x, y in zip(row, column, strict=True)), 0) for column in zip(*b, strict=True)] for row in a]


def determinant(a: Table) -> Exact:
    """By elimination with fractions."""
    rows = [[Fraction(x) for x in row] for row in a]
    out = Fraction(1)
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if pivot is None:
            return 0
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            out = -out
        out *= rows[k][k]
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k], strict=True)]
    return out


def _cells(a: Table) -> list[Exact]:
    return [x for row in a for x in row]


def _where(keep: Callable[[int, int], bool]) -> Callable[[Random, Table], Table]:
    return lambda random, a: [[x if keep(i, j) else 0 for j, x in enumerate(row)] for i, row in enumerate(a)]


def _gram(a: Table, ridge: int) -> Table:
    square = product(a, transposed(a))
    return [[x + ridge * (i == j) for j, x in enumerate(row)] for i, row in enumerate(square)]


def _definite(random: Random, a: Table) -> Table:
    """G G' + I; a diagonal one keeps its zeros."""
    low = [[x if j <= i else 0 for j, x in enumerate(row)] for i, row in enumerate(a)]
    return _gram(a if _diagonal(a) else low, 1)


def _semidefinite(random: Random, a: Table) -> Table:
    """Of rank 1 where it may have zeros elsewhere, as psd is more than spd."""
    return [[magnitude(x) for x in row] for row in a] if _diagonal(a) else _gram([row[:1] for row in a], 0)


def _diagonal(a: Table) -> bool:
    return all(x == 0 for i, row in enumerate(a) for j, x in enumerate(row) if i != j)


def _orthogonal(random: Random, a: Table) -> Table:
    """A permutation with signs; of a symmetric one an exchange, of a diagonal one signs only."""
    n = len(a)
    order = list(range(n))
    if not _diagonal(a):
        if a == transposed(a):
            order[:2] = order[:2][::-1]
        else:
            random.shuffle(order)
    signs = [random.choice((1, 1, -1)) for _ in range(n)]
    if a == transposed(a) and not _diagonal(a):
        signs[:2] = [signs[0]] * len(signs[:2])
    return [[signs[i] * (order[i] == j) for j in range(n)] for i in range(n)]


def _projection(random: Random, a: Table) -> Table:
    """Zeros and ones on the diagonal, and for one that is not symmetric an entry beside."""
    n, symmetric = len(a), a == transposed(a)
    bits = [1, *[random.choice((0, 1)) for _ in range(n - 1)]]
    out: Table = [[bits[i] * (i == j) for j in range(n)] for i in range(n)]
    if n > 1 and not symmetric:
        out[0][n - 1] = a[0][n - 1] if bits[n - 1] == 0 else 0
    return out


UNITS: tuple[tuple[Exact, ...], ...] = (
    (1,),
    (-1,),
    (0, 1),
    (Fraction(3, 5), Fraction(4, 5)),
    (1, 0),
    (Fraction(3, 5), 0, Fraction(-4, 5)),
)
CHANCES: tuple[tuple[Exact, ...], ...] = (
    (1,),
    (Fraction(1, 2), Fraction(1, 2)),
    (Fraction(1, 4), Fraction(3, 4)),
    (0, 1),
)


def _one_of(patterns: tuple[tuple[Exact, ...], ...]) -> Callable[[Random, Table], Table]:
    """A pattern that fits, with zeros below, in the shape of the table."""

    def change(random: Random, a: Table) -> Table:
        length = len(_cells(a))
        found = random.choice([p for p in patterns if len(p) <= length])
        cells = [*found, *[0] * (length - len(found))]
        return [[x] for x in cells] if len(a[0]) == 1 else [cells]

    return change


# fmt: off
# In the order in which they are imposed: each keeps those above it, where both can hold.
CHANGES: dict[str, Callable[[Random, Table], Table]] = {
    "positive":     lambda random, a: [[magnitude(x) or random.choice((1, 1, 2)) for x in row] for row in a],
    "nonnegative":  lambda random, a: [[magnitude(x) for x in row] for row in a],
    "binary":       lambda random, a: [[int(x != 0) for x in row] for row in a],
    "symmetric":    lambda random, a: [[a[max(i, j)][min(i, j)] for j in range(len(a))] for i in range(len(a))],
    "skew":         lambda random, a: [[a[i][j] if j < i else -a[j][i] if j > i else 0 for j in range(len(a))]
                                       for i in range(len(a))],
    "lower":        _where(lambda i, j: j <= i),
    "upper":        _where(lambda i, j: j >= i),
    "diagonal":     _where(lambda i, j: i == j),
    "psd":          _semidefinite,
    "spd":          _definite,
    "orthogonal":   _orthogonal,
    "projection":   _projection,
    "unit":         _one_of(UNITS),
    "distribution": _one_of(CHANCES),
}
TESTS: dict[str, Callable[[Table], bool]] = {
    "positive":     lambda a: all(x > 0 or (x == 0 and i != j) for i, row in enumerate(a) for j, x in enumerate(row)),
    "nonnegative":  lambda a: all(x >= 0 for x in _cells(a)),
    "binary":       lambda a: all(x in (0, 1) for x in _cells(a)),
    "symmetric":    lambda a: a == transposed(a),
    "skew":         lambda a: all(x == -y for x, y in zip(_cells(a), _cells(transposed(a)), strict=True)),
    "lower":        lambda a: all(x == 0 for i, row in enumerate(a) for x in row[i + 1 :]),
    "upper":        lambda a: all(x == 0 for i, row in enumerate(a) for x in row[:i]),
    "diagonal":     _diagonal,
    "invertible":   lambda a: determinant(a) != 0,
    "psd":          lambda a: all(determinant([row[k:] for row in a[k:]]) >= 0 for k in range(len(a))),
    "spd":          lambda a: all(determinant([row[k:] for row in a[k:]]) > 0 for k in range(len(a))),
    "orthogonal":   lambda a: product(a, transposed(a)) == identity(len(a)),
    "projection":   lambda a: product(a, a) == a,
    "unit":         lambda a: sum(x * x for x in _cells(a)) == 1,
    "distribution": lambda a: all(x >= 0 for x in _cells(a)) and sum(_cells(a)) == 1,
}
# fmt: on
