"""Operations on SymPy's expressions, in the form that SymPy itself would give them, one level at a time.

>>> A, X = sympy.MatrixSymbol("A", 2, 2), sympy.MatrixSymbol("X", 2, 2)
>>> scaled(sympy.Integer(2), total([X, A])), product([A, A]), entries(sympy.exp, A)
(2*A + 2*X, A**2, Lambda(_d, exp(_d)).(A))

SymPy's operators evaluate everything inside once more; these look at the outermost operation only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from matcalc.expr import Rational
from matcalc.shape import Size

# Of which entries a function is: one letter for all, since to SymPy functions with different letters are different.
ENTRY = sympy.Dummy("d", dummy_index=0)


def number(value: Rational) -> sympy.Expr:
    return sympy.Rational(value.numerator, value.denominator)


def size(value: Size) -> sympy.Expr:
    """A whole number, a positive whole symbol, a polynomial of these."""
    match value:
        case int():
            return sympy.Integer(value)
        case str():
            return sympy.Symbol(value, integer=True, positive=True)
        case _:
            return sympy.Add(*[number(c) * sympy.Mul(*sizes(names)) for names, c in value.terms])


def sizes(values: Sequence[Size]) -> list[sympy.Expr]:
    return [size(value) for value in values]


# --- sums and products ------------------------------------------------------------------------------------------------


def total(terms: Sequence[sympy.Expr]) -> sympy.Expr:
    """The sum of scalars, or of matrices."""
    if not terms[0].is_Matrix:
        return sympy.Add(*terms)
    flat = [part for term in terms for part in (term.args if isinstance(term, sympy.MatAdd) else [term])]
    return sympy.MatAdd(*sorted(flat, key=sympy.default_sort_key))


def product(factors: Sequence[sympy.Expr]) -> sympy.Expr:
    """The product of matrices, and of scalars with matrices."""
    return sympy.MatMul(*factors, evaluate=True)


def scaled(factor: sympy.Expr, X: sympy.Expr) -> sympy.Expr:
    """A scalar times a matrix; SymPy distributes a number over a sum."""
    if factor.is_Rational and isinstance(X, sympy.MatAdd):
        return total([product([factor, term]) for term in X.args])
    return product([factor, X])


def hadamard(factors: Sequence[sympy.Expr]) -> sympy.Expr:
    ordered = sorted(factors, key=sympy.default_sort_key)
    return sympy.HadamardProduct(*ordered) if len(ordered) > 1 else ordered[0]


# --- entries ----------------------------------------------------------------------------------------------------------


def power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """Of a scalar; exp(u)^c is exp(c u)."""
    if isinstance(base, sympy.exp):
        return sympy.exp(exponent * base.args[0])
    return sympy.Pow(base, exponent)


def entry_power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """Of every entry of a matrix; likewise."""
    if exponent == 1:
        return base
    if isinstance(base, ElementwiseApplyFunction) and isinstance(base.function.expr, sympy.exp):
        return entries(sympy.exp, scaled(exponent, base.expr))
    return sympy.HadamardPower(base, exponent)


def entries(function: Callable[[sympy.Expr], sympy.Expr], X: sympy.Expr) -> sympy.Expr:
    """A function of every entry."""
    return ElementwiseApplyFunction(sympy.Lambda(ENTRY, function(ENTRY)), X) if X.is_Matrix else function(X)


def sum_of_entries(X: sympy.Expr) -> sympy.Expr:
    """1' X 1, where the ones of a single row or column are left out."""
    rows, columns = X.shape
    above = [sympy.OneMatrix(1, rows)] if rows != 1 else []
    beside = [sympy.OneMatrix(columns, 1)] if columns != 1 else []
    return sympy.Trace(product([*above, X, *beside]))


def row_sums(X: sympy.Expr) -> sympy.Expr:
    return product([X, sympy.OneMatrix(X.shape[1], 1)])
