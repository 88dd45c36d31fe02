r"""A formula in LaTeX as it stands in a text: with a left side, and with definitions after commas.

>>> found = read_formula(r"f(X) = \operatorname{tr}(AY),\; Y = X^T B", frozenset({"tr"}))
>>> found.name, [definition.name for definition in found.definitions]
('f', ['Y'])
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from matcalc.errors import FormulaError
from matcalc.read import syntax
from matcalc.read.declared import Definition
from matcalc.read.latex.commands import SIGNS, SPACES
from matcalc.read.latex.derivatives import operator_of
from matcalc.read.latex.formula import Placed, bounded, placed, tree_of
from matcalc.read.latex.macros import Expanded, Macros, expand
from matcalc.read.latex.rebuild import rebuild
from matcalc.read.latex.scan import Cut, tokens_of
from matcalc.read.syntax import NOWHERE, Span, Syntax
from matcalc.read.tokens import Token

Part = tuple[int, int]  # a range of the tokens of a text
ARROWS = frozenset({r"\to", r"\mapsto", r"\rightarrow", r"\longmapsto", r"\longrightarrow"})
SIGNS_OF_EQUALITY = ARROWS | {command for command, (kind, _) in SIGNS.items() if kind == "BECOMES"}
IMPLIES = frozenset({
    r"\implies", r"\Rightarrow", r"\Longrightarrow", r"\iff", r"\Leftrightarrow", r"\Longleftrightarrow", r"\therefore",
    r"\quad", r"\qquad", "\\\\", r"\cr",
})  # fmt: skip
STATEMENTS = 200  # in one formula
OPENING = frozenset({"LBRACE", "LPAR", "LSQB"})
CLOSING = frozenset({"RBRACE", "RPAR", "RSQB"})
WRAPPERS = frozenset({r"\[", r"\]", r"\(", r"\)"})


@dataclass(frozen=True, slots=True)
class Formula:
    """``name`` is its left side, if it has one; ``notices`` what was read in a way worth a look."""

    tree: Syntax
    name: str = ""
    definitions: tuple[Definition, ...] = ()
    notices: tuple[str, ...] = ()


class Left(NamedTuple):
    """A left side: ``f`` or ``f(x, y)``; ``tree`` where it is anything else."""

    name: str
    parameters: tuple[str, ...] = ()
    tree: Syntax | None = None
    span: Span = NOWHERE


class Said(NamedTuple):
    """``left = first = second …``"""

    left: Left | None
    sides: list[Syntax]


def read_formula(text: str, functions: frozenset[str], macros: Macros | None = None) -> Formula:
    r"""The formula that a text gives; FormulaError with the place of what is wrong.

    >>> read_formula(r"J := \|Ax\|^2", frozenset()).name
    'J'
    """
    expanded = expand(bounded(text), {} if macros is None else macros)
    try:
        return Reading(expanded, functions).formula(text)
    except FormulaError as error:
        raise placed(error, text, expanded) from None


class Reading:
    """A text without macros, cut into tokens, from which parts are read."""

    def __init__(self, expanded: Expanded, functions: frozenset[str]) -> None:
        self.expanded = expanded
        self.functions = functions
        self.cut = Cut(expanded.text)
        self.raw = self.cut.tokens
        self.notices: list[str] = []
        self.is_alone = not any(  # whether it is one formula without a left side
            token.kind in ("EQUAL", "BECOMES") or (token.kind == "COMMAND" and token.text in SIGNS_OF_EQUALITY)
            for token in self.raw
        )

    def formula(self, text: str) -> Formula:
        parts = self.separated((0, len(self.raw)), commas=True)
        statements = [self.said(part) for part in parts[: STATEMENTS + 1]]
        if len(statements) > STATEMENTS:
            raise FormulaError(f"this formula brings more than {STATEMENTS} definitions")
        if not statements:
            raise FormulaError("there is no formula here", self.expanded.text, [(0, 0)], "type one, such as \\det(X)")
        chosen = _objective(statements)
        definitions = _definitions([said for k, said in enumerate(statements) if k != chosen], text)
        left, sides = statements[chosen]
        tree = written_out(sides[0], definitions.functions, keep=False)
        if len(sides) > 1:
            self.notices.append("of several sides the first right one is taken")
        if left is not None and not left.name:
            self.notices.append("the left side of '=' is taken for a name")
        return Formula(
            tree, left.name if left else "", _in_order(definitions.plain, text), tuple(dict.fromkeys(self.notices))
        )

    # --- parts ------------------------------------------------------------------------------------------------------

    def kind_of(self, token: Token) -> str:
        """The kind of a token, of a command what it stands for."""
        return SIGNS.get(token.text, (token.kind, ""))[0] if token.kind == "COMMAND" else token.kind

    def depths(self, part: Part) -> Iterator[tuple[int, Token, int]]:
        """The tokens of a part with the number of brackets that are open before each."""
        depth = 0
        for k in range(*part):
            token = self.raw[k]
            kind = self.kind_of(token)
            if token.text == r"\begin":
                kind = "LPAR"
            elif token.text == r"\end":
                kind = "RPAR"
            elif token.text in (r"\langle", "⟨", r"\rangle", "⟩"):
                kind = "LPAR" if token.text in (r"\langle", "⟨") else "RPAR"
            if kind in CLOSING:
                depth -= 1
            yield k, token, depth
            if kind in OPENING:
                depth += 1

    def separated(self, part: Part, commas: bool) -> list[Part]:
        """The statements of a part: between commas, arrows and wide spaces; one that says nothing new is joined."""
        out: list[Part] = []
        start = part[0]
        for k, token, depth in () if self.is_alone else self.depths(part):
            splits = token.text in IMPLIES or (commas and token.kind in ("COMMA", "SEMICOLON"))
            if depth == 0 and splits and self._says((k + 1, part[1])):
                out.append((start, k))
                start = k + 1
        out.append((start, part[1]))
        return [trimmed for own in out if (trimmed := self.trimmed(own))[0] < trimmed[1]]

    def _says(self, part: Part) -> bool:
        """Whether a part is a statement of its own: it has an '=' before its next comma, and no operator first."""
        for _, token, depth in self.depths(part):
            if depth == 0 and self.kind_of(token) in ("EQUAL", "BECOMES"):
                return True
            if depth == 0 and (token.kind in ("COMMA", "SEMICOLON") or token.text in IMPLIES):
                return False
        return False

    def trimmed(self, part: Part) -> Part:
        """Without spaces, punctuation, dollars and labels at both ends."""
        low, high = part
        while low < high and self._is_margin(low, at_end=False):
            low += 1
        while low < high and self._is_margin(high - 1, at_end=True):
            high -= 1
        return low, high

    def _is_margin(self, k: int, at_end: bool) -> bool:
        token = self.raw[k]
        if token.kind in ("DOLLAR", "COMMA", "SEMICOLON", "AND"):
            return True
        if token.kind == "POINT":
            return at_end
        return token.kind == "COMMAND" and (
            token.text in IMPLIES or token.text in WRAPPERS or (token.text in SPACES and token.text[:5] not in _SIDES)
        )

    def sides(self, part: Part) -> list[Part]:
        """What stands between the signs of equality."""
        out: list[Part] = []
        start = part[0]
        for k, token, depth in () if self.is_alone else self.depths(part):
            kind = self.kind_of(token)
            if depth == 0 and kind in ("EQUAL", "BECOMES"):
                out.append((start, k))
                start = k + 1
            elif depth == 0 and token.kind == "COMMAND" and token.text in ARROWS:
                colon = next((j for j in range(start, k) if self.raw[j].kind == "COLON"), start)
                out.append((start, colon))
                start = k + 1
        out.append((start, part[1]))
        return [self.trimmed(own) for own in out]

    # --- what a part says -------------------------------------------------------------------------------------------

    def said(self, part: Part) -> Said:
        """A statement: with one side only it has no left one."""
        sides = self.sides(part)
        if len(sides) == 1:
            return Said(None, [self.tree(self.without_operator(sides[0]))])
        first, *rest = sides
        for own in rest:
            if own[0] >= own[1]:
                place = self.raw[min(own[0], len(self.raw) - 1)].span
                raise FormulaError("nothing stands beside this '='", self.expanded.text, [place])
        return Said(self.left(first), [self.tree(rest[0]), *(syntax.Name("") for _ in rest[1:])])

    def tree(self, part: Part) -> Syntax:
        return tree_of(self.cut, part, self.functions, self.expanded, self.notices)

    def left(self, part: Part) -> Left:
        """``f``, ``f(x)``, or what else stands on the left."""
        if part[0] >= part[1]:
            return Left("")
        span = self.expanded.span((self.raw[part[0]].start, self.raw[part[1] - 1].end))
        try:
            found = tokens_of(self.cut, part, frozenset(), [])[:-1]
        except FormulaError:
            return Left("", (), None, span)
        names, kinds = [token.text for token in found], [token.kind for token in found]
        if kinds == ["NAME"]:
            return Left(names[0], (), None, span)
        if len(kinds) > 3 and kinds[:2] == ["NAME", "LPAR"] and kinds[-1] == "RPAR":
            inside = found[2:-1]
            if all(t.kind == ("NAME" if n % 2 == 0 else "COMMA") for n, t in enumerate(inside)) and len(inside) % 2:
                return Left(names[0], tuple(t.text for t in inside[::2]), None, span)
        try:
            return Left("", (), self.tree(part), span)
        except FormulaError:
            return Left("", (), None, span)

    def without_operator(self, part: Part) -> Part:
        r"""``\frac{\partial}{\partial X} f`` and ``\nabla_X f`` ask for the derivative of f."""
        found = operator_of(self, part)
        if found is None:
            return part
        above, rest = self.trimmed(found.above), self.trimmed((found.after, part[1]))
        if above[0] < above[1] and rest[0] < rest[1]:
            raise FormulaError("a derivative times something is not read", self.expanded.text, [self.raw[part[0]].span])
        return above if above[0] < above[1] else rest

    def name_or_tree(self, part: Part) -> Syntax:
        """``f`` for ``f(x)``, else the tree."""
        left = self.left(part)
        return syntax.Name(left.name, left.span) if left.name else left.tree or self.tree(part)


_SIDES = (r"\left", r"\righ", r"\big", r"\bigl", r"\Big", r"\Bigl", r"\bigg", r"\Bigg", r"\bigr", r"\Bigr")


# --- several statements -----------------------------------------------------------------------------------------------


def _objective(statements: Sequence[Said]) -> int:
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


class _Definitions(NamedTuple):
    plain: list[Definition]
    functions: dict[str, tuple[tuple[str, ...], Syntax]]


def _definitions(statements: Sequence[Said], text: str) -> _Definitions:
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
    return _Definitions([replace(d, syntax=written_out(d.syntax, functions, keep=False)) for d in plain], functions)


def _in_order(definitions: Sequence[Definition], text: str) -> tuple[Definition, ...]:
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
    todo: list[object] = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, syntax.Name):
            yield item.text
            if "_" in item.text:
                yield item.text.rpartition("_")[0]
        elif isinstance(item, tuple):
            todo.extend(item)


ROUNDS = 20  # of functions in functions


Functions = Mapping[str, tuple[tuple[str, ...], Syntax]]  # parameters and body of f(x) = …, by name


def written_out(tree: Syntax, functions: Functions, keep: bool = True) -> Syntax:
    """The tree with the functions of the text written out: ``f(Ax)`` with ``f(x) = x'x``; ``f(x)`` itself is f where kept."""
    for _ in range(ROUNDS):
        if not functions or not any(name in functions for name in names_of(tree)):
            return tree
        again = rebuild(tree, lambda node: _replaced(node, functions, keep))
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
            body = rebuild(known[1], partial(_given, given))
            out[-1] = syntax.Group((body,), (last.span[0] if last else 0, factor.span[1]))
        else:
            out.append(factor)
    return out[0] if len(out) == 1 else syntax.Juxtapose(tuple(out), node.span)


def _given(given: Mapping[str, Syntax], node: Syntax) -> Syntax:
    if isinstance(node, syntax.Name) and node.text in given:
        argument = given[node.text]
        return argument if isinstance(argument, syntax.Name) else syntax.Group((argument,), argument.span)
    return node
