"""Functions that a name of the user hides: where ``inv`` is a variable, ``inv(X)`` is a product, and no result can say it.

>>> from matcalc.expr import Call, Symbol
>>> hidden([Call("inv", (Symbol("X", ("n", "n")),), ("n", "n"))], ["X", "inv"])
'inv'
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from matcalc.expr import Expr
from matcalc.read.syntax import Apply
from matcalc.read.trees import distinct
from matcalc.rules import functions
from matcalc.steps.spell import spell


def hidden(results: Iterable[Expr], names: Collection[str]) -> str:
    """The function that one of the results needs and that has one of the names; empty where there is none."""
    taken = {name for name in names if functions.lookup(name)}
    if not taken:
        return ""
    called = {part.function for result in results for part in distinct(spell(result)) if isinstance(part, Apply)}
    return min(taken & called, default="")
