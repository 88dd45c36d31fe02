"""What a function takes and gives, read from its record once: patterns for the shapes of its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from matcalc.read.declarations import Declaration, read_declarations
from matcalc.rules import functions
from matcalc.rules.record import Function
from matcalc.shape import Polynomial, Shape, Size, names, substitute
from matcalc.steps.unify import Sizes


class Pattern(NamedTuple):
    """An argument: ``kind`` is scalar, vector, row, matrix, complex or size."""

    name: str
    kind: str
    shape: Shape


class Signature(NamedTuple):
    """One overload: ``arguments`` as in its record, ``patterns`` those that are no sizes.

    ``only`` narrows the kind of its one argument: bars are abs of a scalar only.
    """

    record: Function
    arguments: tuple[Pattern, ...]
    patterns: tuple[Pattern, ...]
    gives: Shape
    only: str = "matrix"

    @property
    def size_names(self) -> tuple[str, ...]:
        return tuple(argument.name for argument in self.arguments if argument.kind == "size")


_known: dict[str, tuple[tuple[Function, ...], tuple[Signature, ...]]] = {}


def signatures(name: str) -> tuple[Signature, ...]:
    """The overloads of a function of the tables, in the order in which they are tried; () for an unknown name."""
    records = functions.lookup(name)
    if not records:  # a name of the user's, which is not remembered
        return ()
    known = _known.get(name)
    if known is None or known[0] is not records:  # a user may have registered another
        known = _known[name] = (records, tuple(signature(record) for record in records))
    return known[1]


def signature(record: Function) -> Signature:
    arguments = tuple(_pattern(d) for d in _declared(record.takes))
    (gives,) = _declared("Y : " + record.gives)
    return Signature(record, arguments, tuple(a for a in arguments if a.kind != "size"), gives.shape)


def _pattern(declared: Declaration) -> Pattern:
    return Pattern(declared.name, "complex" if declared.complex else declared.kind, declared.shape)


@cache
def _declared(text: str) -> tuple[Declaration, ...]:
    return tuple(item for item in read_declarations(text) if isinstance(item, Declaration)) if text else ()


def admits(kind: str, shape: Shape) -> bool:
    """Whether an argument of this shape is of a kind; what is 1×1, a column or a row is known by then."""
    rows, cols = shape
    match kind:
        case "scalar":
            return rows == 1 and cols == 1
        case "vector":
            return cols == 1
        case "row":
            return rows == 1
        case _:
            return kind == "matrix"


def choose(overloads: tuple[Signature, ...], shapes: Sequence[Shape], sizes: Sizes) -> Signature | None:
    """The first overload that may be meant by arguments of these shapes."""
    for overload in overloads:
        wanted = zip(overload.patterns, shapes, strict=True)
        fits = all(admits(pattern.kind, shape) and admits(overload.only, shape) for pattern, shape in wanted)
        if fits and (len(overloads) == 1 or _may_fit(overload.patterns, shapes, sizes)):
            return overload
    return None


def _may_fit(patterns: tuple[Pattern, ...], shapes: Sequence[Shape], sizes: Sizes) -> bool:
    """Whether equal letters can stand for equal sizes: what is square, and arguments of one shape."""
    seen: dict[Size, Size] = {}
    return all(
        type(wanted) is Polynomial
        or sizes.could_be_equal(size, seen.setdefault(wanted, size if type(wanted) is str else wanted))
        for pattern, shape in zip(patterns, shapes, strict=True)
        for size, wanted in zip(shape, pattern.shape, strict=True)
    )


def fit(shape: Shape, pattern: Shape, bindings: dict[str, Size], sizes: Sizes) -> bool:
    """Match a shape with that of a pattern, whose names get their sizes in ``bindings`` when they are met first."""
    for size, wanted in zip(shape, pattern, strict=True):
        if type(wanted) is str and wanted not in bindings:
            bindings[wanted] = size
        elif not sizes.equal(size, value(wanted, bindings, sizes)):
            return False
    return True


def value(pattern: Size, bindings: dict[str, Size], sizes: Sizes) -> Size:
    """The size that a pattern stands for; a name that is not bound yet becomes an unknown."""
    if type(pattern) is int:
        return pattern
    if type(pattern) is str:
        return bindings[pattern] if pattern in bindings else bindings.setdefault(pattern, sizes.unknown())
    for name in names(pattern):
        if name not in bindings:
            bindings[name] = sizes.unknown()
    return substitute(pattern, bindings)
