"""Sums: the order and the signs of the terms, sums over one range together, 1 - sigmoid(u) as sigmoid(-u)."""

from __future__ import annotations

from matcalc import algebra
from matcalc.algebra import add, indices, scale_by
from matcalc.algebra.sums import inner_sum
from matcalc.algebra.terms import ONE, is_constant, parts
from matcalc.expr import Add, Call, Constant, Expr, Rational, Scaled, Symbol, Total, Transpose, Word
from matcalc.steps.blocks import gathered
from matcalc.steps.forms.form import TURNED, Form, cost, form, form_of, negated


def added(node: Add) -> list[Form]:
    out = [signed(node, 1), *gathered_sum(node, 1)]
    out += one_minus_sigmoid(node, 1)
    return out + merged(node, 1)


def signed(node: Add, sign: int, terms: tuple[Expr, ...] = ()) -> Form:
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
    return form_of(len(ordered) - 1 + (not positive), "sum", ordered, signs, TURNED if sign < 0 else 0)


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


def gathered_sum(node: Add, sign: int) -> list[Form]:
    """[x; y] - A z: the terms of a block stand together."""
    terms = gathered(node)
    return [signed(node, sign, terms)] if terms else []


def one_minus_sigmoid(node: Add, sign: int) -> list[Form]:
    """1 - sigmoid(u) = sigmoid(-u)."""
    if len(node.terms) != 2:
        return []
    for one, other in (node.terms, node.terms[::-1]):
        one, other = scale_by(sign, one), scale_by(sign, other)
        number, scalars, body = parts(other)
        call = body if body is not None else scalars[0][0] if len(scalars) == 1 and scalars[0][1] == 1 else None
        plain = number == -1 and type(call) is Call and call.function == "sigmoid" and (body is None or not scalars)
        if plain and (one is ONE or is_constant(one, "ones")):
            return [form_of(1, "call", (negated(call.args[0]),), ("sigmoid", ()))]  # type: ignore[union-attr]
    return []


def merged(node: Add, sign: int) -> list[Form]:
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
    return signed(Add((*rest, outer)), sign, (*rest, outer))
