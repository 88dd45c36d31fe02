"""Matrix products: flat words without scalars. A word is cut wherever an inner size is 1, and its 1×1 parts become scalars.

product(A, B, …)   any factors: scalars scale, pairs such as inv(A) A vanish, Diag next to a vector is entrywise
power(A, k)        a matrix power, or a power of a scalar
"""

from __future__ import annotations

from fractions import Fraction

from matcalc.algebra import calls, diagonals, dots, hadamards, inverses, neighbours, selectors, sums, terms, transposes
from matcalc.errors import NoRuleError
from matcalc.expr import Add, Constant, Exponent, Expr, Rational, Scaled, Word


def product(*factors: Expr) -> Expr:
    """The matrix product; a factor that is 1×1 scales."""
    value: Rational = 1
    scalars: dict[Expr, Exponent] = {}
    word: list[Expr] = []
    zero = False
    for factor in factors:
        own, powers, body = terms.parts(factor)
        value = value * own
        for base, exponent in powers:
            terms.multiply(scalars, base, exponent)
        if body is None:
            continue
        zero = zero or terms.is_zero(body)
        word += body.factors if type(body) is Word else (body,)
    if not word:
        return terms.monomial(value, scalars, None)
    if zero or value == 0:
        return terms.zeros(word[0].shape[0], word[-1].shape[1])
    if len(word) == 1 and word[0].shape != (1, 1):
        return terms.monomial(value, scalars, word[0])
    rest, body = _word(word)
    if not rest and type(body) is not Scaled:
        return terms.monomial(value, scalars, body)
    if body is not None:
        rest.append(body)
    return terms.product_of_scalars([terms.monomial(value, scalars, None), *rest])


def _word(factors: list[Expr]) -> tuple[list[Expr], Expr | None]:
    """The scalars and the array (None for a 1×1 word) of a flat product of arrays."""
    kept, scalars = neighbours.reduced(factors)
    if any(type(f) is Constant and f.kind == "zeros" for f in kept):  # blocks that do not meet
        rows, cols = kept[0].shape[0], kept[-1].shape[1]
        return [terms.ZERO], None if rows == 1 and cols == 1 else terms.zeros(rows, cols)
    cut = [k for k in range(1, len(kept)) if kept[k].shape[0] == 1]
    if not cut:
        if not kept:  # everything cancelled
            n = factors[0].shape[0]
            return scalars, None if n == 1 else terms.eye(n)
        if kept[0].shape[0] == 1 and kept[-1].shape[1] == 1:
            return [*scalars, dots.dot(kept)], None
        return scalars, _plain(kept)
    segments = [kept[a:b] for a, b in zip([0, *cut], [*cut, len(kept)], strict=True)]
    head = segments.pop(0) if segments[0][0].shape[0] != 1 else None
    tail = segments.pop() if segments and segments[-1][-1].shape[1] != 1 else None
    scalars += [dots.dot(segment) for segment in segments]
    if head is None and tail is None:
        return scalars, None
    left = _plain(head) if head else None
    right = _plain(tail) if tail else None
    if left is None or right is None:
        return scalars, left or right
    return [*scalars, *_outer(left, right)], None


def _outer(left: Expr, right: Expr) -> list[Expr]:
    """The product of a column and a row that are in normal form, as scalars and at most one array."""
    a, b = terms.parts(left), terms.parts(right)
    columns = a[2].factors if type(a[2]) is Word else (a[2],)
    rows = b[2].factors if type(b[2]) is Word else (b[2],)
    if len(columns) == len(rows) == 1 and terms.is_constant(columns[0], "ones") and terms.is_constant(rows[0], "ones"):  # type: ignore[arg-type]
        body: Expr = terms.ones(left.shape[0], right.shape[1])
    elif len(columns) == 1 and type(b[2]) is Add and selectors.range_of(columns[0]):  # type: ignore[arg-type]
        body = sums.add([product(columns[0], term) for term in b[2].terms])  # type: ignore[arg-type]
    elif len(rows) == 1 and type(a[2]) is Add and selectors.turned_range_of(rows[0]):  # type: ignore[arg-type]
        body = sums.add([product(term, rows[0]) for term in a[2].terms])  # type: ignore[arg-type]
    else:
        body = Word((*columns, *rows))
    return [terms.monomial(a[0], dict(a[1]), None), terms.monomial(b[0], dict(b[1]), None), body]


def _plain(kept: list[Expr]) -> Expr:
    """A word without cuts that is not 1×1: a Diag at a vector end is absorbed."""
    if len(kept) == 1:
        return kept[0]
    if kept[-1].shape[1] == 1 and diagonals.is_Diag(kept[-2]):
        return product(*kept[:-2], hadamards.hadamard(kept[-2].children[0], kept[-1]))
    if kept[0].shape[0] == 1 and diagonals.is_Diag(kept[1]):
        row = transposes.transpose(kept[1].children[0])
        return product(hadamards.hadamard(kept[0], row), *kept[2:])
    return selectors.spread(kept) or Word(tuple(kept))


def outer_parts(word: Word) -> tuple[Expr, Expr] | None:
    """(a, b) of a word that is a b' for columns a and b."""
    factors = word.factors
    for k in range(1, len(factors)):
        if factors[k].shape[0] == 1:
            left = factors[0] if k == 1 else Word(factors[:k])
            right = factors[k] if k == len(factors) - 1 else Word(factors[k:])
            return left, transposes.transpose(right)
    return None


LONGEST = 200  # a matrix power beyond this is not written out as a product


def power(node: Expr, exponent: Exponent) -> Expr:
    """node^exponent: the ordinary power of a scalar, the matrix power of a square matrix."""
    if isinstance(exponent, Expr):
        value = terms.as_number(exponent)
        exponent = exponent if value is None else value
    if node.shape == (1, 1):
        return terms.scalar_power(node, exponent)
    if isinstance(exponent, int) and abs(exponent) <= LONGEST:
        if exponent == 0:
            return terms.eye(node.shape[0])
        base = node if exponent > 0 else inverses.inverse(node)
        return product(*[base] * abs(exponent))
    if exponent == Fraction(1, 2):
        return calls.call("sqrtm", (node,), node.shape)
    if exponent == Fraction(-1, 2):
        return inverses.inverse(calls.call("sqrtm", (node,), node.shape))
    if isinstance(exponent, Expr):
        return calls.call("mpower", (node, exponent), node.shape)
    raise NoRuleError(f"the matrix power A^{exponent} is not supported: whole powers up to {LONGEST} and 1/2 are")
