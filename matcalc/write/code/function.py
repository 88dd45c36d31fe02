"""Emitted functions: readable source for the value of an expression, for an array library, and the function itself.

>>> from matcalc.expr import Transpose, Word
>>> A, x = Symbol("A", ("n", "n")), Symbol("x", ("n", 1))
>>> f = function([Word((Transpose(x), A, x))], [A, x], "f", "x' A x")
>>> float(f(A=[[2, 0], [0, 3]], x=[1, 1]))
5.0

Arrays come and go as scalars (), vectors (n,), rows (1, n), matrices (m, n). The source needs NumPy (and SciPy where a
function does), nothing of this package.
"""

from __future__ import annotations

import builtins
import linecache
import re
import weakref
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Protocol, cast

from matcalc.errors import CallError
from matcalc.expr import Call, Expr, Symbol, postorder
from matcalc.shape import Shape, Size, names, shape_text, text
from matcalc.steps.functions import is_declared
from matcalc.write.code.chains import chained
from matcalc.write.code.inputs import Head, head
from matcalc.write.code.lines import lines
from matcalc.write.code.lower import Lowering
from matcalc.write.code.names import Naming, python_name
from matcalc.write.code.ops import Ops
from matcalc.write.code.products import Products
from matcalc.write.code.rewrite import rewritten
from matcalc.write.code.targets import TARGETS, respelled
from matcalc.write.code.targets.record import Target
from matcalc.write.code.values import Full

if TYPE_CHECKING:
    from matcalc.verify.evaluate import Array

USED = {
    "np",
    "scipy",
    "sympy",
    "jax",
    "jnp",
    "torch",
    "xp",
    "math",
    "functools",
    "device",
    "array_namespace",
    "is_array_api_obj",
}
GLOBALS = frozenset(
    {*USED, "like", "dtype", *[name for target in TARGETS.values() for name in target.helpers or ()], *dir(builtins)}
)  # no variable may be called as what the code uses


class EmittedFunction(Protocol):
    """An emitted function with its text; its parameters can be given by name. Several expressions come as a tuple."""

    source: str
    __name__: str

    def __call__(self, *args: object, **kwargs: object) -> Array: ...


def function(
    expressions: Sequence[Expr],
    arguments: Sequence[Symbol],
    name: str = "value",
    doc: str = "",
    target: str = "numpy",
    compressed: bool = False,
) -> EmittedFunction:
    """The function of ``source``, compiled; CallError where the target's package is missing."""
    text = source(expressions, arguments, name, doc, target, compressed)
    if target == "julia":
        raise CallError("a function of Julia cannot be called from here: 'code' gives its text")
    file = f"<matcalc {name} {next(_counter)}>"
    scope: dict[str, object] = {"__name__": file}
    try:
        exec(compile(text, file, "exec"), scope)  # noqa: S102  what we have just written
    except ModuleNotFoundError as error:
        package = TARGETS[target].package or "scipy"
        raise CallError(f"{error.name} is needed, and is not installed: pip install {package}") from None
    found = scope[python_name(name)]
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)  # for tracebacks and inspect
    weakref.finalize(found, linecache.cache.pop, file, None)
    found.source = text  # type: ignore[attr-defined]
    return cast("EmittedFunction", found)


_counter = count(1)


def source(
    expressions: Sequence[Expr],
    arguments: Sequence[Symbol],
    name: str = "value",
    doc: str = "",
    target: str = "numpy",
    compressed: bool = False,
) -> str:
    """A Python function of these arguments that gives the expression, or a tuple where there are several.

    Functions that the user declared (``f : function``) are callables ``f``, ``f_1``, ``f_2`` (its derivatives), and a
    size that no argument shows is a number; both come after the arguments. A shape that does not fit raises ValueError.
    """
    if target not in TARGETS:
        raise CallError(f"there is no target '{target}'; there are {', '.join(TARGETS)}")
    record = TARGETS[target]
    if target == "julia":
        return _in_julia(expressions, arguments, name, doc, compressed)
    if record.namespace and not any(argument.shape != (1, 1) for argument in arguments):
        raise CallError(f"a function of no array has no namespace: use another target than {target}")
    calls = [node for node in postorder(*expressions) if isinstance(node, Call)]
    functions = sorted({call.function for call in calls if is_declared(call)})
    naming = Naming(arguments, functions, GLOBALS)
    body, modules, start, parts = _body(expressions, arguments, naming, record, compressed)
    doc_lines = _docstring(doc or name, () if compressed else expressions, arguments, naming, parts)
    whole = "\n".join(body)
    modules = sorted({*modules, *re.findall(r"\bscipy\.\w+(?=\.)", whole)}) if target == "numpy" else []
    imports = [*record.imports, *[f"import {module}" for module in modules]]
    imports += ["import math"] if "math." in whole and "import math" not in imports else []
    helpers = [
        text.strip("\n")
        for helper, text in (record.helpers or {}).items()
        if helper in start.helpers or f"{helper}(" in whole
    ]
    functions_text = _functions(python_name(name), naming, doc_lines, body)
    return "\n\n\n".join(["\n".join(imports), *helpers, *functions_text]) + "\n"


def _in_julia(expressions: Sequence[Expr], arguments: Sequence[Symbol], name: str, doc: str, compressed: bool) -> str:
    from matcalc.write.code.julia import source

    if compressed:
        raise CallError("'compressed' is not there for julia")
    return source(expressions, arguments, name, doc)


def _body(
    expressions: Sequence[Expr], arguments: Sequence[Symbol], naming: Naming, target: Target, compressed: bool
) -> tuple[list[str], list[str], Head, list[str]]:
    """The lines of the function, the modules that it imports, its head, and what is made of parts that it returns."""
    dtype = "dtype" if arguments else ""
    ops = Ops(target.indexing, target.vectors_first)
    arrays = Products(ops, naming.size, dtype, likely_sizes(arguments), naming.variables.fresh)
    symbols = {argument: Full(argument.shape, ops.name(naming.variable(argument))) for argument in arguments}
    lowering = Lowering(arrays, symbols, {function: local for function, (_, local) in naming.functions.items()})
    parts = [part for expression in expressions for part in lowering.compressed(expression)] if compressed else []
    roots = [op for op, _ in parts] or [lowering.root(expression) for expression in expressions]
    spelling = None if target.name == "numpy" else lambda template: respelled(template, target)
    matrices = [symbols[a].op for a in arguments if 1 not in a.shape and len(a.shape) == 2] if target.in_place else []
    roots = rewritten(roots, arrays, target.cholesky)
    roots = chained(roots, arrays) if target.chains else roots
    statements, results = lines(roots, naming.variables, spelling, matrices)
    start = head(arguments, naming, arrays.needed, target.namespace)
    written = "\n".join([*statements, *results])
    first = next((argument for argument in arguments if not argument.is_scalar), arguments[0] if arguments else None)
    made = []
    if first is None and target.device and re.search(r"\bdevice\b", written):
        made = ["device = None"]
    if first is not None:
        like = naming.variable(first)
        wanted = {"dtype": f"{like}.dtype", "device": target.device.replace("X", like), "like": like}
        made = [
            f"{name} = {code}" for name, code in wanted.items() if code and re.search(rf"\b{name}\b(?!=|\()", written)
        ]
    returned = ", ".join(results) + ("," if compressed and len(results) == 1 else "")
    lines_of_body = [*start.lines, *made, *"\n".join(statements).splitlines(), f"return {returned}"]
    return lines_of_body, sorted(lowering.modules), start, [text for _, text in parts if text]


FEW, MANY = 10, 120


def likely_sizes(arguments: Sequence[Symbol]) -> dict[str, int]:
    """Sizes to plan with: what is the length of columns only is large (samples), of rows only small (features, ranks)."""
    down = {size for argument in arguments if 1 not in argument.shape for size in names(argument.rows)}
    along = {size for argument in arguments if 1 not in argument.shape for size in names(argument.cols)}
    return dict.fromkeys(sorted(down - along), MANY) | dict.fromkeys(sorted(along - down), FEW)


def _functions(name: str, naming: Naming, doc: Sequence[str], body: Sequence[str]) -> list[str]:
    """The function; where a parameter is called as what the code uses (np), it calls another with other names."""
    public, local = (", ".join(pair[k] for pair in naming.parameters) for k in range(2))
    if public == local:
        return [_function(name, public, [*doc, *body])]
    inner = naming.variables.fresh("_" + name)
    return [_function(inner, local, body), _function(name, public, [*doc, f"return {inner}({public})"])]


def _docstring(
    title: str, expressions: Sequence[Expr], arguments: Sequence[Symbol], naming: Naming, parts: Sequence[str] = ()
) -> list[str]:
    """The title and a table of what goes in and comes out, or of what the parts make."""
    kinds = [(shape_text(argument.shape), _shape(argument.shape)) for argument in arguments]
    kinds += [("function", "of an array, entry by entry") for _ in naming.functions]
    kinds += [("size", "a whole number")] * (len(naming.parameters) - len(kinds))
    rows = [(public, *kind) for (public, _), kind in zip(naming.parameters, kinds, strict=True)]
    rows += [("returns", shape_text(expression.shape), _shape(expression.shape)) for expression in expressions]
    wide = [max(len(row[k]) for row in rows) for k in range(2)]
    table = [f"{row[0]:{wide[0]}} : {row[1]:{wide[1]}}   {row[2]}" for row in rows]
    text = [line.replace("\\", "\\\\").replace('"""', "'''") for line in title.splitlines()]
    text[-1] += " " if text[-1].endswith('"') else ""
    made = (
        ["", "Over the indices of each axis, the rest of H being 0:", *[f"    {part}" for part in parts]]
        if parts
        else []
    )
    return ['"""' + text[0], *text[1:], "", *table, *made, '"""']


def _function(name: str, parameters: str, body: Sequence[str]) -> str:
    return "\n".join([f"def {name}({parameters}):", *[f"    {line}".rstrip() for line in body]])


def _shape(shape: Shape) -> str:
    """A shape as the caller sees it: ``number``, ``array (n,)``."""
    if len(cast("tuple[Size, ...]", shape)) > 2:  # a family of matrices
        return f"array ({', '.join(map(text, shape))})"
    rows, cols = (text(size) for size in shape)
    if shape == (1, 1):
        return "a number"
    return f"array ({rows},)" if shape[1] == 1 else f"array ({rows}, {cols})"


__all__ = ["EmittedFunction", "function", "source"]
