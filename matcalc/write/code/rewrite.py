"""Systems that are solved for one matrix again and again: by its inverse where that is at hand or worth it, and by one
Cholesky factor, which gives the determinant, too, where the matrix is symmetric positive definite.

>>> from matcalc.write.code.names import Names
>>> from matcalc.write.code.lines import lines
>>> from matcalc.write.code.ops import Ops
>>> products = Products(Ops(), str)
>>> A, B = products.ops.name("A"), products.ops.name("B")
>>> both = [products.ops.make(INVERT, A), products.ops.make(SOLVE, A, B)]
>>> lines(rewritten(both, products), Names("AB"))
(['t1 = np.linalg.inv(A)'], ['t1', 't1 @ B'])
>>> products.spd[A] = "n"
>>> by_factor = Cholesky("chol({0})", "solved({0}, {1})", "", "logdet({0})")
>>> logdet = products.ops.make(LOGDET, products.ops.make(WITH_SIGN, A))
>>> lines(rewritten([logdet, both[1]], products, by_factor), Names("AB"))
(['t1 = chol(A)'], ['logdet(t1)', 'solved(t1, B)'])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from matcalc.write.code.in_place import INVERT, SOLVE
from matcalc.write.code.ops import MATMUL, Op, ordered
from matcalc.write.code.products import Products
from matcalc.write.code.targets.record import Cholesky

LOGDET, WITH_SIGN = "{0:n}[1]", "np.linalg.slogdet({0})"


def rewritten(roots: Sequence[Op], products: Products, cholesky: Cholesky | None = None) -> list[Op]:
    """The operations with systems turned into products, or solved by a factor, where that is known to pay."""
    order = ordered(roots)
    solved = Counter(op.operands[0] for op in order if op.template == SOLVE and op in products.wide)
    factored = _factored(order, products, solved) if cholesky else set()
    inverted = {op.operands[0] for op in order if op.template == INVERT}
    inverted |= {a for a, count in solved.items() if count > 1 and a not in factored}
    if not inverted and not factored:
        return list(roots)
    ops = products.ops
    found: dict[Op, Op] = {}
    for op in order:
        operands = tuple(found[operand] for operand in op.operands)
        matrix = _matrix(op)
        if op.template == SOLVE and matrix in inverted:
            inverse = found.get(ops.make(INVERT, op.operands[0])) or ops.make(INVERT, operands[0])
            found[op] = ops.make(MATMUL, inverse, operands[1])
        elif cholesky and matrix is not None and matrix in factored:
            found[op] = _by_factor(op, found[matrix], operands, products, cholesky)
        else:
            found[op] = ops.remade(op, operands)
    return [found[root] for root in roots]


def _matrix(op: Op) -> Op | None:
    """What is solved for, inverted, or has its determinant taken."""
    if op.template in (SOLVE, INVERT):
        return op.operands[0]
    return op.operands[0].operands[0] if op.template == LOGDET and op.operands[0].template == WITH_SIGN else None


def _factored(order: Sequence[Op], products: Products, solved: Mapping[Op, int]) -> set[Op]:
    """The matrices whose factor is taken: symmetric positive definite, to be solved for. An inverse or a determinant that is
    all that is wanted is as fast without, and several systems with matrices on the right are faster by the inverse."""
    kinds: dict[Op, set[str]] = {}
    for op in order:
        matrix = _matrix(op)
        if matrix is not None and matrix in products.spd:
            kinds.setdefault(matrix, set()).add(op.template)
    return {
        a
        for a, found in kinds.items()
        if (found == {SOLVE} and solved.get(a, 0) < 2) or (len(found) > 1 and LOGDET in found)
    }


def _by_factor(op: Op, matrix: Op, operands: Sequence[Op], products: Products, cholesky: Cholesky) -> Op:
    """A solution, an inverse or the logarithm of a determinant by the factor."""
    ops = products.ops
    factor = ops.make(cholesky.factor, matrix)
    if op.template == LOGDET:
        return ops.make(cholesky.logdet, factor)
    if op.template == SOLVE:
        wide = op in products.wide or not cholesky.solve_vector
        return ops.make(cholesky.solve if wide else cholesky.solve_vector, factor, operands[1])
    size = products.spd[op.operands[0]]
    return ops.make(
        cholesky.solve, factor, products.ops.make(f"np.eye({{0}}, dtype={products.typed()})", products.size(size))
    )
