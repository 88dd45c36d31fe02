"""A formula in plain spelling to its syntax tree.

>>> read("2 U'").factors[0]
Number(value=2, span=(0, 1))

Nodes are built while the text is parsed: ``grammar/formula.lark`` names the verbs below.
"""

from __future__ import annotations

from fractions import Fraction

from matcalc.errors import FormulaError
from matcalc.read import grammars, parser
from matcalc.read.names import canonical
from matcalc.read.syntax import (
    Add,
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
    Span,
    Syntax,
)
from matcalc.read.tokens import Token, name_of, tokens

DIGITS = 1000  # of a number, before or after the point


def read(text: str) -> Syntax:
    """The tree of a formula as it is written; FormulaError with the place of what is wrong.

    >>> read("A : B").operator
    ':'
    """
    return _read(tokens(text, "formula"), text)


def read_part(text: str, start: int, end: int) -> Syntax:
    """The formula in a part of a longer text; all places are those in the text.

    >>> read_part("f = x' y", 4, 8).span
    (4, 8)
    """
    try:
        found = tokens(text[start:end], "formula")
    except FormulaError as error:
        spans = [(low + start, high + start) for low, high in error.spans]
        raise FormulaError(error.message, text, spans, error.hint) from None
    return _read([token._replace(start=token.start + start, end=token.end + start) for token in found], text)


def _read(found: list[Token], text: str) -> Syntax:
    try:
        (formula,) = parser.parse("formula", found, VERBS)
    except parser.Unexpected as unexpected:
        from matcalc.read.complaints import CAUSES, complaint  # only now: starting fast

        raise complaint("formula", text, found, unexpected, CAUSES) from None
    except FormulaError as error:  # a verb knows the place, not the text
        raise FormulaError(error.message, text, error.spans, error.hint) from None
    return formula


def spellings(text: str) -> dict[str, str]:
    """The canonical names in a text, each with the spelling in which it was typed first.

    >>> spellings("λ_u U + λ_u")
    {'lambda_u': 'λ_u', 'U': 'U'}
    """
    out: dict[str, str] = {}
    for match in grammars.scanner("formula").finditer(text):
        name = canonical(match[0]) if match.lastgroup == "NAME" else None
        if name:
            out.setdefault(name, match[0])
    return out


# Operators that have other spellings.
# fmt: off
_OPERATORS = {
    "·": "*", "×": "*", "⋅": "*", "∗": "*", "@": "*", "∕": "/", "⊙": ".*", "∘": ".*", "⊘": "./", "∶": ":",
    "≤": "<=", "⩽": "<=", "≥": ">=", "⩾": ">=",
}
# fmt: on
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᴴ", "0123456789+-TH")
_EVERYTHING = Name(":")  # what stands for the lone ':' of an index until the index is built


def _binary(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    operator = marks[0].text
    return Binary(_OPERATORS.get(operator, operator), nodes[0], nodes[1], span)


def _quotient_chain(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """``a / b c`` is (a / b) c: the quotient is the first factor of a flat chain."""
    quotient = Binary("/", nodes[0], nodes[1], (span[0], nodes[1].span[1]))
    return Juxtapose((quotient, *nodes[2:]), span)


def _add(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """``-A + B`` has the sign of its first term in the list of signs."""
    signs = [1, *(1 if mark.kind == "PLUS" else -1 for mark in marks)]
    if isinstance(nodes[0], Negate):
        signs[0], nodes[0] = -1, nodes[0].operand
    return Add(tuple(signs), tuple(nodes), span)


def _transpose(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    node = Postfix("'", nodes[0], span)
    return Postfix("'", node, span) if marks[0].text == "″" else node


def _superscript(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """``x²``, ``A⁻¹``, ``Aᵀ``."""
    place = marks[0].span
    raised = marks[0].text.translate(_RAISED)
    if raised in ("T", "H", "+", "-T"):
        return Postfix("^" + raised, nodes[0], span)
    number = Number(_value(raised.lstrip("+-"), place), place)
    return Power(nodes[0], Negate(number, place) if raised[0] == "-" else number, False, span)


def _power(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """``A^T``, ``A^(-T)`` and ``A^H`` are postfixes, all else is a power."""
    base, exponent = nodes
    if marks[0].kind == "POWER":
        match exponent.items[0] if isinstance(exponent, Group) and len(exponent.items) == 1 else exponent:
            case Name("T" | "H" as mark):
                return Postfix("^" + mark, base, span)
            case Negate(Name("T")):
                return Postfix("^-T", base, span)
    return Power(base, exponent, marks[0].kind == "ENTRYWISE_POWER", span)


def _index(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    return Index(nodes[0], tuple(None if node is _EVERYTHING else node for node in nodes[1:]), span)


def _subscripted(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    """``||A||_F`` and ``||A||^2_F``."""
    subscript = marks[0].text[1:].strip("{} ")
    match nodes[0]:
        case Bars(mark, body, "", _):
            return Bars(mark, body, subscript, span)
        case Power(Bars(mark, body, "", place), exponent, entrywise, _):
            return Power(Bars(mark, body, subscript, place), exponent, entrywise, span)
        case _:
            hint = "the subscript of a name is letters and digits, x_1 or x_{old}; an entry is x[i+1]"
            raise FormulaError("a subscript follows a name or a norm", spans=[marks[0].span], hint=hint)


def _block(nodes: list[Syntax], marks: list[Token], span: Span) -> Syntax:
    return Block(tuple(row.rows[0] for row in nodes if isinstance(row, Block)), span)


def _value(text: str, place: Span) -> int | Fraction:
    """The exact value of a number as typed."""
    if text.isdigit() and len(text) <= DIGITS:
        return int(text)
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > DIGITS or (exponent and (len(exponent) > 6 or abs(int(exponent)) > DIGITS)):
        raise FormulaError(f"this number has more than {DIGITS} digits", spans=[place])
    value = Fraction(text.rstrip("."))
    return value.numerator if value.denominator == 1 else value


# fmt: off
VERBS: dict[str, parser.Verb[Syntax]] = {
    "binary":         _binary,
    "add":            _add,
    "quotient_chain": _quotient_chain,
    "negate":         lambda nodes, marks, span: Negate(nodes[0], span),
    "plus":           lambda nodes, marks, span: nodes[0],
    "juxtapose":      lambda nodes, marks, span: Juxtapose(tuple(nodes), span),
    "transpose":      _transpose,
    "pseudoinverse":  lambda nodes, marks, span: Postfix("^+", nodes[0], span),
    "superscript":    _superscript,
    "power":          _power,
    "index":          _index,
    "everything":     lambda nodes, marks, span: _EVERYTHING,
    "subscripted":    _subscripted,
    "group":          lambda nodes, marks, span: Group(tuple(nodes), span),
    "range":          lambda nodes, marks, span: Range(name_of(marks[0]), nodes[0], nodes[1], span),
    "bars":           lambda nodes, marks, span: Bars("|" if marks[0].kind == "BAR_CLOSE" else "‖", nodes[0], "", span),
    "block":          _block,
    "row":            lambda nodes, marks, span: Block((tuple(nodes),), span),
    "name":           lambda nodes, marks, span: Name(name_of(marks[0]), span),
    "number":         lambda nodes, marks, span: Number(_value(marks[0].text, span), span),
}
# fmt: on
