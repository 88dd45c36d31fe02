"""Products that are 1×1, as scalars: x' A y = y' A' x, x' (a ⊙ y) = 1' (a ⊙ x ⊙ y)."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.algebra import diagonals, grand_sums, hadamards, properties, terms, traces, transposes, words
from matcalc.algebra.trace import note
from matcalc.expr import Call, Expr, Hadamard, Rational, Word


def dot(factors: list[Expr]) -> Expr:
    """A 1×1 word without inner cuts, as a scalar: the lesser of the word and its transpose."""
    if len(factors) == 1:
        return factors[0]
    first, last = factors[0], factors[-1]
    if len(factors) >= 3:
        if diagonals.is_Diag(factors[-2]):
            return words.product(*factors[:-2], hadamards.hadamard(factors[-2].children[0], last))
        if diagonals.is_Diag(factors[1]):
            row = transposes.transpose(factors[1].children[0])
            return words.product(hadamards.hadamard(first, row), *factors[2:])
    if len(factors) == 2:
        return _dot2(transposes.transpose(first), last)
    if terms.is_constant(first, "ones") and terms.is_constant(last, "ones") and len(factors) == 3:
        return grand_sums.sum_matrix(factors[1])
    return lesser(factors)


def lesser(factors: list[Expr]) -> Expr:
    """A 1×1 word or its transpose, whichever is the lesser: x' S y is -y' S x for a skew S, and x' S x is 0."""
    sign, turned = turned_word(factors)
    word, other = Word(tuple(factors)), Word(turned)
    if word is other:
        return word if sign == 1 else terms.ZERO
    return word if word < other else terms.scale_by(sign, other)


def turned_word(factors: Sequence[Expr]) -> tuple[Rational, tuple[Expr, ...]]:
    """The transpose of a product, factor by factor, and its sign, which skew factors change."""
    sign: Rational = 1
    turned: list[Expr] = []
    for factor in reversed(factors):
        number, scalars, body = terms.parts(transposes.transpose(factor))
        sign = sign * number
        turned.append(terms.monomial(1, dict(scalars), body))
    return sign, tuple(turned)


def _dot2(x: Expr, y: Expr) -> Expr:
    """x' y of two columns."""
    if terms.is_constant(x, "ones") or terms.is_constant(y, "ones"):
        return grand_sums.sum_vector(y if terms.is_constant(x, "ones") else x)
    if type(x) is Hadamard or type(y) is Hadamard:
        return grand_sums.sum_vector(hadamards.hadamard(x, y))
    if x is y:
        if properties.has(x, "unit"):
            note("unit")
            return terms.ONE
        if properties.is_binary(x):
            return grand_sums.sum_vector(x)
    elif y < x:
        x, y = y, x
    if type(x) is Word or type(y) is Word:
        return words.product(transposes.transpose(x), y)
    if type(x) is Call and type(y) is Call and x.function == y.function == "vec":
        return traces.frobenius(x.args[0], y.args[0])
    return Word((transposes.transpose(x), y))
