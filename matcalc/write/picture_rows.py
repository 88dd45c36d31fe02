r"""A derivation as the rows of a picture: each cell is drawn by itself, since a table as a whole takes a drawer very long.

>>> [tuple(row) for row in rows("\\begin{aligned}\nE &= x &&\\quad r \\\\\n&\\quad + y\n\\end{aligned}")]
[('E', '= x', 'r'), ('', '\\quad + y', '')]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from matcalc.write.align import broken, visible

LENGTH = 80  # of a right side, in letters as they are seen
BEGIN, END = "\\begin{aligned}\n", "\n\\end{aligned}"


class Row(NamedTuple):
    """The right side of a row that goes on from the one above begins with a quad."""

    left: str
    right: str
    reason: str


def rows(latex: str) -> list[Row]:
    """The rows of an ``aligned``, long ones in several; a formula that is none is one row."""
    if not (latex.startswith(BEGIN) and latex.endswith(END)):
        return [Row("", latex, "")]
    return [part for line in latex[len(BEGIN) : -len(END)].split(" \\\\\n") for part in _shortened(_row(line))]


def _row(line: str) -> Row:
    left, _, rest = line.partition("&")
    right, _, reason = rest.partition(r"&&\quad ")
    return Row(left.strip(), right.strip(), reason.strip())


def _shortened(row: Row) -> Iterator[Row]:
    """The row, broken between the terms of its widest bracket where it is too long."""
    first, *more = _broken(row.right)
    yield row._replace(right=first)
    yield from (Row("", rf"\quad {part}", "") for part in more)


def _broken(formula: str) -> list[str]:
    """A formula in parts that are no longer than they have to be; a colour is that of each part.

    >>> _broken("= (" + " + ".join(["A" * 30] * 3) + ") : dX")
    ['= (AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA + AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', '+ AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA) : dX']
    """
    if visible(formula) <= LENGTH:
        return [formula]
    before, inside = _signed(formula)
    coloured = re.fullmatch(r"\\textcolor\{(\w+)\}\{(.*)\}", inside, re.DOTALL)
    if coloured and _closes(coloured[2]):
        parts = [_signed(part) for part in _broken(before + coloured[2])]
        return [f"{sign}\\textcolor{{{coloured[1]}}}{{{rest}}}" for sign, rest in parts]
    low, high = max(_brackets(formula), key=lambda span: span[1] - span[0], default=(0, 0))
    parts_inside = broken(formula[low:high], LENGTH)
    if len(parts_inside) < 2:
        return [formula]
    return [formula[:low] + parts_inside[0], *parts_inside[1:-1], parts_inside[-1] + formula[high:]]


def _signed(formula: str) -> tuple[str, str]:
    r"""The sign with which it begins, and the rest.

    >>> _signed(r"\quad + A"), _signed("A + B")
    (('\\quad + ', 'A'), ('', 'A + B'))
    """
    sign = re.match(r"(?:\\quad )?(?:[=+-] )?", formula)
    end = sign.end() if sign else 0
    return formula[:end], formula[end:]


def _closes(text: str) -> bool:
    """Whether no brace of the text closes one before it."""
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return True


def _brackets(formula: str) -> Iterator[tuple[int, int]]:
    r"""Where the outermost round brackets begin and end, without them; none in braces or of stretched ones.

    >>> list(_brackets(r"a (b (c)) + \left(d\right) + \frac{(e)}{f}"))
    [(3, 8)]
    """
    depth, start, closed = 0, 0, 0
    for match in re.finditer(r"\\left|\\right|\\.|[(){}]", formula, re.DOTALL):
        closed += {"{": 1, "}": -1, r"\left": 1, r"\right": -1}.get(match[0], 0)
        if closed or formula[: match.start()].endswith((r"\left", r"\right")):
            continue
        if match[0] == "(":
            start = match.end() if depth == 0 else start
            depth += 1
        elif match[0] == ")":
            depth -= 1
            if depth == 0:
                yield start, match.start()


# --- where the cells stand ------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """A drawing whose base line is at 0, with its extent."""

    body: str
    left: float
    top: float
    width: float
    height: float


class Placed(NamedTuple):
    """A cell at a place, its base line at ``y``."""

    cell: Cell
    x: float
    y: float


def placed(cells: Sequence[tuple[Cell | None, Cell, Cell | None]], size: float) -> list[Placed]:
    """Left sides end where right sides begin; reasons stand in a column right of the lines that have one."""
    begin = max((left.width for left, _, _ in cells if left is not None), default=0.0)
    column = begin + 2 * size + max((right.width for _, right, reason in cells if reason is not None), default=0.0)
    out: list[Placed] = []
    y = 0.0
    for left, right, reason in cells:
        row = [cell for cell in (left, right, reason) if cell is not None]
        y -= min(cell.top for cell in row)
        out.append(Placed(right, begin, y))
        if left is not None:
            out.append(Placed(left, begin - left.width, y))
        if reason is not None:
            out.append(Placed(reason, column, y))
        y += max(cell.top + cell.height for cell in row) + 0.3 * size
    return out
