"""Sizes that are still to be found: unknowns, what they are equal to, and equations that have to wait.

An unknown is a name that begins with ``?``, so the polynomials of ``shape`` hold unknowns and names alike. An unknown
is never 1: whether a dimension is 1 is decided by the kind of a name (scalar, vector, matrix), never by unification.

>>> from matcalc.shape import text
>>> sizes = Sizes()
>>> a, b = sizes.unknown(), sizes.unknown()
>>> sizes.equal(a, "n"), sizes.equal(add(b, 1), "q"), sizes.equal(a, "k")
(True, True, False)
>>> text(sizes.find(b))
'q-1'
"""

from __future__ import annotations

from fractions import Fraction

from matcalc.shape import Coefficient, Monomial, Polynomial, Size, add, names, sub, substitute


class Sizes:
    """The equations between sizes that hold so far. ``place`` is where the next one comes from; errors point there."""

    __slots__ = ("_count", "bound", "place", "places", "waiting")

    def __init__(self) -> None:
        self.bound: dict[str, Size] = {}
        self.places: dict[str, int] = {}
        self.waiting: list[tuple[Size, Size, int]] = []
        self.place = 0
        self._count = 0

    def unknown(self) -> str:
        self._count += 1
        return f"?{self._count}"

    def forget(self) -> None:
        """All unknowns are free again."""
        self.bound.clear()
        self.places.clear()
        self.waiting.clear()

    def find(self, size: Size) -> Size:
        """The size with everything put in that is known by now."""
        bound = self.bound
        while type(size) is str:
            known = bound.get(size)
            if known is None:
                return size
            size = known
        if type(size) is int:
            return size
        while any(name in bound for name in names(size)):
            size = substitute(size, bound)
        return size

    def could_be_equal(self, a: Size, b: Size) -> bool:
        a, b = self.find(a), self.find(b)
        return a == b or ((is_open(a) or is_open(b)) and a != 1 and b != 1)

    def equal(self, a: Size, b: Size) -> bool:
        """Demand that two sizes are the same; False if they cannot be, and then nothing has changed."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return True
        if type(b) is str and b[0] == "?":
            return self._bind(b, a)
        if type(a) is str and a[0] == "?":
            return self._bind(a, b)
        return self._solve(a, b)

    def settle(self) -> int | None:
        """Return to the equations that waited; the place of one that cannot hold, else None."""
        progress = True
        while progress and self.waiting:
            again, self.waiting = self.waiting, []
            for a, b, self.place in again:
                if not self.equal(a, b):
                    return self.place
            progress = len(self.waiting) < len(again)
        return None

    def source(self, size: Size) -> int | None:
        """The place of the equation that gave a size its present value."""
        place = None
        while type(size) is str and size in self.bound:
            place = self.places[size]
            size = self.bound[size]
        return place

    def _bind(self, unknown: str, value: Size) -> bool:
        if not _positive(value) or (type(value) is Polynomial and unknown in names(value)):
            return False
        self.bound[unknown] = value
        self.places[unknown] = self.place
        return True

    def _solve(self, a: Size, b: Size) -> bool:
        """a = b where one is a polynomial: solved for an unknown that stands in it linearly, else it waits."""
        difference = sub(a, b)
        if not is_open(difference):
            return False
        terms = difference.terms if type(difference) is Polynomial else (((str(difference),), 1),)
        for unknown in names(difference):
            if unknown[0] == "?":
                value = _linear(terms, unknown)
                if value is not None:
                    return self._bind(unknown, value)
        for unknown, name in _likenesses(difference):
            if substitute(difference, {unknown: name}) == 0:
                return self._bind(unknown, name)
        self.waiting.append((a, b, self.place))
        return True


def _likenesses(difference: Size) -> list[tuple[str, str]]:
    """The one unknown of an equation with each name in it: ``?a ?a = n n`` is solved by n, and sizes are positive."""
    met = names(difference)
    unknowns = [name for name in met if name[0] == "?"]
    return [(unknowns[0], name) for name in met if name[0] != "?"] if len(unknowns) == 1 else []


def is_open(size: Size) -> bool:
    """Whether a size holds an unknown."""
    if type(size) is str:
        return size[0] == "?"
    return type(size) is Polynomial and any(name[0] == "?" for name in names(size))


def _positive(value: Size) -> bool:
    """Whether a size can be 2 or more."""
    if isinstance(value, int):
        return value > 1
    return isinstance(value, str) or any(coefficient > 0 for _, coefficient in value.terms)


def _linear(terms: tuple[tuple[Monomial, Coefficient], ...], unknown: str) -> Size | None:
    """unknown · c M + rest = 0, solved for the unknown where it stands in one term and c M divides the rest."""
    own = [(monomial, c) for monomial, c in terms if unknown in monomial]
    if len(own) != 1 or own[0][0].count(unknown) != 1:
        return None
    (monomial, c), *_ = own
    divisor = list(monomial)
    divisor.remove(unknown)
    value: Size = 0
    for other, d in terms:
        if other is not monomial:
            quotient = _quotient(other, divisor)
            factor = Fraction(-d) / c
            if quotient is None or factor.denominator != 1:
                return None
            value = add(value, Polynomial(((quotient, factor),)))
    return value


def _quotient(monomial: Monomial, divisor: list[str]) -> Monomial | None:
    rest = list(monomial)
    for name in divisor:
        if name not in rest:
            return None
        rest.remove(name)
    return tuple(rest)
