"""How an expression in normal form is best spelled: candidates for each node, and the cheapest of them.

A form says which nodes it spells (``parts``) and what it adds of its own, in tokens; its cost is the sum. Nothing is built
here but costs, so that compaction can compare thousands of candidates; ``spell`` builds the syntax tree from the choices.

    cost(n)    tokens · 16 + style;  style is what people avoid at equal length: turned sums, transposed words
    form(n)    the cheapest form
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, cast

from matcalc import algebra
from matcalc.algebra import add, indices, scale_by, transpose
from matcalc.algebra import size as size_constant
from matcalc.algebra.conjugates import adjoint, conjugate, is_complex
from matcalc.algebra.entries import is_unit, place_of
from matcalc.algebra.functions import COLUMNS, is_Diag
from matcalc.algebra.sums import inner_sum
from matcalc.algebra.terms import ONE, as_number, is_constant, magnitude, parts
from matcalc.algebra.words import outer_parts
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Rational,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    postorder,
)
from matcalc.shape import SCALAR, Polynomial, Size, names
from matcalc.shape import add as plus
from matcalc.shape import sub as minus
from matcalc.steps.blocks import Rows, gathered, layout
from matcalc.steps.letters import sizes_of, spelled_name

TOKEN = 16
TURNED = 3  # style: a sum with its signs turned
WRAPPED = 4  # style: a transpose round a product
EITHER = frozenset({"tr", "det", "logdet", "diag", "sum"})  # the same of the transpose
MULTILINEAR = frozenset({"kron", "Diag", "diag", "vec", "unvec", "tr", "sum", "sym", "rowsum"})  # they pass a sign on
SPREAD = frozenset({Add, Constant, Scaled, Transpose, Word})  # what can be a block
FAR = 4  # that the first index of a sum is moved by
_KEY = "form"
_NEGATIVE = "negative"


class Form(NamedTuple):
    """``tag`` names the spelling; ``data`` is what the builder needs beside the spelled parts."""

    cost: int
    tag: str
    parts: tuple[Expr, ...]
    data: object = None


def cost(node: Expr) -> int:
    return form(node).cost


def form(node: Expr) -> Form:
    """The cheapest form; remembered on the node, and found without deep recursion."""
    found = node.memo.get(_KEY)
    if found is None:
        if node.weight > 64:
            _prepare(node)
        found = node.memo[_KEY] = min(_forms(node), key=_cost)
    return found  # type: ignore[return-value]


def _cost(form: Form) -> int:
    return form.cost


def _prepare(root: Expr) -> None:
    """Forms for everything below, children first."""
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if _KEY in node.memo:
            continue
        if done:
            if node is not root:
                node.memo[_KEY] = min(_forms(node), key=_cost)
        else:
            stack.append((node, True))
            stack += [(child, False) for child in node.children]


def _form(tokens: int, tag: str, spelled: tuple[Expr, ...], data: object = None, style: int = 0) -> Form:
    total = tokens * TOKEN + style
    for part in spelled:
        total += form(part).cost
    return Form(total, tag, spelled, data)


def _forms(node: Expr) -> list[Form]:
    rows = layout(node) if type(node) in SPREAD else None
    if rows is None:
        return _forms_without_blocks(node)
    return [_block(rows), *([] if type(node) is Constant else _forms_without_blocks(node))]


def _block(rows: Rows) -> Form:
    """[A, B; C, D], its parts row by row."""
    return _form(1 + len(rows), "block", tuple([part for row in rows for part in row]), tuple(map(len, rows)))


def _forms_without_blocks(node: Expr) -> list[Form]:
    match node:
        case Symbol() if node.member is not None:
            return [_member(node)]
        case Symbol() | Named():
            return [Form(TOKEN, "name", (), node.name)]
        case Constant():
            return [_constant(node)]
        case Transpose(base):
            return [_form(1, "transpose", (base,)), *_of_row(base)]
        case Scaled():
            return _scaled(node)
        case Add():
            return _add(node) + _turned_round(node)
        case Hadamard(factors):
            return [_powers(factors, entrywise=True), *_turned_round(node)]
        case Word():
            return _word(node)
        case Call():
            return _call(node)
        case Total():
            return [total_form(node, offset) for offset in offsets(node)]
    raise AssertionError(type(node))


def _of_row(base: Expr) -> list[Form]:
    """softmax(x)' as softmax(x'), for functions that take columns and rows alike."""
    if type(base) is Call and base.function in COLUMNS and not base.parameters:
        return [_form(1, "call", (transpose(base.args[0]),), (base.function, ()))]
    if type(base) is Call and base.function == "conj":
        return [_form(1, "conjugate transpose", base.args)]
    return []


def _constant(node: Constant) -> Form:
    if node.kind == "size":
        return Form(TOKEN * _length(node.parameters[0]), "constant", (), node)
    sized = node.kind in ("commutation", "duplication", "unit", "selector")
    return Form(TOKEN * (1 + sum(map(_length, node.parameters)) if sized else 1), "constant", (), node)


def _length(size: Size) -> int:
    """Tokens of a size; of a polynomial that has no index its terms count as one."""
    if type(size) is not Polynomial or not indices.indices_in(size):
        return 1
    return 2 * len(size.terms) - 1


# --- sums over an index ---------------------------------------------------------------------------------------------


def _member(node: Symbol) -> Form:
    """x_i; where the index is more than a letter, x[i+1]."""
    assert node.member is not None
    which = node.member.which
    plain = type(which) is not Polynomial
    return Form(TOKEN if plain else TOKEN * (3 + _length(which)), "name" if plain else "member", (), spelled_name(node))


def total_form(node: Total, offset: Size) -> Form:
    """sum(i=1..n, body), or with another first index, sum(i=2..n, …), where the body has i-1."""
    count, body = node.count, node.body
    if offset:
        count = add([count, size_constant(offset)])
        body = indices.at(body, node.index, minus(node.index, offset))
    style = abs(offset) if isinstance(offset, int) else 1
    return _form(5 + _length(plus(offset, 1)), "total", (count, body), (node.index, plus(offset, 1)), style)


def offsets(node: Total) -> list[Size]:
    """How far the index may be moved so that some i + 1 becomes i."""
    found: set[Size] = {0}
    free = indices.indices(node)
    for inner in postorder(node.body):
        for size in sizes_of(inner):
            if type(size) is Polynomial and node.index in names(size):
                rest = minus(size, node.index)
                near = abs(rest) <= FAR if isinstance(rest, int) else node.index not in names(rest)
                found |= {rest} if near and indices.indices_in(rest) <= free else set()
        found |= _offset_of_number(inner, node.index)
    return sorted(found, key=lambda offset: (not isinstance(offset, int), str(offset).strip("-"), str(offset)))


def _offset_of_number(node: Expr, index: str) -> set[Size]:
    """c of i + c as a number."""
    if type(node) is Add and len(node.terms) == 2 and size_constant(index) in node.terms:
        value = as_number(next(t for t in node.terms if t is not size_constant(index)))
        return {value} if isinstance(value, int) and abs(value) <= FAR else set()
    return set()


# --- powers: of scalars and entrywise -------------------------------------------------------------------------------
#
# data is a tuple with one entry for each part: (place, how, exponent) with place "over" or "under" the fraction line and
# how one of "" (as it is), "power", "sqrt", "exp" (the part is the argument), "norm" (the part is the vector or matrix).

Spelled = tuple[str, str, Exponent]


class _Line:
    """Collects the parts of a fraction line."""

    def __init__(self) -> None:
        self.parts: list[Expr] = []
        self.data: list[Spelled] = []
        self.tokens = 0

    def put(self, part: Expr, place: str, how: str, exponent: Exponent, tokens: int) -> None:
        self.parts.append(part)
        self.data.append((place, how, exponent))
        self.tokens += tokens


def _powers(factors: tuple[tuple[Expr, Exponent], ...], entrywise: bool) -> Form:
    line = _Line()
    for base, exponent in factors:
        _put_power(line, base, exponent, entrywise)
    over = sum(place == "over" for place, _, _ in line.data)
    under = len(line.data) - over
    line.tokens += max(0, over - 1) + under + (1 if over == 0 else 0)  # 1 ./ x, A .* B ./ C
    return _form(line.tokens, "hadamard", tuple(line.parts), tuple(line.data))


def _put_power(line: _Line, base: Expr, exponent: Exponent, entrywise: bool) -> None:
    if isinstance(exponent, Expr):
        line.put(base, "over", "power", exponent, 1)
        line.put(exponent, "skip", "", 1, 0)
        return
    if type(base) is Call and base.function == "exp":
        line.put(scale_by(exponent, base.args[0]), "over", "exp", 1, 1)
        return
    place = "over" if exponent > 0 else "under"
    size = magnitude(exponent)
    if not entrywise and size != 1:
        root = norm_of(base)
        if root is not None and (2 * size).denominator == 1:
            line.put(root, place, "norm", _whole(2 * size), 1 if size == Fraction(1, 2) else 3)
            return
    if size == 1:
        line.put(base, place, "", 1, 0)
    elif size == Fraction(1, 2):
        line.put(base, place, "sqrt", 1, 1)
    else:
        line.put(base, place, "power", size, 2 if type(size) is int else 4)


def _whole(value: Rational) -> Rational:
    return value.numerator if value.denominator == 1 else value


def norm_of(node: Expr) -> Expr | None:
    """a where the scalar is norm(a)^2: x' x, x' A' A x, A : A."""
    found = node.memo.get(norm_of, node)
    if found is node:
        found = node.memo[norm_of] = _norm_of(node)
    return found  # type: ignore[return-value]


def _norm_of(node: Expr) -> Expr | None:
    from matcalc.algebra import product

    if type(node) is Word:
        factors = node.factors
    elif type(node) is Call and node.function == "tr" and type(node.args[0]) is Word:
        factors = node.args[0].factors
    else:
        return _modulus(node) if is_complex(node) else None
    if len(factors) % 2:
        return None
    half = len(factors) // 2
    turned = adjoint if is_complex(node) else transpose
    for turn in range(half if type(node) is Call else 1):
        word = factors[turn:] + factors[:turn]
        if all(turned(word[k]) is word[-1 - k] for k in range(half)):
            if is_constant(word[-1], "ones"):
                return None
            right, left = product(*word[half:]), product(*word[:half])
            if turned is adjoint:  # norm(conj(Z)) is norm(Z)
                right, left = min(right, conjugate(right), key=cost), min(left, conjugate(left), key=cost)
            return right if cost(right) <= cost(left) else left
    return None


def _modulus(node: Expr) -> Expr | None:
    """z of conj(z) z."""
    if type(node) is not Scaled or node.number != 1 or node.body is not None or len(node.scalars) != 2:
        return None
    (a, one), (b, other) = node.scalars
    return min(a, b, key=cost) if one == other == 1 and conjugate(a) is b else None


# --- terms ----------------------------------------------------------------------------------------------------------


def _scaled(node: Scaled) -> list[Form]:
    if node.number < 0:
        return _negative(node)
    out = [_fraction(node)]
    roots = _common_root(node)
    if roots is not None:
        out.append(roots)
    power = _common_power(node)
    if power is not None:
        out.append(power)
    return out


def _common_power(node: Scaled) -> Form | None:
    """a^2 b^2 as (a b)^2, and (1/s)^2 U.^2 as (U / s).^2."""
    from matcalc.algebra.terms import monomial

    body = node.body
    if body is not None and (type(body) is not Hadamard or len(body.factors) != 1):
        return None
    exponents = [e for _, e in node.scalars] + ([body.factors[0][1]] if type(body) is Hadamard else [])
    whole = exponents[-1] if exponents else 1
    if (
        node.number != 1
        or len(exponents) < 2
        or type(whole) is not int
        or whole < 2
        or any(e not in (whole, -whole) for e in exponents)
    ):
        return None
    base = body.factors[0][0] if type(body) is Hadamard else None
    inner = monomial(1, {b: 1 if e == whole else -1 for b, e in node.scalars}, base)
    return _form(2, "power", (inner,), (whole, body is not None))


def _fraction(node: Scaled) -> Form:
    """number · scalars · body / (denominator)."""
    line = _Line()
    number = node.number
    for base, exponent in node.scalars:
        if type(base) is Scaled and isinstance(exponent, Fraction) and as_number(base) is not None:
            line.put(
                base,
                "over",
                "sqrt" if exponent == Fraction(1, 2) else "power",
                exponent,
                1 if exponent == Fraction(1, 2) else 4,
            )
        else:
            _put_power(line, base, exponent, entrywise=False)
    if node.body is not None:
        line.put(node.body, "body", "", 1, 0)
    over = any(place != "under" and place != "skip" for place, _, _ in line.data)
    under = any(place == "under" for place, _, _ in line.data)
    if number.numerator != 1 or not over:
        line.tokens += 1
    if number.denominator != 1:
        line.tokens += 1
        under = True
    return _form(line.tokens + under, "term", tuple(line.parts), (number, tuple(line.data)))


def _common_root(node: Scaled) -> Form | None:
    """Several half powers under one root: sqrt(a b), sqrt(a / b)."""
    halves = [(b, e) for b, e in node.scalars if isinstance(e, Fraction) and e.denominator == 2]
    if len(halves) < 2 or any(norm_of(b) is not None for b, _ in halves):
        return None
    from matcalc.algebra.terms import monomial

    places: list[Expr] = []
    for sign in (1, -1):
        same = {b: abs(int(2 * e)) for b, e in halves if (e > 0) == (sign > 0)}
        places.append(monomial(1, dict(same), None) if same else ONE)
    rest = monomial(node.number, {b: e for b, e in node.scalars if (b, e) not in halves}, node.body)
    over, under = places
    data = (over is not ONE, under is not ONE, rest is not ONE)
    spelled = tuple(p for p, there in zip((over, under, rest), data, strict=True) if there)
    return _form(
        (over is not ONE) + 2 * (under is not ONE) + (1 if over is ONE and rest is ONE else 0), "root", spelled, data
    )


def negated(node: Expr) -> Expr:
    """The negative, kept by the node: what was found out about it is not lost while other forms are tried."""
    found = node.memo.get(_NEGATIVE)
    if found is None:
        found = node.memo[_NEGATIVE] = scale_by(-1, node)
    return cast("Expr", found)


def _negative(node: Scaled) -> list[Form]:
    positive = negated(node)
    out = [_form(1, "negative", (positive,))]
    body = node.body
    if body is None and len(node.scalars) == 1 and node.scalars[0][1] == 1 and node.number == -1:
        body = node.scalars[0][0]
    if node.number == -1 and not (node.body is not None and node.scalars) and type(body) is Add:
        return [_signed(body, -1), *_gathered(body, -1), *_one_minus_sigmoid(body, -1), *_merged(body, -1)]
    turned = _turned(node)
    if turned is not None:
        out.append(turned)
    return out


def _turned(node: Scaled) -> Form | None:
    """-A (B - C) D as A (C - B) D: one factor that is a sum takes the sign; not in one half of a palindrome."""
    positive = negated(node)
    chosen = form(positive)
    linear = chosen.tag == "call" and cast("tuple[str, object]", chosen.data)[0] in MULTILINEAR
    if chosen.tag not in ("word", "hadamard", "term", "colon", "index") and not linear:
        return None
    best: Form | None = None
    for k, part in enumerate(chosen.parts):
        if not _plain_part(chosen, k) or type(part) not in (Add, Word, Hadamard, Call):
            continue
        if any(transpose(part) is other for i, other in enumerate(chosen.parts) if i != k):
            continue  # one half of a palindrome
        other = negated(part)
        inner = form(other)
        if inner.tag != "negative" and (best is None or chosen.cost - cost(part) + inner.cost < best.cost):
            spelled = (*chosen.parts[:k], other, *chosen.parts[k + 1 :])
            best = Form(chosen.cost - cost(part) + inner.cost, chosen.tag, spelled, chosen.data)
    return best


def _plain_part(chosen: Form, k: int) -> bool:
    if chosen.tag in ("call", "colon", "index"):
        return True
    if chosen.tag == "word":
        return chosen.data is None or cast("tuple[int, ...]", chosen.data)[k] == 1
    line = chosen.data if chosen.tag == "hadamard" else cast("tuple[Rational, object]", chosen.data)[1]
    place, how, _ = cast("tuple[Spelled, ...]", line)[k]
    return how == "" and place != "skip"


# --- sums -----------------------------------------------------------------------------------------------------------


def _add(node: Add) -> list[Form]:
    out = [_signed(node, 1), *_gathered(node, 1)]
    out += _one_minus_sigmoid(node, 1)
    return out + _merged(node, 1)


def _merged(node: Add, sign: int) -> list[Form]:
    """Σ a + Σ b as Σ (a + b), where both run over the same range."""
    where: dict[tuple[str, Expr], list[tuple[Expr, Expr]]] = {}
    for term in node.terms if indices.height(node) else ():
        number, body = _summed(term)
        if body is not None:
            where.setdefault((body.index, body.count), []).append((term, scale_by(number, body.body)))
    out = []
    for (index, count), found in where.items():
        if len(found) > 1:
            whole = add([body for _, body in found])
            held = {term for term, _ in found}
            if inner_sum(whole) is not None:
                rest = tuple(t for t in node.terms if t not in held)
                out.append(_signed_total(Total(index, count, whole), rest, sign))
    return out


def _summed(term: Expr) -> tuple[Rational, Total | None]:
    """A number and the sum over an index that it multiplies."""
    if type(term) is Total:
        return 1, term
    if type(term) is Scaled:
        whole = term.body if not term.scalars else None
        if term.body is None and len(term.scalars) == 1 and term.scalars[0][1] == 1:
            whole = term.scalars[0][0]
        if type(whole) is Total:
            return term.number, whole
    return 1, None


def _signed_total(whole: Total, rest: tuple[Expr, ...], sign: int) -> Form:
    """The sums as one beside the other terms."""
    value, inner = parts(whole.body)[0], whole
    outer: Expr = whole
    if value != 1:  # 2 Σ (a + b) and not Σ 2 (a + b)
        inner = Total(whole.index, whole.count, scale_by(algebra.terms.inverse_number(value), whole.body))
        outer = scale_by(value, inner)
    if not rest:
        return form(scale_by(sign, outer))
    return _signed(Add((*rest, outer)), sign, (*rest, outer))


def _gathered(node: Add, sign: int) -> list[Form]:
    """[x; y] - A z: the terms of a block stand together."""
    terms = gathered(node)
    return [_signed(node, sign, terms)] if terms else []


def _signed(node: Add, sign: int, terms: tuple[Expr, ...] = ()) -> Form:
    """A sum, or one with all its signs turned: positive terms first, the heavier before the lighter."""
    positive: list[Expr] = []
    negative: list[Expr] = []
    for term in terms or node.terms:
        below = (type(term) is Scaled and term.number < 0) != (sign < 0)
        whole = negated(term) if type(term) is Scaled and term.number < 0 else term
        if type(whole) is not Symbol:
            other = negated(whole)
            if form(other).tag != "negative" and form(other).cost < form(whole).cost - TURNED:
                below, whole = not below, other
        (negative if below else positive).append(whole)
    if not positive:  # one term that can take the sign inside stands first
        for k, term in enumerate(negative):
            other = negated(term)
            if type(term) is not Symbol and form(other).tag != "negative" and cost(other) <= cost(term) + TURNED:
                positive.append(other)
                del negative[k]
                break
    ordered = (*_ordered(positive), *_ordered(negative))
    signs = (1,) * len(positive) + (-1,) * len(negative)
    return _form(len(ordered) - 1 + (not positive), "sum", ordered, signs, TURNED if sign < 0 else 0)


def _ordered(terms: list[Expr]) -> list[Expr]:
    """Numbers first (1 - x), then arrays by weight, heavier first, and what is added to every entry last (X + c)."""

    def late(term: Expr) -> tuple[int, int, int, int]:
        _, scalars, body = parts(term)
        constant = body is None or (type(body) is Constant and body.kind in ("ones", "eye"))
        weight = body.weight if body is not None else 0
        return (
            0 if constant and not scalars else 2 if constant and body is not None else 1,
            -weight,
            -term.weight,
            _differential_at(body),
        )

    return sorted(sorted(terms), key=late)


def _differential_at(body: Expr | None) -> int:
    """Which factor is a differential: dA B comes before A dB."""
    for k, factor in enumerate(body.factors if type(body) is Word else ()):
        letter = factor.base if type(factor) is Transpose else factor
        if type(letter) is Symbol and letter.of is not None:
            return k
    return 0


def _one_minus_sigmoid(node: Add, sign: int) -> list[Form]:
    """1 - sigmoid(u) = sigmoid(-u)."""
    if len(node.terms) != 2:
        return []
    for one, other in (node.terms, node.terms[::-1]):
        one, other = scale_by(sign, one), scale_by(sign, other)
        number, scalars, body = parts(other)
        call = body if body is not None else scalars[0][0] if len(scalars) == 1 and scalars[0][1] == 1 else None
        plain = number == -1 and type(call) is Call and call.function == "sigmoid" and (body is None or not scalars)
        if plain and (one is ONE or is_constant(one, "ones")):
            return [_form(1, "call", (negated(call.args[0]),), ("sigmoid", ()))]  # type: ignore[union-attr]
    return []


# --- products -------------------------------------------------------------------------------------------------------


def _word(node: Word) -> list[Form]:
    out = _sums_of_entries(node)
    if any((type(f) is Transpose and is_unit(f.base)) or is_unit(f) for f in node.factors):
        out += [*_indexed(node), *_outer(node)]
    root = norm_of(node) if node.shape == SCALAR else None
    if root is not None:
        out.append(_form(3, "norm squared", (root,)))
    out.append(_runs(node.factors))
    return out + _turned_round(node)


def _outer(node: Word) -> list[Form]:
    """A e_i e_j' B as A[:,i] B[j,:]."""
    sides = outer_parts(node) if node.shape != SCALAR else None
    if sides is None or not (is_unit(_last(sides[0])) or is_unit(_last(sides[1]))):
        return []
    return [_form(0, "word", (sides[0], transpose(sides[1])))]


def _turned_round(node: Expr) -> list[Form]:
    """A product or sum as the transpose of one: (U V' - Y)'."""
    if node.shape == SCALAR:
        return []
    turned = transpose(node)
    if turned is node or type(turned) is not type(node):
        return []
    match turned:
        case Word(factors):
            inner = _runs(factors)
        case Hadamard(powers):
            inner = _powers(powers, entrywise=True)
        case _:
            inner = _signed(turned, 1)  # type: ignore[arg-type]
    return [Form(inner.cost + TOKEN + WRAPPED, "wrapped", (), (inner, turned))]


def _runs(factors: tuple[Expr, ...]) -> Form:
    """Factors side by side, with A A A as A^3 and inv(A) inv(A) as A^-2."""
    spelled: list[Expr] = []
    powers: list[int] = []
    tokens = 0
    k = 0
    while k < len(factors):
        run = 1
        while k + run < len(factors) and factors[k + run] is factors[k]:
            run += 1
        base, power = factors[k], run
        if run > 1:
            if type(base) is Call and base.function == "inv":
                base, power, tokens = base.args[0], -run, tokens + 1
            tokens += 2
        spelled.append(base)
        powers.append(power)
        k += run
    plain = len(spelled) == len(factors)
    return _form(tokens, "word", tuple(spelled), None if plain else tuple(powers))


def _indexed(node: Word) -> list[Form]:
    """e_i' A e_j as A[i,j], A e_j as A[:,j], A' e_j as A[j,:]'; an entry of A' is one of A."""
    core, i, j = place_of(node)
    if i is None and j is None:
        return []
    if core.shape == SCALAR or (1 in core.shape and not node.is_scalar):
        return []
    turned = transpose(core)
    if not node.is_scalar:
        return [_at(core, (i, j)), _at(turned, (j, i), turned=True)]
    if 1 in core.shape:
        return [_at(inner, (j if i is None else i,)) for inner in ((core, turned) if j is None else (turned, core))]
    return [_at(core, (i, j)), _at(turned, (j, i))]


def _last(node: Expr) -> Expr:
    return node.factors[-1] if type(node) is Word else node


def _at(core: Expr, places: tuple[Size | None, ...], turned: bool = False) -> Form:
    tokens = 1 + turned + sum(_length(place) for place in places if place is not None)
    backwards = len(places) == 2 and None not in places and str(places[0]) > str(places[1])
    return _form(tokens, "index", (core,), (places, turned), style=-1 - turned if None in places else int(backwards))


def _sums_of_entries(node: Word) -> list[Form]:
    """1' v as sum(v), A 1 as rowsum(A), 1' A 1 as sum(A)."""
    from matcalc.algebra import product

    factors = node.factors
    left, right = is_constant(factors[0], "ones"), is_constant(factors[-1], "ones")
    if node.shape == SCALAR:
        inner = factors[1 if left else 0 : len(factors) - (1 if right else 0)]
        return [_form(1, "call", (product(*inner),), ("sum", ()))] if left or right else []
    if right and factors[-1].shape[1] == 1 and factors[-2].shape[0] != 1 and factors[-1].shape[0] != 1:
        return [_form(1, "call", (product(*factors[:-1]),), ("rowsum", ()))]
    return []


# --- calls ----------------------------------------------------------------------------------------------------------


def _call(node: Call) -> list[Form]:
    if len(node.args) == 2 and not node.parameters and as_number(node.args[1]) in (1, 2):
        return [_form(1, "call", node.args[::-1], (node.function, ()))]  # max(2, A): max(A, 2) has an axis
    if node.function == "mpower":
        return [_form(1, "matrix power", node.args)]
    out = [_form(1 + len(node.parameters), "call", node.args, (node.function, node.parameters))]
    if node.function in EITHER:
        out.append(_form(1, "call", (transpose(node.args[0]),), (node.function, ())))
    match node:
        case Call("tr", (Word() as word,)):
            out += _colons(word)
            root = norm_of(node)
            if root is not None:
                out.append(_form(3, "norm squared", (root,), None, style=1))
        case Call("Diag", (Hadamard(((base, -1),)),)):
            out.append(_form(2, "inverse diagonal", (base,)))  # inv(Diag(v))
        case Call("inv", (a,)):
            inner = parts(a)[2]
            turned = transpose(node)
            if turned is not node and inner is a and type(a) in (Transpose, Word, Add):
                flipped = transpose(a)
                out.append(_form(2, "wrapped inverse", (flipped,), None, style=0 if type(a) is Transpose else WRAPPED))
    if (
        node.shape[0] != 1
        and not is_Diag(node)
        and len(node.args) == 1
        and type(node.args[0]) is Transpose
        and node.function != "inv"
    ):
        turned = transpose(node)
        if type(turned) is Call:
            out.append(_form(1, "transpose", (turned,), None, style=-1))
    return out


def _colons(word: Word) -> list[Form]:
    """tr(A' B) as A : B at the split that is shortest."""
    from matcalc.algebra import product

    out = []
    factors = word.factors
    for start in range(len(factors)):
        turned = factors[start:] + factors[:start]
        for k in range(1, len(turned)):
            if start + k > len(factors):
                break  # the two sides swapped
            sides = product(*[transpose(f) for f in reversed(turned[:k])]), product(*turned[k:])
            out.append(_form(1, "colon", tuple(sorted(sides, key=_side))))
    return out


def _side(node: Expr) -> tuple[bool, int, tuple[str, ...]]:
    """A : B with the shorter side first, but a differential last."""
    letter = node.base if type(node) is Transpose else node
    return (type(letter) is Symbol and letter.of is not None, cost(node), node.letters)
