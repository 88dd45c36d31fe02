"""Letters, constants and single atoms as forms: an index for each side that is not 1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matcalc.algebra.full.networks import POSITIVE, Atom, Network
from matcalc.algebra.properties import declared
from matcalc.expr import Constant, Rational, Symbol
from matcalc.shape import SCALAR, Shape

if TYPE_CHECKING:
    from matcalc.algebra.full.forms import Form, Forms


def symbol(forms: Forms, node: Symbol) -> Form:
    words = declared(node)
    if "diagonal" in words and not node.is_scalar:
        atom = forms.atoms.atom(("diagonal", node), words & ENTRIES)
        net = Network(forms.atoms)
        row = (net.vertex(node.rows),)
        net.edges.append((atom.number, (row,), 1))
        return forms.collected(net.settled(row, row))
    return single(forms, letter(forms, ("symbol", node), words), node.shape)


def constant(forms: Forms, node: Constant) -> Form:
    net = Network(forms.atoms)
    if node.kind == "zeros":
        return {}
    if node.kind == "commutation":
        i, j = (() if size == 1 else (net.vertex(size),) for size in node.parameters)
        return forms.collected(net.settled(i + j, j + i))
    if node.kind == "eye":
        row = (net.vertex(node.rows),)
        return forms.collected(net.settled(row, row))
    if node.kind == "ones":
        return forms.ones(node.shape)
    if node.kind == "size":
        return single(forms, forms.atoms.atom(("size", node.parameters[0]), POSITIVE), SCALAR)
    words = {"unit": UNIT, "selector": SELECTOR, "pi": POSITIVE}.get(node.kind, frozenset[str]())
    return single(forms, letter(forms, (node.kind, node.parameters, node.shape), words), node.shape)


def root(forms: Forms, value: Rational) -> Atom:
    """A number under a root."""
    atom = forms.atoms.atom(("number", value), POSITIVE if value > 0 else ())
    atom.value = value
    return atom


def letter(forms: Forms, key: object, words: Iterable[str]) -> Atom:
    """An atom with properties, and with what they make of neighbours."""
    atom = forms.atoms.atom(key, words)
    for word, meets in MEETS.items():
        if word in atom.words:
            for slot, other, kind in meets:
                atom.meets[slot, atom.number, other] = kind
    return atom


def single(forms: Forms, atom: Atom, shape: Shape, exponent: Rational = 1) -> Form:
    """An atom with an index for each side that is not 1."""
    net = Network(forms.atoms)
    row, col = (() if size == 1 else (net.vertex(size),) for size in shape)
    net.edges.append((atom.number, tuple([i for i in (row, col) if i]), exponent))
    return forms.collected(net.settled(row, col))


ENTRIES = POSITIVE | {"binary"}
UNIT = frozenset({"unit", "binary", "distribution", "nonnegative"})
SELECTOR = frozenset({"binary", "nonnegative", "orthonormal"})
MEETS: dict[str, tuple[tuple[int, int, str], ...]] = {
    "orthogonal":  ((0, 0, "delta"), (1, 1, "delta")),  # Q' Q = I, Q Q' = I
    "orthonormal": ((0, 0, "delta"),),
    "projection":  ((1, 0, "same"),),                   # P P = P
    "unit":        ((0, 0, "delta"),),                  # x' x = 1
}  # fmt: skip
