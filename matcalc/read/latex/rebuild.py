"""A syntax tree with a change made to every node, from the leaves up."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from matcalc.read.syntax import Syntax

Change = Callable[[Syntax], Syntax]


def rebuild(tree: Syntax, change: Change) -> Syntax:
    """The changed tree, made without recursion.

    >>> from matcalc.read.syntax import Name, Negate
    >>> rebuild(Negate(Name("x")), lambda node: Name("y") if node == Name("x") else node).operand.text
    'y'
    """
    todo: list[tuple[object, bool]] = [(tree, False)]
    done: list[object] = []
    while todo:
        item, ready = todo.pop()
        if not isinstance(item, tuple) or (not ready and not item):
            done.append(item)
        elif not ready:
            todo.append((item, True))
            todo.extend((part, False) for part in reversed(item))
        else:
            parts = done[-len(item) :]
            del done[-len(item) :]
            done.append(_made(item, parts, change))
    return cast("Syntax", done[0])


def _made(item: tuple[object, ...], parts: list[object], change: Change) -> object:
    """A node of these parts, or a plain tuple of them."""
    if not hasattr(item, "_fields"):
        return tuple(parts)
    same = all(new is old for new, old in zip(parts, item, strict=True))
    return change(cast("Syntax", item if same else cast("Callable[..., object]", type(item))(*parts)))
