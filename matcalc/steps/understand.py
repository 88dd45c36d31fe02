"""What a user typed to an expression in normal form: read, resolved, inferred, built.

>>> understood = understand("norm(X w - y)^2", ["X : matrix(m, n)"])
>>> [str(declaration) for declaration in understood.declarations]
['X : matrix(m, n)', 'w : vector(n)', 'y : vector(m)']
>>> understood.inferred
('w', 'y')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from matcalc.algebra.rebuild import expand_names
from matcalc.errors import CallError, FormulaError
from matcalc.expr import Expr
from matcalc.read import formula
from matcalc.read.declarations import Declaration, Definition, read_declarations
from matcalc.read.syntax import Syntax
from matcalc.rules import functions
from matcalc.shape import excess, shape_text
from matcalc.steps.build import build
from matcalc.steps.infer import Inferred, infer
from matcalc.steps.kinds import Entry
from matcalc.steps.notices import in_prose
from matcalc.steps.resolve import Resolver
from matcalc.steps.scope import Scope
from matcalc.steps.typed import Letter

SPELLINGS = ("plain", "latex")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Understood:
    """A formula with all that was found out about it.

    ``tree`` is the formula as written, without a left side. ``declarations``: what was declared, in its order, then what
    was inferred, in the order of the formula; each prints as a declaration that reads back. ``names``: the expression of
    every name. ``spellings``: canonical names to what was typed.
    """

    expression: Expr
    tree: Syntax
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
    if syntax == "plain":
        return understand_tree(formula.read(text), text, declared)
    _check_syntax(syntax)
    return _understand_latex(text, declared)


def _understand_latex(text: str, declared: Sequence[Declaration | Definition]) -> Understood:
    """A formula in LaTeX may bring definitions."""
    from matcalc.read.latex.statements import read_formula

    read = read_formula(text, function_names(declared))
    found = understand_tree(read.tree, text, [*declared, *read.definitions], "latex")
    if read.definitions:  # they are part of the formula: results do without their names
        definitions = tuple(item for item in declared if isinstance(item, Definition))
        found = replace(found, expression=expand_names(found.expression), definitions=definitions)
    return replace(found, notices=(*read.notices, *found.notices))


def function_names(declared: Sequence[Declaration | Definition] = ()) -> frozenset[str]:
    """The names that are functions in LaTeX where a bracket or a product follows."""
    own = {d.name for d in declared if isinstance(d, Declaration) and d.kind == "function" and len(d.name) > 1}
    return _named_functions("") | own


@functions.cached
def _named_functions(_: str) -> frozenset[str]:
    return frozenset(name for name in functions.names() if any(record.takes for record in functions.lookup(name)))


def understand_tree(
    tree: Syntax, source: str, declared: Sequence[Declaration | Definition], syntax: str = "plain"
) -> Understood:
    """The same for a formula that is read already.

    In LaTeX a fraction by an array is taken entry by entry where that is the only way to read it.
    """
    return either(syntax, lambda divides_entries: _understood(tree, source, declared, syntax, divides_entries))


def either(syntax: str, understanding: Callable[[bool], Found]) -> Found:
    """In LaTeX, where a reading fails, the one in which fractions by an array are taken entry by entry."""
    try:
        return understanding(False)
    except FormulaError:
        if syntax == "plain":
            raise
        try:
            return understanding(True)
        except FormulaError:
            pass
        raise


def _understood(
    tree: Syntax, source: str, declared: Sequence[Declaration | Definition], syntax: str, divides_entries: bool
) -> Understood:
    scope = Scope()
    declarations = [item for item in declared if isinstance(item, Declaration)]
    definitions = [item for item in declared if isinstance(item, Definition)]
    for declaration in declarations:
        scope.declare(declaration)
    resolver = Resolver(scope, syntax, divides_entries)
    for definition in definitions:
        define(resolver, definition)
    root = resolver.resolve(tree, source)
    found = infer(resolver)
    build(found)
    inferred = [declaration_of(entry, found) for entry in found.entries]
    names = {name: entry.expression for name, entry in scope.entries.items() if entry.expression is not None}
    left_out = in_prose([d for d in declarations if d.name not in names], inferred) if syntax == "latex" else ()
    return Understood(
        root.value,
        tree,
        (*declarations, *inferred),
        tuple(entry.name for entry in found.entries),
        tuple(definitions),
        names,
        (*found.notices, *left_out),
        {d.name: d.name for d in (*declarations, *inferred)} | (_spellings(found) if syntax == "plain" else {}),
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


def _check_syntax(syntax: str) -> None:
    if syntax not in SPELLINGS:
        raise CallError(f"unknown syntax '{syntax}'; there are {' and '.join(SPELLINGS)}")


def declaration_of(entry: Entry, found: Inferred) -> Declaration:
    """What was inferred of a name, as a declaration; one that could not be declared is refused."""
    shape = found.shape(entry)
    for words in filter(None, map(excess, shape)):
        raise FormulaError(f"{entry.name} would be {shape_text(shape)}: {words}")
    return Declaration(entry.name, shape_text(shape).partition("(")[0], shape)


def _spellings(found: Inferred) -> dict[str, str]:
    typed: dict[str, str] = {}
    for node in found.order:
        if type(node) is Letter and node.entry.role != "given" and node.entry.name not in typed:
            typed[node.entry.name] = node.text
    return typed
