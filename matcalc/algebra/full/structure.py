"""Functions of whole arrays that only move indices, or are linear, or inverses: tr, diag, vec, kron, tril, inv, …."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.algebra.full.networks import ONE, Network, TooLarge, lowest
from matcalc.algebra.full.opaque import opaque
from matcalc.algebra.full.powers import (
    content,
    free_count,
    parts_of,
    power_of_monomial,
    raised,
    scalar_of,
    vertices_met,
)
from matcalc.expr import Call, Rational
from matcalc.shape import SCALAR

if TYPE_CHECKING:
    from matcalc.algebra.full.forms import Form, Forms

Structure = Callable[["Forms", Call, "list[Form]"], "Form"]


def _moves(how: str) -> Structure:
    return lambda forms, node, args: forms.rearranged(args[0], how)


def _unvec(forms: Forms, node: Call, args: list[Form]) -> Form:
    found: Form = {}
    for monomial, number in args[0].items():
        net = Network(forms.atoms)
        index, _ = net.add(monomial)
        row, col = (() if size == 1 else (net.vertex(size),) for size in node.shape)
        net.join(index, col + row)
        forms.collected(net.settled(row, col, number), found)
    return found


def _kron(forms: Forms, node: Call, args: list[Form]) -> Form:
    return forms.product(args, "kron")


def _triangle(turned: bool) -> Structure:
    """tril(X) = T ⊙ X with T_ij = 1 where i >= j; triu(X) = T' ⊙ X."""

    def structure(forms: Forms, node: Call, args: list[Form]) -> Form:
        atom = forms.atoms.atom("triangle", {"binary", "nonnegative", "triangle"})
        found: Form = {}
        for monomial, number in args[0].items():
            net = Network(forms.atoms)
            row, col = net.add(monomial)
            if not row or not col:
                raise TooLarge
            net.edges.append((atom.number, (col, row) if turned else (row, col), 1))
            forms.collected(net.settled(row, col, number), found)
        return found

    return structure


def _inverse(forms: Forms, node: Call, args: list[Form]) -> Form:
    """inv(s A) = inv(A) / s, and entry by entry for a diagonal matrix."""
    form = args[0]
    if len(form) == 1:
        ((monomial, number),) = form.items()
        if monomial.row == monomial.col:
            found = power_of_monomial(forms, monomial, number, -1)
            if found is not None:
                return found
    if not form:
        raise TooLarge
    number, common, rest = content(
        forms, form, True, lambda part: not any(v < free_count(part) for v in vertices_met(part))
    )
    away = [raised(forms, part, -own) for part, own in common]
    core = opaque(forms, node, [rest])
    return forms.product([core, *away, {ONE: lowest(1 / Fraction(number))}], "mixed")


def _linear(forms: Forms, node: Call, args: list[Form]) -> Form:
    """f(s A + B) = s f(A) + f(B), in the last argument."""
    *before, last = args
    out: list[tuple[Form, Rational]] = []
    for monomial, number in last.items():
        scalars = [
            (part, own) for part, own in parts_of(monomial) if not any(v < free_count(part) for v in vertices_met(part))
        ]
        core = forms.product([{monomial: 1}, *[raised(forms, part, -own) for part, own in scalars]], "mixed")
        made = opaque(forms, node, [*before, core])
        out.append((forms.product([made, *[scalar_of(raised(forms, p, e)) for p, e in scalars]], "mixed"), number))
    return forms.sum(out)


def _part(sign: int) -> Structure:
    """(X ± X') / 2."""
    half = Fraction(1, 2)
    return lambda forms, node, args: forms.sum([(args[0], half), (forms.transposed(args[0]), sign * half)])


def _adjugate(forms: Forms, node: Call, args: list[Form]) -> Form:
    """det(X) inv(X), where definitions are written out."""
    if not forms.definitions:
        return opaque(forms, node, args)
    det = opaque(forms, Call("det", node.args, SCALAR), args)
    return forms.product([det, _inverse(forms, Call("inv", node.args, node.shape), args)], "mixed")


STRUCTURE: dict[str, Structure] = {
    "sym": _part(1),
    "skew": _part(-1),
    "adj": _adjugate,
    "tr": _moves("trace"),
    "diag": _moves("diagonal"),
    "Diag": _moves("Diag"),
    "vec": _moves("vec"),
    "unvec": _unvec,
    "kron": _kron,
    "tril": _triangle(turned=False),
    "triu": _triangle(turned=True),
    "inv": _inverse,
    **dict.fromkeys(("expm_frechet", "logm_frechet", "sinm_frechet", "cosm_frechet"), _linear),
    **dict.fromkeys(("vech", "unvech", "crossmat", "crossvec"), _linear),
}
