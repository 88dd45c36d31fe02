"""Normal form → syntax tree: builds what ``forms`` chose, sharing equal parts, without recursion.

>>> from matcalc.algebra import product, symbol, scale_by
>>> spell(scale_by(2, product(symbol("W", ("m", "n")), symbol("x", ("n", 1))))).factors[0]
Number(value=2, span=(0, 0))
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import islice
from typing import cast

from matcalc.algebra.terms import magnitude
from matcalc.errors import NAMED, FormulaError
from matcalc.expr import Constant, Exponent, Expr, Rational
from matcalc.read.syntax import (
    Add,
    Apply,
    Binary,
    Block,
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
from matcalc.shape import Polynomial, Size
from matcalc.steps.forms import Form, form
from matcalc.steps.letters import lettered
from matcalc.steps.limits import WRITTEN
from matcalc.steps.signature import signatures

Built = dict[Expr, Syntax]


def spell(node: Expr, known: Mapping[Expr, Syntax] | None = None) -> Syntax:
    """The shortest spelling of an expression, as a syntax tree; ``known`` are trees for some of its nodes."""
    if not known and node.weight > WRITTEN:
        raise FormulaError(f"written out, this has more than {WRITTEN:,} symbols", hint=NAMED)
    built: Built = dict(known or {})
    stack = [node]
    while stack:
        current = stack[-1]
        if current in built:
            stack.pop()
            continue
        chosen = form(current)
        missing = [p for p in _needed(chosen) if p not in built]
        if missing:
            stack += missing
        else:
            built[current] = _build(chosen, built)
            stack.pop()
    return lettered(built[node], node)


def _needed(chosen: Form) -> tuple[Expr, ...]:
    if chosen.tag == "wrapped":
        return chosen.data[0].parts  # type: ignore[index, no-any-return]
    return chosen.parts


def _build(chosen: Form, built: Built) -> Syntax:
    made = [built[p] for p in chosen.parts]
    data = chosen.data
    match chosen.tag:
        case "name":
            return Name(str(data))
        case "member":
            stem, which = cast("tuple[str, Size]", data)
            return Index(Name(stem), (size(which),))
        case "total":
            index, low = cast("tuple[str, Size]", data)
            return Apply("sum", (Range(index, size(low), made[0]), made[1]))
        case "constant":
            assert isinstance(data, Constant)
            return _constant(data)
        case "block":
            cells = iter(made)
            return Block(tuple([tuple(islice(cells, n)) for n in cast("tuple[int, ...]", data)]))
        case "transpose":
            return Postfix("'", made[0])
        case "conjugate transpose":
            return Postfix("^H", made[0])
        case "wrapped":
            inner: Form = data[0]  # type: ignore[index]
            return Postfix("'", _build(inner, built))
        case "wrapped inverse":
            return Postfix("'", Apply("inv", (made[0],)))
        case "negative":
            return _negate(made[0])
        case "sum":
            return _sum(data, made)  # type: ignore[arg-type]
        case "hadamard":
            return _hadamard(data, made)  # type: ignore[arg-type]
        case "term":
            return _term(data[0], data[1], made)  # type: ignore[index]
        case "root":
            return _root(data, made)  # type: ignore[arg-type]
        case "matrix power":
            return Power(made[0], made[1])
        case "norm squared":
            return Power(Apply("norm", (made[0],)), Number(2))
        case "word":
            return _word(data, made)  # type: ignore[arg-type]
        case "index":
            places, turned = cast("tuple[tuple[Size | None, ...], bool]", data)
            taken = Index(made[0], tuple([None if place is None else size(place) for place in places]))
            return Postfix("'", taken) if turned else taken
        case "power":
            exponent, entrywise = cast("tuple[Rational, bool]", data)
            return Power(made[0], number(exponent), entrywise)
        case "colon":
            return Binary(":", made[0], made[1])
        case "inverse diagonal":
            return Apply("inv", (Apply("Diag", (made[0],)),))
        case "call":
            name, parameters = cast("tuple[str, tuple[Size, ...]]", data)
            plain = name.rstrip("'")  # f'' of a declared function
            return Apply(plain, _arguments(name, made, parameters), len(name) - len(plain))
    raise AssertionError(chosen.tag)


def _arguments(name: str, made: list[Syntax], parameters: tuple[Size, ...]) -> tuple[Syntax, ...]:
    """Arguments and sizes in the order of the record, ``polygamma(2, x)``, ``unvec(x, m, n)``; an axis stands last."""
    sizes = [size(p) for p in parameters]
    for taken in signatures(name):
        axis = 1 if taken.record.axis else 0
        if len(taken.patterns) == len(made) and len(taken.size_names) + axis == len(sizes) and sizes:
            rest, given = iter(made), iter(sizes)
            return (*[next(given) if a.kind == "size" else next(rest) for a in taken.arguments], *given)
    return (*made, *sizes)


def size(value: Size) -> Syntax:
    """A size as a user types it."""
    match value:
        case int():
            return Number(value)
        case str():
            return Name(value)
        case Polynomial(terms):
            made = []
            for names, coefficient in sorted(terms, key=lambda t: (t[1] < 0, -len(t[0]), t[0])):
                factors: list[Syntax] = (
                    [Number(magnitude(coefficient))] if magnitude(coefficient) != 1 or not names else []
                )
                factors += [Name(n) for n in names]
                product = factors[0]
                for factor in factors[1:]:
                    product = Binary("*", product, factor)
                made.append((1 if coefficient > 0 else -1, product))
            if len(made) == 1 and made[0][0] > 0:
                return made[0][1]
            return Add(tuple(s for s, _ in made), tuple(t for _, t in made))


_NAMES = {"commutation": "commutation", "duplication": "duplication", "unit": "unit"}


def _constant(node: Constant) -> Syntax:
    rows, cols = node.shape
    match node.kind:
        case "pi":
            return Name("pi")
        case "size":
            return size(node.parameters[0])
        case "eye":
            return Apply("eye", (size(rows),))
        case "ones" | "zeros":
            if rows == 1:
                return Postfix("'", Apply(node.kind, (size(cols),)))
            return Apply(node.kind, (size(rows),) if cols == 1 else (size(rows), size(cols)))
    return Apply(node.kind, tuple(size(p) for p in node.parameters))


def _negate(made: Syntax) -> Syntax:
    """-A; of a product or quotient, its first factor takes the sign."""
    if isinstance(made, Binary) and made.operator != ":":
        return made._replace(left=_negate(made.left))
    return Negate(made)


def _sum(signs: tuple[int, ...], made: list[Syntax]) -> Syntax:
    return Add(signs, tuple(made))


def _juxtapose(factors: list[Syntax]) -> Syntax:
    """Factors side by side; the last, the array, is opened, while a 1×1 product before it keeps its brackets: (x' y) A x."""
    if len(factors) == 1:
        return factors[0]
    last = factors[-1]
    if isinstance(last, Binary) and last.operator == ":":  # 2 A : B
        return last._replace(left=_juxtapose([*factors[:-1], last.left]))
    return Juxtapose((*factors[:-1], *(last.factors if isinstance(last, Juxtapose) else (last,))))


def _raised(how: str, exponent: Exponent, made: Syntax, entrywise: bool, symbolic: Syntax | None) -> Syntax:
    match how:
        case "":
            return made
        case "exp":
            return Apply("exp", (made,))
        case "sqrt":
            return Apply("sqrt", (made,))
        case "norm":
            root = Apply("norm", (made,))
            return root if exponent == 1 else Power(root, number(exponent))  # type: ignore[arg-type]
    return Power(made, symbolic or number(exponent), entrywise)  # type: ignore[arg-type]


def number(value: Rational) -> Syntax:
    if value < 0:
        return Negate(number(-value))
    if isinstance(value, Fraction):
        return Binary("/", Number(value.numerator), Number(value.denominator))
    return Number(value)


def _line(data: tuple[tuple[str, str, Exponent], ...], made: list[Syntax], entrywise: bool) -> dict[str, list[Syntax]]:
    places: dict[str, list[Syntax]] = {"over": [], "under": [], "body": []}
    for k, (place, how, exponent) in enumerate(data):
        if place != "skip":
            symbolic = made[k + 1] if isinstance(exponent, Expr) else None
            places[place].append(_raised(how, exponent, made[k], entrywise, symbolic))
    return places


def _hadamard(data: tuple[tuple[str, str, Exponent], ...], made: list[Syntax]) -> Syntax:
    places = _line(data, made, entrywise=True)
    over = places["over"] or [Number(1)]
    out = over[0]
    for factor in over[1:]:
        out = Binary(".*", out, factor)
    for factor in places["under"]:
        out = Binary("./", out, factor)
    return out


def _term(value: Rational, data: tuple[tuple[str, str, Exponent], ...], made: list[Syntax]) -> Syntax:
    places = _line(data, made, entrywise=False)
    factors = places["over"] + places["body"]
    if value.numerator != 1 or not factors:
        factors.insert(0, Number(value.numerator))
    under = places["under"]
    if value.denominator != 1:
        under.insert(0, Number(value.denominator))
    top = _juxtapose(factors)
    return Binary("/", top, _juxtapose(under)) if under else top


def _root(there: tuple[bool, bool, bool], made: list[Syntax]) -> Syntax:
    parts = iter(made)
    over, under, rest = (next(parts) if flag else None for flag in there)
    if over is not None and under is not None:
        root: Syntax = Apply("sqrt", (Binary("/", over, under),))
        return _juxtapose([root, rest]) if rest is not None else root
    if over is not None:
        root = Apply("sqrt", (over,))
        return _juxtapose([root, rest]) if rest is not None else root
    assert under is not None
    return Binary("/", rest or Number(1), Apply("sqrt", (under,)))


def _word(powers: tuple[int, ...] | None, made: list[Syntax]) -> Syntax:
    if powers is not None:
        made = [m if p == 1 else Power(m, number(p)) for m, p in zip(made, powers, strict=True)]
    return _juxtapose(made)
