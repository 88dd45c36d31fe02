"""What changes of a tree are made of: numbers in front of terms, factors side by side, transposes, and what a place is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from matcalc.read.syntax import Add, Apply, Bars, Binary, Juxtapose, Name, Negate, Number, Postfix, Power, Syntax
from matcalc.rules import functions
from matcalc.shape import SCALAR, Shape
from matcalc.verify.places import Place

Changes = Iterator[tuple[str, str, Syntax, tuple[Syntax, ...]]]
"""Of one node: cause, words, what takes its place, parts that the words name."""


def is_term(place: Place) -> bool:
    """Whether a node stands where a factor in front of it scales a term of the whole or of an inner sum."""
    match place.above:
        case None | Add() | Apply() | Negate():
            return not isinstance(place.node, Add | Negate)
        case Binary(":", left, _):
            return place.node is left and not isinstance(place.node, Add | Negate)
    return False


def is_exponent(place: Place) -> bool:
    return isinstance(place.above, Power) and place.path[-1] == 1


def is_size(place: Place) -> bool:
    """Whether a node is an argument that is a size: of eye, ones, unvec."""
    call = place.above
    if not isinstance(call, Apply):
        return False
    k = place.path[-1]
    for record in functions.lookup(call.function):
        taken = [part.strip() for part in record.takes.split(";")]
        if len(taken) == len(call.arguments) and taken[k].endswith(": size"):
            return True
    return False


def is_array(tree: Syntax, letters: Mapping[str, Shape]) -> bool:
    """Whether a node may be something that is transposed."""
    match tree:
        case Number():
            return False
        case Name(text):
            shape = letters.get(text, letters.get(text[1:]) if text[:1] == "d" else None)
            constant = any(record.gives.startswith("scalar") and not record.takes for record in functions.lookup(text))
            return shape != SCALAR and not (shape is None and constant)
        case Apply(name):
            records = functions.lookup(name)
            return not records or any(not record.gives.startswith("scalar") for record in records)
        case Power(base, _):
            return is_array(base, letters)
        case Bars():
            return False
    return True


def transposed(tree: Syntax) -> Syntax:
    return tree.base if isinstance(tree, Postfix) and tree.mark in ("'", "^T") else Postfix("'", tree)


def scaled(factor: int | Fraction, tree: Syntax) -> Syntax:
    """A number times a tree, as people write it."""
    match tree:
        case Number(value):
            return Number(value * factor)
        case Juxtapose((Number(value), *rest)):
            return _times(value * factor, rest)
        case Juxtapose((Binary("/", Number(over), Number(under)), *rest)):
            return _times(Fraction(over) / under * factor, rest)
        case Binary("/", left, right) if isinstance(factor, int):
            return tree._replace(left=scaled(factor, left), right=right)
        case Binary("*", left, right):
            return tree._replace(left=scaled(factor, left), right=right)
        case Binary(":", left, _):
            return tree._replace(left=scaled(factor, left))
    if isinstance(factor, Fraction):
        below: Syntax = Number(factor.denominator)
        above = tree if factor.numerator == 1 else scaled(factor.numerator, tree)
        return Binary("/", above, below)
    return Juxtapose((Number(factor), *factors_of(tree)))


def _times(value: int | Fraction, rest: Sequence[Syntax]) -> Syntax:
    value = value.numerator if value.denominator == 1 else value
    factors = tuple(rest)
    if value == 1:
        return factors[0] if len(factors) == 1 else Juxtapose(factors)
    if isinstance(value, Fraction):
        inner = _times(value.numerator, rest)
        return Binary("/", inner, Number(value.denominator))
    return Juxtapose((Number(value), *factors))


def fraction(value: int | Fraction) -> Syntax:
    return (
        Number(int(value))
        if value.denominator == 1
        else Binary("/", Number(value.numerator), Number(value.denominator))
    )


def factors_of(tree: Syntax) -> tuple[Syntax, ...]:
    return tree.factors if isinstance(tree, Juxtapose) else (tree,)


def joined(factors: Sequence[Syntax]) -> Syntax:
    return factors[0] if len(factors) == 1 else Juxtapose(tuple(factors))


def product(left: Syntax, right: Syntax) -> Syntax:
    return Juxtapose((*factors_of(left), *factors_of(right)))
