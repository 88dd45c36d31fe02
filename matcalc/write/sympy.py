"""An expression in SymPy: matrix symbols, real scalars, positive whole sizes, and the operations as SymPy writes them.

>>> from matcalc.api import parse
>>> to_sympy(parse("2 A' (A x - b)").node)
2*A.T*(-b + A*x)
>>> to_sympy(parse("norm(x)^2 + log(s)").node)
log(s) + Trace(x.T*x)

A scalar is a scalar: what is 1×1 and has no other name there is a ``Trace``. ``from_sympy`` reads all of this back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never, cast

import sympy
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice

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
    Rational,
    Scaled,
    Symbol,
    Transpose,
    Word,
    postorder,
)
from matcalc.rules.properties import closure
from matcalc.rules.sympy_functions import NAMES
from matcalc.shape import Size
from matcalc.steps.functions import is_declared

Found = Mapping[Expr, sympy.Expr]

# Of which entries a function is: one letter for all, since SymPy holds functions with different letters for different.
ENTRY = sympy.Dummy("d", dummy_index=0)


def to_sympy(node: Expr) -> sympy.Expr:
    """The expression in SymPy; definitions are written out. NoRuleError names the operation that SymPy does not have.

    >>> from matcalc.api import parse
    >>> to_sympy(parse("tr(X' A) + sum(X)", ["A : matrix(m, n)"]).node)
    Trace(1*X*1) + Trace(A.T*X)
    >>> to_sympy(parse("vec(A)").node)
    Traceback (most recent call last):
    matcalc.errors.NoRuleError: SymPy has no operation for vec
    """
    found: dict[Expr, sympy.Expr] = {}
    depth: dict[Expr, int] = {}
    for inner in postorder(node):
        depth[inner] = 1 + max((depth[child] for child in inner.children), default=0)
        found[inner] = (_value if depth[inner] < DEEP else _deep)(cast("Node", inner), found)
    return found[node]


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
        case Scaled(number, scalars, body):
            factor = sympy.Mul(_number(number), *[_power(found[base], _exponent(e, found)) for base, e in scalars])
            return factor if body is None else _scaled(factor, found[body])
        case Add(terms):
            return _sum([found[term] for term in terms])
        case Hadamard(factors=powers):
            return _hadamard([_entry_power(found[base], _exponent(e, found)) for base, e in powers])
        case Word(factors=parts):
            return _entry(node, found) if node.is_scalar else _product([found[part] for part in parts])
        case Call():
            return _call(node, [found[arg] for arg in node.args])
        case _:
            assert_never(node)


# --- leaves -----------------------------------------------------------------------------------------------------------


def _symbol(symbol: Symbol) -> sympy.Expr:
    if not symbol.is_scalar:
        return sympy.MatrixSymbol(symbol.name, *_sizes(symbol.shape))
    known = closure(symbol.properties)
    return sympy.Symbol(symbol.name, **{next((word for word in ("positive", "nonnegative") if word in known), "real"): True})


def _constant(node: Constant) -> sympy.Expr:
    if node.kind not in CONSTANTS:
        raise NoRuleError(f"SymPy has no operation for {node.kind}")
    return CONSTANTS[node.kind](*_sizes(node.parameters or node.shape))


def _sizes(sizes: Sequence[Size]) -> list[sympy.Expr]:
    return [_size(size) for size in sizes]


def _size(size: Size) -> sympy.Expr:
    match size:
        case int():
            return sympy.Integer(size)
        case str():
            return sympy.Symbol(size, integer=True, positive=True)
        case _:
            return sympy.Add(*[_number(number) * sympy.Mul(*_sizes(names)) for names, number in size.terms])


def _number(value: Rational) -> sympy.Expr:
    return sympy.Rational(value.numerator, value.denominator)


def _unit(index: sympy.Expr, n: sympy.Expr) -> sympy.Expr:
    """The unit vector as a column of the identity; SymPy counts from 0."""
    return MatrixSlice(sympy.Identity(n), (0, n), (index - 1, index))


# fmt: off
CONSTANTS: dict[str, Callable[..., sympy.Expr]] = {
    "pi":    lambda *shape: sympy.pi,
    "size":  lambda size: size,
    "eye":   lambda n, _: sympy.Identity(n),
    "ones":  sympy.OneMatrix,
    "zeros": sympy.ZeroMatrix,
    "unit":  _unit,
}
# fmt: on


# --- sums, products, powers -------------------------------------------------------------------------------------------


def _sum(terms: Sequence[sympy.Expr]) -> sympy.Expr:
    """As SymPy sorts it; to evaluate a sum of matrices is to evaluate everything inside once more."""
    if not terms[0].is_Matrix:
        return sympy.Add(*terms)
    flat = [part for term in terms for part in (term.args if isinstance(term, sympy.MatAdd) else [term])]
    return sympy.MatAdd(*sorted(flat, key=sympy.default_sort_key))


def _product(factors: Sequence[sympy.Expr]) -> sympy.Expr:
    return sympy.MatMul(*factors, evaluate=True)


def _scaled(factor: sympy.Expr, X: sympy.Expr) -> sympy.Expr:
    """A number is distributed over a sum, as SymPy does."""
    if factor.is_Rational and isinstance(X, sympy.MatAdd):
        return _sum([_product([factor, term]) for term in X.args])
    return _product([factor, X])


def _hadamard(factors: Sequence[sympy.Expr]) -> sympy.Expr:
    """Likewise."""
    ordered = sorted(factors, key=sympy.default_sort_key)
    return sympy.HadamardProduct(*ordered) if len(ordered) > 1 else ordered[0]


def _exponent(exponent: Exponent, found: Found) -> sympy.Expr:
    return found[exponent] if isinstance(exponent, Expr) else _number(exponent)


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """exp(u)^c is exp(c u)."""
    if isinstance(base, sympy.exp):
        return sympy.exp(exponent * base.args[0])
    return sympy.Pow(base, exponent)


def _entry_power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if exponent == 1:
        return base
    if isinstance(base, ElementwiseApplyFunction) and isinstance(base.function.expr, sympy.exp):
        return _entries(sympy.exp, _scaled(exponent, base.expr))
    return sympy.HadamardPower(base, exponent)


def _entry(node: Word, found: Found) -> sympy.Expr:
    """A 1×1 product as a scalar: that of unit vectors with something is one of its entries, any other is its own trace."""
    row, column = _place(node.factors[0]), _place(node.factors[-1])
    factors = node.factors[0 if row is None else 1 :]
    if column is not None and len(factors) > 1:
        factors = factors[:-1]
    product = _product([found[factor] for factor in factors])
    if row is None and column is None:
        return sympy.Trace(product)
    return MatrixElement(product, row or sympy.S.Zero, column or sympy.S.Zero)


def _place(node: Expr) -> sympy.Expr | None:
    """Which entry a unit vector or its transpose takes."""
    base = node.base if isinstance(node, Transpose) else node
    return _size(base.parameters[0]) - 1 if isinstance(base, Constant) and base.kind == "unit" else None


# --- functions --------------------------------------------------------------------------------------------------------


def _call(node: Call, args: Sequence[sympy.Expr]) -> sympy.Expr:
    own = MATRICES.get(" ".join([node.function, *map(str, node.parameters)]))
    if own is not None:
        return own(*args)
    if is_declared(node):
        return _declared(node.function, args[0])
    function, numbers = _function(node), _sizes(node.parameters)
    if len(args) == 1:
        return _entries(lambda entry: function(*numbers, entry), args[0])
    if any(other.is_Matrix for other in args[1:]):
        raise NoRuleError(f"SymPy has no operation for {node.function} of two matrices")
    return _beside(function, *args)


def _function(node: Call) -> Callable[..., sympy.Expr]:
    """What a function does with one entry (and numbers beside it)."""
    table = ENTRIES if len(node.args) == 1 else PAIRS
    if node.function in table:
        return table[node.function]
    name = {ours: theirs for theirs, ours in NAMES.items()}.get(node.function, node.function)
    found = getattr(sympy, name, None)
    if isinstance(found, type) and issubclass(found, sympy.Function):
        return cast("Callable[..., sympy.Expr]", found)
    raise NoRuleError(f"SymPy has no operation for {node.function}")


def _entries(function: Callable[[sympy.Expr], sympy.Expr], X: sympy.Expr) -> sympy.Expr:
    """A function of every entry."""
    return ElementwiseApplyFunction(sympy.Lambda(ENTRY, function(ENTRY)), X) if X.is_Matrix else function(X)


def _beside(function: Callable[..., sympy.Expr], X: sympy.Expr, b: sympy.Expr) -> sympy.Expr:
    """max(X, b) = max(X - b, 0) + b: SymPy takes what stands in a Lambda for constant."""
    if not X.is_Matrix or b.is_number:
        return _entries(lambda entry: function(entry, b), X)
    everywhere = _scaled(b, sympy.OneMatrix(*X.shape))
    above = _entries(lambda entry: function(entry, 0), _sum([X, _scaled(sympy.Integer(-1), everywhere)]))
    return _sum([above, everywhere])


def _declared(name: str, X: sympy.Expr) -> sympy.Expr:
    """An unknown function f, or its derivative f', f'' at X."""
    function, order = sympy.Function(name.rstrip("'")), name.count("'")
    return _entries(lambda entry: function(ENTRY).diff(ENTRY, order).subs(ENTRY, entry), X)


def _total(X: sympy.Expr) -> sympy.Expr:
    """The sum of all entries; that of a column is 1' x."""
    rows, columns = (sympy.OneMatrix(1, X.shape[0]), sympy.OneMatrix(X.shape[1], 1))
    return sympy.Trace(_product([*([rows] if X.shape[0] != 1 else []), X, *([columns] if X.shape[1] != 1 else [])]))


def _row_sums(X: sympy.Expr) -> sympy.Expr:
    return _product([X, sympy.OneMatrix(X.shape[1], 1)])


def _part(X: sympy.Expr, sign: int) -> sympy.Expr:
    """The symmetric or the skew part."""
    half = sympy.Rational(1, 2)
    return _sum([_scaled(half, X), _scaled(sign * half, sympy.Transpose(X))])


def _product_of_entries(x: sympy.Expr) -> sympy.Expr:
    if 1 not in x.shape:
        raise NoRuleError("SymPy has no operation for prod of a matrix")
    return sympy.Determinant(sympy.DiagMatrix(x))


def _softmax(x: sympy.Expr) -> sympy.Expr:
    grown = _entries(sympy.exp, x)
    return _scaled(1 / _total(grown), grown)


def _softmax_of_rows(X: sympy.Expr) -> sympy.Expr:
    grown = _entries(sympy.exp, X)
    return _product([sympy.DiagMatrix(sympy.HadamardPower(_row_sums(grown), -1)), grown])


# What has another name in SymPy, or is a product of what has one there. A number after a name is a parameter (the axis).
# fmt: off
MATRICES: dict[str, Callable[..., sympy.Expr]] = {
    "inv":         sympy.Inverse,
    "tr":          sympy.Trace,
    "det":         sympy.Determinant,
    "logdet":      lambda X: sympy.log(sympy.Abs(sympy.Determinant(X))),
    "prod":        _product_of_entries,
    "Diag":        sympy.DiagMatrix,
    "diag":        sympy.DiagonalOf,
    "sym":         lambda X: _part(X, 1),
    "skew":        lambda X: _part(X, -1),
    "kron":        lambda X, Y: sympy.KroneckerProduct(X, *(Y.args if isinstance(Y, sympy.KroneckerProduct) else [Y])),
    "sqrtm":       lambda X: sympy.MatPow(X, sympy.Rational(1, 2)),
    "mpower":      sympy.MatPow,
    "softmax":     _softmax,
    "softmax 2":   _softmax_of_rows,
    "logsumexp":   lambda X: sympy.log(_total(_entries(sympy.exp, X))),
    "logsumexp 2": lambda X: _entries(sympy.log, _row_sums(_entries(sympy.exp, X))),
}
ENTRIES: dict[str, Callable[..., sympy.Expr]] = {
    "sigmoid":     lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus":    lambda x: sympy.log(1 + sympy.exp(x)),
    "relu":        lambda x: sympy.Max(x, 0),
    "step":        lambda x: sympy.Heaviside(x, 0),
}
PAIRS: dict[str, Callable[..., sympy.Expr]] = {
    "max":         sympy.Max,
    "min":         sympy.Min,
}
# fmt: on


# --- depth ------------------------------------------------------------------------------------------------------------

DEEP = 24  # levels: beyond them SymPy, whose constructors descend, would take time (2^depth for a shape) and leave the stack


def _deep(node: Node, found: Found) -> sympy.Expr:
    """The node made of letters that stand for its parts; then the parts take their places without being looked into."""
    letters = {child: _letter(f"part{k}", child) for k, child in enumerate(dict.fromkeys(node.children))}
    return _grafted(_value(node, letters), {letter: found[child] for child, letter in letters.items()})


def _letter(name: str, node: Expr) -> sympy.Expr:
    return sympy.Symbol(name, real=True) if node.is_scalar else sympy.MatrixSymbol(name, *_sizes(node.shape))


def _grafted(made: sympy.Basic, parts: Mapping[sympy.Basic, sympy.Expr]) -> sympy.Basic:
    """The same with parts in the places of letters: the fields of every node above them are set by hand."""
    if made in parts or not made.args:
        return parts.get(made, made)
    args = [_grafted(arg, parts) for arg in made.args]
    if all(new is old for new, old in zip(args, made.args, strict=True)):
        return made
    grafted = sympy.Basic.__new__(type(made), *args)
    for name, value in _fields(made).items():
        setattr(grafted, name, _grafted_field(value, parts))
    hash(grafted)  # kept by SymPy: those of its parts are known by now, and later it would descend for them
    return grafted


def _fields(made: sympy.Basic) -> dict[str, object]:
    """What the classes of a node keep beside its arguments."""
    slots = {name for kind in type(made).__mro__ for name in kind.__dict__.get("__slots__", ())}
    kept = {name: getattr(made, name) for name in sorted(slots - set(sympy.Basic.__slots__)) if hasattr(made, name)}
    return kept | getattr(made, "__dict__", {})


def _grafted_field(value: object, parts: Mapping[sympy.Basic, sympy.Expr]) -> object:
    if isinstance(value, frozenset):
        return frozenset(_grafted_field(item, parts) for item in value)
    return _grafted(value, parts) if isinstance(value, sympy.Basic) else value
