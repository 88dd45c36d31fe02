"""From the normal form to operations on arrays, each node once; functions with a way of their own are in a table.

>>> from matcalc.write.code_names import Names
>>> from matcalc.write.code_ops import Ops, lines
>>> ops = Ops()
>>> A, x = Symbol("A", ("m", "n")), Symbol("x", ("n", 1))
>>> found = Lowering(Products(ops, str), {s: Full(s.shape, ops.name(s.name)) for s in (A, x)}, {})
>>> lines([found.root(Word((A, x)))], Names())
([], ['A @ x'])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import assert_never, cast

from matcalc.algebra.families import stacked
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
from matcalc.write.code_calls import kind_of, spell
from matcalc.write.code_ops import TRANSPOSE, Op, is_atom
from matcalc.write.code_products import Products
from matcalc.write.code_totals import summed
from matcalc.write.code_values import Diagonal, Full, Inverse, Spread, Value


class Lowering:
    """The values of nodes. ``symbols`` are the inputs, ``functions`` the names of functions that the user declared."""

    def __init__(self, arrays: Products, symbols: Mapping[Symbol, Value], functions: Mapping[str, str]) -> None:
        self.arrays = arrays
        self.ops = arrays.ops
        self.symbols = symbols
        self.functions = functions
        self.found: dict[Expr, Value] = {}
        self.modules: set[str] = set()
        self._views: set[Op] = set()

    def root(self, expression: Expr) -> Op:
        """The operation for an expression as the caller gets it: its own memory, rows as (1, n), numbers floats."""
        for node in postorder(expression):
            if node not in self.found:
                self.found[node] = self.of(cast("Node", node))
        op = self.arrays.full(self.found[expression])
        if op.plain:
            return self.ops.make(f"{op.template}.0") if op.template.isdigit() else self.ops.make("float({0})", op)
        if op in self._views or op.template == TRANSPOSE or (op.cheap and not op.operands):
            op = self.ops.make("{0:n}.copy()", op)
        return self.ops.make("{0:n}[None, :]", op) if kind_of(expression.shape) == "row" else op

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
                return self.scaled(node, node.number)
            case Add(terms):
                return self.arrays.add([self.term(term) for term in terms])
            case Hadamard(factors):
                return self.arrays.hadamard([(self.found[base], self.exponent(power)) for base, power in factors])
            case Word(factors):
                if (taken := self.entries(factors)) is not None:
                    return taken
                return self.arrays.word([self.found[factor] for factor in factors])
            case Call():
                return self.call(node)
            case Total(index, count, body):
                times, start = self.arrays.full(self.found[count]), self.start(node)
                op = summed(self.ops, self.arrays.full(self.found[body]), self.arrays.index(index), times, start)
                return Full(node.shape, op)
            case _:
                assert_never(node)

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
        above, below = [], []
        for base, power in powers:
            op, exponent = self.arrays.full(self.found[base]), self.exponent(power)
            if isinstance(exponent, Op) or exponent > 0:
                above.append(self.ops.power(op, exponent))
            else:
                below.append(self.ops.power(op, -exponent))
        return above, below

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

    def constant(self, node: Constant) -> Value:
        """A constant by the code of its record."""
        return Full(node.shape, self.coded(constant_call(node), []))

    def coded(self, call: Call, args: Sequence[Op]) -> Op:
        """The code of the tables for a call."""
        code = spell(call, tuple(arg.plain for arg in args))
        self.modules.update(code.modules)
        operands = [*args, *[self.arrays.size(size) for size in code.sizes]]
        if args and all(arg.plain for arg in args) and call.is_scalar:
            return self.ops.make(f"float({code.template})", *operands, plain=True)
        template = code.template
        if code.widens and self.arrays.dtype:
            template = template if is_atom(template) else f"({template})"
            template += f".astype({self.arrays.typed()})"
        if code.shared:
            operands.append(self.ops.make(code.shared, *operands))
        op = self.ops.make(template, *operands)
        if code.view:
            self._views.add(op)
        return op

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
        return Diagonal(call.shape, self.arrays.full(args[0]))

    def inverse(self, call: Call, args: Sequence[Value]) -> Value:
        return Inverse(call.shape, self.arrays.full(args[0]))

    def stacked(self, call: Call, args: Sequence[Value]) -> Value:
        return Full(call.shape, self.ops.make("{0:n}.flatten()", self.ops.transpose(self.arrays.full(args[0]))))

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


# fmt: off
CALLS: dict[str, Callable[[Lowering, Call, Sequence[Value]], Value]] = {
    "tr": Lowering.trace, "sum": Lowering.total, "diag": Lowering.diagonal,
    "Diag": Lowering.diagonal_matrix, "inv": Lowering.inverse, "vec": Lowering.stacked,
}
CONSTANTS: dict[str, Callable[[Lowering, Constant], Value]] = {
    "ones": Lowering.ones, "zeros": Lowering.zeros, "eye": Lowering.eye, "size": Lowering.size, "pi": Lowering.pi,
    "unit": Lowering.unit, "selector": Lowering.selector,
}
# fmt: on
