"""Sums that meet a point without a derivative wherever two of their indices are equal: norm(x_i - x_j), max(x_i, x_j)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from matcalc import algebra
from matcalc.algebra import indices
from matcalc.algebra.terms import is_zero
from matcalc.expr import Call, Expr, Hadamard, Scaled, postorder
from matcalc.steps.axes import KinkError
from matcalc.steps.functions import is_declared, record_of


def check_smooth(root: Expr) -> None:
    """Refuses what has no derivative where two indices of a sum are equal."""
    for node in postorder(root) if indices.height(root) else ():
        for what, part in _delicate(node):
            for one, other in combinations(sorted(indices.indices(part)), 2):
                if is_zero(indices.at(part, one, other)) and not is_zero(part):
                    raise KinkError(f"{what} where two indices are equal are not supported yet")


def _delicate(node: Expr) -> Iterator[tuple[str, Expr]]:
    """What may not be 0: the bases of roots, and the difference of what is compared."""
    match node:
        case Scaled(_, powers, _) | Hadamard(powers):
            for base, exponent in powers:
                if not isinstance(exponent, int):
                    yield "sums of roots that are 0", base
        case Call(name, (a, b)) if not is_declared(node) and record_of(node).where and a.shape == b.shape:
            yield f"sums of {name} of what is the same", algebra.sub(a, b)
