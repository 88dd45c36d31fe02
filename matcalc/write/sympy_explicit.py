"""An expression written out at given sizes: a SymPy matrix of its entries, where every variable is a matrix of letters.

>>> from matcalc.api import parse
>>> node = parse("A x", ["A : matrix(m, n)"]).node
>>> written_out(node, {"m": 1, "n": 2})
Matrix([[A_11*x_1 + A_12*x_2]])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from math import factorial
from typing import assert_never, cast

import numpy as np
import numpy.typing as npt
import sympy

from matcalc.algebra.indices import at, indices
from matcalc.errors import CallError, NoRuleError
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Node,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    postorder,
)
from matcalc.rules.properties import closure
from matcalc.shape import Size
from matcalc.shape import value as number_of
from matcalc.steps.functions import is_declared, record_of
from matcalc.verify.calls import code_of, constant_call, run
from matcalc.write.sympy_calls import function_of_entry
from matcalc.write.sympy_ops import number

MOST = 4096  # entries of one matrix
LARGEST = 4  # of a determinant or inverse that is written out,
TERMS = 2_000  # and symbols of its matrix, times its terms
SYMBOLS = 50_000  # of all entries of a matrix together
Sizes = Mapping[str, int]


def written_out(node: Expr, sizes: Sizes) -> sympy.Matrix:
    """The matrix of entries; NoRuleError for a function that has no formula for its entries, CallError where it is too large."""
    found: dict[Expr, sympy.Matrix] = {}
    for inner in postorder(node):
        if indices(inner):  # written out for each value of the index
            continue
        rows, cols = (_number(size, sizes) for size in inner.shape)
        if rows * cols > MOST:
            raise CallError(f"written out, a part of it has {rows}×{cols} entries; take smaller sizes (at most {MOST})")
        made = found[inner] = _value(cast("Node", inner), found, sizes)
        _check_length(_lengths(made).sum())
    return found[node]


def _lengths(matrix: sympy.Matrix) -> npt.NDArray[np.int64]:
    """How many symbols each entry has, 0 for a zero."""
    counts = [sum(1 for _ in sympy.preorder_traversal(entry)) if entry else 0 for entry in matrix]
    return np.array(counts, dtype=np.int64).reshape(matrix.shape)


def _check_length(symbols: int) -> None:
    if symbols > SYMBOLS:
        raise CallError(f"written out, a part of it has more than {SYMBOLS:,} symbols; take smaller sizes")


def _product(left: sympy.Matrix, right: sympy.Matrix) -> sympy.Matrix:
    """The product of two matrices; refused before it is formed where its entries would be too long."""
    one, other = _lengths(left), _lengths(right)
    _check_length((one @ (other > 0) + (one > 0) @ other).sum())
    return left @ right


def _number(size: Size, sizes: Sizes) -> int:
    try:
        return number_of(size, sizes if isinstance(sizes, dict) else dict(sizes))
    except KeyError as missing:
        raise CallError(f"the size {missing.args[0]} has no value: say {missing.args[0]}=2") from None


def _value(node: Node, found: Mapping[Expr, sympy.Matrix], sizes: Sizes) -> sympy.Matrix:
    match node:
        case Symbol():
            return letters(node, sizes)
        case Constant():
            return _constant(node, sizes)
        case Named(_, body):
            return found[body]
        case Transpose(base):
            return found[base].T
        case Scaled(value, scalars, body):
            factors = [found[base][0, 0] ** _exponent(e, found) for base, e in scalars]
            factor = sympy.Mul(number(value), *factors)
            return sympy.Matrix([[factor]]) if body is None else factor * found[body]
        case Add(terms):
            return reduce(sympy.Matrix.__add__, [found[term] for term in terms])
        case Hadamard(powers):
            made = [found[base].applyfunc(_power(_exponent(e, found))) for base, e in powers]
            return reduce(sympy.matrix_multiply_elementwise, made)
        case Word(factors):
            return reduce(_product, [found[factor] for factor in factors])
        case Call():
            return _call(node, [found[arg] for arg in node.args], sizes)
        case Total():
            return _total(node, found, sizes)
        case _:
            assert_never(node)


def _total(node: Total, found: Mapping[Expr, sympy.Matrix], sizes: Sizes) -> sympy.Matrix:
    """Term by term."""
    count = found[node.count][0, 0]
    if not count.is_Integer:
        raise CallError(
            f"a sum is written out where its terms can be counted, and here they are {count}: write a number for it"
        )
    if count > MOST:
        raise CallError(f"a sum of {count} terms is too long to be written out; take smaller sizes (at most {MOST})")
    terms = [written_out(at(node.body, node.index, k), sizes) for k in range(1, int(count) + 1)]
    return reduce(sympy.Matrix.__add__, terms, sympy.zeros(*(_number(size, sizes) for size in node.shape)))


def _power(exponent: sympy.Expr) -> Callable[[sympy.Expr], sympy.Expr]:
    return lambda entry: entry**exponent


def _exponent(exponent: Exponent, found: Mapping[Expr, sympy.Matrix]) -> sympy.Expr:
    return found[exponent][0, 0] if isinstance(exponent, Expr) else number(exponent)


# --- letters ----------------------------------------------------------------------------------------------------------


def letters(symbol: Symbol, sizes: Sizes) -> sympy.Matrix:
    """W_11, W_12, …: a row or a vector has one index; a symmetric matrix has each letter twice, a triangular one zeros, and
    a hermitian one real letters on its diagonal and conjugates below.
    """
    rows, cols = (_number(size, sizes) for size in symbol.shape)
    words = closure(symbol.properties)
    assumed = next((word for word in ("positive", "nonnegative") if word in words), "real")
    if not words.isdisjoint({"complex", "hermitian", "unitary"}):
        assumed = "complex"

    def letter(i: int, j: int) -> sympy.Expr:
        if ("diagonal" in words and i != j) or ("lower" in words and i < j) or ("upper" in words and i > j):
            return sympy.Integer(0)
        if "skew" in words and i >= j:
            return sympy.Integer(0) if i == j else -letter(j, i)
        if "hermitian" in words and i > j:
            return sympy.conjugate(letter(j, i))
        if "symmetric" in words and i > j:
            i, j = j, i
        apart = "," if max(rows, cols) > 9 else ""
        places = [str(place + 1) for place, size in ((i, symbol.rows), (j, symbol.cols)) if size != 1]
        kind = "real" if "hermitian" in words and i == j else assumed
        return sympy.Symbol(f"{symbol.name}_{apart.join(places)}" if places else symbol.name, **{kind: True})

    return sympy.Matrix(rows, cols, letter)


def _constant(node: Constant, sizes: Sizes) -> sympy.Matrix:
    if node.kind == "pi":
        return sympy.Matrix([[sympy.pi]])
    if node.kind == "size":
        return sympy.Matrix([[_number(node.parameters[0], sizes)]])
    if node.kind == "unit" and not 1 <= _number(node.parameters[0], sizes) <= _number(node.rows, sizes):
        raise CallError(
            f"there is no unit vector {_number(node.parameters[0], sizes)} of length {_number(node.rows, sizes)}"
        )
    return _by_code(constant_call(node), [], sizes)


# --- functions --------------------------------------------------------------------------------------------------------


def _call(node: Call, args: list[sympy.Matrix], sizes: Sizes) -> sympy.Matrix:
    own = OWN.get(" ".join([node.function, *map(str, node.parameters)]))
    if own is not None:
        return own(*args)
    if is_declared(node):
        f, order = sympy.Function(node.function.rstrip("'")), node.function.count("'")
        t = sympy.Dummy("t")
        return args[0].applyfunc(lambda entry: f(t).diff(t, order).subs(t, entry))
    if record_of(node).kind == "entrywise":
        function, numbers = function_of_entry(node), [number(_number(p, sizes)) for p in node.parameters]
        whole = next(arg for arg in args if arg.shape == max((a.shape for a in args), key=lambda s: s[0] * s[1]))
        wide = [arg if arg.shape == whole.shape else arg[0, 0] * sympy.ones(*whole.shape) for arg in args]
        return sympy.Matrix(*whole.shape, lambda i, j: function(*numbers, *[arg[i, j] for arg in wide]))
    return _by_code(node, args, sizes)


def _by_code(node: Call, args: list[sympy.Matrix], sizes: Sizes) -> sympy.Matrix:
    """What only moves and adds entries, by its NumPy code on arrays of SymPy's expressions."""
    code = code_of(node)
    numbers = {name: _number(size, sizes) for name, size in code.sizes.items()}
    arrays = [np.array(arg.tolist(), dtype=object).reshape(arg.shape) for arg in args]
    try:
        made = np.asarray(run(code, arrays, numbers))
    except (TypeError, ValueError, AttributeError, np.linalg.LinAlgError):
        raise NoRuleError(f"{node.function} cannot be written out entry by entry") from None
    rows, cols = (_number(size, sizes) for size in node.shape)
    return sympy.Matrix(rows, cols, [_exact(entry) for entry in made.reshape(-1)])


def _exact(entry: object) -> sympy.Expr:
    """Zeros and ones of an array of floating point numbers are whole."""
    if isinstance(entry, float | np.floating):
        entry = Fraction(float(entry)).limit_denominator(10**6)
        return sympy.Rational(entry.numerator, entry.denominator)
    return sympy.sympify(entry)


def _square(name: str, function: Callable[[sympy.Matrix], sympy.Expr]) -> Callable[[sympy.Matrix], sympy.Expr]:
    """A function whose formula grows as n factorial."""

    def checked(X: sympy.Matrix) -> sympy.Expr:
        if X.is_diagonal():
            return function(X)
        if X.rows > LARGEST:
            raise CallError(
                f"written out, {name} of a {X.rows}×{X.rows} matrix is too long; take sizes up to {LARGEST}"
            )
        if int(_lengths(X).sum()) * factorial(X.rows) > TERMS:
            raise CallError(
                f"written out, {name} of a matrix whose entries are so long is too long; take smaller sizes"
            )
        return function(X)

    return checked


def _matrix_power(X: sympy.Matrix, k: sympy.Matrix) -> sympy.Matrix:
    """By products; for any exponent the entries are formulas of eigenvalues, which nobody could read."""
    exponent = k[0, 0]
    if X.rows > 1 and not X.is_diagonal() and not exponent.is_Integer:
        raise CallError(
            "a power of a matrix is written out where its factors can be counted, and here they are "
            f"{exponent}: write a number for it"
        )
    return X**exponent


def _scalar(value: sympy.Expr) -> sympy.Matrix:
    return sympy.Matrix([[value]])


def _softmax(x: sympy.Matrix) -> sympy.Matrix:
    grown = x.applyfunc(sympy.exp)
    return grown / sum(grown)


def _logsumexp(x: sympy.Matrix) -> sympy.Matrix:
    return _scalar(sympy.log(sum(x.applyfunc(sympy.exp))))


def _of_rows(function: Callable[[sympy.Matrix], sympy.Matrix]) -> Callable[[sympy.Matrix], sympy.Matrix]:
    """Of each row, one below the other."""
    return lambda X: sympy.Matrix.vstack(*[function(X.row(i)) for i in range(X.rows)])


# fmt: off
OWN: dict[str, Callable[..., sympy.Matrix]] = {
    "inv":       _square("an inverse", lambda X: X.adjugate() / X.det(method="berkowitz")),
    "adj":       _square("an adjugate", lambda X: X.adjugate()),
    "det":       _square("a determinant", lambda X: _scalar(X.det(method="berkowitz"))),
    "logdet":    _square("a determinant", lambda X: _scalar(sympy.log(sympy.Abs(X.det(method="berkowitz"))))),
    "tr":        lambda X: _scalar(X.trace()),
    "prod":      lambda X: _scalar(sympy.Mul(*X)),
    "conj":      lambda X: X.applyfunc(sympy.conjugate),
    "softmax":   _softmax,
    "softmax 2": _of_rows(_softmax),
    "logsumexp": _logsumexp,
    "logsumexp 2": _of_rows(_logsumexp),
    "mpower":    _matrix_power,
}
# fmt: on
