"""SymPy's expressions as matcalc's: ``from_sympy`` reads whatever ``to_sympy`` writes, and more.

>>> from sympy import MatrixSymbol, symbols, trace
>>> m, n = symbols("m n", integer=True, positive=True)
>>> A, x = MatrixSymbol("A", m, n), MatrixSymbol("x", n, 1)
>>> print(from_sympy(x.T * A.T * A * x - 2 * trace(A.T * A)))
x' A' A x - 2 tr(A' A)

SymPy is not imported here: its classes are known by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from matcalc import algebra
from matcalc.algebra.terms import as_number
from matcalc.errors import CallError, FormulaError
from matcalc.expr import Expr, Symbol
from matcalc.expression import Expression
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.rules import functions
from matcalc.rules.properties import closure
from matcalc.shape import SCALAR, Shape, Size, add, divide, mul, shape_text, sub
from matcalc.steps.understand import expression_of

if TYPE_CHECKING:
    import sympy

Properties = Mapping[str, str | Sequence[str]]
Values = Sequence[Expr]


def from_sympy(expression: sympy.Basic, properties: Properties | None = None) -> Expression:
    """The expression that a SymPy expression means.

    A ``MatrixSymbol`` is a matrix, vector, row or scalar by its shape. A ``Symbol`` is a size where it stands in a shape, or
    where it is a positive integer by its assumptions; else it is a real scalar, positive or nonnegative as it is assumed.
    ``properties`` says what else is known, by name: ``{"S": "spd", "P": ("symmetric", "projection")}``; a ``Symbol`` that has
    an entry there is a scalar unless it stands in a shape. Functions of entries are ``A.applyfunc(exp)``; ``Function("f")``
    is a declared function. CallError names the class that cannot be read, FormulaError has what is wrong with a property.

    >>> from sympy import I, MatrixSymbol, log, symbols
    >>> n, s = symbols("n s")
    >>> S, x = MatrixSymbol("S", n, n), MatrixSymbol("x", n, 1)
    >>> print(from_sympy(S * x + S.T * x + s * x.applyfunc(log), {"S": "symmetric"}))
    2 S x + s log(x)
    >>> from_sympy(I * S)
    Traceback (most recent call last):
    matcalc.errors.CallError: SymPy's ImaginaryUnit cannot be read: matcalc has nothing like it
    """
    reader = _Reader(expression, properties or {})
    node = reader.read(expression)
    reader.check()
    return Expression(node, reader.spellings, tuple(reader.symbols.values()))


class _Reader:
    """What the symbols of a SymPy expression stand for; ``bound`` is what the letter of a Lambda does."""

    def __init__(self, root: sympy.Basic, properties: Properties) -> None:
        self.properties = properties
        self.sizes = frozenset(_size_symbols(root))
        self.symbols: dict[sympy.Basic, Symbol] = {}
        self.spellings: dict[str, str] = {}
        self.bound: Mapping[sympy.Basic, Expr] = {}

    def read(self, root: sympy.Basic) -> Expr:
        """Bottom-up; nodes are told apart by their identity, since SymPy descends to compare or hash them."""
        found: dict[int, Expr] = {}
        for node, way, parts in _postorder(root):
            found[id(node)] = way.read(self, node, [found[id(part)] for part in parts])
        return found[id(root)]

    def within(self, letter: sympy.Basic, value: Expr, body: sympy.Basic) -> Expr:
        """A body in which a letter stands for a value."""
        inside = copy(self)
        inside.bound = {**self.bound, letter: value}
        return inside.read(body)

    def size(self, e: sympy.Basic) -> Size:
        """A size, which SymPy writes as a polynomial of symbols."""
        total: Size = 0
        for monomial, coefficient in e.expand().as_coefficients_dict().items():
            term: Size = 1
            for base, exponent in monomial.as_powers_dict().items():
                if not (base.is_Symbol or base == 1) or not exponent.is_Integer or exponent < 0:
                    raise CallError(f"'{e}' is no size: sizes are whole numbers, symbols, sums and products of these")
                term = reduce(mul, [base.name] * int(exponent), term) if base.is_Symbol else term
            total = add(total, divide(mul(int(coefficient.p), term), int(coefficient.q)))
        return total

    def sizes_of(self, sizes: Sequence[sympy.Basic]) -> list[Size]:
        return [self.size(size) for size in sizes]

    def scalar(self, e: sympy.Basic) -> Expr:
        """A Symbol: the letter of a Lambda, a size or a scalar."""
        if e in self.bound:
            return self.bound[e]
        if e in self.sizes or (e.is_integer and e.is_positive and e.name not in self.properties):
            return algebra.size(e.name)
        if e.is_commutative is False or e.is_real is False:
            raise CallError(f"the Symbol '{e}' is no real number: use a MatrixSymbol for what does not commute")
        return self.variable(e, SCALAR, [word for word in ("positive", "nonnegative") if getattr(e, f"is_{word}")][:1])

    def variable(self, e: sympy.Basic, shape: Shape, assumed: Sequence[str] = ()) -> Symbol:
        """What a symbol is declared as, by SymPy's assumptions and by ``properties``."""
        if e in self.symbols:
            return self.symbols[e]
        given = self.properties.get(e.name, ())
        words = [word.strip() for word in given.split(",") if word.strip()] if isinstance(given, str) else list(given)
        words += [word for word in assumed if word not in closure(words)]
        _declared(e.name, shape, ())
        found = _declared(e.name, shape, words)
        if any(other.name == found.name for other in self.symbols.values()):
            raise CallError(f"there are two symbols named '{e.name}': rename one of them")
        if found.name != e.name:
            self.spellings[found.name] = e.name
        self.symbols[e] = Symbol(found.name, shape, found.properties)
        return self.symbols[e]

    def check(self) -> None:
        """Nothing is said of what is not there."""
        names = {e.name for e in self.symbols}
        unknown = [name for name in self.properties if name not in names]
        if unknown:
            raise CallError(f"properties of '{unknown[0]}': the expression has {', '.join(sorted(names)) or 'no symbols'}")


def _declared(name: str, shape: Shape, words: Sequence[str]) -> Declaration:
    """The declaration of a name, read as if it were typed."""
    try:
        found = read_declarations(", ".join([f"{name} : {shape_text(shape)}", *words]))
    except FormulaError as error:
        if words:
            raise
        raise CallError(f"'{name}' cannot be typed as a name: rename that symbol") from error
    if len(found) != 1 or not isinstance(found[0], Declaration):
        raise CallError(f"'{name}' cannot be typed as a name: rename that symbol")
    return found[0]


# --- the tree ---------------------------------------------------------------------------------------------------------


class Way(NamedTuple):
    """How a class is read: the value of a node, given the values of its parts, which are its arguments where not said."""

    read: Callable[[_Reader, sympy.Basic, Values], Expr]
    parts: Callable[[sympy.Basic], Sequence[sympy.Basic]] = lambda e: e.args


def _postorder(root: sympy.Basic) -> Iterator[tuple[sympy.Basic, Way, Sequence[sympy.Basic]]]:
    """Every node that is read, with its parts, parts first, without recursion."""
    known: set[int] = set()
    stack: list[tuple[sympy.Basic, tuple[Way, Sequence[sympy.Basic]] | None]] = [(root, None)]
    while stack:
        node, met = stack.pop()
        if met is not None:
            yield node, *met
        elif id(node) not in known:
            known.add(id(node))
            way = _way(node)
            parts = way.parts(node)
            stack.append((node, (way, parts)))
            stack.extend((part, None) for part in reversed(parts) if id(part) not in known)


def _way(node: sympy.Basic) -> Way:
    for kind in type(node).__mro__:
        if kind.__name__ in WAYS and (kind.__module__ or "").startswith("sympy."):  # an undefined function has none
            return WAYS[kind.__name__]
    raise _unknown(node)


def _unknown(node: object, why: str = "matcalc has nothing like it") -> CallError:
    name = type(node).__name__
    return CallError(f"SymPy's {name} cannot be read: {HINTS.get(name, why)}")


def _size_symbols(root: sympy.Basic) -> Iterator[sympy.Basic]:
    """The symbols in the shapes and in the places of entries."""
    known: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in known:
            continue
        known.add(id(node))
        if type(node).__name__ in SIZED:
            for size in node.args[SIZED[type(node).__name__] :]:
                yield from size.free_symbols
        stack.extend(getattr(node, "args", ()))


# Where the sizes begin among the arguments.
SIZED = {"MatrixSymbol": 1, "Identity": 0, "OneMatrix": 0, "ZeroMatrix": 0, "MatrixElement": 1, "MatrixSlice": 1}

# --- numbers and leaves -----------------------------------------------------------------------------------------------


def _matrix_symbol(reader: _Reader, e: sympy.Basic) -> Expr:
    rows, columns = reader.sizes_of(e.args[1:])
    return reader.variable(e, (rows, columns))


def _entry(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """A[i, j] = e_i' A e_j; SymPy counts from 0."""
    (X,) = values
    return _picked(X, *[add(place, 1) for place in reader.sizes_of(e.args[1:])])


def _slice(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """One row, one column, one entry."""
    (X,) = values
    places: list[Size | None] = []
    for ends, length in zip(e.args[1:], X.shape, strict=True):
        start, stop, step = reader.sizes_of(ends)
        if step != 1 or (sub(stop, start) != 1 and (start, stop) != (0, length)):
            raise _unknown(e, "only single rows, columns and entries are")
        places.append(None if (start, stop) == (0, length) else stop)
    return _picked(X, *places)


def _picked(X: Expr, row: Size | None, column: Size | None) -> Expr:
    rows, columns = X.shape
    left = [] if row is None else [algebra.transpose(algebra.unit(row, rows))]
    right = [] if column is None else [algebra.unit(column, columns)]
    return algebra.product(*left, X, *right)


# --- sums, products, powers -------------------------------------------------------------------------------------------


def _sum(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """In a Lambda a number may stand beside entries."""
    shape = next((value.shape for value in values if not value.is_scalar), SCALAR)
    return algebra.add([algebra.scale(value, algebra.ones(*shape)) if value.is_scalar else value for value in values])


def _matrix_sum(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    return algebra.add(_of_one_shape(e, values))


def _entrywise_product(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    return algebra.hadamard(*_of_one_shape(e, values))


def _of_one_shape(e: sympy.Basic, values: Values) -> Values:
    for value in values:
        if value.shape != values[0].shape:
            raise _misfit(e, values[0], value)
    return values


def _product(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """Scalars and matrices; in a Lambda, of entries."""
    matrices = [value for value, arg in zip(values, e.args, strict=True) if arg.is_Matrix]
    if not matrices:
        return algebra.hadamard(*values)
    for left, right in zip(matrices, matrices[1:], strict=False):
        if left.cols != right.rows:
            raise _misfit(e, left, right)
    scalars = [value for value, arg in zip(values, e.args, strict=True) if not arg.is_Matrix]
    return _scaled(algebra.product(algebra.number(1), *scalars), matrices)


def _scaled(scalar: Expr, matrices: Values) -> Expr:
    """The scalar goes to a factor that it makes lighter: p' exp(z) / sum(exp(z)) is p' softmax(z)."""
    for k, X in enumerate(matrices):
        made = algebra.scale(scalar, X)
        if made.weight < scalar.weight + X.weight:
            return algebra.product(*matrices[:k], made, *matrices[k + 1 :])
    return algebra.product(scalar, *matrices)


def _misfit(e: sympy.Basic, left: Expr, right: Expr) -> CallError:
    return CallError(f"in a {type(e).__name__} a {shape_text(left.shape)} and a {shape_text(right.shape)} do not fit")


def _power(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    return _matrix_power(reader, e, values) if e.args[0].is_Matrix else _entry_power(reader, e, values)


def _entry_power(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """A power of every entry, by one exponent or by one for each."""
    base, exponent = values
    if exponent.is_scalar:
        return algebra.entry_power(base, exponent)
    return _applied("exp(log(X) Y)" if base.is_scalar else "exp(log(X) .* Y)", e, values)


def _matrix_power(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    base, exponent = values
    if base.rows != base.cols:
        raise _misfit(e, base, base)
    value = as_number(exponent)
    if value is None and not base.is_scalar:
        return _applied("mpower(X, Y)", e, values)
    if value is None or base.is_scalar or value == int(value):
        return algebra.power(base, exponent)
    return algebra.product(algebra.power(base, int(value)), algebra.power(base, Fraction(value) - int(value)))


def _dot(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """Of rows or columns."""
    return algebra.frobenius(*[value if value.cols == 1 else algebra.transpose(value) for value in values])


# --- functions --------------------------------------------------------------------------------------------------------


def _applied(formula: str, e: sympy.Basic, values: Values) -> Expr:
    """A formula of the language over X and Y."""
    try:
        return expression_of(formula, dict(zip("XY", values, strict=False)))
    except FormulaError as error:
        raise _unknown(e, error.message) from error


def _function(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """A function of one number, by its own name."""
    name = type(e).__name__
    if e.args[0].is_Matrix and not values[0].is_scalar:
        raise _unknown(e, f"a function of the entries of a matrix is A.applyfunc({name})")
    return _applied(f"{RENAMED.get(name, name)}(X)", e, values)


def _polygamma(e: sympy.Basic) -> str:
    known = {0: "digamma(X)", 1: "trigamma(X)"}
    return known.get(e.args[0], f"polygamma({e.args[0]}, X)")


def _undefined(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """``Function("f")(x)`` is a declared function; ``Function("sigmoid")(x)`` is the one of the tables."""
    name, (X,) = type(e).__name__, values
    known = functions.lookup(name)
    if known and known[0].kind != "entrywise":
        raise CallError(f"the undefined function '{name}' has the name of another function: rename it")
    return _applied(f"{name}(X)", e, values) if known else algebra.call(name, (X,), X.shape)


def _derivative(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """f'(x) of an undefined function."""
    (X,) = values
    (_, order), *others = e.args[1:]
    f = e.args[0]
    if others or not order.is_Integer or len(f.args) != 1 or f.args[0] != e.args[1][0] or not hasattr(f, "name"):
        raise _unknown(e)
    return algebra.call(f.name + "'" * int(order), (X,), X.shape)


def _substituted(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    (letter,), (value,) = e.args[1], values
    return reader.within(letter, value, e.args[0])


def _entries(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    """A Lambda of every entry; a constant one gives that number everywhere."""
    (X,) = values
    (letter,) = e.args[0].variables
    return algebra.hadamard(reader.within(letter, X, e.args[0].expr), algebra.ones(*X.shape))


def _extreme(name: str) -> Callable[[_Reader, sympy.Basic, Values], Expr]:
    """The largest or the smallest of several; max(x, 0) is relu(x)."""

    def read(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
        if name == "max" and len(values) == 2 and algebra.number(0) in values:
            return _applied("relu(X)", e, [value for value in values if value is not algebra.number(0)])
        return reduce(lambda a, b: _applied(f"{name}(X, Y)", e, [a, b]), sorted(values))

    return read


def _logarithm(reader: _Reader, e: sympy.Basic, values: Values) -> Expr:
    return _applied("logdet(X)", e, values) if _inside_logdet(e) else _function(reader, e, values)


def _inside_logdet(e: sympy.Basic) -> Sequence[sympy.Basic]:
    """A of log(Abs(Determinant(A)))."""
    for name in ("Abs", "Determinant"):
        (e,) = e.args
        if type(e).__name__ != name:
            return ()
    return e.args


def _leaf(read: Callable[[_Reader, sympy.Basic], Expr]) -> Way:
    """A class whose arguments are no expressions."""
    return Way(lambda reader, e, values: read(reader, e), lambda e: ())


def _formula(formula: str) -> Way:
    """A class that is a formula over its one argument X."""
    return Way(lambda reader, e, values: _applied(formula, e, values))


def _first(e: sympy.Basic) -> Sequence[sympy.Basic]:
    return e.args[:1]


def _only(e: sympy.Basic) -> Sequence[sympy.Basic]:
    if len(e.args) != 1:
        raise _unknown(e)
    return e.args


# fmt: off
WAYS: dict[str, Way] = {
    "Rational":         _leaf(lambda reader, e: algebra.number(Fraction(int(e.p), int(e.q)))),
    "Float":            _leaf(lambda reader, e: algebra.number(Fraction(str(e)))),
    "Pi":               _leaf(lambda reader, e: algebra.pi()),
    "Exp1":             _leaf(lambda reader, e: _applied("exp(1)", e, ())),
    "Symbol":           _leaf(lambda reader, e: reader.scalar(e)),
    "MatrixSymbol":     _leaf(_matrix_symbol),
    "Identity":         _leaf(lambda reader, e: algebra.eye(reader.size(e.args[0]))),
    "OneMatrix":        _leaf(lambda reader, e: algebra.ones(*reader.sizes_of(e.args))),
    "ZeroMatrix":       _leaf(lambda reader, e: algebra.zeros(*reader.sizes_of(e.args))),
    "Add":              Way(_sum),
    "Mul":              Way(_product),
    "Pow":              Way(_power),
    "MatAdd":           Way(_matrix_sum),
    "MatMul":           Way(_product),
    "MatPow":           Way(_matrix_power),
    "Transpose":        _formula("X'"),
    "Adjoint":          _formula("X'"),
    "Trace":            _formula("tr(X)"),
    "Determinant":      _formula("det(X)"),
    "DiagMatrix":       _formula("Diag(X)"),
    "DiagonalMatrix":   _formula("Diag(diag(X))"),
    "DiagonalOf":       _formula("diag(X)"),
    "DotProduct":       Way(_dot),
    "HadamardProduct":  Way(_entrywise_product),
    "HadamardPower":    Way(_entry_power),
    "KroneckerProduct": Way(lambda reader, e, values: reduce(lambda b, a: algebra.kron(a, b), reversed(values))),
    "MatrixElement":    Way(_entry, _first),
    "MatrixSlice":      Way(_slice, _first),
    "ElementwiseApplyFunction": Way(_entries, lambda e: e.args[1:]),
    "log":              Way(_logarithm, lambda e: _inside_logdet(e) or _only(e)),
    "Max":              Way(_extreme("max")),
    "Min":              Way(_extreme("min")),
    "Heaviside":        Way(lambda reader, e, values: _applied("step(X)", e, values), _first),
    "polygamma":        Way(lambda reader, e, values: _applied(_polygamma(e), e, values), lambda e: e.args[1:]),
    "Function":         Way(_function, _only),
    "AppliedUndef":     Way(_undefined, _only),
    "Derivative":       Way(_derivative, lambda e: e.args[1].args[:1]),
    "Subs":             Way(_substituted, lambda e: e.args[2].args),
}
RENAMED = {"conjugate": "conj"}
HINTS = {
    "ImmutableDenseMatrix": "put a MatrixSymbol in the place of the numbers",
    "MutableDenseMatrix":   "put a MatrixSymbol in the place of the numbers",
    "Derivative":           "call doit() first, or take the derivative with derive",
    "BlockMatrix":          "blocks are not supported yet",
}
# fmt: on
