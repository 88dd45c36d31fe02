"""Diagonals: diag(A) as a column, Diag(v) as a matrix."""

from __future__ import annotations

from matcalc.algebra import calls, hadamards, terms, transposes, words
from matcalc.expr import Call, Constant, Expr, Hadamard, Word
from matcalc.shape import SCALAR


def diagonal(node: Expr) -> Expr:
    """The diagonal of a square matrix as a column."""
    if node.shape == SCALAR:
        return node
    factor, body = calls.split(node)
    assert body is not None
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, diagonal(body)))
    n = node.shape[0]
    match body:
        case Constant("eye" | "ones"):
            return terms.ones(n)
        case Constant("zeros"):
            return terms.zeros(n, 1)
        case Call("Diag", (v,)):
            return v
        case Hadamard(factors):
            return hadamards.hadamard(*[hadamards.entry_power(diagonal(b), e) for b, e in factors])
        case Word(factors):
            outer = words.outer_parts(body)
            if outer is not None:
                return hadamards.hadamard(*outer)
            for first, rest in ((factors[0], factors[1:]), (factors[-1], factors[:-1])):
                if is_Diag(first):
                    return hadamards.hadamard(first.children[0], diagonal(words.product(*rest)))
    turned = transposes.transpose(body)
    if turned is terms.neg(body):
        return terms.zeros(n, 1)
    least = min(terms.parts(body)[2] or body, turned)
    return Call("diag", (least,), (n, 1))


def Diag(node: Expr) -> Expr:
    """The diagonal matrix of a column."""
    if node.shape == SCALAR:
        return node
    if node.shape[0] == 1:
        node = transposes.transpose(node)
    n = node.shape[0]
    factor, body = calls.split(node)
    assert body is not None
    match body:
        case Constant("ones"):
            made: Expr = terms.eye(n)
        case Constant("zeros"):
            made = terms.zeros(n, n)
        case _:
            made = Call("Diag", (body,), (n, n))
    return terms.product_of_scalars((factor, made))


def is_Diag(node: Expr) -> bool:
    return type(node) is Call and node.function == "Diag"
