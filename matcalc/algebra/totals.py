"""Sums over an index as expressions: ``total("i", n, body)`` is Σ body for i = 1, …, n, simplified where that is possible.

What does not depend on the index stands outside, a sum is split into its terms, a linear function is taken of the whole sum:

    Σ A x_i b' = A (Σ x_i) b'      Σ (x_i + y_i) = Σ x_i + Σ y_i      Σ tr(A_i) = tr(Σ A_i)      Σ A = n A

and unit vectors that run through a whole dimension meet:

    Σ e_i e_i' = I      Σ x_i e_i = x      Σ x_i e_i e_i' = Diag(x)      Σ (e_i' e_k) f(i) = f(k)
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.algebra import calls, contractions, hadamards, indices, kroneckers, sums, terms, transposes, words
from matcalc.algebra.indices import depends
from matcalc.expr import Add, Call, Exponent, Expr, Hadamard, Rational, Scaled, Total, Transpose, Word
from matcalc.rules import functions as tables

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
    contracted = contractions.contracted(index, indices.size_of(count), body)
    return contracted if contracted is not None else _node(index, count, body)


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
    if len(found) != 1 or contractions.is_unit(found[0][1][1]):  # the entry x_i stays one
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
            return (lambda whole: kroneckers.kron(a, whole)), b
        case Call("kron", (a, b)) if not depends(b, index):
            return (lambda whole: kroneckers.kron(whole, b)), a
        case Call(name, (inner,)) if is_linear(name):
            return (lambda whole: calls.call(name, (whole,), node.shape, node.parameters)), inner
        case Transpose(base) if (found := _linear(base, index)) is not None:
            turn, inner = found
            return (lambda whole: transposes.transpose(turn(whole))), inner
    return None


@tables.cached
def is_linear(name: str) -> bool:
    """Whether a function of the tables is linear: its record says how it moves across the colon."""
    records = tables.lookup(name)
    return bool(records) and all(record.adjoint for record in records)


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
