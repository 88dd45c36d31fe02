"""Code of the tables as operations, so that parts that two functions have in common are computed once.

>>> from matcalc.write.code.names import Names
>>> from matcalc.write.code.lines import lines
>>> from matcalc.write.code.ops import Ops
>>> ops = Ops()
>>> both = [build(ops, text, {"X": ops.name("A")}) for text in ("np.exp(-X) / 2", "np.exp(-X).T")]
>>> lines(both, Names())
(['t1 = np.exp(-A)'], ['t1 / 2', 't1.T'])
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from matcalc.errors import CallError
from matcalc.write.code.ops import MATMUL, Op, Ops

OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "{0:s} + {1:p}", ast.Sub: "{0:s} - {1:p}", ast.Mult: "{0:p} * {1:u}", ast.Div: "{0:p} / {1:u}",
    ast.MatMult: MATMUL, ast.Pow: "{0:a} ** {1:u}", ast.FloorDiv: "{0:p} // {1:u}",
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==",
}  # fmt: skip


def build(ops: Ops, text: str, places: Mapping[str, Op], numbers: bool = False) -> Op:
    """The operation for code over named operands; code of one line and of no great depth.

    Where the operands are Python ``numbers``, each function's value is made one, too.
    """
    return _Builder(ops, places, numbers).of(ast.parse(text, mode="eval").body)


PLAIN = (
    ast.Expression, ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.USub, ast.Compare, ast.Attribute, ast.Call,
    ast.keyword, ast.Subscript, ast.Tuple, ast.List, ast.Starred, ast.Slice, ast.Load, *OPERATORS, *COMPARISONS,
)  # fmt: skip


def is_plain(text: str) -> bool:
    """Whether code is made of what can be taken apart; a condition is not, and no lambda but one that is called."""
    nodes = list(ast.walk(ast.parse(text, mode="eval")))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    bound = {id(part) for call in calls for part in _parts_of_lambda(call)}
    nodes = [node for node in nodes if id(node) not in bound]
    calls = [call for call in calls if not isinstance(call.func, ast.Lambda)]
    named = all(isinstance(c.func, ast.Attribute) or (isinstance(c.func, ast.Name) and not c.keywords) for c in calls)
    single = all(len(node.ops) == 1 for node in nodes if isinstance(node, ast.Compare))
    return all(isinstance(node, PLAIN) for node in nodes) and named and single


def _parts_of_lambda(call: ast.Call) -> list[ast.AST]:
    """Of ``(lambda U, s, V: …)(*X)`` what only says how the names are bound."""
    match call:
        case ast.Call(ast.Lambda(args) as function, _, []):
            return [function, args, *args.args]
        case _:
            return []


class _Builder:
    def __init__(self, ops: Ops, places: Mapping[str, Op], numbers: bool = False) -> None:
        self.ops = ops
        self.places = places
        self.numbers = numbers

    def of(self, node: ast.expr) -> Op:
        match node:
            case ast.Name(name) if name in self.places:
                return self.places[name]
            case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
                a, b = self.of(left), self.of(right)
                return self.ops.make(OPERATORS[type(operator)], a, b, plain=a.plain and b.plain)
            case ast.UnaryOp(ast.USub(), operand):
                return self.ops.negate(self.of(operand))
            case ast.Compare(left, [operator], [right]) if type(operator) in COMPARISONS:
                return self.ops.make(f"{{0:s}} {COMPARISONS[type(operator)]} {{1:s}}", self.of(left), self.of(right))
            case ast.Attribute(value, "T"):
                return self.ops.transpose(self.of(value))
            case ast.Call(ast.Lambda(args, body), values, []):
                bound = dict(zip([arg.arg for arg in args.args], self._values(values, len(args.args)), strict=True))
                return _Builder(self.ops, {**self.places, **bound}, self.numbers).of(body)
            case _:
                return self._inline(node)

    def _values(self, nodes: list[ast.expr], count: int) -> list[Op]:
        """The operations that a lambda is called with; those of ``*X`` by their places."""
        match nodes:
            case [ast.Starred(value)]:
                whole = self.of(value)
                return [self.ops.make(f"{{0:n}}[{k}]", whole, cheap=True) for k in range(count)]
            case _:
                return [self.of(node) for node in nodes]

    def _inline(self, node: ast.expr) -> Op:
        """A call, an index or a literal: its text with places for the operands in it."""
        operands: list[Op] = []
        text = self._whole(node, operands)
        if self.numbers and operands and all(op.plain for op in operands):
            return self.ops.make(f"float({text})", *operands, plain=True)
        return self.ops.make(text, *operands, cheap=not operands, plain=not operands)

    def _whole(self, node: ast.expr, operands: list[Op]) -> str:
        match node:
            case ast.Call(ast.Attribute(value, name) as function, args, keywords):
                named = [f"{keyword.arg}={self._part(keyword.value, operands)}" for keyword in keywords]
                verb = ast.unparse(function) if _dotted(function) else f"{self._operand(value, operands, 'n')}.{name}"
                return f"{verb}({', '.join([*[self._part(one, operands) for one in args], *named])})"
            case ast.Call(ast.Name(verb), args, []):
                return f"{verb}({', '.join(self._part(one, operands) for one in args)})"
            case ast.Subscript(value, place):
                return f"{self._operand(value, operands, 'n')}[{self._index(place, operands)}]"
            case ast.Attribute(value, name) if not _dotted(node):
                return f"{self._operand(value, operands, 'n')}.{name}"
            case _ if self._uses(node):
                raise CallError(f"code of the tables has no '{ast.unparse(node)}'")
            case _:
                return self._part(node, operands)

    def _part(self, node: ast.expr, operands: list[Op]) -> str:
        """The text of a part; what is computed in it becomes an operand."""
        match node:
            case ast.Tuple(parts):
                inside = ", ".join(self._part(one, operands) for one in parts)
                return f"({inside}{',' if len(parts) == 1 else ''})"
            case ast.List(parts):
                return f"[{', '.join(self._part(one, operands) for one in parts)}]"
            case ast.Starred(value):
                return f"*{self._operand(value, operands, 'n')}"
            case ast.expr() if self._uses(node):
                return self._operand(node, operands, "")
            case _:
                return ast.unparse(node)

    def _index(self, place: ast.expr, operands: list[Op]) -> str:
        if isinstance(place, ast.Tuple):
            return ", ".join(self._index(part, operands) for part in place.elts)
        if isinstance(place, ast.Slice):
            return ":".join(self._part(end, operands) if end else "" for end in (place.lower, place.upper))
        return self._part(place, operands)

    def _operand(self, node: ast.expr, operands: list[Op], level: str) -> str:
        operands.append(self.of(node))
        return f"{{{len(operands) - 1}:{level}}}" if level else f"{{{len(operands) - 1}}}"

    def _uses(self, node: ast.AST) -> bool:
        return any(isinstance(part, ast.Name) and part.id in self.places for part in ast.walk(node))


def _dotted(node: ast.expr) -> bool:
    """Whether an attribute is of a module: ``np.linalg.inv``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in ("np", "scipy", "math")
