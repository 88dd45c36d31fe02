r"""What a text says in passing of names that it uses elsewhere, and that nothing else says: ``With $Z = XW$ the error is``.

>>> from matcalc.read.latex.documents import read_latex_document
>>> document = read_latex_document(r"With $r = Ax - b$ and $t = 1$ the error is $$E = r^Tr.$$", frozenset())
>>> [statement.name for statement in document.statements]
['r', 'E']
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from matcalc.read.declared import Declaration, Definition
from matcalc.read.document import Check, Derivative, Statement
from matcalc.read.latex.definitions import names_of
from matcalc.read.syntax import Syntax
from matcalc.shape import names as names_of_size


def settled(statements: Sequence[Statement], passing: Collection[Definition]) -> list[Statement]:
    """The statements without those made in passing that say nothing new, or that nothing uses."""
    others = [s for s in statements if s not in passing]
    known = {s.name for s in others if isinstance(s, Declaration | Definition)}
    known |= {name for s in others if isinstance(s, Declaration) for size in s.shape for name in names_of_size(size)}
    used = {name for s in statements for tree in _trees(s) for name in names_of(tree)}
    out: list[Statement] = []
    for statement in statements:
        if isinstance(statement, Definition) and statement in passing:
            if statement.name in known or used.isdisjoint((statement.name, "d" + statement.name)):
                continue
            known.add(statement.name)
        out.append(statement)
    return out


def _trees(statement: Statement) -> Iterator[Syntax]:
    """The formulas of a statement; the left side of a line that is a name alone does not use it."""
    if isinstance(statement, Definition):
        yield statement.syntax
    if isinstance(statement, Check):
        for side in (side for line in statement.lines for side in (line.left, line.right)):
            if isinstance(side, Derivative):
                yield from (side.of, *side.wrt)
            elif side is not None:
                yield side
