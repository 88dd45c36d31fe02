"""The shape of one node from the shapes of its parts, by equations between sizes; a Conflict where they cannot hold."""

from __future__ import annotations

from typing import assert_never

from matcalc.algebra.indices import indices_in
from matcalc.algebra.selectors import at_least
from matcalc.shape import Shape, Size, add, excess, mul, sub
from matcalc.steps.signature import choose, fit, value
from matcalc.steps.typed import (
    Block,
    Call,
    Differential,
    Entrywise,
    Frobenius,
    Indexed,
    IndexSum,
    Kronecker,
    Letter,
    Node,
    Number,
    Place,
    Power,
    Product,
    Quotient,
    Sum,
    Transpose,
    Typed,
)
from matcalc.steps.unify import Sizes, is_open


class Conflict(Exception):
    """What does not fit at a node: ``problem`` is a key of the table in ``explain``, left and right are the places."""

    def __init__(self, node: Node, problem: str, left: Node, right: Node) -> None:
        super().__init__(problem)
        self.node = node
        self.problem = problem
        self.left = left
        self.right = right

    @property
    def is_of_sizes(self) -> bool:
        """Whether the kinds fit (vector with vector, matrix with matrix) and the sizes do not."""
        left, right = self.left, self.right
        if self.problem == "product":
            return left.cols != 1 and right.rows != 1
        if self.problem in ("block row", "block column"):
            return 1 not in self._sides
        if self.problem in ("sum", "entrywise", "frobenius"):
            return (left.rows == 1) == (right.rows == 1) and (left.cols == 1) == (right.cols == 1)
        return self.problem in ("argument", "sizes") or (self.problem == "power" and 1 not in (left.rows, left.cols))

    @property
    def clashing(self) -> tuple[Size, ...]:
        """The sizes that are not the same."""
        left, right = self.left, self.right
        if self.problem == "product":
            return left.cols, right.rows
        if self.problem in ("block row", "block column"):
            return self._sides
        if not self.is_of_sizes:  # a call that takes no such arguments has no size
            return ()
        pairs = ((left.rows, right.rows), (left.cols, right.cols))
        return tuple(size for pair in pairs if pair[0] != pair[1] for size in pair)

    @property
    def _sides(self) -> tuple[Size, Size]:
        """The sizes of two parts of a block that should be the same."""
        left, right = self.left, self.right
        return (left.rows, right.rows) if self.problem == "block row" else (left.cols, right.cols)


class Shapes:
    """The equations of one reading of a formula. ``added``: the scalars that are added to every entry of an array."""

    __slots__ = ("added", "sizes")

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.added: list[tuple[Node, Node]] = []

    def forget(self) -> None:
        self.sizes.forget()
        self.added.clear()

    def infer(self, node: Typed) -> None:
        """Give the node its shape."""
        self.sizes.place = node.index
        match node:
            case Letter():
                self._letter(node)
            case Number():
                node.rows = node.cols = 1
                node.spelled = True
            case Product():
                self._product(node)
            case Call():
                self._call(node)
            case Sum():
                self._sum(node)
            case Transpose():
                (base,) = node.parts
                node.rows, node.cols, node.spelled = base.cols, base.rows, base.spelled
            case Power():
                self._power(node)
            case Entrywise():
                self._entrywise(node)
            case Quotient():
                self._quotient(node)
            case Frobenius():
                left, right = node.parts
                self._same(node, "frobenius", left, right)
                node.rows = node.cols = 1
                node.spelled = False
            case Kronecker():
                left, right = node.parts
                find = self.sizes.find
                node.rows = mul(find(left.rows), find(right.rows))
                node.cols = mul(find(left.cols), find(right.cols))
                if excess(node.rows) or excess(node.cols):
                    raise Conflict(node, "size", left, right)
                node.spelled = False
            case Block():
                self._block(node)
            case Differential():
                (of,) = node.parts
                node.rows, node.cols, node.spelled = of.rows, of.cols, False
            case Indexed():
                self._indexed(node)
            case IndexSum():
                body = node.parts[0]
                if len(node.parts) == 2 and not _is_scalar(node.parts[1]):
                    raise Conflict(node, "count", body, node.parts[1])
                node.rows, node.cols, node.spelled = body.rows, body.cols, True
            case _:
                assert_never(node)

    def _letter(self, node: Letter) -> None:
        entry = node.entry.of or node.entry
        shaped = entry.root or entry
        find = self.sizes.find
        node.rows, node.cols, node.spelled = find(shaped.rows), find(shaped.cols), True

    def _same(self, node: Node, problem: str, left: Node, right: Node) -> None:
        """Demand that two parts have one shape."""
        equal = self.sizes.equal
        if not (equal(left.rows, right.rows) and equal(left.cols, right.cols)):
            raise Conflict(node, problem, left, right)

    def _sum(self, node: Sum) -> None:
        """Arrays of one shape, and scalars, which are added to every entry if they are spelled as scalars."""
        array: Node | None = None
        scalars: list[Node] = []
        for part in node.parts:
            if part.rows == 1 and part.cols == 1:
                scalars.append(part)
            elif array is None:
                array = part
            else:
                self._same(node, "sum", array, part)
        if array is None:
            node.rows = node.cols = 1
            node.spelled = all(part.spelled for part in scalars)
            return
        for scalar in scalars:
            if not scalar.spelled:
                raise Conflict(node, "scalar", scalar, array)
            self.added.append((scalar, array))
        node.rows, node.cols, node.spelled = self.sizes.find(array.rows), self.sizes.find(array.cols), False

    def _product(self, node: Product) -> None:
        """From left to right; where a chain does not fit, its next 1×1 part is looked for and taken out."""
        parts = node.parts
        closed: list[list[int]] = []
        waiting: list[tuple[Shape, list[int]]] = []
        mismatch: tuple[Node, Node] | None = None
        rows, cols, own = parts[0].rows, parts[0].cols, [0]
        spelled = rows == 1 and cols == 1 and parts[0].spelled
        for k in range(1, len(parts)):
            part = parts[k]
            if _is_scalar(part):
                spelled = spelled and part.spelled
            else:
                spelled = False
                if rows == 1 and cols == 1:
                    if not all(_is_scalar(parts[j]) for j in own):  # (a' b) c
                        closed.append(own)
                        own = []
                    rows, cols = part.rows, part.cols
                elif self.sizes.equal(cols, part.rows):
                    cols = part.cols
                else:
                    mismatch = mismatch or (parts[_last_array(parts, own)], part)
                    waiting.append(((rows, cols), own))
                    rows, cols, own = part.rows, part.cols, []
            own.append(k)
            while rows == 1 and cols == 1 and waiting:
                closed.append(own)
                (rows, cols), own = waiting.pop()
        if mismatch and (waiting or not node.chain):
            raise Conflict(node, "product", *mismatch)
        node.segments = [*closed, own]
        node.regrouped = mismatch is not None
        node.rows, node.cols, node.spelled = self.sizes.find(rows), self.sizes.find(cols), spelled

    def _entrywise(self, node: Entrywise | Quotient) -> None:
        left, right = node.parts
        if left.rows == 1 and left.cols == 1:
            node.rows, node.cols = right.rows, right.cols
        else:
            if not (right.rows == 1 and right.cols == 1):
                self._same(node, "entrywise", left, right)
            node.rows, node.cols = self.sizes.find(left.rows), self.sizes.find(left.cols)
        node.spelled = left.spelled and right.spelled

    def _block(self, node: Block) -> None:
        """Parts side by side are equally high; parts below each other equally wide, or else the rows as a whole."""
        find, equal = self.sizes.find, self.sizes.equal
        grid = node.grid
        for row in grid:
            for part in row[1:]:
                if not equal(row[0].rows, part.rows):
                    raise Conflict(node, "block row", row[0], part)
        first = grid[0]
        for row in grid[1:]:
            pairs = list(zip(first, row, strict=False))
            aligned = len(row) == len(first) and all(self.sizes.could_be_equal(a.cols, b.cols) for a, b in pairs)
            fits = all(equal(a.cols, b.cols) for a, b in pairs) if aligned else self._equally_wide(first, row)
            if not fits:
                raise Conflict(
                    node, "block column", *next((p for p in pairs if find(p[0].cols) != find(p[1].cols)), pairs[0])
                )
        node.rows = find(_sum_of([find(row[0].rows) for row in grid]))
        node.cols = find(_sum_of([find(part.cols) for part in first]))
        node.spelled = False

    def _equally_wide(self, first: tuple[Node, ...], row: tuple[Node, ...]) -> bool:
        find = self.sizes.find
        return self.sizes.equal(_sum_of([find(p.cols) for p in first]), _sum_of([find(p.cols) for p in row]))

    def _quotient(self, node: Quotient) -> None:
        left, right = node.parts
        if not (right.rows == 1 and right.cols == 1):
            if not node.divides_entries or self.sizes.find(right.rows) == self.sizes.find(right.cols):
                raise Conflict(node, "quotient", left, right)
            self._entrywise(node)
            return
        node.rows, node.cols, node.spelled = left.rows, left.cols, left.spelled and right.spelled

    def _power(self, node: Power) -> None:
        base, exponent = node.parts
        if not (exponent.rows == 1 and exponent.cols == 1):
            raise Conflict(node, "exponent", base, exponent)
        node.rows, node.cols, node.spelled = base.rows, base.cols, base.spelled and exponent.spelled
        if node.transposes and not (base.rows == 1 and base.cols == 1):
            node.rows, node.cols = base.cols, base.rows
        elif not node.entrywise and not self.sizes.equal(base.rows, base.cols):
            raise Conflict(node, "power", base, exponent)

    def _call(self, node: Call) -> None:
        shapes = [(part.rows, part.cols) for part in node.parts]
        chosen = choose(node.overloads, shapes, self.sizes)
        if chosen is None:
            raise Conflict(node, "call", node, node)
        bindings = dict(zip(chosen.size_names, node.sizes, strict=True))
        for part, shape, pattern in zip(node.parts, shapes, chosen.patterns, strict=True):
            if not fit(shape, pattern.shape, bindings, self.sizes):
                raise Conflict(node, "argument", part, node.parts[0])
        node.chosen, node.bindings = chosen, bindings
        find = self.sizes.find
        node.rows = find(value(chosen.gives[0], bindings, self.sizes))
        node.cols = find(value(chosen.gives[1], bindings, self.sizes))
        node.spelled = True

    def _indexed(self, node: Indexed) -> None:
        """A subscript runs through a whole dimension; one subscript is that of a vector or a row."""
        (base,) = node.parts
        sizes = [self.sizes.find(base.rows), self.sizes.find(base.cols)]
        if len(node.subscripts) == 2:
            taken = [0, 1]
        elif (sizes[0] == 1) != (sizes[1] == 1):
            taken = [1 if sizes[0] == 1 else 0]
        elif node.digits and sizes[0] != 1:
            taken, node.subscripts, node.reach = [0, 1], node.digits, ([], [])
        else:
            raise Conflict(node, "subscripts", base, base)
        for k, subscript, reach in zip(taken, node.subscripts, node.reach, strict=True):
            if subscript is not None:
                if not self._within(sizes[k], subscript, reach):
                    raise Conflict(node, "range", base, base)
                sizes[k] = 1
        (node.rows, node.cols), node.spelled = sizes, True

    def _within(self, size: Size, place: Place, reach: list[Size]) -> bool:
        """Whether a subscript lies in a dimension; one of unknown size is as long as its subscripts reach."""
        if place.most is None:
            return False
        if place.bound is not None and place.bound.is_whole and all(other == place.most for other in reach):
            if is_open(size) or not at_least(sub(size, place.most), 1):
                return self.sizes.equal(size, place.most)
            return True
        if not is_open(size):
            return not at_least(sub(place.most, size), 1) and (not indices_in(place.size) or _fits(place.most, size))
        farthest = [own for own in reach if all(at_least(sub(own, other), 0) for other in reach)]
        return not indices_in(place.size) or self.sizes.equal(size, farthest[0] if farthest else place.most)


def _fits(most: Size, size: Size) -> bool:
    return at_least(sub(size, most), 0)


def _sum_of(sizes: list[Size]) -> Size:
    total: Size = 0
    for size in sizes:
        total = add(total, size)
    return total


def _is_scalar(node: Node) -> bool:
    return node.rows == 1 and node.cols == 1


def _last_array(parts: tuple[Node, ...], own: list[int]) -> int:
    """The last factor that is no scalar."""
    return next((k for k in reversed(own) if not _is_scalar(parts[k])), own[-1])
