"""What a user declares and defines, as records.

>>> for record in read_declarations("Y, M : matrix(I, J), binary    x ∈ ℝ^n"):
...     print(record)
Y : matrix(I, J), binary
M : matrix(I, J), binary
x : vector(n)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, cast

from matcalc.errors import FormulaError
from matcalc.read import formula, parser, sizes
from matcalc.read.complaints import DECLARATION_CAUSES, SETS, complaint
from matcalc.read.declared import KINDS, PROPERTIES, Declaration, Definition, nearest
from matcalc.read.sizes import Sized
from matcalc.read.syntax import Span, Syntax
from matcalc.read.tokens import CLOSING, OPENING, Token, name_of, tokens
from matcalc.shape import SCALAR, Shape, Size, shape_text, text

__all__ = ["Declaration", "Definition", "read_declarations"]


def read_declarations(text: str) -> list[Declaration | Definition]:
    """The declarations and definitions in a text, in order; FormulaError with the place of what is wrong.

    >>> [record.name for record in read_declarations("lambda_u, lambda_v : scalar; X := U V'")]
    ['lambda_u', 'lambda_v', 'X']
    """
    found = tokens(text, "declaration")
    try:
        found = _told_apart(found)
        statements = parser.parse("declaration", found, VERBS)
    except parser.Unexpected as unexpected:
        raise complaint("declaration", text, found, unexpected, DECLARATION_CAUSES) from None
    except FormulaError as error:  # a verb knows the place, not the text
        raise FormulaError(error.message, text, error.spans, error.hint) from None
    records: list[Declaration | Definition] = []
    for statement in statements:
        if isinstance(statement, Definition):
            records.append(replace(statement, source=text))
        elif isinstance(statement, _Declared):
            records += [replace(declaration, source=text) for declaration in statement.declarations]
    return records


def _told_apart(found: list[Token]) -> list[Token]:
    """Names that are more: ``in`` after a name, ``complex`` after a colon, ``x`` between the sizes of a set.

    None of these in a definition, whose expression has names of every kind.
    """
    out: list[Token] = []
    depth = set_depth = 0  # how many brackets are open, at all and in the exponent of a set
    defining = False
    for k, token in enumerate(found):
        depth += (token.kind in OPENING) - (token.kind in CLOSING)
        defining = token.kind == "_BECOMES" or (defining and not (depth == 0 and token.kind in _LINE_ENDS))
        if defining:
            _check_product(found[k : k + 4])
            out.append(token)
            continue
        kinds = [t.kind for t in out[-3:]]
        if token.kind in OPENING and (set_depth or (kinds[-1:] == ["POWER"] and kinds[0] == "IN")):
            set_depth += 1
        elif token.kind in CLOSING and set_depth:
            set_depth -= 1
        out.append(token._replace(kind=_kind_after(token, "".join(kinds[-1:]), set_depth > 0)))
    return out


_LINE_ENDS = ("SEMICOLON", "_NEWLINE")


def _check_product(following: list[Token]) -> None:
    """No declaration stands behind a definition, where it would be read as a product; ``A : vector(1)`` is one."""
    match following:
        case [Token("COLON"), Token("NAME", kind), _, *rest] if kind in KINDS and not (rest and rest[0].text == "1"):
            raise FormulaError(
                "a definition ends with its line", spans=[following[0].span], hint="write ';' before the next"
            )


def _kind_after(token: Token, before: str, in_set: bool) -> str:
    match token.kind, token.text:
        case "NAME", "in" | "\\in" if before == "NAME":
            return "IN"
        case "NAME", "complex" if before == "COLON":
            return "COMPLEX"
        case "NAME" | "TIMES", "x" | "×" | "\\times" if in_set and before in ("NAME", "NUMBER", "RPAR"):
            return "_BY"
        case _:
            return token.kind


class _Kind(NamedTuple):
    name: str
    is_complex: bool
    shape: Shape
    span: Span


class _Property(NamedTuple):
    name: str
    span: Span


class _Family(NamedTuple):
    letter: str
    low: Size
    high: Size
    span: Span


class _Declared(NamedTuple):
    declarations: tuple[Declaration, ...]


Part = Syntax | Sized | _Kind | _Property | _Family | _Declared | Definition


def _declaration(nodes: Sequence[object], marks: list[Token], span: Span) -> Part:
    """``Y, M : matrix(I, J), binary`` declares two names."""
    (kind,) = (part for part in nodes if isinstance(part, _Kind))
    families = [part for part in nodes if isinstance(part, _Family)]
    properties = [part for part in nodes if isinstance(part, _Property)]
    if len(families) > 1:
        raise FormulaError("a family has one index", spans=[part.span for part in families])
    for part in properties:
        _check(part, kind)
    words = dict.fromkeys(part.name for part in properties)  # each once
    name = kind.name if kind.name in ("function", "size") else shape_text(kind.shape).partition("(")[0]
    is_complex = kind.is_complex or "complex" in words
    words.pop("complex", None)
    return _Declared(
        tuple(
            Declaration(name_of(mark), name, kind.shape, tuple(words), is_complex, _family_of(mark, families), "", span)
            for mark in marks
            if mark.kind == "NAME"
        )
    )


def _family_of(mark: Token, families: list[_Family]) -> tuple[str, Size, Size] | None:
    for letter, low, high, span in families:
        if not name_of(mark).endswith("_" + letter):
            message = f"the name of a family ends in its index, '{letter}'"
            raise FormulaError(message, spans=[mark.span, span], hint=f"write {name_of(mark)}_{letter}")
        return letter, low, high
    return None


def _check(part: _Property, kind: _Kind) -> None:
    """A property fits the kind that it is said of."""
    asks = PROPERTIES.get(part.name, "")
    rows, columns = kind.shape
    message = ""
    if kind.name in ("function", "size"):
        message = f"a {kind.name} has no properties"
    elif asks == "square" and rows != columns:
        message = f"only a square matrix is {part.name}, and this is {text(rows)}×{text(columns)}"
    elif asks == "vector" and 1 not in kind.shape:
        message = f"'{part.name}' is said of a vector or a row, and this is {text(rows)}×{text(columns)}"
    if message:
        raise FormulaError(message, spans=[kind.span, part.span])


def _kind(nodes: Sequence[object], marks: list[Token], span: Span) -> Part:
    name = marks[-1].text
    if name not in KINDS:
        raise FormulaError(f"there is no kind '{name}'", spans=[marks[-1].span], hint=nearest(name, KINDS))
    given = sizes.positive(nodes)
    takes = len(KINDS[name].split(",")) if KINDS[name] else 0
    if len(given) != takes:
        message = f"'{name}' takes {('no size', 'one size', 'two sizes')[takes]}, not {len(given)}"
        raise FormulaError(message, spans=[span], hint=f"write {name}{KINDS[name]}")
    is_complex = len(marks) > 1
    if is_complex and name in ("function", "size"):
        raise FormulaError(f"a {name} is never complex", spans=[span])
    return _Kind(name, is_complex, _shape(name, given), span)


def _set(nodes: Sequence[object], marks: list[Token], span: Span) -> Part:
    """``ℝ``, ``ℝ^n``, ``R^(m x n)``, ``\\mathbb{C}^{m \\times n}``."""
    letter = name_of(marks[0]) if marks[0].kind == "NAME" else marks[0].text.strip("} ")[-1]
    if letter not in ("R", "C"):
        raise FormulaError(f"there is no set '{marks[0].text}'", spans=[marks[0].span], hint=SETS)
    given = sizes.positive(nodes)
    if len(given) > 2:
        raise FormulaError(f"a matrix has two sizes, not {len(given)}", spans=[span], hint=f"write {letter}^(m x n)")
    name = ("scalar", "vector", "matrix")[len(given)]
    return _Kind(name, letter == "C", _shape(name, given), span)


def _shape(kind: str, sizes: list[Size]) -> Shape:
    match kind, sizes:
        case "row", [size]:
            return 1, size
        case "vector", [size]:
            return size, 1
        case "matrix", [rows, columns]:
            return rows, columns
        case _:
            return SCALAR


def _property(nodes: Sequence[object], marks: list[Token], span: Span) -> Part:
    name = marks[0].text
    if name not in PROPERTIES and name != "complex":
        raise FormulaError(f"there is no property '{name}'", spans=[span], hint=nearest(name, PROPERTIES))
    return _Property(name, span)


def _family(nodes: Sequence[object], marks: list[Token], span: Span) -> Part:
    low, high = (part.value for part in nodes if isinstance(part, Sized))
    return _Family(name_of(marks[0]), low, high, span)


# The verbs of formulas meet nothing but syntax on the stack, so they serve here as they are.
# fmt: off
VERBS: dict[str, parser.Verb[Part]] = cast("dict[str, parser.Verb[Part]]", formula.VERBS) | {
    "declaration":  _declaration,
    "definition":   lambda nodes, marks, span: Definition(name_of(marks[0]), cast("Syntax", nodes[0]), "", span),
    "kind":         _kind,
    "set":          _set,
    "property":     _property,
    "family":       _family,
    **sizes.VERBS,
}
# fmt: on
