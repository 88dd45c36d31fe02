"""Trees that one change away from a tree lie: what an author may have meant, the likeliest first.

>>> from matcalc.read.formula import read
>>> from matcalc.write.present import plain_text                                        # the caller chooses how to write
>>> for edit in list(edits(read("A B")))[:4]:
...     print(plain_text(edit.tree), "--", edit.said(plain_text))
2 A B -- the factor 2 is missing
A B / 2 -- the factor 1/2 is missing
-A B -- the sign is wrong
(A B)' -- the whole should be transposed
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from matcalc.read.syntax import Add, Negate, Syntax
from matcalc.shape import Shape
from matcalc.verify.edits.amounts import doubled, renumbered, signed, without_factors, without_terms
from matcalc.verify.edits.names import applied, renamed, subscripted
from matcalc.verify.edits.order import (
    bracketed,
    entrywise,
    swapped,
    transposed_letters,
    transposed_parts,
    transposed_whole,
)
from matcalc.verify.places import places, plainly, replaced, without_spans

CAUSES = ("factor", "sign", "transpose", "order", "hadamard", "term", "index", "layout", "other")
MOST = 1000  # edits of one tree
LARGEST = 300  # places of a tree that is edited
KINDS = (
    doubled, signed, transposed_whole, transposed_letters, transposed_parts, swapped, entrywise, without_terms,
    without_factors, renumbered, subscripted, renamed, applied, bracketed,
)  # fmt: skip
"""The changes of one node, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: ``cause`` is one of CAUSES, ``words`` say what the author should do, with ``{}`` for each of ``parts``."""

    cause: str
    words: str
    tree: Syntax
    parts: tuple[Syntax, ...] = ()

    def said(self, text: Callable[[Syntax], str]) -> str:
        """The words, with the parts written by ``text``."""
        return self.words.format(*map(text, self.parts))


def edits(tree: Syntax, letters: Mapping[str, Shape] | None = None, most: int = MOST) -> Iterator[Edit]:
    """The trees that one change makes of this one, each once, the likeliest first; the same for the same tree.

    ``letters`` are the names that are no functions, with their shapes: a letter may have been taken for another of its
    shape, a scalar may be missing as a factor, and is never transposed.
    """
    shapes = letters or {}
    tree = plainly(tree, shapes)
    found = list(places(tree))
    if len(found) > LARGEST:
        return
    bare = without_spans(tree)
    seen = {bare}
    for kind in KINDS:
        for place in found:
            for cause, words, new, parts in kind(place, shapes):
                other = replaced(bare, place.path, without_spans(new))
                if other not in seen:
                    seen.add(other)
                    yield Edit(cause, words, replaced(tree, place.path, new), parts)
                if len(seen) > most:
                    return


def with_terms(tree: Syntax, terms: Iterable[Syntax], letters: Collection[str] = ()) -> Iterator[Edit]:
    """The tree with one more term, of those that the truth has."""
    tree = plainly(tree, letters)
    own = {without_spans(t) for t in (tree.terms if isinstance(tree, Add) else (tree,))}
    for term in terms:
        term = plainly(term, letters)
        sign, body = (-1, term.operand) if isinstance(term, Negate) else (1, term)
        if without_spans(body) not in own:
            signs, old = (tree.signs, tree.terms) if isinstance(tree, Add) else ((1,), (tree,))
            yield Edit("term", "the term {} is missing", Add((*signs, sign), (*old, body)), (term,))


def terms_of(tree: Syntax, letters: Collection[str] = ()) -> tuple[Syntax, ...]:
    """The terms of a sum, each with its sign; the tree itself where it is none."""
    tree = plainly(tree, letters)
    if not isinstance(tree, Add):
        return (tree,)
    return tuple(t if sign > 0 else Negate(t) for sign, t in zip(tree.signs, tree.terms, strict=True))
