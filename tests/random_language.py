"""Random formulas of the whole language: beside what ``random_formulas`` makes, sums over an index, families and their members,
entries, blocks, definitions, functions that the user declares, bars, every postfix, powers of every kind, sizes as numbers.

>>> formula = random_language(Random(3))
>>> formula.text, formula.declare, formula.wrt                                                         # doctest: +SKIP
("sum(i=1..N, (q_i' w)^2) + E_1 : E_1", ('q_i : vector(n), i = 1..N', …, 'E_1 := A B'), 'w')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import cast

from random_formulas import Formula, Maker, Way, kind_of

from matcalc.read.declarations import Declaration
from matcalc.read.syntax import (
    Apply,
    Bars,
    Binary,
    Block,
    Index,
    Juxtapose,
    Name,
    Negate,
    Number,
    Postfix,
    Power,
    Range,
    Syntax,
)  # fmt: skip
from matcalc.shape import SCALAR, Polynomial, Shape, Size, add, mul, names
from matcalc.write.present import plain_text

Rewrite = Callable[[Syntax, Syntax], Syntax]
LIGHTEST, HEAVIEST = 5, 40  # nodes of a formula
MANY = "N"  # how many members a family has
FAMILIES = {"matrix": "FG", "vector": "ql", "row": "o", "scalar": "j"}
DECLARED = ("phi", "psi")  # functions
WHOLE = "k"  # a scalar that is a whole number: A^k
MEMBER = "2"  # the one that is differentiated by
ONES = ("constant",)  # never differentiated by


@dataclass(frozen=True)
class Whole(Formula):
    """``definitions``: what stands behind the names that are defined, in the order in which they are declared; ``declared``:
    the declarations of the others."""

    definitions: Mapping[str, Syntax] = field(default_factory=dict)
    declared: tuple[Declaration, ...] = ()


def random_language(random: Random, scalar: bool = True) -> Whole:
    """A formula of 5 to 40 nodes, with its definitions."""
    while True:
        maker = Language(random)
        depth = random.choice((2, 3, 3, 4, 5))
        tree = maker.of(SCALAR, depth) if scalar else maker.free(depth)[0]
        formula = whole(tree, maker)
        if formula is not None and LIGHTEST <= weight(formula) <= HEAVIEST:
            return formula


def whole(tree: Syntax, maker: Language) -> Whole | None:
    """A tree with all that its names need; None where there is nothing to differentiate by."""
    made = gathered(tree, {**maker.variables, **maker.others}, maker.definitions, maker.shapes)
    free = [d for d in made.declared if d.name != WHOLE and d.kind not in ("function", "size")]
    free = [d for d in free if not set(ONES) & set(d.properties)]
    if not free:
        return None
    chosen = maker.random.choice(free)
    return replace(made, wrt=chosen.name[:-1] + MEMBER if chosen.family else chosen.name)


def gathered(
    tree: Syntax, known: Mapping[str, Declaration], defined: Mapping[str, Syntax], shapes: Mapping[Syntax, Shape]
) -> Whole:
    """A tree with the declarations and definitions of the names in it."""
    inside = _names(tree) | _called(tree)
    definitions: dict[str, Syntax] = {}
    for name in reversed(list(defined)):
        if name in inside:
            definitions[name] = defined[name]
            inside |= _names(definitions[name]) | _called(definitions[name])
    definitions = dict(reversed(definitions.items()))
    stems = {name[0] for name in inside if name[1:2] == "_"}
    declared = [d for name, d in known.items() if name in inside or (d.family and name[0] in stems)]
    shown = {n for d in declared for size in d.shape for n in names(size)}
    shown |= {MANY} if any(d.family for d in declared) else set()
    declared += [Declaration(n, "size") for n in ("m", "n", "p", MANY) if n in inside and n not in shown]
    texts = [f"{name} := {plain_text(body)}" for name, body in definitions.items()]
    return Whole(plain_text(tree), (*map(str, declared), *texts), "", tree, shapes, definitions, tuple(declared))


def weight(formula: Whole) -> int:
    return sum(_size(tree) for tree in (formula.tree, *formula.definitions.values()))


def _size(tree: Syntax) -> int:
    return sum(1 for _ in nodes(tree))


def _names(tree: Syntax) -> set[str]:
    return {node.text for node in nodes(tree) if type(node) is Name}


def _called(tree: Syntax) -> set[str]:
    return {node.function for node in nodes(tree) if type(node) is Apply and node.function in DECLARED}


def nodes(tree: Syntax) -> Iterator[Syntax]:
    """Every node of the tree."""
    todo: list[object] = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, tuple):
            if hasattr(item, "_fields"):
                yield item  # type: ignore[misc]
            if not isinstance(item, Name | Number):
                todo += item


# --- the same in other words ------------------------------------------------------------------------------------------


def with_tree(formula: Whole, tree: Syntax, declare: tuple[str, ...] = ()) -> Whole:
    """The formula of another tree with the same letters, and more."""
    return replace(formula, text=plain_text(tree), tree=tree, declare=(*formula.declare, *declare))


def rebuilt(formula: Whole, rewrite: Rewrite) -> Whole:
    """Every node rewritten, its parts first; ``rewrite`` also gets the node as it was."""
    definitions = {name: rewritten(body, rewrite) for name, body in formula.definitions.items()}
    plain = [text for text in formula.declare if ":=" not in text]
    defined = [f"{name} := {plain_text(body)}" for name, body in definitions.items()]
    tree = rewritten(formula.tree, rewrite)
    return replace(formula, text=plain_text(tree), tree=tree, declare=(*plain, *defined), definitions=definitions)


def rewritten(tree: Syntax, rewrite: Rewrite) -> Syntax:
    """The tree with every node rewritten, its parts first."""

    def of(field: object) -> object:
        if isinstance(field, tuple):
            return (
                rewritten(cast("Syntax", field), rewrite)
                if hasattr(field, "_fields")
                else tuple(of(item) for item in field)
            )
        return field

    if isinstance(tree, Name | Number):
        return rewrite(tree, tree)
    return rewrite(type(tree)(*[of(part) for part in tree]), tree)  # type: ignore[arg-type]


def renamed(formula: Whole) -> tuple[Whole, Callable[[str], str]]:
    """The formula with other names in the same order, and what turns a text back."""
    known = [text.partition(" ")[0] for text in formula.declare if not text.endswith((" : size", " : function"))]
    stems = sorted(name.removesuffix("_i") for name in known)
    new = {name: f"v{rank:02}" for rank, name in enumerate(stems)}
    families = {name.removesuffix("_i") for name in known if name.endswith("_i")}
    old = {fresh: name for name, fresh in new.items()}

    def changed(text: str, names: Mapping[str, str], apart: set[str]) -> str:
        def other(found: re.Match[str]) -> str:
            word = found.group()
            stem, _, which = word.partition("_")
            if which and stem in apart:
                return f"{names[stem]}_{which}" if which else names[stem]
            return names.get(word, word) if word not in apart else word

        return re.sub(r"(?<!\^)[A-Za-z]\w*|(?<=\^)(?![HT]\b)[A-Za-z]\w*", other, text)

    text, wrt = (changed(one, new, families) for one in (formula.text, formula.wrt))
    declare = tuple(changed(one, new, families) for one in formula.declare)
    turned = {new[stem] for stem in families}
    return replace(formula, text=text, declare=declare, wrt=wrt), lambda found: changed(found, old, turned)


class Language(Maker):
    """Makes trees with every construct; ``bound`` are the indices of the sums that it is inside of."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.definitions: dict[str, Syntax] = {}
        self.others: dict[str, Declaration] = {}  # families and functions, that are not met as variables are
        self.bound: list[str] = []

    def _ways(self, shape: Shape) -> tuple[Way, ...]:
        ways = super()._ways(shape)
        more: tuple[Way, ...] = (self._defined, self._sum_over, self._of_declared)
        if shape == SCALAR:
            more = (*more, self._bars, self._entry, self._of_block)
        elif 1 in shape:
            more = (*more, self._line, self._block)
        else:
            more = (*more, self._block, self._reciprocal)
        if shape[0] == shape[1] != 1:
            more = (*more, self._postfixed, self._root, self._to_the_k)
        return (*ways, *more)

    def _leaf(self, shape: Shape, depth: int = 0) -> Syntax:
        if self.bound and self.random.random() < 0.5:
            return self._bound_leaf(shape)
        if shape == SCALAR and self.random.random() < 0.05:
            return Name(self.random.choice(("m", "n", MANY)))
        return super()._leaf(shape)

    # definitions, functions of the user

    def _defined(self, shape: Shape, depth: int) -> Syntax | None:
        known = [name for name in self.definitions if self.shapes[Name(name)] == shape]
        if known and self.random.random() < 0.5:
            return Name(self.random.choice(known))
        if self.bound:
            return None
        body = self.of(shape, depth)
        if isinstance(body, Name | Number) or not any(name in self.variables for name in _names(body)):
            return body
        name = f"E_{len(self.definitions) + 1}"
        self.definitions[name] = body
        return self._named(name, shape)

    def _of_declared(self, shape: Shape, depth: int) -> Syntax:
        name = self.random.choice(DECLARED)
        self.others[name] = Declaration(name, "function")
        return Apply(name, (self.of(shape, depth),))

    # sums over an index

    def _sum_over(self, shape: Shape, depth: int) -> Syntax | None:
        if len(self.bound) > 1:
            return None
        letter = "i" if not self.bound else "j"
        self.bound.append(letter)
        body = self.of(shape, depth)
        self.bound.pop()
        if letter not in {part for name in _names(body) for part in name.split("_")}:
            return None
        return Apply("sum", (Range(letter, Number(1), Name(MANY)), body))

    def _bound_leaf(self, shape: Shape) -> Syntax:
        """A member of a family, an entry, a row or a column, at an index."""
        letter = self.random.choice(self.bound)
        pick = self.random.random()
        if shape == SCALAR and pick < 0.2:
            return Name(letter)
        if shape == SCALAR and pick < 0.6:
            return Index(self.variable((MANY, 1)), (Name(letter),))
        if shape[0] == 1 != shape[1] and pick < 0.4:
            return Index(self.variable((MANY, shape[1])), (Name(letter), None))
        if shape[1] == 1 != shape[0] and pick < 0.4:
            return Index(self.variable((shape[0], MANY)), (None, Name(letter)))
        return self._member(shape, letter)

    def _member(self, shape: Shape, letter: str) -> Syntax:
        kind = kind_of(shape)
        for stem in FAMILIES[kind]:
            known = self.others.get(stem + "_i")
            if known is None:
                properties = self._properties(shape)
                known = Declaration(stem + "_i", kind, shape, properties, family=("i", 1, MANY))
                self.others[known.name] = known
            if known.shape == shape:
                return self._named(f"{stem}_{letter}", shape)
        return super()._leaf(shape)

    # entries, rows, columns, blocks

    def _entry(self, shape: Shape, depth: int) -> Syntax:
        rows, cols = self._name_of_size(), self._name_of_size()
        if self.random.random() < 0.5:
            return Index(self.variable((rows, 1)), (self._place(rows),))
        return Index(self.variable((rows, cols)), (self._place(rows), self._place(cols)))

    def _line(self, shape: Shape, depth: int) -> Syntax:
        other = self._name_of_size()
        if shape[0] == 1:
            return Index(self.variable((other, shape[1])), (self._place(other), None))
        return Index(self.variable((shape[0], other)), (None, self._place(other)))

    def _name_of_size(self) -> Size:
        return self.random.choice(("m", "n", "p", 3))

    def _place(self, size: Size) -> Syntax:
        last = isinstance(size, str) and self.random.random() < 0.3
        return Name(str(size)) if last else Number(self.random.choice((1, 2, 3)) if size == 3 else 1)

    def _block(self, shape: Shape, depth: int) -> Syntax | None:
        """Out of scalars, where both sizes are numbers."""
        rows, cols = shape
        if not isinstance(rows, int) or not isinstance(cols, int) or rows * cols > 6:
            return None
        return Block(tuple(tuple(self.of(SCALAR, min(depth, 1)) for _ in range(cols)) for _ in range(rows)))

    def _of_block(self, shape: Shape, depth: int) -> Syntax:
        """Out of arrays, weighed by another array."""
        rows = [self._size() for _ in range(self.random.choice((1, 2)))]
        cols = [self._size() for _ in range(self.random.choice((1, 2)) if len(rows) == 2 else 2)]
        block = Block(tuple(tuple(self.of((r, c), depth - 1) for c in cols) for r in rows))
        whole_shape = (_total(rows), _total(cols))
        self.shapes[block] = whole_shape
        if self.random.random() < 0.4:
            return Apply(self.random.choice(("sum", "norm", "mean", "normF")), (block,))
        return Binary(":", block, self.of(whole_shape, depth - 1))

    def free(self, depth: int) -> tuple[Syntax, Shape]:
        if self.random.random() < 0.1:
            left, right = (self._size(), self._size()), (self._size(), self._size())
            tree = Binary("⊗", self.of(left, depth - 1), self.of(right, depth - 1))
            shape = (mul(left[0], right[0]), mul(left[1], right[1]))
            self.shapes[tree] = shape
            return tree, shape
        return super().free(depth)

    # signs

    def _bars(self, shape: Shape, depth: int) -> Syntax:
        rows, cols = self._size(), self._size()
        pick = self.random.random()
        if pick < 0.3:
            return Bars("‖", self.of((rows, cols), depth), "F")
        if pick < 0.6 and rows != 1:
            return Bars(self.random.choice("|‖"), self.of((rows, 1), depth), "")
        if pick < 0.8 and rows != 1:
            return Bars("|", self.with_property((rows, rows), "invertible", depth), "")
        return Bars("|", self.of(SCALAR, depth), "")

    def _reciprocal(self, shape: Shape, depth: int) -> Syntax:
        return Binary("./", self.of(SCALAR, min(depth, 1)), self.with_property(shape, "positive", depth))

    def _postfixed(self, shape: Shape, depth: int) -> Syntax:
        mark = self.random.choice(("^T", "^-T", "^+"))
        inner = self.of(shape, depth) if mark == "^T" else self.with_property(shape, "invertible", depth)
        return Postfix(mark, inner)

    def _root(self, shape: Shape, depth: int) -> Syntax:
        """A fractional or negative power of what is positive definite."""
        half: Syntax = Binary("/", Number(1), Number(2))
        exponent = self.random.choice((half, Negate(half), Negate(Number(2)), Negate(Number(3))))
        word = "spd" if exponent in (half, Negate(half)) else "invertible"
        return Power(self.with_property(shape, word, depth), exponent)

    def _to_the_k(self, shape: Shape, depth: int) -> Syntax:
        self.variables[WHOLE] = Declaration(WHOLE, "scalar", SCALAR)
        self.shapes[Name(WHOLE)] = SCALAR
        return Power(self.of(shape, min(depth, 2)), Name(WHOLE))

    def _product(self, shape: Shape, depth: int) -> Syntax:
        """As before; of sizes that are sums there is no letter between."""
        if any(isinstance(size, Polynomial) for size in shape):
            inner = self._size()
            return Juxtapose((self.of((shape[0], inner), depth), self._unsigned((inner, shape[1]), depth)))
        return super()._product(shape, depth)

    def _unsigned(self, shape: Shape, depth: int) -> Syntax:
        made = self.of(shape, depth)
        return made if not isinstance(made, Number) else self.variable(shape)


def _total(sizes: list[Size]) -> Size:
    out: Size = 0
    for size in sizes:
        out = add(out, size)
    return out
