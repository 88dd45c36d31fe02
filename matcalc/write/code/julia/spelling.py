"""Operations in Julia: NumPy's templates read as expressions, whose operands have known numbers of axes.

Julia counts from 1, lays arrays out by columns, aligns the first axes where it broadcasts, and says with a dot what goes entry
by entry; ``x @ A`` is ``A' * x``, a vector beside a matrix is turned where NumPy would have it as a row.

>>> A, x = Op("A", (), True, False, ""), Op("x", (), True, False, "")
>>> scaled = Op("{0:p} * {1:u}", (A, x), False, False, "")
>>> Spelling({A: 2, x: 1}, set()).spelled([A, x, scaled])[scaled].template
"{0:p} .* {1:n}'"
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count

from matcalc.shape import Shape
from matcalc.write.code.julia import calls
from matcalc.write.code.julia.text import Text, no_spelling
from matcalc.write.code.ops import MINUS, NEGATIVE, Op
from matcalc.write.code.targets.record import Cholesky

CHOLESKY = Cholesky(
    "scipy.linalg.cho_factor({0})", "scipy.linalg.cho_solve({0}, {1})", "", "scipy.linalg.cho_logdet({0})"
)


def rank_of(shape: Shape) -> int:
    """How many axes an array has, idle ones left out."""
    sizes: tuple[object, ...] = shape
    return sum(size != 1 for size in sizes) if len(sizes) == 2 else len(sizes)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an operation: its axes, whether it fills them, the kind of a factorisation."""

    rank: int
    thin: bool
    kind: str


class Spelling:
    """The operations of one function in Julia. ``functions`` are those that the user declared."""

    def __init__(self, ranks: dict[Op, int], functions: Collection[str]) -> None:
        self.known = {op: _Known(rank, False, "") for op, rank in ranks.items()}
        self.functions = functions

    def spelled(self, order: Sequence[Op]) -> dict[Op, Op]:
        """Each operation as one with a template of Julia."""
        found: dict[Op, Op] = {}
        for op in order:
            template, known = self._template(op)
            self.known[op] = known
            found[op] = Op(template, tuple(found[operand] for operand in op.operands), op.cheap, op.plain, op.label)
            found[op].changes = op.changes
        return found

    def _template(self, op: Op) -> tuple[str, _Known]:
        if op.changes:
            return self._loop(op), self.known[op.operands[0]]
        if op in self.known:
            return op.template, self.known[op]
        text = _Expression(self, op, {}).whole(op.template)
        return text.text, _Known(text.rank, text.thin, text.kind)

    def _loop(self, op: Op) -> str:
        """A loop, whose index counts from 0."""
        local: dict[str, _Known] = {}
        lines, depth = [], 0
        for line in op.template.split("\n"):
            inner = (len(line) - len(line.lstrip())) // 4
            lines += ["    " * (k - 1) + "end" for k in range(depth, inner, -1)]
            depth = inner
            indent, code = "    " * inner, line.strip()
            if found := re.fullmatch(r"for (\w+) in range\((.*)\):", code):
                local[found[1]] = _Known(0, False, "")
                lines.append(f"{indent}for {found[1]} in 0:{_Expression(self, op, local).at(found[2], 'p')} - 1")
            elif found := re.fullmatch(r"(\{0:n\}|\w+) (\+?=) (.*)", code):
                text = _Expression(self, op, local).whole(found[3])
                local[found[1]] = _Known(text.rank, text.thin, text.kind)
                lines.append(f"{indent}{found[1]} {found[2]} {text.text}")
            else:
                raise no_spelling(code)
        lines += ["    " * (k - 1) + "end" for k in range(depth, 0, -1)]
        return "\n".join(lines)


BOTH = {
    ast.Add: ("+", "s", "s", "p"),
    ast.Sub: ("-", "s", "s", "p"),
    ast.Mult: ("*", "p", "p", "u"),
    ast.Div: ("/", "p", "p", "u"),
}
COMPARED = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "=="}


class _Expression:
    """The translation of one template."""

    def __init__(self, spelling: Spelling, op: Op, local: dict[str, _Known]) -> None:
        self.spelling = spelling
        self.operands = op.operands
        self.plain = op.plain
        self.local = local

    def whole(self, template: str) -> Text:
        code = re.sub(r"\{(\d+):?\w?\}", r"_operand\1", template).replace("{{", "{").replace("}}", "}")
        return self.of(ast.parse(code, mode="eval").body)

    def at(self, template: str, level: str) -> str:
        return self.whole(template).at(level)

    def operand(self, node: ast.AST) -> Op | None:
        """The operation that a name stands for."""
        found = re.fullmatch(r"_operand(\d+)", node.id) if isinstance(node, ast.Name) else None
        return self.operands[int(found[1])] if found else None

    def of(self, node: ast.expr) -> Text:
        match node:
            case ast.Name(name):
                return self._name(name)
            case ast.Constant(bool() | int() as value):
                return Text(str(value), "a", 0)
            case ast.Constant(float() as value):
                return Text(repr(value) if self.plain else f"T({value!r})", "a", 0)
            case ast.BinOp(left, operator, right):
                return self._both(left, operator, right)
            case ast.UnaryOp(ast.USub(), inner):
                x = self.of(inner)
                return Text(f"-{x.at('w')}", "u", x.rank, x.thin)
            case ast.Compare(left, [operator], [right]) if type(operator) in COMPARED:
                a, b = self.aligned(self.of(left), self.of(right))
                sign = COMPARED[type(operator)]
                return Text(f"{a.at('s')} {'.' if a.rank or b.rank else ''}{sign} {b.at('s')}", "", max(a.rank, b.rank))
            case ast.Attribute(value, "T"):
                return self._turned(value)
            case ast.Attribute(ast.Name("np"), "pi"):
                return Text("pi", "n", 0)
            case ast.Subscript(value, place):
                return self._entries(self.of(value), place.elts if isinstance(place, ast.Tuple) else [place])
            case ast.Call():
                return self._call(node)
            case _:
                raise no_spelling(ast.unparse(node))

    def _name(self, name: str) -> Text:
        found = re.fullmatch(r"_operand(\d+)", name)
        if found is None:
            known = self.local.get(name, _Known(0, False, ""))
            return Text(name, "n", known.rank, known.thin, known.kind)
        op = self.operands[int(found[1])]
        known = self.spelling.known[op]
        if op.plain and not self.plain and not _is_whole(op):
            return Text(f"T({{{found[1]}}})", "n", 0)
        return Text(f"{{{found[1]}}}", "", known.rank, known.thin, known.kind, place=found[1])

    def aligned(self, a: Text, b: Text) -> tuple[Text, Text]:
        """Two operands that Julia broadcasts as NumPy does: axes are added in front."""
        if 0 in (a.rank, b.rank) or a.rank == b.rank:
            return a, b
        if a.rank > b.rank:
            return a, b.raised(a.rank)
        return a.raised(b.rank), b

    def _both(self, left: ast.expr, operator: ast.operator, right: ast.expr) -> Text:
        a, b = self.of(left), self.of(right)
        if isinstance(operator, ast.MatMult):
            return self._product(a, b, left)
        if isinstance(operator, ast.FloorDiv):
            return Text(f"div({a.at('')}, {b.at('')})", "n", 0)
        if isinstance(operator, ast.Pow):
            return Text(f"{a.at('a')} {'.' if a.rank or b.rank else ''}^ {b.at('u')}", "w", max(a.rank, b.rank), a.thin)
        if type(operator) not in BOTH:
            raise no_spelling(ast.dump(operator))
        sign, level, first, second = BOTH[type(operator)]
        identity = self._plus_identity(a, right) if sign in "+-" else None
        if identity is not None:
            return Text(f"{a.at(first)} {sign} {identity}", level, a.rank)
        a, b = self.aligned(a, b)
        same = a.rank == b.rank and not a.thin and not b.thin
        scales = (sign == "*" and 0 in (a.rank, b.rank)) or (sign == "/" and not b.rank)
        dot = "" if scales or (not a.rank and not b.rank) or (same and sign in "+-") else "."
        thin = (a.thin or not a.rank) and (b.thin or not b.rank) and bool(a.rank or b.rank)
        return Text(f"{a.at(first)} {dot}{sign} {b.at(second)}", level, max(a.rank, b.rank), thin)

    def _plus_identity(self, a: Text, node: ast.expr) -> str | None:
        """``I``, or ``s * I``, of an identity beside a matrix."""
        op = self.operand(node)
        if op is None or a.rank != 2 or a.thin:
            return None
        if op.template.startswith("np.eye("):
            return "I"
        return None

    def _product(self, a: Text, b: Text, left: ast.expr) -> Text:
        match a.rank, b.rank:
            case (1, 1):
                return Text(f"dot({a.at('')}, {b.at('')})", "n", 0)
            case (1, 2):
                return Text(f"{b.at('n')}' * {a.at('u')}", "p", 1)
            case (2, 1) | (2, 2):
                return Text(f"{a.at('p')} * {b.at('u')}", "p", b.rank)
            case (3, 3):
                return Text(f"batched({a.at('')}, {b.at('')})", "n", 3)
            case _:
                raise no_spelling("a product of arrays with several axes")

    def _turned(self, node: ast.expr) -> Text:
        x = self.of(node)
        if x.rank < 2:
            return x
        if x.rank == 2:
            return Text(f"{x.at('n')}'", "n", 2, x.thin)
        return Text(f"permutedims({x.at('')}, {x.rank}:-1:1)", "n", x.rank, x.thin)

    def _entries(self, x: Text, places: Sequence[ast.expr]) -> Text:
        """Rows, columns, entries, parts and idle axes; of a factorisation one of its parts."""
        if x.kind:
            (place,) = places
            which = calls.PARTS[x.kind][int(ast.unparse(place))]
            return Text(f"{x.at('n')}{which[0]}", "n", which[1])
        none = [isinstance(place, ast.Constant) and place.value is None for place in places]
        if any(none):
            return self._with_idle(x, places, none)
        spots, rank = [], x.rank - len(places)
        for place in places:
            if isinstance(place, ast.Slice):
                rank += 1
                spots.append(self._range(place))
            else:
                spots.append(self._counted(place))
        spots += [":"] * (x.rank - len(places))
        return Text(f"{x.at('n')}[{', '.join(spots)}]", "n", rank)

    def _range(self, place: ast.Slice) -> str:
        if place.lower is None and place.upper is None:
            return ":"
        start = "1" if place.lower is None else self._counted(place.lower)
        return f"{start}:{self.of(place.upper).at('s') if place.upper is not None else 'end'}"

    def _counted(self, place: ast.expr) -> str:
        """An index, which counts from 1."""
        op = self.operand(place)
        if isinstance(place, ast.Constant) or (op is not None and op.template.isdigit()):
            return str(int(op.template if op is not None else str(getattr(place, "value", 0))) + 1)
        return f"{self.of(place).at('s')} + 1"

    def _with_idle(self, x: Text, places: Sequence[ast.expr], none: Sequence[bool]) -> Text:
        if not all(
            one or (isinstance(place, ast.Slice) and place.lower is None)
            for one, place in zip(none, places, strict=True)
        ):
            raise no_spelling("an index beside an idle axis")
        places_of_axes = [k for k, one in enumerate(none) if not one]
        rank = len(places) + x.rank - len(places_of_axes)
        if x.rank == 1 and list(none) == [False, True]:
            return Text(f"reshape({x.at('')}, :, 1)", "n", 2, True)
        if x.rank == 1 and list(none) == [True, False]:
            return Text(f"reshape({x.at('')}, 1, :)", "n", 2, True)
        axes = count(1)
        every = [*none, *[False] * (x.rank - len(places_of_axes))]
        sizes = ["1" if one else f"size({x.at('')}, {next(axes)})" for one in every]
        return Text(f"reshape({x.at('')}, {', '.join(sizes)})", "n", rank, True)

    def _call(self, node: ast.Call) -> Text:
        name = ast.unparse(node.func)
        keywords = {keyword.arg or "": keyword.value for keyword in node.keywords}
        if name == "float":
            return self.of(node.args[0])
        if isinstance(node.func, ast.Name) and name in self.spelling.functions:
            x = self.of(node.args[0])
            return Text(f"{name}{'.' if x.rank else ''}({x.at('')})", "n", x.rank, x.thin)
        if isinstance(node.func, ast.Attribute) and not name.startswith(("np.", "scipy.", "math.")):
            method = calls.METHODS.get(node.func.attr)
            if method is None:
                raise no_spelling(node.func.attr)
            return method(self, [node.func.value, *node.args], keywords)
        made = calls.CALLS.get(name)
        if made is None:
            raise no_spelling(name)
        return made(self, node.args, keywords)


WHOLE = ("{0:s} + {1:p}", MINUS, NEGATIVE, "{0:p} * {1:u}")  # what whole numbers make whole numbers of
FRACTION = re.compile(r"[./]\d|np\.|/ ")


def _is_whole(op: Op) -> bool:
    """Whether a plain number is a whole one: a literal, or sizes put together."""
    if op.operands:
        return op.plain and op.template in WHOLE and all(map(_is_whole, op.operands))
    return bool(re.fullmatch(r"-?\d+", op.template)) or (op.cheap and not FRACTION.search(op.template))
