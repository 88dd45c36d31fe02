"""The functions of the language: ``lookup`` a name, ``register`` your own.

>>> [record.rule for record in lookup("logdet")]
["dY = inv(X)' : dX"]
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable
from typing import TypeVar

from matcalc.errors import CallError
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.formula import read
from matcalc.rules.functions import constants, entrywise, matrices, scalars, structure
from matcalc.rules.record import Function
from matcalc.shape import names as names_in
from matcalc.shape import shape_text, substitute

Key = TypeVar("Key")
Value = TypeVar("Value")

TABLES = {
    "entrywise": entrywise.TABLE,
    "scalar": scalars.TABLE,
    "matrix": matrices.TABLE,
    "structure": structure.TABLE,
    "constant": constants.TABLE,
}


def cached(read: Callable[[Key], Value]) -> Callable[[Key], Value]:
    """Remembers what is read off the tables, until a function is registered."""
    remembered: dict[Key, Value] = {}
    _remembered.append(remembered)  # type: ignore[arg-type]  # they are only cleared

    def reading(key: Key) -> Value:
        if key not in remembered:
            remembered[key] = read(key)
        return remembered[key]

    return functools.update_wrapper(reading, read)


_remembered: list[dict[object, object]] = []


def lookup(name: str) -> tuple[Function, ...]:
    """The overloads of a name or alias, to be tried in this order; empty for an unknown one.

    An overload that says ``complex`` is for complex arguments only, and goes before the others there.
    """
    return _records.get(name, ())


@cached
def having(field: str) -> frozenset[str]:
    """The names of the functions that have a record with something in a field.

    >>> sorted(having("mask"))
    ['tril', 'triu']
    """
    return frozenset(name for name, found in _records.items() if any(getattr(record, field) for record in found))


@cached
def is_linear(name: str) -> bool:
    """Whether a function of one array is linear: f(a A + b B) = a f(A) + b f(B); along an axis it may be another.

    >>> [name for name in ("vec", "Diag", "tr", "inv", "kron") if is_linear(name)]
    ['vec', 'Diag', 'tr']
    """
    own = [record for record in lookup(name) if record.name == name and not record.axis]
    return any(record.adjoint for record in own) and all(
        (record.adjoint and not record.rule and sum(of.kind != "size" for of in _arguments(record)) == 1)
        or record.means.startswith(f"{name}(")
        for record in own
    )


@cached
def jumps(name: str) -> bool:
    """Whether a function is constant but for jumps: sign, step, argmax."""
    return any(record.constant and record.where and record.kind != "constant" for record in lookup(name))


@cached
def has_corner(name: str) -> bool:
    """Whether a function jumps, or its differential has one that does: |x|, max(A, B)."""
    return jumps(name) or any(jumps(other) for record in lookup(name) for other in re.findall(r"\w+", record.rule))


def names() -> tuple[str, ...]:
    """Every name that can be typed before a bracket, aliases too, in the order of the tables; comparisons are signs."""
    return tuple(name for name in _records if name.isidentifier())


def records() -> tuple[Function, ...]:
    """Every record once, in the order of the tables."""
    return tuple(dict.fromkeys(record for found in _records.values() for record in found))


def register(record: Function, replace: bool = False) -> None:
    """Adds a function or an overload of one; what takes the same is replaced only when that is asked for.

    >>> register(Function("tanh", "A : matrix(p, q)", "matrix(p, q)", means="sinh(A) ./ cosh(A)"))
    Traceback (most recent call last):
    matcalc.errors.CallError: tanh of a matrix(1, 2) is registered already; pass replace=True to replace it
    """
    _check(record)
    spellings = (record.name, *record.aliases)
    taken = [name for name in spellings if any(pattern(other) == pattern(record) for other in lookup(name))]
    if taken and not replace:
        of = " and ".join(f"a {kind}" for kind in pattern(record)) or "nothing"
        raise CallError(f"{taken[0]} of {of} is registered already; pass replace=True to replace it")
    if any(_takes_sizes_elsewhere(record, other) for name in spellings for other in lookup(name)):
        raise CallError(
            f"{record.name} of as many arguments has its sizes in other places; take them in the same places"
        )
    for name in spellings:
        _records[name] = _with(lookup(name), record)
    for remembered in _remembered:
        remembered.clear()


def pattern(record: Function) -> tuple[str, ...]:
    """What a record takes, whatever its letters: of two with one name and one pattern the second could never be used.

    >>> pattern(Function("f", "A : matrix(p, q), positive; b : vector(p)", "scalar"))
    ('matrix(1, 2)', 'vector(1)')
    """
    numbers: dict[str, str] = {}
    kinds = []
    for declared in _arguments(record):
        for size in declared.shape:
            for name in names_in(size):
                numbers.setdefault(name, str(len(numbers) + 1))
        rows, columns = (substitute(size, dict(numbers)) for size in declared.shape)
        kind = declared.kind if declared.kind == "size" else shape_text((rows, columns))
        kinds.append(("complex " if declared.complex else "") + kind)
    return (*kinds, *([f"number {record.axis}"] if record.axis else []))


def _takes_sizes_elsewhere(record: Function, other: Function) -> bool:
    """Whether of two overloads with as many arguments one has a size where the other has an array."""
    here, there = ([argument.kind == "size" for argument in _arguments(each)] for each in (record, other))
    return len(here) == len(there) and here != there


def _arguments(record: Function) -> list[Declaration]:
    if not record.takes:
        return []
    return [item for item in read_declarations(record.takes) if isinstance(item, Declaration)]


def _with(found: tuple[Function, ...], record: Function) -> tuple[Function, ...]:
    """The overloads with one more: in the place of the one that takes the same, else before the first that takes more."""
    if any(pattern(other) == pattern(record) for other in found):
        return tuple(record if pattern(other) == pattern(record) else other for other in found)
    place = sum(_width(other) <= _width(record) for other in found)
    return (*found[:place], record, *found[place:])


def _width(record: Function) -> tuple[bool, int]:
    """How much a record takes: the narrow ones are tried first, the complex ones last."""
    order = ("size", "scalar", "vector", "row", "matrix")
    free = [len({name for size in declared.shape for name in names_in(size)}) for declared in _arguments(record)]
    kinds = [3 * order.index(declared.kind) for declared in _arguments(record)]
    return ("complex" in record.takes, sum(kinds) + sum(free))


def _check(record: Function) -> None:
    """Refuses a record that cannot be used, or that says twice what it is; FormulaError where a text does not read."""
    if not record.name.isidentifier():
        raise CallError(f"'{record.name}' cannot be typed as a name")
    said = [word for word in ("rule", "adjoint", "means", "constant") if getattr(record, word)]
    if len(said) > 1:
        raise CallError(f"{record.name} has a {said[0]} and a {said[1]}; one of them is enough")
    read_declarations(f"{record.takes}; Y : {record.gives}".removeprefix("; "))
    for text, left in ((record.rule, "dY"), (record.adjoint, f"C : {record.name}("), (record.means, "")):
        if text and not text.startswith(left):
            raise CallError(f"{record.name}: '{text}' does not begin with '{left}'")
        if text:
            read(text.rpartition(" = ")[2])


def _table() -> dict[str, tuple[Function, ...]]:
    """The tables by name, each record with its kind."""
    found: dict[str, tuple[Function, ...]] = {}
    for kind, table in TABLES.items():
        for record in table:
            known = dataclasses.replace(record, kind=kind)
            for name in (known.name, *known.aliases):
                found[name] = (*found.get(name, ()), known)
    return found


_records = _table()
