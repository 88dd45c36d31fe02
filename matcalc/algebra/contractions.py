"""Sums over an index that stands in unit vectors only, which run through a whole dimension: no sum is left.

Σ e_i e_i' = I      Σ x_i e_i = x      Σ x_i e_i e_i' = Diag(x)      Σ f(x_i) = 1' f(x)      Σ (e_i' e_k) f(i) = f(k)
"""

from __future__ import annotations

from typing import NamedTuple

from matcalc.algebra import calls, diagonals, hadamards, indices, sums, terms, transposes, words
from matcalc.algebra.indices import depends
from matcalc.expr import Add, Call, Constant, Exponent, Expr, Rational, Scaled, Transpose, Word
from matcalc.rules import functions as tables
from matcalc.shape import Size

LAYERS = 40  # functions inside one another that are seen through


class _Run(NamedTuple):
    """An index that runs through a dimension of this size."""

    letter: str
    n: Size


def contracted(index: str, count: Size | None, body: Expr) -> Expr | None:
    """The sum without an index, where each factor has the index in unit vectors only; else None."""
    if count is None or not _has_units(body, index, count):
        return None
    run = _Run(index, count)
    _, scalars, array = terms.parts(body)
    for base, exponent in scalars:
        place = _equal_to(base, run) if isinstance(exponent, int) and exponent > 0 else None
        if place is not None:  # Σ (e_i' e_k) f(i) = f(k)
            rest = terms.monomial(1, {b: e for b, e in scalars if b is not base}, array)
            return indices.at(rest, index, place)
    ends = _ends(array, run) if array is not None else (False, False)
    if ends is None:
        return None
    v = column(terms.monomial(1, dict(scalars), None), run) if scalars else terms.ones(count, 1)
    if v is None:
        return None
    match ends:
        case True, True:
            return diagonals.Diag(v)
        case True, False:
            return v
        case False, True:
            return transposes.transpose(v)
        case _:
            return words.product(terms.ones(1, count), v)


def _has_units(body: Expr, index: str, count: Size) -> bool:
    """Whether the unit vector of the index is near."""
    unit = Constant("unit", (count, 1), (index, count))
    stack, looked = [body], 0
    while stack and looked < 400:
        node = stack.pop()
        looked += 1
        if node is unit:
            return True
        stack += [child for child in node.children if index in indices.indices(child)]
    return False


def _is_unit(node: Expr, run: _Run) -> bool:
    return type(node) is Constant and node.kind == "unit" and node.parameters == (run.letter, run.n)


def is_unit(node: Expr) -> bool:
    base = node.base if type(node) is Transpose else node
    return type(base) is Constant and base.kind == "unit"


def _is_turned(node: Expr, run: _Run) -> bool:
    return type(node) is Transpose and _is_unit(node.base, run)


def _ends(array: Expr, run: _Run) -> tuple[bool, bool] | None:
    """Whether an array is e_i, e_i' or e_i e_i'."""
    if _is_unit(array, run):
        return True, False
    if _is_turned(array, run):
        return False, True
    if type(array) is Word and len(array.factors) == 2:
        left, right = array.factors
        return (True, True) if _is_unit(left, run) and _is_turned(right, run) else None
    return None


def _equal_to(node: Expr, run: _Run) -> Size | None:
    """k of e_i' e_k, where k is another index or a number."""
    if type(node) is not Word or len(node.factors) != 2:
        return None
    left, right = node.factors
    if type(left) is not Transpose:
        return None
    for one, other in ((left.base, right), (right, left.base)):
        if _is_unit(one, run) and type(other) is Constant and other.kind == "unit":
            place = other.parameters[0]
            return None if run.letter in indices.indices_in(place) else place
    return None


def column(node: Expr, run: _Run, depth: int = 0) -> Expr | None:
    """v with node = e_i' v for every i, or None."""
    if not depends(node, run.letter):
        return terms.scale(node, terms.ones(run.n, 1))
    if depth > LAYERS:
        return None
    match node:
        case Word(factors):
            return _column_of_word(factors, run)
        case Scaled(number, scalars, None):
            return _column_of_powers(number, scalars, run, depth)
        case Add(items):
            columns = [column(item, run, depth + 1) for item in items]
            return None if None in columns else sums.add([c for c in columns if c is not None])
        case Call(name, (inner,)) if _is_entrywise(name) and not node.parameters:
            v = column(inner, run, depth + 1)
            return None if v is None else calls.call(name, (v,), v.shape)
    return None


def _column_of_word(factors: tuple[Expr, ...], run: _Run) -> Expr | None:
    """e_i' v, v' e_i, e_i' A e_i."""
    if _is_unit(factors[-1], run) and not _is_turned(factors[0], run):
        factors = tuple(transposes.transpose(f) for f in reversed(factors))
    if not _is_turned(factors[0], run):
        return None
    rest = factors[1:]
    if len(rest) > 1 and _is_unit(rest[-1], run):
        inner = words.product(*rest[:-1])
        return None if depends(inner, run.letter) else diagonals.diagonal(inner)
    v = words.product(*rest)
    return None if depends(v, run.letter) else v


def _column_of_powers(
    number: Rational, scalars: tuple[tuple[Expr, Exponent], ...], run: _Run, depth: int
) -> Expr | None:
    out = [terms.number(number)]
    for base, exponent in scalars:
        v = column(base, run, depth + 1)
        if v is None or depends(exponent, run.letter):
            return None
        out.append(hadamards.entry_power(v, exponent))
    return hadamards.hadamard(*out)


@tables.cached
def _is_entrywise(name: str) -> bool:
    records = tables.lookup(name)
    return all(record.kind == "entrywise" and len(record.takes.split(";")) == 1 for record in records)
