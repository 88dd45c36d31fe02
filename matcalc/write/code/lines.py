"""The lines of a graph of operations: what is used twice gets a name, what would be long is cut.

>>> from matcalc.write.code.ops import Ops
>>> ops = Ops()
>>> A, x = ops.name("A"), ops.name("x")
>>> Ax = ops.matmul(A, x)
>>> lines([ops.make("{0:s} + {1:p}", Ax, ops.make("np.exp({0})", Ax))], Names({"A", "x"}))
(['t1 = A @ x'], ['t1 + np.exp(t1)'])
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from matcalc.write.code.in_place import in_place, needless, statement
from matcalc.write.code.names import Names
from matcalc.write.code.ops import LEVELS, RESHAPE, TRANSPOSE, Op, counted, ordered

WIDTH = 84  # of an expression on one line
DEPTH = 12  # of operations nested in one expression


def lines(
    roots: Sequence[Op],
    names: Names,
    spelling: Callable[[str], str] | None = None,
    matrices: Collection[Op] = (),
) -> tuple[list[str], list[str]]:
    """Assignments in order, and an expression for each root; in another spelling of templates than NumPy's.

    ``matrices`` are the inputs with two axes, where matrices that nothing else needs may be computed in place.
    """
    order = ordered(roots)
    own = needless(order, counted(order, roots))
    if spelling is not None:
        found = _spelled(order, spelling)
        order, roots, own = [found[op] for op in order], [found[root] for root in roots], {found[op] for op in own}
    return _Writer(order, roots, names, matrices, own).written()


def lines_of(roots: Sequence[Op], names: Names) -> tuple[list[str], list[str]]:
    """The same of operations whose templates are in another language."""
    return _Writer(ordered(roots), roots, names, (), set()).written()


class _Writer:
    def __init__(
        self, order: Sequence[Op], roots: Sequence[Op], names: Names, matrices: Collection[Op], own: set[Op]
    ) -> None:
        self.order, self.roots, self.names = order, roots, names
        self.uses = counted(order, roots)
        self.claims = in_place(order, set(roots), matrices) if matrices else {}
        self.elided = {op for op in own if not self._is_claimed(op.operands[0])}
        self.bases = {op.operands[0] for op in self.elided}
        self.bases |= {op.operands[0] for op in order if op.changes} | set(self.claims.values())
        self.texts: dict[Op, tuple[str, int, int]] = {}  # text, level, depth
        self.out: list[str] = []

    def _is_claimed(self, op: Op) -> bool:
        """Whether an array is computed in the memory of another."""
        return (op.operands[0] if op.template in (TRANSPOSE, RESHAPE) else op) in self.claims

    def written(self) -> tuple[list[str], list[str]]:
        for op in self.order:
            self._write(op)
        return self.out, [self.texts[root][0] for root in self.roots]

    def _write(self, op: Op) -> None:
        texts = self.texts
        if op in self.elided:
            texts[op] = texts[op.operands[0]]
            return
        if op in self.claims:
            self._in_place(op, self.claims[op])
            return
        parts = [part if isinstance(part, str) else _operand(texts[op.operands[part[0]]], part[1]) for part in op.parts]
        text = "".join(parts)
        if op.changes:
            self.out.append(text)
            texts[op] = texts[op.operands[0]]
            return
        depth = 1 + max((texts[operand][2] for operand in op.operands), default=0)
        based = op in self.bases
        long = (len(text) > WIDTH or depth > DEPTH) and op not in self.roots
        if op.label or based or ((self.uses[op] > 1 or long) and not op.cheap):
            name = self.names.fresh(op.label)
            self.out.append(f"{name} = {text}")
            texts[op] = (name, LEVELS["n"], 0)
        else:
            texts[op] = (text, op.level, depth)

    def _in_place(self, op: Op, base: Op) -> None:
        others = {operand: self.texts[operand][0] for operand in op.operands}
        self.out.append(statement(op, base, self.texts[base][0], others))
        self.texts[op] = self.texts[base]


def _spelled(order: Sequence[Op], spelling: Callable[[str], str]) -> dict[Op, Op]:
    """The operations with templates in another spelling."""
    found: dict[Op, Op] = {}
    for op in order:
        operands = tuple(found[operand] for operand in op.operands)
        found[op] = Op(spelling(op.template), operands, op.cheap, op.plain, op.label)
        found[op].changes = op.changes
    return found


def _operand(found: tuple[str, int, int], needed: int) -> str:
    text, level, _ = found
    return f"({text})" if level < needed else text
