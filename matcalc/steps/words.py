"""Nodes, shapes and patterns in words, for messages.

>>> shape_in_words(("m", "n")), shape_in_words(("n", 1))
('m×n', 'a vector of size n')
"""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.errors import shortened
from matcalc.shape import Shape, text
from matcalc.steps.signature import Pattern
from matcalc.steps.typed import Call, Letter, Node, Number, Power, Product, Transpose

LONGEST = 40  # characters of the formula that are repeated in a message


def shape_in_words(shape: Shape) -> str:
    rows, cols = shape
    if rows == 1 and cols == 1:
        return "a scalar"
    if cols == 1:
        return f"a vector of size {text(rows)}"
    return f"a row of size {text(cols)}" if rows == 1 else f"{text(rows)}×{text(cols)}"


def pattern_in_words(pattern: Pattern) -> str:
    rows, cols = pattern.shape
    if pattern.kind != "matrix":
        return f"a {pattern.kind}" + (f" of size {rows}" if isinstance(rows, int) and rows > 1 else "")
    if isinstance(rows, int):
        return f"a {rows}×{cols} matrix"
    return "a square matrix" if rows == cols else "a matrix"


def called(node: Call) -> str:
    """A function as the user named it: bars as ``|…|``."""
    name = node.chosen.record.name
    return name if name[0].isalpha() else f"'{name}'"


def quoted(node: Node) -> str:
    return shortened(node.text, LONGEST)


def as_factor(node: Node) -> str:
    """Its text, in brackets where it would not hold together as a factor."""
    closed = isinstance(node, Letter | Number | Call | Transpose | Power) or (isinstance(node, Product) and node.chain)
    return node.text if closed else f"({node.text})"


def transposed(node: Node) -> str:
    if isinstance(node, Transpose) and node.text.endswith("'"):
        return node.text[:-1]
    return f"{node.text}'" if isinstance(node, Letter | Call) else f"({node.text})'"


def choices(found: Iterable[str], verb: str = "did you mean") -> str:
    """``did you mean A' x or x A?``"""
    *others, last = [choice for choice in dict.fromkeys(found) if len(choice) <= 2 * LONGEST][:3] or [""]
    if not last:
        return ""
    offered = f"{', '.join(others)} or {last}" if others else last
    return f"{verb} {offered}" + ("" if verb == "write" else "?")
