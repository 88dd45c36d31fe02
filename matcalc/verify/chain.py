"""Lines of a derivation held against numbers: every line must have the value of the first, whatever the differentials."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.expr import Expr
from matcalc.verify.agree import same_values
from matcalc.verify.sample import draws


def first_difference(lines: Sequence[Expr], count: int = 3) -> int | None:
    """The index of the first line that differs from the line before it at some draw; None when all agree.

    -1 when no draw was found where all lines are finite, so that nothing was verified.
    """
    found = draws(lines, count)
    if not found:
        return -1
    for draw in found:
        values = draw.values_of(lines)
        for k in range(1, len(lines)):
            if not same_values(values[k - 1], values[k]):
                return k
    return None
