r"""Declarations as papers write them: ``U, V \in \mathbb{R}^{I \times K}``, ``A \in \mathbb{S}^n_{++}``, ``M \in \{0,1\}^n``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from matcalc.errors import FormulaError
from matcalc.read.declarations import read_declarations
from matcalc.read.declared import Declaration
from matcalc.read.latex.commands import FONTS, SPACES
from matcalc.read.latex.derivatives import argument
from matcalc.read.latex.scan import tokens_of

if TYPE_CHECKING:
    from matcalc.read.latex.statements import Part, Reading

# What a set says beside the shape, by its letter and by what stands below it.
# fmt: off
SAYS = {
    ("R", ""): "", ("R", "+"): ", nonnegative", ("R", "++"): ", positive", ("ℝ", ""): "", ("C", ""): "", ("ℂ", ""): "",
    ("S", ""): ", symmetric", ("S", "+"): ", psd", ("S", "++"): ", spd", ("0,1", ""): ", binary", ("R", "\\geq0"): ", nonnegative",
    ("R", ">0"): ", positive",
}
# fmt: on


def declared_in(reading: Reading, part: Part) -> Iterator[Declaration]:
    """The names before each ``\\in``, with the shape that the set behind it has."""
    names: list[str] = []
    start = part[0]
    waiting = False
    places = [(k, token) for k, token, depth in reading.depths(part) if depth == 0]
    for k, token in [*places, (part[1], None)]:
        ends = (
            token is None or token.kind in ("COMMA", "SEMICOLON") or token.text in (r"\in", r"\quad", r"\qquad", "\\\\")
        )
        if not ends:
            continue
        own = reading.trimmed((start, k))
        start = k + 1
        if own[0] >= own[1]:
            continue
        if waiting:
            for name in names:
                yield from _declared(reading, name, own)
            names, waiting = [], False
        else:
            left = reading.left(own)
            if left.name and not left.parameters:
                names.append(left.name)
        waiting = waiting or (token is not None and token.text == r"\in")


def _declared(reading: Reading, name: str, part: Part) -> list[Declaration]:
    """``name in R^(m x n)`` in plain spelling, with what the set says of it."""
    raw = reading.raw
    letter = below = sizes = ""
    k = part[0]
    while k < part[1]:
        token = raw[k]
        if token.kind in ("POWER", "UNDER"):
            low, high, k = argument(reading, k + 1, part[1])
            if token.kind == "POWER":
                sizes = _sizes(reading, (low, high))
            else:
                below = "".join(t.text for t in raw[low:high] if t.kind not in ("LBRACE", "RBRACE"))
            continue
        if token.kind not in ("LBRACE", "RBRACE") and token.text not in FONTS | SPACES | {
            r"\{",
            r"\}",
            r"\left",
            r"\right",
        }:
            letter += token.text
        k += 1
    words = SAYS.get((letter, below))
    if words is None:
        raise FormulaError("this set is not known", reading.expanded.text, [raw[part[0]].span],
                           r"the sets are \mathbb{R}^{m \times n}, \mathbb{C}^{n}, \mathbb{S}^n, \{0,1\}^n")  # fmt: skip
    if letter == "S":
        sizes = f"{sizes} x {sizes}"
    found = read_declarations(f"{name} in {'C' if letter in 'Cℂ' else 'R'}" + (f"^({sizes})" if sizes else "") + words)
    return [item for item in found if isinstance(item, Declaration)]


def _sizes(reading: Reading, part: Part) -> str:
    """``m \\times n`` in plain spelling: the dimensions between ``x``, products with ``*``."""
    if all(reading.raw[k].text in "+*" for k in range(*part)):
        return ""
    out: list[str] = []
    for token in tokens_of(reading.cut, part, frozenset(), [])[:-1]:
        text = token.text
        if token.kind == "TIMES":
            out.append(" x ")
            continue
        if token.kind in ("NAME", "NUMBER", "LPAR") and out and (out[-1][-1].isalnum() or out[-1] == ")"):
            out.append("*")
        out.append({"LBRACE": "(", "RBRACE": ")"}.get(token.kind, text))
    return "".join(out)
