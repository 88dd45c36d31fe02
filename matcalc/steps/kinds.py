"""What a name stands for, and the kinds that a name which nobody declared may have, the likeliest first.

>>> [kinds_of(name) for name in ("A", "x", "lambda_u")]
[('matrix',), ('vector', 'scalar'), ('scalar', 'vector')]

A Latin name that is transposed somewhere is a vector, a Greek one rather so: nobody transposes a scalar.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from matcalc.expr import Expr
from matcalc.read.names import GREEK_NAMES
from matcalc.shape import Polynomial, Shape, Size, names, substitute
from matcalc.steps.unify import Sizes

if TYPE_CHECKING:
    from matcalc.read.declarations import Declaration
    from matcalc.steps.typed import Node

Role = Literal["declared", "inferred", "defined", "given", "size", "function", "differential"]

# where nothing else fits, a matrix may have a size of 1; rows are never inferred for a lower-case name
LAST_RESORT = ("column", "row", "point")


def is_greek(name: str) -> bool:
    return name.partition("_")[0] in GREEK_NAMES


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds of a name that is not declared, in the order in which they are tried."""
    if name[0].isupper():
        return ("matrix",)
    return ("scalar", "vector") if is_greek(name) else ("vector", "scalar")


class Entry:
    """A name with its shape. Of an inferred one ``kinds`` are those that it may have, ``unknowns`` its two sizes."""

    __slots__ = ("cols", "declaration", "expression", "kinds", "name", "of", "role", "root", "rows", "unknowns")

    def __init__(self, name: str, role: Role, shape: Shape = (1, 1)) -> None:
        self.name = name
        self.role = role
        self.rows, self.cols = shape
        self.kinds: tuple[str, ...] = ()
        self.unknowns: Shape = shape
        self.declaration: Declaration | None = None
        self.root: Node | None = None  # of a definition
        self.expression: Expr | None = None
        self.of: Entry | None = None  # of a differential: what it is the differential of

    def become(self, kind: str) -> None:
        rows, cols = self.unknowns
        self.rows = 1 if kind in ("scalar", "row", "point") else rows
        self.cols = 1 if kind in ("scalar", "vector", "column", "point") else cols


def inferred(name: str, sizes: Sizes) -> Entry:
    """The entry of a name that nobody declared."""
    entry = Entry(name, "inferred", (sizes.unknown(), sizes.unknown()))
    entry.kinds = kinds_of(name)
    return entry


def index_entry(index: str) -> Entry:
    """The index of a sum, standing in a formula as that number."""
    return Entry(index, "size")


def transposed(entry: Entry) -> None:
    """Take note that a name is transposed in the formula."""
    if len(entry.kinds) == 2:
        entry.kinds = ("vector", "scalar") if is_greek(entry.name) else ("vector",)


# --- names for the sizes that remain free ------------------------------------------------------------------------

FIRST = ("m", "n")  # of a matrix: as the textbooks have it
FURTHER = ("p", "q", "k", "r", "s", "l", "d", "c", "h", "t")


def name_sizes(entries: Iterable[Entry], sizes: Sizes, taken: set[str]) -> dict[str, Size]:
    """A name for every unknown in the shapes: matrices first, ``m`` for rows and ``n`` for columns where free."""
    named: dict[str, Size] = {}
    shapes = [(sizes.find(entry.rows), sizes.find(entry.cols)) for entry in entries]
    matrices = [shape for shape in shapes if shape[0] != 1 and shape[1] != 1]
    for rows, cols in matrices + [shape for shape in shapes if shape[0] == 1 or shape[1] == 1]:
        square = rows == cols or rows == 1 or cols == 1
        for size, wish in ((rows, "n" if square else "m"), (cols, "n")):
            for unknown in _unknowns(size):
                if unknown not in named:
                    name = _free(wish, taken)
                    taken.add(name)
                    named[unknown] = name
    return named


def named(size: Size, sizes: Sizes, names_of_unknowns: dict[str, Size]) -> Size:
    return substitute(sizes.find(size), names_of_unknowns)


def _unknowns(size: Size) -> tuple[str, ...]:
    if type(size) is str:
        return (size,) if size[0] == "?" else ()
    return tuple(n for n in names(size) if n[0] == "?") if type(size) is Polynomial else ()


def _free(wish: str, taken: set[str]) -> str:
    for name in (wish, *FIRST, *FURTHER):
        if name not in taken:
            return name
    number = 1
    while f"n_{number}" in taken:
        number += 1
    return f"n_{number}"
