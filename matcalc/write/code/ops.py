"""NumPy code as a graph of operations: what is written twice is one operation.

>>> ops = Ops()
>>> A, x = ops.name("A"), ops.name("x")
>>> ops.matmul(A, x) is ops.matmul(A, x)
True
>>> [op.template for op in ordered([ops.add(ops.matmul(A, x), x)])]
['A', 'x', '{0:m} @ {1:u}', '{0:s} + {1:p}']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache

LEVELS = {"": 0, "s": 1, "p": 2, "m": 3, "u": 4, "w": 5, "a": 6, "n": 7}
"""From loose to tight: anything, sum, product, matrix product (to Python a product, not to the eye), minus, power,
atom, what a dot or bracket may follow (no number)."""
EXP = "np.exp({0})"

Part = str | tuple[int, int]  # text, or the place of an operand and the level it needs


class Op:
    """One operation: a template over operands. Equal ones are identical within one ``Ops``.

    ``cheap``: it costs nothing to write it twice (a name, a transpose). ``plain``: its value is a Python number.
    ``label``: the name that it is to be given. ``changes``: it is a statement, which writes to its first operand.
    """

    __slots__ = ("changes", "cheap", "label", "level", "number", "operands", "parts", "plain", "template")

    def __init__(self, template: str, operands: tuple[Op, ...], cheap: bool, plain: bool, label: str) -> None:
        self.template = template
        self.operands = operands
        self.parts, self.level = _parsed(template)
        self.cheap = cheap
        self.plain = plain
        self.label = label
        self.changes = False
        self.number = 0  # in the order of making


class Ops:
    """The operations of one function, each made once. ``{0:p}`` in a template: an operand and the level it needs.

    ``indexing`` says how entries of an array are changed: "assign" to it, "eye" by a product with an identity.
    """

    def __init__(self, indexing: str = "assign", vectors_first: bool = False) -> None:
        self.indexing = indexing
        self.vectors_first = vectors_first  # x A rather than A' x
        self._made: dict[tuple[object, ...], Op] = {}

    def make(self, template: str, *operands: Op, cheap: bool = False, plain: bool = False, label: str = "") -> Op:
        key = (template, operands, label)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Op(template, operands, cheap, plain, label)
            found.number = len(self._made)
        return found

    def name(self, name: str, plain: bool = False) -> Op:
        return self.make(name, cheap=True, plain=plain)

    def owned(self, op: Op) -> Op:
        """The array once more, in memory that nothing else uses; no copy is written of what is new anyway."""
        if re.fullmatch(ZEROS, op.template):
            return Op(op.template, op.operands, False, False, "")
        return Op(COPY, (op,), False, False, "")

    def remade(self, op: Op, operands: tuple[Op, ...]) -> Op:
        """The operation over other operands."""
        if operands == op.operands:
            return op
        if op is self._made.get((op.template, op.operands, op.label)):
            return self.make(op.template, *operands, cheap=op.cheap, plain=op.plain, label=op.label)
        new = Op(op.template, operands, op.cheap, op.plain, op.label)
        new.changes = op.changes
        return new

    def update(self, base: Op, spots: str, value: Op, ranges: Sequence[Op], fresh: bool) -> Op:
        """An array that nothing else uses with a value added at some spots; or set, where it is fresh."""
        sign = "=" if fresh else "+="
        if not fresh and value.template == NEGATIVE:
            sign, value = "-=", value.operands[0]
        elif not fresh and value.template.startswith("-") and not value.operands:
            sign, value = "-=", self.make(value.template[1:], cheap=True, plain=True)
        op = Op(f"{{0:n}}[{spots}] {sign} {{1}}", (base, value, *ranges), False, False, "")
        op.changes = True
        return op

    def labelled(self, op: Op, wish: str) -> Op:
        """The operation under a name of its own, unless it is a name or number already."""
        return op if op.cheap else self.make("{0}", op, label=wish)

    def number(self, value: int | Fraction) -> Op:
        """An exact number as Python writes it: ``2``, ``0.5``, ``1 / 3``, ``1e+30``."""
        if isinstance(value, Fraction) and value.denominator != 1:
            if value.denominator < 1000 and Fraction(decimal := repr(float(value))) == value:
                return self.make(decimal, cheap=True, plain=True)
            return self.divide(self.number(value.numerator), self.number(value.denominator))
        return self.make(_literal(int(value)), cheap=True, plain=True)

    # --- arithmetic, with the units left out

    def add(self, a: Op, b: Op) -> Op:
        return self.make("{0:s} + {1:p}", a, b, plain=a.plain and b.plain)

    def subtract(self, a: Op, b: Op) -> Op:
        return self.make(MINUS, a, b, plain=a.plain and b.plain)

    def multiply(self, a: Op, b: Op) -> Op:
        if is_one(a) or is_one(b):
            return b if is_one(a) else a
        if a.template == "-1":
            return self.negate(b)
        return self.make("{0:p} * {1:u}", a, b, plain=a.plain and b.plain)

    def divide(self, a: Op, b: Op) -> Op:
        return a if is_one(b) else self.make("{0:p} / {1:u}", a, b, plain=a.plain and b.plain)

    def negate(self, a: Op) -> Op:
        if a.template == MINUS:
            return self.subtract(*reversed(a.operands))
        if a.template == NEGATIVE:
            return a.operands[0]
        return self.make(NEGATIVE, a, plain=a.plain)

    def product(self, factors: Sequence[Op]) -> Op:
        out = self.number(1)
        for factor in factors:
            out = self.multiply(out, factor)
        return out

    def signed_sum(self, terms: Sequence[tuple[bool, Op]]) -> Op:
        """The sum of terms, those marked False subtracted; a positive one goes first."""
        first = next((k for k, (sign, _) in enumerate(terms) if sign), 0)
        sign, out = terms[first]
        out = out if sign else self.negate(out)
        for sign, op in [*terms[:first], *terms[first + 1 :]]:
            out = self.add(out, op) if sign else self.subtract(out, op)
        return out

    def power(self, a: Op, exponent: int | Fraction | Op) -> Op:
        if isinstance(exponent, Op):
            return self.make("{0:a} ** {1:u}", a, exponent, plain=a.plain and exponent.plain)
        if exponent == 1:
            return a
        if exponent == Fraction(1, 2) and not a.template.isdigit():
            return self._float("np.sqrt({0})", a)
        return self.make("{0:a} ** {1:u}", a, self.number(exponent), plain=a.plain)

    def powers(self, factors: Iterable[tuple[Op, int | Fraction | Op]]) -> tuple[list[Op], list[Op]]:
        """What stands above and below the line in a product of powers; exp(x)^(1/k) is exp(x / k), which is finite longer."""
        above: list[Op] = []
        below: list[Op] = []
        for op, exponent in factors:
            if isinstance(exponent, Op):
                above.append(self.power(op, exponent))
            elif op.template == EXP and exponent.denominator != 1:
                inner = self.multiply(self.number(exponent.numerator), op.operands[0])
                above.append(self.make(EXP, self.divide(inner, self.number(exponent.denominator))))
            elif exponent > 0:
                above.append(self.power(op, exponent))
            else:
                below.append(self.power(op, -exponent))
        return above, below

    def _float(self, template: str, a: Op) -> Op:
        """A function of a number; of a Python number it stays one: NumPy's would force double precision on arrays."""
        return self.make(f"float({template})", a, plain=True) if a.plain else self.make(template, a)

    def transpose(self, a: Op) -> Op:
        if (
            a.template == MATMUL
            and self.transpose(a.operands[0]) is a.operands[1]
            and a.operands[0].template == TRANSPOSE
        ):
            return a  # X' X
        return a.operands[0] if a.template == TRANSPOSE else self.make(TRANSPOSE, a, cheap=True)

    def matmul(self, a: Op, b: Op) -> Op:
        """The product of two matrices, or the transpose of one that is there already: A' B' = (B A)'."""
        turned = (self.transpose(b), self.transpose(a))
        if a.template == b.template == TRANSPOSE or self._has(MATMUL, *turned):
            return self.transpose(self.make(MATMUL, *turned))
        return self.make(MATMUL, a, b)

    def matvec(self, a: Op, x: Op) -> Op:
        """A x, unless x' A' is there already."""
        turned = (x, self.transpose(a))
        first = self._has(MATMUL, *turned) or (self.vectors_first and a.template == TRANSPOSE)
        return self.make(MATMUL, *turned) if first else self.make(MATMUL, a, x)

    def vecmat(self, x: Op, a: Op) -> Op:
        """x' A, unless A' x is there already or is simpler."""
        turned = (self.transpose(a), x)
        first = a.template == TRANSPOSE or self._has(MATMUL, *turned)
        return self.make(MATMUL, *(turned if first else (x, a)))

    def dot(self, x: Op, y: Op) -> Op:
        """x' y, unless y' x is there already."""
        return self.make(MATMUL, y, x) if self._has(MATMUL, y, x) else self.make(MATMUL, x, y)

    def _has(self, template: str, *operands: Op) -> bool:
        return (template, operands, "") in self._made

    def sum(self, a: Op, axis: int | None = None) -> Op:
        """The sum of all entries of an array, or of a matrix along an axis."""
        if axis is None:
            inner = a.operands[0] if a.template in SUMS or a.template == TRANSPOSE else a
            return self.make("np.sum({0})", inner)
        if a.template == TRANSPOSE:
            return self.make(SUMS[1 - axis], a.operands[0])
        return self.make(SUMS[axis], a)


TRANSPOSE = "{0:n}.T"
RESHAPE = "{0:n}.reshape({1}, {2})"
MATMUL = "{0:m} @ {1:u}"
MINUS, NEGATIVE = "{0:s} - {1:p}", "-{0:u}"
SUMS = ("np.sum({0}, axis=0)", "np.sum({0}, axis=1)")


COPY = "{0:n}.copy()"
ZEROS = r"np\.zeros\(.*\)"


def is_one(op: Op) -> bool:
    return op.template == "1"


def _literal(value: int) -> str:
    if abs(value) < 2**53:
        return str(value)
    try:
        return repr(float(value))
    except OverflowError:
        return "float('inf')" if value > 0 else "-float('inf')"


@lru_cache(4096)
def _parsed(template: str) -> tuple[tuple[Part, ...], int]:
    """The parts of a template and its own level, which is that of the loosest operator outside brackets."""
    pieces = re.split(r"(\{\d+:?\w?\})", template)
    parts: list[Part] = []
    for piece in pieces:
        if found := re.fullmatch(r"\{(\d+):?(\w?)\}", piece):
            parts.append((int(found[1]), LEVELS[found[2]]))
        elif piece:
            parts.append(piece.replace("{{", "{").replace("}}", "}"))
    return tuple(parts), _level(template)


_OUTER = {
    r"[^ ]+ \.?[+-] [^ ]+": "s", r"[^ ]+ \.?[*/\\] [^ ]+": "p", r"[^ ]+ @ [^ ]+": "m", r"-[^ ]+": "u",
    r"[^ ]+ (?:\*\*|\.?\^) [^ ]+": "w",
}  # fmt: skip


def _level(template: str) -> int:
    """Templates are one operator between operands, or an atom; anything else is taken for the loosest."""
    if is_atom(template):
        return LEVELS["a" if template[0].isdigit() else "n"]
    return next((LEVELS[level] for pattern, level in _OUTER.items() if re.fullmatch(pattern, template)), LEVELS[""])


def is_atom(template: str) -> bool:
    """A name, number, call, index or attribute: no space or sign outside brackets, and not a bare operand."""
    depth = 0
    for k, letter in enumerate(template):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and letter in " +-*/@<>=&|~" and not re.match(r"\de", template[max(0, k - 2) : k]):
            return False
    return not re.fullmatch(r"\{0\}", template)


def ordered(roots: Sequence[Op]) -> list[Op]:
    """The operations, operands before what uses them."""
    seen: set[Op] = set()
    out: list[Op] = []
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        op, done = stack.pop()
        if done:
            out.append(op)
        elif op not in seen:
            seen.add(op)
            stack.append((op, True))
            stack.extend((operand, False) for operand in reversed(op.operands))
    return out


def counted(order: Sequence[Op], roots: Sequence[Op]) -> dict[Op, int]:
    """How often each would be written; what is written twice gets a name, and then its operands are written once."""
    uses = dict.fromkeys(order, 0)
    for root in roots:
        uses[root] += 1
    for op in reversed(order):
        times = uses[op] if op.cheap else 1
        for part in op.parts:
            if not isinstance(part, str):
                uses[op.operands[part[0]]] += times
    return uses
