"""Sums over an index as products of arrays in which the index is one more axis: Σ y_i x_i is X' y.

>>> from matcalc.expr import Constant, Member
>>> from matcalc.algebra import indices, total
>>> from matcalc.algebra.families import stacked
>>> from matcalc.write.code.function import source
>>> indices.begin()
>>> x = Symbol("x", ("d", 1), member=Member("#i", "N", "i"))
>>> every = total("#i", Constant("size", parameters=("N",)), Word((x, Transpose(x))))
>>> print(source([every], [stacked(x)]).splitlines()[-1].strip())
return x.T @ x
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, assert_never, cast

from matcalc.algebra.families import stacked
from matcalc.algebra.indices import depends, size_of
from matcalc.expr import (
    Add,
    Call,
    Constant,
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
from matcalc.shape import Shape, Size, names, sub
from matcalc.shape import add as plus
from matcalc.steps.functions import is_declared
from matcalc.verify.calls import code_of
from matcalc.write.code.forms import complemented
from matcalc.write.code.network import Factor, Index, Network, Term, kron, ones
from matcalc.write.code.ops import Op
from matcalc.write.code.values import Full, Structured, Value

if TYPE_CHECKING:
    from matcalc.write.code.lower import Lowering

Found = Network[Op] | None
MANY = 16  # terms that a product of sums may have


def summed_as_product(lowering: Lowering, node: Total, complement: Callable[[Op, Call], Op]) -> Value | None:
    """The sum with its index as an axis; None where what is summed is more than products and functions of entries."""
    count = size_of(node.count)
    if count is None:
        return None
    batch = _Batch(lowering, node.index, Index(count, bound=True), complement)
    network = batch.of(node.body)
    if network is None:
        return None
    terms = [_counted(term, batch.along, lowering.arrays.size) for term in network.terms]
    whole = Network(tuple(term.renamed({batch.along: (Index(count),)}) for term in terms))
    value = Structured(node.shape, lowering.arrays.contraction.condensed(whole))
    if any(max(len(term.rows), len(term.cols)) > 1 for term in whole.terms):
        return value
    return Full(node.shape, lowering.arrays.full(value))


def _counted(term: Term[Op], along: Index, size: Callable[[Size], Op]) -> Term[Op]:
    """A term as it is summed: what does not know of the index comes as often as that says."""
    return term if along in term.indices() else term.scaled([size(along.size)], [])


class _Batch:
    """The networks of the nodes that depend on an index, which is an axis in them; None for those that have none."""

    def __init__(self, lowering: Lowering, index: str, along: Index, complement: Callable[[Op, Call], Op]) -> None:
        self.lowering = lowering
        self.index = index
        self.along = along
        self.complement = complement
        self.found: dict[Expr, Found] = {}

    def of(self, body: Expr) -> Found:
        for node in postorder(body):
            if depends(node, self.index):
                network = self._of(cast("Node", node))
                self.found[node] = network if network is not None and len(network.terms) <= MANY else None
        return self._network(body)

    def _network(self, node: Expr) -> Found:
        if depends(node, self.index):
            return self.found[node]
        return self.lowering.arrays.network(self.lowering.found[node])

    def _of(self, node: Node) -> Found:
        match node:
            case Symbol():
                return self._member(node)
            case Constant():
                alone = node.kind == "unit" and node.parameters == (self.index, self.along.size)
                return Network((Term((), (self.along,), ()),)) if alone else None
            case Named(_, body):
                return self._network(body)
            case Transpose(base):
                network = self._network(base)
                return network and network.transposed
            case Scaled():
                return self._scaled(node)
            case Add():
                return self._sum(node)
            case Hadamard(factors):
                powers = [(base, power) for base, power in factors if isinstance(power, Expr)]
                return None if powers else self._entrywise(node, [base for base, _ in factors], self._product(node))
            case Word(factors):
                return self._joined([self._network(factor) for factor in factors])
            case Call():
                return self._call(node)
            case Total():
                return None
            case _:
                assert_never(node)

    def _member(self, node: Symbol) -> Found:
        """One of a family: all of those that the index comes to."""
        family = stacked(node)
        if node.member is None or family not in self.lowering.symbols:
            return None
        first, many = sub(node.member.which, self.index), self.along.size
        if self.index in names(first):
            return None
        arrays = self.lowering.arrays
        op = arrays.full(self.lowering.symbols[family])
        if (first, many) != (0, node.member.many):
            ends = [arrays.size(first), arrays.size(plus(first, many))]
            op = arrays.ops.make("{0:n}[{1}:{2}]", op, *ends)
        rows, cols = (tuple(Index(size) for size in (side,) if size != 1) for side in node.shape)
        return Network((Term((Factor(op, tuple((index,) for index in (self.along, *rows, *cols))),), rows, cols),))

    def _scaled(self, node: Scaled) -> Found:
        free = tuple(pair for pair in node.scalars if not depends(pair[0], self.index))
        moving = [pair for pair in node.scalars if depends(pair[0], self.index)]
        if any(isinstance(power, Expr) for _, power in node.scalars):
            return None
        network: Found = ones((), ()) if node.body is None else self._network(node.body)
        for base, power in moving:
            scalar = self._network(base) if power == 1 else self._entrywise(base, [base], _raised(self, power))
            network = kron(scalar, network) if scalar is not None and network is not None else None
        if network is None:
            return None
        above, below = self.lowering.scalars(free)
        numerator, denominator = abs(node.number.numerator), node.number.denominator
        ops = self.lowering.ops
        above = above if numerator == 1 else [ops.number(numerator), *above]
        below = below if denominator == 1 else [ops.number(denominator), *below]
        return network.scaled(above, below, node.number > 0)

    def _joined(self, networks: Sequence[Found]) -> Found:
        first, *rest = networks
        return reduce(lambda a, b: a.join(b) if a is not None and b is not None else None, rest, first)

    def _sum(self, node: Add) -> Found:
        call = complemented(node)
        if call is not None:
            return self._entrywise(node, call.args, lambda ops: self.complement(ops[0], call))
        networks = [self._network(term) for term in node.terms]
        total = reduce(lambda a, b: a.plus(b) if a is not None and b is not None else None, networks)
        if total is None or 1 not in node.shape:
            return total
        op = self._batched(total, node.shape)
        return None if op is None else self._held(op, node.shape)

    def _product(self, node: Hadamard) -> Callable[[list[Op]], Op]:
        ops = self.lowering.ops
        exponents = [exponent for _, exponent in node.factors]

        def build(factors: list[Op]) -> Op:
            pairs = [(op, e) for op, e in zip(factors, exponents, strict=True) if not isinstance(e, Expr)]
            above, below = ops.powers(pairs)
            return ops.divide(ops.product(above), ops.product(below))

        return build

    def _call(self, node: Call) -> Found:
        networks = [self._network(arg) for arg in node.args]
        if node.function == "kron":
            return reduce(lambda a, b: kron(a, b) if a is not None and b is not None else None, networks)
        if node.function == "sum" and not node.parameters:
            rows, cols = node.args[0].shape
            return self._joined([ones((1,), (rows,)), networks[0], ones((cols,), (1,))])
        if is_declared(node) or (len(node.args) == 1 and code_of(node).entrywise):
            return self._entrywise(node, node.args, lambda ops: self._applied(node, ops[0]))
        return None

    def _applied(self, node: Call, op: Op) -> Op:
        if is_declared(node):
            return self.lowering.ops.make(f"{self.lowering.functions[node.function]}({{0}})", op)
        shape = self._shape(node.shape)
        return self.lowering.coded(Call(node.function, (Symbol("X", shape),), shape, node.parameters), [op])

    def _shape(self, shape: Shape) -> Shape:
        """Of all values side by side, the index downwards."""
        return (self.along.size, shape[0] if shape[1] == 1 else shape[1])

    def _entrywise(self, node: Expr, args: Sequence[Expr], build: Callable[[list[Op]], Op]) -> Found:
        """What is made of entries, for every index."""
        if 1 not in node.shape:
            return None
        networks = [self._network(arg) for arg in args]
        ops = [None if network is None else self._batched(network, node.shape) for network in networks]
        whole = [op for op in ops if op is not None]
        return self._held(build(whole), node.shape) if len(whole) == len(ops) else None

    def _batched(self, network: Network[Op], shape: Shape) -> Op | None:
        """The values at every index as one array, the index first."""
        own = [size for size in shape if size != 1]
        if any([index.size for index in (*term.rows, *term.cols)] != own for term in network.terms):
            return None
        frame = tuple(Index(size) for size in (self.along.size, *own))
        placed = []
        for term in network.terms:
            places = (self.along, *term.rows, *term.cols)
            placed.append((replace(term, rows=places, cols=()), places))
        contraction = self.lowering.arrays.contraction
        return contraction.arranged(contraction.assembled(placed, frame), tuple((index,) for index in frame))

    def _held(self, op: Op, shape: Shape) -> Network[Op]:
        rows, cols = (tuple(Index(size) for size in (side,) if size != 1) for side in shape)
        return Network((Term((Factor(op, tuple((index,) for index in (self.along, *rows, *cols))),), rows, cols),))


def _raised(batch: _Batch, power: object) -> Callable[[list[Op]], Op]:
    ops = batch.lowering.ops

    def build(factors: list[Op]) -> Op:
        above, below = ops.powers([(factors[0], cast("int", power))])
        return ops.divide(ops.product(above), ops.product(below))

    return build
