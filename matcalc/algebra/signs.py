"""Absolute values and signs, factor by factor, and sigmoid(-u) = 1 - sigmoid(u)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.algebra import calls, conjugates, hadamards, properties, sums, terms
from matcalc.expr import Call, Expr, Hadamard
from matcalc.shape import Shape, Size

if TYPE_CHECKING:
    from matcalc.algebra.calls import Args


def modulus(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    """abs, of complex numbers as well."""
    if not conjugates.is_real(args[0]):  # |z|^2 = conj(z) z
        return hadamards.entry_power(hadamards.hadamard(conjugates.conjugate(args[0]), args[0]), Fraction(1, 2))
    return _multiplicative("abs", args[0])


def sign(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    return _multiplicative("sign", args[0])


def _multiplicative(name: str, u: Expr) -> Expr | None:
    """f(a b) = f(a) f(b) for abs and sign; f is known of numbers and of what is never negative."""
    value = terms.as_number(u)
    if value is not None:
        return terms.number(terms.magnitude(value) if name == "abs" else (value > 0) - (value < 0))
    if terms.is_zero(u):
        return u
    if name == "abs" and properties.nonnegative(u):
        return u
    if name == "sign" and properties.positive(u):
        return terms.ones(*u.shape)
    if conjugates.is_complex(u):
        return None
    own, scalars, body = terms.parts(u)
    array = body.factors if type(body) is Hadamard else ((body, 1),) if body is not None else ()
    powers = (*scalars, *array)
    if own == 1 and len(powers) == 1 and powers[0][1] == 1:
        return None
    if any(isinstance(e, Expr) for _, e in powers):
        return None
    factor = terms.number(terms.magnitude(own) if name == "abs" else (own > 0) - (own < 0))
    return hadamards.hadamard(factor, *[hadamards.entry_power(calls.call(name, (b,), b.shape), e) for b, e in powers])


def sigmoid(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    """sigmoid(-u) = 1 - sigmoid(u): only one of the two forms exists."""
    positive, turned = calls.without_sign(args[0])
    if turned:
        return sums.sub(terms.ones(*shape), Call("sigmoid", (positive,), shape))
    return None
