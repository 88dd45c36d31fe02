"""What is asked of an expression before it becomes operations: whether it is 1 - f(u), a sum of leaves, a number.

>>> from matcalc.expr import Symbol
>>> A = Symbol("A", ("n", "n"))
>>> is_of_leaves(Add((A, Transpose(A))))
True
"""

from __future__ import annotations

from matcalc.algebra.indices import is_index, size_of
from matcalc.algebra.properties import nonnegative
from matcalc.expr import Add, Call, Constant, Expr, Hadamard, Scaled, Symbol, Transpose
from matcalc.shape import Polynomial, Size, names

COMPLEMENTS = {"sigmoid": "scipy.special.expit(-X)"}  # 1 - f(X)


def is_rooted(node: Expr) -> bool:
    """Whether no entry is negative; 1 - sigmoid(u) is one of those, too."""
    if isinstance(node, Hadamard):
        return all(
            nonnegative(Hadamard(((base, power),))) if power != 1 else is_rooted(base) for base, power in node.factors
        )
    if isinstance(node, Add):
        return nonnegative(node) or complemented(node) is not None
    return nonnegative(node)


def complemented(node: Add) -> Call | None:
    """f(u) where this is 1 - f(u) and that has code of its own."""
    if len(node.terms) != 2:
        return None
    for one, other in (node.terms, node.terms[::-1]):
        if is_ones(one) and is_minus(other) and isinstance(other, Scaled):
            call = other.body if other.body is not None else other.scalars[0][0]
            if isinstance(call, Call) and call.function in COMPLEMENTS:
                return call
    return None


def indexed(node: Expr) -> Size | None:
    """The whole number that a scalar is in which an index stands: i - 1."""
    size = size_of(node) if node.is_scalar else None
    if not isinstance(size, Polynomial) or not any(map(is_index, names(size))):
        return None
    return size if all(c.denominator == 1 for _, c in size.terms) else None


def is_of_leaves(node: Add) -> bool:
    """Whether a sum is of full matrices that are there already, as they are or transposed."""
    leaves = [term.base if isinstance(term, Transpose) else term for term in node.terms]
    return 1 not in node.shape and all(isinstance(leaf, Symbol) for leaf in leaves)


def is_ones(node: Expr) -> bool:
    """Whether every entry is 1."""
    return (isinstance(node, Scaled) and (node.number, node.scalars, node.body) == (1, (), None)) or (
        isinstance(node, Constant) and node.kind == "ones"
    )


def is_minus(node: Expr) -> bool:
    """Whether a term is -u, nothing else scaling it."""
    if not isinstance(node, Scaled) or node.number != -1:
        return False
    return (node.body is not None and not node.scalars) or (
        node.body is None and len(node.scalars) == 1 and node.scalars[0][1] == 1
    )
