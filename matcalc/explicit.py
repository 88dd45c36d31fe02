"""A formula, its variables and its derivative written out entry by entry, at small sizes.

>>> from matcalc.api import derive
>>> print(derive("a' W b", wrt="W").explicit(m=2, n=2))
a = [a_1]
    [a_2]
<BLANKLINE>
W = [W_11  W_12]
    [W_21  W_22]
<BLANKLINE>
b = [b_1]
    [b_2]
<BLANKLINE>
E = b_1*(W_11*a_1 + W_21*a_2) + b_2*(W_12*a_1 + W_22*a_2)
<BLANKLINE>
dE/dW = [a_1*b_1  a_1*b_2]
        [a_2*b_1  a_2*b_2]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from matcalc.algebra.indices import is_index
from matcalc.errors import CallError
from matcalc.expr import Constant, Expr, postorder
from matcalc.shape import Size, names

if TYPE_CHECKING:
    import sympy

SHOWN = 400  # entries of a matrix that are worth reading


class Written(NamedTuple):
    """An expression with what stands on the left of it."""

    label: str
    latex: str
    node: Expr


@dataclass(frozen=True)
class Explicit:
    """``matrices``: each variable, the formula and each derivative by its left side, as SymPy matrices of entries."""

    matrices: Mapping[str, sympy.Matrix]
    labels: tuple[str, ...]  # the left sides in LaTeX

    def __str__(self) -> str:
        return "\n\n".join(_block(label, matrix) for label, matrix in self.matrices.items())

    def latex(self) -> str:
        r"""All of them as one ``aligned``, each matrix a ``bmatrix``."""
        from sympy import latex

        shown = [
            latex(matrix[0, 0]) if matrix.shape == (1, 1) else latex(matrix, mat_str="bmatrix", mat_delim="")
            for matrix in self.matrices.values()
        ]
        rows = [rf"{label} &= {text}" for label, text in zip(self.labels, shown, strict=True)]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"


def explicit(written: Sequence[Written], sizes: Mapping[str, int]) -> Explicit:
    """Everything at these sizes; CallError where one is missing, unknown or too large."""
    from matcalc.write.sympy_explicit import written_out

    _check(sizes, _sizes([part.node for part in written]))
    found: dict[str, sympy.Matrix] = {}
    for part in written:
        matrix = found[part.label] = written_out(part.node, sizes)
        if len(matrix) > SHOWN:
            rows, cols = matrix.shape
            raise CallError(f"{part.label} has {rows}×{cols} entries, too many to be written out; take smaller sizes")
    return Explicit(found, tuple(part.latex for part in written))


def _sizes(nodes: Sequence[Expr]) -> tuple[str, ...]:
    """The names of sizes that need a value, in their order."""
    found: list[Size] = []
    for node in postorder(*nodes):
        found += [*node.shape, *(node.parameters if isinstance(node, Constant) else ())]
    return tuple(dict.fromkeys(name for size in found for name in names(size) if not is_index(name)))


def _check(sizes: Mapping[str, int], wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in sizes]
    unknown = [name for name in sizes if name not in wanted]
    if missing:
        raise CallError(f"to write it out, every size needs a value: {', '.join(f'{name}=2' for name in missing)}")
    if unknown:
        raise CallError(f"{unknown[0]} is no size of this formula; it has {', '.join(wanted) or 'none'}")
    for name, value in sizes.items():
        if value < 1:
            raise CallError(f"a size is at least 1, and {name} is {value}")


def _block(label: str, matrix: sympy.Matrix) -> str:
    """``W = [a  b]`` over as many lines as it has rows, columns aligned."""
    if matrix.shape == (1, 1):
        return f"{label} = {matrix[0, 0]}"
    cells = [[str(matrix[i, j]) for j in range(matrix.cols)] for i in range(matrix.rows)]
    widths = [max(len(row[j]) for row in cells) for j in range(matrix.cols)]
    lines = ["[" + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + "]" for row in cells]
    return "\n".join(f"{label} = {line}" if k == 0 else " " * (len(label) + 3) + line for k, line in enumerate(lines))
