"""Operations on SymPy's expressions, in the form that SymPy itself would give them, one level at a time.

>>> A, X = sympy.MatrixSymbol("A", 2, 2), sympy.MatrixSymbol("X", 2, 2)
>>> scaled(sympy.Integer(2), total([X, A])), product([A, A]), entries(sympy.exp, A)
(2*A + 2*X, A**2, Lambda(_d, exp(_d)).(A))

SymPy's operators evaluate everything inside once more; these look at the outermost operation only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import sympy
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixExpr

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
        return of_scalars(sympy.exp, exponent * base.args[0])
    return of_scalars(sympy.Pow, base, exponent)


def entry_power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """Of every entry of a matrix; likewise."""
    if exponent == 1:
        return base
    if isinstance(base, ElementwiseApplyFunction) and isinstance(base.function.expr, sympy.exp):
        return entries(sympy.exp, scaled(exponent, base.expr))
    return sympy.HadamardPower(base, exponent)


def entries(function: Callable[[sympy.Expr], sympy.Expr], X: sympy.Expr) -> sympy.Expr:
    """A function of every entry."""
    return ElementwiseApplyFunction(sympy.Lambda(ENTRY, function(ENTRY)), X) if X.is_Matrix else of_scalars(function, X)


def of_scalars(function: Callable[..., sympy.Expr], *args: sympy.Expr) -> sympy.Expr:
    """A function of scalars; where matrices are inside, SymPy would simplify them as if they were numbers, and fail."""
    letters = [sympy.Dummy("arg", dummy_index=k + 1, real=True) for k in range(len(args))]
    shown = [letter if arg.has(MatrixExpr) else arg for letter, arg in zip(letters, args, strict=True)]
    return grafted(function(*shown), dict(zip(letters, args, strict=True)))


def sum_of_entries(X: sympy.Expr) -> sympy.Expr:
    """1' X 1, where the ones of a single row or column are left out."""
    rows, columns = X.shape
    above = [sympy.OneMatrix(1, rows)] if rows != 1 else []
    beside = [sympy.OneMatrix(columns, 1)] if columns != 1 else []
    return sympy.Trace(product([*above, X, *beside]))


def row_sums(X: sympy.Expr) -> sympy.Expr:
    return product([X, sympy.OneMatrix(X.shape[1], 1)])


# --- parts in the places of letters -----------------------------------------------------------------------------------


def grafted(made: sympy.Basic, parts: Mapping[sympy.Basic, sympy.Expr]) -> sympy.Basic:
    """The same with parts in the places of letters, without a look into them: SymPy's constructors would look."""
    if made in parts or not made.args:
        return parts.get(made, made)
    args = [grafted(arg, parts) for arg in made.args]
    if all(new is old for new, old in zip(args, made.args, strict=True)):
        return made
    fresh = sympy.Basic.__new__(type(made), *args)
    for name, value in _fields(made).items():
        setattr(fresh, name, _grafted_field(value, parts))
    hash(fresh)  # SymPy keeps it: those of the parts are known by now, and later it would descend for them
    return fresh


def _fields(made: sympy.Basic) -> dict[str, object]:
    """What the classes of a node keep beside its arguments."""
    slots = {name for kind in type(made).__mro__ for name in kind.__dict__.get("__slots__", ())}
    kept = {name: getattr(made, name) for name in sorted(slots - set(sympy.Basic.__slots__)) if hasattr(made, name)}
    return kept | getattr(made, "__dict__", {})


def _grafted_field(value: object, parts: Mapping[sympy.Basic, sympy.Expr]) -> object:
    if isinstance(value, frozenset):
        return frozenset(_grafted_field(item, parts) for item in value)
    return grafted(value, parts) if isinstance(value, sympy.Basic) else value
