"""Arrays as an expert holds them: a product with ones is a sum, one with a Diag scales, one with an inverse solves.

A value is an operation with what its array looks like: ``Full`` is the array itself ((n,) for vectors and rows);
``Spread`` one that is the same along some axes (ones, x 1'); ``Diagonal`` and ``Inverse`` are never formed unless they must.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from matcalc.shape import Shape, Size, names
from matcalc.write.code_ops import MATMUL, TRANSPOSE, Op, Ops, size_code


@dataclass(frozen=True, slots=True)
class Full:
    """The array itself: a number, (n,), or (m, n)."""

    shape: Shape
    op: Op


@dataclass(frozen=True, slots=True)
class Spread:
    """An array that changes along the given axes only; ``op`` has those axes and no others. A vector that is spread is a number."""

    shape: Shape
    op: Op
    rows: bool = False
    cols: bool = False


@dataclass(frozen=True, slots=True)
class Diagonal:
    """A diagonal matrix by its diagonal: (n,), or a number where ``scalar``."""

    shape: Shape
    op: Op
    scalar: bool = False


@dataclass(frozen=True, slots=True)
class Inverse:
    """The inverse of a matrix, by that matrix."""

    shape: Shape
    op: Op


Value = Full | Spread | Diagonal | Inverse


class Arrays:
    """Products, sums and powers of values. ``sizes`` gives a size's name in the code; what was asked for is in ``needed``."""

    def __init__(self, ops: Ops, sizes: Callable[[str], str], dtype: str = "") -> None:
        self.ops = ops
        self.dtype = dtype  # the name of the common type of the inputs; empty where there are none
        self.needs_dtype = False
        self.needed: set[str] = set()
        self._sizes = sizes

    # --- arrays that must be formed

    def size(self, size: Size) -> Op:
        """A size as a Python number."""
        self.needed.update(names(size))
        return self.ops.name(size_code(size, self._sizes), plain=True)

    def typed(self) -> str:
        """The type for arrays made of nothing, so that single precision stays single."""
        self.needs_dtype = self.needs_dtype or bool(self.dtype)
        return self.dtype or "float"

    def full(self, value: Value) -> Op:
        """The array itself."""
        match value:
            case Full():
                return value.op
            case Spread():
                return self._filled(value)
            case Diagonal():
                if not value.scalar:
                    return self.ops.make("np.diag({0})", value.op)
                eye = self.ops.make(f"np.eye({{0}}, dtype={self.typed()})", self.size(value.shape[0]))
                return self.ops.multiply(value.op, eye)
            case Inverse():
                return self.ops.make("np.linalg.inv({0})", value.op)
            case _:
                assert_never(value)

    def _filled(self, value: Spread) -> Op:
        sizes = [self.size(size) for size in value.shape if size != 1]
        shape = "({1}, {2})" if len(sizes) == 2 else "{1}"
        if value.op.template in ("0", "1"):
            verb = "zeros" if value.op.template == "0" else "ones"
            return self.ops.make(f"np.{verb}({shape.replace('1', '0').replace('2', '1')}, dtype={self.typed()})", *sizes)
        dtype = f", dtype={self.typed()}" if value.op.plain else ""
        return self.ops.make(f"np.full({shape}, {{0}}{dtype})", self._along(value, (True, True)), *sizes)

    def _along(self, value: Value, axes: tuple[bool, bool]) -> Op:
        """An operand that NumPy broadcasts against arrays with these axes."""
        if isinstance(value, Spread) and value.rows and all(axes):
            return self.column(value.op)
        return value.op if isinstance(value, Spread) else self.full(value)

    def column(self, op: Op) -> Op:
        return self.ops.make("{0:n}[:, None]", op, cheap=True)

    # --- entry by entry

    def entrywise(self, values: Sequence[Value], build: Callable[[list[Op]], Op]) -> Value:
        """What ``build`` makes of the entries; the same along an axis where all values are. A' ⊙ B' is (A ⊙ B)'."""
        shape = values[0].shape
        turned = [isinstance(value, Full) and value.op.template == TRANSPOSE for value in values if extent(value) == (True, True)]
        if sum(turned) > len(turned) / 2:
            return self.transpose(self.entrywise([self.transpose(value) for value in values], build))
        own = (shape[0] != 1, shape[1] != 1)
        axes = (any(extent(value)[0] for value in values), any(extent(value)[1] for value in values))
        op = build([self._along(value, axes) for value in values])
        return Full(shape, op) if axes == own else Spread(shape, op, *axes)

    def add(self, terms: Sequence[tuple[bool, Value]]) -> Value:
        """The sum of terms; those marked False are subtracted."""
        values = [value for _, value in terms]
        signs = [sign for sign, _ in terms]
        if all(isinstance(value, Diagonal) for value in values):
            scalar = all(isinstance(value, Diagonal) and value.scalar for value in values)
            return Diagonal(values[0].shape, self.ops.signed_sum([(s, v.op) for s, v in terms]), scalar)
        return self.entrywise(values, lambda ops: self.ops.signed_sum(list(zip(signs, ops, strict=True))))

    def scale(self, above: Sequence[Op], below: Sequence[Op], value: Value) -> Value:
        """Numbers times (and divided by numbers) an array."""
        factor = self.ops.divide(self.ops.product(above), self.ops.product(below)) if above or not below else None

        def scaled(op: Op) -> Op:
            return self.ops.divide(op, self.ops.product(below)) if factor is None else self.ops.multiply(factor, op)

        match value:
            case Diagonal():
                return Diagonal(value.shape, scaled(value.op), value.scalar)
            case Spread():
                return Spread(value.shape, scaled(value.op), value.rows, value.cols)
            case Full() | Inverse():
                return Full(value.shape, scaled(self.full(value)))
            case _:
                assert_never(value)

    def hadamard(self, factors: Sequence[tuple[Value, int | Fraction | Op]]) -> Value:
        """Π⊙ of powers. A diagonal factor makes all of it diagonal."""
        if any(isinstance(value, Diagonal) and _is_positive(exponent) for value, exponent in factors):
            diagonals = [(self.diagonal(value), exponent) for value, exponent in factors]
            found = self.hadamard(diagonals)
            return Diagonal(factors[0][0].shape, found.op, isinstance(found, Spread))
        return self.entrywise([value for value, _ in factors], lambda ops: self._powers(ops, [e for _, e in factors]))

    def _powers(self, ops: Sequence[Op], exponents: Sequence[int | Fraction | Op]) -> Op:
        above = [self.ops.power(op, e) for op, e in zip(ops, exponents, strict=True) if not _is_negative(e)]
        below = [self.ops.power(op, -e) for op, e in zip(ops, exponents, strict=True) if not isinstance(e, Op) and e < 0]
        return self.ops.divide(self.ops.product(above), self.ops.product(below))

    def diagonal(self, value: Value) -> Value:
        """The diagonal of a square matrix, as a vector."""
        shape: Shape = (value.shape[0], 1)
        match value:
            case Diagonal():
                return Spread(shape, value.op) if value.scalar else Full(shape, value.op)
            case Spread():
                return Full(shape, value.op) if value.rows or value.cols else Spread(shape, value.op)
            case Full() | Inverse():
                return Full(shape, self.ops.make("np.diag({0})", self.full(value)))
            case _:
                assert_never(value)

    # --- matrix products

    def transpose(self, value: Value) -> Value:
        rows, cols = value.shape
        match value:
            case Full():
                return Full((cols, rows), value.op if 1 in (rows, cols) else self.ops.transpose(value.op))
            case Spread():
                return Spread((cols, rows), value.op, value.cols, value.rows)
            case Diagonal():
                return value
            case Inverse():
                return Inverse(value.shape, self.ops.transpose(value.op))
            case _:
                assert_never(value)

    def word(self, factors: Sequence[Value]) -> Value:
        """The product of a word: chains between its cuts (inner sizes of 1), then their outer product."""
        cuts = [0, *[k for k in range(1, len(factors)) if factors[k].shape[0] == 1], len(factors)]
        chains = [self.chain(factors[a:b]) for a, b in zip(cuts, cuts[1:], strict=False)]
        scalars = [chain.op for chain in chains if chain.shape == (1, 1)]
        arrays = [chain for chain in chains if chain.shape != (1, 1)]
        if not arrays:
            return Full((1, 1), self.ops.product(scalars))
        value = arrays[0] if len(arrays) == 1 else self.outer(arrays[0], arrays[1])
        return self.scale(scalars, [], value) if scalars else value

    def chain(self, factors: Sequence[Value]) -> Value:
        """A product without cuts, from the end where it is cheap: a vector, or an inverse that gets something to solve for."""
        first, last = factors[0], factors[-1]
        solves = isinstance(first, Inverse) and not isinstance(last, Inverse)
        from_right = last.shape[1] == 1 or (first.shape[0] != 1 and solves)
        value = last if from_right else first
        for factor in reversed(factors[:-1]) if from_right else factors[1:]:
            value = self.product(factor, value) if from_right else self.product(value, factor)
        return value

    def product(self, left: Value, right: Value) -> Value:
        """The product of two, with an inner size that is not 1."""
        shape = (left.shape[0], right.shape[1])
        match left, right:
            case Diagonal(), _:
                return self._scaled(left, right, axis=0)
            case _, Diagonal():
                return self._scaled(right, left, axis=1)
            case Spread(), _:
                return self._summed(left, right)
            case _, Spread():
                return self.transpose(self._summed(self.transpose(right), self.transpose(left)))
            case Inverse(), _:
                return Full(shape, self.ops.make("np.linalg.solve({0}, {1})", left.op, self.full(right)))
            case _, Inverse():
                return self.transpose(self.product(self.transpose(right), self.transpose(left)))
            case _:
                matrices = 1 not in (*left.shape, *right.shape)
                return Full(shape, self.ops.matmul(left.op, right.op) if matrices else self.ops.make(MATMUL, left.op, right.op))

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
                return self.transpose(self.product(self.transpose(value), Full((rows, 1), self._filled(Spread((rows, 1), self.ops.number(1))))))
            case _:
                assert_never(value)

    def outer(self, column: Value, row: Value) -> Value:
        """x y' of a column and a row; numbers scale."""
        shape = (column.shape[0], row.shape[1])
        if column.shape[0] == 1 or row.shape[1] == 1:
            number, array = (column, row) if column.shape[0] == 1 else (row, column)
            return self.scale([number.op], [], array)
        match column, row:
            case Full(), Full():
                return Full(shape, self.ops.make("np.outer({0}, {1})", column.op, row.op))
            case _:
                return Spread(shape, self.ops.multiply(column.op, row.op), isinstance(column, Full), isinstance(row, Full))

    # --- traces and sums

    def trace(self, value: Value) -> Op:
        match value:
            case Diagonal() | Spread():
                return self.total(self.diagonal(value))
            case Full() | Inverse():
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
            return self.ops.sum(self.ops.multiply(*min(pairs, key=lambda pair: sum(op.cheap and bool(op.operands) for op in pair))))
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
            return sums.op
        return self.column_sums(self.transpose(sums)).op


def extent(value: Value) -> tuple[bool, bool]:
    """Along which axes the entries of a value change."""
    if isinstance(value, Spread):
        return (value.rows, value.cols)
    return (value.shape[0] != 1, value.shape[1] != 1)


def _is_positive(exponent: int | Fraction | Op) -> bool:
    return not isinstance(exponent, Op) and exponent > 0


def _is_negative(exponent: int | Fraction | Op) -> bool:
    return not isinstance(exponent, Op) and exponent < 0
