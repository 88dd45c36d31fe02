"""Powers and contents: a network as a product of parts that hang together, c^p f^p (u + v)^p, what all terms share."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING

from matcalc.algebra.full.canonical import connected, is_nonnegative, wrapped
from matcalc.algebra.full.leaves import root, single
from matcalc.algebra.full.networks import ONE, Edge, Monomial, Network, TooLarge, lowest
from matcalc.algebra.full.opaque import SUM, atomic
from matcalc.expr import Exponent, Expr, Rational, Scaled
from matcalc.shape import SCALAR, Shape

if TYPE_CHECKING:
    from matcalc.algebra.full.forms import Form, Forms


Parts = list[tuple[Monomial, Rational]]
POWER = 4  # a power of a sum up to this is multiplied out


def powered(forms: Forms, base: Expr, exponent: Exponent) -> Form:
    if isinstance(exponent, Expr):
        return _symbolic_power(forms, base, exponent)
    if type(base) is Scaled and not base.scalars and base.body is None:  # a number under a root
        return single(forms, root(forms, base.number), SCALAR, exponent)
    return power(forms, forms.known[base], base.shape, exponent)


def power(forms: Forms, form: Form, shape: Shape, exponent: Rational) -> Form:
    """form^exponent, entry by entry."""
    if exponent == 1:
        return form
    if len(form) == 1:
        ((monomial, number),) = form.items()
        made = power_of_monomial(forms, monomial, number, exponent)
        if made is not None:
            return made
    if isinstance(exponent, int) and 1 < exponent <= POWER:
        return forms.product([form] * exponent, "mixed")
    if not form:
        raise TooLarge  # 0 ^ exponent: nothing is said of it
    return power_of_sum(forms, form, shape, exponent)


def _symbolic_power(forms: Forms, base: Expr, exponent: Expr) -> Form:
    """b^(2 p + q + 1) = (b^p)^2 b^q b."""
    form = forms.known[base]
    out: list[Form] = []
    for monomial, number in sorted(forms.known[exponent].items()):
        if monomial == ONE:
            out.append(power(forms, form, base.shape, number))
        else:
            out.append(atomic(forms, ("power", monomial), [form], base.shape, exponent=number))
    return forms.product(out, "mixed")


def parts_of(monomial: Monomial) -> Parts:
    """The parts of a network that hang together by bound vertices, each over all the free ones, with exponents."""
    free = len(set(monomial.row + monomial.col))
    out: Parts = []
    for edges in connected(monomial.edges, range(free)):
        bound = {v for _, args, _ in edges for arg in args for v in arg if v >= free}
        order = {v: v for v in range(free)} | {v: free + k for k, v in enumerate(sorted(bound))}
        sizes = (*monomial.sizes[:free], *[monomial.sizes[v] for v in sorted(bound)])
        exponent = edges[0][2] if not bound else 1
        moved = [
            (a, tuple([tuple([order[v] for v in arg]) for arg in args]), 1 if not bound else e) for a, args, e in edges
        ]
        out.append((Monomial(monomial.row, monomial.col, sizes, tuple(moved)), exponent))
    return out


def frame(monomial: Monomial) -> Monomial:
    """The network without its edges: ones, or the identity."""
    free = len(set(monomial.row + monomial.col))
    return Monomial(monomial.row, monomial.col, monomial.sizes[:free], ())


def part_is_nonnegative(forms: Forms, part: Monomial, exponent: Rational = 1) -> bool:
    if isinstance(exponent, int) and exponent % 2 == 0:
        return True
    return all(is_nonnegative(forms.atoms.atoms[atom], e) for atom, _, e in part.edges)


def raised(forms: Forms, part: Monomial, exponent: Rational) -> Form:
    """A part to a power."""
    net = Network(forms.atoms)
    row, col = net.add(frame(part))
    if len(part.edges) == 1 and free_count(part) == len(part.sizes):
        ((atom, args, own),) = part.edges
        net.add_edge(atom, args, lowest(own * exponent))
        return forms.collected(net.settled(row, col))
    if exponent == 1:
        return {part: 1}
    sign, (atom, args, power) = wrapped(*_opened(forms, part), exponent)
    if sign < 0 and not isinstance(exponent, int):
        raise TooLarge
    net.add_edge(atom, args, power)
    return forms.collected(net.settled(row, col, sign if isinstance(exponent, int) and exponent % 2 else 1))


def _opened(forms: Forms, part: Monomial) -> tuple[Network, list[Edge], dict[int, int]]:
    """A part as a network, with its edges and the numbers of its free vertices."""
    net = Network(forms.atoms)
    row, col = net.add(part)
    return net, net.edges, {v: k for k, v in enumerate(dict.fromkeys(row + col))}


def power_of_monomial(forms: Forms, monomial: Monomial, number: Rational, exponent: Rational) -> Form | None:
    """(c Π part^p)^exponent; None where signs are not known and the exponent is not whole."""
    parts = parts_of(monomial)
    if not isinstance(exponent, int):
        if number < 0:
            return None
        sure = [part_is_nonnegative(forms, part) for part, _ in parts]
        alone = len(parts) == 1 and parts[0][1] == 1
        if not all(sure) and not alone:
            return None
    factors: list[Form] = [{frame(monomial): 1}, *[raised(forms, part, lowest(own * exponent)) for part, own in parts]]
    return forms.product([*factors, *_number_power(forms, number, exponent)], "mixed")


def _number_power(forms: Forms, number: Rational, exponent: Rational) -> list[Form]:
    if number == 1:
        return []
    if isinstance(exponent, int):
        return [{ONE: lowest(Fraction(number) ** exponent)}]
    return [single(forms, root(forms, number), SCALAR, exponent)]


def power_of_sum(forms: Forms, form: Form, shape: Shape, exponent: Rational) -> Form:
    """(c f (u + v))^p = c^p f^p (u + v)^p, the sum then being an atom."""
    whole = isinstance(exponent, int)
    number, common, rest = content(forms, form, whole, lambda part: whole or part_is_nonnegative(forms, part))
    factors = [raised(forms, part, lowest(own * exponent)) for part, own in common] + _number_power(
        forms, number, exponent
    )
    if len(rest) == 1:
        ((monomial, left),) = rest.items()
        core = power_of_monomial(forms, monomial, left, exponent)
        if core is not None:
            return forms.product([core, *factors], "mixed")
    positive = all(
        c > 0 and all(part_is_nonnegative(forms, part, own) for part, own in parts_of(m)) for m, c in rest.items()
    )
    core = atomic(forms, SUM, [rest], shape, {"nonnegative"} if positive else (), exponent)
    return forms.product([core, *factors], "mixed")


def content(forms: Forms, form: Form, signed: bool, wanted: Callable[[Monomial], bool]) -> tuple[Rational, Parts, Form]:
    """The number and the parts that all terms share, and the rest; the sign is such that form and -form have one rest."""
    values = list(form.values())
    number: Rational = lowest(Fraction(gcd(*[c.numerator for c in values]), lcm(*[c.denominator for c in values])))
    common: Parts = []
    frames = {frame(monomial) for monomial in form}
    if len(frames) == 1:
        split = [dict(parts_of(monomial)) for monomial in form]
        for part in dict.fromkeys(part for parts in split for part in parts):
            least = min(parts.get(part, 0) for parts in split)
            if least and wanted(part):
                common.append((part, least))
    rest = form
    if common:
        away: list[Form] = [raised(forms, part, -own) for part, own in common]
        rest = forms.product([form, *away], "mixed")
    rest = forms.sum([(rest, 1 / Fraction(number))])
    if len(rest) == 1:
        turned = signed and min(rest.values()) < 0
    else:
        turned = signed and least_key(forms, negative(rest)) < least_key(forms, rest)
    if turned:
        number, rest = -number, negative(rest)
    return number, common, rest


def negative(form: Form) -> Form:
    return {monomial: -c for monomial, c in form.items()}


def least_key(forms: Forms, form: Form) -> tuple[tuple[Monomial, Rational], ...]:
    """A key that the transpose does not change."""
    return min(tuple(sorted(form.items())), tuple(sorted(forms.transposed(form).items())))


def free_count(part: Monomial) -> int:
    return len(set(part.row + part.col))


def vertices_met(part: Monomial) -> list[int]:
    return [v for _, args, _ in part.edges for arg in args for v in arg]


def scalar_of(form: Form) -> Form:
    """The networks without their free indices, which none of their edges has."""
    out: Form = {}
    for monomial, number in form.items():
        free = free_count(monomial)
        edges = tuple(
            [(a, tuple([tuple([v - free for v in arg]) for arg in args]), e) for a, args, e in monomial.edges]
        )
        out[Monomial((), (), monomial.sizes[free:], edges)] = number
    return out
