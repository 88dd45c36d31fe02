"""What a target is: one record an array library, its spellings as pairs of code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Cholesky(NamedTuple):
    """Templates: the factor of a matrix, solutions for a matrix and for a vector (as for a matrix where that is empty), and
    the logarithm of the determinant, by the factor."""

    factor: str
    solve: str
    solve_vector: str
    logdet: str


@dataclass(frozen=True, slots=True)
class Target:
    """An array library that code is emitted for, by how it differs from NumPy.

    ``rules`` are pairs of Python expressions, the first that fits is used: ``("np.sum(X, axis=k)", "torch.sum(X, dim=k)")``;
    names in the first stand for anything, ``np``, ``scipy`` and ``float`` aside. What no rule is for is called in
    ``prefix`` if ``same`` has its name, and else has no code.
    """

    name: str
    about: str
    prefix: str
    imports: tuple[str, ...]
    package: str = ""  # to be installed, beside matcalc itself
    indexing: str = "assign"  # how entries are changed: "assign", or "eye": by products with identities
    in_place: bool = False  # whether matrices may be computed in the memory of others
    rules: tuple[tuple[str, str], ...] = ()
    same: frozenset[str] | None = None  # None: all of NumPy's
    helpers: Mapping[str, str] | None = None  # the functions that check what comes in, by name
    device: str = ""  # of the array named X, where arrays made of nothing must be told
    number: str = ""  # of the Python number named X, where functions of numbers are not taken
    namespace: str = ""  # the namespace of the arrays named X, where that is found when the code runs
    vectors_first: bool = False  # x A is faster than A' x
    chains: bool = True  # whether there is multi_dot, which orders a product of matrices
    cholesky: Cholesky | None = None  # for matrices that are symmetric positive definite; None: as any other
