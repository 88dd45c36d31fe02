"""What a result holds beside its values, as records: the lines of its derivation, Riemannian gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matcalc.expression import Expression

if TYPE_CHECKING:
    from matcalc.rules.record import Identity


@dataclass(frozen=True)
class Step:
    """One line of a derivation: ``left = right``; an empty left side continues the chain.

    ``identities`` are what leads here from the line before, the first the one to print. ``verified`` says whether the line
    was found equal to the line before on numbers (False only where no draw was found at which both are finite).
    """

    left: str
    right: str
    latex: str
    identities: tuple[Identity, ...]
    verified: bool


@dataclass(frozen=True)
class Riemannian:
    """The Riemannian gradient by a variable on a curved surface: what a step along the surface is made from.

    ``statement`` says how it comes from the Euclidean gradient G, ``metric`` by which metric.
    """

    wrt: str
    value: Expression
    statement: str
    metric: str
    source: str
