"""The value of an expression in floating point numbers: the plain reading of the normal form, with 2-D arrays throughout.

>>> x = Symbol("x", ("n", 1))
>>> evaluate(Word((Transpose(x), x)), {"x": np.array([[3.0], [4.0]])}, {"n": 2})
array([[25.]])

It is the truth that faster or prettier code is held against, so nothing is reordered, shared parts aside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import assert_never, cast

import numpy as np
import numpy.typing as npt

from matcalc.errors import CallError
from matcalc.expr import Add, Call, Constant, Exponent, Expr, Hadamard, Named, Node, Rational, Scaled, Symbol, Transpose, Word, postorder
from matcalc.shape import Size, shape_text
from matcalc.shape import value as number_of
from matcalc.verify.calls import code_of, is_declared, run

Array = npt.NDArray[np.float64]  # or complex, where an input is
Entrywise = Callable[[Array], Array]


def evaluate(
    expression: Expr, values: Mapping[str, npt.ArrayLike], sizes: Mapping[str, int], functions: Mapping[str, Entrywise] | None = None
) -> Array:
    """The value of an expression, 2-D; ``functions`` gives those that the user declared, by name (``f``, ``f'``)."""
    return evaluate_all([expression], values, sizes, functions)[0]


def evaluate_all(
    expressions: Sequence[Expr], values: Mapping[str, npt.ArrayLike], sizes: Mapping[str, int], functions: Mapping[str, Entrywise] | None = None
) -> list[Array]:
    """The values of several expressions; what they share is computed once."""
    found = evaluate_nodes(expressions, values, sizes, functions)
    return [found[expression] for expression in expressions]


def evaluate_nodes(
    expressions: Sequence[Expr], values: Mapping[str, npt.ArrayLike], sizes: Mapping[str, int], functions: Mapping[str, Entrywise] | None = None
) -> dict[Expr, Array]:
    """The value of every node below the expressions."""
    known = _Values(values, dict(sizes), functions or {})
    with np.errstate(all="ignore"):
        for node in postorder(*expressions):
            known.found[node] = known.of(cast("Node", node))
    return known.found


class _Values:
    """The values found so far, and what the leaves are."""

    def __init__(self, values: Mapping[str, npt.ArrayLike], sizes: dict[str, int], functions: Mapping[str, Entrywise]) -> None:
        self.values = values
        self.sizes = sizes
        self.functions = functions
        self.found: dict[Expr, Array] = {}

    def of(self, node: Node) -> Array:
        match node:
            case Symbol():
                return self._symbol(node)
            case Constant():
                return constant(node, self._number)
            case Named():
                return self.found[node.body]
            case Transpose():
                return self.found[node.base].T
            case Scaled():
                scale = self._scale(node)
                return scale if node.body is None else scale[0, 0] * self.found[node.body]
            case Add():
                return reduce(np.add, [self.found[term] for term in node.terms])
            case Hadamard():
                return reduce(np.multiply, [self._power(base, exponent) for base, exponent in node.factors])
            case Word():
                return reduce(np.matmul, [self.found[factor] for factor in node.factors])
            case Call():
                return self._call(node)
            case _:
                assert_never(node)

    def _number(self, size: Size) -> int:
        try:
            return number_of(size, self.sizes)
        except KeyError as missing:
            raise CallError(f"the size {missing.args[0]} has no value") from None

    def _symbol(self, symbol: Symbol) -> Array:
        if symbol.name not in self.values:
            raise CallError(f"{symbol.name} has no value")
        array = floating(self.values[symbol.name])
        shape = (self._number(symbol.rows), self._number(symbol.cols))
        if array.shape != shape and not (array.size == max(shape) and array.ndim < 2 and 1 in shape):
            raise CallError(f"{symbol.name} : {shape_text(symbol.shape)} has shape {shape} here, and its value has {array.shape}")
        return array.reshape(shape)

    def _scale(self, node: Scaled) -> Array:
        factors = [self._power(base, exponent) for base, exponent in node.scalars]
        return reduce(np.multiply, factors, np.full((1, 1), rational(node.number)))

    def _power(self, base: Expr, exponent: Exponent) -> Array:
        return power(self.found[base], self.found[exponent] if isinstance(exponent, Expr) else exponent)

    def _call(self, call: Call) -> Array:
        args = [self.found[arg] for arg in call.args]
        if is_declared(call):
            if call.function not in self.functions:
                raise CallError(f"the function {call.function} has no value")
            return self.functions[call.function](*args)
        code = code_of(call)
        sizes = {name: self._number(size) for name, size in code.sizes.items()}
        return two_dimensional(run(code, args, sizes), call)


LONGEST = 2**31  # a whole exponent beyond this is taken as a floating point number


def floating(value: npt.ArrayLike) -> Array:
    """The value as an array of floating point numbers, real or complex."""
    array = np.asarray(value)
    return cast("Array", array if array.dtype.kind in "fc" else array.astype(float))


def rational(value: Rational) -> float:
    """The nearest floating point number; infinite where there is none."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def power(base: Array, exponent: int | float | Fraction | Array) -> Array:
    """Entrywise base^exponent; the root of a negative number is nan."""
    if isinstance(exponent, int) and exponent == 1:
        return base
    if isinstance(exponent, Fraction) and exponent == Fraction(1, 2):
        return np.sqrt(base)
    if isinstance(exponent, Fraction) or (isinstance(exponent, int) and abs(exponent) > LONGEST):
        exponent = rational(exponent)
    return cast("Array", base**exponent)


def two_dimensional(value: object, call: Call) -> Array:
    """What a record's code gave, as the 2-D array that the call's shape says."""
    array = floating(cast("npt.ArrayLike", value))
    if array.ndim == 2:
        return array
    return array.reshape((1, -1) if call.rows == 1 else (-1, 1))


# --- constants --------------------------------------------------------------------------------------------------


def constant(node: Constant, number: Callable[[Size], int]) -> Array:
    """The value of a constant, given numbers for its sizes."""
    parameters = [number(size) for size in node.parameters]
    if node.kind in SHAPED:
        return SHAPED[node.kind]((number(node.rows), number(node.cols)))
    return CONSTANTS[node.kind](*parameters)


def unit(i: int, n: int) -> Array:
    """The i-th unit vector of length n, counted from 1."""
    if not 1 <= i <= n:
        raise CallError(f"there is no unit vector {i} of length {n}")
    return np.eye(n)[:, [i - 1]]


def commutation(m: int, n: int) -> Array:
    """K with K vec(A) = vec(A') for A m×n: row (i, j) of vec(A') is row (j, i) of vec(A)."""
    return np.eye(m * n)[np.arange(m * n).reshape(n, m).T.ravel()]


def duplication(n: int) -> Array:
    """D with D vech(S) = vec(S) for symmetric S n×n."""
    place = np.zeros((n, n), int)
    cols, rows = np.triu_indices(n)  # the lower triangle, column by column
    place[rows, cols] = place[cols, rows] = np.arange(len(rows))
    return np.eye(len(rows))[place.ravel()]


SHAPED: dict[str, Callable[[tuple[int, int]], Array]] = {
    "ones": np.ones,
    "zeros": np.zeros,
    "eye": lambda shape: np.eye(shape[0]),
}
CONSTANTS: dict[str, Callable[..., Array]] = {
    "pi": lambda: np.full((1, 1), np.pi),
    "size": lambda n: np.full((1, 1), float(n)),
    "unit": unit,
    "commutation": commutation,
    "duplication": duplication,
}
