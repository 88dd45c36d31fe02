r"""Declarations as mathematics: U ∈ ℝ^{I×K}.

>>> from matcalc.read.declarations import read_declarations
>>> [declaration_latex(d) for d in read_declarations("M : matrix(I, J), binary")]
['M \\in \\mathbb{R}^{I \\times J}\\text{, binary}']
"""

from __future__ import annotations

from matcalc.read.declared import Declaration
from matcalc.read.formula import read
from matcalc.shape import Size, text
from matcalc.write.latex import latex, letters


def declaration_latex(declaration: Declaration) -> str:
    """The name, the space that it is from, and its properties in words."""
    said = "".join(rf"\text{{, {word}}}" for word in declaration.properties)
    return rf"{letters(declaration.name)} {_space(declaration)}{said}{_range(declaration)}"


def _space(declaration: Declaration) -> str:
    if declaration.kind == "function":
        return r"\text{ an entrywise function}"
    if declaration.kind == "size":
        return r"\in \mathbb{N}"
    field = r"\mathbb{C}" if declaration.complex else r"\mathbb{R}"
    rows, columns = map(size_latex, declaration.shape)
    if declaration.shape == (1, 1):
        return rf"\in {field}"
    return rf"\in {field}^{{{rows}}}" if columns == "1" else rf"\in {field}^{{{rows} \times {columns}}}"


def _range(declaration: Declaration) -> str:
    if declaration.family is None:
        return ""
    index, low, high = declaration.family
    return rf",\quad {letters(index)} = {size_latex(low)}, \dots, {size_latex(high)}"


def size_latex(size: Size) -> str:
    """A size, its products without a sign: m*n + 1 as mn+1.

    >>> size_latex("n"), size_latex(3)
    ('n', '3')
    """
    return latex(read(text(size)))
