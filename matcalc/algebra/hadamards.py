"""Entrywise products and powers: flat, sorted, scalars in front; a factor a 1' is Diag(a), one with eye is diagonal."""

from __future__ import annotations

from fractions import Fraction

from matcalc.algebra import calls, conjugates, diagonals, pairs, properties, terms, transposes, words
from matcalc.errors import MatcalcError
from matcalc.expr import Call, Constant, Exponent, Expr, Hadamard, Rational, Scaled, Transpose, Word, complex_symbols
from matcalc.shape import Shape

Bases = dict[Expr, Exponent]


def hadamard(*factors: Expr) -> Expr:
    """The entrywise product of arrays of one shape and scalars."""
    value: Rational = 1
    scalars: Bases = {}
    bases: Bases = {}
    shape: Shape | None = None
    for factor in factors:
        own, powers, body = terms.parts(factor)
        value = value * own
        for base, exponent in powers:
            terms.multiply(scalars, base, exponent)
        if body is not None:
            shape = body.shape
            _collect(bases, body, 1)
    if shape is None:
        return terms.monomial(value, scalars, None)
    return _with(value, scalars, entrywise(bases, shape))


def _with(value: Rational, scalars: Bases, node: Expr) -> Expr:
    if value == 1 and not scalars:
        return node
    return terms.product_of_scalars([terms.monomial(value, scalars, None), node])


def _collect(bases: Bases, body: Expr, power: Exponent) -> None:
    if type(body) is Hadamard:
        for base, exponent in body.factors:
            terms.multiply(bases, base, exponent if power == 1 else terms.multiply_exponents(exponent, power))
    else:
        terms.multiply(bases, body, power)


def entrywise(bases: Bases, shape: Shape) -> Expr:
    """Π⊙ base.^exponent in normal form; bases are arrays of this shape without scalars."""
    rows, cols = shape
    zero = next((base for base, e in bases.items() if terms.is_zero(base) and not isinstance(e, Expr)), None)
    if zero is not None:
        if bases[zero] < 0:  # type: ignore[operator]
            raise MatcalcError("division by zero: an array of the formula is 0 and stands in a denominator")
        return zero
    if pairs.applies(bases):
        rest = pairs.reduce(bases)
        if rest is not None:
            return hadamard(entrywise(bases, shape), *rest)
    if len(bases) > 1 or any(type(b) is Constant for b in bases):
        special = _special(bases, shape)
        if special is not None:
            return special
    if not bases:
        return terms.ones(rows, cols)
    if len(bases) == 1:
        (base, exponent), *_ = bases.items()
        if exponent == 1:
            return base
        return Hadamard(((base, exponent),))
    return Hadamard(tuple(sorted(bases.items(), key=terms._base)))


def _special(bases: Bases, shape: Shape) -> Expr | None:
    """Factors that change the kind of the product: zeros, ones, eye, Diag, outer products."""
    outer: list[Word] = []
    for base in list(bases):
        if type(base) is Call and base.function != "Diag":
            continue
        if terms.is_constant(base, "ones"):
            del bases[base]
            return entrywise(bases, shape)
        if 1 in shape and _is_unit(base) and isinstance(bases[base], int) and bases[base] > 0:  # type: ignore[operator]
            return _at_unit(base, bases)
        if _is_diagonal(base) and bases[base] == 1:
            if shape == (1, 1) or len(bases) == 1:
                continue
            del bases[base]
            rest = entrywise(bases, shape)
            diagonal = diagonals.diagonal(rest)
            return diagonals.Diag(hadamard(diagonals.diagonal(base), diagonal))
        if type(base) is Word and isinstance(bases[base], int) and words.outer_parts(base) is not None:
            outer.append(base)
    return _outer(bases, outer, shape) if outer else None


def _is_unit(node: Expr) -> bool:
    return terms.is_constant(node.base if type(node) is Transpose else node, "unit")


def _at_unit(unit: Expr, bases: Bases) -> Expr:
    """e_i ⊙ x = x_i e_i."""
    row = transposes.transpose(unit) if unit.shape[1] == 1 else unit
    powers = [(base, exponent) for base, exponent in bases.items() if base is not unit]
    turned = [(transposes.transpose(base) if unit.shape[0] == 1 else base, exponent) for base, exponent in powers]
    found = [terms.scalar_power(words.product(row, base), exponent) for base, exponent in turned]
    return terms.product_of_scalars([*found, unit])


def _is_diagonal(node: Expr) -> bool:
    return (type(node) is Constant and node.kind == "eye") or (type(node) is Call and node.function == "Diag")


def _outer(bases: Bases, outer: list[Word], shape: Shape) -> Expr | None:
    """(a 1') ⊙ X = Diag(a) X, (a b') ⊙ (c d') = (a ⊙ c) (b ⊙ d)'."""
    sides = {base: pair for base in outer if (pair := words.outer_parts(base)) is not None}
    plain = [base for base, pair in sides.items() if any(terms.is_constant(side, "ones") for side in pair)]
    if len(outer) == 1 and not plain:
        return None
    left = right = None
    for base in outer if len(outer) > 1 else plain:
        a, b = sides[base]
        power = bases.pop(base)
        left = entry_power(a, power) if left is None else hadamard(left, entry_power(a, power))
        right = entry_power(b, power) if right is None else hadamard(right, entry_power(b, power))
    assert left is not None
    assert right is not None
    if not bases:
        return words.product(left, transposes.transpose(right))
    rest = entrywise(bases, shape)
    ones_left, ones_right = terms.is_constant(left, "ones"), terms.is_constant(right, "ones")
    if ones_right:
        return words.product(diagonals.Diag(left), rest)
    if ones_left:
        return words.product(rest, diagonals.Diag(right))
    both: Bases = {}
    value, scalars, body = terms.parts(words.product(left, transposes.transpose(right)))
    assert body is not None
    _collect(both, body, 1)
    own, powers, array = terms.parts(rest)
    if array is not None:
        _collect(both, array, 1)
    node = both and Hadamard(tuple(sorted(both.items(), key=terms._base)))
    return terms.product_of_scalars([Scaled(value, scalars, None), Scaled(own, powers, None), node]) if node else rest


def entry_power(node: Expr, exponent: Exponent) -> Expr:
    """node.^exponent; for a scalar the ordinary power. Real roots: (x.^2).^(1/2) is abs(x)."""
    if node.shape == (1, 1):
        return terms.scalar_power(node, exponent)
    if isinstance(exponent, Expr):
        value = terms.as_number(exponent)
        exponent = exponent if value is None else value
    if exponent == 1:
        return node
    if exponent == 0:
        return terms.ones(*node.shape)
    value, scalars, body = terms.parts(node)
    assert body is not None
    if complex_symbols and not isinstance(exponent, int):
        conjugates.check_power(node, exponent)
    if not isinstance(exponent, int) and (value < 0 or not all(_real(b, e) for b, e in scalars)):
        return Hadamard(((node, exponent),))
    factor = terms.scalar_power(Scaled(value, scalars, None), exponent)
    return terms.product_of_scalars([factor, _array_power(body, exponent)])


def _real(base: Expr, exponent: Exponent) -> bool:
    return properties.nonnegative(base) or isinstance(exponent, Fraction)


def _array_power(body: Expr, exponent: Exponent) -> Expr:
    bases: Bases = {}
    if terms.is_zero(body) and not isinstance(exponent, Expr) and exponent > 0:
        return body
    factors = body.factors if type(body) is Hadamard else ((body, 1),)
    if isinstance(exponent, int):
        for base, own in factors:
            terms.multiply(bases, base, terms.multiply_exponents(own, exponent))
        return entrywise(bases, body.shape)
    rest: Bases = {}
    for base, own in factors:
        if isinstance(own, int) and own % 2 == 0 and not properties.nonnegative(base) and conjugates.is_real(base):
            total = terms.multiply_exponents(own, exponent)
            even = isinstance(total, int) and total % 2 == 0
            terms.multiply(bases, base if even else calls.call("abs", (base,), base.shape), total)
        elif isinstance(own, Fraction) or properties.nonnegative(base):
            terms.multiply(bases, base, terms.multiply_exponents(own, exponent))
        elif isinstance(own, Expr):  # as for scalars
            terms.multiply(bases, Hadamard(((base, own),)), exponent)
        else:
            rest[base] = own
    if len(rest) == 1:
        (base, own), *_ = rest.items()
        conjugates.check_power(base, exponent)
        terms.multiply(bases, base, terms.multiply_exponents(own, exponent))
    elif rest:
        terms.multiply(bases, entrywise(rest, body.shape), exponent)
    return entrywise(bases, body.shape)
