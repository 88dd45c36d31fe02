r"""A formula in LaTeX as it stands in a text: with a left side, and with definitions after commas.

>>> found = read_formula(r"f(X) = \operatorname{tr}(AY),\; Y = X^T B", frozenset({"tr"}))
>>> found.name, [definition.name for definition in found.definitions]
('f', ['Y'])
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from matcalc.errors import FormulaError
from matcalc.read import syntax
from matcalc.read.declared import Definition
from matcalc.read.latex.commands import SIGNS, SPACES
from matcalc.read.latex.cut import Cut
from matcalc.read.latex.definitions import Left, Said, definitions_of, in_order, objective, written_out
from matcalc.read.latex.derivatives import operator_of
from matcalc.read.latex.formula import bounded, placed, tree_of
from matcalc.read.latex.macros import Expanded, Macros, expand
from matcalc.read.latex.scan import tokens_of
from matcalc.read.syntax import Syntax
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
        chosen = objective(statements)
        definitions = definitions_of([said for k, said in enumerate(statements) if k != chosen], text)
        left, sides = statements[chosen]
        tree = written_out(sides[0], definitions.functions, keep=False)
        if len(sides) > 1:
            self.notices.append("of several sides the first right one is taken")
        if left is not None and not left.name:
            self.notices.append("the left side of '=' is taken for a name")
        return Formula(
            tree, left.name if left else "", in_order(definitions.plain, text), tuple(dict.fromkeys(self.notices))
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
                arguments = tuple(syntax.Name(t.text, self.expanded.span(t.span)) for t in inside[::2])
                return Left(names[0], tuple(t.text for t in inside[::2]), None, span, arguments)
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
