"""Trees that one change away from a tree lie: what an author may have meant, the likeliest first.

>>> from matcalc.read.formula import read
>>> from matcalc.write.present import plain_text                                        # the caller chooses how to write
>>> for edit in list(edits(read("A B")))[:4]:
...     print(plain_text(edit.tree), "--", edit.said(plain_text))
2 A B -- the factor 2 is missing
A B / 2 -- the factor 1/2 is missing
-A B -- the sign is wrong
(A B)' -- the whole should be transposed
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matcalc.read.syntax import (
    Add,
    Apply,
    Bars,
    Binary,
    Index,
    Juxtapose,
    Name,
    Negate,
    Number,
    Postfix,
    Power,
    Syntax,
)  # fmt: skip
from matcalc.rules import functions
from matcalc.shape import SCALAR, Shape
from matcalc.verify.places import Place, places, plainly, replaced, without_spans

CAUSES = ("factor", "sign", "transpose", "order", "hadamard", "term", "index", "layout", "other")
MOST = 1000  # edits of one tree
LARGEST = 300  # places of a tree that is edited


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: ``cause`` is one of CAUSES, ``words`` say what the author should do, with ``{}`` for each of ``parts``."""

    cause: str
    words: str
    tree: Syntax
    parts: tuple[Syntax, ...] = ()

    def said(self, text: Callable[[Syntax], str]) -> str:
        """The words, with the parts written by ``text``."""
        return self.words.format(*map(text, self.parts))


Changes = Iterator[
    tuple[str, str, Syntax, tuple[Syntax, ...]]
]  # of one node: cause, words, what takes its place, parts


def edits(tree: Syntax, letters: Mapping[str, Shape] | None = None, most: int = MOST) -> Iterator[Edit]:
    """The trees that one change makes of this one, each once, the likeliest first; the same for the same tree.

    ``letters`` are the names that are no functions, with their shapes: a letter may have been taken for another of its
    shape, a scalar may be missing as a factor, and is never transposed.
    """
    shapes = letters or {}
    tree = plainly(tree, shapes)
    found = list(places(tree))
    if len(found) > LARGEST:
        return
    bare = without_spans(tree)
    seen = {bare}
    for kind in KINDS:
        for place in found:
            for cause, words, new, parts in kind(place, shapes):
                other = replaced(bare, place.path, without_spans(new))
                if other not in seen:
                    seen.add(other)
                    yield Edit(cause, words, replaced(tree, place.path, new), parts)
                if len(seen) > most:
                    return


def with_terms(tree: Syntax, terms: Iterable[Syntax], letters: Collection[str] = ()) -> Iterator[Edit]:
    """The tree with one more term, of those that the truth has."""
    tree = plainly(tree, letters)
    own = {without_spans(t) for t in (tree.terms if isinstance(tree, Add) else (tree,))}
    for term in terms:
        term = plainly(term, letters)
        sign, body = (-1, term.operand) if isinstance(term, Negate) else (1, term)
        if without_spans(body) not in own:
            signs, old = (tree.signs, tree.terms) if isinstance(tree, Add) else ((1,), (tree,))
            yield Edit("term", "the term {} is missing", Add((*signs, sign), (*old, body)), (term,))


def terms_of(tree: Syntax, letters: Collection[str] = ()) -> tuple[Syntax, ...]:
    """The terms of a sum, each with its sign; the tree itself where it is none."""
    tree = plainly(tree, letters)
    if not isinstance(tree, Add):
        return (tree,)
    return tuple(t if sign > 0 else Negate(t) for sign, t in zip(tree.signs, tree.terms, strict=True))


# --- pieces -------------------------------------------------------------------------------------------------------------


def _is_term(place: Place) -> bool:
    """Whether a node stands where a factor in front of it scales a term of the whole or of an inner sum."""
    match place.above:
        case None | Add() | Apply() | Negate():
            return not isinstance(place.node, Add | Negate)
        case Binary(":", left, _):
            return place.node is left and not isinstance(place.node, Add | Negate)
    return False


def scaled(factor: int | Fraction, tree: Syntax) -> Syntax:
    """A number times a tree, as people write it."""
    match tree:
        case Number(value):
            return Number(value * factor)
        case Juxtapose((Number(value), *rest)):
            return _times(value * factor, rest)
        case Juxtapose((Binary("/", Number(over), Number(under)), *rest)):
            return _times(Fraction(over) / under * factor, rest)
        case Binary("/", left, right) if isinstance(factor, int):
            return tree._replace(left=scaled(factor, left), right=right)
        case Binary("*", left, right):
            return tree._replace(left=scaled(factor, left), right=right)
        case Binary(":", left, _):
            return tree._replace(left=scaled(factor, left))
    if isinstance(factor, Fraction):
        below: Syntax = Number(factor.denominator)
        above = tree if factor.numerator == 1 else scaled(factor.numerator, tree)
        return Binary("/", above, below)
    return Juxtapose((Number(factor), *_factors(tree)))


def _times(value: int | Fraction, rest: Sequence[Syntax]) -> Syntax:
    value = value.numerator if value.denominator == 1 else value
    factors = tuple(rest)
    if value == 1:
        return factors[0] if len(factors) == 1 else Juxtapose(factors)
    if isinstance(value, Fraction):
        inner = _times(value.numerator, rest)
        return Binary("/", inner, Number(value.denominator))
    return Juxtapose((Number(value), *factors))


def _factors(tree: Syntax) -> tuple[Syntax, ...]:
    return tree.factors if isinstance(tree, Juxtapose) else (tree,)


def _joined(factors: Sequence[Syntax]) -> Syntax:
    return factors[0] if len(factors) == 1 else Juxtapose(tuple(factors))


def _is_array(tree: Syntax, letters: Mapping[str, Shape]) -> bool:
    """Whether a node may be something that is transposed."""
    match tree:
        case Number():
            return False
        case Name(text):
            shape = letters.get(text, letters.get(text[1:]) if text[:1] == "d" else None)
            constant = any(record.gives.startswith("scalar") and not record.takes for record in functions.lookup(text))
            return shape != SCALAR and not (shape is None and constant)
        case Apply(name):
            records = functions.lookup(name)
            return not records or any(not record.gives.startswith("scalar") for record in records)
        case Power(base, _):
            return _is_array(base, letters)
        case Bars():
            return False
    return True


def transposed(tree: Syntax) -> Syntax:
    return tree.base if isinstance(tree, Postfix) and tree.mark in ("'", "^T") else Postfix("'", tree)


# --- changes of one node, a kind a function -------------------------------------------------------------------------------


def _factor(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """2 or 1/2 in front of a term."""
    node = place.node
    if not _is_term(place) or _is_exponent(place):
        return
    for factor in (2, Fraction(1, 2)):
        new = scaled(factor, node)
        # what is added in front is missing; what a number in front loses is too much
        words = "the factor {} is missing"
        if factor != 2 and _number(node) % 2 == 0:
            words, factor = "the factor {} is too much", 2
        yield "factor", words, new, (_fraction(factor),)


def _fraction(value: int | Fraction) -> Syntax:
    return (
        Number(int(value))
        if value.denominator == 1
        else Binary("/", Number(value.numerator), Number(value.denominator))
    )


def _number(node: Syntax) -> int | Fraction:
    """The number in front of a term."""
    match node:
        case Number(value) | Juxtapose((Number(value), *_)):
            return value
        case Binary(_, left, _):
            return _number(left)
    return 1


def _is_exponent(place: Place) -> bool:
    return isinstance(place.above, Power) and place.path[-1][0] == "exponent"


def _sign(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """The sign of a term, of the whole or of an inner sum, or of an argument."""
    node = place.node
    match node:
        case Add(signs, terms):
            for k, term in enumerate(terms):
                turned = (*signs[:k], -signs[k], *signs[k + 1 :])
                yield "sign", "the sign of {} is wrong", node._replace(signs=turned), (term,)
        case Negate(operand) if not isinstance(place.above, Add):
            yield "sign", "the sign is wrong" if not place.path else "the sign of {} is wrong", operand, (operand,)
    outer = place.above is None or (isinstance(place.above, Apply) and not _is_size(place))
    if outer and not isinstance(node, Negate):
        opposite = node._replace(signs=tuple(-s for s in node.signs)) if isinstance(node, Add) else Negate(node)
        yield "sign", "the sign is wrong" if not place.path else "the sign of {} is wrong", opposite, (node,)


def _is_size(place: Place) -> bool:
    """Whether a node is an argument that is a size: of eye, ones, unvec."""
    call = place.above
    if not isinstance(call, Apply):
        return False
    k = place.path[-1][1]
    for record in functions.lookup(call.function):
        taken = [part.strip() for part in record.takes.split(";")]
        if len(taken) == len(call.arguments) and taken[k].endswith(": size"):
            return True
    return False


def _layout(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """The transpose of the whole."""
    if not place.path and _is_array(place.node, letters):
        yield "layout", "the whole should be transposed", transposed(place.node), ()


def _transpose_letters(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A letter, or a transposed one."""
    node, above = place.node, place.above
    match node:
        case Postfix("'" | "^T", base):
            yield "transpose", "{} should not be transposed", base, (base,)
        case Postfix("^-T", base):
            yield "transpose", "the inverse of {} should not be transposed", Power(base, Negate(Number(1))), (base,)
        case Power(base, Negate(Number(1)), False) if _is_array(base, letters):
            yield "transpose", "the inverse of {} should be transposed", Postfix("^-T", base), (base,)
        case Name() if _is_array(node, letters) and not _is_exponent(place) and not _is_size(place):
            if not (isinstance(above, Postfix) and above.mark in ("'", "^T")) and not isinstance(above, Index):
                yield "transpose", "{} should be transposed", transposed(node), (node,)


def _transpose_parts(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A bracket, a call, a product, or some of the factors side by side; below subscripts these are swapped instead."""
    node = place.node
    if not place.path or _is_exponent(place) or isinstance(place.above, Postfix | Index) or _is_size(place):
        return
    if isinstance(node, Add | Juxtapose | Binary | Apply) and _is_array(node, letters):
        yield "transpose", "{} should be transposed", transposed(node), (node,)
    if isinstance(node, Juxtapose):
        count = len(node.factors)
        for i in range(count):
            for j in range(i + 2, count + 1):
                if j - i < count and not isinstance(node.factors[i], Number):
                    part = Juxtapose(node.factors[i:j])
                    new = Juxtapose((*node.factors[:i], transposed(part), *node.factors[j:]))
                    yield "transpose", "{} should be transposed", new, (part,)


def _order(place: Place, letters: Mapping[str, Shape]) -> Changes:
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
                        (_joined(turned),),
                    )
        case Binary("/" | "./" | "⊗" | "*" | "<" | ">" | "<=" | ">=", left, right):
            yield "order", "{} and {} should be swapped", node._replace(left=right, right=left), (left, right)
        case Apply(_, (first, second)) if not _is_size(Place(second, (("arguments", 1, -1),), node)):
            yield "order", "{} and {} should be swapped", node._replace(arguments=(second, first)), (first, second)


def _moved(factors: Sequence[Syntax]) -> Iterator[list[Syntax]]:
    """Reversed, and the first or last factor moved to the other end."""
    yield list(factors[::-1])
    yield [*factors[1:], factors[0]]
    yield [factors[-1], *factors[:-1]]


def _hadamard(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """Matrix products for entrywise ones, and the reverse."""
    node = place.node
    match node:
        case Binary(".*", left, right):
            yield "hadamard", "{} and {} should be multiplied as matrices", _product(left, right), (left, right)
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
                left, right = _joined(arrays[:k]), _joined(arrays[k:])
                whole = Binary(".*", _joined([*numbers, left]), right)
                yield "hadamard", "{} and {} should be multiplied entry by entry", whole, (left, right)
            for k in range(len(arrays) - 1):
                inner = Binary(".*", arrays[k], arrays[k + 1])
                new = _joined([*numbers, *arrays[:k], inner, *arrays[k + 2 :]])
                yield "hadamard", "{} and {} should be multiplied entry by entry", new, (arrays[k], arrays[k + 1])


def _product(left: Syntax, right: Syntax) -> Syntax:
    return Juxtapose((*_factors(left), *_factors(right)))


def _drop_terms(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A term of a sum that should not be there."""
    node = place.node
    if isinstance(node, Add):
        for k, term in enumerate(node.terms):
            signs, terms = (*node.signs[:k], *node.signs[k + 1 :]), (*node.terms[:k], *node.terms[k + 1 :])
            new: Syntax = Add(signs, terms) if len(terms) > 1 else terms[0] if signs[0] > 0 else Negate(terms[0])
            yield "term", "the term {} is too much", new, (term,)


def _drop_factors(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A factor that should not be there, or a scalar one that is missing."""
    node = place.node
    match node:
        case Juxtapose(factors):
            for k, factor in enumerate(factors):
                yield "factor", "the factor {} is too much", _joined((*factors[:k], *factors[k + 1 :])), (factor,)
        case Binary("*" | ".*", left, right):
            yield "factor", "the factor {} is too much", right, (left,)
            yield "factor", "the factor {} is too much", left, (right,)
        case Binary("/" | "./", left, right):
            yield "factor", "the divisor {} is too much", left, (right,)
    if _is_term(place):
        for name in sorted(n for n, shape in letters.items() if shape == SCALAR):
            if not (isinstance(node, Name) and node.text == name):
                yield "factor", "the factor {} is missing", _with_scalar(Name(name), node), (Name(name),)


def _with_scalar(name: Name, node: Syntax) -> Syntax:
    factors = _factors(node)
    first = 1 if isinstance(factors[0], Number) else 0
    return Juxtapose((*factors[:first], name, *factors[first:]))


def _numbers(place: Place, letters: Mapping[str, Shape]) -> Changes:
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
        case Number(value) if not _is_exponent(place) and not _is_size(place):
            for new in (value + 1, value * 2, Fraction(value) / 2, value - 1, value * 3):
                if new > 1 or (new > 0 and not isinstance(place.above, Juxtapose)):
                    yield "factor", "{} should be {}", _fraction(new), (node, _fraction(new))
        case Bars() | Apply("norm"):
            if not isinstance(place.above, Power):
                yield "factor", "{} should be squared", Power(node, Number(2)), (node,)
        case Name(text) if letters.get(text) == SCALAR and not isinstance(place.above, Power | Index):
            yield "factor", "{} should be squared", Power(node, Number(2)), (node,)


def _index(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """Subscripts swapped, or another index; sizes swapped."""
    node = place.node
    match node:
        case Index(_, (first, second)):
            yield "index", "the subscripts of {} should be swapped", node._replace(subscripts=(second, first)), (node,)
        case Apply(_, (Name() | Number() as first, Name() | Number() as second)) if _is_size(
            Place(first, (("arguments", 0, -1),), node)
        ):
            yield "index", "the sizes of {} should be swapped", node._replace(arguments=(second, first)), (node,)
    if isinstance(node, Index):
        for k, subscript in enumerate(node.subscripts):
            if isinstance(subscript, Name | Number):
                one = Number(1)
                others: list[Syntax] = [Number(subscript.value + 1)] if isinstance(subscript, Number) else []
                if isinstance(subscript, Name):
                    others = [Name(s) for s in ("i", "j", "k") if s != subscript.text]
                    others += [Add((1, 1), (subscript, one)), Add((1, -1), (subscript, one))]
                for other in others:
                    changed = (*node.subscripts[:k], other, *node.subscripts[k + 1 :])
                    yield (
                        "index",
                        "the subscript {} should be {}",
                        node._replace(subscripts=changed),
                        (subscript, other),
                    )


def _letter(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A letter that is another one of its shape; with a number at its end (W_1, W_2) it is an index that is wrong."""
    node = place.node
    if not isinstance(node, Name) or node.text not in letters:
        return
    shape = letters[node.text]
    for name in sorted(letters):
        same = letters[name] == shape or letters[name] == shape[::-1]
        if same and name != node.text:
            cause = "index" if _stem(name) == _stem(node.text) else "other"
            yield cause, "{} should be {}", Name(name), (node, Name(name))


def _stem(name: str) -> str:
    return name.rpartition("_")[0] or name


def _functions(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """A Diag or an inverse that is missing or too much; a primed function."""
    node = place.node
    match node:
        case Apply(name, (argument,)) if functions.lookup(name):
            yield "other", "the function in {} is too much", argument, (node,)
            for other in SWAPPED.get(name, ()):
                yield "other", "{} should be {}", node._replace(function=other), (node, node._replace(function=other))
        case Power(base, Negate(Number(1)), False) | Postfix("^-T", base):
            yield "other", "{} should not be inverted", base, (base,)
    if isinstance(node, Apply) and node.primes:
        yield "other", "there is a prime too much in {}", node._replace(primes=node.primes - 1), (node,)
    if isinstance(node, Apply) and not functions.lookup(node.function):
        yield "other", "a prime is missing in {}", node._replace(primes=node.primes + 1), (node,)
    wrapped = isinstance(place.above, Apply) or _is_exponent(place) or _is_size(place) or isinstance(place.above, Index)
    if isinstance(node, Name | Postfix) and _is_array(node, letters) and not wrapped:
        column = isinstance(node, Name) and letters.get(node.text, (2, 2))[1] == 1
        if isinstance(node, Name) and not column and (node.text in letters or not letters):
            yield "other", "{} should be inverted", Apply("inv", (node,)), (node,)
        if column or not letters:
            yield "other", "{} should be inside a Diag", Apply("Diag", (node,)), (node,)


# fmt: off
SWAPPED: dict[str, tuple[str, ...]] = {  # functions that are taken for one another
    "sin": ("cos",), "cos": ("sin",), "sinh": ("cosh",), "cosh": ("sinh",), "tr": ("det", "sum"), "sum": ("tr",),
    "det": ("tr", "logdet"), "logdet": ("det",), "inv": ("adj",), "adj": ("inv",), "diag": ("Diag",), "Diag": ("diag",),
    "exp": ("log",), "log": ("exp",), "relu": ("step",), "step": ("relu",), "abs": ("sign",), "sign": ("abs",),
    "tanh": ("sigmoid",), "sigmoid": ("tanh",), "norm": ("norm1",), "tril": ("triu",), "triu": ("tril",),
}
# fmt: on


def _brackets(place: Place, letters: Mapping[str, Shape]) -> Changes:
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


KINDS = (
    _factor, _sign, _layout, _transpose_letters, _transpose_parts, _order, _hadamard, _drop_terms, _drop_factors, _numbers,
    _index, _letter, _functions, _brackets,
)  # fmt: skip
