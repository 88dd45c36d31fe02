"""A form that is to be zero, multiplied by what its terms are divided by."""

from __future__ import annotations

from itertools import product as choices
from typing import TYPE_CHECKING

from matcalc.algebra.full.networks import Monomial, Network, TooLarge

if TYPE_CHECKING:
    from matcalc.algebra.full.forms import Form, Forms


ROUNDS = 8


def cleared(forms: Forms, form: Form) -> Form:
    """A multiple of the form without sums in denominators, as far as these are not summed over."""
    for _ in range(ROUNDS):
        found = _denominator(forms, form)
        if found is None or not form:
            return form
        form = _multiplied(forms, form, *found)
    return form


def _denominator(forms: Forms, form: Form) -> tuple[int, tuple[int, ...], int] | None:
    """A sum to a negative power at free indices, and the largest such power."""
    for monomial in form:
        for atom, args, exponent in monomial.edges:
            below = isinstance(exponent, int) and exponent < 0 and forms.atoms.atoms[atom].terms
            if below and all(arg in (monomial.row, monomial.col) for arg in args):
                sides = tuple([0 if arg == monomial.row else 1 for arg in args])
                return atom, sides, max(_power_in(m, atom, sides) for m in form)
    return None


def _power_in(monomial: Monomial, atom: int, sides: tuple[int, ...]) -> int:
    args = tuple([monomial[side] for side in sides])
    return max([0, *[-e for a, own, e in monomial.edges if a == atom and own == args and isinstance(e, int)]])


def _multiplied(forms: Forms, form: Form, atom: int, sides: tuple[int, ...], power: int) -> Form:
    """The form times atom^power, entry by entry, the atom written out as a sum."""
    terms = forms.atoms.atoms[atom].terms
    found: Form = {}
    for monomial, number in form.items():
        args = tuple([monomial[side] for side in sides])
        rest = Monomial(*monomial[:3], tuple([e for e in monomial.edges if e[:2] != (atom, args)]))
        own = next((e for a, given, e in monomial.edges if (a, given) == (atom, args)), 0)
        left = own + power
        if not isinstance(left, int) or not 0 <= left <= 4:
            raise TooLarge
        for chosen in choices(terms, repeat=left):
            forms.worked()
            net = Network(forms.atoms)
            row, col = net.add(rest)
            factor = number
            for term, c in chosen:
                factor *= c
                indices = [i for i in net.add(term) if i]
                for index, side in zip(indices, sides, strict=True):
                    net.join(index, (row, col)[side])
            forms.collected(net.settled(row, col, factor), found)
    return found
