"""Moves of the compaction: the same value written another way, which may then factor better.

distributed     one sum of a product multiplied out
cleared         (1 + u/v)^-1 = v (v + u)^-1
adjugate        det(Y) inv(Y) = adj(Y)
"""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.algebra import add, call, entry_power, hadamard, inverse, neg, ones, product, scale_by, transpose
from matcalc.algebra.conjugates import is_complex
from matcalc.algebra.hadamards import entrywise
from matcalc.algebra.terms import (
    Bases,
    monomial,
    multiply_exponents,
    parts,
    product_of_scalars,
    scalar_power,
)
from matcalc.algebra.trace import note
from matcalc.expr import Add, Call, Exponent, Expr, Hadamard, Rational, Scaled, Word
from matcalc.shape import SCALAR
from matcalc.steps.forms import cost

MOST = 8  # terms that a distribution may make
SUMS = 12  # of a product, one of which is multiplied out; among more, as in (A + B)^100, that shortens nothing
LARGE = 40  # terms beyond which sums are left alone


def moves(node: Expr) -> Iterator[Expr]:
    """Ways to write a node with a product distributed over a sum, or a denominator cleared."""
    value, scalars, body = parts(node)
    if type(node) is Add:
        yield from _moves_of_sum(node)
        return
    if type(body) is Word or type(body) is Hadamard:
        for spread in _distributed(body):
            yield product_of_scalars([Scaled(value, scalars, None), spread])
    for base, exponent in scalars:
        if type(base) is Add and exponent == 1 and len(base.terms) <= MOST and (len(scalars) > 1 or body is not None):
            rest = monomial(value, {b: e for b, e in scalars if b is not base}, body)
            yield add([product_of_scalars((t, rest)) for t in base.terms])
        if type(base) is Add and not isinstance(exponent, Expr) and exponent < 0:
            cleared = _cleared(base)
            if cleared is not None:
                inner, denominator = cleared  # (1 + u/v)^-1 = v (v + u)^-1
                rest = monomial(value, {b: e for b, e in scalars if b is not base}, body)
                yield product_of_scalars(
                    [rest, scalar_power(inner, exponent), scalar_power(denominator, multiply_exponents(exponent, -1))]
                )
        if type(base) is Add and exponent == 1:
            yield from _scalar_into_sum(value, scalars, body, base)
        if type(base) is Word and exponent == 1:
            for spread in _distributed(base):
                yield product_of_scalars([monomial(value, {b: e for b, e in scalars if b is not base}, body), spread])
    if type(body) is Hadamard:
        yield from (product_of_scalars([Scaled(value, scalars, None), cleared]) for cleared in _cleared_entrywise(body))
    if type(body) is Word:
        for k, f in enumerate(body.factors):
            if type(f) is Hadamard:
                for other in _cleared_entrywise(f):
                    word = product(*body.factors[:k], other, *body.factors[k + 1 :])
                    yield product_of_scalars([Scaled(value, scalars, None), word])
    if body is not None and type(body) is Add and scalars:
        yield add([product_of_scalars([Scaled(value, scalars, None), t]) for t in body.terms])


def _scalar_into_sum(
    value: Rational, scalars: tuple[tuple[Expr, Exponent], ...], body: Expr | None, total: Add
) -> Iterator[Expr]:
    """v (1 + u/v) = v + u."""
    below = {b for t in total.terms for b, e in parts(t)[1] if not isinstance(e, Expr) and e < 0}
    for base, exponent in scalars:
        if base in below and not isinstance(exponent, Expr) and exponent > 0:
            power = scalar_power(base, exponent)
            rest = monomial(value, {b: e for b, e in scalars if b is not base and b is not total}, body)
            yield product_of_scalars([add([product_of_scalars((t, power)) for t in total.terms]), rest])


def _moves_of_sum(node: Add) -> Iterator[Expr]:
    if len(node.terms) > LARGE:
        return
    changed = []
    for k, term in enumerate(node.terms):
        for moved in moves(term):
            rest = (*node.terms[:k], *node.terms[k + 1 :])
            yield add([*rest, moved])
            changed.append((k, moved))
            break
    if len(changed) > 1:
        replaced = dict(changed)
        yield add([replaced.get(k, t) for k, t in enumerate(node.terms)])


def _distributed(body: Expr) -> Iterator[Expr]:
    """The product with one sum multiplied out, and with all."""
    match body:
        case Word(factors):
            sums = [k for k, f in enumerate(factors) if type(f) is Add and len(f.terms) <= MOST]
            for k in sums if len(sums) <= SUMS else ():
                yield add([product(*factors[:k], t, *factors[k + 1 :]) for t in factors[k].terms])  # type: ignore[attr-defined]
        case Hadamard(powers):
            for base, exponent in powers:
                if type(base) is Add and exponent == 1 and len(base.terms) <= MOST and len(powers) > 1:
                    rest = entrywise({b: e for b, e in powers if b is not base}, body.shape)
                    yield add([hadamard(t, rest) for t in base.terms])


def _cleared(total: Expr) -> tuple[Expr, Expr] | None:
    """(v + u, v) of the sum 1 + u/v."""
    assert type(total) is Add
    for term in total.terms:
        for base, exponent in parts(term)[1]:
            if not isinstance(exponent, Expr) and exponent < 0:
                denominator = scalar_power(base, multiply_exponents(exponent, -1))
                return add([product_of_scalars((t, denominator)) for t in total.terms]), denominator
    return None


def _cleared_entrywise(body: Hadamard) -> Iterator[Expr]:
    """… ./ (1 + U/v) = v … ./ (v + U), for a scalar denominator inside."""
    for base, exponent in body.factors:
        if type(base) is Add and exponent == -1:
            cleared = _cleared(base)
            if cleared is not None:
                inner, denominator = cleared
                rest = (
                    entrywise({b: e for b, e in body.factors if b is not base}, body.shape)
                    if len(body.factors) > 1
                    else ones(*body.shape)
                )
                yield product_of_scalars([denominator, hadamard(rest, entry_power(inner, -1))])


def adjugates(node: Expr) -> Expr:
    """det(Y) inv(Y) = adj(Y), in a body or in a trace.

    This takes away the condition that Y is invertible, so it must hold up to singular Y: not for a skew one of odd size,
    near which no Y is invertible, and -adj(Y) is not adj(Y').
    """
    value, scalars, body = parts(node)
    for base, exponent in scalars:
        if exponent == 1 and type(base) is Call and base.function == "det" and not is_complex(base):
            rest = {b: e for b, e in scalars if b is not base}
            Y = base.args[0]
            if transpose(Y) is neg(Y):
                continue
            for inner, adjugate in ((inverse(Y), Y), (inverse(transpose(Y)), transpose(Y))):
                made = _replaced(value, rest, body, inner, call("adj", (adjugate,), adjugate.shape))
                if made is not None and cost(made) < cost(node):
                    note("adjugate-inverse")
                    return made
    return node


def _replaced(value: Rational, scalars: Bases, body: Expr | None, inner: Expr, adjugate: Expr) -> Expr | None:
    """The term with the inverse (without its scalars: inv(s Y) is inv(Y) / s) replaced once."""
    own, own_scalars, wanted = parts(inner)
    own_scalar = Scaled(own, own_scalars, None)
    if body is not None:
        word = body.factors if type(body) is Word else (body,)
        if word.count(wanted) == 1 and wanted is not None:
            made = product(*[scale_by(1, adjugate) if f is wanted else f for f in word])
            return product_of_scalars([monomial(value, scalars, None), _over(made, own_scalar)])
        return None
    for base, exponent in scalars.items():
        if exponent == 1 and type(base) is Call and base.function == "tr" and type(base.args[0]) is Word:
            word = base.args[0].factors
            if word.count(wanted) == 1:
                made = call("tr", (product(*[adjugate if f is wanted else f for f in word]),), SCALAR)
                rest = {b: e for b, e in scalars.items() if b is not base}
                return product_of_scalars([monomial(value, rest, None), _over(made, own_scalar)])
        if exponent == 1 and type(base) is Call and base.function == "tr" and base.args[0] is wanted:
            rest = {b: e for b, e in scalars.items() if b is not base}
            return product_of_scalars([monomial(value, rest, None), _over(call("tr", (adjugate,), SCALAR), own_scalar)])
    return None


def _over(node: Expr, scalar: Expr) -> Expr:
    """node / scalar."""
    return product_of_scalars([scalar_power(scalar, -1), node])
