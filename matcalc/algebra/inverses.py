"""Inverses and determinants of square matrices, factor by factor."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.algebra import (
    calls,
    conjugates,
    diagonals,
    grand_sums,
    hadamards,
    kroneckers,
    properties,
    sums,
    terms,
    transposes,
    words,
)
from matcalc.errors import MatcalcError
from matcalc.expr import Call, Constant, Expr, Word, complex_symbols
from matcalc.shape import SCALAR, Shape, Size

if TYPE_CHECKING:
    from matcalc.algebra.calls import Args


def inverse(node: Expr) -> Expr:
    if node.shape == SCALAR:
        return terms.scalar_power(node, -1)
    factor, body = calls.split(node)
    assert body is not None
    if terms.is_zero(body):
        raise MatcalcError("the inverse of a matrix that is zero does not exist")
    return terms.product_of_scalars((terms.scalar_power(factor, -1), _inverse(body)))


def _inverse(body: Expr) -> Expr:
    match body:
        case Constant("eye"):
            return body
        case Call("inv", (a,)):
            return a
        case Call("Diag", (v,)):
            return diagonals.Diag(hadamards.entry_power(v, -1))
        case Call("kron", (a, b)) if a.shape[0] == a.shape[1]:
            return kroneckers.kron(inverse(a), inverse(b))
        case Word(factors) if _all_square(factors):
            return words.product(*[inverse(f) for f in reversed(factors)])
    if properties.is_orthogonal(body):
        return transposes.transpose(body)
    if complex_symbols and conjugates.is_unitary(body):
        return conjugates.adjoint(body)
    return Call("inv", (body,), body.shape)


def _all_square(factors: Args) -> bool:
    return all(f.shape[0] == f.shape[1] for f in factors)


def det(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    node = args[0]
    if node.shape == SCALAR:
        return node
    match node:
        case Constant("eye"):
            return terms.ONE
        case Call("inv", (a,)):
            return terms.scalar_power(calls.call("det", (a,), SCALAR), -1)
        case Call("Diag", (v,)):
            return calls.call("prod", (v,), SCALAR)
        case Word(factors) if _all_square(factors):
            return terms.product_of_scalars([calls.call("det", (f,), SCALAR) for f in factors])
        case Call("mpower", (a, k)):
            return terms.scalar_power(calls.call("det", (a,), SCALAR), k)
    return Call("det", (min(node, transposes.transpose(node)),), SCALAR)


def logdet(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    node = args[0]
    if node.shape == SCALAR:
        return calls.call("log", (calls.call("abs", (node,), SCALAR),), SCALAR)
    if conjugates.is_complex(node):  # log |d| = log(conj(d) d) / 2
        d = calls.call("det", (node,), SCALAR)
        return terms.scale_by(
            Fraction(1, 2), calls.call("log", (terms.product_of_scalars((conjugates.conjugate(d), d)),), SCALAR)
        )
    match node:
        case Constant("eye"):
            return terms.ZERO
        case Call("inv", (a,)):
            return terms.neg(calls.call("logdet", (a,), SCALAR))
        case Call("Diag", (v,)):
            return grand_sums.sum_vector(calls.call("log", (calls.call("abs", (v,), v.shape),), v.shape))
        case Word(factors) if _all_square(factors):
            return sums.add([calls.call("logdet", (f,), SCALAR) for f in factors])
    if properties.is_orthogonal(node):
        return terms.ZERO
    return Call("logdet", (min(node, transposes.transpose(node)),), SCALAR)


def mpower(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    exponent = terms.as_number(args[1])
    if exponent is not None:
        return words.power(args[0], exponent)
    return args[0] if terms.is_constant(args[0], "eye") else None
