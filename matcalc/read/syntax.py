"""A formula as it is written: what the reader makes, what the writers print.

Nothing here knows what a name means. ``f(x)`` comes from the reader as ``Juxtapose((Name f, Group((x,))))``; whether it
is a call or a product is decided when names are resolved, and ``Apply`` is what is then built (and what the printer makes).
Every node ends with its span, the half-open range of characters it came from; printed trees have NOWHERE.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

# To mypy, a NamedTuple in all but being one: recursive tuples it compares part by part, which takes it hours.
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar, Self, dataclass_transform

    @dataclass_transform(frozen_default=True)
    class Record:
        _fields: ClassVar[tuple[str, ...]]

        def _replace(self, **changes: object) -> Self: ...
        def __iter__(self) -> Iterator[object]: ...
        def __getitem__(self, place: int) -> object: ...

else:
    from typing import NamedTuple as Record

Span = tuple[int, int]
NOWHERE: Span = (0, 0)


class Number(Record):
    """An exact number, never negative: ``2``, ``0.5`` (which is 1/2)."""

    value: int | Fraction
    span: Span = NOWHERE


class Name(Record):
    """A name in its canonical spelling: ``X``, ``lambda_u`` (also for ``λ_u``), ``y_hat``."""

    text: str
    span: Span = NOWHERE


class Add(Record):
    """``A + B - C``: terms with a sign, +1 or -1, each. A sole negative term is a Negate."""

    signs: tuple[int, ...]
    terms: tuple[Syntax, ...]
    span: Span = NOWHERE


class Negate(Record):
    operand: Syntax
    span: Span = NOWHERE


class Binary(Record):
    """operator is one of ``*  .*  /  ./  ⊗  :  <  >  <=  >=``; ⊙ and ∘ are read as ``.*``."""

    operator: str
    left: Syntax
    right: Syntax
    span: Span = NOWHERE


class Juxtapose(Record):
    """Two or more factors side by side."""

    factors: tuple[Syntax, ...]
    span: Span = NOWHERE


class Postfix(Record):
    """mark is ``'`` (transpose), ``^T`` (the same, unless T is a declared scalar), ``^H``, ``^+``, ``^-T``."""

    mark: str
    base: Syntax
    span: Span = NOWHERE


class Power(Record):
    """``A^p`` (entrywise is False) or ``A.^p``; ``A^-1`` has the exponent Negate(Number(1))."""

    base: Syntax
    exponent: Syntax
    entrywise: bool = False
    span: Span = NOWHERE


class Group(Record):
    """``( … )`` as typed: one item is a bracket, several can only be the arguments of a call."""

    items: tuple[Syntax, ...]
    span: Span = NOWHERE


class Apply(Record):
    """A call: made when names are resolved and by the printer; primes is the order of f', f'' of a declared function."""

    function: str
    arguments: tuple[Syntax, ...]
    primes: int = 0
    span: Span = NOWHERE


class Index(Record):
    """``x[i]``, ``A[i,j]``, ``A[i,:]``: None stands for ``:``."""

    base: Syntax
    subscripts: tuple[Syntax | None, ...]
    span: Span = NOWHERE


class Bars(Record):
    """``|x|`` (mark ``|``) or ``‖x‖`` = ``||x||`` (mark ``‖``); the subscript is ``F``, ``2``, ``1``, ``*`` or ``""``."""

    mark: str
    body: Syntax
    subscript: str = ""
    span: Span = NOWHERE


class Block(Record):
    """``[A, B; C, D]``."""

    rows: tuple[tuple[Syntax, ...], ...]
    span: Span = NOWHERE


class Range(Record):
    """``i=1..n``, only as the first item of a Group: the index of a sum."""

    letter: str
    low: Syntax
    high: Syntax
    span: Span = NOWHERE


Syntax = (
    Number | Name | Add | Negate | Binary | Juxtapose | Postfix | Power | Group | Apply | Index | Bars | Block | Range
)
