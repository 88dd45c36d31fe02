"""How each class of SymPy is read, by its name: its own formula of the language, or a verb of the algebra."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from matcalc import algebra
from matcalc.algebra.terms import as_number
from matcalc.errors import CallError, FormulaError
from matcalc.expr import Expr
from matcalc.rules import functions, sympy_functions
from matcalc.shape import SCALAR, Size, add, shape_text, sub
from matcalc.steps.understand import expression_of

if TYPE_CHECKING:
    import sympy

    from matcalc.sympy_input.reader import Reader

Values = Sequence[Expr]
Read = Callable[["Reader", "sympy.Basic", Values], Expr]


class Way(NamedTuple):
    """How a class is read: the value of a node, given the values of its parts, which are its arguments where not said."""

    read: Read
    parts: Callable[[sympy.Basic], Sequence[sympy.Basic]] = lambda e: e.args


def way_of(node: sympy.Basic) -> Way:
    """The way of its class, or of the nearest class of SymPy above that."""
    for kind in type(node).__mro__:
        from_sympy = (kind.__module__ or "").startswith("sympy.")  # the class of an undefined function has no module
        if from_sympy and kind.__name__ in WAYS:
            return WAYS[kind.__name__]
    raise _unknown(node)


def _unknown(node: object, why: str = "matcalc has nothing like it") -> CallError:
    name = type(node).__name__
    return CallError(f"SymPy's {name} cannot be read: {HINTS.get(name, why)}")


# --- symbols and entries -----------------------------------------------------------------------------------------------


def _matrix_symbol(reader: Reader, e: sympy.Basic) -> Expr:
    rows, columns = reader.sizes_of(e.args[1:])
    return reader.variable(e, (rows, columns))


def _entry(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """A[i, j] = e_i' A e_j; SymPy counts from 0."""
    (X,) = values
    return _picked(X, *[add(place, 1) for place in reader.sizes_of(e.args[1:])])


def _slice(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """One row, one column, one entry."""
    (X,) = values
    places: list[Size | None] = []
    for ends, length in zip(e.args[1:], X.shape, strict=True):
        start, stop, step = reader.sizes_of(ends)
        if step != 1 or (sub(stop, start) != 1 and (start, stop) != (0, length)):
            raise _unknown(e, "only single rows, columns and entries are")
        places.append(None if (start, stop) == (0, length) else stop)
    return _picked(X, *places)


def _picked(X: Expr, row: Size | None, column: Size | None) -> Expr:
    rows, columns = X.shape
    if any(isinstance(place, int) and place < 1 for place in (row, column)):
        raise CallError("an entry of a SymPy matrix is counted from the end: write where it is from the beginning")
    left = [] if row is None else [algebra.transpose(algebra.unit(row, rows))]
    right = [] if column is None else [algebra.unit(column, columns)]
    return algebra.product(*left, X, *right)


# --- sums, products, powers -------------------------------------------------------------------------------------------


def _sum(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """In a Lambda a number may stand beside entries."""
    shape = next((value.shape for value in values if not value.is_scalar), SCALAR)
    return algebra.add([algebra.scale(value, algebra.ones(*shape)) if value.is_scalar else value for value in values])


def _matrix_sum(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    return algebra.add(_of_one_shape(e, values))


def _entrywise_product(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    return algebra.hadamard(*_of_one_shape(e, values))


def _of_one_shape(e: sympy.Basic, values: Values) -> Values:
    for value in values:
        if value.shape != values[0].shape:
            raise _misfit(e, values[0], value)
    return values


def _product(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """Scalars and matrices; in a Lambda, of entries."""
    matrices = [value for value, arg in zip(values, e.args, strict=True) if arg.is_Matrix]
    if not matrices:
        return algebra.hadamard(*values)
    for left, right in pairwise(matrices):
        if left.cols != right.rows:
            raise _misfit(e, left, right)
    scalars = [value for value, arg in zip(values, e.args, strict=True) if not arg.is_Matrix]
    return _scaled(algebra.product(algebra.number(1), *scalars), matrices)


def _scaled(scalar: Expr, matrices: Values) -> Expr:
    """The scalar goes to a factor that it makes lighter: p' exp(z) / sum(exp(z)) is p' softmax(z)."""
    for k, X in enumerate(matrices):
        made = algebra.scale(scalar, X)
        if made.weight < scalar.weight + X.weight:
            return algebra.product(*matrices[:k], made, *matrices[k + 1 :])
    return algebra.product(scalar, *matrices)


def _misfit(e: sympy.Basic, left: Expr, right: Expr) -> CallError:
    return CallError(f"in a {type(e).__name__} a {shape_text(left.shape)} and a {shape_text(right.shape)} do not fit")


def _power(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    return _matrix_power(reader, e, values) if e.args[0].is_Matrix else _entry_power(reader, e, values)


def _entry_power(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """A power of every entry, by one exponent or by one for each."""
    base, exponent = values
    if exponent.is_scalar:
        return algebra.entry_power(base, exponent)
    return _applied("exp(log(X) Y)" if base.is_scalar else "exp(log(X) .* Y)", e, values)


def _matrix_power(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    base, exponent = values
    if base.rows != base.cols:
        raise _misfit(e, base, base)
    value = as_number(exponent)
    if value is None and not base.is_scalar:
        return _applied("mpower(X, Y)", e, values)
    if value is None or base.is_scalar or value == int(value):
        return algebra.power(base, exponent)
    return algebra.product(algebra.power(base, int(value)), algebra.power(base, Fraction(value) - int(value)))


def _diagonal(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """Of a square matrix; diag(x) of a vector would be a matrix."""
    (X,) = values
    if X.rows != X.cols:
        raise _unknown(e, "only a square matrix has a diagonal in matcalc")
    return _applied("diag(X)", e, values)


def _dot(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """Of rows or columns."""
    return algebra.frobenius(*[value if value.cols == 1 else algebra.transpose(value) for value in values])


# --- functions --------------------------------------------------------------------------------------------------------


def _applied(formula: str, e: sympy.Basic, values: Values) -> Expr:
    """A formula of the language over X and Y."""
    try:
        return expression_of(formula, dict(zip("XY", values, strict=False)))
    except FormulaError as error:
        raise _unknown(e, error.message) from error


def _function(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """A function of one number, by its own name."""
    name = type(e).__name__
    if e.args[0].is_Matrix and not values[0].is_scalar:
        raise _unknown(e, f"a function of the entries of a matrix is A.applyfunc({name})")
    name = RENAMED.get(name, name)
    if not functions.lookup(name) and sympy_functions.lookup(name) is None:
        raise _unknown(e)
    return _applied(f"{name}(X)", e, values)


def _polygamma(e: sympy.Basic) -> str:
    known = {0: "digamma(X)", 1: "trigamma(X)"}
    return known.get(e.args[0], f"polygamma({e.args[0]}, X)")


def _undefined(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """``Function("f")(x)`` is a declared function; ``Function("sigmoid")(x)`` is the one of the tables."""
    name, (X,) = type(e).__name__, values
    known = functions.lookup(name)
    if known and known[0].kind != "entrywise":
        raise CallError(f"the undefined function '{name}' has the name of another function: rename it")
    return _applied(f"{name}(X)", e, values) if known else algebra.call(name, (X,), X.shape)


def _derivative(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """f'(x) of an undefined function."""
    (X,) = values
    (_, order), *others = e.args[1:]
    f = e.args[0]
    if others or not order.is_Integer or len(f.args) != 1 or f.args[0] != e.args[1][0] or not hasattr(f, "name"):
        raise _unknown(e)
    return algebra.call(f.name + "'" * int(order), (X,), X.shape)


def _substituted(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    (letter,), (value,) = e.args[1], values
    return reader.within(letter, value, e.args[0])


def _entries(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    """A Lambda of every entry; a constant one gives that number everywhere."""
    (X,) = values
    (letter,) = e.args[0].variables
    return algebra.hadamard(reader.within(letter, X, e.args[0].expr), algebra.ones(*X.shape))


def _extreme(name: str) -> Read:
    """The largest or the smallest of several; max(x, 0) is relu(x)."""

    def read(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
        if name == "max" and len(values) == 2 and algebra.number(0) in values:
            return _applied("relu(X)", e, [value for value in values if value is not algebra.number(0)])
        return reduce(lambda a, b: _applied(f"{name}(X, Y)", e, [a, b]), sorted(values))

    return read


def _logarithm(reader: Reader, e: sympy.Basic, values: Values) -> Expr:
    name, _ = _log_abs(e)
    return _applied(f"{name}(X)", e, values) if name else _function(reader, e, values)


def _log_abs(e: sympy.Basic) -> tuple[str, Sequence[sympy.Basic]]:
    """The function of the tables, and its argument, of log(Abs(Determinant(A))) and the like."""
    inside = e.args[0].args if type(e.args[0]).__name__ == "Abs" else (e,)
    name = LOG_ABS.get(type(inside[0]).__name__, "")
    return name, inside[0].args if name else _only(e)


LOG_ABS = {"Determinant": "logdet", "gamma": "lgamma"}


def _leaf(read: Callable[[Reader, sympy.Basic], Expr]) -> Way:
    """A class whose arguments are no expressions."""
    return Way(lambda reader, e, values: read(reader, e), lambda e: ())


def _formula(formula: str) -> Way:
    """A class that is a formula over its one argument X."""
    return Way(lambda reader, e, values: _applied(formula, e, values))


def _first(e: sympy.Basic) -> Sequence[sympy.Basic]:
    return tuple(e.args[:1])


def _only(e: sympy.Basic) -> Sequence[sympy.Basic]:
    if len(e.args) != 1:
        raise _unknown(e, "it has several arguments")
    return tuple(e.args)


# fmt: off
WAYS: dict[str, Way] = {
    "Rational":         _leaf(lambda reader, e: algebra.number(Fraction(int(e.p), int(e.q)))),
    "Float":            _leaf(lambda reader, e: algebra.number(Fraction(str(e)))),
    "Pi":               _leaf(lambda reader, e: algebra.pi()),
    "Exp1":             _leaf(lambda reader, e: _applied("exp(1)", e, ())),
    "EulerGamma":       _leaf(lambda reader, e: _applied("-digamma(1)", e, ())),
    "Symbol":           _leaf(lambda reader, e: reader.scalar(e)),
    "MatrixSymbol":     _leaf(_matrix_symbol),
    "Identity":         _leaf(lambda reader, e: algebra.eye(reader.size(e.args[0]))),
    "OneMatrix":        _leaf(lambda reader, e: algebra.ones(*reader.sizes_of(e.args))),
    "ZeroMatrix":       _leaf(lambda reader, e: algebra.zeros(*reader.sizes_of(e.args))),
    "Add":              Way(_sum),
    "Mul":              Way(_product),
    "Pow":              Way(_power),
    "MatAdd":           Way(_matrix_sum),
    "MatMul":           Way(_product),
    "MatPow":           Way(_matrix_power),
    "Transpose":        _formula("X'"),
    "Adjoint":          _formula("X'"),
    "Trace":            _formula("tr(X)"),
    "Determinant":      _formula("det(X)"),
    "DiagMatrix":       _formula("Diag(X)"),
    "DiagonalMatrix":   _formula("Diag(diag(X))"),
    "DiagonalOf":       Way(_diagonal),
    "DotProduct":       Way(_dot),
    "HadamardProduct":  Way(_entrywise_product),
    "HadamardPower":    Way(_entry_power),
    "KroneckerProduct": Way(lambda reader, e, values: reduce(lambda b, a: algebra.kron(a, b), reversed(values))),
    "MatrixElement":    Way(_entry, _first),
    "MatrixSlice":      Way(_slice, _first),
    "ElementwiseApplyFunction": Way(_entries, lambda e: e.args[1:]),
    "log":              Way(_logarithm, lambda e: _log_abs(e)[1]),
    "Max":              Way(_extreme("max")),
    "Min":              Way(_extreme("min")),
    "Heaviside":        Way(lambda reader, e, values: _applied("step(X)", e, values), _first),
    "polygamma":        Way(lambda reader, e, values: _applied(_polygamma(e), e, values), lambda e: e.args[1:]),
    "Function":         Way(_function, _only),
    "AppliedUndef":     Way(_undefined, _only),
    "Derivative":       Way(_derivative, lambda e: e.args[1].args[:1]),
    "Subs":             Way(_substituted, lambda e: e.args[2].args),
}
RENAMED = {"conjugate": "conj"}
HINTS = {
    "ImmutableDenseMatrix": "put a MatrixSymbol in the place of the numbers",
    "MutableDenseMatrix":   "put a MatrixSymbol in the place of the numbers",
    "Derivative":           "call doit() first, or take the derivative with derive",
    "BlockMatrix":          "blocks are not supported yet",
}
# fmt: on
