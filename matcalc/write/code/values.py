"""Arrays as an expert holds them: a product with ones is a sum, one with a Diag scales, one with an inverse solves.

A value is an operation with what its array looks like: ``Full`` is the array itself ((n,) for vectors and rows);
``Spread`` one that is the same along some axes (ones, x 1'); ``Diagonal`` and ``Inverse`` are formed only if they must.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from matcalc.algebra.indices import is_index
from matcalc.shape import Shape, Size, add, names, substitute
from matcalc.write.code.contract import Contraction
from matcalc.write.code.names import Names, size_code
from matcalc.write.code.network import Factor, Index, Network, Term
from matcalc.write.code.ops import TRANSPOSE, Op, Ops, is_one


@dataclass(frozen=True, slots=True)
class Full:
    """The array itself: a number, (n,), or (m, n)."""

    shape: Shape
    op: Op


@dataclass(frozen=True, slots=True)
class Spread:
    """An array that changes along the given axes only; ``op`` has no others. A vector that is spread is a number."""

    shape: Shape
    op: Op
    rows: bool = False
    cols: bool = False


@dataclass(frozen=True, slots=True)
class Diagonal:
    """A diagonal matrix by its diagonal: (n,), or a number where ``scalar``. ``rooted``: no entry is negative."""

    shape: Shape
    op: Op
    scalar: bool = False
    rooted: bool = False


@dataclass(frozen=True, slots=True)
class Inverse:
    """The inverse of a matrix, by that matrix."""

    shape: Shape
    op: Op
    symmetric: bool = False


@dataclass(frozen=True, slots=True)
class Structured:
    """A matrix over vec, or the vec of a matrix, as a network."""

    shape: Shape
    network: Network[Op]


Value = Full | Spread | Diagonal | Inverse | Structured


DIAGONAL = "np.diagonal({0})"


class Arrays:
    """Values put together entry by entry. ``sizes`` gives the names of sizes; those asked for are in ``needed``."""

    def __init__(
        self,
        ops: Ops,
        sizes: Callable[[str], str],
        dtype: str = "",
        likely: Mapping[str, int] | None = None,
        fresh: Callable[[], str] | None = None,
    ) -> None:
        self.ops = ops
        self.fresh = fresh or Names().fresh  # a name for what a loop computes
        self.dtype = dtype  # the name of the common type of the inputs; empty where there are none
        self.needs_dtype = False
        self.needed: set[str] = set()
        self.wide: set[Op] = set()  # systems with a matrix on the right
        self.spd: dict[Op, Size] = {}  # symmetric positive definite matrices
        self.extents: dict[Op, tuple[Size, Size]] = {}  # of matrices that are multiplied
        self._sizes = sizes
        self.contraction = Contraction(ops, self.size, self.typed, likely)
        self._dense: dict[Network[Op], Op] = {}

    # --- arrays that must be formed

    def size(self, size: Size) -> Op:
        """A size as a Python number; the index of a sum counts from 0 there."""
        size = substitute(size, {name: add(name, 1) for name in names(size) if is_index(name)})
        self.needed.update(name for name in names(size) if not is_index(name))
        return self.ops.name(size_code(size, self._sizes), plain=True)

    def index(self, name: str) -> str:
        """The variable of the index of a sum."""
        return self._sizes(name)

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
            case Structured(_, network):
                if network not in self._dense:
                    self._dense[network] = self.contraction.dense(network)
                return self._dense[network]
            case _:
                assert_never(value)

    def held(self, value: Value) -> Op:
        """What a value is held by: of one that is spread or diagonal not the array itself."""
        return self.full(value) if isinstance(value, Structured) else value.op

    def network(self, value: Value) -> Network[Op]:
        """A value as a network."""
        rows, cols = (tuple(Index(size) for size in (side,) if size != 1) for side in value.shape)
        match value:
            case Structured():
                return value.network
            case Spread():
                axes = (*[rows for _ in rows if value.rows], *[cols for _ in cols if value.cols])
                inside = (Factor(value.op, axes),) if axes else ()
                return Network((Term(inside, rows, cols, above=() if axes or is_one(value.op) else (value.op,)),))
            case Diagonal():
                inside = () if value.scalar else (Factor(value.op, (rows,)),)
                scale = (value.op,) if value.scalar and not is_one(value.op) else ()
                return Network((Term(inside, rows, rows, above=scale),))
            case Full() | Inverse():
                return Network.of(self.full(value), value.shape)
            case _:
                assert_never(value)

    def structured(self, shape: Shape, network: Network[Op] | None) -> Structured | None:
        return None if network is None else Structured(shape, network)

    def _filled(self, value: Spread) -> Op:
        sizes = [self.size(size) for size in value.shape if size != 1]
        shape = "({1}, {2})" if len(sizes) == 2 else "{1}"
        if value.op.template in ("0", "1"):
            verb = "zeros" if value.op.template == "0" else "ones"
            shape = "({0}, {1})" if len(sizes) == 2 else "{0}"
            return self.ops.make(f"np.{verb}({shape}, dtype={self.typed()})", *sizes)
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
        whole = [value for value in values if extent(value) == (True, True)]
        turned = [isinstance(value, Full) and value.op.template == TRANSPOSE for value in whole]
        if sum(turned) > len(turned) / 2:
            return self.transpose(self.entrywise([self.transpose(value) for value in values], build))
        own = (shape[0] != 1, shape[1] != 1)
        axes = (any(extent(value)[0] for value in values), any(extent(value)[1] for value in values))
        op = build([self._along(value, axes) for value in values])
        return Full(shape, op) if axes == own else Spread(shape, op, *axes)

    def add(self, terms: Sequence[tuple[bool, Value]]) -> Value:
        """The sum of terms; those marked False are subtracted."""
        values = [value for _, value in terms]
        if any(isinstance(value, Structured) for value in values):
            networks = [self.network(value).scaled((), (), sign) for sign, value in terms]
            total: Network[Op] | None = networks[0]
            for network in networks[1:]:
                total = total.plus(network) if total is not None else None
            if total is not None:
                return Structured(values[0].shape, total)
        signs = [sign for sign, _ in terms]
        if all(isinstance(value, Diagonal) for value in values):
            scalar = all(isinstance(value, Diagonal) and value.scalar for value in values)
            return Diagonal(values[0].shape, self.ops.signed_sum([(s, self.held(v)) for s, v in terms]), scalar)
        full = [(sign, value) for sign, value in terms if not isinstance(value, Diagonal)]
        if len(full) < len(terms) and self.ops.indexing != "eye":
            return self._with_diagonal(full, [(sign, value.op) for sign, value in terms if isinstance(value, Diagonal)])
        return self.entrywise(values, lambda ops: self.ops.signed_sum(list(zip(signs, ops, strict=True))))

    def _with_diagonal(self, full: Sequence[tuple[bool, Value]], diagonals: Sequence[tuple[bool, Op]]) -> Value:
        """A matrix with something added to its diagonal."""
        matrix = self.add(full) if len(full) > 1 or not full[0][0] else full[0][1]
        places = self.ops.make("np.arange({0})", self.size(matrix.shape[0]))
        base = self.ops.owned(self.full(matrix))
        diagonal = self.ops.signed_sum(diagonals)
        return Full(matrix.shape, self.ops.update(base, "{2:n}, {2:n}", diagonal, [places], fresh=False))

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
            case Structured(shape, network):
                return Structured(shape, network.scaled(above, below))
            case Full() | Inverse():
                return Full(value.shape, scaled(self.full(value)))
            case _:
                assert_never(value)

    def hadamard(self, factors: Sequence[tuple[Value, int | Fraction | Op]]) -> Value:
        """Π⊙ of powers. A diagonal factor makes all of it diagonal."""
        if any(isinstance(value, Diagonal) and _is_positive(exponent) for value, exponent in factors):
            diagonals = [(self.diagonal(value), exponent) for value, exponent in factors]
            found = self.hadamard(diagonals)
            return Diagonal(factors[0][0].shape, self.held(found), isinstance(found, Spread))
        return self.entrywise([value for value, _ in factors], lambda ops: self._powers(ops, [e for _, e in factors]))

    def _powers(self, ops: Sequence[Op], exponents: Sequence[int | Fraction | Op]) -> Op:
        above, below = self.ops.powers(zip(ops, exponents, strict=True))
        return self.ops.divide(self.ops.product(above), self.ops.product(below))

    def diagonal(self, value: Value) -> Value:
        """The diagonal of a square matrix, as a vector."""
        shape: Shape = (value.shape[0], 1)
        match value:
            case Diagonal():
                return Spread(shape, value.op) if value.scalar else Full(shape, value.op)
            case Spread():
                return Full(shape, value.op) if value.rows or value.cols else Spread(shape, value.op)
            case Full() | Inverse() | Structured():
                return Full(shape, self.ops.make(DIAGONAL, self.full(value)))
            case _:
                assert_never(value)

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
                return value if value.symmetric else Inverse(value.shape, self.ops.transpose(value.op))
            case Structured():
                return Structured((cols, rows), value.network.transposed)
            case _:
                assert_never(value)


def extent(value: Value) -> tuple[bool, bool]:
    """Along which axes the entries of a value change."""
    if isinstance(value, Spread):
        return (value.rows, value.cols)
    return (value.shape[0] != 1, value.shape[1] != 1)


def _is_positive(exponent: int | Fraction | Op) -> bool:
    return not isinstance(exponent, Op) and exponent > 0
