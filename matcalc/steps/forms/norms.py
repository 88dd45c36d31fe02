"""Squared norms: the scalars x' x, x' A' A x and A : A are norm(a)^2."""

from __future__ import annotations

from matcalc.algebra import product, transpose
from matcalc.algebra.conjugates import adjoint, conjugate, is_complex
from matcalc.algebra.terms import is_constant
from matcalc.expr import Call, Expr, Scaled, Word
from matcalc.steps.forms.form import cost


def norm_of(node: Expr) -> Expr | None:
    """a where the scalar is norm(a)^2: x' x, x' A' A x, A : A."""
    found = node.memo.get(norm_of, node)
    if found is node:
        found = node.memo[norm_of] = _norm_of(node)
    return found  # type: ignore[return-value]


def _norm_of(node: Expr) -> Expr | None:
    if type(node) is Word:
        factors = node.factors
    elif type(node) is Call and node.function == "tr" and type(node.args[0]) is Word:
        factors = node.args[0].factors
    else:
        return _modulus(node) if is_complex(node) else None
    if len(factors) % 2:
        return None
    half = len(factors) // 2
    turned = adjoint if is_complex(node) else transpose
    for turn in range(half if type(node) is Call else 1):
        word = factors[turn:] + factors[:turn]
        if all(turned(word[k]) is word[-1 - k] for k in range(half)):
            if is_constant(word[-1], "ones"):
                return None
            right, left = product(*word[half:]), product(*word[:half])
            if turned is adjoint:  # norm(conj(Z)) is norm(Z)
                right, left = min(right, conjugate(right), key=cost), min(left, conjugate(left), key=cost)
            return right if cost(right) <= cost(left) else left
    return None


def _modulus(node: Expr) -> Expr | None:
    """z of conj(z) z."""
    if type(node) is not Scaled or node.number != 1 or node.body is not None or len(node.scalars) != 2:
        return None
    (a, one), (b, other) = node.scalars
    return min(a, b, key=cost) if one == other == 1 and conjugate(a) is b else None
