"""Random well-typed formulas, made from the tables: every function, every operator, variables with every property.

>>> formula = random_formula(Random(1))
>>> formula.text, formula.declare, formula.wrt                                                         # doctest: +SKIP
("sum(A .* tanh(B C))", ('A : matrix(m, n)', 'B : matrix(m, p)', 'C : matrix(p, n)'), 'B')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.syntax import Add, Apply, Binary, Juxtapose, Name, Negate, Number, Postfix, Power, Syntax
from matcalc.read.trees import names_in
from matcalc.rules import functions
from matcalc.rules.record import Function
from matcalc.shape import SCALAR, Polynomial, Shape, Size, names, shape_text, substitute
from matcalc.write.present import plain_text

Way = Callable[[Shape, int], Syntax | None]
SIZES: tuple[Size, ...] = ("m", "n", "n", "p", "m", "n", "p", 1, 2, 3)
LETTERS = {"matrix": [*"ABCDHMPQRSUVWXYZ"], "vector": [*"abcuvwxyz"], "row": [*"rfgh"]}
LETTERS["scalar"] = ["alpha", "beta", "s", "t", "lambda"]

# fmt: off
SQUARE_WORDS = (
    "symmetric", "symmetric", "spd", "spd", "psd", "skew", "diagonal", "lower", "upper", "orthogonal", "invertible",
    "projection",
)
ANY_WORDS = ("positive", "positive", "nonnegative", "binary", "constant")
VECTOR_WORDS = ("unit", "distribution", "positive", "constant")
# Not differentiated by: nonnegative ones have a corner at an entry of 0, the others cannot move freely, and what they are
# known to satisfy (M ⊙ M = M) is used before the derivative is taken.
FIXED = {"constant", "nonnegative", "binary", "projection", "orthogonal", "unit", "distribution"}

# What is not met in a formula, with the reason.
LEFT_OUT = {
    "conj": "of complex variables", "mpower": "what A^k becomes",
    "expm_frechet": "what the rule of expm gives", "logm_frechet": "what the rule of logm gives",
    "sinm_frechet": "what the rule of sinm gives", "cosm_frechet": "what the rule of cosm gives",
    "eigvecs": "each column up to its sign only", "svdvecs": "each column up to its sign only",
    "eigmaxproj": "what the rule of eigmax gives", "eigminproj": "what the rule of eigmin gives",
    "vector": "a constant of inferred size", "matrix": "a constant of inferred size",
}
# fmt: on


@dataclass(frozen=True)
class Formula:
    """A formula with its declarations and a variable to differentiate by; ``tree`` is what the text reads as."""

    text: str
    declare: tuple[str, ...]
    wrt: str
    tree: Syntax
    shapes: Mapping[Syntax, Shape]


def random_formula(random: Random, depth: int | None = None, scalar: bool = True) -> Formula:
    """A scalar formula (or one of any shape) with at least one variable that can be differentiated by."""
    while True:
        maker = Maker(random)
        depth = random.choice((2, 3, 3, 4, 5)) if depth is None else depth
        tree = maker.of(SCALAR, depth) if scalar else maker.free(depth)[0]
        formula = as_formula(tree, maker.variables, maker.shapes, random)
        if formula is not None:
            return formula


def as_formula(
    tree: Syntax, variables: Mapping[str, Declaration], shapes: Mapping[Syntax, Shape], random: Random
) -> Formula | None:
    """A tree with the declarations of the names in it; None where there is nothing to differentiate by."""
    inside = set(names_in(tree))
    declared = [variable for name, variable in variables.items() if name in inside]
    free = [variable.name for variable in declared if not FIXED & set(variable.properties)]
    if not free:
        return None
    sizes = sorted({n for d in declared for size in d.shape for n in names(size)})
    extra = [f"{name} : size" for name in ("m", "n", "p") if name in inside and name not in sizes]
    return Formula(plain_text(tree), (*map(str, declared), *extra), random.choice(free), tree, shapes)


# --- records ------------------------------------------------------------------------------------------------------------


@cache
def callable_records() -> tuple[Function, ...]:
    """The records that can be met in a formula."""
    known = [record for record in functions.records() if record.source != "SymPy"]  # these join when they are used
    found = [r for r in known if r.name.isidentifier() and "complex" not in r.takes + r.gives]
    return tuple(r for r in found if r.name not in LEFT_OUT and (r.takes or r.kind != "constant"))


@cache
def stacking_records() -> tuple[Function, ...]:
    """Those that give a shape with products of sizes, which is never asked for: kron, vec."""
    return tuple(r for r in callable_records() if any(isinstance(size, Polynomial) for size in gives(r)))


@cache
def gives(record: Function) -> Shape:
    (declared,) = read_declarations("Y : " + record.gives)
    assert isinstance(declared, Declaration)
    return declared.shape


@cache
def takes(record: Function) -> tuple[Declaration, ...]:
    return tuple(d for d in read_declarations(record.takes) if isinstance(d, Declaration)) if record.takes else ()


@cache
def giving(kind: str) -> tuple[Function, ...]:
    """The records whose value may be a scalar, vector, row or matrix; entrywise ones are of every kind."""
    return tuple(r for r in callable_records() if kind_of(gives(r)) == kind or r.kind == "entrywise")


def kind_of(shape: Shape) -> str:
    """scalar, vector, row or matrix."""
    return shape_text(shape).partition("(")[0]


def _bind(pattern: Shape, shape: Shape) -> dict[str, Size] | None:
    """The sizes that make a pattern the shape; None where none do."""
    bound: dict[str, Size] = {}
    for wanted, size in zip(pattern, shape, strict=True):
        if (
            isinstance(wanted, Polynomial)
            or (bound.setdefault(wanted, size) if isinstance(wanted, str) else wanted) != size
        ):
            return None
    return bound


# --- making trees ---------------------------------------------------------------------------------------------------------


class Maker:
    """Makes trees of a wanted shape; remembers its variables, and the shape of every tree."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.variables: dict[str, Declaration] = {}
        self.shapes: dict[Syntax, Shape] = {}

    def free(self, depth: int) -> tuple[Syntax, Shape]:
        """A tree of any shape."""
        if self.random.random() < 0.15:
            records = callable_records() if self.random.random() < 0.6 else stacking_records()
            shape, tree = self._call_free(self.random.choice(records), depth)
            if tree is not None:
                return tree, shape
        shape = (self._size(), self._size())
        return self.of(shape, depth), shape

    def of(self, shape: Shape, depth: int) -> Syntax:
        """A tree of this shape."""
        made: Syntax | None = None
        while made is None:
            made = self._leaf(shape) if depth <= 0 else self.random.choice(self._ways(shape))(shape, depth - 1)
        self.shapes[made] = shape
        return made

    def _size(self) -> Size:
        return self.random.choice(SIZES)

    def _ways(self, shape: Shape) -> tuple[Way, ...]:
        always: tuple[Way, ...] = (self._leaf, self._sum, self._product, self._scaled, self._call, self._negative)
        always = (*always, self._sum, self._call)
        if shape == SCALAR:
            more: tuple[Way, ...] = (self._power, self._quotient, self._frobenius, self._call, self._product)
            return (*always, *more, self._frobenius, self._call, self._call)
        more = (self._product, self._hadamard, self._over, self._transposed, self._dotpower, self._compared)
        more = (*more, self._product, self._hadamard)
        if shape[0] == shape[1]:
            return (*always, *more, self._inverse, self._matrix_power, self._gram)
        return (*always, *more)

    # leaves

    def _leaf(self, shape: Shape, depth: int = 0) -> Syntax:
        if self.random.random() < (0.25 if shape == SCALAR else 0.1):
            return self._constant(shape)
        return self.variable(shape)

    def _constant(self, shape: Shape) -> Syntax:
        if shape == SCALAR:
            return Number(self.random.choice((1, 2, 3, 5))) if self.random.random() < 0.8 else Name("pi")
        if shape[0] == shape[1] and self.random.random() < 0.6:
            return Apply("eye", (_of_size(shape[0]),))
        if self.random.random() < 0.1:
            return Apply("zeros", tuple(map(_of_size, shape)))
        if shape[1] == 1:
            unit = self.random.random() < 0.3
            return Apply("unit", (Number(1), _of_size(shape[0]))) if unit else Apply("ones", (_of_size(shape[0]),))
        return Apply("ones", tuple(map(_of_size, shape)))

    def variable(self, shape: Shape, word: str = "") -> Syntax:
        """One of the variables of this shape (and property), or a new one."""
        known = [v for v in self.variables.values() if v.shape == shape and (not word or word in v.properties)]
        if known and self.random.random() < 0.6:
            return self._named(self.random.choice(known).name, shape)
        kind = kind_of(shape)
        letters = LETTERS[kind]
        free = [letter for letter in self.random.sample(letters, len(letters)) if letter not in self.variables]
        name = free[0] if free else f"{letters[0]}_{len(self.variables)}"
        properties = (word,) if word else self._properties(shape)
        self.variables[name] = Declaration(name, kind, shape, properties)
        return self._named(name, shape)

    def _named(self, name: str, shape: Shape) -> Syntax:
        self.shapes[Name(name)] = shape
        return Name(name)

    def _properties(self, shape: Shape) -> tuple[str, ...]:
        if self.random.random() < 0.65:
            return ()
        if shape[0] == shape[1] != 1:
            words: tuple[str, ...] = (*SQUARE_WORDS, *ANY_WORDS)
        elif shape[1] == 1 != shape[0]:
            words = (*VECTOR_WORDS, *ANY_WORDS)
        else:
            words = ANY_WORDS
        return (self.random.choice(words),)

    def with_property(self, shape: Shape, word: str, depth: int) -> Syntax:
        """A tree of this shape that has a property."""
        made = self._with_property(shape, word, depth)
        self.shapes[made] = shape
        return made

    def _with_property(self, shape: Shape, word: str, depth: int) -> Syntax:
        pick = self.random.random()
        square = shape[0] == shape[1]
        if word in ("positive", "nonnegative") and pick < 0.7:
            inner = self.of(shape, depth - 1)
            return Apply("exp", (inner,)) if pick < 0.25 else self._plus_one(Power(inner, Number(2), True), shape)
        if word == "symmetric" and pick < 0.6:
            inner = self.of(shape, depth - 1)
            return Apply("sym", (inner,)) if pick < 0.2 else Add((1, 1), (inner, Postfix("'", inner)))
        if word in ("spd", "invertible") and square and pick < 0.6:
            inner = self.of((shape[0], self._size()), depth - 1)
            return Add((1, 1), (Juxtapose((inner, Postfix("'", inner))), Apply("eye", (_of_size(shape[0]),))))
        if word == "invertible" and pick < 0.8:
            return self.of(shape, depth)
        return self.variable(shape, word)

    def _plus_one(self, inner: Syntax, shape: Shape) -> Syntax:
        one: Syntax = Number(1) if self.random.random() < 0.5 else self._ones(shape)
        return Add((1, 1), (inner, one))

    def _ones(self, shape: Shape) -> Syntax:
        return Number(1) if shape == SCALAR else Apply("ones", tuple(map(_of_size, shape)))

    # operators

    def _sum(self, shape: Shape, depth: int) -> Syntax:
        count = self.random.choice((2, 2, 3))
        terms = [self.of(shape, depth) for _ in range(count)]
        if shape != SCALAR and self.random.random() < 0.15:
            terms[-1] = self.random.choice((Number(1), self.variable(SCALAR), Number(2)))
        signs = tuple(self.random.choice((1, 1, -1)) for _ in terms)
        return Add((1, *signs[1:]), tuple(terms))

    def _negative(self, shape: Shape, depth: int) -> Syntax:
        return Negate(self.of(shape, depth))

    def _product(self, shape: Shape, depth: int) -> Syntax:
        inner = [self._size() for _ in range(self.random.choice((1, 1, 2)))]
        dims = [shape[0], *inner, shape[1]]
        factors = [self.of((dims[k], dims[k + 1]), depth) for k in range(len(dims) - 1)]
        if any(isinstance(f, Number) for f in factors[1:]) or self.random.random() < 0.2:
            out = factors[0]
            for factor in factors[1:]:
                out = self._know(Binary("*", out, factor), (shape[0], self.shapes[factor][1]))
            return out
        return Juxtapose(tuple(factors))

    def _know(self, tree: Syntax, shape: Shape) -> Syntax:
        self.shapes[tree] = shape
        return tree

    def _scaled(self, shape: Shape, depth: int) -> Syntax:
        scalar, array = self.of(SCALAR, min(depth, 2)), self.of(shape, depth)
        pick = self.random.random()
        if pick < 0.2:
            return Binary(".*", scalar, array)
        if pick < 0.4:
            return Binary("/", array, scalar)
        return Binary("*", scalar, array) if isinstance(array, Number) or pick < 0.6 else Juxtapose((scalar, array))

    def _hadamard(self, shape: Shape, depth: int) -> Syntax:
        return Binary(".*", self.of(shape, depth), self.of(shape, depth))

    def _over(self, shape: Shape, depth: int) -> Syntax:
        return Binary("./", self.of(shape, depth), self.with_property(shape, "positive", depth))

    def _quotient(self, shape: Shape, depth: int) -> Syntax:
        return Binary("/", self.of(shape, depth), self.with_property(SCALAR, "positive", depth))

    def _transposed(self, shape: Shape, depth: int) -> Syntax:
        return Postfix("'", self.of((shape[1], shape[0]), depth))

    def _frobenius(self, shape: Shape, depth: int) -> Syntax:
        left, inner = self.free(depth)
        return Binary(":", left, self.of(inner, depth))

    def _power(self, shape: Shape, depth: int) -> Syntax:
        exponent = self.random.choice((2, 2, 3, 4))
        if self.random.random() < 0.3:
            return Power(self.with_property(shape, "positive", depth), self._exponent())
        return Power(self.of(shape, depth), Number(exponent))

    def _exponent(self) -> Syntax:
        half: Syntax = Binary("/", Number(1), Number(2))
        more = Binary("/", Number(3), Number(2))
        return self.random.choice((half, more, Negate(Number(1)), Negate(half), self.variable(SCALAR)))

    def _dotpower(self, shape: Shape, depth: int) -> Syntax:
        if self.random.random() < 0.4:
            return Power(self.with_property(shape, "positive", depth), self._exponent(), True)
        return Power(self.of(shape, depth), Number(self.random.choice((2, 2, 3))), True)

    def _compared(self, shape: Shape, depth: int) -> Syntax | None:
        if self.random.random() < 0.6:
            return None
        right = self.of(shape, depth) if self.random.random() < 0.5 else Number(0)
        return Binary(self.random.choice(("<", ">", "<=", ">=")), self.of(shape, depth), right)

    def _inverse(self, shape: Shape, depth: int) -> Syntax:
        inner = self.with_property(shape, "invertible", depth)
        return Power(inner, Negate(Number(1))) if self.random.random() < 0.4 else Apply("inv", (inner,))

    def _matrix_power(self, shape: Shape, depth: int) -> Syntax:
        return Power(self.of(shape, depth), Number(self.random.choice((2, 2, 3))))

    def _gram(self, shape: Shape, depth: int) -> Syntax:
        inner = self.of((shape[0], self._size()), depth)
        return Juxtapose((inner, Postfix("'", inner)))

    # calls

    def _call(self, shape: Shape, depth: int) -> Syntax | None:
        """A function of the tables that gives this shape."""
        found = giving(kind_of(shape))
        if not found:
            return None
        record = self.random.choice(found)
        bound = _bind(gives(record), shape)
        return None if bound is None else self._applied(record, bound, depth)

    def _call_free(self, record: Function, depth: int) -> tuple[Shape, Syntax | None]:
        bound = {name: self._size() for size in gives(record) for name in names(size)}
        tree = self._applied(record, bound, depth)
        rows, cols = (substitute(size, bound) for size in gives(record))
        if tree is not None:
            self.shapes[tree] = (rows, cols)
        return (rows, cols), tree

    def _applied(self, record: Function, bound: dict[str, Size], depth: int) -> Syntax | None:
        arguments: list[Syntax] = []
        for declared in takes(record):
            if declared.kind == "size":
                arguments.append(_of_size(bound.setdefault(declared.name, 1)))
                continue
            for name in dict.fromkeys(n for size in declared.shape for n in names(size)):
                bound.setdefault(name, self._size())
            rows, cols = (substitute(size, bound) for size in declared.shape)
            arguments.append(self._argument(record, (rows, cols), declared.properties, depth))
        if len(arguments) == 2 and isinstance(arguments[1], Number):
            return None  # max(A, 2) is the largest of each row
        if record.axis:
            arguments.append(Number(record.axis))
        if any(isinstance(size, Polynomial) for size in bound.values()):
            return None
        return Apply(record.name, tuple(arguments))

    def _argument(self, record: Function, shape: Shape, properties: tuple[str, ...], depth: int) -> Syntax:
        low, high = record.domain
        if properties:
            return self.with_property(shape, properties[0], depth)
        if (low, high) == (-1.0, 1.0):
            inner = Apply(self.random.choice(("tanh", "sin")), (self.of(shape, depth - 1),))
            return self._know(Binary("/", inner, Number(2)), shape)
        if low == 1.0:
            return self._know(self._plus_one(self.with_property(shape, "positive", depth), shape), shape)
        return self.of(shape, depth)


def _of_size(size: Size) -> Syntax:
    """A size as an argument."""
    if isinstance(size, int):
        return Number(size)
    if isinstance(size, str):
        return Name(size)
    terms: list[Syntax] = []
    for monomial, coefficient in size.terms:
        number = coefficient if coefficient > 0 else -coefficient
        factors: list[Syntax] = [Name(name) for name in monomial]
        factors = [Number(number), *factors] if number != 1 or not factors else factors
        out = factors[0]
        for factor in factors[1:]:
            out = Binary("*", out, factor)
        terms.append(out)
    return terms[0] if len(terms) == 1 else Add(tuple(1 if c > 0 else -1 for _, c in size.terms), tuple(terms))
