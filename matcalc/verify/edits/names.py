"""Changes of what is meant: subscripts, letters, functions."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.read.syntax import Add, Apply, Index, Name, Negate, Number, Postfix, Power, Syntax
from matcalc.rules import functions
from matcalc.shape import Shape
from matcalc.verify.edits.pieces import Changes, is_array, is_exponent, is_size
from matcalc.verify.places import Place


def subscripted(place: Place, letters: Mapping[str, Shape]) -> Changes:
    """Subscripts swapped, or another index; sizes swapped."""
    node = place.node
    match node:
        case Index(_, (first, second)):
            yield "index", "the subscripts of {} should be swapped", node._replace(subscripts=(second, first)), (node,)
        case Apply(_, (Name() | Number() as first, Name() | Number() as second)) if is_size(Place(first, (0,), node)):
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


def renamed(place: Place, letters: Mapping[str, Shape]) -> Changes:
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


def applied(place: Place, letters: Mapping[str, Shape]) -> Changes:
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
    wrapped = isinstance(place.above, Apply) or is_exponent(place) or is_size(place) or isinstance(place.above, Index)
    if isinstance(node, Name | Postfix) and is_array(node, letters) and not wrapped:
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
