"""Terms: number · scalar factors with exponents · at most one array. Everything scalar is made here.

parts(n)      takes any expression apart:  (number, {base: exponent}, body)
monomial(…)   puts it together again, with numbers under roots folded and the pair table applied
"""

from __future__ import annotations

from fractions import Fraction
from typing import cast

from matcalc.algebra import calls, conjugates, exponentials, pairs, properties, sums
from matcalc.errors import NAMED, FormulaError, MatcalcError
from matcalc.expr import HEAVY, Constant, Exponent, Expr, Powers, Rational, Scaled, Symbol, complex_symbols
from matcalc.shape import Polynomial, Size

Bases = dict[Expr, Exponent]
HEAVY_FACTORS = 350  # scalars that are multiplied, where one is so large that it can never be written

ONE = Scaled(1, (), None)
ZERO = Scaled(0, (), None)
PI = Constant("pi")


def number(value: Rational) -> Expr:
    return ONE if value == 1 else Scaled(_lowest(value), (), None)


def size(value: Size) -> Expr:
    """A size standing in a formula as that number."""
    match value:
        case int():
            return number(value)
        case str():
            return Constant("size", parameters=(value,))
        case Polynomial(terms):
            return sums.add([scale_by(c, product_of_scalars([size(n) for n in names])) for names, c in terms])


def zeros(rows: Size, cols: Size) -> Expr:
    return ZERO if rows == 1 and cols == 1 else Constant("zeros", (rows, cols))


def ones(rows: Size, cols: Size = 1) -> Expr:
    return ONE if rows == 1 and cols == 1 else Constant("ones", (rows, cols))


def eye(n: Size) -> Expr:
    return ONE if n == 1 else Constant("eye", (n, n))


def symbol(name: str, shape: tuple[Size, Size], properties: tuple[str, ...] = ()) -> Symbol:
    return Symbol(name, shape, properties)


def is_zero(node: Expr) -> bool:
    return node is ZERO or (type(node) is Constant and node.kind == "zeros")


def is_constant(node: Expr, kind: str) -> bool:
    return type(node) is Constant and node.kind == kind


def as_number(node: Expr) -> Rational | None:
    """The value of a plain number, else None."""
    if type(node) is Scaled and not node.scalars and node.body is None:
        return node.number
    return None


def parts(node: Expr) -> tuple[Rational, Powers, Expr | None]:
    if type(node) is Scaled:
        return node.number, node.scalars, node.body
    if node.shape == (1, 1):
        return 1, ((node, 1),), None
    return 1, (), node


def scale_by(factor: Rational, node: Expr) -> Expr:
    """A number times anything."""
    if factor == 1:
        return node
    if type(node) is Scaled:
        return _assemble(_lowest(node.number * factor), node.scalars, node.body)
    own, scalars, body = parts(node)
    if factor == 0:
        return zeros(*node.shape)
    if is_zero(node):
        return node
    return _assemble(_lowest(own * factor), scalars, body)


def neg(node: Expr) -> Expr:
    return scale_by(-1, node)


def scale(factor: Expr, node: Expr) -> Expr:
    """A scalar expression times anything."""
    return product_of_scalars((factor, node))


def product_of_scalars(factors: list[Expr] | tuple[Expr, ...]) -> Expr:
    """The product of scalars and at most one array."""
    value: Rational = 1
    bases: Bases = {}
    body: Expr | None = None
    for factor in factors:
        own, scalars, array = parts(factor)
        value *= own
        for base, exponent in scalars:
            multiply(bases, base, exponent)
        body = array or body
    return monomial(value, bases, body)


def multiply(bases: Bases, base: Expr, exponent: Exponent) -> None:
    """bases := bases · base^exponent."""
    old = bases.get(base)
    if old is None:
        bases[base] = exponent
        return
    new = add_exponents(old, exponent)
    if new == 0:
        del bases[base]
    else:
        bases[base] = new


def monomial(value: Rational, bases: Bases, body: Expr | None) -> Expr:
    """number · Π base^exponent · body in normal form."""
    if value == 0:
        return zeros(*body.shape) if body is not None else ZERO
    if body is not None and is_zero(body):
        return body
    if bases:
        again = [(b, e) for b, e in bases.items() if type(b) is Scaled and (isinstance(e, int) or b.scalars == ())]
        for base, exponent in again:  # numbers under roots, and opaque products whose exponent became whole
            del bases[base]
            value, body = _fold(value, bases, body, base, exponent)
        if pairs.applies(bases):
            rest = pairs.reduce(bases)
            if rest is not None:
                return product_of_scalars([monomial(value, bases, body), *rest])
        if body is not None and not conjugates.is_complex(body):
            found = exponentials.recognise_softmax(bases, body)
            if found is not None:
                return scale_by(value, product_of_scalars(found))
    if value == 0:
        return zeros(*body.shape) if body is not None else ZERO
    scalars = tuple(sorted(bases.items(), key=_base)) if len(bases) > 1 else tuple(bases.items())
    if len(scalars) > HEAVY_FACTORS and scalars[-1][0].weight >= HEAVY:
        raise FormulaError(
            f"written out, this has more than {HEAVY:,} symbols: norms (or others like them) are nested too deep",
            hint=NAMED,
        )
    return _assemble(_lowest(value), scalars, body)


def _base(item: tuple[Expr, Exponent]) -> Expr:
    return item[0]


def _assemble(value: Rational, scalars: Powers, body: Expr | None) -> Expr:
    if value == 1:
        if not scalars and body is not None:
            return body
        if body is None and len(scalars) == 1 and scalars[0][1] == 1 and type(scalars[0][0]) is not Scaled:
            return scalars[0][0]
    if value == 0:
        return zeros(*body.shape) if body is not None else ZERO
    return Scaled(value, scalars, body)


def inverse_number(value: Rational) -> Rational:
    return _lowest(1 / Fraction(value))


def magnitude(value: Rational) -> Rational:
    return -value if value < 0 else value


def _lowest(value: Rational) -> Rational:
    return value.numerator if type(value) is Fraction and value.denominator == 1 else value


# --- powers of scalars ------------------------------------------------------------------------------------------


def scalar_power(node: Expr, exponent: Exponent) -> Expr:
    """node^exponent for a scalar. Roots are real: (b²)^(1/2) is |b|, and (a b)^(1/2) stays together where signs are unknown."""
    if isinstance(exponent, Expr):
        exponent = as_number(exponent) if as_number(exponent) is not None else exponent  # type: ignore[assignment]
    if exponent == 1:
        return node
    if exponent == 0:
        return ONE
    value, scalars, _ = parts(node)
    if complex_symbols and not isinstance(exponent, int):
        conjugates.check_power(node, exponent)
    if isinstance(exponent, int):
        if value == 0:
            if exponent < 0:
                raise MatcalcError("division by zero: a factor of the formula is 0 and stands in a denominator")
            return ZERO
        bases: Bases = {}
        for base, own in scalars:
            multiply(bases, base, multiply_exponents(own, exponent))
        return monomial(_whole_power(value, exponent), bases, None)
    return _root(value, scalars, exponent)


_LARGEST = 3300  # bits of a number, some 1000 digits, as many as are read


def _whole_power(value: Rational, exponent: int) -> Rational:
    bits = max(value.numerator.bit_length(), value.denominator.bit_length()) - 1
    if bits * abs(exponent) > _LARGEST:
        raise FormulaError(f"the number {value}^{exponent} is too large to be kept exactly")
    return Fraction(value) ** exponent if exponent < 0 else value**exponent


def _root(value: Rational, scalars: Powers, exponent: Exponent) -> Expr:
    """(value · Π b^p)^exponent for an exponent that is not whole."""
    bases: Bases = {}
    rest: Bases = {}
    for base, own in scalars:
        if isinstance(own, int) and own % 2 == 0 and not properties.nonnegative(base) and conjugates.is_real(base):
            total = multiply_exponents(own, exponent)  # (b²)^(1/2) = |b|
            even = isinstance(total, int) and total % 2 == 0
            multiply(bases, base if even else calls.call("abs", (base,), base.shape), total)
        elif isinstance(own, Fraction) or properties.nonnegative(base):
            multiply(bases, base, multiply_exponents(own, exponent))
        elif isinstance(own, Expr):  # (x^i)^(1/2) for an even i is |x|^(i/2), and for an odd one not
            multiply(bases, monomial(1, {base: own}, None), exponent)
        else:
            multiply(rest, base, own)
    if value > 0 and len(rest) == 1:
        (base, own), *_ = rest.items()
        conjugates.check_power(base, exponent)
        multiply(bases, base, multiply_exponents(own, exponent))
    elif rest or value < 0:
        opaque = monomial(-1 if value < 0 else 1, rest, None)
        multiply(bases, opaque, exponent)
        value = magnitude(value)
    if value == 0:
        return ZERO
    if value != 1:
        multiply(bases, number(value), exponent)
    return monomial(1, bases, None)


def _fold(
    value: Rational, bases: Bases, body: Expr | None, base: Scaled, exponent: Exponent
) -> tuple[Rational, Expr | None]:
    """value · base^exponent for a base that is a Scaled: 8^(1/2) = 2 · 2^(1/2); a whole exponent multiplies out."""
    if isinstance(exponent, int):
        value = value * _whole_power(base.number, exponent)
        for inner, own in base.scalars:
            multiply(bases, inner, multiply_exponents(own, exponent))
        return value, body
    if isinstance(exponent, Expr) or base.number < 0:
        bases[base] = exponent
        return value, body
    for prime, count in _factors(base.number):
        whole, rest = divmod(count * exponent, 1)
        value = value * _whole_power(prime, int(whole))
        if rest:
            node = number(prime)
            total = bases.pop(node, 0)
            whole, rest = divmod(total + rest, 1)  # type: ignore[operator]
            value = value * _whole_power(prime, int(whole))
            if rest:
                bases[node] = rest
    return value, body


def _factors(value: Rational) -> list[tuple[int, int]]:
    """Prime factors with exponents, found by trial division as far as that is cheap."""
    out: dict[int, int] = {}
    for whole, sign in ((value.numerator, 1), (value.denominator, -1)):
        prime = 2
        while prime * prime <= whole and prime < 1000:
            while whole % prime == 0:
                out[prime] = out.get(prime, 0) + sign
                whole //= prime
            prime += 1
        if whole > 1:
            out[whole] = out.get(whole, 0) + sign
    return sorted(out.items())


# --- exponents: numbers, or scalar expressions --------------------------------------------------------------------


def add_exponents(a: Exponent, b: Exponent) -> Exponent:
    if isinstance(a, Expr) or isinstance(b, Expr):
        return _exponent(sums.add([_expression(a), _expression(b)]))
    return cast("Exponent", _lowest(a + b))


def multiply_exponents(a: Exponent, b: Exponent) -> Exponent:
    if isinstance(a, Expr) or isinstance(b, Expr):
        return _exponent(product_of_scalars((_expression(a), _expression(b))))
    value = _lowest(a * b)
    if type(value) is int and value.bit_length() > _LARGEST:
        raise FormulaError("an exponent has more than 1000 digits")
    return cast("Exponent", value)


def _expression(value: Exponent) -> Expr:
    return value if isinstance(value, Expr) else number(value)


def _exponent(node: Expr) -> Exponent:
    value = as_number(node)
    return node if value is None else value
