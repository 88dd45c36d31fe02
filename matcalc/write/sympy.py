"""An expression in SymPy: matrix symbols, real scalars, positive whole sizes, and the operations as SymPy writes them.

>>> from matcalc.api import parse
>>> to_sympy(parse("2 A' (A x + b)").node)
2*A.T*(A*x + b)
>>> to_sympy(parse("log(lambda) x' A x").node)
log(lambda)*Trace(x.T*A*x)

A scalar is a scalar: a product that is 1×1 is written as its ``Trace``. ``from_sympy`` reads all of this back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never, cast

import sympy
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice

from matcalc.algebra.conjugates import is_complex
from matcalc.errors import NoRuleError
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Node,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    postorder,
)
from matcalc.rules.properties import closure
from matcalc.write.sympy_calls import call, no_operation
from matcalc.write.sympy_ops import entry_power, grafted, hadamard, number, power, product, scaled, size, sizes, total

Found = Mapping[Expr, sympy.Expr]


def to_sympy(node: Expr) -> sympy.Expr:
    """The expression in SymPy, with the definitions written out; NoRuleError names an operation that SymPy lacks.

    Properties are lost, but that a scalar is positive or nonnegative: SymPy has none for its matrix symbols.

    >>> from matcalc.api import parse
    >>> to_sympy(parse("(A .* X) exp(x)").node)
    (HadamardProduct(A, X))*Lambda(_d, exp(_d)).(x)
    >>> to_sympy(parse("vec(A)").node)
    Traceback (most recent call last):
    matcalc.errors.NoRuleError: SymPy has no operation for vec
    """
    if is_complex(node):
        raise NoRuleError("complex variables in SymPy are not supported yet")
    found: dict[Expr, sympy.Expr] = {}
    depth: dict[Expr, int] = {}
    for inner in postorder(node):
        depth[inner] = 1 + max((depth[child] for child in inner.children), default=0)
        found[inner] = _made(inner, found, _value if depth[inner] < DEEP else _deep)
    return found[node]


def _made(node: Expr, found: Found, make: Callable[[Node, Found], sympy.Expr]) -> sympy.Expr:
    """SymPy's own refusals, of the inverse of a matrix of ones for one, are errors of this package."""
    try:
        return make(cast("Node", node), found)
    except NoRuleError:
        raise
    except (TypeError, ValueError, NotImplementedError) as error:
        raise NoRuleError(f"SymPy refuses a part of the formula: {error}") from error


def _value(node: Node, found: Found) -> sympy.Expr:
    match node:
        case Symbol():
            return _symbol(node)
        case Constant():
            return _constant(node)
        case Named(_, body):
            return found[body]
        case Transpose(base):
            return sympy.Transpose(found[base])
        case Scaled(value, scalars, body):
            factor = sympy.Mul(number(value), *[power(found[base], _exponent(e, found)) for base, e in scalars])
            return factor if body is None else scaled(factor, found[body])
        case Add(terms):
            return total([found[term] for term in terms])
        case Hadamard(powers):
            return hadamard([entry_power(found[base], _exponent(e, found)) for base, e in powers])
        case Word(factors):
            return _entry(node, found) if node.is_scalar else product([found[factor] for factor in factors])
        case Call():
            return call(node, [found[arg] for arg in node.args])
        case Total():
            raise NoRuleError("sums over an index are not given to SymPy yet")
        case _:
            assert_never(node)


def _exponent(exponent: Exponent, found: Found) -> sympy.Expr:
    return found[exponent] if isinstance(exponent, Expr) else number(exponent)


def _symbol(symbol: Symbol) -> sympy.Expr:
    if not symbol.is_scalar:
        return sympy.MatrixSymbol(symbol.name, *sizes(symbol.shape))
    known = closure(symbol.properties)
    assumed = next((word for word in ("positive", "nonnegative") if word in known), "real")
    return sympy.Symbol(symbol.name, **{assumed: True})


def _constant(node: Constant) -> sympy.Expr:
    if node.kind not in CONSTANTS:
        raise no_operation(node.kind)
    return CONSTANTS[node.kind](*sizes(node.parameters or node.shape))


def _unit(index: sympy.Expr, n: sympy.Expr) -> sympy.Expr:
    """The unit vector as a column of the identity; SymPy counts from 0."""
    return MatrixSlice(sympy.Identity(n), (0, n), (index - 1, index))


# fmt: off
CONSTANTS: dict[str, Callable[..., sympy.Expr]] = {
    "pi":    lambda *shape: sympy.pi,
    "size":  lambda value: value,
    "eye":   lambda n, _: sympy.Identity(n),
    "ones":  sympy.OneMatrix,
    "zeros": sympy.ZeroMatrix,
    "unit":  _unit,
}
# fmt: on


def _entry(node: Word, found: Found) -> sympy.Expr:
    """A 1×1 product as a scalar: e_i' A e_j is the entry of A at i, j, and any other its own trace."""
    row, column = _place(node.factors[0]), _place(node.factors[-1])
    factors = node.factors[0 if row is None else 1 :]
    if column is not None and len(factors) > 1:
        factors = factors[:-1]
    X = product([found[factor] for factor in factors])
    if row is None and column is None:
        return sympy.Trace(X)
    return MatrixElement(X, row or sympy.S.Zero, column or sympy.S.Zero)


def _place(node: Expr) -> sympy.Expr | None:
    """Which entry a unit vector or its transpose takes."""
    base = node.base if isinstance(node, Transpose) else node
    return size(base.parameters[0]) - 1 if isinstance(base, Constant) and base.kind == "unit" else None


# --- depth ------------------------------------------------------------------------------------------------------------

DEEP = 24  # levels: beyond them SymPy, whose constructors descend, would take time (2^depth for a shape) and leave the stack


def _deep(node: Node, found: Found) -> sympy.Expr:
    """The node made of letters that stand for its parts; then the parts take their places without being looked into."""
    letters = {child: _letter(f"part{k}", child) for k, child in enumerate(dict.fromkeys(node.children))}
    return grafted(_value(node, letters), {letter: found[child] for child, letter in letters.items()})


def _letter(name: str, node: Expr) -> sympy.Expr:
    return sympy.Symbol(name, real=True) if node.is_scalar else sympy.MatrixSymbol(name, *sizes(node.shape))
