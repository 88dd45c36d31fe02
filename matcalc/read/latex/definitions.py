r"""Several formulas of one text: which one is meant, and what the others define, functions too: ``f(x) = x^T x``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from matcalc.errors import FormulaError
from matcalc.read import syntax
from matcalc.read.declared import Definition
from matcalc.read.latex.formula import Placed
from matcalc.read.syntax import NOWHERE, Span, Syntax
from matcalc.read.trees import names_in, rewritten


class Left(NamedTuple):
    """A left side: ``f`` or ``f(x, y)``; ``tree`` where it is anything else."""

    name: str
    parameters: tuple[str, ...] = ()
    tree: Syntax | None = None
    span: Span = NOWHERE
    arguments: tuple[Syntax, ...] = ()  # the parameters with their places


class Said(NamedTuple):
    """``left = first = second …``"""

    left: Left | None
    sides: list[Syntax]


def objective(statements: Sequence[Said]) -> int:
    """The statement that no other one uses, the first of them."""
    if len(statements) == 1:
        return 0
    used = [{name for side in said.sides for name in names_of(side)} for said in statements]
    for k, said in enumerate(statements):
        name = said.left.name if said.left else ""
        is_used = bool(name) and any(name in names for j, names in enumerate(used) if j != k)
        if not is_used and not _is_reversed(said):
            return k
    raise FormulaError("every one of these formulas is used by another one", hint="one of them is to be derived")


def _is_reversed(said: Said) -> bool:
    """``f(X'a) = w`` defines w."""
    return said.left is not None and said.left.tree is not None and isinstance(said.sides[0], syntax.Name)


class Definitions(NamedTuple):
    plain: list[Definition]
    functions: dict[str, tuple[tuple[str, ...], Syntax]]


def definitions_of(statements: Sequence[Said], text: str) -> Definitions:
    """Names and functions by what they are defined as."""
    plain: list[Definition] = []
    functions: dict[str, tuple[tuple[str, ...], Syntax]] = {}
    for left, sides in statements:
        if left is None:
            continue
        side = sides[0]
        if left.tree is not None and isinstance(side, syntax.Name):
            plain.append(Definition(side.text, left.tree, text, left.span))
        elif left.name and left.parameters:
            functions[left.name] = (left.parameters, side)
        elif left.name:
            plain.append(Definition(left.name, side, text, left.span))
    return Definitions([replace(d, syntax=written_out(d.syntax, functions, keep=False)) for d in plain], functions)


def in_order(definitions: Sequence[Definition], text: str) -> tuple[Definition, ...]:
    """Each after those that it uses."""
    waiting = {d.name: d for d in definitions}
    out: list[Definition] = []
    while waiting:
        ready = [d for d in waiting.values() if not any(name in waiting for name in names_of(d.syntax))]
        if not ready:
            first = next(iter(waiting.values()))
            raise Placed(f"the definition of {first.name} uses itself", text, [first.span])
        out += [waiting.pop(definition.name) for definition in ready]
    return tuple(out)


def names_of(tree: Syntax) -> Iterator[str]:
    """Every name in a tree, also without its last subscripts: ``y`` for ``y_j``."""
    for name in names_in(tree):
        yield name
        if "_" in name:
            yield name.rpartition("_")[0]


ROUNDS = 20  # of functions in functions


Functions = Mapping[str, tuple[tuple[str, ...], Syntax]]  # parameters and body of f(x) = …, by name


def written_out(tree: Syntax, functions: Functions, keep: bool = True) -> Syntax:
    """The tree with the functions of the text written out: ``f(Ax)`` with ``f(x) = x'x``; ``f(x)`` itself is f where kept."""
    for _ in range(ROUNDS):
        if not functions or not any(name in functions for name in names_of(tree)):
            return tree
        again = rewritten(tree, lambda node: _replaced(node, functions, keep))
        if again == tree:
            return tree
        tree = again
    raise FormulaError("a function of this text is defined by itself")


def _replaced(node: Syntax, functions: Functions, keep: bool) -> Syntax:
    if not isinstance(node, syntax.Juxtapose):
        return node
    out: list[Syntax] = []
    for factor in node.factors:
        last = out[-1] if out else None
        known = functions.get(last.text) if isinstance(last, syntax.Name) else None
        if known is not None and isinstance(factor, syntax.Group) and len(factor.items) == len(known[0]):
            given = dict(zip(known[0], factor.items, strict=True))
            if all(isinstance(item, syntax.Name) and item.text == name for name, item in given.items()) and keep:
                continue
            body = rewritten(known[1], partial(_given, given))
            out[-1] = syntax.Group((body,), (last.span[0] if last else 0, factor.span[1]))
        else:
            out.append(factor)
    return out[0] if len(out) == 1 else syntax.Juxtapose(tuple(out), node.span)


def _given(given: Mapping[str, Syntax], node: Syntax) -> Syntax:
    if isinstance(node, syntax.Name) and node.text in given:
        argument = given[node.text]
        return argument if isinstance(argument, syntax.Name) else syntax.Group((argument,), argument.span)
    return node
