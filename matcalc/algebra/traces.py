"""Traces and Frobenius products.

A : B has two homes, and which one is taken does not depend on how it was typed: 1' v for vectors; for matrices
tr(A' B) where at most one side is a Hadamard product without matrix products inside, else the sum of the entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.algebra import calls, diagonals, dots, frechet, grand_sums, hadamards, sums, terms, transposes, words
from matcalc.expr import Add, Call, Constant, Expr, Hadamard, Word
from matcalc.shape import SCALAR

if TYPE_CHECKING:
    from matcalc.algebra.calls import Args


def frobenius(a: Expr, b: Expr) -> Expr:
    """A : B = tr(A' B), a scalar."""
    if a.shape == SCALAR:
        return terms.product_of_scalars((a, b))
    if a.shape[1] == 1:
        return words.product(transposes.transpose(a), b)
    if a.shape[0] == 1:
        return words.product(a, transposes.transpose(b))
    return trace(words.product(transposes.transpose(a), b))


def trace(node: Expr) -> Expr:
    if node.shape == SCALAR:
        return node
    factor, body = calls.split(node)
    if body is None:
        return factor
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, trace(body)))
    match body:
        case Add(items):
            return sums.add([trace(t) for t in items])
        case Word(factors):
            return _trace_word(factors)
        case Hadamard(factors):
            return grand_sums.sum_vector(diagonals.diagonal(body))
        case Constant("zeros"):
            return terms.ZERO
        case Constant():
            return terms.size(body.shape[0]) if body.kind in ("eye", "ones") else Call("tr", (body,), SCALAR)
        case Call("Diag", (v,)):
            return grand_sums.sum_vector(v)
        case Call("kron", (a, b)) if a.shape[0] == a.shape[1]:
            return terms.product_of_scalars((trace(a), trace(b)))
    sign, (turned,) = dots.turned_word((body,))
    if turned is body:
        return Call("tr", (body,), SCALAR) if sign == 1 else terms.ZERO  # skew
    least = Call("tr", (min(body, turned),), SCALAR)
    return terms.scale_by(sign, least) if turned < body else least


def _trace_word(factors: Args) -> Expr:
    for k in range(len(factors)):
        if factors[k].shape[0] == 1:  # tr(a b') = b' a
            return words.product(*factors[k:], *factors[:k])
    for k, factor in enumerate(factors):
        if diagonals.is_Diag(factor):  # tr(Diag(x) A) = x' diag(A)
            rest = words.product(*factors[k + 1 :], *factors[:k])
            return words.product(transposes.transpose(factor.children[0]), diagonals.diagonal(rest))
    met = words.product(factors[-1], factors[0])
    if type(met) is not Word or len(met.factors) != 2:
        return trace(words.product(met, *factors[1:-1]))
    if len(factors) == 2:
        moved = frechet.past_frechet(*factors) or frechet.past_frechet(factors[1], factors[0])
        if moved is not None:
            return moved
    moved_to_sums = []
    for k, factor in enumerate(factors):
        if type(factor) is Hadamard:
            rest = words.product(*factors[k + 1 :], *factors[:k])
            if type(rest) is not Word or any(type(b) is Word and e == 1 for b, e in factor.factors):
                moved_to_sums.append(grand_sums.sum_matrix(hadamards.hadamard(transposes.transpose(rest), factor)))
    if moved_to_sums:
        return min(moved_to_sums)
    sign, turned = dots.turned_word(factors)
    own, other = _least_rotation(factors), _least_rotation(turned)
    if own == other and sign == -1:
        return terms.ZERO  # a skew factor beside a symmetric one
    trace_of_least = Call("tr", (Word(other if _less(other, own) else own),), SCALAR)
    return terms.scale_by(sign, trace_of_least) if _less(other, own) else trace_of_least


def _least_rotation(word: Args) -> Args:
    """The least among the rotations of a trace."""
    best = word
    for k in range(1, len(word)):
        other = word[k:] + word[:k]
        if _less(other, best):
            best = other
    return best


def _less(a: Args, b: Args) -> bool:
    for x, y in zip(a, b, strict=True):
        if x is not y:
            return x < y
    return False
