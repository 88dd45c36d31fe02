"""The array libraries that code is emitted for, each a table of spellings; and code in the spelling of one of them.

>>> respelled("np.sum({0}, axis=0)", TARGETS["torch"])
'torch.sum({0}, dim=0)'
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from matcalc.errors import NoRuleError
from matcalc.verify.calls import dotted
from matcalc.write.code.calls import filled
from matcalc.write.code.targets import array_api, jax, julia, numpy, torch
from matcalc.write.code.targets.record import Target

TARGETS: dict[str, Target] = {
    target.name: target for target in (numpy.TARGET, array_api.TARGET, jax.TARGET, torch.TARGET, julia.TARGET)
}
MODULES = ("np", "scipy", "sympy")


@lru_cache(4096)
def _respelled(template: str, name: str) -> str:
    target = TARGETS[name]
    text = re.sub(r"\{(\d+):?\w?\}", r"_operand\1", template)
    tree = _Spelling(target).visit(ast.parse(text, mode="eval"))
    new = ast.unparse(ast.fix_missing_locations(tree))
    operands = {f"_operand{k}": f"{{{k}:n}}" for k in re.findall(r"_operand(\d+)", text)}
    return filled(new.replace("{", "{{").replace("}", "}}"), operands)


def respelled(template: str, target: Target) -> str:
    """A template of NumPy code as one of the target's; NoRuleError where it has none."""
    if target.name == "numpy":
        return template
    return "\n".join(_line(line, target) for line in template.split("\n"))


STATEMENT = re.compile(r"(\s*(?:\{\S*\}|\w+)(?:\[.*?\])? [+-]?= )?(.*)")  # what is assigned to, and what


def _line(line: str, target: Target) -> str:
    found = STATEMENT.fullmatch(line)
    assert found is not None
    to, code = found[1] or "", found[2]
    if not re.search(r"\w\.\w|\}\.\w|float\(", code) or code.lstrip().startswith("for "):
        return line
    return to + _respelled(code, target.name)


class _Spelling(ast.NodeTransformer):
    """Replaces what a rule fits, from outside to inside."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.rules = [(ast.parse(old, mode="eval").body, ast.parse(new, mode="eval").body) for old, new in target.rules]

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr):
            for old, new in self.rules:
                found: dict[str, ast.expr] = {}
                if _fits(old, node, found):
                    inner = {name: self.visit(part) for name, part in found.items()}
                    filled_in = _Filling(inner).visit(ast.parse(ast.unparse(new), mode="eval").body)
                    return cast("ast.AST", filled_in)
            name = dotted(node)
            if name.partition(".")[0] in MODULES:
                return self._called(name)
            if isinstance(node, ast.Call) and dotted(node.func) == "float":
                if known := _plain(node.args[0]):
                    return ast.parse(known, mode="eval").body
                self._make_arrays(node.args[0])
        return cast("ast.AST", super().visit(node))

    def _make_arrays(self, node: ast.expr) -> None:
        """The Python numbers that a function is called with as arrays, for a target that takes no others."""
        if not self.target.number:
            return
        for call in [inner for inner in ast.walk(node) if _is_of_module(inner)]:
            assert isinstance(call, ast.Call)
            made = [ast.parse(self.target.number, mode="eval").body for _ in call.args]
            call.args = [
                arg if any(map(_is_of_module, ast.walk(arg))) else _Filling({"X": arg}).visit(array)
                for arg, array in zip(call.args, made, strict=True)
            ]

    def _called(self, name: str) -> ast.AST:
        """A function of NumPy under the target's own prefix."""
        module, _, function = name.partition(".")
        if module != "np" or (self.target.same is not None and function not in self.target.same):
            raise NoRuleError(f"{function} has no spelling for {self.target.name}")
        return ast.parse(f"{self.target.prefix}.{function}", mode="eval").body


def _is_of_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func).partition(".")[0] in MODULES


class _Filling(ast.NodeTransformer):
    def __init__(self, parts: dict[str, ast.AST]) -> None:
        self.parts = parts

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.parts.get(node.id, node)


def _fits(pattern: ast.AST, node: ast.AST, found: dict[str, ast.expr]) -> bool:
    """Whether a node is as a pattern says, and what its names stand for."""
    if isinstance(pattern, ast.Name) and pattern.id not in (*MODULES, "float"):
        if not isinstance(node, ast.expr):
            return False
        known = found.setdefault(pattern.id, node)
        return ast.dump(known) == ast.dump(node)
    if type(pattern) is not type(node):
        return False
    return all(_fit(*pair, found) for pair in zip(_values(pattern), _values(node), strict=True))


def _fit(pattern: object, value: object, found: dict[str, ast.expr]) -> bool:
    if isinstance(pattern, ast.AST) and isinstance(value, ast.AST):
        return _fits(pattern, value, found)
    if isinstance(pattern, list) and isinstance(value, list):
        return len(pattern) == len(value) and all(_fit(*pair, found) for pair in zip(pattern, value, strict=True))
    return type(pattern) is type(value) and pattern == value


def _values(node: ast.AST) -> Iterator[object]:
    for name, value in ast.iter_fields(node):
        if name not in ("ctx", "kind"):
            yield value


def _plain(node: ast.expr) -> str:
    """A function of a Python number: ``math.sqrt(…)`` for ``np.sqrt(…)``."""
    name = dotted(node.func).removeprefix("np.").replace("arc", "a") if isinstance(node, ast.Call) else ""
    if not name or not hasattr(math, name):
        return ""
    assert isinstance(node, ast.Call)
    return f"math.{name}({', '.join(map(ast.unparse, node.args))})"
