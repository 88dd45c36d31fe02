"""What a user typed to an expression in normal form: read, resolved, inferred, built.

>>> understood = understand("norm(X w - y)^2", ["X : matrix(m, n)"])
>>> [str(declaration) for declaration in understood.declarations]
['X : matrix(m, n)', 'w : vector(n)', 'y : vector(m)']
>>> understood.inferred
('w', 'y')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matcalc.errors import CallError, FormulaError
from matcalc.expr import Expr
from matcalc.read import formula
from matcalc.read.declarations import Declaration, Definition, read_declarations
from matcalc.read.syntax import Syntax
from matcalc.shape import shape_text
from matcalc.steps.build import build
from matcalc.steps.infer import Inferred, infer
from matcalc.steps.kinds import Entry
from matcalc.steps.resolve import Resolver
from matcalc.steps.scope import Scope
from matcalc.steps.typed import Letter

SPELLINGS = ("plain", "latex")


@dataclass(frozen=True, slots=True)
class Understood:
    """A formula with all that was found out about it.

    ``declarations``: what was declared, in its order, then what was inferred, in the order of the formula; each prints
    as a declaration that reads back. ``names``: the expression of every name. ``spellings``: canonical names to what
    was typed.
    """

    expression: Expr
    declarations: tuple[Declaration, ...]
    inferred: tuple[str, ...]
    definitions: tuple[Definition, ...]
    names: Mapping[str, Expr]
    notices: tuple[str, ...]
    spellings: Mapping[str, str]
    source: str


def understand(text: str, declare: Sequence[str] = (), syntax: str = "plain") -> Understood:
    """The expression that a formula means, with the declarations and definitions that it is read under.

    >>> understand("x' A x").declarations[1].shape
    ('n', 'n')
    """
    declared = [item for entry in declare for item in read_declarations(entry)]
    return understand_tree(reader_of(syntax)(text), text, declared, syntax)


def understand_tree(
    tree: Syntax, source: str, declared: Sequence[Declaration | Definition], syntax: str = "plain"
) -> Understood:
    """The same for a formula that is read already."""
    scope = Scope()
    declarations = [item for item in declared if isinstance(item, Declaration)]
    definitions = [item for item in declared if isinstance(item, Definition)]
    for declaration in declarations:
        scope.declare(declaration)
    resolver = Resolver(scope, syntax)
    for definition in definitions:
        define(resolver, definition)
    root = resolver.resolve(tree, source)
    found = infer(resolver)
    build(found)
    return Understood(
        root.value,
        (*declarations, *(declaration_of(entry, found) for entry in found.entries)),
        tuple(entry.name for entry in found.entries),
        tuple(definitions),
        {name: entry.expression for name, entry in scope.entries.items() if entry.expression is not None},
        found.notices,
        _spellings(found),
        source,
    )


def define(resolver: Resolver, definition: Definition) -> None:
    """A name for the nodes of its definition, which may use earlier ones."""
    scope, name = resolver.scope, definition.name
    source, span = definition.source, definition.span
    if (entry := scope.entries.get(name)) is not None and entry.role != "inferred":
        raise FormulaError(f"{name} is {entry.role} and defined", source, [span])
    root = resolver.resolve(definition.syntax, source)
    if name in scope.entries:
        raise FormulaError(f"{name} is used before it is defined", source, [span])
    entry = scope.entries[name] = Entry(name, "defined")
    entry.root = root


def expression_of(text: str, letters: Mapping[str, Expr], declared: Sequence[Declaration] = ()) -> Expr:
    """The expression that a rule's text means, whose letters stand for expressions; sizes are those of their shapes.

    ``declared`` are functions (``f : function``) that the text may use.

    >>> from matcalc.algebra import symbol
    >>> expression_of("X' dX", {"X": symbol("X", ("m", "n")), "dX": symbol("dX", ("m", "n"))}).shape
    ('n', 'n')
    """
    scope = Scope()
    for name, letter in letters.items():
        scope.give(name, letter)
    for declaration in declared:
        scope.declare(declaration)
    resolver = Resolver(scope)
    root = resolver.resolve(formula.read(text), text)
    found = infer(resolver)
    if found.entries:
        raise FormulaError(f"{found.entries[0].name} is not among the letters", text, [root.span])
    build(found)
    return root.value


def reader_of(syntax: str) -> Callable[[str], Syntax]:
    if syntax == "plain":
        return formula.read
    if syntax != "latex":
        raise CallError(f"unknown syntax '{syntax}'; there are {' and '.join(SPELLINGS)}")
    raise CallError("LaTeX input is not supported yet; type the formula in plain spelling")


def declaration_of(entry: Entry, found: Inferred) -> Declaration:
    """What was inferred of a name, as a declaration."""
    shape = found.shape(entry)
    return Declaration(entry.name, shape_text(shape).partition("(")[0], shape)


def _spellings(found: Inferred) -> dict[str, str]:
    typed: dict[str, str] = {}
    for node in found.order:
        if type(node) is Letter and node.entry.role != "given" and node.entry.name not in typed:
            typed[node.entry.name] = node.text
    return typed
