"""Products of factors that are labelled by axes, and their sums over an axis: matrix formulas for what indices say.

An axis is a bound index, or a row or column of an array. A factor that is labelled (i,) is a vector with an entry for
each i, one that is labelled (i, j) a matrix with rows i and columns j. So X[i,:] M is the product of X, labelled
(i, a), and M, labelled (a, b), summed over a; where an axis is missing, the product does not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from matcalc import algebra
from matcalc.algebra.diagonals import Diag, diagonal
from matcalc.algebra.terms import is_constant, monomial, parts
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, Rational, Word
from matcalc.shape import Size


class Axis(NamedTuple):
    """``place`` orders the axes: outer indices come before inner ones, and those before rows and columns."""

    place: int
    size: Size


Label = tuple[Axis, ...]  # sorted, at most two
Term = dict[Label, Expr]  # the product of its factors
Terms = tuple[Term, ...]  # the sum of these
ONE = algebra.number(1)
MOST = 24  # terms that a product may have when it is written out


class UnlabelledError(MatcalcError):
    """Something that depends on three axes or more at once has no matrix formula here."""


class KinkError(MatcalcError):
    """Something has no derivative where two indices are equal, and the sum meets that."""


def axes_of(term: Term) -> set[Axis]:
    return {axis for label in term for axis in label}


def union(terms: Iterable[Term]) -> Label:
    """The axes that some terms depend on, in their order."""
    return tuple(sorted({axis for term in terms for axis in axes_of(term)}, key=_place))


def _place(axis: Axis) -> int:
    return axis.place


# --- products ---------------------------------------------------------------------------------------------------------


def multiply(a: Term, b: Term) -> Term:
    """Factors with the same axes are multiplied entry by entry."""
    out = dict(a)
    for label, factor in b.items():
        _put(out, label, factor)
    return out


def _put(term: Term, label: Label, factor: Expr) -> None:
    known = term.get(label)
    if known is None:
        term[label] = factor
    else:
        term[label] = algebra.hadamard(known, factor) if label else algebra.product(known, factor)


def scaled(term: Term, number: Rational) -> Term:
    return multiply(term, {(): algebra.number(number)})


def times(a: Terms, b: Terms) -> Terms:
    """Sums are multiplied out only where they cannot be written as one factor."""
    a, b = gathered(a), gathered(b)
    if len(a) * len(b) > MOST:
        raise UnlabelledError("products of so many terms that depend on an index are not supported yet")
    return tuple(multiply(x, y) for x in a for y in b)


def gathered(terms: Terms) -> Terms:
    """A sum as one factor where one of its terms depends on all of its axes: x_i - 1, A_ij - x_i, but not x_i - x_j."""
    label = union(terms)
    if len(terms) > 1 and len(label) <= 2 and any(len(axes_of(term)) == len(label) for term in terms):
        return ({label: written(terms, label)},)
    return terms


def renamed(terms: Terms, old: Axis | None, new: Axis) -> Terms:
    """Another name for an axis; where a factor has both, its diagonal is taken."""
    if old is None or old == new:
        return terms
    return tuple(_renamed(term, old, new) for term in terms)


def _renamed(term: Term, old: Axis, new: Axis) -> Term:
    out: Term = {}
    for label, factor in term.items():
        if old not in label:
            _put(out, label, factor)
        elif new in label:
            _put(out, (new,), _diagonal(factor))
        elif len(label) == 1:
            _put(out, (new,), factor)
        else:
            moved = tuple(new if axis == old else axis for axis in label)
            turned = moved[0].place > moved[1].place
            _put(out, moved[::-1] if turned else moved, algebra.transpose(factor) if turned else factor)
    return out


def _diagonal(factor: Expr) -> Expr:
    """diag(A B) is (A ⊙ B') 1, which meets the squares of rows: diag(X X') is the row sums of X .^ 2."""
    if isinstance(factor, Word) and factor.shape[0] != 1 and all(1 not in inner.shape for inner in factor.factors):
        first, rest = factor.factors[0], algebra.product(*factor.factors[1:])
        return algebra.product(algebra.hadamard(first, algebra.transpose(rest)), algebra.ones(first.shape[1], 1))
    number, scalars, body = parts(factor)
    if body is None or body is factor:
        return diagonal(factor)
    return algebra.product(monomial(number, dict(scalars), None), _diagonal(body))


# --- sums -------------------------------------------------------------------------------------------------------------


def summed(terms: Terms, axis: Axis | None) -> Terms:
    """The sum over an axis, term by term: 1' v, M v, or A' Diag(v) B."""
    return terms if axis is None else tuple(_summed(term, axis) for term in terms)


def _summed(term: Term, axis: Axis) -> Term:
    for label, factor in term.items():
        if axis in label and is_constant(factor, "eye"):  # the sum over a of I_ab f_a is f_b
            rest = {own: x for own, x in term.items() if own != label}
            return _renamed(rest, axis, label[0] if label[1] == axis else label[1])
    out = {label: factor for label, factor in term.items() if axis not in label}
    vector = term.get((axis,))
    matrices = [_from(label, factor, axis) for label, factor in term.items() if axis in label and len(label) == 2]
    if not matrices:
        _put(out, (), algebra.product(algebra.ones(1, axis.size), _vector(term, axis)))
    elif len(matrices) == 1:
        ((other, matrix),) = matrices
        _put(out, (other,), algebra.product(matrix, _vector(term, axis)))
    elif len(matrices) == 2:
        (a, left), (b, right) = sorted(matrices, key=lambda pair: pair[0].place)
        middle = () if vector is None else (Diag(vector),)
        _put(out, (a, b), algebra.product(left, *middle, algebra.transpose(right)))
    else:
        raise UnlabelledError("sums of products of three factors with different indices are not supported yet")
    return out


def _from(label: Label, factor: Expr, axis: Axis) -> tuple[Axis, Expr]:
    """The other axis, and the factor with that one as its rows."""
    return (label[0], factor) if label[1] == axis else (label[1], algebra.transpose(factor))


# --- as one expression ------------------------------------------------------------------------------------------------


def written(terms: Terms, label: Label) -> Expr:
    """A sum as one array with these axes: a number, a vector, or a matrix whose rows are the first one."""
    if len(label) > 2:
        raise UnlabelledError("functions of what depends on three indices at once are not supported yet")
    parts = [_written(term, label) for term in terms]
    return parts[0] if len(parts) == 1 else algebra.add(parts)


def _written(term: Term, label: Label) -> Expr:
    number = term.get((), ONE)
    if not label:
        return number
    if len(label) == 1:
        return algebra.product(number, _vector(term, label[0]))
    rows, cols = label
    left, right, matrix = term.get((rows,)), term.get((cols,)), term.get(label)
    if matrix is None:
        return algebra.product(number, _vector(term, rows), algebra.transpose(_vector(term, cols)))
    before = () if left is None else (Diag(left),)
    after = () if right is None else (Diag(right),)
    return algebra.product(number, *before, matrix, *after)


def _vector(term: Term, axis: Axis) -> Expr:
    """Its factor along an axis alone."""
    factor = term.get((axis,))
    return algebra.ones(axis.size, 1) if factor is None else factor
