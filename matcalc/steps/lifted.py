"""Values for all values of the indices at once: arrays labelled by axes, with rows and columns of their own."""

from __future__ import annotations

from typing import NamedTuple

from matcalc import algebra
from matcalc.expr import Expr
from matcalc.shape import Shape
from matcalc.steps import axes
from matcalc.steps.axes import Axis, Terms, gathered, renamed, summed, times, union, written


class Lifted(NamedTuple):
    """A value for all values of the indices; ``row`` and ``col`` are its own axes, None where it has size 1."""

    terms: Terms
    row: Axis | None = None
    col: Axis | None = None

    @property
    def is_scalar(self) -> bool:
        return self.row is None and self.col is None


def vanishes(terms: Terms) -> bool:
    """Whether it is 0 where two indices are equal: x_i - x_j, A_ij - A_ji."""
    label = union(terms)
    if len(label) > 2:
        return False
    if len(label) == 2 and label[0].size == label[1].size:
        return algebra.terms.is_zero(written(renamed(terms, label[1], label[0]), label[:1]))
    return algebra.terms.is_zero(written(terms, label))


def with_axis(value: Lifted, old: Axis, new: Axis) -> Lifted:
    row, col = (new if axis == old else axis for axis in (value.row, value.col))
    return Lifted(renamed(value.terms, old, new), row, col)


def aligned(value: Lifted, like: Lifted) -> Lifted:
    """The same with the rows and columns of another value of its shape."""
    if value.row is not None and like.row is not None:
        value = with_axis(value, value.row, like.row)
    if value.col is not None and like.col is not None:
        value = with_axis(value, value.col, like.col)
    return value


def total(value: Lifted) -> Lifted:
    return Lifted(summed(summed(value.terms, value.row), value.col))


def trace(value: Lifted) -> Lifted:
    return total(diagonal(value))


def diagonal(value: Lifted) -> Lifted:
    return value if value.row is None else Lifted(renamed(value.terms, value.col, value.row), value.row)


def power(value: Lifted, exponent: Expr) -> Lifted:
    """The power of every entry: of every factor where it is whole, else of the whole written out."""
    terms = gathered(value.terms)
    number = algebra.terms.as_number(exponent)
    if isinstance(number, int) and len(terms) == 1:
        ((term),) = terms
        return value._replace(terms=({label: algebra.entry_power(x, number) for label, x in term.items()},))
    if number == 2:
        return value._replace(terms=times(terms, terms))  # (x_i - x_j)^2 is x_i^2 - 2 x_i x_j + x_j^2
    label = union(terms)
    raised = exponent if number is None else number
    return value._replace(terms=({label: algebra.entry_power(written(terms, label), raised)},))


def shape_of(label: axes.Label) -> Shape:
    rows, cols = [*(axis.size for axis in label), 1, 1][:2]
    return rows, cols
