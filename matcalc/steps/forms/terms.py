"""Terms: number · scalars · array over a denominator, common powers and roots, and where a minus goes."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

from matcalc.algebra import transpose
from matcalc.algebra.terms import ONE, as_number, monomial
from matcalc.expr import Add, Call, Expr, Hadamard, Rational, Scaled, Word
from matcalc.rules import functions as tables
from matcalc.steps.forms.form import Form, cost, form, form_of, negated
from matcalc.steps.forms.norms import norm_of
from matcalc.steps.forms.powers import Line, Spelled, put_power
from matcalc.steps.forms.sums import gathered_sum, merged, one_minus_sigmoid, signed

WRITTEN = frozenset({"sym", "rowsum"})  # linear functions that spelling makes


def scaled(node: Scaled) -> list[Form]:
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
    return form_of(2, "power", (inner,), (whole, body is not None))


def _fraction(node: Scaled) -> Form:
    """number · scalars · body / (denominator)."""
    line = Line()
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
            put_power(line, base, exponent, entrywise=False)
    if node.body is not None:
        line.put(node.body, "body", "", 1, 0)
    over = any(place != "under" and place != "skip" for place, _, _ in line.data)
    under = any(place == "under" for place, _, _ in line.data)
    if number.numerator != 1 or not over:
        line.tokens += 1
    if number.denominator != 1:
        line.tokens += 1
        under = True
    return form_of(line.tokens + under, "term", tuple(line.parts), (number, tuple(line.data)))


def _common_root(node: Scaled) -> Form | None:
    """Several half powers under one root: sqrt(a b), sqrt(a / b)."""
    halves = [(b, e) for b, e in node.scalars if isinstance(e, Fraction) and e.denominator == 2]
    if len(halves) < 2 or any(norm_of(b) is not None for b, _ in halves):
        return None
    places: list[Expr] = []
    for sign in (1, -1):
        same = {b: abs(int(2 * e)) for b, e in halves if (e > 0) == (sign > 0)}
        places.append(monomial(1, dict(same), None) if same else ONE)
    rest = monomial(node.number, {b: e for b, e in node.scalars if (b, e) not in halves}, node.body)
    over, under = places
    data = (over is not ONE, under is not ONE, rest is not ONE)
    spelled = tuple(p for p, there in zip((over, under, rest), data, strict=True) if there)
    return form_of(
        (over is not ONE) + 2 * (under is not ONE) + (1 if over is ONE and rest is ONE else 0), "root", spelled, data
    )


def _negative(node: Scaled) -> list[Form]:
    positive = negated(node)
    out = [form_of(1, "negative", (positive,))]
    body = node.body
    if body is None and len(node.scalars) == 1 and node.scalars[0][1] == 1 and node.number == -1:
        body = node.scalars[0][0]
    if node.number == -1 and not (node.body is not None and node.scalars) and type(body) is Add:
        return [signed(body, -1), *gathered_sum(body, -1), *one_minus_sigmoid(body, -1), *merged(body, -1)]
    turned = _turned(node)
    if turned is not None:
        out.append(turned)
    return out


def _turned(node: Scaled) -> Form | None:
    """-A (B - C) D as A (C - B) D: one factor that is a sum takes the sign; not in one half of a palindrome."""
    positive = negated(node)
    chosen = form(positive)
    linear = chosen.tag == "call" and _passes_sign(cast("tuple[str, object]", chosen.data)[0])
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


def _passes_sign(name: str) -> bool:
    """Whether f(-A) = -f(A), in every argument."""
    return name in WRITTEN or tables.is_linear(name) or name in tables.having("moves")


def _plain_part(chosen: Form, k: int) -> bool:
    if chosen.tag in ("call", "colon", "index"):
        return True
    if chosen.tag == "word":
        return chosen.data is None or cast("tuple[int, ...]", chosen.data)[k] == 1
    line = chosen.data if chosen.tag == "hadamard" else cast("tuple[Rational, object]", chosen.data)[1]
    place, how, _ = cast("tuple[Spelled, ...]", line)[k]
    return how == "" and place != "skip"
