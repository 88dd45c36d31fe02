"""Changes of what stands where: transposes, the order of factors, entrywise or matrix products, brackets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from matcalc.read.syntax import Add, Apply, Binary, Index, Juxtapose, Name, Negate, Number, Postfix, Power, Syntax
from matcalc.shape import Shape
from matcalc.verify.edits.pieces import Changes, is_array, is_exponent, is_size, joined, product, transposed
from matcalc.verify.places import Place


def transposed_whole(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """The transpose of the whole."""
    if not place.path and is_array(place.node, letters):
        yield "layout", "the whole should be transposed", transposed(place.node), ()


def transposed_letters(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A letter, or a transposed one."""
    node, above = place.node, place.above
    match node:
        case Postfix("'" | "^T", base):
            yield "transpose", "{} should not be transposed", base, (base,)
        case Postfix("^-T", base):
            yield "transpose", "the inverse of {} should not be transposed", Power(base, Negate(Number(1))), (base,)
        case Power(base, Negate(Number(1)), False) if is_array(base, letters):
            yield "transpose", "the inverse of {} should be transposed", Postfix("^-T", base), (base,)
        case Name() if is_array(node, letters) and not is_exponent(place) and not is_size(place):
            if not (isinstance(above, Postfix) and above.mark in ("'", "^T")) and not isinstance(above, Index):
                yield "transpose", "{} should be transposed", transposed(node), (node,)


def transposed_parts(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A bracket, a call, a product, or some of the factors side by side; below subscripts these are swapped instead."""
    node = place.node
    if not place.path or is_exponent(place) or isinstance(place.above, Postfix | Index) or is_size(place):
        return
    if isinstance(node, Add | Juxtapose | Binary | Apply) and is_array(node, letters):
        yield "transpose", "{} should be transposed", transposed(node), (node,)
    if isinstance(node, Juxtapose):
        count = len(node.factors)
        for i in range(count):
            for j in range(i + 2, count + 1):
                if j - i < count and not isinstance(node.factors[i], Number):
                    part = Juxtapose(node.factors[i:j])
                    new = Juxtapose((*node.factors[:i], transposed(part), *node.factors[j:]))
                    yield "transpose", "{} should be transposed", new, (part,)


def swapped(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """Neighbours swapped, a product reversed, the sides of what does not commute swapped."""
    node = place.node
    match node:
        case Juxtapose(factors):
            for i in range(len(factors) - 1):
                if isinstance(factors[i], Number) or isinstance(factors[i + 1], Number):
                    continue
                new = Juxtapose((*factors[:i], factors[i + 1], factors[i], *factors[i + 2 :]))
                yield "order", "{} and {} should be swapped", new, (factors[i], factors[i + 1])
            arrays = [f for f in factors if not isinstance(f, Number)]
            if len(arrays) > 2:
                for turned in _moved(arrays):
                    numbers = [f for f in factors if isinstance(f, Number)]
                    yield (
                        "order",
                        "the factors should be in the order {}",
                        Juxtapose((*numbers, *turned)),
                        (joined(turned),),
                    )
        case Binary("/" | "./" | "⊗" | "*" | "<" | ">" | "<=" | ">=", left, right):
            yield "order", "{} and {} should be swapped", node._replace(left=right, right=left), (left, right)
        case Apply(_, (first, second)) if not is_size(Place(second, (1,), node)):
            yield "order", "{} and {} should be swapped", node._replace(arguments=(second, first)), (first, second)


def _moved(factors: Sequence[Syntax]) -> Iterator[list[Syntax]]:
    """Reversed, and the first or last factor moved to the other end."""
    yield list(factors[::-1])
    yield [*factors[1:], factors[0]]
    yield [factors[-1], *factors[:-1]]


def entrywise(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """Matrix products for entrywise ones, and the reverse."""
    node = place.node
    match node:
        case Binary(".*", left, right):
            yield "hadamard", "{} and {} should be multiplied as matrices", product(left, right), (left, right)
            yield "hadamard", "{} should be divided by {} entry by entry", node._replace(operator="./"), (left, right)
        case Binary("*", left, right):
            yield (
                "hadamard",
                "{} and {} should be multiplied entry by entry",
                node._replace(operator=".*"),
                (left, right),
            )
        case Binary("./", left, right):
            yield (
                "hadamard",
                "{} and {} should be multiplied entry by entry",
                node._replace(operator=".*"),
                (left, right),
            )
            yield "hadamard", "the quotient by {} should not be entry by entry", node._replace(operator="/"), (right,)
        case Binary("/", _, right):
            yield "hadamard", "the quotient by {} should be entry by entry", node._replace(operator="./"), (right,)
        case Binary(":", left, right):
            yield (
                "hadamard",
                "{} and {} should be multiplied entry by entry",
                node._replace(operator=".*"),
                (left, right),
            )
        case Power(base, _, entrywise):
            words = (
                "the power of {} should not be entry by entry"
                if entrywise
                else "the power of {} should be entry by entry"
            )
            yield "hadamard", words, node._replace(entrywise=not entrywise), (base,)
        case Juxtapose(factors):
            numbers = [f for f in factors if isinstance(f, Number)]
            arrays = [f for f in factors if not isinstance(f, Number)]
            for k in range(1, len(arrays)):
                left, right = joined(arrays[:k]), joined(arrays[k:])
                whole = Binary(".*", joined([*numbers, left]), right)
                yield "hadamard", "{} and {} should be multiplied entry by entry", whole, (left, right)
            for k in range(len(arrays) - 1):
                inner = Binary(".*", arrays[k], arrays[k + 1])
                new = joined([*numbers, *arrays[:k], inner, *arrays[k + 2 :]])
                yield "hadamard", "{} and {} should be multiplied entry by entry", new, (arrays[k], arrays[k + 1])


def bracketed(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A bracket that closes too early or too late: A (B + C) for A B + C, and the reverse."""
    node = place.node
    match node:
        case Juxtapose((*before, Add(signs, terms))):
            first = Juxtapose((*before, terms[0]))
            yield "other", "the bracket in {} should close earlier", Add(signs, (first, *terms[1:])), (node,)
        case Juxtapose((Add(signs, terms), *after)):
            last = Juxtapose((terms[-1], *after))
            yield "other", "the bracket in {} should open later", Add(signs, (*terms[:-1], last)), (node,)
        case Add(signs, terms):
            for k, term in enumerate(terms):
                if isinstance(term, Juxtapose) and k + 1 < len(terms):
                    inner = Add((1, *[s * signs[k] for s in signs[k + 1 :]]), (term.factors[-1], *terms[k + 1 :]))
                    new = Juxtapose((*term.factors[:-1], inner))
                    whole: Syntax = Add((*signs[:k], signs[k]), (*terms[:k], new)) if k else new
                    yield "other", "{} should be in brackets", whole, (inner,)
