"""Changes of how much: numbers, signs and exponents, terms and factors too many or too few."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from matcalc.read.syntax import Add, Apply, Bars, Binary, Index, Juxtapose, Name, Negate, Number, Power, Syntax
from matcalc.shape import SCALAR, Shape
from matcalc.verify.edits.pieces import Changes, factors_of, fraction, is_exponent, is_size, is_term, joined, scaled
from matcalc.verify.places import Place


def doubled(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """2 or 1/2 in front of a term."""
    node = place.node
    if not is_term(place) or is_exponent(place):
        return
    for factor in (2, Fraction(1, 2)):
        new = scaled(factor, node)
        # what is added in front is missing; what a number in front loses is too much
        words = "the factor {} is missing"
        if factor != 2 and _number(node) % 2 == 0:
            words, factor = "the factor {} is too much", 2
        yield "factor", words, new, (fraction(factor),)


def _number(node: Syntax) -> int | Fraction:
    """The number in front of a term."""
    match node:
        case Number(value) | Juxtapose((Number(value), *_)):
            return value
        case Binary(_, left, _):
            return _number(left)
    return 1


def without_factors(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A factor that should not be there, or a scalar one that is missing."""
    node = place.node
    match node:
        case Juxtapose(factors):
            for k, factor in enumerate(factors):
                yield "factor", "the factor {} is too much", joined((*factors[:k], *factors[k + 1 :])), (factor,)
        case Binary("*" | ".*", left, right):
            yield "factor", "the factor {} is too much", right, (left,)
            yield "factor", "the factor {} is too much", left, (right,)
        case Binary("/" | "./", left, right):
            yield "factor", "the divisor {} is too much", left, (right,)
    if is_term(place):
        for name in sorted(n for n, shape in letters.items() if shape == SCALAR):
            if not (isinstance(node, Name) and node.text == name):
                yield "factor", "the factor {} is missing", _with_scalar(Name(name), node), (Name(name),)


def _with_scalar(name: Name, node: Syntax) -> Syntax:
    factors = factors_of(node)
    first = 1 if isinstance(factors[0], Number) else 0
    return Juxtapose((*factors[:first], name, *factors[first:]))


def renumbered(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A number or an exponent that is another one."""
    node = place.node
    match node:
        case Power(base, Number(value)):
            for new in (value + 1, value - 1, value * 2):
                if new > 1:
                    yield (
                        "factor",
                        "the exponent of {} should be {}",
                        node._replace(exponent=Number(new)),
                        (base, Number(new)),
                    )
            yield "factor", "the exponent of {} should be 1", base, (base,)
        case Power(base, Negate(Number(value))) if not isinstance(base, Name) or letters.get(base.text) == SCALAR:
            for new in (value + 1, value - 1):
                if new:
                    other = node._replace(exponent=Negate(Number(new)))
                    yield "factor", "the exponent of {} should be {}", other, (base, Negate(Number(new)))
        case Number(value) if not is_exponent(place) and not is_size(place):
            for new in (value + 1, value * 2, Fraction(value) / 2, value - 1, value * 3):
                if new > 1 or (new > 0 and not isinstance(place.above, Juxtapose)):
                    yield "factor", "{} should be {}", fraction(new), (node, fraction(new))
        case Bars() | Apply("norm"):
            if not isinstance(place.above, Power):
                yield "factor", "{} should be squared", Power(node, Number(2)), (node,)
        case Name(text) if letters.get(text) == SCALAR and not isinstance(place.above, Power | Index):
            yield "factor", "{} should be squared", Power(node, Number(2)), (node,)


def signed(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """The sign of a term, of the whole or of an inner sum, or of an argument."""
    node = place.node
    match node:
        case Add(signs, terms):
            for k, term in enumerate(terms):
                turned = (*signs[:k], -signs[k], *signs[k + 1 :])
                yield "sign", "the sign of {} is wrong", node._replace(signs=turned), (term,)
        case Negate(operand) if not isinstance(place.above, Add):
            yield "sign", "the sign is wrong" if not place.path else "the sign of {} is wrong", operand, (operand,)
    outer = place.above is None or (isinstance(place.above, Apply) and not is_size(place))
    if outer and not isinstance(node, Negate):
        opposite = node._replace(signs=tuple(-s for s in node.signs)) if isinstance(node, Add) else Negate(node)
        yield "sign", "the sign is wrong" if not place.path else "the sign of {} is wrong", opposite, (node,)


def without_terms(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A term of a sum that should not be there."""
    node = place.node
    if isinstance(node, Add):
        for k, term in enumerate(node.terms):
            signs, terms = (*node.signs[:k], *node.signs[k + 1 :]), (*node.terms[:k], *node.terms[k + 1 :])
            new: Syntax = Add(signs, terms) if len(terms) > 1 else terms[0] if signs[0] > 0 else Negate(terms[0])
            yield "term", "the term {} is too much", new, (term,)
