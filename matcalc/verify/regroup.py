"""Trees in which a bracket is moved across an entrywise product, or such a factor is put in: what people get wrong there.

>>> from matcalc.read.formula import read
>>> from matcalc.write.present import plain_text                                        # the caller chooses how to write
>>> [plain_text(edit.tree) for edit in regrouped(read("G .* (A B)"), {})]
['(G .* A) B', 'A (G .* B)']
>>> [plain_text(edit.tree) for edit in with_factor(read("A : dX"), {"G": ("m", "n")})][0]
'G .* A : dX'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from matcalc.read.syntax import Add, Binary, Group, Juxtapose, Name, Negate, Number, Syntax
from matcalc.shape import SCALAR, Shape
from matcalc.verify.edits import Edit
from matcalc.verify.places import Place, places, plainly, replaced

ENTRYWISE = (".*", "./")


def regrouped(tree: Syntax, letters: Mapping[str, Shape]) -> Iterator[Edit]:
    """``G .* (A B)`` with G beside one of the outer factors only, and the reverse."""
    tree = plainly(tree, letters)
    for place in places(tree):
        for new, part in _regrouped(place.node):
            words = "the brackets are in the wrong place: {}"
            yield Edit("hadamard", words, plainly(replaced(tree, place.path, new), letters), (part,))


def _regrouped(node: Syntax) -> Iterator[tuple[Syntax, Syntax]]:
    match node:
        case Binary(".*" | "./" as operator, left, right):
            if operator == ".*":
                first, *rest = _arrays(right)
                if rest:
                    yield _both(Binary(".*", left, first), rest, before=False)
                    yield _both(Binary(".*", left, rest[-1]), [first, *rest[:-1]], before=True)
            first, *rest = _arrays(left)
            if rest:
                yield _both(Binary(operator, first, right), rest, before=False)
                yield _both(Binary(operator, rest[-1], right), [first, *rest[:-1]], before=True)
        case Juxtapose((*before, Binary(operator, left, right))) if operator in ENTRYWISE and before:
            new = Binary(operator, Juxtapose((*before, left)), right)
            yield new, new
        case Juxtapose((Binary(operator, left, right), *after)) if operator in ENTRYWISE:
            for new in (
                Binary(operator, left, Juxtapose((right, *after))),
                Binary(operator, Juxtapose((left, *after)), right),
            ):
                yield new, new


def _both(inner: Syntax, rest: list[Syntax], before: bool) -> tuple[Syntax, Syntax]:
    factors = (*rest, Group((inner,))) if before else (Group((inner,)), *rest)
    new = Juxtapose(factors)
    return new, new


def _arrays(tree: Syntax) -> list[Syntax]:
    """The factors of a product; a number stays with the first."""
    match tree:
        case Group((item,)):
            return _arrays(item)
        case Juxtapose((Number() as number, first, *rest)):
            return [Juxtapose((number, first)), *rest]
        case Juxtapose(factors):
            return list(factors)
        case _:
            return [tree]


def with_factor(tree: Syntax, letters: Mapping[str, Shape]) -> Iterator[Edit]:
    """The tree with a letter more, entry by entry, in one of its terms."""
    tree = plainly(tree, letters)
    names = [name for name in sorted(letters) if letters[name] != SCALAR]
    for place in places(tree):
        if _takes_factor(place):
            for name in names:
                new = Binary(".*", Name(name), _bracketed(place.node))
                yield Edit(
                    "hadamard",
                    "the factor {} .* is missing",
                    plainly(replaced(tree, place.path, new), letters),
                    (Name(name),),
                )


def _takes_factor(place: Place) -> bool:
    """Whether a node is a term, or the left side of a Frobenius product."""
    node = place.node
    if isinstance(node, Number | Negate) or (isinstance(node, Binary) and node.operator == ":"):
        return False
    match place.above:
        case None | Add() | Negate():
            return not isinstance(node, Add)
        case Binary(":", left, _):
            return left is node
        case _:
            return False


def _bracketed(tree: Syntax) -> Syntax:
    return Group((tree,)) if isinstance(tree, Add | Binary) else tree
