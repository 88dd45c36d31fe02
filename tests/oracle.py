"""The formulas of the tables on numbers, straight from the syntax tree: an oracle that knows neither algebra nor steps.

A differential ``d(…)`` is a central difference along random directions, ``dX`` the direction of X itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.formula import read
from matcalc.read.syntax import (
    Add,
    Apply,
    Binary,
    Block,
    Group,
    Index,
    Juxtapose,
    Name,
    Negate,
    Number,
    Postfix,
    Power,
    Range,
    Syntax,
)  # fmt: skip
from matcalc.rules import functions, sympy_functions
from matcalc.rules.record import Function
from matcalc.shape import value as size_value

Array = np.ndarray[Any, Any]
SIZES = (
    {"m": 3, "n": 4, "p": 2, "q": 5, "k": 3},
    {"m": 5, "n": 3, "p": 4, "q": 2, "k": 2},
    {"m": 4, "n": 6, "p": 3, "q": 2, "k": 4},
)
STEP = 1e-5
CURVED = {"constant", "binary", "orthogonal", "unit", "distribution", "projection"}  # no straight line stays inside


@dataclass(frozen=True)
class Values:
    """Numbers for the letters of a formula, their directions, and numbers for sizes; members of a family are stacked."""

    arrays: Mapping[str, Array]
    directions: Mapping[str, Array]
    sizes: Mapping[str, int]
    functions: Mapping[str, Sequence[Callable[[Array], Array]]] = field(default_factory=dict)

    def moved(self, step: float) -> Values:
        return replace(self, arrays={n: a + step * self.directions.get(n, 0) for n, a in self.arrays.items()})

    def at(self, index: str, number: int) -> Values:
        """With an index, which hides what else has its name."""
        arrays = {name: array for name, array in self.arrays.items() if name != index or array.ndim == 3}
        return replace(self, arrays=arrays, sizes={**self.sizes, index: number})


def both_sides(statement: str, values: Values) -> tuple[Array, Array]:
    left, right = statement.split(" = ")
    return evaluate(left, values), evaluate(right, values)


def close(a: Array, b: Array, tolerance: float = 1e-6) -> bool:
    if a.shape != b.shape:
        return False
    return bool(np.max(np.abs(a - b), initial=0) <= tolerance * max(1.0, np.max(np.abs(b), initial=0)))


def evaluate(text: str, values: Values) -> Array:
    with warnings.catch_warnings(action="ignore"):
        return _value(read(text), values)


# --- sampling -----------------------------------------------------------------------------------------------------


def draw(
    takes: str, sizes: Mapping[str, int], random: np.random.Generator, domain: tuple[float, float] = (-inf, inf)
) -> Values:
    """Arrays with their declared properties, and directions that keep them (to first order) where they are linear."""
    arrays, directions, numbers, unknown = {}, {}, dict(sizes), {}
    for declared in filter(None, read_declarations(takes) if takes else ()):
        assert isinstance(declared, Declaration)
        if declared.kind == "size":
            numbers.setdefault(declared.name, 2)
        elif declared.kind == "function":
            a, b = random.uniform(0.5, 1.5, 2)
            unknown[declared.name] = (
                lambda t, a=a, b=b: np.sin(a * t) + b * t**2,
                lambda t, a=a, b=b: a * np.cos(a * t) + 2 * b * t,
                lambda t, a=a, b=b: -a * a * np.sin(a * t) + 2 * b,
            )
        else:
            shape = (size_value(declared.shape[0], dict(sizes)), size_value(declared.shape[1], dict(sizes)))
            arrays[declared.name] = sample(declared.properties, shape, random, domain, declared.complex)
            if CURVED.isdisjoint(declared.properties):
                directions[declared.name] = direction(declared.properties, shape, random, declared.complex)
    return Values(arrays, directions, numbers, unknown)


def sample(
    properties: Sequence[str], shape: tuple[int, int], random: np.random.Generator,
    domain: tuple[float, float] = (-inf, inf), is_complex: bool = False,
) -> Array:  # fmt: skip
    low, high = domain
    array = random.normal(size=shape)
    if high < inf and low > -inf:
        array = random.uniform(low + 0.1 * (high - low), high - 0.1 * (high - low), size=shape)
    elif low > -inf:
        array = low + np.exp(array)
    if is_complex:
        array = array + 1j * random.normal(size=shape)
    for name in properties:
        array = SAMPLES[name](array, random)
    return array


def direction(
    properties: Sequence[str], shape: tuple[int, int], random: np.random.Generator, is_complex: bool = False
) -> Array:
    array = random.normal(size=shape)
    if is_complex:
        array = array + 1j * random.normal(size=shape)
    for name in properties:
        array = SPACES[name](array) if name in SPACES else array
    return array


def _well_conditioned(a: Array) -> Array:
    u, s, v = np.linalg.svd(a)
    return np.asarray(u @ np.diag(s + 0.5) @ v)


# fmt: off
SAMPLES: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "symmetric":    lambda a, r: a + a.T,
    "skew":         lambda a, r: a - a.T,
    "diagonal":     lambda a, r: np.diag(np.diag(a)),
    "lower":        lambda a, r: np.tril(a),
    "upper":        lambda a, r: np.triu(a),
    "orthogonal":   lambda a, r: np.linalg.qr(a)[0],
    "spd":          lambda a, r: a @ a.T + np.eye(len(a)),
    "psd":          lambda a, r: a[:, 1:] @ a[:, 1:].T,
    "invertible":   lambda a, r: _well_conditioned(a),
    "hermitian":    lambda a, r: a + a.conj().T,
    "unitary":      lambda a, r: np.linalg.qr(a)[0],
    "binary":       lambda a, r: (a > 0) * 1.0,
    "projection":   lambda a, r: a[:, 1:] @ np.linalg.pinv(a[:, 1:]),
    "distribution": lambda a, r: np.exp(a) / np.sum(np.exp(a)),
    "positive":     lambda a, r: a if np.all(a > 0) else np.exp(a),
    "nonnegative":  lambda a, r: np.abs(a) * (r.uniform(size=a.shape) > 0.2),
    "unit":         lambda a, r: a / np.linalg.norm(a),
    "constant":     lambda a, r: a,
}
SPACES: dict[str, Callable[[Array], Array]] = {
    "symmetric": lambda a: a + a.T, "spd": lambda a: a + a.T, "psd": lambda a: a + a.T, "skew": lambda a: a - a.T,
    "diagonal": lambda a: np.diag(np.diag(a)), "lower": np.tril, "upper": np.triu,
    "hermitian": lambda a: a + a.conj().T,
}
# fmt: on


# --- evaluating ---------------------------------------------------------------------------------------------------


def _value(tree: Syntax, values: Values) -> Array:
    match tree:
        case Number(value):
            return np.array([[float(value)]])
        case Name(name):
            return _name(name, values)
        case Group((item,)):
            return _value(item, values)
        case Add(signs, terms):
            total: Array = np.zeros((1, 1))
            for sign, term in zip(signs, terms, strict=True):
                total = total + sign * _value(term, values)
            return total
        case Negate(operand):
            return -_value(operand, values)
        case Binary(operator, left, right):
            return _binary(operator, _value(left, values), _value(right, values))
        case Juxtapose(factors):
            product: Array = np.ones((1, 1))
            for factor in _joined(factors, values):
                product = _product(product, _value(factor, values))
            return product
        case Postfix(mark, base):
            array = _value(base, values)
            return {"'": array.T, "^T": array.T, "^H": array.conj().T}[mark]
        case Power(base, exponent, entrywise):
            return _power(_value(base, values), _value(exponent, values), entrywise)
        case Apply(name, arguments, primes):
            return _apply(name, arguments, primes, values)
        case Index(base, subscripts):
            picked = [slice(None) if s is None else slice(_whole(s, values) - 1, _whole(s, values)) for s in subscripts]
            array = _value(base, values)
            return array[:, picked[0]] if len(picked) == 1 and array.shape[0] == 1 else array[tuple(picked)]
        case Block(rows):
            return np.block([[_value(entry, values) for entry in row] for row in rows])
        case _:
            raise NotImplementedError(repr(tree))


def _name(name: str, values: Values) -> Array:
    if name in values.arrays and values.arrays[name].ndim != 3:
        return values.arrays[name]
    if name[0] == "d" and name[1:] in values.directions:
        return values.directions[name[1:]]
    if name in values.sizes:
        return np.array([[float(values.sizes[name])]])
    member = _member(name, values.arrays, values.sizes) if "_" in name else None
    if member is None and name[0] == "d":
        member = _member(name[1:], values.directions, values.sizes)
    return _apply(name, (), 0, values) if member is None else member


def _member(name: str, stacks: Mapping[str, Array], sizes: Mapping[str, int]) -> Array | None:
    """x_2, or x_i at an index, of a family x."""
    stem, _, which = name.rpartition("_")
    if stem not in stacks or stacks[stem].ndim != 3:
        return None
    found: Array = stacks[stem][(int(which) if which.isdigit() else sizes[which]) - 1]
    return found


def _binary(operator: str, a: Array, b: Array) -> Array:
    match operator:
        case "*":
            return _product(a, b)
        case ".*":
            assert a.shape == b.shape or 1 in (a.size, b.size)
            return a * b
        case "/":
            assert b.size == 1
            return a / b
        case "./":
            assert a.shape == b.shape or 1 in (a.size, b.size)
            return a / b
        case "⊗":
            return np.kron(a, b)
        case ":":
            assert a.shape == b.shape
            return np.asarray(np.sum(a * b)).reshape(1, 1)
        case _:
            compare = {"<": np.less, ">": np.greater, "<=": np.less_equal, ">=": np.greater_equal}[operator]
            return np.asarray(compare(a, b) * 1.0)


def _product(a: Array, b: Array) -> Array:
    return a * b if (1 in (a.size, b.size) and a.shape[1] != b.shape[0]) or a.size == 1 or b.size == 1 else a @ b


def _power(base: Array, exponent: Array, entrywise: bool) -> Array:
    if entrywise or base.size == 1:
        return base**exponent
    power = exponent.item()
    if power == int(power):
        return np.linalg.matrix_power(base, int(power))
    return np.asarray(scipy.linalg.fractional_matrix_power(base, power))


def _joined(factors: Sequence[Syntax], values: Values) -> list[Syntax]:
    """A name of a function and the bracket after it as a call."""
    out: list[Syntax] = []
    for factor in factors:
        called = _called(out[-1], factor, values) if out else None
        if called is None:
            out.append(factor)
        else:
            out[-1] = called
    return out


def _called(before: Syntax, bracket: Syntax, values: Values) -> Syntax | None:
    match before, bracket:
        case Binary("/", left, right), _:
            called = _called(right, bracket, values)
            return called and Binary("/", left, called)
        case Negate(operand), _:
            called = _called(operand, bracket, values)
            return called and Negate(called)
        case _, Postfix() | Power() | Index():
            called = _called(before, bracket.base, values)
            return called and bracket._replace(base=called)
        case Name(name), Group(items) if name not in values.arrays and name not in values.sizes:
            return Apply(name, items)
        case Postfix("'", Name(name)), Group(items) if name in values.functions:
            return Apply(name, items, 1)
        case _:
            return None


def _apply(name: str, arguments: Sequence[Syntax], primes: int, values: Values) -> Array:
    if name == "d":
        upper, lower = (_value(arguments[0], values.moved(step)) for step in (STEP, -STEP))
        return (upper - lower) / (2 * STEP)
    if name == "sum" and isinstance(arguments[0], Range):
        bound = arguments[0]
        numbers = range(_whole(bound.low, values), _whole(bound.high, values) + 1)
        terms = [_value(arguments[1], values.at(bound.letter, i)) for i in numbers]
        return np.asarray(np.sum(terms, axis=0))
    if name in values.functions:
        return values.functions[name][primes](_value(arguments[0], values))
    literal = bool(arguments) and isinstance(arguments[-1], Number)
    return call(name, [_value(argument, values) for argument in arguments], literal)


def _whole(tree: Syntax, values: Values) -> int:
    number: float = _value(tree, values).item()
    return round(number)


def call(name: str, arguments: Sequence[Array], literal: bool = True) -> Array:
    """A function of the tables: the first overload that the shapes fit; a last argument 1 or 2, typed so, is an axis first."""
    overloads = functions.lookup(name) or tuple(filter(None, [sympy_functions.lookup(name)]))
    if any(np.iscomplexobj(a) for a in arguments):
        overloads = tuple(sorted(overloads, key=lambda record: "complex" not in record.takes))
    else:
        overloads = tuple(record for record in overloads if "complex" not in record.takes)
    axis = arguments[-1].item() if literal and len(arguments) == 2 and arguments[-1].size == 1 else 0
    along = [record for record in overloads if record.axis and record.axis == axis]
    for record in along or [record for record in overloads if not record.axis]:
        bound = bind(record, arguments[:-1] if along else arguments)
        if bound is not None:
            return run(record, *bound)
    raise LookupError(f"{name} of {[a.shape for a in arguments]}")


def bind(record: Function, arguments: Sequence[Array]) -> tuple[dict[str, Array], dict[str, int]] | None:
    """Arrays and sizes by name, or None where the shapes do not fit."""
    arrays: dict[str, Array] = {}
    sizes: dict[str, int] = {}
    declarations = [d for d in (read_declarations(record.takes) if record.takes else ()) if isinstance(d, Declaration)]
    if len(declarations) != len(arguments):
        return None
    for declared, array in zip(declarations, arguments, strict=True):
        if declared.kind == "size":
            sizes[declared.name] = round(array.item())
            continue
        arrays[declared.name] = array
        for size, number in zip(declared.shape, array.shape, strict=True):
            known = sizes.setdefault(size, number) if isinstance(size, str) else size
            if isinstance(known, int) and known != number:
                return None
    return arrays, sizes


def run(record: Function, arrays: Mapping[str, Array], sizes: Mapping[str, int]) -> Array:
    import sympy

    scope = {"np": np, "scipy": scipy, "sympy": sympy, **sizes, **arrays}
    return np.asarray(eval(record.code, scope))
