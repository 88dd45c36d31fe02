"""The NumPy code of a call: which record of the tables it is, and what the names in that record's code stand for.

>>> from matcalc.expr import Symbol
>>> code_of(Call("pinv", (Symbol("X", ("p", "q")),), ("q", "p"))).sizes
{'m': 'p', 'n': 'q'}
"""

from __future__ import annotations

import ast
import builtins
import importlib
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from types import CodeType

from matcalc.errors import CallError, NoRuleError
from matcalc.expr import Call, Constant
from matcalc.shape import Size
from matcalc.steps.functions import bind
from matcalc.steps.signature import signatures


@dataclass(frozen=True, slots=True)
class CallCode:
    """A record's code with what its names stand for: ``args`` in the order of the call's, ``sizes`` by name."""

    text: str
    args: tuple[str, ...]
    sizes: Mapping[str, Size]
    entrywise: bool = False


def code_of(call: Call) -> CallCode:
    """The code of a call; NoRuleError where no record of that name fits it."""
    for signature in signatures(call.function):
        if signature.record.code and (bound := bind(signature, call)) is not None:
            record = signature.record
            names = tuple(pattern.name for pattern in signature.patterns)
            return CallCode(record.code, names, bound, record.kind == "entrywise")
    raise NoRuleError(f"{call.function} has no NumPy code for arguments of these shapes")


def constant_call(node: Constant) -> Call:
    """A constant as the call of its record: ``ones(m, n)``, ``unit(i, n)``."""
    parameters = node.parameters or {"eye": node.shape[:1], "pi": ()}.get(node.kind, node.shape)
    return Call(node.kind, (), node.shape, parameters)


# --- running it -------------------------------------------------------------------------------------------------


@cache
def modules(text: str) -> tuple[str, ...]:
    """The modules that code uses beside NumPy, dotted: ``scipy.linalg``; names in it that are bound nowhere else."""
    nodes = [node for node in ast.walk(ast.parse(text, mode="eval")) if isinstance(node, ast.Attribute)]
    inner = {id(node.value) for node in nodes}
    found = {_module(dotted(node)) for node in nodes if id(node) not in inner}
    return tuple(sorted(found - {""}))


def dotted(node: ast.AST) -> str:
    """``scipy.linalg.expm`` of such an attribute, empty for others."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _module(name: str) -> str:
    """The longest beginning of a dotted name that is a module."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:
        return ""
    for count in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:count])
        try:
            importlib.import_module(module)
        except ImportError:
            continue
        return module
    raise CallError(f"{name} is needed, and {parts[0]} is not installed: pip install {parts[0]}")


PACKAGES = ("scipy", "sympy", "math")  # that code of records may use beside NumPy


@cache
def compiled(text: str) -> CodeType:
    return compile(text, f"<code {text}>", "eval")


def run(code: CallCode, values: Sequence[object], sizes: Mapping[str, int]) -> object:
    """The value of a call's code, given its arguments and numbers for the sizes in it."""
    scope: dict[str, object] = {"np": importlib.import_module("numpy"), "__builtins__": builtins}
    used = modules(code.text)
    for module in used:
        importlib.import_module(module)
        scope[module.partition(".")[0]] = importlib.import_module(module.partition(".")[0])
    scope.update(sizes)
    scope.update(zip(code.args, values, strict=True))
    with _quiet() if used else nullcontext():
        return eval(compiled(code.text), scope)  # noqa: S307  from the tables, or what the user registered


@contextmanager
def _quiet() -> Iterator[None]:
    """SciPy warns of values that are drawn at random; one at a time, because the filters are those of all threads."""
    with _filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


_filters = threading.RLock()
