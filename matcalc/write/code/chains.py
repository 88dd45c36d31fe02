"""Products of three matrices or more: in the order that costs least, chosen here where the sizes as declared decide it, and
when the code runs where only the actual sizes do.

>>> from functools import reduce
>>> from matcalc.write.code.names import Names
>>> from matcalc.write.code.lines import lines
>>> products = Products(Ops(), str)
>>> A, B, C, D = (products.ops.name(name) for name in "ABCD")
>>> products.extents.update({A: ("m", "n"), B: ("n", "p"), C: ("p", "q"), D: ("n", "n")})
>>> def lined(first, *rest):
...     return lines(chained([reduce(products.ops.matmul, rest, first)], products), Names("ABCD"))[1]
>>> lined(A, B, C), lined(D, D, D), lined(A, D, D)
(['np.linalg.multi_dot([A, B, C])'], ['D @ D @ D'], ['np.linalg.multi_dot([A, D, D])'])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.shape import Polynomial, Size, add, mul, sub
from matcalc.write.code.ops import MATMUL, TRANSPOSE, Op, Ops, counted, ordered
from matcalc.write.code.products import Products


def chained(roots: Sequence[Op], products: Products) -> list[Op]:
    """The operations with long products of matrices in the order that costs least."""
    order = ordered(roots)
    uses = counted(order, roots)
    inside = {part for op in order if op.template == MATMUL for part in _parts(op, uses)}
    found: dict[Op, Op] = {}
    for op in order:
        new = products.ops.remade(op, tuple(found[operand] for operand in op.operands))
        if op.template == MATMUL and op not in inside:
            leaves = _leaves(op, uses, products.ops)
            whole = [found.get(leaf) or products.ops.transpose(found[leaf.operands[0]]) for leaf in leaves]
            new = _product(whole, [_extent(leaf, products) for leaf in leaves], products.ops) or new
        found[op] = new
    return [found[root] for root in roots]


def _parts(op: Op, uses: Mapping[Op, int]) -> list[Op]:
    """The products that are part of this one and of nothing else."""
    inner = [operand.operands[0] if operand.template == TRANSPOSE else operand for operand in op.operands]
    return [part for part in inner if part.template == MATMUL and uses[part] == 1]


def _leaves(op: Op, uses: Mapping[Op, int], ops: Ops) -> list[Op]:
    """The matrices of a product from left to right."""
    out: list[Op] = []
    stack = [(op, False)]
    while stack:
        one, turned = stack.pop()
        if one.template == TRANSPOSE and one.operands[0].template == MATMUL and uses[one.operands[0]] == 1:
            stack.append((one.operands[0], not turned))
        elif one is op or (one.template == MATMUL and uses[one] == 1):
            stack += [(operand, turned) for operand in (one.operands if turned else reversed(one.operands))]
        else:
            out.append(ops.transpose(one) if turned else one)
    return out


def _extent(op: Op, products: Products) -> tuple[Size, Size] | None:
    found = products.extents.get(op)
    if found is None and op.template == TRANSPOSE and (turned := products.extents.get(op.operands[0])):
        return turned[1], turned[0]
    return found


def _product(leaves: Sequence[Op], extents: Sequence[tuple[Size, Size] | None], ops: Ops) -> Op | None:
    """The product of three or more whose shapes are known, None of others and where nothing is to be won."""
    known = [extent for extent in extents if extent is not None]
    if len(leaves) < 3 or len(known) < len(leaves) or any(1 in extent for extent in known):
        return None
    sizes = [known[0][0], *[cols for _, cols in known]]
    if len(set(sizes)) == 1:
        return None
    if len(leaves) == 3:
        a, b, c, d = sizes
        left = add(mul(mul(a, b), c), mul(mul(a, c), d))
        right = add(mul(mul(b, c), d), mul(mul(a, b), d))
        if _never_more(left, right):
            return ops.matmul(ops.matmul(leaves[0], leaves[1]), leaves[2])
        if _never_more(right, left):
            return ops.matmul(leaves[0], ops.matmul(leaves[1], leaves[2]))
    places = ", ".join(f"{{{k}}}" for k in range(len(leaves)))
    return ops.make(f"np.linalg.multi_dot([{places}])", *leaves)


def _never_more(a: Size, b: Size) -> bool:
    """Whether one count is at most another whatever the sizes are."""
    difference = sub(b, a)
    if isinstance(difference, Polynomial):
        return all(c >= 0 for _, c in difference.terms)
    return not isinstance(difference, int) or difference >= 0
