"""An interpreter of the part of Julia that is emitted, over tree-sitter's trees: Julia itself cannot be had by the tests.

It follows the language's manual: arrays lie by columns, the first axes are aligned where a dot broadcasts, indices count from 1,
``*`` of arrays is the matrix product and without a dot nothing goes entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tree_sitter
import tree_sitter_julia

Node = Any  # of tree_sitter
PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_julia.language()))


class Factored:
    """A Cholesky factor, by its matrix."""

    def __init__(self, matrix: Any) -> None:
        np.linalg.cholesky(matrix)
        self.matrix = matrix


class Identity:
    """``I``, and a number times it."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale


class Turned(np.ndarray[Any, Any]):
    """A vector turned: a row, whose turn is the vector again."""


class Returned(Exception):
    def __init__(self, value: object) -> None:
        self.value = value


def function(source: str) -> Callable[..., Any]:
    """The last function that the source defines; it takes its arguments by position."""
    tree = PARSER.parse(source.encode())
    assert not tree.root_node.has_error, source
    scope: dict[str, Any] = {}
    for node in tree.root_node.named_children:
        if node.type == "function_definition":
            scope["last"] = node
    return lambda *args: _called(scope["last"], args)


def parameters(source: str) -> list[str]:
    """The names of the arguments."""
    definition = [n for n in PARSER.parse(source.encode()).root_node.named_children if n.type == "function_definition"][
        -1
    ]
    given = definition.named_children[0].named_children[0].named_children[1].named_children
    return [_text(node.named_children[0] if node.type == "typed_expression" else node) for node in given]


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _called(definition: Node, args: tuple[object, ...]) -> object:
    signature, *body = definition.named_children
    given = signature.named_children[0].named_children[1].named_children
    names = [_text(node.named_children[0] if node.type == "typed_expression" else node) for node in given]
    env: dict[str, Any] = dict(zip(names, args, strict=True))
    try:
        for statement in body:
            _statement(statement, env)
    except Returned as found:
        return found.value
    raise AssertionError("nothing is returned")


def _statement(node: Node, env: dict[str, Any]) -> None:
    match node.type:
        case "assignment":
            target, _, value = node.named_children
            found = _value(value, env)
            if target.type == "open_tuple":
                env.update(zip([_text(name) for name in target.named_children], found, strict=True))
            else:
                env[_text(target)] = found
        case "compound_assignment_expression":
            target, sign, value = node.named_children
            assert _text(sign) == "+="
            env[_text(target)] = _plus(env[_text(target)], _value(value, env), 1)
        case "for_statement":
            binding, *rest = node.named_children
            name, _, span = binding.named_children
            body = rest[0].named_children if rest and rest[0].type == "block" else rest
            for k in _value(span, env):
                env[_text(name)] = int(k)
                for statement in body:
                    _statement(statement, env)
        case "return_statement":
            (value,) = node.named_children
            many = value.type == "open_tuple"
            raise Returned(tuple(_value(one, env) for one in value.named_children) if many else _value(value, env))
        case _:
            _value(node, env)


def _value(node: Node, env: dict[str, Any]) -> Any:
    inner = node.named_children
    match node.type:
        case "identifier":
            name = _text(node)
            return env[name] if name in env else {"pi": np.pi, "I": Identity()}[name]
        case "integer_literal":
            return int(_text(node))
        case "float_literal":
            return float(_text(node))
        case "parenthesized_expression":
            return _value(inner[0], env)
        case "tuple_expression" | "open_tuple":
            return tuple(_value(one, env) for one in inner)
        case "adjoint_expression":
            return _adjoint(_value(inner[0], env))
        case "unary_expression":
            return -_value(inner[1], env)
        case "range_expression":
            start, end = (_value(one, env) for one in inner)
            return range(start, end + 1)
        case "binary_expression":
            return _binary(_text(inner[1]), inner[0], inner[2], env)
        case "index_expression":
            return _indexed(_value(inner[0], env), inner[1].named_children, env)
        case "field_expression":
            return _value(inner[0], env)[_text(inner[1])]
        case "call_expression":
            return _call(inner[0], inner[1].named_children, env)
        case "broadcast_call_expression":
            args = [_value(one, env) for one in inner[1].named_children]
            name = _text(inner[0])
            return _broadcast(env[name] if name in env and callable(env[name]) else ENTRYWISE[name], *args)
        case _:
            raise AssertionError(f"{node.type}: {_text(node)}")


def _array(value: Any) -> Any:
    return np.asarray(value)


def _adjoint(value: Any) -> Any:
    if isinstance(value, Turned):
        return np.asarray(value)[0]
    value = _array(value)
    assert value.ndim in (0, 1, 2)
    return value[None, :].view(Turned) if value.ndim == 1 else value.T


def _broadcast(f: Callable[..., Any], *args: Any) -> Any:
    """The first axes are aligned."""
    arrays = [_array(arg) for arg in args]
    rank = max(array.ndim for array in arrays)
    return f(*[array.reshape(array.shape + (1,) * (rank - array.ndim)) for array in arrays])


def _plus(a: Any, b: Any, sign: int) -> Any:
    for one, other, turned in ((a, b, False), (b, a, True)):
        if isinstance(other, Identity):
            assert one.ndim == 2 and one.shape[0] == one.shape[1]
            scaled = other.scale * np.eye(len(one))
            return scaled + sign * one if turned else one + sign * scaled
    assert np.shape(a) == np.shape(b), (np.shape(a), np.shape(b))
    return np.asarray(a) + sign * np.asarray(b)


def _times(a: Any, b: Any) -> Any:
    if isinstance(a, Identity) or isinstance(b, Identity):
        one, other = (a, b) if isinstance(a, Identity) else (b, a)
        return Identity(one.scale * other)
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return a * b
    if isinstance(a, Turned) and np.ndim(b) == 1:
        return np.asarray(a)[0] @ b
    if isinstance(a, Turned):
        return (np.asarray(a) @ b).view(Turned)
    if np.ndim(a) == 1:
        assert np.ndim(b) == 2 and np.shape(b)[0] == 1, "a vector times a matrix of one row"
        return np.asarray(a)[:, None] @ np.asarray(b)
    assert np.ndim(a) == 2 and np.ndim(b) <= 2
    return np.asarray(a) @ np.asarray(b)


def _over(a: Any, b: Any) -> Any:
    assert np.ndim(b) == 0
    return a / b


def _left(a: Any, b: Any) -> Any:
    return np.linalg.solve(a.matrix if isinstance(a, Factored) else a, np.asarray(b))


def _power(a: Any, b: Any) -> Any:
    assert np.ndim(b) == 0
    return np.linalg.matrix_power(a, b) if np.ndim(a) == 2 else a**b


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: _plus(a, b, 1), "-": lambda a, b: _plus(a, b, -1), "*": _times, "/": _over, "\\": _left, "^": _power,
    "==": lambda a, b: a == b, "<": lambda a, b: a < b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
DOTTED: dict[str, Callable[[Any, Any], Any]] = {
    ".+": np.add, ".-": np.subtract, ".*": np.multiply, "./": np.true_divide, ".^": lambda a, b: a ** (1.0 * b),
    ".>": np.greater, ".>=": np.greater_equal, ".<": np.less, ".<=": np.less_equal, ".==": np.equal,
}  # fmt: skip


def _binary(sign: str, left: Node, right: Node, env: dict[str, Any]) -> Any:
    a = _value(left, env)
    if sign == "||":
        return a or _value(right, env)
    b = _value(right, env)
    return _broadcast(DOTTED[sign], a, b) if sign in DOTTED else BINARY[sign](a, b)


def _indexed(value: Any, places: list[Node], env: dict[str, Any]) -> Any:
    if isinstance(value, tuple):
        return value[_value(places[0], env) - 1]
    assert len(places) == np.ndim(value)
    spots: list[Any] = []
    for place in places:
        if _text(place) == ":":
            spots.append(slice(None))
            continue
        found = _value(place, env)
        assert np.min(found) >= 1
        spots.append(slice(found.start - 1, found.stop - 1) if isinstance(found, range) else found - 1)
    return np.asarray(value)[tuple(spots)]


def _reduced(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, dims=None: f(x) if dims is None else f(x, axis=dims - 1, keepdims=True)


def _reshaped(x: Any, *sizes: Any) -> Any:
    return np.reshape(x, [-1 if size == ":" else size for size in sizes], order="F")


def _size(x: Any, axis: int | None = None) -> Any:
    return np.shape(x) if axis is None else np.shape(x)[axis - 1]


def _raised(error: str) -> None:
    raise ValueError(error)


def _int(x: Any) -> int:
    assert float(x).is_integer(), "InexactError"
    return int(x)


ENTRYWISE: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin, "cos": np.cos, "tan": np.tan, "abs": np.abs,
    "sinh": np.sinh, "cosh": np.cosh, "log1p": np.log1p, "expm1": np.expm1, "sign": np.sign, "max": np.maximum, "T": lambda x: 1.0 * x,
    "min": np.minimum, "ifelse": np.where, "floor": np.floor, "ceil": np.ceil, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
}  # fmt: skip
CALLS: dict[str, Callable[..., Any]] = {
    **ENTRYWISE, "sum": _reduced(np.sum), "maximum": _reduced(np.max), "minimum": _reduced(np.min), "prod": _reduced(np.prod),
    "cumsum": lambda x, dims: np.cumsum(x, axis=dims - 1), "vec": lambda x: np.reshape(x, -1, order="F"), "size": _size,
    "length": np.size, "reshape": _reshaped, "dot": lambda x, y: np.asarray(x) @ np.asarray(y), "tr": np.trace, "det": np.linalg.det,
    "diag": np.diagonal, "Diagonal": np.diag, "inv": np.linalg.inv, "kron": np.kron, "div": lambda a, b: a // b,
    "permutedims": lambda x, order: np.transpose(x, [k - 1 for k in order]), "copy": np.copy, "Int": _int, "terms": _int,
    "zeros": lambda _, *sizes: np.zeros(sizes), "ones": lambda _, *sizes: np.ones(sizes), "fill": lambda x, *sizes: np.full(sizes, x),
    "rowmajor": lambda x, *sizes: np.reshape(x, sizes), "batched": np.matmul, "dropdims": lambda x, dims: np.squeeze(x, dims - 1),
    "Symmetric": lambda x: np.triu(x) + np.triu(x, 1).T, "cholesky": Factored, "logdet": lambda c: np.linalg.slogdet(c.matrix)[1],
    "logabsdet": lambda x: np.linalg.slogdet(x)[::-1], "pinv": np.linalg.pinv, "opnorm": lambda x: np.linalg.norm(x, 2),
    "norm": np.linalg.norm, "svdvals": lambda x: np.linalg.svd(x, compute_uv=False), "tril": np.tril, "triu": np.triu,
    "svd": lambda x: dict(zip(("U", "S", "Vt"), np.linalg.svd(x), strict=True)), "eigvals": np.linalg.eigvalsh,
    "eigen": lambda x: dict(zip(("values", "vectors"), np.linalg.eigh(x), strict=True)), "throw": _raised, "float": lambda x: x,
    "DimensionMismatch": str, "promote_type": lambda *x: float, "eltype": lambda x: float,
}  # fmt: skip


def _call(called: Node, args: list[Node], env: dict[str, Any]) -> Any:
    if called.type == "parametrized_type_expression":
        return np.eye(_value(args[1], env))
    name = _text(called)
    if name == "-":
        (value,) = args
        return -_value(value, env)
    if name in ("throw", "DimensionMismatch"):
        raise ValueError(_text(args[0]))
    named = {_text(a.named_children[0]): _value(a.named_children[-1], env) for a in args if a.type == "named_argument"}
    found = [":" if _text(a) == ":" else _value(a, env) for a in args if a.type != "named_argument"]
    if name in ("exp", "log", "sqrt") and np.ndim(found[0]) == 2:
        import scipy.linalg

        return {"exp": scipy.linalg.expm, "log": scipy.linalg.logm, "sqrt": scipy.linalg.sqrtm}[name](found[0])
    if name in ENTRYWISE:
        assert all(np.ndim(one) == 0 for one in found), f"{name} of an array without a dot"
    return env[name](*found) if callable(env.get(name)) and name != "T" else CALLS[name](*found, **named)
