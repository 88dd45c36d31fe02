r"""A formula in LaTeX to its syntax tree, the same tree as from plain spelling.

>>> from matcalc.read import formula
>>> read(r"\mathbf{U}V^T", frozenset()) == formula.read("U V^T")
False
>>> read(r"\log\det X", frozenset({"log", "det"})).function
'log'

Only the places differ: spans are those of the LaTeX text. ``functions`` are the names that are functions where a bracket or
a product follows.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.errors import NAMED, FormulaError
from matcalc.read import formula, parser
from matcalc.read.latex.cut import GRAMMAR, Cut
from matcalc.read.latex.macros import Expanded, Macros, expand
from matcalc.read.latex.scan import tokens_of
from matcalc.read.syntax import (
    Add,
    Apply,
    Binary,
    Block,
    Group,
    Juxtapose,
    Name,
    Negate,
    Number,
    Postfix,
    Power,
    Range,
    Span,
    Syntax,
)
from matcalc.read.tokens import LENGTH, Token
from matcalc.read.trees import rewritten

UNKNOWN_SIZE = Name("")  # the upper end of an index that is not said


def read(text: str, functions: frozenset[str], macros: Macros | None = None) -> Syntax:
    r"""The tree of a formula as it is written; FormulaError with the place of what is wrong in the author's text.

    >>> read(r"A : B", frozenset()).operator
    ':'
    """
    expanded = expand(bounded(text), {} if macros is None else macros)
    try:
        cut = Cut(expanded.text)
        return tree_of(cut, (0, len(cut.tokens)), functions, expanded, [])
    except FormulaError as error:
        raise placed(error, text, expanded) from None


def bounded(text: str) -> str:
    if len(text) > LENGTH:
        message = f"this formula has {len(text)} characters, and at most {LENGTH} are read"
        raise FormulaError(message, hint=NAMED)
    return text


def tree_of(
    cut: Cut, part: tuple[int, int], functions: frozenset[str], expanded: Expanded, notices: list[str]
) -> Syntax:
    """The tree of a part of a text that is cut into tokens; its spans are those of the author's text."""
    found = tokens_of(cut, part, functions, notices)
    verbs: Mapping[str, parser.Verb[Syntax]] = VERBS
    if expanded.offsets:
        found = [Token(token.kind, token.text, *expanded.span(token.span)) for token in found]
        verbs = _ORDERED
    try:
        (tree,) = parser.parse(GRAMMAR, found, verbs)
    except parser.Unexpected as unexpected:
        from matcalc.read.complaints import CAUSES, complaint  # only now: starting fast

        error = complaint(GRAMMAR, "", found, unexpected, CAUSES)
        raise Placed(error.message, "", error.spans, error.hint) from None
    except FormulaError as error:
        raise Placed(error.message, "", error.spans, error.hint) from None
    return tree


class Placed(FormulaError):
    """An error whose spans are those of the author's text already."""


def placed(error: FormulaError, text: str, expanded: Expanded) -> FormulaError:
    """The error with its place in the author's text."""
    spans = error.spans if isinstance(error, Placed) else [expanded.span(span) for span in error.spans]
    return FormulaError(error.message, text, spans, error.hint)


# --- verbs ------------------------------------------------------------------------------------------------------------


def _bare(node: Syntax) -> Syntax:
    """Without the brackets that a command's braces make superfluous."""
    while isinstance(node, Group) and len(node.items) == 1:
        node = node.items[0]
    return node


def _braced(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """Braces group where brackets would have to stand."""
    node = nodes[0]
    return Group((node,), span) if isinstance(node, Add | Negate | Binary | Juxtapose) else node


def _fraction(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """A name below a fraction is not called by the bracket beside it."""
    quotient = Binary("/", _bare(nodes[0]), _bare(nodes[1]), span)
    below = quotient.right
    while isinstance(below, Postfix):
        below = below.base
    return Group((quotient,), span) if isinstance(below, Name) else quotient


def _root(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    if len(nodes) == 2:
        return Power(nodes[1], Binary("/", Number(1, span), nodes[0], span), False, span)
    return Apply(marks[0].text, (_bare(nodes[0]),), 0, span)


def _marked(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    return Postfix(marks[-1].text, nodes[0], span)


def _power(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    return Power(nodes[0], _bare(nodes[1]), marks[0].kind == "ENTRYWISE_POWER", span)


def _square(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """``[A]`` is a bracket, ``[A, B]`` a block."""
    rows = tuple(row.rows[0] for row in nodes if isinstance(row, Block))
    return Group(rows[0], span) if sum(map(len, rows)) == 1 else Block(rows, span)


def _called(function: Token, argument: Syntax, span: Span) -> Syntax:
    arguments = argument.items if isinstance(argument, Group) else (argument,)
    return Apply(function.text, arguments, 0, span)


def _call(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """``\\log(x)``, and ``\\log^2(x)``, whose script is of the value."""
    call = _called(marks[0], nodes[-1], span)
    return _scripted(call, nodes[0], span) if len(nodes) == 2 else call


def _applied(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """``\\log\\det X``."""
    call = Apply(marks[0].text, (_bare(nodes[-1]),), 0, span)
    return _scripted(call, nodes[0], span) if len(nodes) == 2 else call


def _scripted(call: Syntax, script: Syntax, span: Span) -> Syntax:
    """The script of a function's name, set to its value."""
    if isinstance(script, Postfix):
        return Postfix(script.mark, call, span)
    return Power(call, _bare(script), False, span)


def _sum(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    *ranges, body = nodes
    function = marks[0].text
    if function.endswith("≠"):  # all pairs, without those of equal indices
        function = function[:-1]
        first, second = (index for index in ranges if isinstance(index, Range))
        equal = rewritten(body, lambda node: _renamed(node, second.letter, first.letter))
        pairs = Apply(function, (first, Apply(function, (second, body), 0, span)), 0, span)
        return Group((Add((1, -1), (pairs, Apply(function, (first, equal), 0, span)), span),), span)
    for index in reversed(ranges):
        body = Apply(function, (index, body), 0, span)
    return body


def _renamed(node: Syntax, old: str, new: str) -> Syntax:
    """The node with another index: ``a_ii`` for ``a_ij``."""
    if not isinstance(node, Name):
        return node
    stem, *labels = node.text.split("_")
    changed = [new if label == old else label.replace(old, new) if len(label) == 2 else label for label in labels]
    return Name("_".join([new if stem == old and not labels else stem, *changed]), node.span)


def _range(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    low, high = nodes or (Number(1, span), UNKNOWN_SIZE)
    return Range(marks[0].text, low, high, span)


# fmt: off
VERBS: dict[str, parser.Verb[Syntax]] = formula.VERBS | {
    "name":         lambda nodes, marks, span: Name(marks[0].text, span),
    "braced":       _braced,
    "fraction":     _fraction,
    "root":         _root,
    "marked":       _marked,
    "power":        _power,
    "square":       _square,
    "call":         _call,
    "applied":      _applied,
    "script_power": lambda nodes, marks, span: Group((nodes[0],), span),
    "script_mark":  lambda nodes, marks, span: Postfix(marks[0].text, UNKNOWN_SIZE, span),
    "sum":          _sum,
    "range":        _range,
    "angle":        lambda nodes, marks, span: Apply("⟨⟩", tuple(nodes), 0, span),
}
# fmt: on


def _in_order(verb: parser.Verb[Syntax]) -> parser.Verb[Syntax]:
    """Arguments may stand in another order than the macro that takes them sets them in."""

    def ordered(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
        places = [span, *(node.span for node in nodes), *(mark.span for mark in marks)]
        return verb(nodes, marks, (min(place[0] for place in places), max(place[1] for place in places)))

    return ordered


_ORDERED = {name: _in_order(verb) for name, verb in VERBS.items()}
