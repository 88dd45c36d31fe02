"""The sum of all entries: 1' v of a column, 1' A 1 of a matrix."""

from __future__ import annotations

from matcalc.algebra import calls, dots, hadamards, properties, sums, terms, traces, transposes, words
from matcalc.expr import Add, Call, Constant, Exponent, Expr, Hadamard, Word
from matcalc.shape import SCALAR


def sum_vector(v: Expr) -> Expr:
    """1' v of a column."""
    if v.shape == SCALAR:
        return v
    factor, body = calls.split(v)
    assert body is not None
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, sum_vector(body)))
    match body:
        case Add(items):
            return sums.add([sum_vector(t) for t in items])
        case Word():
            return words.product(terms.ones(1, v.shape[0]), body)
        case Constant("zeros"):
            return terms.ZERO
        case Constant("ones"):
            return terms.size(v.shape[0])
        case Constant("unit"):
            return terms.ONE
        case Call("softmax"):
            return terms.ONE
        case Call("diag", (a,)):
            return traces.trace(a)
        case Call("vec", (a,)):
            return sum_matrix(a)
        case Hadamard():
            two = two_factors(body)
            if two is not None:
                return _pair(*two)
    if properties.has(body, "distribution"):
        return terms.ONE
    return Word((terms.ones(1, v.shape[0]), body))


def _pair(x: Expr, y: Expr) -> Expr:
    """x' y of two columns that are no Hadamard products."""
    if type(x) is Word or type(y) is Word:
        return words.product(transposes.transpose(x), y)
    if y < x:
        x, y = y, x
    return dots.dot([transposes.transpose(x), y])


def sum_matrix(node: Expr) -> Expr:
    """1' A 1."""
    if node.shape == SCALAR:
        return node
    if node.shape[1] == 1:
        return sum_vector(node)
    if node.shape[0] == 1:
        return sum_vector(transposes.transpose(node))
    factor, body = calls.split(node)
    assert body is not None
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, sum_matrix(body)))
    match body:
        case Add(items):
            return sums.add([sum_matrix(t) for t in items])
        case Constant("zeros"):
            return terms.ZERO
        case Constant("eye"):
            return terms.size(body.shape[0])
        case Constant("ones"):
            return terms.product_of_scalars((terms.size(body.shape[0]), terms.size(body.shape[1])))
        case Word():
            return words.product(terms.ones(1, node.shape[0]), body, terms.ones(node.shape[1], 1))
        case Call("Diag", (v,)):
            return sum_vector(v)
        case Hadamard(factors):
            inside = [b for b, e in factors if type(b) is Word and e == 1]
            if len(inside) == 1:
                rest: dict[Expr, Exponent] = {b: e for b, e in factors if b is not inside[0]}
                other = hadamards.entrywise(rest, body.shape)
                return traces.trace(words.product(transposes.transpose(other), inside[0]))
            two = two_factors(body)
            if two is not None and not inside:
                return traces.frobenius(*two)
    return dots.lesser([terms.ones(1, node.shape[0]), body, terms.ones(node.shape[1], 1)])


def two_factors(node: Hadamard) -> tuple[Expr, Expr] | None:
    """(a, b) where the node is a ⊙ b or a.^2."""
    if len(node.factors) == 2 and all(e == 1 for _, e in node.factors):
        return node.factors[0][0], node.factors[1][0]
    if len(node.factors) == 1 and node.factors[0][1] == 2:
        return node.factors[0][0], node.factors[0][0]
    return None
