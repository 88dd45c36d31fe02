"""Matrix products as an expert orders and spells them: from the cheap end, with sums for ones and solving for inverses.

>>> from matcalc.write.code.ops import Ops
>>> products = Products(Ops(), str)
>>> A, x = (products.ops.name(name) for name in "Ax")
>>> products.word([Inverse(("n", "n"), A), Full(("n", 1), x)]).op.template
'np.linalg.solve({0}, {1})'
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from typing import assert_never

from matcalc.write.code.in_place import SOLVE
from matcalc.write.code.ops import TRANSPOSE, Op, Ops
from matcalc.write.code.values import Arrays, Diagonal, Full, Inverse, Spread, Structured, Value


class Products(Arrays):
    """Products, traces and sums of values."""

    def word(self, factors: Sequence[Value]) -> Value:
        """The product of a word: chains between its cuts (inner sizes of 1), then their outer product."""
        if any(isinstance(factor, Structured) for factor in factors):
            return self.joined(factors)
        cuts = [0, *[k for k in range(1, len(factors)) if factors[k].shape[0] == 1], len(factors)]
        chains = [self.chain(factors[a:b]) for a, b in pairwise(cuts)]
        scalars = [self.held(chain) for chain in chains if chain.shape == (1, 1)]
        arrays = [chain for chain in chains if chain.shape != (1, 1)]
        if not arrays:
            return Full((1, 1), self.ops.product(scalars))
        value = arrays[0] if len(arrays) == 1 else self.outer(arrays[0], arrays[1])
        return self.scale(scalars, [], value) if scalars else value

    def joined(self, factors: Sequence[Value]) -> Value:
        """A product with matrices over vec: what is beside them is multiplied first, then all indices are joined."""
        parts: list[Value] = []
        for structured, group in groupby(factors, lambda factor: isinstance(factor, Structured)):
            run = list(group)
            parts += run if structured else [self.word(run)]
        first, *rest = parts
        value: Value = Structured(first.shape, self.contraction.collapsed(self.network(first)))
        for part in rest:
            shape = (value.shape[0], part.shape[1])
            network = self.network(value).join(self.contraction.collapsed(self.network(part)))
            if network is None:
                value = self.word([Full(side.shape, self.full(side)) for side in (value, part)])
            else:
                value = Structured(shape, network)
        if isinstance(value, Structured) and 1 in value.shape:
            return Structured(value.shape, self.contraction.condensed(value.network))
        return value

    def chain(self, factors: Sequence[Value]) -> Value:
        """A product without cuts, begun at a vector, or where an inverse gets something to solve for."""
        half = len(factors) // 2
        if half > 1 and all(self.is_turned(factors[k], factors[-1 - k]) for k in range(half)):
            right = self.chain(factors[-half:])  # (A B)' S (A B)
            return self.chain([self.transpose(right), *factors[half:-half], right])
        middle = factors[half]
        if half and len(factors) == 2 * half + 1 and isinstance(middle, Diagonal) and middle.rooted:
            right = self.chain(factors[half + 1 :])
            if 1 not in right.shape and self.chain(factors[:half]) == self.transpose(right):
                rows = self.product(Diagonal(middle.shape, self.ops.power(middle.op, Fraction(1, 2))), right)
                return self.product(self.transpose(rows), rows)  # A' D A with D >= 0: half the work
        first, last = factors[0], factors[-1]
        solves = isinstance(first, Inverse) and not isinstance(last, Inverse)
        from_right = last.shape[1] == 1 or (first.shape[0] != 1 and solves)
        value = last if from_right else first
        for factor in reversed(factors[:-1]) if from_right else factors[1:]:
            value = self.product(factor, value) if from_right else self.product(value, factor)
        return value

    def is_turned(self, a: Value, b: Value) -> bool:
        """Whether two values are each other's transposes."""
        return a == self.transpose(b)

    def product(self, left: Value, right: Value) -> Value:
        """The product of two, with an inner size that is not 1."""
        shape = (left.shape[0], right.shape[1])
        if isinstance(left, Structured) or isinstance(right, Structured):
            return self.joined([left, right])
        match left, right:
            case Diagonal(), _:
                return self._scaled(left, right, axis=0)
            case _, Diagonal():
                return self._scaled(right, left, axis=1)
            case Spread(), _:
                return self._summed(left, right)
            case _, Spread():
                return self.transpose(self.product(self.transpose(right), self.transpose(left)))
            case Inverse(), _:
                solved = self.ops.make(SOLVE, left.op, self.full(right))
                if 1 not in shape:
                    self.wide.add(solved)
                return Full(shape, solved)
            case _, Inverse():
                return self.transpose(self.product(self.transpose(right), self.transpose(left)))
            case _:
                product = PRODUCTS[left.shape[0] == 1, right.shape[1] == 1]
                a, b = self.full(left), self.full(right)
                self.extents |= {a: left.shape, b: right.shape}
                return Full(shape, product(self.ops, a, b))

    def _scaled(self, diagonal: Diagonal, value: Value, axis: int) -> Value:
        """Diag(d) X, or X Diag(d) for the other axis: every row (column) of X times its entry of d."""
        if diagonal.scalar:
            return self.scale([diagonal.op], [], value)
        if isinstance(value, Diagonal):
            return Diagonal(value.shape, self.ops.multiply(diagonal.op, value.op))
        if 1 in value.shape:
            return self.hadamard([(Full(value.shape, diagonal.op), 1), (value, 1)])
        factors = [(Spread(value.shape, diagonal.op, rows=axis == 0, cols=axis == 1), 1), (value, 1)]
        return self.hadamard(factors if axis == 0 else factors[::-1])

    def _summed(self, spread: Spread, value: Value) -> Value:
        """(u 1') X = u (1' X), and (1 x') X = 1 (x' X)."""
        rows, inner = spread.shape
        if spread.cols:
            below = self.product(Full((1, inner), spread.op), value)
            return self.outer(Spread((rows, 1), self.ops.number(1)), below)
        sums = self.column_sums(value)
        if rows == 1:
            return self.scale([spread.op], [], sums)
        column: Value = Full((rows, 1), spread.op) if spread.rows else Spread((rows, 1), spread.op)
        return self.outer(column, sums)

    def column_sums(self, value: Value) -> Value:
        """1' X, as a row (a number for a vector)."""
        rows, cols = value.shape
        match value:
            case Full():
                return Full((1, cols), self.ops.sum(value.op, None if cols == 1 else 0))
            case Spread() if value.rows:
                return Spread((1, cols), self.ops.sum(value.op))
            case Spread():
                op = self.ops.multiply(self.size(rows), value.op)
                return Full((1, cols), op) if value.cols or cols == 1 else Spread((1, cols), op)
            case Diagonal():
                return Spread((1, cols), value.op) if value.scalar else Full((1, cols), value.op)
            case Inverse():
                ones = Full((rows, 1), self.full(Spread((rows, 1), self.ops.number(1))))
                return self.transpose(self.product(self.transpose(value), ones))
            case Structured():
                return self.column_sums(Full(value.shape, self.full(value)))
            case _:
                assert_never(value)

    def outer(self, column: Value, row: Value) -> Value:
        """x y' of a column and a row; numbers scale."""
        shape = (column.shape[0], row.shape[1])
        if column.shape[0] == 1 or row.shape[1] == 1:
            number, array = (column, row) if column.shape[0] == 1 else (row, column)
            return self.scale([self.held(number)], [], array)
        match column, row:
            case Full(), Full():
                return Full(shape, self.ops.make("np.outer({0}, {1})", column.op, row.op))
            case _:
                op = self.ops.multiply(self.held(column), self.held(row))
                return Spread(shape, op, isinstance(column, Full), isinstance(row, Full))

    # --- traces and sums

    def trace(self, value: Value) -> Op:
        match value:
            case Diagonal() | Spread():
                return self.total(self.diagonal(value))
            case Full() | Inverse() | Structured():
                return self.ops.make("np.trace({0})", self.full(value))
            case _:
                assert_never(value)

    def trace_of_word(self, factors: Sequence[Value]) -> Op:
        """tr(A B) is the sum of A ⊙ B'; an inverse is turned to the front, where it solves."""
        turn = next((k for k, factor in enumerate(factors) if isinstance(factor, Inverse)), 0)
        turned = [*factors[turn:], *factors[:turn]]
        if len(turned) == 2 and isinstance(turned[0], Inverse):
            return self.trace(self.product(turned[0], turned[1]))
        left, right = self.chain(turned[:-1]), turned[-1]
        if isinstance(left, Full) and isinstance(right, Full):
            pairs = [(left.op, self.ops.transpose(right.op)), (self.ops.transpose(left.op), right.op)]
            return self.ops.sum(self.ops.multiply(*min(pairs, key=_turns)))
        return self.trace(self.product(left, right))

    def diagonal_of_word(self, factors: Sequence[Value]) -> Value:
        """diag(A B) is the sum along the rows of A ⊙ B'."""
        left, right = self.chain(factors[:-1]), factors[-1]
        if isinstance(left, Full) and isinstance(right, Full):
            entries = self.ops.multiply(left.op, self.ops.transpose(right.op))
            return Full((left.shape[0], 1), self.ops.sum(entries, axis=1))
        return self.diagonal(self.product(left, right))

    def total(self, value: Value) -> Op:
        """The sum of all entries."""
        sums = self.column_sums(value)
        if value.shape[1] == 1:
            return self.held(sums)
        return self.held(self.column_sums(self.transpose(sums)))


# Whether the left one is a row, and the right one a column.
PRODUCTS = {
    (False, False): Ops.matmul,
    (False, True): Ops.matvec,
    (True, False): Ops.vecmat,
    (True, True): Ops.dot,
}


def _turns(pair: tuple[Op, Op]) -> int:
    """How many of two operations are transposes."""
    return sum(op.template == TRANSPOSE for op in pair)
