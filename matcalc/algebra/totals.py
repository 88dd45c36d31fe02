"""Sums over an index as expressions: ``total("i", n, body)`` is Σ body for i = 1, …, n, simplified where that is possible.

What does not depend on the index stands outside, a sum is split into its terms, a linear function is taken of the whole sum:

    Σ A x_i b' = A (Σ x_i) b'      Σ (x_i + y_i) = Σ x_i + Σ y_i      Σ tr(A_i) = tr(Σ A_i)      Σ A = n A

and unit vectors that run through a whole dimension meet:

    Σ e_i e_i' = I      Σ x_i e_i = x      Σ x_i e_i e_i' = Diag(x)      Σ (e_i' e_k) f(i) = f(k)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from matcalc.algebra import functions, hadamards, indices, sums, terms, transposes, words
from matcalc.expr import Add, Call, Constant, Exponent, Expr, Hadamard, Rational, Scaled, Total, Transpose, Word
from matcalc.rules import functions as tables
from matcalc.shape import Size

LAYERS = 40  # functions inside one another that a sum is taken into
Wrap = Callable[[Expr], Expr]


def total(index: str, count: Expr, body: Expr) -> Expr:
    """Σ body for index = 1, …, count; the index is a name that begins with ``#``."""
    whole = terms.as_number(count)
    if terms.is_zero(body) or (whole is not None and whole <= 0):
        return terms.zeros(*body.shape)
    if whole == 1:
        return indices.at(body, index, 1)
    around: list[Wrap] = []
    for _ in range(LAYERS):
        inner = sums.inner_sum(body)
        if inner is not None:
            body = sums.add([total(index, count, term) for term in sums.terms_of(body)])
            break
        outside = _outside(body, index) if index in indices.indices(body) else None
        if outside is None:
            body = _alone(index, count, body)
            break
        wrap, body = outside
        around.append(wrap)
    else:
        body = _alone(index, count, body)
    for wrap in reversed(around):
        body = wrap(body)
    return body


def _alone(index: str, count: Expr, body: Expr) -> Expr:
    """The sum of a body from which nothing more can be taken."""
    if index not in indices.indices(body):
        return terms.scale(count, body) if indices.is_count(count) else _node(index, count, body)
    contracted = _contracted(index, indices.size_of(count), body)
    return contracted if contracted is not None else _node(index, count, body)


def depends(node: Expr | Exponent, index: str) -> bool:
    return isinstance(node, Expr) and index in indices.indices(node)


# --- what stands outside ----------------------------------------------------------------------------------------------


def _outside(body: Expr, index: str) -> tuple[Wrap, Expr] | None:
    """A linear function and what it is taken of: Σ L(b_i) = L(Σ b_i)."""
    value, scalars, array = terms.parts(body)
    free = tuple((b, e) for b, e in scalars if not (depends(b, index) or depends(e, index)))
    if value != 1 or free:
        bound = {b: e for b, e in scalars if (b, e) not in free}
        factor = terms.monomial(value, dict(free), None)
        return (lambda whole: terms.scale(factor, whole)), terms.monomial(1, bound, array)
    if array is not None:
        if not depends(array, index):
            return (lambda whole: terms.scale(whole, array)), terms.monomial(1, dict(scalars), None)
        found = _linear(array, index)
        if found is not None and scalars:
            wrap, inner = found
            return wrap, terms.scale(terms.monomial(1, dict(scalars), None), inner)
        return found
    return _scalar(scalars, index)


def _scalar(scalars: tuple[tuple[Expr, Exponent], ...], index: str) -> tuple[Wrap, Expr] | None:
    """Σ y_i w' x_i = w' Σ y_i x_i, where one factor only has such an end."""
    found = [(base, made) for base, e in scalars if e == 1 and (made := _linear(base, index)) is not None]
    if len(found) != 1 or _is_any_unit(found[0][1][1]):  # the entry x_i stays one
        return None
    ((base, (wrap, inner)),) = found
    rest = terms.monomial(1, {b: e for b, e in scalars if b is not base}, None)
    return wrap, terms.scale(rest, inner)


def _linear(node: Expr, index: str) -> tuple[Wrap, Expr] | None:
    """An array (or a 1×1 product) as a linear function of what depends on the index."""
    match node:
        case Word(factors):
            inside = [k for k, f in enumerate(factors) if depends(f, index)]
            first, last = inside[0], inside[-1] + 1
            if first == 0 and last == len(factors):
                return None
            left, right = factors[:first], factors[last:]
            return (lambda whole: words.product(*left, whole, *right)), words.product(*factors[first:last])
        case Hadamard(powers):
            outer = [hadamards.entry_power(b, e) for b, e in powers if not (depends(b, index) or depends(e, index))]
            if not outer:
                return None
            rest = [hadamards.entry_power(b, e) for b, e in powers if depends(b, index) or depends(e, index)]
            return (lambda whole: hadamards.hadamard(*outer, whole)), hadamards.hadamard(*rest)
        case Call("kron", (a, b)) if not depends(a, index):
            return (lambda whole: functions.kron(a, whole)), b
        case Call("kron", (a, b)) if not depends(b, index):
            return (lambda whole: functions.kron(whole, b)), a
        case Call(name, (inner,)) if is_linear(name):
            return (lambda whole: functions.call(name, (whole,), node.shape, node.parameters)), inner
        case Transpose(base) if (found := _linear(base, index)) is not None:
            turn, inner = found
            return (lambda whole: transposes.transpose(turn(whole))), inner
    return None


@tables.cached
def is_linear(name: str) -> bool:
    """Whether a function of the tables is linear: its record says how it moves across the colon."""
    records = tables.lookup(name)
    return bool(records) and all(record.adjoint for record in records)


# --- unit vectors that run through a dimension ------------------------------------------------------------------------


class _Run(NamedTuple):
    """An index that runs through a dimension of this size."""

    letter: str
    n: Size


def _contracted(index: str, count: Size | None, body: Expr) -> Expr | None:
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
            return functions.Diag(v)
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


def _is_any_unit(node: Expr) -> bool:
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
            return None if v is None else functions.call(name, (v,), v.shape)
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
        return None if depends(inner, run.letter) else functions.diagonal(inner)
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


# --- the node ---------------------------------------------------------------------------------------------------------


def _node(index: str, count: Expr, body: Expr) -> Expr:
    """The sum with the name that its index has by what is summed; counted from the other end where that comes first."""
    node = _named(index, count, body)
    if not _counts_down(body, index) or _is_sized_inside(body, index):
        return node
    turned = _turned(index, count, body)
    other = _named(index, count, turned)
    return min(node, other) if _counts_down(turned, index) else other


def _named(index: str, count: Expr, body: Expr) -> Expr:
    """The index is called by how deep sums are nested in the body, and never as another index inside."""
    level = 1 + max(indices.height(body), indices.height(count))
    free = indices.indices(body) | indices.indices(count)
    while (name := f"#{level}") in free and name != index:
        level += 1
    if name != index:
        if _binds(body, name):
            other = indices.fresh()
            body, index = indices.at(body, index, other), other
        body = indices.at(body, index, name)
    return Total(name, count, body)


def _binds(body: Expr, name: str) -> bool:
    """Whether a sum inside has an index of this name."""
    stack, seen = [body], set()
    while stack:
        node = stack.pop()
        if node in seen or not indices.height(node):
            continue
        seen.add(node)
        if type(node) is Total and node.index == name:
            return True
        stack += node.children
    return False


def _counts_down(body: Expr, index: str) -> bool:
    """Whether the index stands somewhere with a minus: A^(k - i)."""
    stack, seen = [body], set()
    while stack:
        node = stack.pop()
        if node in seen or not depends(node, index):
            continue
        seen.add(node)
        slope = _slope(node, index)
        if slope is not None and slope < 0:
            return True
        stack += node.children if slope is None else ()
    return False


def _slope(node: Expr, index: str) -> Rational | None:
    """c of c i + (what does not depend on i)."""
    if node is indices.number(index):
        return 1
    match node:
        case Scaled(number, ((base, 1),), None):
            slope = _slope(base, index)
            return None if slope is None else number * slope
        case Add(items):
            slopes = [_slope(item, index) for item in items if depends(item, index)]
            return None if None in slopes else sum(slope for slope in slopes if slope is not None)
    return None


def _is_sized_inside(body: Expr, index: str) -> bool:
    """Whether the index stands in more than numbers: in unit vectors, members of families, sums inside."""
    own = indices.number(index)
    return bool(indices.height(body)) or any(not node.children and node is not own for node in _nodes(body, index))


def _turned(index: str, count: Expr, body: Expr) -> Expr:
    """The body at count + 1 - i."""
    from matcalc.algebra.rebuild import substitute

    own = indices.number(index)
    return substitute(body, {own: sums.add([count, terms.ONE, terms.neg(own)])})


def _nodes(body: Expr, index: str) -> list[Expr]:
    out, stack, seen = [], [body], set()
    while stack:
        node = stack.pop()
        if node not in seen and depends(node, index):
            seen.add(node)
            out.append(node)
            stack += node.children
    return out
