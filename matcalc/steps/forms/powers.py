"""Powers, of scalars and entrywise: what stands over and under a fraction line, roots, exponentials, squared norms."""

from __future__ import annotations

from fractions import Fraction

from matcalc.algebra import scale_by
from matcalc.algebra.terms import magnitude
from matcalc.expr import Call, Exponent, Expr, Rational
from matcalc.steps.forms.form import Form, form_of
from matcalc.steps.forms.norms import norm_of

# data is a tuple with one entry for each part: (place, how, exponent) with place "over" or "under" the fraction line and
# how one of "" (as it is), "power", "sqrt", "exp" (the part is the argument), "norm" (the part is the vector or matrix).

Spelled = tuple[str, str, Exponent]


class Line:
    """Collects the parts of a fraction line."""

    def __init__(self) -> None:
        self.parts: list[Expr] = []
        self.data: list[Spelled] = []
        self.tokens = 0

    def put(self, part: Expr, place: str, how: str, exponent: Exponent, tokens: int) -> None:
        self.parts.append(part)
        self.data.append((place, how, exponent))
        self.tokens += tokens


def powers(factors: tuple[tuple[Expr, Exponent], ...], entrywise: bool) -> Form:
    line = Line()
    for base, exponent in factors:
        put_power(line, base, exponent, entrywise)
    over = sum(place == "over" for place, _, _ in line.data)
    under = len(line.data) - over
    line.tokens += max(0, over - 1) + under + (1 if over == 0 else 0)  # 1 ./ x, A .* B ./ C
    return form_of(line.tokens, "hadamard", tuple(line.parts), tuple(line.data))


def put_power(line: Line, base: Expr, exponent: Exponent, entrywise: bool) -> None:
    if isinstance(exponent, Expr):
        line.put(base, "over", "power", exponent, 1)
        line.put(exponent, "skip", "", 1, 0)
        return
    if type(base) is Call and base.function == "exp":
        line.put(scale_by(exponent, base.args[0]), "over", "exp", 1, 1)
        return
    place = "over" if exponent > 0 else "under"
    size = magnitude(exponent)
    if not entrywise and size != 1:
        root = norm_of(base)
        if root is not None and (2 * size).denominator == 1:
            line.put(root, place, "norm", _whole(2 * size), 1 if size == Fraction(1, 2) else 3)
            return
    if size == 1:
        line.put(base, place, "", 1, 0)
    elif size == Fraction(1, 2):
        line.put(base, place, "sqrt", 1, 1)
    else:
        line.put(base, place, "power", size, 2 if type(size) is int else 4)


def _whole(value: Rational) -> Rational:
    return value.numerator if value.denominator == 1 else value
