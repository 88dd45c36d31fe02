"""Functions that are nothing but themselves: atoms, known by the full forms of their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matcalc.algebra.full.leaves import letter, single
from matcalc.algebra.full.networks import Atom, Monomial, Network, rearranged
from matcalc.algebra.transposes import is_invariant, passes_on
from matcalc.expr import Call, Rational
from matcalc.rules import functions as tables
from matcalc.rules.properties import closure
from matcalc.shape import Shape

if TYPE_CHECKING:
    from matcalc.algebra.full.forms import Form, Forms


SUM, EXP = ("sum",), ("entries", "exp", ())  # keys of atoms whose argument is kept


def opaque(forms: Forms, node: Call, args: list[Form]) -> Form:
    """A function that is nothing but itself; f(X') = f(X)' where that is known."""
    key = ("call", node.function, node.parameters, node.shape)
    words = _words(node)
    if is_invariant(node):
        args = [min(args[0], forms.transposed(args[0]), key=_key)]
    elif len(args) == 1 and not node.parameters and passes_on((node.function, 1)) == (node.function, (0,)):
        turned = forms.transposed(args[0])
        if turned == args[0]:
            words |= {"symmetric"}
        elif _key(turned) < _key(args[0]):
            return forms.transposed(_opaque_of(forms, key, (turned,), words, node.shape[::-1], node))
    return _opaque_of(forms, key, tuple(args), words, node.shape, node)


def _opaque_of(
    forms: Forms, key: object, args: tuple[Form, ...], words: frozenset[str], shape: Shape, node: Call
) -> Form:
    atom = letter(forms, (key, tuple(map(_key, args))), words)
    if node.function == "inv":
        know_inverse(forms, atom, args[0])
    return single(forms, atom, shape)


def know_inverse(forms: Forms, atom: Atom, form: Form) -> None:
    """inv(A) A = A inv(A) = I, where A is a letter."""
    if len(form) != 1:
        return
    ((monomial, number),) = form.items()
    if number != 1 or len(monomial.edges) != 1 or monomial.edges[0][2] != 1:
        return
    other, args, _ = monomial.edges[0]
    turned = args == (monomial.col, monomial.row)
    if not turned and args != (monomial.row, monomial.col):
        return
    for slot in (0, 1):
        there = slot if turned else 1 - slot
        atom.meets[slot, other, there] = "delta"
        forms.atoms.atoms[other].meets[there, atom.number, slot] = "delta"


def _words(node: Call) -> frozenset[str]:
    """The properties that the records of a function give its value."""
    axis = node.parameters[0] if node.parameters else 0
    records = [r for r in tables.lookup(node.function) if r.axis == axis] or tables.lookup(node.function)
    given = [
        frozenset(w.strip() for w in r.gives.rpartition(")")[2].split(","))
        if ")" in r.gives
        else frozenset(r.gives.split(", ")[1:])
        for r in records
    ]
    return closure(frozenset.intersection(*given) & KNOWN) if given else frozenset()


KNOWN = frozenset({
    "positive", "nonnegative", "binary", "symmetric", "skew", "psd", "spd", "orthogonal", "projection", "distribution",
    "lower", "upper",
})  # fmt: skip


def atomic(
    forms: Forms, key: object, args: Sequence[Form], shape: Shape, words: Iterable[str] = (), exponent: Rational = 1
) -> Form:
    """A function of entries as an atom whose indices are those that its arguments have; f(X') is its transpose."""
    net = Network(forms.atoms)
    row, col = (() if size == 1 else (net.vertex(size),) for size in shape)
    used = [any(_uses(form, side) for form in args) for side in (0, 1)]
    args = [_on(form, used) for form in args]
    turned = [forms.transposed(form) for form in args]
    own, other = tuple(map(_key, args)), tuple(map(_key, turned))
    swapped = other < own
    least = other if swapped else own
    indices = [index for index, there in zip((row, col), used, strict=True) if index and there]
    symmetric = frozenset({"symmetric"}) if own == other and len(indices) == 2 else frozenset[str]()
    atom = forms.atoms.atom((key, least), frozenset(words) | symmetric)
    if key == SUM:
        atom.terms = least[0]
    elif key == EXP:
        atom.logarithm = least[0]
    net.edges.append((atom.number, tuple(indices[::-1] if swapped else indices), exponent))
    return forms.collected(net.settled(row, col))


def _uses(form: Form, side: int) -> bool:
    """Whether some term depends on the row (0) or the column (1)."""
    for monomial in form:
        index = monomial[side]
        if index and (
            set(index) & set(monomial[1 - side])
            or any(v in arg for _, args, _ in monomial.edges for arg in args for v in index)
        ):
            return True
    return False


def _on(form: Form, used: Sequence[bool]) -> Form:
    """The form without the indices on which it does not depend."""
    found: Form = {}
    for monomial, number in form.items():
        gone = {v for side in (0, 1) if not used[side] for v in monomial[side]}
        kept = [v for v in range(len(monomial.sizes)) if v not in gone]
        order = {v: k for k, v in enumerate(kept)}
        row, col = (tuple([order[v] for v in monomial[side] if v in order]) for side in (0, 1))
        edges = [rearranged(edge, order) for edge in monomial.edges]
        found[Monomial(row, col, tuple([monomial.sizes[v] for v in kept]), tuple(edges))] = number
    return found


def _key(form: Form) -> tuple[tuple[Monomial, Rational], ...]:
    return tuple(sorted(form.items()))
