"""Kronecker products, vec and unvec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.algebra import calls, terms, transposes, words
from matcalc.expr import Call, Constant, Expr, Word
from matcalc.shape import Shape, Size, mul

if TYPE_CHECKING:
    from matcalc.algebra.calls import Args


def kron(a: Expr, b: Expr) -> Expr:
    """The Kronecker product; with a scalar it scales, a column with a row is their outer product."""
    shape = (mul(a.shape[0], b.shape[0]), mul(a.shape[1], b.shape[1]))
    (s, x), (t, y) = calls.split(a), calls.split(b)
    if x is None or y is None:
        return terms.product_of_scalars([s, t, *[z for z in (x, y) if z is not None]])
    factor = terms.product_of_scalars((s, t))
    if terms.is_zero(x) or terms.is_zero(y):
        return terms.zeros(*shape)
    if x.shape[1] == 1 and y.shape[0] == 1:
        made = words.product(x, y)
    elif x.shape[0] == 1 and y.shape[1] == 1:
        made = words.product(y, x)
    elif type(x) is Constant and type(y) is Constant and x.kind == y.kind and x.kind in ("eye", "ones"):
        made = Constant(x.kind, shape)
    elif calls.is_call(x, "kron"):
        made = kron(x.children[0], kron(x.children[1], y))
    else:
        made = Call("kron", (x, y), shape)
    return terms.product_of_scalars((factor, made))


def vec(node: Expr) -> Expr:
    """The columns on top of each other."""
    return calls.call("vec", (node,), (mul(node.shape[0], node.shape[1]), 1)) if node.shape[1] != 1 else node


def vec_of(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    node = args[0]
    if node.shape[1] == 1:
        return node
    if node.shape[0] == 1:
        return transposes.transpose(node)
    factor, body = calls.split(node)
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, calls.call("vec", (body,), shape)))  # type: ignore[arg-type]
    if type(body) is Constant and body.kind in ("ones", "zeros"):
        return Constant(body.kind, shape)
    if type(body) is Word and (outer := words.outer_parts(body)) is not None:
        return kron(outer[1], outer[0])  # vec(a b') = b ⊗ a
    return body.args[0] if type(body) is Call and body.function == "unvec" and body.args[0].shape == shape else None


def unvec_of(args: Args, shape: Shape, parameters: tuple[Size, ...]) -> Expr | None:
    node = args[0]
    if shape == node.shape:
        return node
    if shape == (node.shape[1], node.shape[0]):
        return transposes.transpose(node)
    factor, body = calls.split(node)
    if factor is not terms.ONE:
        return terms.product_of_scalars((factor, calls.call("unvec", (body,), shape, parameters)))  # type: ignore[arg-type]
    if type(body) is Constant and body.kind in ("ones", "zeros"):
        return Constant(body.kind, shape)
    if type(body) is Call and body.function == "vec" and body.args[0].shape == shape:
        return body.args[0]
    if type(body) is Call and body.function == "kron":
        b, a = body.args
        if b.shape[1] == a.shape[1] == 1 and (a.shape[0], b.shape[0]) == shape:
            return words.product(a, transposes.transpose(b))
    return Call("unvec", (body,), shape, parameters)  # type: ignore[arg-type]
