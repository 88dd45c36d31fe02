"""Random arrays that have declared properties: symmetric, spd, orthogonal, binary, distribution …, alone and together.

>>> P = with_properties(np.random.default_rng(0), (4, 4), {"projection", "symmetric"})
>>> bool(np.allclose(P @ P, P) and np.allclose(P, P.T))
True
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]  # or complex
Random = np.random.Generator
Style = Callable[[Random, tuple[int, int]], Array]


def with_properties(
    random: Random, shape: tuple[int, int], properties: Collection[str], style: str = "normal"
) -> Array:
    """A random array of this shape with all of these properties, as far as they go together."""
    array = STYLES[style](random, shape)
    if not COMPLEX.isdisjoint(properties):
        array = cast("Array", array + 1j * STYLES[style](random, shape))
    for name, change in PROPERTIES.items():
        if name in properties:
            array = change(random, array)
    return array


# --- styles: how wild the entries are ---------------------------------------------------------------------------


def _definite(random: Random, shape: tuple[int, int]) -> Array:
    """A square array whose eigenvalues have positive real parts, and that is not symmetric; others are normal."""
    array = random.normal(size=shape)
    if shape[0] != shape[1]:
        return array
    return array @ array.T / shape[0] + np.eye(shape[0]) / 2 + (array - array.T) / 4


def _near_identity(random: Random, shape: tuple[int, int]) -> Array:
    array = 0.15 * random.normal(size=shape)
    return array + np.eye(shape[0]) if shape[0] == shape[1] else array


def _definite_or_positive(random: Random, shape: tuple[int, int]) -> Array:
    """Symmetric positive definite where it is square."""
    square = shape[0] == shape[1]
    return _spd(random, random.normal(size=shape)) if square else random.uniform(0.3, 1.7, shape)


# fmt: off
STYLES: dict[str, Style] = {
    "normal":        lambda random, shape: random.normal(size=shape),
    "positive":      lambda random, shape: random.uniform(0.3, 1.7, shape),
    "small":         lambda random, shape: 0.2 * random.normal(size=shape),
    "interval":      lambda random, shape: random.uniform(0.05, 0.95, shape),
    "definite":      _definite,
    "near identity": _near_identity,
    "above one":     lambda random, shape: random.uniform(1.2, 3.0, shape),
    "spd":           _definite_or_positive,
}
# fmt: on


# --- properties: what an array must be changed to ----------------------------------------------------------------


def _binary(random: Random, array: Array) -> Array:
    """Zeros and ones, some of each where there is room."""
    bits = (random.random(array.shape) < 0.6).astype(float)
    if bits.size > 1:
        bits.flat[0], bits.flat[bits.size - 1] = 1.0, 0.0
    return bits


def _mirrored(array: Array) -> Array:
    """The lower triangle, repeated above: what held for every entry still does."""
    return np.tril(array) + np.tril(array, -1).T


def _hermitian(random: Random, array: Array) -> Array:
    return np.tril(array, -1) + np.tril(array, -1).conj().T + np.diag(np.diag(array).real)


def _invertible(random: Random, array: Array) -> Array:
    """Singular values away from 0; for a triangular array, the diagonal."""
    if is_triangular(array):
        return array + 0.3 * np.diag(np.sign(np.diag(array).real))
    left, scales, right = np.linalg.svd(array)
    return cast("Array", (left * (scales + 0.3)) @ right)


def _orthogonal(random: Random, array: Array) -> Array:
    """The unitary factor of the array, symmetric where that is; orthonormal columns or rows where it is not square."""
    left, _, right = np.linalg.svd(array, full_matrices=False)
    return cast("Array", left @ right)


def _spd(random: Random, array: Array) -> Array:
    """Symmetric (or hermitian) with eigenvalues of at least 1/2."""
    return array @ array.conj().T / len(array) + np.eye(len(array)) / 2


def _psd(random: Random, array: Array) -> Array:
    """Symmetric (or hermitian) of half the rank, as psd is more than spd."""
    half = array[:, : (len(array) + 1) // 2]
    return half @ half.conj().T


def _projection(random: Random, array: Array) -> Array:
    """P P = P: A (B' A)^-1 B'; onto half of the eigenvectors where the array is symmetric."""
    rank = max(1, len(array) // 2)
    if is_hermitian(array):
        basis = np.linalg.eigh(array)[1][:, -rank:]
        return cast("Array", basis @ basis.conj().T)
    a, b = array[:, :rank], array[:rank].T + random.normal(size=(len(array), rank))
    return cast("Array", a @ np.linalg.solve(b.T @ a, b.T))


def is_triangular(array: Array) -> bool:
    return bool(np.array_equal(array, np.tril(array)) or np.array_equal(array, np.triu(array)))


def is_hermitian(array: Array) -> bool:
    return bool(np.allclose(array, array.conj().T))


# fmt: off
# In the order in which they are imposed: each keeps those above it, where both can hold.
PROPERTIES: dict[str, Callable[[Random, Array], Array]] = {
    "positive":     lambda random, a: np.abs(a) + 0.1,
    "nonnegative":  lambda random, a: np.abs(a) * (random.random(a.shape) < 0.9),
    "binary":       _binary,
    "symmetric":    lambda random, a: _mirrored(a),
    "hermitian":    _hermitian,
    "skew":         lambda random, a: (a - a.T) / 2,
    "lower":        lambda random, a: np.tril(a),
    "upper":        lambda random, a: np.triu(a),
    "diagonal":     lambda random, a: np.diag(np.diag(a)),
    "psd":          _psd,
    "spd":          _spd,
    "invertible":   _invertible,
    "orthogonal":   _orthogonal,
    "unitary":      _orthogonal,
    "projection":   _projection,
    "unit":         lambda random, a: cast("Array", a / np.linalg.norm(a)),
    "distribution": lambda random, a: (np.abs(a) + 0.05) / np.sum(np.abs(a) + 0.05),
}
# fmt: on
COMPLEX = frozenset({"complex", "hermitian", "unitary"})  # a real one would be called symmetric, orthogonal

TANGENTS: dict[str, Callable[[Array], Array]] = {
    "symmetric": lambda a: (a + a.T) / 2,
    "hermitian": lambda a: (a + a.conj().T) / 2,
    "spd": lambda a: (a + a.conj().T) / 2,
    "psd": lambda a: (a + a.conj().T) / 2,
    "skew": lambda a: (a - a.T) / 2,
    "lower": np.tril,
    "upper": np.triu,
    "diagonal": lambda a: np.diag(np.diag(a)),
}
"""The projections onto the spaces in which a variable with the property can move; the others move freely."""
