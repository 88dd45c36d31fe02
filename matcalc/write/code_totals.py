"""Sums over an index in code: a generator that sums, in which what is used twice has a name.

>>> from matcalc.write.code_ops import lines
>>> from matcalc.write.code_names import Names
>>> ops = Ops()
>>> x, i, n = ops.name("x"), ops.name("i"), ops.name("n", plain=True)
>>> entry = ops.make("x[i]")
>>> lines([summed(ops, ops.make("{0:p} * {1:p}", entry, n), "i", n, ops.number(0))], Names())
([], ['sum((x[i] * n for i in range(1, n + 1)), 0)'])
"""

from __future__ import annotations

import re

from matcalc.write.code_ops import LEVELS, Op, Ops

LETTER = {level: letter for letter, level in LEVELS.items()}


def summed(ops: Ops, body: Op, index: str, count: Op, start: Op) -> Op:
    """Σ body for index = 1, …, count, added to what it starts from. What does not depend on the index stands outside."""
    loop = _Loop(index)
    text = loop.text(body)
    clauses = "".join(f" for {name} in [{value}]" for name, value in loop.named)
    outside = [*loop.outside, count, start]
    end, begin = f"{{{len(outside) - 2}:s}}", f"{{{len(outside) - 1}}}"
    end = end if count.plain else f"int({end})"
    template = f"sum(({text} for {index} in range(1, {end} + 1){clauses}), {begin})"
    return ops.make(template, *outside)


class _Loop:
    """The text of what depends on an index, over operands that do not."""

    def __init__(self, index: str) -> None:
        self.index = index
        self.outside: list[Op] = []
        self.named: list[tuple[str, str]] = []
        self._depends: dict[Op, bool] = {}

    def text(self, root: Op) -> str:
        order = self._order(root)
        uses = dict.fromkeys(order, 0)
        for op in order:
            for part in op.parts if self._depends[op] else ():
                if not isinstance(part, str):
                    uses[op.operands[part[0]]] += 1
        texts: dict[Op, tuple[str, int]] = {}
        for op in order:
            if not self._depends[op]:
                if op not in self.outside:
                    self.outside.append(op)
                texts[op] = (f"{{{self.outside.index(op)}}}", -1)
                continue
            text = "".join(self._part(op, part, texts) for part in op.parts)
            if uses[op] > 1 and not op.cheap:
                name = f"{self.index}_{len(self.named) + 1}"
                self.named.append((name, text))
                texts[op] = (name, LEVELS["n"])
            else:
                texts[op] = (text, op.level)
        return self._operand(texts[root], 0)

    def _order(self, root: Op) -> list[Op]:
        """The operations that depend on the index, and those that they stand on, operands first."""
        found = self._depends
        word = re.compile(rf"\b{re.escape(self.index)}(_\d+)?\b")
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
