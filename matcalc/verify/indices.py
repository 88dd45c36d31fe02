"""The indices of a document: the letters of the entries, rows and columns that its claims differentiate by or take.

>>> from matcalc.read.mc import read_document
>>> [str(index) for index in indices_of(read_document("check dE/dW[i,j] = (X' X W)[i,j]"))]
['i : size', 'j : size']
"""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.read.declared import Declaration, Definition
from matcalc.read.document import Ask, Check, Derivative, Document
from matcalc.read.syntax import Index
from matcalc.read.trees import names_in


def indices_of(document: Document) -> tuple[Declaration, ...]:
    """Those that nobody declared, as sizes, so that no size that is inferred takes their letter."""
    taken = {s.name for s in document.statements if isinstance(s, Declaration | Definition)}
    found = [name for claim in _derivatives(document) for name in _letters(claim) if name not in taken]
    return tuple(Declaration(name, "size") for name in dict.fromkeys(found))


def _derivatives(document: Document) -> Iterator[Derivative]:
    for statement in document.statements:
        if isinstance(statement, Check):
            sides = [side for line in statement.lines for side in (line.left, line.right)]
            yield from (side for side in sides if isinstance(side, Derivative))
        elif isinstance(statement, Ask):
            yield from statement.wanted


def _letters(claim: Derivative) -> Iterator[str]:
    for tree in (claim.of, *claim.wrt):
        if isinstance(tree, Index):
            yield from (name for place in tree.subscripts if place is not None for name in names_in(place))
