"""Systems that are solved for one matrix again and again: once its inverse is there, or is worth it, that is multiplied.

>>> from matcalc.write.code_names import Names
>>> from matcalc.write.code_ops import Ops, lines
>>> products = Products(Ops(), str)
>>> A, B = products.ops.name("A"), products.ops.name("B")
>>> both = [products.ops.make(INVERT, A), products.ops.make(SOLVE, A, B)]
>>> lines(rewritten(both, products), Names("AB"))
(['t1 = np.linalg.inv(A)'], ['t1', 't1 @ B'])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from matcalc.write.code_in_place import INVERT, SOLVE
from matcalc.write.code_ops import MATMUL, Op, ordered
from matcalc.write.code_products import Products


def rewritten(roots: Sequence[Op], products: Products) -> list[Op]:
    """The operations with systems turned into products where their matrix has its inverse at hand."""
    order = ordered(roots)
    solved = Counter(op.operands[0] for op in order if op.template == SOLVE and op in products.wide)
    inverted = {op.operands[0] for op in order if op.template == INVERT} | {
        a for a, count in solved.items() if count > 1
    }
    if not inverted:
        return list(roots)
    found: dict[Op, Op] = {}
    for op in order:
        operands = tuple(found[operand] for operand in op.operands)
        if op.template == SOLVE and op.operands[0] in inverted:
            found[op] = products.ops.make(MATMUL, products.ops.make(INVERT, operands[0]), operands[1])
        else:
            found[op] = products.ops.remade(op, operands)
    return [found[root] for root in roots]
