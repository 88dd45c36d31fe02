"""Functions of the tables in SymPy: by the same name, by another, or by what they mean there.

>>> from matcalc.expr import Symbol
>>> call(Call("relu", (Symbol("x", (3, 1)),), (3, 1)), [sympy.MatrixSymbol("x", 3, 1)])
Lambda(_d, Max(0, _d)).(x)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import sympy

from matcalc.algebra.properties import positive
from matcalc.errors import NoRuleError
from matcalc.expr import Call
from matcalc.rules.sympy_functions import NAMES
from matcalc.steps.functions import is_declared
from matcalc.write.sympy_ops import ENTRY, entries, of_scalars, product, row_sums, scaled, sizes, sum_of_entries, total


def call(node: Call, args: Sequence[sympy.Expr]) -> sympy.Expr:
    """The value of a call, given those of its arguments."""
    own = MATRICES.get(" ".join([node.function, *map(str, node.parameters)]))
    if own is not None:
        return own(*args)
    if is_declared(node):
        return _declared(node.function, args[0])
    function, numbers = function_of_entry(node), sizes(node.parameters)
    if len(args) == 1:
        return entries(lambda entry: function(*numbers, entry), args[0])
    if any(other.is_Matrix for other in args[1:]):
        raise no_operation(f"{node.function} of two matrices")
    return _beside(function, *args)


def no_operation(name: str) -> NoRuleError:
    return NoRuleError(f"SymPy has no operation for {name}")


def function_of_entry(node: Call) -> Callable[..., sympy.Expr]:
    """What a function does with one entry (and a number beside it)."""
    table = PAIRS if len(node.args) == 2 else ENTRIES | POSITIVE if positive(node.args[0]) else ENTRIES
    if node.function in table:
        return table[node.function]
    found = getattr(sympy, _NAMES.get(node.function, node.function), None)
    if len(node.args) == 1 and isinstance(found, type) and issubclass(found, sympy.Function):
        return cast("Callable[..., sympy.Expr]", found)
    raise no_operation(node.function)


_NAMES = {ours: theirs for theirs, ours in NAMES.items()}


def _declared(name: str, X: sympy.Expr) -> sympy.Expr:
    """A function f that the user declared, or its derivative f', f'', at X."""
    function, order = sympy.Function(name.rstrip("'")), name.count("'")
    return entries(lambda entry: function(ENTRY).diff(ENTRY, order).subs(ENTRY, entry), X)


def _beside(function: Callable[..., sympy.Expr], X: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """max(X, b) = max(X - b, 0) + b: when SymPy differentiates, it takes what stands in a Lambda for constant."""
    if not X.is_Matrix:
        return of_scalars(function, X, b)
    if b.is_number:
        return entries(lambda entry: function(entry, b), X)
    everywhere = scaled(b, sympy.OneMatrix(*X.shape))
    above = total([X, scaled(sympy.Integer(-1), everywhere)])
    return total([entries(lambda entry: function(entry, 0), above), everywhere])


# --- what functions of matrices mean ----------------------------------------------------------------------------------


def _part(X: sympy.Expr, sign: int) -> sympy.Expr:
    """The symmetric or the skew part."""
    half = sympy.Rational(1, 2)
    return total([scaled(half, X), scaled(sign * half, sympy.Transpose(X))])


def _product_of_entries(x: sympy.Expr) -> sympy.Expr:
    if not x.is_Matrix:
        return x
    if 1 not in x.shape:
        raise no_operation("prod of a matrix")
    return sympy.Determinant(sympy.DiagMatrix(x))


def _power(X: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    return sympy.MatPow(X, exponent) if X.is_Matrix else sympy.Pow(X, exponent)


def _kron(X: sympy.Expr, Y: sympy.Expr) -> sympy.Expr:
    return sympy.KroneckerProduct(X, *(Y.args if isinstance(Y, sympy.KroneckerProduct) else [Y]))


def _softmax(x: sympy.Expr) -> sympy.Expr:
    grown = entries(sympy.exp, x)
    return scaled(1 / sum_of_entries(grown), grown)


def _softmax_of_rows(X: sympy.Expr) -> sympy.Expr:
    grown = entries(sympy.exp, X)
    return product([sympy.DiagMatrix(sympy.HadamardPower(row_sums(grown), -1)), grown])


# What has another name in SymPy or is a formula there; a number after a name is a parameter (the axis). Then functions of
# one entry, of one known to be positive, of an entry and a number. All others have their own name in SymPy, or that of NAMES.
# fmt: off
MATRICES: dict[str, Callable[..., sympy.Expr]] = {
    "inv":         sympy.Inverse,
    "tr":          sympy.Trace,
    "det":         sympy.Determinant,
    "logdet":      lambda X: of_scalars(lambda det: sympy.log(sympy.Abs(det)), sympy.Determinant(X)),
    "prod":        _product_of_entries,
    "Diag":        sympy.DiagMatrix,
    "diag":        sympy.DiagonalOf,
    "sym":         lambda X: _part(X, 1),
    "skew":        lambda X: _part(X, -1),
    "kron":        _kron,
    "sqrtm":       lambda X: _power(X, sympy.Rational(1, 2)),
    "mpower":      _power,
    "softmax":     _softmax,
    "softmax 2":   _softmax_of_rows,
    "logsumexp":   lambda X: of_scalars(sympy.log, sum_of_entries(entries(sympy.exp, X))),
    "logsumexp 2": lambda X: entries(sympy.log, row_sums(entries(sympy.exp, X))),
}
ENTRIES: dict[str, Callable[..., sympy.Expr]] = {
    "sigmoid":     lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus":    lambda x: sympy.log(1 + sympy.exp(x)),
    "relu":        lambda x: sympy.Max(x, 0),
    "step":        lambda x: sympy.Heaviside(x, 0),
    "lgamma":      lambda x: sympy.log(sympy.Abs(sympy.gamma(x))),
}
POSITIVE: dict[str, Callable[..., sympy.Expr]] = {
    "lgamma":      sympy.loggamma,
}
PAIRS: dict[str, Callable[..., sympy.Expr]] = {
    "max":         sympy.Max,
    "min":         sympy.Min,
}
# fmt: on
