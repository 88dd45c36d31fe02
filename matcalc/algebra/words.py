"""Matrix products: flat words without scalars. A word is cut wherever an inner size is 1, and its 1×1 parts become scalars.

product(A, B, …)   any factors: scalars scale, pairs such as inv(A) A vanish, Diag next to a vector is entrywise
dot(…)             a 1×1 word in normal form: x' A y = y' A' x, x' (a ⊙ y) = 1' (a ⊙ x ⊙ y)
power(A, k)        a matrix power, or a power of a scalar
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from matcalc.algebra import (
    conjugates,
    exponentials,
    functions,
    hadamards,
    properties,
    selectors,
    sums,
    terms,
    transposes,
)
from matcalc.algebra.trace import note
from matcalc.errors import MatcalcError, NoRuleError
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Rational,
    Scaled,
    Transpose,
    Word,
    complex_symbols,
)
from matcalc.shape import Size, mul

Factors = list[Expr]


def product(*factors: Expr) -> Expr:
    """The matrix product; a factor that is 1×1 scales."""
    value: Rational = 1
    scalars: dict[Expr, Exponent] = {}
    word: Factors = []
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


def _word(factors: Factors) -> tuple[Factors, Expr | None]:
    """The scalars and the array (None for a 1×1 word) of a flat product of arrays."""
    kept, scalars = _reduce(factors)
    if any(type(f) is Constant and f.kind == "zeros" for f in kept):  # blocks that do not meet
        rows, cols = kept[0].shape[0], kept[-1].shape[1]
        return [terms.ZERO], None if rows == 1 and cols == 1 else terms.zeros(rows, cols)
    cut = [k for k in range(1, len(kept)) if kept[k].shape[0] == 1]
    if not cut:
        if not kept:  # everything cancelled
            n = factors[0].shape[0]
            return scalars, None if n == 1 else terms.eye(n)
        if kept[0].shape[0] == 1 and kept[-1].shape[1] == 1:
            return [*scalars, dot(kept)], None
        return scalars, _plain(kept)
    segments = [kept[a:b] for a, b in zip([0, *cut], [*cut, len(kept)], strict=True)]
    head = segments.pop(0) if segments[0][0].shape[0] != 1 else None
    tail = segments.pop() if segments and segments[-1][-1].shape[1] != 1 else None
    scalars += [dot(segment) for segment in segments]
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


def _plain(kept: Factors) -> Expr:
    """A word without cuts that is not 1×1: a Diag at a vector end is absorbed."""
    if len(kept) == 1:
        return kept[0]
    if kept[-1].shape[1] == 1 and functions.is_Diag(kept[-2]):
        return product(*kept[:-2], hadamards.hadamard(kept[-2].children[0], kept[-1]))
    if kept[0].shape[0] == 1 and functions.is_Diag(kept[1]):
        row = transposes.transpose(kept[1].children[0])
        return product(hadamards.hadamard(kept[0], row), *kept[2:])
    return selectors.spread(kept) or Word(tuple(kept))


# --- neighbours that cancel or combine ------------------------------------------------------------------------------


def _reduce(factors: Factors) -> tuple[Factors, Factors]:
    """The word after its neighbours have met, and the scalars that came out."""
    kept: Factors = []
    scalars: Factors = []
    waiting = list(reversed(factors))
    inverse = -1  # where the last inverse is kept
    while waiting:
        factor = waiting.pop()
        if type(factor) is Constant:
            if factor.kind == "eye":
                continue
            if factor.kind == "ones" and factor.shape[0] != 1 and factor.shape[1] != 1 and (kept or waiting):
                waiting += [terms.ones(1, factor.shape[1]), terms.ones(factor.shape[0], 1)]
                continue
        elif type(factor) is Word:
            waiting += reversed(factor.factors)
            continue
        elif factor.shape != (1, 1) and terms.parts(factor)[2] is not factor:
            own, powers, body = terms.parts(factor)
            scalars.append(terms.monomial(own, dict(powers), None))
            if body is not None:
                waiting.append(body)
            continue
        elif factor.shape == (1, 1):
            scalars.append(factor)
            continue
        if kept:
            met = _meet(kept, factor)
            if met is None and inverse >= 0:
                met = _inside_inverse(kept, factor)
            if met is not None:
                waiting += reversed(met)
                inverse = _last_inverse(kept) if inverse >= 0 else -1
                continue
        if _is_inverse(factor):
            inverse = len(kept)
        kept.append(factor)
    if len(kept) > FACTORS:
        raise MatcalcError(f"a product of more than {FACTORS} factors is too long to be multiplied out")
    return kept, scalars


def _is_inverse(node: Expr) -> bool:
    return type(node) is Call and node.function == "inv"


def _last_inverse(kept: Factors) -> int:
    return next((k for k in range(len(kept) - 1, -1, -1) if _is_inverse(kept[k])), -1)


def _meet(kept: Factors, factor: Expr) -> Factors | None:
    """What takes the place of the last kept factors (popped) and this one, or None."""
    last = kept[-1]
    kinds = (type(last), type(factor))
    if _selects(last) or _selects(factor):
        met = selectors.meet(last, factor)
        if met is not None:
            kept.pop()
            return met
    if Call in kinds:
        if type(last) is Call and last.function == "inv":
            met = _after_inverse(kept, last, factor)
            if met is not None:
                return met
        found = _inverse_of(kept, factor)
        if found is not None:
            return found
        if type(last) is Call and type(factor) is Call:
            rule = NEIGHBOURS.get((last.function, factor.function))
            if rule is not None:
                met = rule(last, factor)
                if met is not None:
                    kept.pop()
                    return met
    if type(factor) is Constant and factor.kind == "commutation" and type(last) is Call and last.function == "kron":
        x, y = last.args  # (B ⊗ A) K(q, n) = A ⊗ B where A or B has one row
        if factor.parameters == (x.shape[1], y.shape[1]) and 1 in (x.shape[0], y.shape[0]):
            kept.pop()
            return [functions.kron(y, x)]
    if type(last) is Constant and last.kind == "commutation":
        met = _after_commutation(last, factor)
        if met is not None:
            kept.pop()
            return met
    if properties.is_orthogonal(last) and transposes.transpose(factor) is last:
        kept.pop()  # Q Q' = I
        note("orthogonal")
        return []
    if complex_symbols and conjugates.is_unitary(last) and conjugates.adjoint(factor) is last:
        kept.pop()  # Q Q^H = I
        note("unitary")
        return []
    if factor is last and properties.has(last, "projection"):
        kept.pop()  # P P = P
        note("projection")
        return [last]
    return None


def _selects(node: Expr) -> bool:
    base = node.base if type(node) is Transpose else node
    return type(base) is Constant and base.kind in selectors.KINDS


def _after_commutation(K: Constant, factor: Expr) -> Factors | None:
    """K(p, m) (A ⊗ B) = (B ⊗ A) K(q, n) for A m×n, B p×q; K(m, n) K(n, m) = I; K(m, n) vec(A) = vec(A')."""
    p, m = K.parameters
    if type(factor) is Constant and factor.kind == "commutation":
        return [] if factor.parameters == (m, p) else None
    if type(factor) is Call and factor.function == "vec" and factor.args[0].shape == (p, m):
        return [functions.vec(transposes.transpose(factor.args[0]))]
    if type(factor) is Call and factor.function == "kron":
        a, b = factor.args
        if a.shape[0] == m and b.shape[0] == p:
            note("commutation-kronecker")
            return [functions.kron(b, a), commutation(b.shape[1], a.shape[1])]
    return None


def commutation(m: Size, n: Size) -> Expr:
    """K(m, n), with K(m, n) vec(A) = vec(A') for A m×n; the identity where m or n is 1."""
    if m == 1 or n == 1:
        return terms.eye(mul(m, n))
    return Constant("commutation", (mul(m, n), mul(m, n)), (m, n))


def _word_of(node: Expr) -> tuple[Expr, ...]:
    return node.factors if type(node) is Word else (node,)


def _after_inverse(kept: Factors, last: Call, factor: Expr) -> Factors | None:
    """inv(A) A = I for an A of one factor."""
    if last.args[0] is factor:
        kept.pop()
        note("inverse-left")
        return []
    return None


def _inverse_of(kept: Factors, factor: Expr) -> Factors | None:
    """A inv(A) = I, where A may be the last several factors."""
    if type(factor) is not Call or factor.function != "inv":
        return None
    word = _word_of(factor.args[0])
    if len(kept) >= len(word) and all(a is b for a, b in zip(kept[-len(word) :], word, strict=True)):
        del kept[-len(word) :]
        note("inverse-right")
        return []
    return None


def _inside_inverse(kept: Factors, factor: Expr) -> Factors | None:
    """inv(A B) A B = I: the word that ends with this factor follows its own inverse."""
    k = _last_inverse(kept)
    word = _word_of(kept[k].children[0]) if k >= 0 else ()
    if (
        len(word) == len(kept) - k
        and word[-1] is factor
        and all(a is b for a, b in zip(kept[k + 1 :], word[:-1], strict=True))
    ):
        del kept[k:]
        note("inverse-left")
        return []
    return None


def _diagonals(a: Call, b: Call) -> Factors:
    """Diag(x) Diag(y) = Diag(x ⊙ y)."""
    note("diagonal-product")
    return [functions.Diag(hadamards.hadamard(a.args[0], b.args[0]))]


def _krons(a: Call, b: Call) -> Factors | None:
    """(A ⊗ B) (C ⊗ D) = (A C) ⊗ (B D) where the sizes fit."""
    if all(x.shape[1] == y.shape[0] for x, y in zip(a.args, b.args, strict=True)):
        return [functions.kron(*[product(x, y) for x, y in zip(a.args, b.args, strict=True)])]
    return None


def _kron_vec(a: Call, b: Call) -> Factors | None:
    """(A ⊗ B) vec(X) = vec(B X A')."""
    left, right = a.args
    inner = b.args[0]
    if left.shape[1] == inner.shape[1] and right.shape[1] == inner.shape[0]:
        moved = product(right, inner, transposes.transpose(left))
        return [functions.call("vec", (moved,), (b.shape[0] if moved.shape == inner.shape else a.shape[0], 1))]
    return None


NEIGHBOURS: dict[tuple[str, str], Callable[[Call, Call], Factors | None]] = {
    ("Diag", "Diag"): _diagonals,
    ("kron", "kron"): _krons,
    ("kron", "vec"): _kron_vec,
    ("Diag", "exp"): lambda a, b: exponentials.softmax_of_rows(a, b),  # noqa: PLW0108  it is not read yet
}


# --- 1×1 words ------------------------------------------------------------------------------------------------------


def dot(factors: Factors) -> Expr:
    """A 1×1 word without inner cuts, as a scalar: the lesser of the word and its transpose."""
    if len(factors) == 1:
        return factors[0]
    first, last = factors[0], factors[-1]
    if len(factors) >= 3:
        if functions.is_Diag(factors[-2]):
            return product(*factors[:-2], hadamards.hadamard(factors[-2].children[0], last))
        if functions.is_Diag(factors[1]):
            row = transposes.transpose(factors[1].children[0])
            return product(hadamards.hadamard(first, row), *factors[2:])
    if len(factors) == 2:
        return _dot2(transposes.transpose(first), last)
    if terms.is_constant(first, "ones") and terms.is_constant(last, "ones") and len(factors) == 3:
        return functions.sum_matrix(factors[1])
    return _lesser(factors)


def _lesser(factors: Factors) -> Expr:
    word = Word(tuple(factors))
    turned = [transposes.transpose(f) for f in reversed(factors)]
    other = Word(tuple(turned))
    return word if word is other or word < other else other


def _dot2(x: Expr, y: Expr) -> Expr:
    """x' y of two columns."""
    if terms.is_constant(x, "ones") or terms.is_constant(y, "ones"):
        return functions.sum_vector(y if terms.is_constant(x, "ones") else x)
    if type(x) is Hadamard or type(y) is Hadamard:
        return functions.sum_vector(hadamards.hadamard(x, y))
    if x is y:
        if properties.has(x, "unit"):
            note("unit")
            return terms.ONE
        if properties.is_binary(x):
            return functions.sum_vector(x)
    elif y < x:
        x, y = y, x
    if type(x) is Word or type(y) is Word:
        return product(transposes.transpose(x), y)
    if type(x) is Call and type(y) is Call and x.function == y.function == "vec":
        return functions.frobenius(x.args[0], y.args[0])
    return Word((transposes.transpose(x), y))


def outer_parts(word: Word) -> tuple[Expr, Expr] | None:
    """(a, b) of a word that is a b' for columns a and b."""
    factors = word.factors
    for k in range(1, len(factors)):
        if factors[k].shape[0] == 1:
            left = factors[0] if k == 1 else Word(factors[:k])
            right = factors[k] if k == len(factors) - 1 else Word(factors[k:])
            return left, transposes.transpose(right)
    return None


# --- powers ---------------------------------------------------------------------------------------------------------

FACTORS = 1000  # of a product
LONGEST = 64  # a matrix power beyond this is not written out as a product


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
        base = node if exponent > 0 else functions.inverse(node)
        return product(*[base] * abs(exponent))
    if exponent == Fraction(1, 2):
        return functions.call("sqrtm", (node,), node.shape)
    if exponent == Fraction(-1, 2):
        return functions.inverse(functions.call("sqrtm", (node,), node.shape))
    if isinstance(exponent, Expr):
        return functions.call("mpower", (node, exponent), node.shape)
    raise NoRuleError(f"the matrix power A^{exponent} is not supported: whole powers up to {LONGEST} and 1/2 are")
