"""From the normal form to operations on arrays, each node once; functions with a way of their own are in a table.

>>> from matcalc.write.code.names import Names
>>> from matcalc.write.code.lines import lines
>>> from matcalc.write.code.ops import Ops
>>> ops = Ops()
>>> A, x = Symbol("A", ("m", "n")), Symbol("x", ("n", 1))
>>> found = Lowering(Products(ops, str), {s: Full(s.shape, ops.name(s.name)) for s in (A, x)}, {})
>>> lines([found.root(Word((A, x)))], Names())
([], ['A @ x'])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import assert_never, cast

from matcalc.algebra import transpose
from matcalc.algebra.families import stacked
from matcalc.algebra.properties import has, is_spd
from matcalc.algebra.selectors import unit_of
from matcalc.errors import CallError
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Node,
    Powers,
    Rational,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    postorder,
)
from matcalc.shape import SCALAR, Shape, Size, add, sub
from matcalc.steps.functions import is_declared
from matcalc.verify.calls import code_of, constant_call
from matcalc.write.code.batches import summed_as_product
from matcalc.write.code.calls import Spelled, kind_of, spell
from matcalc.write.code.forms import COMPLEMENTS, complemented, indexed, is_of_leaves, is_rooted
from matcalc.write.code.network import commutation, diagonal_matrix, khatri_rao, kron, vec
from matcalc.write.code.ops import TRANSPOSE, Op
from matcalc.write.code.products import Products
from matcalc.write.code.template import build
from matcalc.write.code.totals import summed
from matcalc.write.code.values import DIAGONAL, Diagonal, Full, Inverse, Spread, Structured, Value


class Lowering:
    """The values of nodes. ``symbols`` are the inputs, ``functions`` the names of functions that the user declared."""

    def __init__(self, arrays: Products, symbols: Mapping[Symbol, Value], functions: Mapping[str, str]) -> None:
        self.arrays = arrays
        self.ops = arrays.ops
        self.symbols = symbols
        self.functions = functions
        self.found: dict[Expr, Value] = {}
        self.modules: set[str] = set()
        self.users: Counter[Expr] = Counter()  # how many nodes each is part of
        self._views: set[Op] = set()

    def root(self, expression: Expr) -> Op:
        """The operation for an expression as the caller gets it: its own memory, rows as (1, n), numbers floats."""
        new = [node for node in postorder(expression) if node not in self.found]
        self.users.update(child for node in new for child in node.children)
        for node in new:
            if node not in self.found:
                self.found[node] = self.of(cast("Node", node))
        op = self._own(self.arrays.full(self.found[expression]))
        return self.ops.make("{0:n}[None, :]", op) if kind_of(expression.shape) == "row" and not op.plain else op

    def compressed(self, expression: Expr) -> list[tuple[Op, str]]:
        """The arrays that a matrix over vec is made of, each with how it goes into it."""
        self.root(expression)
        found = self.arrays.contraction.compressed(self.arrays.network(self.found[expression]))
        return [(self._own(op), text) for op, text in found]

    def _own(self, op: Op) -> Op:
        """The operation as the caller gets it: a float, and memory of its own."""
        if op.plain:
            return self.ops.make(f"{op.template}.0") if op.template.isdigit() else self.ops.make("float({0})", op)
        if op in self._views or op.template in (TRANSPOSE, DIAGONAL) or (op.cheap and not op.operands):
            return self.ops.make("{0:n}.copy()", op)
        return op

    def of(self, node: Node) -> Value:
        match node:
            case Symbol():
                if node.member is not None:
                    return self.member(node, node.member.which)
                if node not in self.symbols:
                    raise CallError(f"{node.name} stands in the formula and is not among the arguments")
                return self.symbols[node]
            case Constant():
                return CONSTANTS.get(node.kind, Lowering.constant)(self, node)
            case Named(name, body):
                value = self.found[body]
                return Full(value.shape, self.ops.labelled(value.op, name)) if isinstance(value, Full) else value
            case Transpose(base):
                return self.arrays.transpose(self.found[base])
            case Scaled():
                size = indexed(node)
                return self.scaled(node, node.number) if size is None else Full(node.shape, self.arrays.size(size))
            case Add(terms):
                if (found := self.complement(node)) is not None:
                    return found
                if (size := indexed(node)) is not None:
                    return Full(node.shape, self.arrays.size(size))
                return self.arrays.add([self.term(term) for term in terms])
            case Hadamard(factors):
                return self.arrays.hadamard([(self.found[base], self.exponent(power)) for base, power in factors])
            case Word(factors):
                taken = self.entries(factors)
                return taken if taken is not None else self.word(factors)
            case Call():
                return self.call(node)
            case Total():
                return summed_as_product(self, node, self.complement_of) or self.loop(node)
            case _:
                assert_never(node)

    def word(self, factors: Sequence[Expr]) -> Value:
        """A product; (A + B) x is A x + B x where the sum is of matrices at hand and needed nowhere else."""
        place = next((k for k, factor in enumerate(factors) if isinstance(factor, Add) and is_of_leaves(factor)), None)
        if place is not None and 1 in (factors[0].rows, factors[-1].cols) and self.users[factors[place]] == 1:
            terms = factors[place].children
            signs = [self.term(term)[0] for term in terms]
            parts = [self.term(term)[1] for term in terms]
            before, after = (
                [self.found[factor] for factor in side] for side in (factors[:place], factors[place + 1 :])
            )
            found = [self.arrays.word([*before, part, *after]) for part in parts]
            return self.arrays.add(list(zip(signs, found, strict=True)))
        return self.arrays.word([self.found[factor] for factor in factors])

    def loop(self, node: Total) -> Value:
        """A sum over an index, term by term."""
        times, start = self.arrays.full(self.found[node.count]), self.start(node)
        body, index = self.arrays.full(self.found[node.body]), self.arrays.index(node.index)
        return Full(node.shape, summed(self.ops, body, index, times, start, self.arrays.fresh))

    def start(self, node: Total) -> Op:
        """What a sum over an index starts from: zeros of its shape."""
        return self.ops.number(0) if node.is_scalar else self.arrays.full(Spread(node.shape, self.ops.number(0)))

    def member(self, node: Symbol, which: Size) -> Value:
        """One of a family, which comes stacked along the first axis."""
        family = stacked(node)
        if family not in self.symbols:
            raise CallError(f"{node.name} stands in the formula and is not among the arguments")
        place = self.arrays.size(sub(which, 1))
        op = self.ops.make("{0:n}[{1}]", self.arrays.full(self.symbols[family]), place)
        self._views.add(op)
        return Full(node.shape, op)

    def entries(self, factors: Sequence[Expr]) -> Value | None:
        """A row, a column or an entry that an index selects: e_i' A, A e_i."""
        row, col = unit_of(factors[0].children[0] if type(factors[0]) is Transpose else None), unit_of(factors[-1])
        inner = factors[1 if row is not None else 0 : len(factors) - (1 if col is not None else 0)]
        if not inner or (row is None and col is None):
            return None
        values = [self.found[factor] for factor in inner]
        whole = self.arrays.full(values[0] if len(values) == 1 else self.arrays.word(values))
        places = [self.arrays.size(sub(place, 1)) for place in (row, col) if place is not None]
        array = 1 not in (inner[0].shape[0], inner[-1].shape[1])
        bracket = "[{1}, {2}]" if len(places) == 2 else "[:, {1}]" if row is None and array else "[{1}]"
        shape = (inner[0].shape[0] if row is None else 1, inner[-1].shape[1] if col is None else 1)
        op = self.ops.make("{0:n}" + bracket, whole, *places)
        self._views.add(op)
        return Full(shape, op)

    def scaled(self, node: Scaled, number: Rational) -> Value:
        """number · Π scalar^exponent · body: what is below the line divides."""
        above, below = self.scalars(node.scalars)
        if number.numerator == 1:
            below = [self.ops.number(number.denominator), *below] if number.denominator != 1 else below
        else:
            above = [self.ops.number(number), *above]
        if node.body is None:
            return Full(node.shape, self.ops.divide(self.ops.product(above), self.ops.product(below)))
        return self.arrays.scale(above, below, self.found[node.body])

    def scalars(self, powers: Powers) -> tuple[list[Op], list[Op]]:
        """The scalar factors above and below the line."""
        return self.ops.powers((self.arrays.full(self.found[base]), self.exponent(power)) for base, power in powers)

    def exponent(self, exponent: Exponent) -> int | Fraction | Op:
        return self.arrays.full(self.found[exponent]) if isinstance(exponent, Expr) else exponent

    def term(self, node: Expr) -> tuple[bool, Value]:
        """A term of a sum: whether it is added or subtracted, and what."""
        if isinstance(node, Scaled) and node.number < 0:
            return False, self.scaled(node, -node.number)
        return True, self.found[node]

    # --- calls

    def call(self, call: Call) -> Value:
        args = [self.found[arg] for arg in call.args]
        if is_declared(call):
            op = self.ops.make(f"{self.functions[call.function]}({{0}})", *map(self.arrays.full, args))
            return Full(call.shape, op)
        special = CALLS.get(call.function)
        if special is not None and not call.parameters:
            return special(self, call, args)
        if len(args) == 1 and code_of(call).entrywise:
            return self.entrywise(call, args[0])
        return Full(call.shape, self.coded(call, [self.arrays.full(arg) for arg in args]))

    def entrywise(self, call: Call, value: Value) -> Value:
        """f(x 1') = f(x) 1', f(X') = f(X)'."""
        if isinstance(value, Full) and value.op.template == TRANSPOSE:
            turned = Call(call.function, (Symbol("X", call.shape[::-1]),), call.shape[::-1], call.parameters)
            return self.arrays.transpose(Full(turned.shape, self.coded(turned, [value.op.operands[0]])))
        if isinstance(value, Spread):
            shape: Shape = ("n", 1) if value.rows or value.cols else SCALAR
            inner = Call(call.function, (Symbol("x", shape),), shape, call.parameters)
            return Spread(value.shape, self.coded(inner, [value.op]), value.rows, value.cols)
        return Full(call.shape, self.coded(call, [self.arrays.full(value)]))

    def complement(self, node: Add) -> Value | None:
        """1 - f(u) where that has code of its own, which loses no digits."""
        call = complemented(node)
        if call is None:
            return None
        value = self.found[call.args[0]]
        if isinstance(value, Spread):
            return Spread(value.shape, self.complement_of(value.op, call), value.rows, value.cols)
        return Full(node.shape, self.complement_of(self.arrays.full(value), call))

    def complement_of(self, op: Op, call: Call) -> Op:
        return build(self.ops, COMPLEMENTS[call.function], {"X": op})

    def constant(self, node: Constant) -> Value:
        """A constant by the code of its record."""
        return Full(node.shape, self.coded(constant_call(node), []))

    def coded(self, call: Call, args: Sequence[Op]) -> Op:
        """The code of the tables for a call; where one argument is a Python number, that of a commutative one is the second."""
        if call.function in COMMUTATIVE and len(args) == 2 and args[0].plain and not args[1].plain:
            call, args = Call(call.function, call.args[::-1], call.shape), args[::-1]
        code = spell(call, tuple(arg.plain for arg in args))
        self.modules.update(code.modules)
        operands = [*args, *[self.arrays.size(size) for size in code.sizes]]
        numbers = bool(args) and all(arg.plain for arg in args) and call.is_scalar
        op = self._built(code, operands, numbers)
        if numbers:
            return op if op.plain else self.ops.make(f"float({op.template})", *op.operands, plain=True)
        if code.widens and self.arrays.dtype:
            op = self.ops.make(f"{{0:n}}.astype({self.arrays.typed()})", op)
        if code.view:
            self._views.add(op)
        return op

    def _built(self, code: Spelled, operands: list[Op], numbers: bool) -> Op:
        if code.text:
            places = dict(zip([*code.args, *code.size_names], operands, strict=True))
            return build(self.ops, code.text, places, numbers)
        if code.shared:
            operands.append(self.ops.make(code.shared, *operands))
        return self.ops.make(code.template, *operands)

    # --- functions with a way of their own

    def trace(self, call: Call, args: Sequence[Value]) -> Value:
        (arg,) = call.args
        if isinstance(arg, Word):
            return Full(call.shape, self.arrays.trace_of_word([self.found[factor] for factor in arg.factors]))
        return Full(call.shape, self.arrays.trace(args[0]))

    def diagonal(self, call: Call, args: Sequence[Value]) -> Value:
        (arg,) = call.args
        if isinstance(arg, Word):
            return self.arrays.diagonal_of_word([self.found[factor] for factor in arg.factors])
        return self.arrays.diagonal(args[0])

    def total(self, call: Call, args: Sequence[Value]) -> Value:
        return Full(call.shape, self.arrays.total(args[0]))

    def diagonal_matrix(self, call: Call, args: Sequence[Value]) -> Value:
        if isinstance(args[0], Structured):
            return Structured(call.shape, diagonal_matrix(args[0].network))
        return Diagonal(call.shape, self.arrays.full(args[0]), rooted=is_rooted(call.args[0]))

    def inverse(self, call: Call, args: Sequence[Value]) -> Value:
        (arg,) = call.args
        if has(arg, "diagonal") and not isinstance(args[0], Structured):
            entries = self.arrays.diagonal(args[0])
            return Diagonal(call.shape, self.ops.divide(self.ops.number(1), self.arrays.full(entries)))
        op = self.arrays.full(args[0])
        if is_spd(arg):
            self.arrays.spd[op] = arg.rows
        return Inverse(call.shape, op, symmetric=transpose(arg) is arg)

    def power(self, call: Call, args: Sequence[Value]) -> Value:
        """A power of a matrix, whose exponent must be whole."""
        base, exponent = map(self.arrays.full, args)
        whole = exponent if exponent.plain else self.ops.make("_whole({0})", exponent)
        return Full(call.shape, self.ops.make("np.linalg.matrix_power({0}, {1})", base, whole))

    def stacked(self, call: Call, args: Sequence[Value]) -> Value:
        """vec: the indices of a matrix side by side."""
        return Structured(call.shape, vec(self.arrays.network(args[0])))

    def kronecker(self, call: Call, args: Sequence[Value]) -> Value:
        return Structured(call.shape, reduce(kron, map(self.arrays.network, args)))

    def column_products(self, call: Call, args: Sequence[Value]) -> Value:
        network = khatri_rao(*map(self.arrays.network, args))
        if network is None:
            return Full(call.shape, self.coded(call, list(map(self.arrays.full, args))))
        return Structured(call.shape, network)

    def symmetric_part(self, call: Call, args: Sequence[Value]) -> Value:
        return self._half(args[0], True)

    def skew_part(self, call: Call, args: Sequence[Value]) -> Value:
        return self._half(args[0], False)

    def _half(self, value: Value, plus: bool) -> Value:
        """(X + X') / 2, or with minus; of a network without forming it."""
        both = self.arrays.add([(True, value), (plus, self.arrays.transpose(value))])
        return self.arrays.scale([], [self.ops.number(2)], both)

    def commutation(self, node: Constant) -> Value:
        return Structured(node.shape, commutation(*node.parameters))

    def ones(self, node: Constant) -> Value:
        return Spread(node.shape, self.ops.number(1))

    def zeros(self, node: Constant) -> Value:
        return Spread(node.shape, self.ops.number(0))

    def eye(self, node: Constant) -> Value:
        return Diagonal(node.shape, self.ops.number(1), scalar=True)

    def unit(self, node: Constant) -> Value:
        index, n = node.parameters
        size, place = self.arrays.size(n), self.arrays.size(sub(index, 1))
        return Full(node.shape, self.ops.make(f"np.eye({{0}}, dtype={self.arrays.typed()})[{{1}}]", size, place))

    def selector(self, node: Constant) -> Value:
        above, width, _ = node.parameters
        size, start, end = map(self.arrays.size, (node.rows, above, add(above, width)))
        columns = self.ops.make(f"np.eye({{0}}, dtype={self.arrays.typed()})[:, {{1}}:{{2}}]", size, start, end)
        return Full(node.shape, columns)

    def size(self, node: Constant) -> Value:
        return Full(node.shape, self.arrays.size(node.parameters[0]))

    def pi(self, node: Constant) -> Value:
        return Full(node.shape, self.ops.name("np.pi", plain=True))


COMMUTATIVE = frozenset({"max", "min"})

# fmt: off
CALLS: dict[str, Callable[[Lowering, Call, Sequence[Value]], Value]] = {
    "tr": Lowering.trace, "sum": Lowering.total, "diag": Lowering.diagonal,
    "Diag": Lowering.diagonal_matrix, "inv": Lowering.inverse, "vec": Lowering.stacked,
    "kron": Lowering.kronecker, "mpower": Lowering.power, "khatrirao": Lowering.column_products,
    "sym": Lowering.symmetric_part, "skew": Lowering.skew_part,
}
CONSTANTS: dict[str, Callable[[Lowering, Constant], Value]] = {
    "ones": Lowering.ones, "zeros": Lowering.zeros, "eye": Lowering.eye, "size": Lowering.size, "pi": Lowering.pi,
    "unit": Lowering.unit, "selector": Lowering.selector, "commutation": Lowering.commutation,
}
# fmt: on
