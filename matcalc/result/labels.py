"""What the formula and the values are called: E, dE/dX, ∂²E/∂x ∂y, in plain text, on terminals and in LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matcalc.read.syntax import Name
from matcalc.shape import names as size_names
from matcalc.steps.wanted import variable
from matcalc.steps.wirtinger import spelled

if TYPE_CHECKING:
    from matcalc.result import Result
    from matcalc.write.sides import Quotient


def labels(result: Result, d: str, power: Callable[[int], str], show: Callable[[str], str]) -> tuple[str, ...]:
    above = result.objective_name
    if result.part is not None:
        from matcalc.write.sides import plain_side, unicode_side

        side = _side_of_part(result)
        return (plain_side(side) if d == "d" else unicode_side(side),)
    if result.order > 1:
        times = power(result.order)
        below = [show(x) for x in result._in_turn()]
        under = f"{d}{below[0]}{times}" if len(set(below)) == 1 else " ".join(d + x for x in below)
        return (f"{d}{times}{above}/{under}",)
    return tuple(f"{d}{above}/{d}{show(x)}" for x in result.wrt)


def latex_labels(result: Result) -> list[str]:
    from matcalc.write.narrate import derivative_latex, jacobian_latex

    if result.part is not None:
        from matcalc.write.sides import latex_side

        return [latex_side(_side_of_part(result))]
    if result.order > 1:
        return [derivative_latex(result.objective_name, *[_spelled(result, x) for x in result._in_turn()])]
    if result.kind == "gradient":
        return [derivative_latex(result.objective_name, _spelled(result, x)) for x in result.wrt]
    F = result.objective.node
    shapes = zip(result.wrt, result._variables(), strict=True)
    return [
        jacobian_latex(result.objective_name, _spelled(result, w), F.shape[1] != 1, x.shape[1] != 1) for w, x in shapes
    ]


def _side_of_part(result: Result) -> Quotient:
    from matcalc.write.sides import Quotient

    assert result.part is not None
    return Quotient(Name(result.objective_name), (result.part.tree(),))


def _spelled(result: Result, name: str) -> str:
    return spelled(variable(name, result.understood))


def objective_name(result: Result) -> str:
    """What the formula is called: E, F for an array, G for a gradient, or another letter where that is taken."""
    if result._called:
        return result._called
    first = "E" if result.objective.node.is_scalar else "F"
    taken = result.understood.names
    return next(letter for letter in (first, "F", "J", "L", "phi", "objective_") if letter not in taken)


def inner_name(result: Result) -> str:
    """What the derivation differentiates: the formula, or for a Hessian its gradient G."""
    taken = {*result.understood.names, result.objective_name}
    letters = ("G", "g", "grad_E") if result.order == 2 else ("H", "T", "D_E")
    return next(n for n in letters if n not in taken) if result.order > 1 else result.objective_name


def taken_names(result: Result) -> set[str]:
    """What nothing else may be called: names, sizes, the stems of families."""
    sizes = {name for d in result.declarations for size in d.shape for name in size_names(size)}
    families = {d.name.rpartition("_")[0] for d in result.declarations if d.family is not None}
    return {*result.understood.names, *sizes, *families}
