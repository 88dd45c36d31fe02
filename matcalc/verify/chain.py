"""Lines of a derivation held against numbers: every line must have the value of the first, whatever the differentials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matcalc.errors import CallError
from matcalc.expr import Expr
from matcalc.verify.sample import Draw, draws

CLOSE = 1e-7  # relative to the largest number met on the way, or to the line's own value
LARGE = 1e8  # beyond which a number met on the way says nothing of what rounding has left


def first_difference(lines: Sequence[Expr], count: int = 3) -> int | None:
    """The index of the first line that differs from the line before it at some draw; None when all agree.

    -1 when no draw was found where all lines are finite, so that nothing was verified.
    """
    try:
        found = draws(lines, count)
    except CallError:  # a function whose code needs a package that is not there
        return -1
    if not found:
        return -1
    wrong = [k for draw in found if (k := _first(lines, draw)) is not None]
    return min(wrong, default=None)


def _first(lines: Sequence[Expr], draw: Draw) -> int | None:
    nodes = draw.nodes(lines)
    largest = max(float(np.max(np.abs(value), initial=0.0)) for value in nodes.values())
    for k in range(1, len(lines)):
        before = nodes[lines[k - 1]]
        difference = np.max(np.abs(nodes[lines[k]] - before), initial=0.0)
        own = float(np.max(np.abs(before), initial=0.0))
        if not difference <= CLOSE * max(1e-300, min(largest, LARGE), own):
            return k
    return None
