"""Sums over an index in code that are no products of arrays: a loop, in which what is used twice has a name.

>>> from matcalc.write.code.lines import lines
>>> from matcalc.write.code.names import Names
>>> ops = Ops()
>>> x, i, n = ops.name("x"), ops.name("i"), ops.name("n", plain=True)
>>> entry = ops.make("x[i]")
>>> found = summed(ops, ops.make("{0:p} * {1:p}", entry, n), "i", n, ops.number(0), Names().fresh)
>>> for line in lines([found], Names())[0]:
...     print(line)
t1 = 0.0
for i in range(n):
    t1 += x[i] * n
"""

from __future__ import annotations

import re
from collections.abc import Callable

from matcalc.write.code.ops import LEVELS, Op, Ops

LETTER = {level: letter for letter, level in LEVELS.items()}
COUNT = "_count({0})"


def summed(ops: Ops, body: Op, index: str, count: Op, start: Op, fresh: Callable[[], str]) -> Op:
    """Σ body for index = 0, …, count - 1, added to what it starts from. What does not depend on the index stands outside."""
    start = Op("0.0", (), False, False, "") if start.template == "0" else ops.owned(start)
    loop = _Loop(index, [start, count if count.plain else ops.make(COUNT, count)], fresh)
    last = loop.text(body)
    inner = [line for text in [*loop.lines, f"{{0:n}} += {last}"] for line in text.splitlines()]
    op = Op("\n    ".join([f"for {index} in range({{1}}):", *inner]), tuple(loop.outside), False, False, "")
    op.changes = True
    return op


class _Loop:
    """The lines of what depends on an index, over operands that do not."""

    def __init__(self, index: str, outside: list[Op], fresh: Callable[[], str]) -> None:
        self.index = index
        self.outside = outside
        self.fresh = fresh
        self.lines: list[str] = []
        self._depends: dict[Op, bool] = {}

    def text(self, root: Op) -> str:
        order = self._order(root)
        uses = dict.fromkeys(order, 0)
        for op in order:
            for part in op.parts if self._depends[op] else ():
                if not isinstance(part, str):
                    uses[op.operands[part[0]]] += 1
        bases = {op.operands[0] for op in order if op.changes and self._depends[op]}
        texts: dict[Op, tuple[str, int]] = {}
        for op in order:
            if not self._depends[op]:
                if op not in self.outside:
                    self.outside.append(op)
                texts[op] = (f"{{{self.outside.index(op)}}}", -1)
                continue
            text = "".join(self._part(op, part, texts) for part in op.parts)
            if op.changes:
                self.lines.append(text)
                texts[op] = texts[op.operands[0]]
            elif op in bases or (uses[op] > 1 and not op.cheap):
                self.lines.append(f"{(name := self.fresh())} = {text}")
                texts[op] = (name, LEVELS["n"])
            else:
                texts[op] = (text, op.level)
        return self._operand(texts[root], 0)

    def _order(self, root: Op) -> list[Op]:
        """The operations that depend on the index, and those that they stand on, operands first."""
        found = self._depends
        word = re.compile(rf"\b{re.escape(self.index)}\b")
        out: list[Op] = []
        stack = [(root, False)]
        while stack:
            op, done = stack.pop()
            if done:
                found[op] = bool(word.search(op.template)) or any(found[operand] for operand in op.operands)
                out.append(op)
            elif op not in found:
                found[op] = False
                stack.append((op, True))
                stack += [(operand, False) for operand in reversed(op.operands)]
        for op in reversed(out):
            if op.changes and found[op]:
                found[op.operands[0]] = True  # what is written to is made anew for every index
        near = {root, *(operand for op in out if found[op] for operand in op.operands)}
        return [op for op in out if found[op] or op in near]

    def _part(self, op: Op, part: str | tuple[int, int], texts: dict[Op, tuple[str, int]]) -> str:
        if isinstance(part, str):
            return part.replace("{", "{{").replace("}", "}}")
        return self._operand(texts[op.operands[part[0]]], part[1])

    def _operand(self, found: tuple[str, int], needed: int) -> str:
        text, level = found
        if level < 0:
            return f"{text[:-1]}:{LETTER[needed]}}}" if needed else text
        return f"({text})" if level < needed else text
