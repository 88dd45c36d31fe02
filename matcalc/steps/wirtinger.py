"""Derivatives by complex variables: Z and conj(Z) move as if they were independent (Wirtinger).

by Z         ∂f/∂Z = (∂/∂Re - i ∂/∂Im) / 2, with conj(Z) held constant
by conj(Z)   ∂f/∂conj(Z) = (∂/∂Re + i ∂/∂Im) / 2, with Z held constant

Together df = ∂f/∂Z : dZ + ∂f/∂conj(Z) : conj(dZ).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcalc.algebra import conjugates
from matcalc.errors import CallError, NoRuleError
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
    made = conjugates.leaf(x)
    assert isinstance(made, Call)
    return made


def check_variable(name: str, x: Symbol) -> None:
    """Refuses the variables whose derivative depends on a convention."""
    for word in ("hermitian", "unitary"):
        if word in x.properties:
            raise NoRuleError(
                f"the derivative by the {word} variable {name} is not supported yet",
                hint=f"leave the word {word} out to have it by {name} and conj({name}) as they move freely",
            )


def symbol_of(x: Variable) -> Symbol:
    """Z of Z or conj(Z)."""
    inner = x if isinstance(x, Symbol) else x.args[0]
    assert isinstance(inner, Symbol)
    return inner


def spelled(x: Variable) -> str:
    """Z or conj(Z), in canonical letters."""
    name = letter_of(symbol_of(x))
    return name if isinstance(x, Symbol) else f"conj({name})"


def check_gradient(kind: str, f: Expr, variables: Sequence[Variable]) -> None:
    """Only first derivatives of scalars are known of complex variables yet."""
    if kind != "gradient" and (conjugates.is_complex(f) or any(map(conjugates.is_complex, variables))):
        raise NoRuleError(f"a {kind} of a formula with complex variables is not supported yet")
