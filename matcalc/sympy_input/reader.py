"""What a SymPy expression means: its symbols, its sizes, and its tree from the bottom up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import reduce
from typing import TYPE_CHECKING

from matcalc import algebra
from matcalc.errors import CallError, FormulaError
from matcalc.expr import Expr, Symbol
from matcalc.expression import Expression
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.names import canonical
from matcalc.rules.properties import closure
from matcalc.shape import SCALAR, Shape, Size, add, divide, mul, shape_text
from matcalc.sympy_input.classes import Way, way_of

if TYPE_CHECKING:
    import sympy

Properties = Mapping[str, str | Sequence[str]]


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
    reader = Reader(expression, properties or {})
    node = reader.read(expression)
    reader.check()
    return Expression(node, reader.spellings, tuple(reader.symbols.values()))


class Reader:
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
                if base == 1:
                    continue
                name = canonical(base.name) if base.is_Symbol else None
                if name is None or not exponent.is_Integer or exponent < 0:
                    raise CallError(f"'{e}' is no size: sizes are whole numbers, symbols, sums and products of these")
                term = reduce(mul, [name] * int(exponent), term)
            total = add(total, divide(mul(int(coefficient.p), term), int(coefficient.q)))
        return total

    def sizes_of(self, sizes: Sequence[sympy.Basic]) -> list[Size]:
        return [self.size(size) for size in sizes]

    def scalar(self, e: sympy.Basic) -> Expr:
        """A Symbol: the letter of a Lambda, a size or a scalar."""
        if e in self.bound:
            return self.bound[e]
        if e in self.sizes or (e.is_integer and e.is_positive and e.name not in self.properties):
            return algebra.size(self.size(e))
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
        names = [e.name for e in self.symbols]
        for name in self.properties:
            if name not in names:
                raise CallError(
                    f"'{name}' has properties and is not there: there are {', '.join(names) or 'no symbols'}"
                )


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
            way = way_of(node)
            parts = way.parts(node)
            stack.append((node, (way, parts)))
            stack.extend((part, None) for part in reversed(parts) if id(part) not in known)


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
