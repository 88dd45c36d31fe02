"""What a document says varies: a chain that moves U only is wrong where V varies too, and is no chain by U alone.

A variable varies in dE if a claim or a question differentiates E by it, or another chain for dE moves it; unless it has a
chain of its own for dE, apart from this one.

>>> from matcalc.read.mc import read_document
>>> text = "E := norm(U V')^2\\ncheck dE = 2 U V' : dU V'\\ncheck dE/dV = 2 V U' U"
>>> varying(read_document(text).statements).beside("E", {"U"})
{'V'}
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from matcalc.read.declared import Definition
from matcalc.read.document import Ask, Check, Derivative, Line, Statement
from matcalc.read.syntax import Name
from matcalc.read.trees import names_in


@dataclass(frozen=True)
class Varying:
    """By formula: the names by which something differentiates it, and the variables that each chain for it moves."""

    asked: tuple[tuple[str, str], ...] = ()
    moved: tuple[tuple[str, frozenset[str]], ...] = ()

    def beside(self, formula: str, own: Set[str]) -> set[str]:
        """What varies in a formula beside the names that a chain moves itself."""
        chains = [names for of, names in self.moved if of == formula]
        wanted = {x for of, x in self.asked if of == formula}.union(*chains) - own
        return {x for x in wanted if not any(x in names and names.isdisjoint(own) for names in chains)}


def varying(statements: Sequence[Statement]) -> Varying:
    """What the claims, the questions and the chains of a document say; names that it defines vary with their variables."""
    defined = {statement.name for statement in statements if isinstance(statement, Definition)}
    asked: list[tuple[str, str]] = []
    moved: list[tuple[str, frozenset[str]]] = []
    for statement in statements:
        if isinstance(statement, Ask):
            asked += [pair for claim in statement.wanted for pair in _asked(claim)]
        elif isinstance(statement, Check):
            sides = [side for line in statement.lines for side in (line.left, line.right)]
            asked += [pair for side in sides if isinstance(side, Derivative) for pair in _asked(side)]
            chains = [(of_differential(segment), moved_in(segment) - defined) for segment in segments(statement.lines)]
            moved += [(name, own) for name, own in chains if name]
    return Varying(tuple(asked), tuple(moved))


def _asked(claim: Derivative) -> list[tuple[str, str]]:
    of = claim.of
    return [(of.text, x.text) for x in claim.wrt if isinstance(of, Name) and isinstance(x, Name)]


def segments(lines: Sequence[Line]) -> list[list[Line]]:
    """The chains that begin with a left side of their own."""
    out: list[list[Line]] = []
    for line in lines:
        if line.left is not None or not out:
            out.append([])
        out[-1].append(line)
    return out


def of_differential(segment: Sequence[Line]) -> str:
    """E of a chain for dE, else ""."""
    left = segment[0].left
    return left.text[1:] if isinstance(left, Name) and left.text[0] == "d" else ""


def moved_in(segment: Sequence[Line]) -> frozenset[str]:
    """The names whose differentials the right sides of a chain mention."""
    rights = [line.right for line in segment if line.right is not None and not isinstance(line.right, Derivative)]
    return frozenset(name[1:] for tree in rights for name in names_in(tree) if name[0] == "d" and len(name) > 1)
