"""Derivatives by complex variables: Z and conj(Z) move as if they were independent (Wirtinger).

by Z         ∂f/∂Z = (∂/∂Re - i ∂/∂Im) / 2, with conj(Z) held constant
by conj(Z)   ∂f/∂conj(Z) = (∂/∂Re + i ∂/∂Im) / 2, with Z held constant

Together df = ∂f/∂Z : dZ + ∂f/∂conj(Z) : conj(dZ).
"""

from __future__ import annotations

import re

from matcalc.algebra import conjugates, zeros
from matcalc.errors import CallError
from matcalc.expr import Call, Expr, Symbol
from matcalc.steps.letters import letter_of

Variable = Symbol | Call  # Call: conj(Z)
_CONJUGATED = re.compile(r"\s*conj\s*\((.*)\)\s*", re.DOTALL)


def conjugated(name: str) -> str | None:
    """Z of ``conj(Z)``.

    >>> conjugated("conj(Z)"), conjugated("Z")
    ('Z', None)
    """
    found = _CONJUGATED.fullmatch(name)
    return found.group(1).strip() if found else None


def of_conjugate(name: str, x: Variable) -> Variable:
    """conj(Z) as a variable."""
    if not conjugates.is_complex(x) or not isinstance(x, Symbol):
        raise CallError(f"{name} is no variable: only that of a complex one is, declared as Z : complex matrix(m, n)")
    made = conjugates.conjugate(x)
    if not isinstance(made, Call):
        raise CallError(f"{name} is {x.name}', as {x.name} is hermitian; differentiate by {x.name}")
    return made


def symbol_of(x: Variable) -> Symbol:
    """Z of Z or conj(Z)."""
    inner = x if isinstance(x, Symbol) else x.args[0]
    assert isinstance(inner, Symbol)
    return inner


def spelled(x: Variable) -> str:
    """Z or conj(Z), in canonical letters."""
    name = letter_of(symbol_of(x))
    return name if isinstance(x, Symbol) else f"conj({name})"


def moving(x: Variable, dx: Expr) -> dict[Expr, Expr]:
    """How the leaves move where x moves by dx: Z and conj(Z) as if they were independent."""
    z = symbol_of(x)
    other = conjugates.conjugate(z) if isinstance(x, Symbol) else z
    return {x: dx} if other is x or not isinstance(other, Symbol | Call) else {x: dx, other: zeros(*x.shape)}
