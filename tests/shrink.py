"""Smaller formulas than a given one, the most smaller first: parts replaced by their own parts, by numbers, by variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import TypeVar

from random_formulas import Formula, as_formula, kind_of
from random_language import Whole, gathered, rewritten
from retyping import subtrees

from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.syntax import Name, Number, Syntax
from matcalc.read.trees import names_in
from matcalc.shape import SCALAR, Shape

F = TypeVar("F", bound=Formula)
Variables = Mapping[str, Declaration]
FRESH = [f"A_{k}" for k in range(30)]


def shrunk(formula: F, fails: Callable[[F], bool], tries: int = 400) -> F:
    """The smallest formula found that still fails."""
    found: F | None = formula
    while found is not None and tries > 0:
        formula, found = found, None
        for candidate in smaller(formula):
            tries -= 1
            if fails(candidate):
                found = candidate
            if found or tries <= 0:
                break
    return formula


def smaller(formula: F) -> Iterator[F]:
    """Formulas with fewer nodes and the same shape, then those with fewer words declared."""
    if isinstance(formula, Whole):
        if formula.definitions:
            yield written_out(formula)  # type: ignore[misc]
            return
        variables = {d.name: d for d in formula.declared if d.kind != "size"}
        yield from _smaller(formula, variables)  # type: ignore[misc]
        return
    items = [item for text in formula.declare for item in read_declarations(text)]
    yield from _smaller(  # type: ignore[misc]
        formula, {d.name: d for d in items if isinstance(d, Declaration) and d.kind != "size"}
    )


def written_out(formula: Whole) -> Whole:
    """The formula without definitions."""
    bodies = formula.definitions

    def put(node: Syntax, before: Syntax) -> Syntax:
        return rewritten(bodies[node.text], put) if isinstance(node, Name) and node.text in bodies else node

    known = {d.name: d for d in formula.declared}
    shapes = dict(formula.shapes)
    tree = rewritten(formula.tree, put)
    for old, shape in formula.shapes.items():
        shapes[rewritten(old, put)] = shape
    return replace(gathered(tree, known, {}, shapes), wrt=formula.wrt)


def _smaller(formula: Formula, variables: Variables) -> Iterator[Formula]:
    for part in sorted(dict.fromkeys(subtrees(formula.tree)), key=_weight, reverse=True):
        if part in formula.shapes and not isinstance(part, Name):
            yield from _without(formula, part, variables)
    for name, variable in variables.items():
        if variable.properties:
            plain = Declaration(name, variable.kind, variable.shape)
            yield from _made(formula, formula.tree, {**variables, name: plain}, dict(formula.shapes))


def _without(formula: Formula, part: Syntax, variables: Variables) -> Iterator[Formula]:
    """The formula with one part replaced by something of the same shape."""
    shape = formula.shapes[part]
    own = [node for node in dict.fromkeys(subtrees(part)) if node != part and formula.shapes.get(node) == shape]
    for other in sorted(own, key=_weight):
        yield from _replaced(formula, part, other, variables, shape)
    if isinstance(part, Number):
        return
    if shape == SCALAR:
        yield from _replaced(formula, part, Number(2), variables, shape)
    letter = next(name for name in FRESH if name not in variables)
    fresh = Declaration(letter, kind_of(shape), shape)
    yield from _replaced(formula, part, Name(letter), {**variables, letter: fresh}, shape)


def _replaced(formula: Formula, part: Syntax, other: Syntax, variables: Variables, shape: Shape) -> Iterator[Formula]:
    shapes = {**formula.shapes, other: shape}
    yield from _made(formula, _exchanged(formula.tree, part, other, shapes), variables, shapes)


def _made(formula: Formula, tree: Syntax, variables: Variables, shapes: Mapping[Syntax, Shape]) -> Iterator[Formula]:
    if isinstance(formula, Whole):
        made = gathered(tree, variables, {}, shapes)
        if formula.wrt in names_in(tree) or any(d.family and d.name[0] == formula.wrt[0] for d in made.declared):
            yield replace(made, wrt=formula.wrt)
    elif formula.wrt in names_in(tree) and (found := as_formula(tree, variables, shapes, Random(0))):
        yield Formula(found.text, found.declare, formula.wrt, tree, shapes)


def _exchanged(tree: Syntax, part: Syntax, other: Syntax, shapes: dict[Syntax, Shape]) -> Syntax:
    """The tree with the part exchanged; the shapes of the nodes around it are noted."""

    def of(field: object) -> object:
        if isinstance(field, tuple) and not hasattr(field, "_fields"):
            return tuple(of(item) for item in field)
        return _exchanged(field, part, other, shapes) if hasattr(field, "_fields") else field  # type: ignore[arg-type]

    if tree == part:
        return other
    if isinstance(tree, Name | Number):
        return tree
    made: Syntax = type(tree)(*[of(field) for field in tree])  # type: ignore[arg-type]
    if tree in shapes:
        shapes[made] = shapes[tree]
    return made


def _weight(tree: Syntax) -> int:
    return len(subtrees(tree))
