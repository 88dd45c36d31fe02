"""Arrays of numbers modulo a prime, exactly: inverses, determinants, roots, and random ones with declared properties.

>>> A = residues([[1, 2], [3, 4]])
>>> (A @ inverse(A) % PRIME).tolist()
[[1, 0], [0, 1]]
>>> determinant(A) == PRIME - 2
True

The prime is 3 modulo 4, so -1 has no square root, and of u and -u exactly one has: the squares stand for the positive numbers.
Their products, quotients and roots are squares again; abs, sign and ^(1/2) are then multiplicative, as they are for real numbers.
No odd number up to 13 divides PRIME - 1, so that the third, fifth, … root is unique.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from random import Random
from typing import cast

import numpy as np
import numpy.typing as npt

PRIME = 2305843009213693487
Residues = npt.NDArray[np.object_]


class Undefined(Exception):
    """A division by zero, or a root that does not exist: other values have to be drawn."""


def residues(values: npt.ArrayLike) -> Residues:
    return np.array([[int(x) % PRIME for x in row] for row in np.asarray(values, dtype=object)], dtype=object)


def each(change: Callable[[int], int], array: Residues) -> Residues:
    """A function of every entry."""
    return np.array([[change(x) for x in row] for row in array], dtype=object).reshape(array.shape)


def invert(x: int) -> int:
    if x % PRIME == 0:
        raise Undefined
    return pow(x, -1, PRIME)


def sign(x: int) -> int:
    """1 for a square, -1 for another."""
    if x % PRIME == 0:
        raise Undefined
    return 1 if pow(x, (PRIME - 1) // 2, PRIME) == 1 else -1


def power(x: int, exponent: int | Fraction) -> int:
    """x^exponent; of the two square roots the one that is a square itself."""
    if isinstance(exponent, int):
        if exponent < 0 and x % PRIME == 0:
            raise Undefined
        return pow(x, exponent, PRIME)
    below = exponent.denominator
    while below % 2 == 0:
        if x and sign(x) < 0:
            raise Undefined
        x, below = pow(x, (PRIME + 1) // 4, PRIME), below // 2
    if below > 1:
        x = pow(x, pow(below, -1, PRIME - 1), PRIME) if (PRIME - 1) % below else _none()
    return power(x, exponent.numerator)


def _none() -> int:
    raise Undefined


def inverse(a: Residues) -> Residues:
    """By elimination."""
    n = len(a)
    rows = [[*row, *[int(i == j) for j in range(n)]] for i, row in enumerate(a.tolist())]
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k]), None)
        if pivot is None:
            raise Undefined
        rows[k], rows[pivot] = rows[pivot], rows[k]
        scale = invert(rows[k][k])
        rows[k] = [x * scale % PRIME for x in rows[k]]
        for i in range(n):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [(x - factor * y) % PRIME for x, y in zip(rows[i], rows[k], strict=True)]
    return np.array([row[n:] for row in rows], dtype=object)


def determinant(a: Residues) -> int:
    rows = [list(row) for row in a.tolist()]
    out = 1
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if pivot is None:
            return 0
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            out = -out
        out = out * rows[k][k] % PRIME
        scale = invert(rows[k][k])
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] * scale
            rows[i] = [(x - factor * y) % PRIME for x, y in zip(rows[i], rows[k], strict=True)]
    return out % PRIME


# --- random ones ------------------------------------------------------------------------------------------------------------


def draw(random: Random, shape: tuple[int, int], properties: Collection[str]) -> Residues | None:
    """A random array with all of these properties (closed under what follows); None where they do not go together."""
    array = _any(random, shape)
    made = set(properties) - ({"psd"} if "spd" in properties else set())  # of full rank, then
    for name, change in CHANGES.items():
        if name in made:
            array = change(random, array)
    pairs = [MEANS[name](array) for name in properties if name in MEANS]
    held = all(np.array_equal(side % PRIME, other % PRIME) for side, other in pairs)
    return array % PRIME if held else None


def _any(random: Random, shape: tuple[int, int]) -> Residues:
    return np.array([[random.randrange(1, PRIME) for _ in range(shape[1])] for _ in range(shape[0])], dtype=object)


def identity(n: int) -> Residues:
    return np.array([[int(i == j) for j in range(n)] for i in range(n)], dtype=object)


def _is_diagonal(a: Residues) -> bool:
    return a.shape[0] == a.shape[1] and not np.any(a * (1 - identity(len(a))))


def _is_symmetric(a: Residues) -> bool:
    return a.shape[0] == a.shape[1] and np.array_equal(a % PRIME, a.T % PRIME)


def _squares(a: Residues) -> Residues:
    return cast("Residues", a * a % PRIME)


def _definite(random: Random, a: Residues) -> Residues:
    return _squares(a) if _is_diagonal(a) else a @ a.T % PRIME


def _semidefinite(random: Random, a: Residues) -> Residues:
    """Of half the rank, as psd is more than spd."""
    half = a[:, : (len(a) + 1) // 2]
    return _squares(a) if _is_diagonal(a) else half @ half.T % PRIME


def _orthogonal(random: Random, a: Residues) -> Residues:
    """(I - K) (I + K)^-1 for a skew K; a reflection where it is symmetric; signs where it is diagonal."""
    n = len(a)
    if _is_diagonal(a):
        return cast("Residues", identity(n) * np.array([random.choice((1, -1)) for _ in range(n)], dtype=object))
    if _is_symmetric(a):
        v = a[:, :1]
        return cast("Residues", (identity(n) - 2 * invert(int((v.T @ v)[0, 0])) * (v @ v.T)) % PRIME)
    K = a - a.T
    return cast("Residues", (identity(n) - K) @ inverse((identity(n) + K) % PRIME) % PRIME)


def _projection(random: Random, a: Residues) -> Residues:
    """A (B' A)^-1 B'; with B = A where it is symmetric, zeros and ones where it is diagonal."""
    n, rank = len(a), max(1, len(a) // 2)
    if _is_diagonal(a):
        return cast(
            "Residues", identity(n) * np.array([1, *[random.choice((0, 1)) for _ in range(n - 1)]], dtype=object)
        )
    left = a[:, :rank]
    right = left if _is_symmetric(a) else _any(random, (n, rank))
    return cast("Residues", left @ inverse(right.T @ left % PRIME) @ right.T % PRIME)


def _unit(random: Random, a: Residues) -> Residues:
    """(2 t, t' t - 1) / (t' t + 1)."""
    t = a.ravel()[1:]
    square = int(np.sum(t * t)) % PRIME
    return np.array([*(2 * t), square - 1], dtype=object).reshape(a.shape) * invert(square + 1) % PRIME


def _distribution(random: Random, a: Residues) -> Residues:
    squares = _squares(a)
    return cast("Residues", squares * invert(int(np.sum(squares))) % PRIME)


# fmt: off
# In the order in which they are imposed: each keeps those above it, where both can hold.
CHANGES: dict[str, Callable[[Random, Residues], Residues]] = {
    "positive":     lambda random, a: _squares(a),
    "nonnegative":  lambda random, a: _squares(a),
    "binary":       lambda random, a: each(lambda x: x % 2, a),
    "symmetric":    lambda random, a: np.tril(a) + np.tril(a, -1).T,
    "skew":         lambda random, a: a - a.T,
    "lower":        lambda random, a: np.tril(a),
    "upper":        lambda random, a: np.triu(a),
    "diagonal":     lambda random, a: a * identity(len(a)),
    "psd":          _semidefinite,
    "spd":          _definite,
    "orthogonal":   _orthogonal,
    "projection":   _projection,
    "unit":         _unit,
    "distribution": _distribution,
}
MEANS: dict[str, Callable[[Residues], tuple[Residues, Residues]]] = {
    "binary":       lambda a: (a * a, a),
    "symmetric":    lambda a: (a, a.T),
    "skew":         lambda a: (a, -a.T),
    "lower":        lambda a: (a, np.tril(a)),
    "upper":        lambda a: (a, np.triu(a)),
    "diagonal":     lambda a: (a, a * identity(len(a))),
    "orthogonal":   lambda a: (a @ a.T, identity(len(a))),
    "projection":   lambda a: (a @ a, a),
    "unit":         lambda a: (np.sum(a * a, keepdims=True), identity(1)),
    "distribution": lambda a: (np.sum(a, keepdims=True), identity(1)),
}
# fmt: on
