"""The conjugate, pushed to the leaves as the transpose is: conj(A B) = conj(A) conj(B), conj(inv(A)) = inv(conj(A)).

conjugate(x)   conj(x); what has no complex symbol in it is its own conjugate
adjoint(x)     x^H = conj(x)'
is_real(x)     whether x is known to be its own conjugate: z^H H z for a hermitian H

A leaf of the normal form is a symbol, conj(symbol), or the transpose of one of the two; of a hermitian H, conj(H) is H'.
"""

from __future__ import annotations

from collections import Counter

from matcalc.algebra import rebuild, transposes, words
from matcalc.errors import NoRuleError
from matcalc.expr import (
    COMPLEX,
    Call,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Scaled,
    Symbol,
    Transpose,
    Word,
    complex_symbols,
    unremembered,
)
from matcalc.rules.analytic import ANALYTIC, MODULI, REAL

_CONJUGATE = "conjugate"
_COMPLEX = "complex"


def is_complex(node: Expr) -> bool:
    """Whether a complex symbol is inside."""
    if not complex_symbols:
        return False
    if _COMPLEX not in node.memo:
        for inner in unremembered(node, _COMPLEX):
            inner.memo[_COMPLEX] = _is_complex_symbol(inner) or any(c.memo[_COMPLEX] for c in inner.children)
    return bool(node.memo[_COMPLEX])


def _is_complex_symbol(node: Expr) -> bool:
    return type(node) is Symbol and not COMPLEX.isdisjoint(node.properties)


def conjugate(node: Expr) -> Expr:
    """conj(node)."""
    if not is_complex(node):
        return node
    if _CONJUGATE not in node.memo:
        for inner in unremembered(node, _CONJUGATE):
            inner.memo[_CONJUGATE] = _conjugate(inner) if is_complex(inner) else inner
    return node.memo[_CONJUGATE]  # type: ignore[return-value]


def _conjugate(node: Expr) -> Expr:
    match node:
        case Symbol():
            return transposes.transpose(node) if "hermitian" in node.properties else leaf(node)
        case Named(_, body):
            return conjugate(body)  # a name is one for its body only
        case Call("conj", (base,)):
            return base
    return rebuild.rebuild(node, conjugate)


def leaf(node: Expr) -> Expr:
    """conj(Z) of a symbol, as a leaf."""
    made = Call("conj", (node,), node.shape)
    made.weight = node.weight  # as a node and its transpose weigh the same
    return made


def adjoint(node: Expr) -> Expr:
    """node^H."""
    return transposes.transpose(conjugate(node))


def is_real(node: Expr) -> bool:
    return not is_complex(node) or conjugate(node) is node


def is_unitary(node: Expr) -> bool:
    """Whether a leaf is declared unitary."""
    while type(node) is Transpose or is_conjugate(node):
        node = node.children[0]
    while type(node) is Named:
        node = node.body
    return type(node) is Symbol and "unitary" in node.properties


def is_conjugate(node: Expr) -> bool:
    return type(node) is Call and node.function == "conj"


def turned(node: Call) -> Expr:
    """conj(Z)': the transpose stands outside, and is what the transpose of Z is."""
    base = node.args[0]
    other = transposes.transpose(base)
    return node if other is base else Transpose(node) if type(other) is Transpose else conjugate(other)


# --- what is known of real values with complex parts --------------------------------------------------------------


def is_square(node: Expr) -> bool:
    """Whether every entry is |u|^2 for some u: z^H z, tr(A^H A), conj(Z) ⊙ Z."""
    match node:
        case Word(factors):
            return half(factors) is not None
        case Call("tr", (Word(factors),)):
            return any(half(factors[k:] + factors[:k]) is not None for k in range(len(factors) // 2))
        case Scaled(number, scalars, None):
            return number >= 0 and _paired(scalars)
        case Hadamard(powers):
            return _paired(powers)
    return False


def half(factors: tuple[Expr, ...]) -> tuple[Expr, Expr] | None:
    """(A^H, A) where the factors are those of A^H A."""
    middle, odd = divmod(len(factors), 2)
    if odd or any(adjoint(factors[k]) is not factors[-1 - k] for k in range(middle)):
        return None
    return words.product(*factors[:middle]), words.product(*factors[middle:])


def _paired(powers: tuple[tuple[Expr, Exponent], ...]) -> bool:
    """Whether every base stands beside its conjugate; a real one needs an even power."""
    if any(not isinstance(e, int) or (e % 2 and is_real(b)) for b, e in powers):
        return False
    return Counter(powers) == Counter((conjugate(b), e) for b, e in powers)


# --- what is refused -----------------------------------------------------------------------------------------------


def check(name: str, args: tuple[Expr, ...]) -> None:
    """Refuses functions of complex arguments that are not known to be right there."""
    if name in ANALYTIC and not (name == "mpower" and is_complex(args[1])):
        return
    inside = [arg for arg in args if is_complex(arg)]
    if inside and name not in MODULI and not (name in REAL and all(map(is_real, inside))):
        raise NoRuleError(f"{name.rstrip(chr(39))} of a complex argument is not supported yet")


def check_power(base: Expr, exponent: Exponent) -> None:
    """Refuses roots of what may be complex: they have branches."""
    if not is_real(base) or (isinstance(exponent, Expr) and is_complex(exponent)):
        raise NoRuleError("a power of a complex expression that is not a whole power is not supported yet")


__all__ = ["adjoint", "check", "check_power", "conjugate", "is_complex", "is_real", "is_square", "is_unitary"]
