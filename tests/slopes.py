"""The slope of a formula along a direction, by differences of the tree as it was made: a judge that knows no rule.

A formula is evaluated from its syntax tree and the NumPy code of the tables alone, partly: what does not depend on the variable
is found once. The judge sees neither the reader (the tree is the one that the text was printed from, so a misreading shows),
nor the normal form, nor a differential. It cannot see an error in the NumPy code itself, nor one below its tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import numpy as np
import oracle
from oracle import Array

from matcalc.errors import CallError
from matcalc.expr import Rational
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.syntax import (
    Add,
    Apply,
    Bars,
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
from matcalc.rules import functions
from matcalc.rules.analytic import ANALYTIC, MODULI
from matcalc.shape import SCALAR, Shape
from matcalc.shape import value as size_value
from matcalc.verify.properties import STYLES, with_properties
from matcalc.verify.sample import declared

Moving = Callable[[Array], Array]
Part = Array | Moving
NAMES = ("m", "n", "p", "N")
POOL = (2, 3, 4, 5)
FEW = 0.25  # how often one of the sizes is 1
WHOLE = "k"
FAR = 100.0
NORMS, POWER = ("normp", "schatten"), 30.0  # beyond which the powers of small entries are 0
SINGULAR = 1e10  # of a matrix times its inverse
FAR_OUT = 1e4  # for a special function


@dataclass(frozen=True)
class Point:
    """Numbers for all that a formula mentions; members of a family are stacked along the first axis."""

    sizes: Mapping[str, int]
    arrays: Mapping[str, Array]
    families: Mapping[str, Array]
    functions: Mapping[str, Callable[[Array], Array]]

    @property
    def values(self) -> dict[str, Array]:
        return {**self.arrays, **self.families}


def point(items: list[Declaration], random: np.random.Generator, style: str, seed: int) -> Point:
    """A random one: different small sizes, often a 1 among them."""
    numbers = random.permutation(POOL).tolist()
    if random.random() < FEW:
        numbers[random.integers(len(NAMES) - 1)] = 1
    sizes = dict(zip(NAMES, numbers, strict=True))
    arrays: dict[str, Array] = {}
    families: dict[str, Array] = {}
    called: dict[str, Callable[[Array], Array]] = {}
    for item in items:
        if item.kind == "function":
            called |= {item.name + "'" * k: _near(declared(item.name + "'" * k, seed)) for k in range(4)}
        elif item.kind != "size":
            shape = (size_value(item.shape[0], sizes), size_value(item.shape[1], sizes))
            if item.family is None:
                arrays[item.name] = with_properties(random, shape, item.words, style)
            else:
                many = range(size_value(item.family[2], sizes))
                stack = np.array([with_properties(random, shape, item.words, style) for _ in many])
                families[item.name.rpartition("_")[0]] = stack
    if WHOLE in arrays:
        arrays[WHOLE] = np.array([[float(random.integers(2, 4))]])
    return Point(sizes, arrays, families, called)


def _near(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The function where it does not swing faster than differences can follow."""

    def near(array: Array) -> Array:
        if not np.max(np.abs(array)) < FAR:
            raise ArithmeticError("too far out")
        return function(array)

    return near


@dataclass
class Along:
    """A formula at a point, in which one name (or member of a family) moves; ``reached``: functions of what moves."""

    point: Point
    moving: str
    definitions: Mapping[str, Syntax] = field(default_factory=dict)
    shapes: Mapping[Syntax, Shape] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)
    defined: dict[str, Part] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)

    def of(self, tree: Syntax) -> Part:
        return _WAYS[type(tree)](self, tree)

    def number(self, node: Number) -> Part:
        return np.array([[float(node.value)]])

    def name(self, node: Name) -> Part:
        name = node.text
        if name == self.moving:
            return _itself
        if name in self.point.arrays:
            return self.point.arrays[name]
        if name in self.definitions:
            if name not in self.defined:
                self.defined[name] = self.of(self.definitions[name])
            return self.defined[name]
        if name in self.bound:
            return np.array([[float(self.bound[name])]])
        if name in self.point.sizes:
            return np.array([[float(self.point.sizes[name])]])
        stem, _, which = name.rpartition("_")
        if stem in self.point.families:
            return self._member(stem, int(which) if which.isdigit() else self.bound[which])
        return coded(name, ())

    def _member(self, stem: str, which: int) -> Part:
        if self.moving == f"{stem}_{which}":
            return _itself
        return cast("Array", self.point.families[stem][which - 1])

    def add(self, node: Add) -> Part:
        signs = node.signs

        def total(*terms: Array) -> Array:
            out = signs[0] * terms[0]
            for sign, term in zip(signs[1:], terms[1:], strict=True):
                out = out + term if sign > 0 else out - term
            return out

        return lifted(total, *map(self.of, node.terms))

    def negate(self, node: Negate) -> Part:
        return lifted(np.negative, self.of(node.operand))

    def binary(self, node: Binary) -> Part:
        operator = node.operator
        self._note("(" + operator + ")", left := self.of(node.left), right := self.of(node.right))
        return lifted(lambda a, b: _binary(operator, a, b), left, right)

    def juxtapose(self, node: Juxtapose) -> Part:
        parts = [self.of(factor) for factor in node.factors]
        self._note("(product)", *parts)
        out = parts[0]
        for part in parts[1:]:
            out = lifted(oracle._product, out, part)
        return out

    def postfix(self, node: Postfix) -> Part:
        base = self.of(node.base)
        self._note("(" + node.mark + ")", base)
        return lifted(MARKS[node.mark], base)

    def power(self, node: Power) -> Part:
        base, exponent = self.of(node.base), self.of(node.exponent)
        entrywise = node.entrywise
        self._note("(.^)" if entrywise else "(^)", base, exponent)
        return lifted(lambda a, b: _power(a, b, entrywise), base, exponent)

    def group(self, node: Group) -> Part:
        return self.of(node.items[0])

    def apply(self, node: Apply) -> Part:
        name = node.function
        if node.arguments and type(node.arguments[0]) is Range:
            return self._total(node.arguments[0], node.arguments[1])
        parts = [self.of(argument) for argument in node.arguments]
        self._note(name, *parts)
        if name in self.point.functions:
            return lifted(self.point.functions[name], parts[0])
        if not parts:
            return coded(name, ())
        last = node.arguments[-1]
        axis = last.value if len(parts) == 2 and type(last) is Number and last.value in (1, 2) else 0
        return lifted(lambda *arguments: coded(name, arguments, axis), *parts)

    def _total(self, bound: Range, body: Syntax) -> Part:
        before = dict(self.bound)
        low, high = (_whole(self.of(end)) for end in (bound.low, bound.high))
        terms: list[Part] = []
        for k in range(low, high + 1):
            self.bound[bound.letter] = k
            terms.append(self.of(body))
        self.bound = before
        self._note("(sum over)", *terms)
        return lifted(lambda *found: cast("Array", sum(found[1:], found[0])), *terms)

    def index(self, node: Index) -> Part:
        places = tuple(self._place(one) for one in node.subscripts)
        base = self.of(node.base)
        self._note("([])", base)
        return lifted(lambda a: _picked(a, places), base)

    def _place(self, subscript: Syntax | None) -> slice:
        if subscript is None:
            return slice(None)
        k = _whole(self.of(subscript))
        return slice(k - 1, k)

    def bars(self, node: Bars) -> Part:
        body = self.of(node.body)
        self._note(node.mark, body)
        return lifted(_barred(node, self.shapes.get(node.body, SCALAR)), body)

    def block(self, node: Block) -> Part:
        counts = [len(row) for row in node.rows]
        parts = [self.of(entry) for row in node.rows for entry in row]
        self._note("([;])", *parts)

        def assembled(*entries: Array) -> Array:
            todo = iter(entries)
            return cast("Array", np.block([[next(todo) for _ in range(count)] for count in counts]))

        return lifted(assembled, *parts)

    def _note(self, name: str, *parts: Part) -> None:
        if any(callable(part) for part in parts):
            self.reached.add(name)


def _itself(moved: Array) -> Array:
    return moved


def lifted(function: Callable[..., Array], *parts: Part) -> Part:
    """The function of parts, some of which wait for what moves."""
    if not any(callable(part) for part in parts):
        return function(*parts)
    if len(parts) == 1:
        inner = cast("Moving", parts[0])
        return lambda moved: function(inner(moved))
    return lambda moved: function(*[part(moved) if callable(part) else part for part in parts])


def _binary(operator: str, a: Array, b: Array) -> Array:
    if operator in COMPARISONS:
        if np.isnan(a).any() or np.isnan(b).any():
            raise ArithmeticError("no number to compare")  # 0 cot(0), which the comparison would hide
        if watched is not None:
            watched.append(("step", (a - b,)))
    return oracle._binary(operator, a, b)


def _absolute(array: Array) -> Array:
    if watched is not None:
        watched.append(("abs", (array,)))
    return np.abs(array)


def _whole(part: Part) -> int:
    assert not callable(part)
    number: float = part.item()
    return round(number)


def _picked(array: Array, places: tuple[slice, ...]) -> Array:
    if len(places) == 1:
        places = (places[0], slice(None)) if array.shape[1] == 1 else (slice(None), places[0])
    found: Array = array[places]
    if found.size == 0:
        raise CallError("no such entry")
    return found


def _power(base: Array, exponent: Array, entrywise: bool) -> Array:
    """A root of a matrix is without the imaginary parts that are rounding, an inverse one of what has an inverse."""
    power = oracle._power(base, exponent, entrywise)
    if not entrywise and base.size > 1 and exponent.item() < 0:
        _check_regular(base, np.linalg.inv(base))
    if np.iscomplexobj(power) and not np.iscomplexobj(base):
        return np.asarray(np.real_if_close(power, 1e5))
    return power


def _check_regular(base: Array, inverse: Array) -> None:
    if base.size and not np.max(np.abs(base)) * np.max(np.abs(inverse)) < SINGULAR:
        raise ArithmeticError("no inverse")


def _check_called(name: str, arguments: tuple[Array, ...], made: Array) -> None:
    """Nothing singular is inverted, no equation solved that has hardly one solution."""
    if name in ("inv", "pinv"):
        _check_regular(arguments[0], made)
    if name == "logdet" and not np.linalg.cond(arguments[0]) < SINGULAR:
        raise ArithmeticError("no determinant but rounding")
    if name == "sylvester":
        most = [float(np.max(np.abs(array), initial=0.0)) for array in (*arguments, made)]
        if not (most[0] + most[1]) * most[3] < SINGULAR * max(most[2], 1e-300):
            raise ArithmeticError("no solution but rounding")


def _barred(node: Bars, shape: Shape) -> Callable[[Array], Array]:
    """What bars mean round a scalar, a square matrix, another array."""
    if shape == SCALAR:
        return _absolute
    if node.mark == "|" and shape[0] == shape[1]:
        return lambda array: np.array([[np.linalg.det(array)]])
    return lambda array: np.array([[np.linalg.norm(array)]])


_WAYS: dict[type, Callable[[Along, Any], Part]] = {
    Number: Along.number, Name: Along.name, Add: Along.add, Negate: Along.negate, Binary: Along.binary, Index: Along.index,
    Juxtapose: Along.juxtapose, Postfix: Along.postfix, Power: Along.power, Group: Along.group, Apply: Along.apply,
    Bars: Along.bars, Block: Along.block,
}  # fmt: skip
MARKS: dict[str, Callable[[Array], Array]] = {
    "'": np.transpose, "^T": np.transpose, "^-T": lambda a: _power(a, np.array([[-1.0]]), entrywise=False).T,
    "^+": np.linalg.pinv,
    "^H": lambda a: a.conj().T,
}  # fmt: skip


# --- what is called with what ---

COMPARISONS = ("<", ">", "<=", ">=")
Calls = list[tuple[str, tuple[Array, ...]]]
watched: Calls | None = None


def calls(moving: Callable[[], Part], at: Array) -> Calls:
    """Every function that is evaluated at a point, with its arguments; comparisons as steps."""
    global watched  # noqa: PLW0603  the evaluation is a tree of closures, through which nothing else is handed
    watched = []
    try:
        part = moving()
        if callable(part):
            part(at)
        return watched
    finally:
        watched = None


# --- functions of the tables -----------------------------------------------------------------------------------------


def coded(name: str, arguments: tuple[Array, ...], axis: Rational = 0) -> Array:
    """A function of the tables, by its code; one of real numbers takes what is real though complex variables are in it."""
    if name not in COMPLEX_TOO:
        arguments = tuple(map(_without_rounding, arguments))
    kinds = tuple(array.dtype.kind == "c" for array in arguments)
    found = _record(name, tuple(array.shape for array in arguments), axis, kinds)
    if watched is not None:
        watched.append((name, arguments))
    scope: dict[str, object] = dict(_modules())
    for (key, is_size), array in zip(found[1], arguments, strict=False):
        scope[key] = round(array.item()) if is_size else array
    scope |= found[2]
    if name in NORMS and np.max(arguments[1]) > POWER:
        raise ArithmeticError("0.1^1000 is 0")
    if found[3] and any(np.max(np.abs(array)) > FAR_OUT for array in arguments):
        raise ArithmeticError("too far out")  # scipy.special.zeta of -1e12 takes hours
    if not all(np.isfinite(array).all() for array in arguments):
        raise ArithmeticError("no numbers")  # LAPACK may search for singular values without end
    made = np.asarray(eval(found[0], scope))
    _check_called(name, arguments, made)
    return made.astype(float) if made.dtype.kind in "biu" else made


COMPLEX_TOO = ANALYTIC | MODULI


def _without_rounding(array: Array) -> Array:
    if array.dtype.kind != "c":
        return array
    return np.asarray(np.real_if_close(array, 1e6))


@cache
def _modules() -> dict[str, object]:
    import builtins

    import scipy

    return {"np": np, "scipy": scipy, "__builtins__": builtins}


@cache
def _record(
    name: str, shapes: tuple[tuple[int, int], ...], axis: Rational, kinds: tuple[bool, ...]
) -> tuple[Any, list[tuple[str, bool]], dict[str, int], bool]:
    """The code of the first overload that the shapes fit, the names of its arguments (and whether each is a size), the sizes,
    and whether it is a special function."""
    overloads = functions.lookup(name)
    if any(kinds):
        overloads = tuple(sorted(overloads, key=lambda record: "complex" not in record.takes))
    else:
        overloads = tuple(record for record in overloads if "complex" not in record.takes)
    along = [record for record in overloads if record.axis and record.axis == axis]
    for record in along or [record for record in overloads if not record.axis]:
        given = [np.ones(shape) for shape in (shapes[:-1] if along else shapes)]
        bound = oracle.bind(record, given)
        if bound is not None and record.code:
            declarations = read_declarations(record.takes) if record.takes else []
            names = [(d.name, isinstance(d, Declaration) and d.kind == "size") for d in declarations]
            sizes = {key: size for key, size in bound[1].items() if key not in {n for n, is_size in names if is_size}}
            return compile(record.code, f"<{name}>", "eval"), names, sizes, "scipy.special" in record.code
    raise LookupError(f"{name} of {shapes}")


# --- slopes -------------------------------------------------------------------------------------------------------------

STEP = 1e-3


@dataclass(frozen=True)
class Slope:
    """``value``, the slope, how far it may be off, and whether there is a corner."""

    value: Array
    slope: Array
    error: float
    corner: float


def slope(moving: Part, at: Array, along: Array, step: float = STEP) -> Slope:
    """Of two central differences, extrapolated."""
    if not callable(moving):
        return Slope(moving, np.zeros_like(moving), 0.0, 0.0)
    h = step * along
    here, up, down, far_up, far_down = (
        moving(at),
        moving(at + h),
        moving(at - h),
        moving(at + 2 * h),
        moving(at - 2 * h),
    )
    near, far = (up - down) / (2 * step), (far_up - far_down) / (4 * step)
    size = float(np.max(np.abs(here)))
    corner = float(np.max(np.abs(up - 2 * here + down))) / step
    error = float(np.max(np.abs(near - far))) + 1e-15 * size / step
    return Slope(here, (4 * near - far) / 3, error, corner)


def romberg(moving: Part, at: Array, along: Array) -> Slope:
    """The slower judge: central differences at seven steps, extrapolated to a step of 0."""
    if not callable(moving):
        return Slope(moving, np.zeros_like(moving), 0.0, 0.0)
    here = moving(at)
    best, error = np.full_like(here, np.nan), np.inf
    last: list[Array] = []
    steps: list[float] = []
    for k in range(8):
        step = 2.0 ** -(5 + 1.5 * k)
        up, down = moving(at + step * along), moving(at - step * along)
        steps.append(float(np.max(np.abs(up - 2 * here + down))) / step)
        row = [(up - down) / (2 * step)]
        for j, coarse in enumerate(last):
            row.append(row[j] + (row[j] - coarse) / (8.0 ** (j + 1) - 1))
            change = max(float(np.max(np.abs(row[-1] - row[-2]))), float(np.max(np.abs(row[-1] - coarse))))
            if change < error:
                best, error = row[-1], change
        last = row
    error += 1e-12 * float(np.max(np.abs(here)))  # of a function that is all but constant nothing is left but rounding
    return Slope(here, best, error, min(steps))


def styles() -> tuple[str, ...]:
    return ("normal", *STYLES)
