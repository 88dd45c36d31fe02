"""Places in a syntax tree: all of them, the tree with one changed, and the tree with calls and brackets made plain.

>>> from matcalc.read.formula import read
>>> [type(at.node).__name__ for at in places(plainly(read("2 tr(A)")))]
['Juxtapose', 'Number', 'Apply', 'Name']
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from matcalc.read.syntax import (
    NOWHERE,
    Add,
    Apply,
    Bars,
    Binary,
    Group,
    Index,
    Juxtapose,
    Name,
    Negate,
    Postfix,
    Power,
    Syntax,
)  # fmt: skip
from matcalc.read.trees import parts, rewritten, with_parts
from matcalc.rules import functions


@dataclass(frozen=True, slots=True)
class Place:
    """A node with the way to it from the root, by the numbers of the parts, and the node above it."""

    node: Syntax
    path: tuple[int, ...]
    above: Syntax | None


def places(tree: Syntax) -> Iterator[Place]:
    """Every place, those above first, in reading order."""
    stack = [Place(tree, (), None)]
    while stack:
        place = stack.pop()
        yield place
        below = [Place(part, (*place.path, k), place.node) for k, part in enumerate(parts(place.node))]
        stack += reversed(below)


def replaced(tree: Syntax, path: tuple[int, ...], new: Syntax) -> Syntax:
    """The tree with the node at a place replaced, and without brackets that are then idle."""
    new = plain_brackets(new)
    above = [tree]
    for k in path[:-1]:
        above.append(parts(above[-1])[k])
    for node, k in zip(reversed(above), reversed(path), strict=False):
        inner = list(parts(node))
        inner[k] = new
        new = plain_brackets(with_parts(node, inner))
    return new


def plainly(tree: Syntax, letters: Collection[str] = ()) -> Syntax:
    """The tree with calls as Apply and without brackets that only group; ``letters`` are names that are no functions.

    Where there are letters, every other name before a bracket is a function.
    """
    called = rewritten(tree, lambda node: _with_calls(node, letters) if isinstance(node, Juxtapose) else node)
    return _open(rewritten(called, plain_brackets))


def without_spans(tree: Syntax) -> Syntax:
    """The tree as it would be printed, for comparison."""
    return rewritten(tree, lambda node: node._replace(span=NOWHERE))


def plain_brackets(node: Syntax) -> Syntax:
    """A node without brackets round its parts: printing puts them where they are needed."""
    match node:
        case Juxtapose(factors):
            return node._replace(factors=tuple(map(_open, factors)))
        case Negate(Negate(inner)):
            return inner
        case Postfix(_, Group((item,))):
            return node._replace(base=item)
        case Power(Group((base,)), exponent):
            return node._replace(base=base, exponent=_open(exponent))
        case Power(_, Group((exponent,))):
            return node._replace(exponent=exponent)
        case Add(_, terms):
            opened = tuple(_open(t) for t in terms)
            return _flat(node._replace(terms=opened)) if opened != terms or _nested(opened) else node
        case Binary(_, left, right):
            return node._replace(left=_open(left), right=_open(right))
        case Negate(Group((item,))):
            return Negate(item, node.span)
        case Index(Group((item,))):
            return node._replace(base=item)
        case Apply(_, arguments):
            return node._replace(arguments=tuple(map(_open, arguments)))
        case Bars(_, Group((item,))):
            return node._replace(body=item)
        case Group((Group() as item,)):
            return item
    return node


def _open(node: Syntax) -> Syntax:
    return node.items[0] if isinstance(node, Group) and len(node.items) == 1 else node


def _nested(terms: tuple[Syntax, ...]) -> bool:
    return any(isinstance(t, Add | Negate) for t in terms)


def _flat(node: Add) -> Syntax:
    """a + (b - c) as a + b - c."""
    signs: list[int] = []
    terms: list[Syntax] = []
    for sign, term in zip(node.signs, node.terms, strict=True):
        match term:
            case Add(inner, more):
                signs += [sign * s for s in inner]
                terms += more
            case Negate(operand):
                signs.append(-sign)
                terms.append(operand)
            case _:
                signs.append(sign)
                terms.append(term)
    return node._replace(signs=tuple(signs), terms=tuple(terms))


def _with_calls(node: Juxtapose, letters: Collection[str]) -> Syntax:
    out = [node.factors[0]]
    for factor in node.factors[1:]:
        called = _called(out[-1], factor, letters)
        if called is None:
            out.append(factor)
        else:
            out[-1] = called
    return out[0] if len(out) == 1 else node._replace(factors=tuple(out))


def _called(left: Syntax, right: Syntax, letters: Collection[str]) -> Syntax | None:
    """The call that a name and the bracket after it are; what is after the bracket stays outside."""
    if isinstance(left, Binary) and left.operator == "/" and (called := _called(left.right, right, letters)):
        return left._replace(right=called, span=(left.span[0], called.span[1]))
    if isinstance(right, Postfix | Power | Index) and (called := _called(left, right.base, letters)):
        return right._replace(base=called, span=(left.span[0], right.span[1]))
    primes = 0
    while isinstance(left, Postfix) and left.mark == "'":
        left, primes = left.base, primes + 1
    if not isinstance(left, Name) or not isinstance(right, Group):
        return None
    is_known = functions.lookup(left.text) or left.text == "d" or len(right.items) > 1
    if left.text in letters or not (letters or (is_known and not primes)):
        return None
    return Apply(left.text, right.items, primes, (left.span[0], right.span[1]))
