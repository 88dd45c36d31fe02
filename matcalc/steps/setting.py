"""What the names of a document stand for, and the expressions that its formulas mean under them.

>>> from matcalc.read.mc import read_document
>>> setting = Setting.of(read_document("E := norm(X w - y)^2").statements)
>>> [str(declaration) for declaration in setting.inferred]
['X : matrix(m, n)', 'w : vector(n)', 'y : vector(m)']
>>> from matcalc.read.formula import read
>>> setting.expression(read("X' dX"), "X' dX").shape
('n', 'n')
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from matcalc.algebra import named, size, symbol
from matcalc.algebra.conjugates import is_complex
from matcalc.errors import FormulaError, NoRuleError
from matcalc.expr import Expr, Named, Symbol
from matcalc.read.declared import Declaration, Definition
from matcalc.read.document import Ask, Check, Derivative, Statement, Unread
from matcalc.read.syntax import Binary, Name, Span, Syntax
from matcalc.read.trees import names_in
from matcalc.shape import Shape
from matcalc.steps.build import build
from matcalc.steps.infer import Inferred, Undetermined, infer
from matcalc.steps.resolve import Resolver
from matcalc.steps.scope import Scope
from matcalc.steps.typed import Node
from matcalc.steps.understand import declaration_of, define, either

BESIDE = "left side"  # no name that can be typed


class Misfit(FormulaError):
    """The shapes of a formula do not fit."""


class Unsized(Misfit):
    """The formula does not say the size of something in it."""


@dataclass(frozen=True)
class Setting:
    """``names`` has the expression of every name; ``faults`` the definitions that could not be understood, and why."""

    declarations: tuple[Declaration, ...]
    definitions: tuple[Definition, ...]
    inferred: tuple[Declaration, ...]
    names: Mapping[str, Expr]
    faults: Mapping[str, FormulaError]
    syntax: str = "plain"
    derivatives: Mapping[str, Derivative] = field(default_factory=dict)  # what names were given to
    heard: list[str] = field(
        default_factory=list, compare=False, repr=False
    )  # how formulas were read, as said beside them
    _released: dict[frozenset[str], Setting] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, statements: Iterable[Statement], syntax: str = "plain") -> Setting:
        """The setting that the declarations and definitions of a document make, wherever they stand in it."""
        declarations: list[Declaration] = []
        definitions: list[Definition] = []
        faults: dict[str, FormulaError] = {}
        for statement in statements:
            match statement:
                case Declaration(name) if name in {d.name for d in declarations}:
                    if statement != next(d for d in declarations if d.name == name):
                        faults[name] = FormulaError(f"{name} is declared twice", statement.source, [statement.span])
                case Declaration() if statement.family and _letter(statement) in map(
                    _letter, declarations
                ):  # x_i after x
                    name = _letter(statement)
                    faults[name] = FormulaError(f"{name} is declared twice", statement.source, [statement.span])
                case Declaration():
                    declarations.append(statement)
                case Definition():
                    definitions.append(statement)
                case Ask() | Check() | Unread():
                    pass
        return understood(declarations, definitions, syntax, faults)

    @property
    def functions(self) -> tuple[Declaration, ...]:
        """The unknown entrywise functions."""
        return tuple(d for d in self.declarations if d.kind == "function")

    def extended(self, more: Iterable[Declaration]) -> Setting:
        """The same with names that a chain brings in."""
        fresh = tuple(more)
        names = dict(self.names) | {d.name: symbol(d.name, d.shape, d.words) for d in fresh}
        return replace(self, inferred=(*self.inferred, *fresh), names=names, _released={})

    def changed(self, name: str, words: Collection[str], without: Collection[str] = ()) -> Setting:
        """The same with a name that has some properties more, or less."""
        declared = {d.name: d for d in (*self.declarations, *self.inferred)}
        old = declared[name]
        new = replace(old, properties=tuple(dict.fromkeys(w for w in (*old.properties, *words) if w not in without)))
        declared[name] = new
        return understood(list(declared.values()), self.definitions, self.syntax, dict(self.faults))

    def released(self, names: Collection[str], words: Collection[str]) -> Setting:
        """The same with variables that are free to move: what constrains a point says nothing of its neighbours."""
        bound = frozenset(
            d.name for d in self.declarations if d.name in names and not set(words).isdisjoint(d.properties)
        )
        if not bound:
            return self
        if bound not in self._released:
            free = [
                replace(d, properties=tuple(w for w in d.properties if w not in words)) if d.name in bound else d
                for d in (*self.declarations, *self.inferred)
            ]
            self._released[bound] = understood(free, self.definitions, self.syntax, dict(self.faults))
        return self._released[bound]

    # --- formulas

    def expression_like(self, shape: Shape, tree: Syntax, source: str, given: Mapping[str, Expr]) -> Expr:
        """The same of a formula that has this shape, which may say the sizes of what has none of its own: 2 I."""
        beside = {**self._without_letter([tree]), **given, BESIDE: symbol(BESIDE, shape)}

        def read(divides_entries: bool) -> Expr:
            resolver = Resolver(self._scope(beside), self.syntax, divides_entries)
            root = resolver.resolve(Binary(":", tree, Name(BESIDE), tree.span), source)
            found = _inferred(resolver)
            build(found)
            self.heard.extend(found.notices)
            return _value(root.parts[0])

        return either(self.syntax, read)

    def expression(self, tree: Syntax, source: str, given: Mapping[str, Expr] | None = None) -> Expr:
        """What a formula means whose names are all known, or ``given``; Misfit where its shapes do not fit."""
        (expression,), fresh = self.read([tree], source, (), given)
        if fresh:
            hint = "declare it, or see whether it is spelled as above"
            raise FormulaError(f"{fresh[0].name} is declared nowhere", source, [_place(tree, fresh[0].name)], hint)
        return expression

    def undeclared(self, tree: Syntax, source: str) -> frozenset[str]:
        """The letters of a formula that stand for nothing here; none where it cannot be read at all."""
        scope = self._scope(self._without_letter([tree]))
        try:
            Resolver(scope, self.syntax).resolve(tree, source)
        except FormulaError:
            return frozenset()
        return frozenset(name for name, entry in scope.entries.items() if entry.role == "inferred") - scope.size_names

    def read(
        self,
        trees: Sequence[Syntax],
        source: str,
        alike: Sequence[tuple[int, int]] = (),
        given: Mapping[str, Expr] | None = None,
    ) -> tuple[list[Expr], list[Declaration]]:
        """The expressions of some formulas, and what had to be inferred for them; those ``alike`` have one shape."""
        self.check_faults(trees)
        known = self._without_letter(trees) | dict(given or {})
        return either(self.syntax, lambda divides_entries: self._read(trees, source, alike, known, divides_entries))

    def _read(
        self,
        trees: Sequence[Syntax],
        source: str,
        alike: Sequence[tuple[int, int]],
        known: Mapping[str, Expr],
        divides_entries: bool,
    ) -> tuple[list[Expr], list[Declaration]]:
        resolver = Resolver(self._scope(known), self.syntax, divides_entries)
        roots = [resolver.resolve(tree, source) for tree in trees]
        for a, b in alike:
            resolver.resolve(Binary(":", trees[a], trees[b], trees[b].span), source)
        found = _inferred(resolver)
        build(found)
        self.heard.extend(found.notices)
        return [_value(root) for root in roots], [declaration_of(entry, found) for entry in found.entries]

    def check_faults(self, trees: Sequence[Syntax]) -> None:
        """What rests on a definition that is at fault is at fault."""
        if not self.faults:
            return
        for tree in trees:
            for name in names_in(tree):
                error = self.faults.get(name) or (self.faults.get(name[1:]) if name[0] == "d" else None)
                if error is not None:
                    kind = Misfit if isinstance(error, Misfit) else FormulaError
                    message = f"in the definition of {name if name in self.faults else name[1:]}: {error.message}"
                    raise kind(message, error.source, error.spans, error.hint)

    def _without_letter(self, trees: Sequence[Syntax]) -> dict[str, Expr]:
        """Letters for the differentials of definitions that are written out: constants, and complex ones."""
        asked = {n for tree in trees for n in names_in(tree) if n[0] == "d" and n not in self.names}
        found = {n: self.names[n[1:]] for n in sorted(asked) if n[1:] in self.names}
        return {n: symbol(n, x.shape) for n, x in found.items() if not isinstance(x, Symbol | Named)}

    def _scope(self, given: Mapping[str, Expr]) -> Scope:
        scope = Scope()
        for declaration in (*self.declarations, *self.inferred):
            if declaration.kind in ("function", "size"):
                scope.declare(declaration)
        for name, expression in (*self.names.items(), *given.items()):
            scope.give(name, expression)
        return scope


def _value(node: Node) -> Expr:
    return node.value


def _place(tree: Syntax, name: str) -> Span:
    """Where a name stands first."""
    todo: list[object] = [tree]
    while todo:
        match todo.pop():
            case Name(text, span) if text == name:
                return span
            case tuple() as parts:
                todo.extend(reversed(parts))
    return tree.span


def _inferred(resolver: Resolver) -> Inferred:
    try:
        return infer(resolver)
    except NoRuleError:
        raise
    except Undetermined as error:
        raise Unsized(error.message, error.source, error.spans, error.hint) from None
    except FormulaError as error:
        raise Misfit(error.message, error.source, error.spans, error.hint) from None


def understood(
    declarations: Sequence[Declaration],
    definitions: Sequence[Definition],
    syntax: str,
    faults: dict[str, FormulaError],
) -> Setting:
    """The setting of all definitions that can be understood together."""
    try:
        return _understood(declarations, definitions, syntax, faults)
    except FormulaError:
        pass
    good: list[Definition] = []
    for definition in definitions:
        broken = [name for name in names_in(definition.syntax) if name in faults]
        try:
            if broken:
                error = faults[broken[0]]
                message = f"{definition.name} uses {broken[0]}, whose definition is at fault"
                kind = Misfit if isinstance(error, Misfit) else FormulaError
                raise kind(message, definition.source, [definition.span])
            _understood(declarations, [*good, definition], syntax, faults)
        except FormulaError as error:
            faults[definition.name] = error
        else:
            good.append(definition)
    return _understood(declarations, good, syntax, faults)


def _understood(
    declarations: Sequence[Declaration],
    definitions: Sequence[Definition],
    syntax: str,
    faults: Mapping[str, FormulaError],
) -> Setting:
    return either(
        syntax, lambda divides_entries: _all_understood(declarations, definitions, syntax, faults, divides_entries)
    )


def _all_understood(
    declarations: Sequence[Declaration],
    definitions: Sequence[Definition],
    syntax: str,
    faults: Mapping[str, FormulaError],
    divides_entries: bool,
) -> Setting:
    scope = Scope()
    for declaration in declarations:
        scope.declare(declaration)
    resolver = Resolver(scope, syntax, divides_entries)
    for definition in definitions:
        define(resolver, definition)
    found = _inferred(resolver) if resolver.order else Inferred([], [], scope.sizes, {}, ())
    build(found)
    names = {name: entry.expression for name, entry in scope.entries.items() if entry.expression is not None}
    for d in declarations:
        if d.kind not in ("function", "size") and d.family is None:
            names.setdefault(d.name, symbol(d.name, d.shape, d.words))
    for definition in definitions:
        entry = scope.entries[definition.name]
        if definition.name not in names and entry.root is not None:
            value = _value(entry.root)
            names[definition.name] = value if is_complex(value) else named(definition.name, value)
    for name in scope.size_names - names.keys():
        names[name] = size(name)
    inferred = tuple(declaration_of(entry, found) for entry in found.entries)
    return Setting(tuple(declarations), tuple(definitions), inferred, names, faults, syntax, heard=[*found.notices])


def _letter(declaration: Declaration) -> str:
    """The letter that a declaration takes: x of the family x_i."""
    family = declaration.family
    return declaration.name if family is None else declaration.name.removesuffix("_" + family[0])
