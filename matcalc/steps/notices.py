"""How a formula was read where it could have been meant otherwise: said beside the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from matcalc.errors import readable
from matcalc.read.declared import Declaration
from matcalc.shape import SCALAR
from matcalc.steps.latex_letters import UNIT, written
from matcalc.steps.signature import signatures
from matcalc.steps.typed import Call, Indexed, Node, Product, Quotient

if TYPE_CHECKING:
    from matcalc.steps.resolve import Resolver

# Functions of a matrix that others read differently: what is said, in any spelling and in LaTeX only.
# fmt: off
OF_A_MATRIX = {
    "norm2": "is the largest singular value; norm(A) is the Frobenius norm, which matrixcalculus.org calls norm2",
}
OF_A_SQUARE_MATRIX_IN_LATEX = {
    "exp":  "is taken entry by entry; the matrix exponential is \\operatorname{expm}",
    "log":  "is taken entry by entry; the matrix logarithm is \\operatorname{logm}",
    "sqrt": "is taken entry by entry; the matrix square root is \\operatorname{sqrtm}",
}
# fmt: on
AS_UNIT = "is read as a unit vector"
AXES = {1: "for each column", 2: "for each row"}


def notices_of(resolver: Resolver, added: list[tuple[Node, Node]]) -> tuple[str, ...]:
    """The notices of a typed formula, in its order."""
    found = [f"{readable(scalar.text)} is added to every entry of {readable(array.text)}" for scalar, array in added]
    for node in resolver.order:
        if type(node) is Product:
            if node.regrouped:
                found.append(f"{node.text} is read as {regrouped(node)}")
        elif type(node) is Quotient and (node.parts[1].rows, node.parts[1].cols) != (1, 1):
            found.append(f"{node.text} is divided entry by entry")
        elif type(node) is Call and node.parts:
            found += _of_call(node, resolver)
        elif type(node) is Indexed and node.text[:1] == UNIT and node.parts[0].span == node.span:  # e_1 is I_{:,1}
            found.append(f"{node.text} {AS_UNIT}")
    return tuple(dict.fromkeys(found))


def in_prose(unused: Sequence[Declaration], inferred: Sequence[Declaration]) -> tuple[str, ...]:
    """What to do where a formula has arrays that nobody declared, and has none of others: prose may say what those are.

    >>> from matcalc.read.declarations import read_declarations
    >>> in_prose(read_declarations("Y : matrix(m, n)"), read_declarations("W : matrix(p, q)"))
    ('W is declared nowhere, and Y is not used: if W depends on it, define it: W := …',)
    """
    arrays = [d.name for d in inferred if d.kind not in ("function", "size") and d.shape != SCALAR]
    others = [d.name for d in unused if d.kind not in ("function", "size") and d.family is None and d.shape != SCALAR]
    if not (arrays and others):
        return ()
    verb, it = ("is", "it") if len(others) == 1 else ("are", "them")
    return tuple(
        f"{name} is declared nowhere, and {', '.join(others)} {verb} not used: "
        f"if {name} depends on {it}, define it: {name} := …"
        for name in arrays
    )


def _of_call(node: Call, resolver: Resolver) -> Iterator[str]:
    spelling, find = resolver.spelling, resolver.scope.sizes.find
    name = node.chosen.record.name
    if spelling == "latex" and (letter := _letter_of(node)):
        yield f"{letter}( … ) is read as {name}"
    rows, cols = find(node.parts[0].rows), find(node.parts[0].cols)
    if node.chosen.record.axis and any(len(s.patterns) == 2 for s in signatures(name)) and not rows == cols == 1:
        yield f"{node.text} is taken {AXES[node.chosen.record.axis]}: a second argument 1 or 2 is an axis"  # max, min
    if rows != 1 and cols != 1:
        if name in OF_A_MATRIX:
            yield f"{node.text} {OF_A_MATRIX[name]}"
        if spelling == "latex" and rows == cols and name in OF_A_SQUARE_MATRIX_IN_LATEX:
            yield f"{node.text} {OF_A_SQUARE_MATRIX_IN_LATEX[name]}"


def _letter_of(node: Call) -> str:
    r"""``\sigma`` in ``\sigma(x)``; "" where the function is called by a name of its own."""
    return node.text.partition("(")[0] if written(node.text) == node.chosen.record.name else ""


def regrouped(node: Product) -> str:
    """``(x' A) (x' x)``: the product with brackets round its 1×1 parts."""
    *closed, own = node.segments
    groups = sorted([*closed, *_runs(own)])
    words = [" ".join(_text(node.parts[k]) for k in group) for group in groups]
    return " ".join(w if len(g) == 1 else f"({w})" for w, g in zip(words, groups, strict=True))


def _runs(indices: list[int]) -> Iterator[list[int]]:
    """Factors that still stand side by side."""
    run: list[int] = []
    for k in indices:
        if run and k != run[-1] + 1:
            yield run
            run = []
        run.append(k)
    yield run


def _text(node: Node) -> str:
    start, end = node.span
    if node.source[max(0, start - 1) : start] == "(" and node.source[end : end + 1] == ")":
        return f"({node.text})"
    return node.text
