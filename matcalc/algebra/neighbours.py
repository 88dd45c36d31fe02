"""Neighbours in a product that cancel or combine: A inv(A), Q Q', P P, Diag(x) Diag(y), (A ⊗ B) (C ⊗ D)."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.algebra import (
    calls,
    conjugates,
    diagonals,
    exponentials,
    hadamards,
    kroneckers,
    properties,
    selectors,
    terms,
    transposes,
    words,
)
from matcalc.algebra.trace import note
from matcalc.errors import NAMED, FormulaError
from matcalc.expr import Call, Constant, Expr, Transpose, Word, complex_symbols
from matcalc.shape import Size, mul

Factors = list[Expr]
FACTORS = 700  # of a product


def reduced(factors: Factors) -> tuple[Factors, Factors]:
    """The word after its neighbours have met, and the scalars that came out."""
    kept: Factors = []
    scalars: Factors = []
    waiting = list(reversed(factors))
    inverse = -1  # where the last inverse is kept
    while waiting:
        factor = waiting.pop()
        if type(factor) is Constant:
            if factor.kind == "eye":
                continue
            if factor.kind == "ones" and factor.shape[0] != 1 and factor.shape[1] != 1 and (kept or waiting):
                waiting += [terms.ones(1, factor.shape[1]), terms.ones(factor.shape[0], 1)]
                continue
        elif type(factor) is Word:
            waiting += reversed(factor.factors)
            continue
        elif factor.shape != (1, 1) and terms.parts(factor)[2] is not factor:
            own, powers, body = terms.parts(factor)
            scalars.append(terms.monomial(own, dict(powers), None))
            if body is not None:
                waiting.append(body)
            continue
        elif factor.shape == (1, 1):
            scalars.append(factor)
            continue
        if kept:
            met = _meet(kept, factor)
            if met is None and inverse >= 0:
                met = _inside_inverse(kept, factor)
            if met is not None:
                waiting += reversed(met)
                inverse = _last_inverse(kept) if inverse >= 0 else -1
                continue
        if _is_inverse(factor):
            inverse = len(kept)
        kept.append(factor)
    if len(kept) > FACTORS:
        raise FormulaError(f"a product of more than {FACTORS} factors is too long to be multiplied out", hint=NAMED)
    return kept, scalars


def _is_inverse(node: Expr) -> bool:
    return type(node) is Call and node.function == "inv"


def _last_inverse(kept: Factors) -> int:
    return next((k for k in range(len(kept) - 1, -1, -1) if _is_inverse(kept[k])), -1)


def _meet(kept: Factors, factor: Expr) -> Factors | None:
    """What takes the place of the last kept factors (popped) and this one, or None."""
    last = kept[-1]
    kinds = (type(last), type(factor))
    if _selects(last) or _selects(factor):
        met = selectors.meet(last, factor)
        if met is not None:
            kept.pop()
            return met
    if Call in kinds:
        if type(last) is Call and last.function == "inv":
            met = _after_inverse(kept, last, factor)
            if met is not None:
                return met
        found = _inverse_of(kept, factor)
        if found is not None:
            return found
        if type(last) is Call and type(factor) is Call:
            rule = NEIGHBOURS.get((last.function, factor.function))
            if rule is not None:
                met = rule(last, factor)
                if met is not None:
                    kept.pop()
                    return met
    if type(factor) is Constant and factor.kind == "commutation" and type(last) is Call and last.function == "kron":
        x, y = last.args  # (B ⊗ A) K(q, n) = A ⊗ B where A or B has one row
        if factor.parameters == (x.shape[1], y.shape[1]) and 1 in (x.shape[0], y.shape[0]):
            kept.pop()
            return [kroneckers.kron(y, x)]
    if type(last) is Constant and last.kind == "commutation":
        met = _after_commutation(last, factor)
        if met is not None:
            kept.pop()
            return met
    if properties.is_orthogonal(last) and transposes.transpose(factor) is last:
        kept.pop()  # Q Q' = I
        note("orthogonal")
        return []
    if complex_symbols and conjugates.is_unitary(last) and conjugates.adjoint(factor) is last:
        kept.pop()  # Q Q^H = I
        note("unitary")
        return []
    if factor is last and properties.has(last, "projection"):
        kept.pop()  # P P = P
        note("projection")
        return [last]
    return None


def _selects(node: Expr) -> bool:
    base = node.base if type(node) is Transpose else node
    return type(base) is Constant and base.kind in selectors.KINDS


def _after_commutation(K: Constant, factor: Expr) -> Factors | None:
    """K(p, m) (A ⊗ B) = (B ⊗ A) K(q, n) for A m×n, B p×q; K(m, n) K(n, m) = I; K(m, n) vec(A) = vec(A')."""
    p, m = K.parameters
    if type(factor) is Constant and factor.kind == "commutation":
        return [] if factor.parameters == (m, p) else None
    if type(factor) is Call and factor.function == "vec" and factor.args[0].shape == (p, m):
        return [kroneckers.vec(transposes.transpose(factor.args[0]))]
    if type(factor) is Call and factor.function == "kron":
        a, b = factor.args
        if a.shape[0] == m and b.shape[0] == p:
            note("commutation-kronecker")
            return [kroneckers.kron(b, a), commutation(b.shape[1], a.shape[1])]
    return None


def commutation(m: Size, n: Size) -> Expr:
    """K(m, n), with K(m, n) vec(A) = vec(A') for A m×n; the identity where m or n is 1."""
    if m == 1 or n == 1:
        return terms.eye(mul(m, n))
    return Constant("commutation", (mul(m, n), mul(m, n)), (m, n))


def _word_of(node: Expr) -> tuple[Expr, ...]:
    return node.factors if type(node) is Word else (node,)


def _after_inverse(kept: Factors, last: Call, factor: Expr) -> Factors | None:
    """inv(A) A = I for an A of one factor."""
    if last.args[0] is factor:
        kept.pop()
        note("inverse-left")
        return []
    return None


def _inverse_of(kept: Factors, factor: Expr) -> Factors | None:
    """A inv(A) = I, where A may be the last several factors."""
    if type(factor) is not Call or factor.function != "inv":
        return None
    word = _word_of(factor.args[0])
    if len(kept) >= len(word) and all(a is b for a, b in zip(kept[-len(word) :], word, strict=True)):
        del kept[-len(word) :]
        note("inverse-right")
        return []
    return None


def _inside_inverse(kept: Factors, factor: Expr) -> Factors | None:
    """inv(A B) A B = I: the word that ends with this factor follows its own inverse."""
    k = _last_inverse(kept)
    word = _word_of(kept[k].children[0]) if k >= 0 else ()
    if (
        len(word) == len(kept) - k
        and word[-1] is factor
        and all(a is b for a, b in zip(kept[k + 1 :], word[:-1], strict=True))
    ):
        del kept[k:]
        note("inverse-left")
        return []
    return None


def _diagonals(a: Call, b: Call) -> Factors:
    """Diag(x) Diag(y) = Diag(x ⊙ y)."""
    note("diagonal-product")
    return [diagonals.Diag(hadamards.hadamard(a.args[0], b.args[0]))]


def _krons(a: Call, b: Call) -> Factors | None:
    """(A ⊗ B) (C ⊗ D) = (A C) ⊗ (B D) where the sizes fit."""
    if all(x.shape[1] == y.shape[0] for x, y in zip(a.args, b.args, strict=True)):
        return [kroneckers.kron(*[words.product(x, y) for x, y in zip(a.args, b.args, strict=True)])]
    return None


def _kron_vec(a: Call, b: Call) -> Factors | None:
    """(A ⊗ B) vec(X) = vec(B X A')."""
    left, right = a.args
    inner = b.args[0]
    if left.shape[1] == inner.shape[1] and right.shape[1] == inner.shape[0]:
        moved = words.product(right, inner, transposes.transpose(left))
        return [calls.call("vec", (moved,), (b.shape[0] if moved.shape == inner.shape else a.shape[0], 1))]
    return None


NEIGHBOURS: dict[tuple[str, str], Callable[[Call, Call], Factors | None]] = {
    ("Diag", "Diag"): _diagonals,
    ("kron", "kron"): _krons,
    ("kron", "vec"): _kron_vec,
    ("Diag", "exp"): lambda a, b: exponentials.softmax_of_rows(a, b),  # noqa: PLW0108  it is not read yet
}
