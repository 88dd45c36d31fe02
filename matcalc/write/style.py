"""What an output is: how tightly texts hold together, a table of marks, and the verbs in which outputs differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, NamedTuple

from matcalc.read.names import GREEK_NAMES
from matcalc.read.syntax import Apply

# How tightly texts hold together, loosest first. Factors side by side are a CHAIN: a QUOTIENT may lead them (`1/2 x`);
# a PREFIX, a function that takes what follows it (`\log\det X`), may only end them, a FACTOR may stand anywhere among
# them. A BASE takes a superscript, an ATOM an index as well.
COMPARISON, SUM, COLON, PRODUCT, QUOTIENT, SIGN, CHAIN, PREFIX, FACTOR, BASE, ATOM = range(11)

# fmt: off
OPERATORS = {  # operator: the level of the whole, of its left side, of its right side
    "<":  (COMPARISON, SUM, SUM), ">":  (COMPARISON, SUM, SUM),
    "<=": (COMPARISON, SUM, SUM), ">=": (COMPARISON, SUM, SUM),
    ":":  (COLON, PRODUCT, PRODUCT),
    "*":  (PRODUCT, PRODUCT, SIGN),  ".*": (PRODUCT, PRODUCT, SIGN),  "⊗": (PRODUCT, PRODUCT, SIGN),
    "./": (PRODUCT, PRODUCT, SIGN),  "/":  (QUOTIENT, PRODUCT, FACTOR),
}
# fmt: on


class Piece(NamedTuple):
    """The text of a subtree and what its surroundings must know of it."""

    text: str
    level: int
    tall: bool = False  # brackets around it have to grow
    bars: str = ""  # the kinds of bars that stand outside all its brackets
    open: bool = False  # it ends in a function without brackets, or a sum: what follows would be drawn in
    negative: bool = False  # it begins with a minus
    name: str = ""  # the canonical name that it ends in


def looks_like_call(name: str) -> bool:
    """Whether a name before a bracket is taken for a function where nothing is declared: a word, no Greek letter."""
    stem = name.partition("_")[0]
    return len(stem) > 1 and stem not in GREEK_NAMES


class Table(NamedTuple):
    """What an output looks like, as far as it is a matter of marks and levels."""

    operators: Mapping[str, str]  # with the spaces around them
    marks: Mapping[str, str]  # what a postfix adds
    superscripted: int = BASE  # the level of what has a superscript
    marked: Mapping[str, int] = MappingProxyType({})  # and of what has one of these marks instead
    fused: Mapping[tuple[str, str], str] = MappingProxyType({})  # two superscripts that are written as one
    infix: Mapping[str, str] = MappingProxyType({})  # functions of two arguments written as an operator
    spelled: Mapping[str, str] = MappingProxyType({})  # operators written as a function
    leads: Mapping[int, int] = MappingProxyType({QUOTIENT: PRODUCT})  # levels that lead a chain: the whole's level then
    silent: str = ""  # the operator that is not written: its sides stand side by side
    right_sign: bool = True  # whether a right operand shows its sign without brackets: A .* -B


class Style(ABC):
    """One output: its table, and the few verbs in which outputs differ.

    ``calls`` says which names would be taken for functions directly before a bracket; ``colours`` has the colours of
    subtrees by their ``id``.
    """

    table: ClassVar[Table]

    def __init__(
        self,
        names: Mapping[str, str] | None = None,
        calls: Callable[[str], bool] = looks_like_call,
        colours: Mapping[int, str] | None = None,
    ) -> None:
        self.names = names or {}
        self.calls = calls
        self.colours = colours or {}

    @property
    def script(self) -> Style:
        """The style of exponents."""
        return self

    @property
    def fraction(self) -> Style:
        """The style of a quotient's two sides."""
        return self

    def inside(self, call: Apply) -> Style:
        """The style of a call's arguments."""
        return self

    @abstractmethod
    def name(self, name: str) -> Piece: ...

    @abstractmethod
    def bracket(self, piece: Piece) -> Piece: ...

    @abstractmethod
    def quotient(self, left: Piece, right: Piece) -> Piece: ...

    @abstractmethod
    def exponent(self, piece: Piece, entrywise: bool) -> tuple[str, int]:
        """What is set after the base, and the level of the whole."""

    @abstractmethod
    def index(self, base: Piece, subscripts: Sequence[str]) -> Piece: ...

    @abstractmethod
    def bars(self, mark: str, body: Piece, subscript: str) -> Piece: ...

    @abstractmethod
    def block(self, rows: Sequence[Sequence[Piece]]) -> Piece: ...

    @abstractmethod
    def call(self, node: Apply, arguments: Sequence[Piece]) -> Piece: ...

    @abstractmethod
    def range(self, index: str, low: Piece, high: Piece) -> Piece: ...

    @abstractmethod
    def between(self, left: Piece, right: Piece) -> str:
        """What is set between two factors side by side; the operator of ``*`` where they cannot stand so."""

    def superscript(self, base: Piece, mark: str, level: int) -> Piece:
        if base.level == FACTOR:
            for (ending, added), both in self.table.fused.items():
                if added == mark and base.text.endswith(ending):
                    return Piece(base.text[: -len(ending)] + both, FACTOR, base.tall, base.bars)
        base = fit(base, BASE, self, last=False)
        return Piece(base.text + mark, level, base.tall, base.bars)

    def colour(self, piece: Piece, colour: str) -> Piece:
        return piece


def fit(piece: Piece, level: int, style: Style, last: bool = True) -> Piece:
    """The piece, in brackets where it is looser than ``level`` or would draw in what follows."""
    return style.bracket(piece) if piece.level < level or (piece.open and not last) else piece
