"""The value of an expression in floating point numbers: the normal form read plainly, with 2-D arrays throughout.

>>> x = Symbol("x", ("n", 1))
>>> evaluate(Word((Transpose(x), x)), {"x": np.array([[3.0], [4.0]])}, {"n": 2})
array([[25.]])

It is the truth that faster or prettier code is held against, so nothing is reordered; shared parts are computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import groupby
from typing import assert_never, cast

import numpy as np
import numpy.typing as npt

from matcalc.algebra.indices import indices
from matcalc.errors import CallError
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Node,
    Rational,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    postorder,
)
from matcalc.shape import Size, shape_text
from matcalc.shape import value as number_of
from matcalc.steps.functions import is_declared
from matcalc.verify.calls import code_of, constant_call, run

Array = npt.NDArray[np.float64]  # or complex, where an input is
Entrywise = Callable[[Array], Array]
Values = Mapping[str, npt.ArrayLike]
Functions = Mapping[str, Entrywise]


def evaluate(expression: Expr, values: Values, sizes: Mapping[str, int], functions: Functions | None = None) -> Array:
    """The value of an expression, 2-D; ``functions`` gives those that the user declared, by name (``f``, ``f'``)."""
    return evaluate_nodes([expression], values, sizes, functions)[expression]


def evaluate_nodes(
    expressions: Sequence[Expr], values: Values, sizes: Mapping[str, int], functions: Functions | None = None
) -> dict[Expr, Array]:
    """The value of every node below the expressions, each computed once."""
    known = _Nodes(values, sizes, functions or {})
    with np.errstate(all="ignore"):
        known.visit(expressions)
    return known.found


class TooLong(CallError):
    """Sums over indices have so many terms that nobody would wait for their values."""


class _Nodes:
    """The values found so far, and what the leaves are. ``added``: how many nodes were evaluated in the terms of sums."""

    def __init__(
        self, values: Values, sizes: Mapping[str, int], functions: Functions, added: list[int] | None = None
    ) -> None:
        self.values = values
        self.sizes = dict(sizes)
        self.functions = functions
        self.found: dict[Expr, Array] = {}
        self.added = [0] if added is None else added

    def visit(self, expressions: Sequence[Expr]) -> None:
        """Find the values of expressions, but for what depends on an index that has no value yet."""
        for node in postorder(*expressions):
            if node not in self.found and indices(node) <= self.sizes.keys():
                self.found[node] = self.of(cast("Node", node))

    def of(self, node: Node) -> Array:
        match node:
            case Symbol():
                return self._symbol(node)
            case Constant():
                return self._constant(node)
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
                return reduce(np.matmul, [self._repeated(factor, len([*run])) for factor, run in groupby(node.factors)])
            case Call():
                return self._call(node)
            case Total():
                return self._total(node)
            case _:
                assert_never(node)

    def _repeated(self, factor: Expr, times: int) -> Array:
        """A factor of a product that stands there so many times in a row."""
        value = self.found[factor]
        return value if times == 1 else np.linalg.matrix_power(value, times)

    def _total(self, node: Total) -> Array:
        """Term by term."""
        times = float(self.found[node.count].item().real)
        if not times.is_integer() or times < 0:
            raise CallError(f"a sum over an index has as many terms as a count says, and here that is {times}")
        whole: Array = np.zeros((self._number(node.rows), self._number(node.cols)))
        below = postorder(node.body)
        known = {n: self.found[n] for n in below if n in self.found and node.index not in indices(n)}
        fresh = [n for n in below if n not in known and indices(n) <= {*self.sizes, node.index}]
        if times * len(fresh) > MOST:
            raise TooLong(f"a sum of {times:.0f} terms takes too long to be added term by term")
        for k in range(1, int(times) + 1):
            self.added[0] += len(fresh)
            if self.added[0] > MOST:
                raise TooLong(f"sums of {times:.0f} terms take too long to be added term by term")
            inner = _Nodes(self.values, {**self.sizes, node.index: k}, self.functions, self.added)
            inner.found = dict(known)
            for each in fresh:
                inner.found[each] = inner.of(cast("Node", each))
            whole = whole + inner.found[node.body]
        return whole

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
        if symbol.member is not None:
            return self._member(array, symbol, shape)
        if array.shape != shape and not (array.size == max(shape) and array.ndim < 2 and 1 in shape):
            declared = f"{symbol.name} : {shape_text(symbol.shape)}"
            raise CallError(f"{declared} has the shape {shape} here, and its value has {array.shape}")
        return array.reshape(shape)

    def _member(self, family: Array, symbol: Symbol, shape: tuple[int, int]) -> Array:
        """One of a family, whose members are stacked along the first axis."""
        assert symbol.member is not None
        which, many = self._number(symbol.member.which), self._number(symbol.member.many)
        if family.size != many * shape[0] * shape[1] or not 1 <= which <= many:
            raise CallError(f"there is no {symbol.name}_{which} of {many} in an array of the shape {family.shape}")
        return cast("Array", family.reshape((many, *shape))[which - 1])

    def _scale(self, node: Scaled) -> Array:
        factors = [self._power(base, exponent) for base, exponent in node.scalars]
        return reduce(np.multiply, factors, np.full((1, 1), rational(node.number)))

    def _power(self, base: Expr, exponent: Exponent) -> Array:
        if type(base) is Call and base.function == "exp" and isinstance(exponent, Fraction):
            return cast("Array", np.exp(rational(exponent) * self.found[base.args[0]]))  # finite where exp(x) is not
        return power(self.found[base], self.found[exponent] if isinstance(exponent, Expr) else exponent)

    def _call(self, call: Call) -> Array:
        args = [self.found[arg] for arg in call.args]
        if is_declared(call):
            if call.function not in self.functions:
                raise CallError(f"the function {call.function} has no value")
            return self.functions[call.function](*args)
        return self._coded(call, args)

    def _constant(self, node: Constant) -> Array:
        if node.kind == "size":
            return np.full((1, 1), float(self._number(node.parameters[0])))
        if node.kind == "unit" and not 1 <= self._number(node.parameters[0]) <= self._number(node.rows):
            raise CallError(f"there is no unit vector {node.parameters[0]} of length {self._number(node.rows)}")
        return self._coded(constant_call(node), [])

    def _coded(self, call: Call, args: list[Array]) -> Array:
        """The value by the code of the tables."""
        code = code_of(call)
        sizes = {name: self._number(size) for name, size in code.sizes.items()}
        if "linalg" in code.text and not all(np.isfinite(array).all() for array in args):
            return self._unknown(call)  # LAPACK may search for the singular values of what is infinite without end
        try:
            array = floating(cast("npt.ArrayLike", run(code, args, sizes)))
        except TypeError:  # a matrix to a power that is no whole number
            return self._unknown(call)
        except MemoryError:
            raise CallError(f"an array of {shape_text((call.rows, call.cols))} is larger than the memory") from None
        return array if array.ndim == 2 else array.reshape((1, -1) if call.rows == 1 else (-1, 1))

    def _unknown(self, call: Call) -> Array:
        return np.full((self._number(call.rows), self._number(call.cols)), np.nan)


MOST = 6_000  # nodes that are evaluated in the terms of sums
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
    return base**exponent
