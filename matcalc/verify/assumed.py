"""Mistakes that lie in what was assumed: a property that nobody declared, a variable taken for constant, another quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matcalc.errors import MatcalcError
from matcalc.expr import Hadamard, Symbol, Transpose, postorder
from matcalc.read.document import Derivative
from matcalc.steps.differential import differential_symbol
from matcalc.verify.case import Case, Diagnosis
from matcalc.verify.equal import holds
from matcalc.verify.lines import side, truth_of_left

MOST = 12  # letters of which something is tried


def mistaken(case: Case) -> Diagnosis | None:
    """Something else than what the left side is, which people take for it."""
    value = case.found.value
    for other in case.truth.mistakes:
        if value is not None and case.equals(other.value, value):
            return Diagnosis(other.cause, other.name, case.ours, nearest=False)
    return None


def binary(case: Case) -> Diagnosis | None:
    """M ⊙ M = M used of a factor that is not binary."""
    factors = [inner for n in postorder(case.truth.value) if isinstance(n, Hadamard) for inner in n.children]
    entrywise = {inner.base if isinstance(inner, Transpose) else inner for inner in factors}
    return _declared(case, "binary", "binary", [x.name for x in case.symbols if x in entrywise])


def symmetric(case: Case) -> Diagnosis | None:
    """S' = S used of a matrix that is not symmetric."""
    return _declared(case, "symmetric", "symmetric", _square(case))


def distribution(case: Case) -> Diagnosis | None:
    """sum(y) = 1 used of a vector that is no distribution."""
    return _declared(case, "distribution", "other", [x.name for x in case.symbols if 1 in x.shape and not x.is_scalar])


def orthogonal(case: Case) -> Diagnosis | None:
    """Q' Q = I used of a matrix that is not orthogonal."""
    return _declared(case, "orthogonal", "other", [n for n in _square(case) if n not in case.motion.moving])


def _square(case: Case) -> list[str]:
    return [x.name for x in case.symbols if x.shape[0] == x.shape[1] and not x.is_scalar]


def _declared(case: Case, word: str, cause: str, names: Sequence[str]) -> Diagnosis | None:
    """The line is right if one of these names has a property."""
    given = (case.truth.value,) if case.found.value is None else (case.truth.value, case.found.value)
    inside = {n.name for n in postorder(*given) if isinstance(n, Symbol)}
    fitting = [x for x in case.symbols if x.name in names and x.name in inside and word not in x.properties]
    for x in fitting[:MOST]:
        if _right_where(case, x.name, word):
            return Diagnosis(cause, f"right if {x.name} is declared {word}", case.ours, nearest=False)
    return None


def _right_where(case: Case, name: str, word: str) -> bool:
    right = case.found.line.right
    assert right is not None
    try:
        motion = replace(case.motion, setting=case.motion.setting.changed(name, [word]))
        truth = truth_of_left(case.left, motion, case.source)
        value = side(right, motion, case.source, truth.value.shape)
    except MatcalcError:
        return False
    return any(true.shape == value.shape and holds(true, value) for true in truth.values)


def constant(case: Case) -> Diagnosis | None:
    """The differential of a variable is left out."""
    value, moving = case.found.value, case.motion.moving
    if value is None or len(moving) < 2 or not case.rests or isinstance(case.left, Derivative):
        return None
    inside = set(postorder(value))
    without = [x for x in case.symbols if x.name in moving and differential_symbol(x) not in inside]
    for x in without[:MOST]:
        motion = replace(case.motion, moving=tuple(n for n in moving if n != x.name))
        if holds(side(case.left, motion, case.source), value):
            words = f"{x.name} is taken for constant, and d{x.name} is missing"
            return Diagnosis("constant", words, case.ours, nearest=False)
    return None
