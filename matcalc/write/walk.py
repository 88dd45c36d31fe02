"""Syntax trees to text, bottom-up, with brackets exactly where the precedence asks for them: one walk for every output.

>>> from matcalc.read.syntax import Binary, Juxtapose, Name, Number
>>> from matcalc.write.plain import Plain
>>> write(Juxtapose((Number(2), Binary(".*", Name("M"), Name("X")), Name("V"))), Plain())
'2 (M .* X) V'
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from matcalc.errors import NAMED, FormulaError
from matcalc.read.syntax import (
    Add,
    Apply,
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
    Syntax,
)
from matcalc.read.trees import parts
from matcalc.steps.limits import WRITTEN
from matcalc.write.style import (
    ATOM,
    BASE,
    CHAIN,
    COLON,
    COMPARISON,
    FACTOR,
    OPERATORS,
    PREFIX,
    PRODUCT,
    SIGN,
    SUM,
    Piece,
    Style,
    fit,
)


def write(tree: Syntax, style: Style) -> str:
    """The text of a tree. Nothing here recurses: 2,000 calls inside one another are common in machine-made formulas."""
    left = WRITTEN
    stack: list[tuple[Syntax, Style, str, int]] = [(tree, style, "", -1)]
    done: list[Piece] = []
    while stack:
        node, style, colour, count = stack.pop()
        if count < 0:
            left -= 1
            if left < 0:
                raise FormulaError(f"written out, this has more than {WRITTEN:,} symbols", hint=NAMED)
            node, colour = _as_printed(node, style)
            inner = parts(node)
            count = len(inner)
            if count:
                stack.append((node, style, colour, count))
                stack += [(inner[k], _style_inside(node, k, style), "", -1) for k in range(count - 1, -1, -1)]
                continue
        first = len(done) - count
        piece = _compose(node, done[first:], style)
        del done[first:]
        done.append(style.colour(piece, colour) if colour else piece)
    return done[0].text


def _style_inside(node: Syntax, place: int, style: Style) -> Style:
    match node:
        case Power() if place == 1:
            return style.script
        case Binary("/"):
            return style.fraction
        case Apply():
            return style.inside(node)
        case _:
            return style


def _as_printed(node: Syntax, style: Style) -> tuple[Syntax, str]:
    """The node without the brackets that were typed, with its calls seen as calls, and its colour."""
    colour = ""
    while True:
        if style.colours:
            colour = style.colours.get(id(node), colour)
        match node:
            case Group((alone,)):
                node = alone
            case Juxtapose(factors):
                calls = _with_calls(factors, style)
                if len(calls) > 1:
                    return (node if len(calls) == len(factors) else Juxtapose(calls)), colour
                node = calls[0]
            case Number(Fraction() as value) if value.denominator > 1:
                return Binary("/", Number(value.numerator), Number(value.denominator)), colour
            case Apply(function, (left, right)) if function in style.table.infix:
                return Binary(style.table.infix[function], left, right), colour
            case Binary(operator, left, right) if operator in style.table.spelled:
                return Apply(style.table.spelled[operator], (left, right)), colour
            case _:
                return node, colour


def _with_calls(factors: tuple[Syntax, ...], style: Style) -> tuple[Syntax, ...]:
    """The factors, a function's name and the bracket after it taken together."""
    out = [factors[0]]
    for factor in factors[1:]:
        called = None if isinstance(factor, Name | Number) else _called(out[-1], factor, style)
        if called is None:
            out.append(factor)
        else:
            out[-1] = called
    return tuple(out)


def _called(left: Syntax, right: Syntax, style: Style) -> Syntax | None:
    """``f`` and ``(x)^2`` as the square of a call, ``1/f`` and ``(x)`` as ``1/f(x)``; None where nothing is called."""
    if isinstance(left, Binary) and left.operator == "/":
        divisor = _called(left.right, right, style)
        return None if divisor is None else Binary("/", left.left, divisor)
    primes, function = 0, left
    while isinstance(function, Postfix) and function.mark == "'":
        primes, function = primes + 1, function.base
    if not isinstance(function, Name):
        return None
    after: list[Postfix | Power | Index] = []  # the postfixes belong to the call
    while isinstance(right, Postfix | Power | Index):
        after.append(right)
        right = right.base
    if not isinstance(right, Group):
        return None
    if len(right.items) == 1 and not style.calls(function.text):
        return None
    call: Syntax = Apply(function.text, right.items, primes)
    for postfix in reversed(after):
        call = postfix._replace(base=call)
    return call


def _compose(node: Syntax, pieces: list[Piece], style: Style) -> Piece:
    """The text of a node, given those of its parts."""
    match node:
        case Name(name):
            return style.name(name)
        case Number(value):
            return Piece(str(value), BASE)
        case Juxtapose():
            return _product(pieces, style)
        case Add(signs):
            return _sum(signs, pieces, style)
        case Binary("/"):
            return style.quotient(*pieces)
        case Binary(operator):
            return _binary(operator, pieces[0], pieces[1], style)
        case Postfix(mark, base):
            level = style.table.marked.get(mark, style.table.superscripted)
            return style.superscript(_base(base, pieces[0], style), style.table.marks[mark], level)
        case Power(base, _, entrywise):
            return style.superscript(_base(base, pieces[0], style), *style.exponent(pieces[1], entrywise))
        case Negate():
            return _negative(pieces[0], style)
        case Apply():
            return style.call(node, pieces)
        case Group():
            return style.call(Apply("", node.items), pieces)
        case Index(_, subscripts):
            texts = iter(pieces[1:])
            base_piece = fit(pieces[0], ATOM, style, last=False)
            return style.index(base_piece, [":" if s is None else next(texts).text for s in subscripts])
        case Bars(mark, _, subscript):
            return style.bars(mark, pieces[0], subscript)
        case Block(rows):
            entries = iter(pieces)
            return style.block([[next(entries) for _ in row] for row in rows])
        case Range(index):
            return style.range(index, *pieces)
        case _:
            assert_never(node)


def _product(pieces: list[Piece], style: Style) -> Piece:
    """Factors side by side: a quotient may lead them, a function without brackets end them."""
    left, last = pieces[0], len(pieces) - 1
    level = style.table.leads.get(left.level, CHAIN)
    left = left if level < CHAIN and not left.open else fit(left, FACTOR, style, last=False)
    out, tall, bars = [left.text], left.tall, left.bars
    for k in range(1, last + 1):
        right = fit(pieces[k], PREFIX if k == last else FACTOR, style, last=k == last)
        space = style.between(left, right)
        level = PRODUCT if space == style.table.operators["*"] else level
        out += (space, right.text)
        left, tall, bars = right, tall or right.tall, bars + right.bars
    return Piece("".join(out), level, tall, bars, left.open, pieces[0].negative and level < CHAIN)


def _sum(signs: Sequence[int], pieces: list[Piece], style: Style) -> Piece:
    out = []
    for k, (sign, piece) in enumerate(zip(signs, pieces, strict=True)):
        piece = fit(piece, COLON, style)
        if piece.negative and (k or sign < 0):
            piece = style.bracket(piece)
        out.append((" - " if sign < 0 else " + ") if k else "-" if sign < 0 else "")
        out.append(piece.text)
    tall, bars = any(piece.tall for piece in pieces), "".join(piece.bars for piece in pieces)
    return Piece("".join(out), SUM, tall, bars, pieces[-1].open, signs[0] < 0 or pieces[0].negative)


def _binary(operator: str, left: Piece, right: Piece, style: Style) -> Piece:
    level, left_level, right_level = OPERATORS[operator]
    silent = operator == style.table.silent
    if silent and left.level not in style.table.leads:
        left_level = CHAIN
    left = fit(left, left_level, style, last=False)
    right = fit(right, right_level, style)
    if right.negative and not style.table.right_sign and level > COMPARISON:
        right = style.bracket(right)
    sign = written = style.table.operators[operator]
    if silent:
        sign = style.between(left, right)
        level = level if sign == written else min(left.level, CHAIN)
    text = left.text + sign + right.text
    return Piece(text, level, left.tall or right.tall, left.bars + right.bars, right.open, left.negative)


def _negative(piece: Piece, style: Style) -> Piece:
    """``-A .* B`` is (-A) .* B to the reader, which is as good as -(A .* B): a sign passes through every product."""
    piece = style.bracket(piece) if piece.level < COLON or piece.negative else piece
    return Piece("-" + piece.text, min(SIGN, piece.level), piece.tall, piece.bars, piece.open, True)


def _base(typed: Syntax, piece: Piece, style: Style) -> Piece:
    """What takes a superscript. ``dX^2`` is d(X^2), so ``(dX)^2`` keeps its brackets."""
    match typed:
        case Group((Name(name),)) if name[0] == "d" and len(name) > 1:
            return style.bracket(piece)
        case _:
            return piece
