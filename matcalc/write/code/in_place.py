"""Which arrays can be computed in the memory of an operand: matrices that are new and that nothing else needs.

>>> from matcalc.write.code.names import Names
>>> from matcalc.write.code.lines import lines
>>> from matcalc.write.code.ops import Ops
>>> ops = Ops()
>>> U, V, Y = (ops.name(name) for name in "UVY")
>>> root = ops.subtract(ops.matmul(U, ops.transpose(V)), Y)
>>> lines([root], Names("UVY"), matrices={U, V, Y})
(['t1 = U @ V.T', 't1 -= Y'], ['t1'])
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from matcalc.write.code.ops import COPY, MATMUL, MINUS, NEGATIVE, RESHAPE, TRANSPOSE, Op

PLUS, TIMES, OVER = "{0:s} + {1:p}", "{0:p} * {1:u}", "{0:p} / {1:u}"
SIGNS = {PLUS: "+=", MINUS: "-=", TIMES: "*=", OVER: "/="}
COMMUTATIVE = (PLUS, TIMES)
POWER = "{0:a} ** {1:u}"
UFUNC = re.compile(r"np\.(exp|log|sqrt|tanh|sin|cos|sinh|cosh|log1p)\(\{0\}\)")
MADE = re.compile(r"np\.(outer|ones|full|eye|zeros|linalg\.multi_dot)\(.*\)")
INVERT, SOLVE = "np.linalg.inv({0})", "np.linalg.solve({0}, {1})"
CHAIN = "np.linalg.multi_dot("
KEPT = re.compile(
    r"np\.linalg\.(?:inv\(\{0\}\)|multi_dot\(.*)|\{0:n\}\.copy\(\)|np\.outer\(.*|\{0:n\}\.reshape\(\{1\}, \{2\}\)|\{0\}"
)

# Indices, or sizes, of three axes or more; what is complex where an eigenvalue is negative
OTHER = re.compile(r"\[[^]]*,[^]]*,[^]]*\]|\(\{\d\}, \{\d\}, \{\d\}.*\)|\.{3}|scipy\.linalg\.(?:sqrt|log)m\(")


def in_place(order: Sequence[Op], roots: Collection[Op], matrices: Collection[Op]) -> dict[Op, Op]:
    """For each operation that can be done in the memory of an operand: that operand. ``matrices`` are inputs (m, n)."""
    whole = _whole(order, matrices)
    users: dict[Op, list[Op]] = {op: [] for op in order}
    for op in order:
        for operand in op.operands:
            users[operand].append(op)
    found: dict[Op, Op] = {}
    for op in order:
        if op in whole and not op.label:
            taken = [a for a in _candidates(op) if a in whole and is_new(a) and _is_free(a, op, users, roots)]
            if taken:
                found[op] = taken[0]
    return found


def statement(op: Op, base: Op, name: str, others: Mapping[Op, str]) -> str:
    """The line that does it: ``t1 -= Y``, ``np.exp(t1, out=t1)``."""
    if op.template in SIGNS:
        other = op.operands[1] if op.operands[0] is base else op.operands[0]
        return f"{name} {SIGNS[op.template]} {others[other]}"
    function = "np.negative" if op.template == NEGATIVE else op.template.partition("(")[0]
    return f"{function}({name}, out={name})"


def _candidates(op: Op) -> list[Op]:
    if op.template in SIGNS:
        first, second = op.operands
        if first is second:
            return []
        return [first, second] if op.template in COMMUTATIVE else [first]
    return [op.operands[0]] if op.template == NEGATIVE or UFUNC.fullmatch(op.template) else []


def is_new(op: Op) -> bool:
    """Whether it gives memory of its own."""
    if op.cheap or op.label:
        return False
    return op.template in (*SIGNS, MATMUL, NEGATIVE, POWER, INVERT, SOLVE) or bool(
        UFUNC.fullmatch(op.template) or MADE.fullmatch(op.template)
    )


def needless(order: Sequence[Op], uses: Mapping[Op, int]) -> set[Op]:
    """The copies of arrays that are new, and used once: they need not be made."""

    def is_own(op: Op) -> bool:
        inner = op.operands[0] if op.template in (TRANSPOSE, RESHAPE) else op
        return uses[op] == 1 and uses[inner] == 1 and is_new(inner)

    return {op for op in order if op.template == COPY and is_own(op.operands[0])}


def _is_free(a: Op, op: Op, users: Mapping[Op, Sequence[Op]], roots: Collection[Op]) -> bool:
    """Whether nothing else needs it, but what goes into the same statement."""
    others = [user for user in users[a] if user is not op]
    inside = all(
        not user.cheap and not user.changes and users[user] == [op] and user not in roots and user in op.operands
        for user in others
    )
    return a not in roots and inside and len(others) <= 1 and users[a].count(op) == 1


def _whole(order: Sequence[Op], matrices: Collection[Op]) -> set[Op]:
    """What has two axes, each of full length, and the common type of the inputs."""
    whole: set[Op] = set(matrices)
    other: set[Op] = set()  # what may have more than two axes, or be complex
    for op in order:
        if (OTHER.search(op.template) and not op.template.startswith(CHAIN)) or not other.isdisjoint(op.operands):
            other.add(op)
            continue
        inside = [operand in whole for operand in op.operands]
        if op.template in SIGNS:
            is_whole = any(inside)
        elif op.template == MATMUL:
            is_whole = all(inside)
        else:
            same = (
                op.template in (TRANSPOSE, NEGATIVE, POWER)
                or UFUNC.fullmatch(op.template)
                or KEPT.fullmatch(op.template)
            )
            is_whole = bool(same or op.changes) and any(inside[:1])
        if is_whole:
            whole.add(op)
    return whole
