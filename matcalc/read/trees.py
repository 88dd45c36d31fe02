"""Trees as they are written: the parts of a node, the nodes and names of a tree, and a tree with every node changed.

>>> from matcalc.read.syntax import Index
>>> parts(Index(Name("A"), (Name("i"), None)))
(Name(text='A', span=(0, 0)), Name(text='i', span=(0, 0)))
>>> rewritten(Negate(Name("x")), lambda node: Name("y") if node == Name("x") else node).operand.text
'y'
>>> list(names_in(Juxtapose((Name("A"), Name("x"), Name("A")))))
['A', 'x', 'A']
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import assert_never

from matcalc.read.syntax import (
    Add,
    Apply,
    Bars,
    Binary,
    Block,
    Group,
    Index,
    Juxtapose,
    Name,
    Negate,
    Number,
    Postfix,
    Power,
    Range,
    Syntax,
)


def parts(node: Syntax) -> tuple[Syntax, ...]:
    """The nodes directly inside, in reading order."""
    match node:
        case Name() | Number():
            return ()
        case Juxtapose(inner) | Add(_, inner) | Apply(_, inner) | Group(inner):
            return inner
        case Binary(_, left, right):
            return (left, right)
        case Postfix(_, base):
            return (base,)
        case Negate(operand):
            return (operand,)
        case Power(base, exponent):
            return (base, exponent)
        case Bars(_, body):
            return (body,)
        case Index(base, subscripts):
            return (base, *(subscript for subscript in subscripts if subscript is not None))
        case Block(rows):
            return tuple(entry for row in rows for entry in row)
        case Range(_, low, high):
            return (low, high)
        case _:
            assert_never(node)


def with_parts(node: Syntax, new: list[Syntax]) -> Syntax:
    """The node with others inside, as many and in the same order."""
    match node:
        case Name() | Number():
            return node
        case Juxtapose():
            return node._replace(factors=tuple(new))
        case Add():
            return node._replace(terms=tuple(new))
        case Apply():
            return node._replace(arguments=tuple(new))
        case Group():
            return node._replace(items=tuple(new))
        case Binary():
            return node._replace(left=new[0], right=new[1])
        case Postfix():
            return node._replace(base=new[0])
        case Negate():
            return node._replace(operand=new[0])
        case Power():
            return node._replace(base=new[0], exponent=new[1])
        case Bars():
            return node._replace(body=new[0])
        case Index(_, subscripts):
            base, *rest = new
            given = iter(rest)
            return node._replace(base=base, subscripts=tuple([None if s is None else next(given) for s in subscripts]))
        case Block(rows):
            entries = iter(new)
            return node._replace(rows=tuple([tuple([next(entries) for _ in row]) for row in rows]))
        case Range():
            return node._replace(low=new[0], high=new[1])
        case _:
            assert_never(node)


def nodes(tree: Syntax) -> Iterator[Syntax]:
    """Every node as often as it is written, those above first, the last part of a node before the others."""
    todo: list[Syntax] = [tree]
    while todo:
        node = todo.pop()
        yield node
        todo += parts(node)


def distinct(tree: Syntax) -> Iterator[Syntax]:
    """Every node once, of a tree that has the same one in many places."""
    seen: set[int] = set()
    todo: list[Syntax] = [tree]
    while todo:
        node = todo.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            todo += parts(node)


def names_in(tree: Syntax) -> Iterator[str]:
    """Every name as often as it is written; the end of a sum that none is given for has none."""
    return (node.text for node in nodes(tree) if isinstance(node, Name) and node.text)


def rewritten(tree: Syntax, rule: Callable[[Syntax], Syntax]) -> Syntax:
    """The tree with a rule applied to every node, from the leaves up; without recursion."""
    stack: list[tuple[Syntax, bool]] = [(tree, False)]
    done: list[Syntax] = []
    while stack:
        node, ready = stack.pop()
        below = parts(node)
        if not ready and below:
            stack.append((node, True))
            stack += [(child, False) for child in reversed(below)]
            continue
        new = done[len(done) - len(below) :]
        del done[len(done) - len(below) :]
        same = all(child is old for child, old in zip(new, below, strict=True))
        done.append(rule(node if same else with_parts(node, new)))
    return done[0]
