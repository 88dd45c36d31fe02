"""NumPy functions: readable source for the value of an expression, and the function itself.

>>> from matcalc.expr import Transpose, Word
>>> A, x = Symbol("A", ("n", "n")), Symbol("x", ("n", 1))
>>> f = numpy_function([Word((Transpose(x), A, x))], [A, x], "f", "x' A x")
>>> f(A=[[2, 0], [0, 3]], x=[1, 1])
np.float64(5.0)

Arrays come and go as scalars (), vectors (n,), rows (1, n), matrices (m, n). The source needs NumPy (and SciPy where a
function does), nothing of this package.
"""

from __future__ import annotations

import builtins
import linecache
import weakref
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Protocol, cast

from matcalc.expr import Call, Expr, Symbol, postorder
from matcalc.shape import Shape, Size, shape_text, text
from matcalc.steps.functions import is_declared
from matcalc.write.code_inputs import HELPERS, Head, head
from matcalc.write.code_lower import Lowering
from matcalc.write.code_names import Naming, python_name
from matcalc.write.code_ops import Ops, lines
from matcalc.write.code_products import Products
from matcalc.write.code_values import Full

if TYPE_CHECKING:
    from matcalc.verify.evaluate import Array

GLOBALS = frozenset({"np", "scipy", *HELPERS, *dir(builtins)})  # no variable may be called as what the code uses


class NumpyFunction(Protocol):
    """An emitted function with its text; its parameters can be given by name. Several expressions come as a tuple."""

    source: str
    __name__: str

    def __call__(self, *args: object, **kwargs: object) -> Array: ...


def numpy_function(
    expressions: Sequence[Expr], arguments: Sequence[Symbol], name: str = "value", doc: str = ""
) -> NumpyFunction:
    """The function of ``numpy_source``, compiled."""
    source = numpy_source(expressions, arguments, name, doc)
    file = f"<matcalc {name} {next(_counter)}>"
    scope: dict[str, object] = {"__name__": file}
    exec(compile(source, file, "exec"), scope)  # noqa: S102  what we have just written
    function = scope[python_name(name)]
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for tracebacks and inspect
    weakref.finalize(function, linecache.cache.pop, file, None)
    function.source = source  # type: ignore[attr-defined]
    return cast("NumpyFunction", function)


_counter = count(1)


def numpy_source(expressions: Sequence[Expr], arguments: Sequence[Symbol], name: str = "value", doc: str = "") -> str:
    """A Python function of these arguments that gives the expression, or a tuple where there are several.

    Functions that the user declared (``f : function``) are callables ``f``, ``f_1``, ``f_2`` (its derivatives), and a
    size that no argument shows is a number; both come after the arguments. A shape that does not fit raises ValueError.
    """
    calls = [node for node in postorder(*expressions) if isinstance(node, Call)]
    functions = sorted({call.function for call in calls if is_declared(call)})
    naming = Naming(arguments, functions, GLOBALS)
    body, modules, start = _body(expressions, arguments, naming)
    doc_lines = _docstring(doc or name, expressions, arguments, naming)
    imports = "\n".join(["import numpy as np", *[f"import {module}" for module in modules]])
    helpers = [HELPERS[helper].strip("\n") for helper in HELPERS if helper in start.helpers]
    return "\n\n\n".join([imports, *helpers, *_functions(python_name(name), naming, doc_lines, body)]) + "\n"


def _body(
    expressions: Sequence[Expr], arguments: Sequence[Symbol], naming: Naming
) -> tuple[list[str], list[str], Head]:
    """The lines of the function, the modules that it imports, and its head."""
    dtype = naming.variables.fresh("dtype") if arguments else ""
    ops = Ops()
    arrays = Products(ops, naming.size, dtype)
    symbols = {argument: Full(argument.shape, ops.name(naming.variable(argument))) for argument in arguments}
    lowering = Lowering(arrays, symbols, {function: local for function, (_, local) in naming.functions.items()})
    statements, results = lines([lowering.root(expression) for expression in expressions], naming.variables)
    start = head(arguments, naming, arrays.needed)
    typed = [f"{dtype} = np.result_type({', '.join(map(naming.variable, arguments))})"] if arrays.needs_dtype else []
    return [*start.lines, *typed, *statements, f"return {', '.join(results)}"], sorted(lowering.modules), start


def _functions(name: str, naming: Naming, doc: Sequence[str], body: Sequence[str]) -> list[str]:
    """The function; where a parameter is called as what the code uses (np), it calls another with other names."""
    public, local = (", ".join(pair[k] for pair in naming.parameters) for k in range(2))
    if public == local:
        return [_function(name, public, [*doc, *body])]
    inner = naming.variables.fresh("_" + name)
    return [_function(inner, local, body), _function(name, public, [*doc, f"return {inner}({public})"])]


def _docstring(title: str, expressions: Sequence[Expr], arguments: Sequence[Symbol], naming: Naming) -> list[str]:
    """The title and a table of what goes in and comes out."""
    kinds = [(shape_text(argument.shape), _shape(argument.shape)) for argument in arguments]
    kinds += [("function", "of an array, entry by entry") for _ in naming.functions]
    kinds += [("size", "a whole number")] * (len(naming.parameters) - len(kinds))
    rows = [(public, *kind) for (public, _), kind in zip(naming.parameters, kinds, strict=True)]
    rows += [("returns", shape_text(expression.shape), _shape(expression.shape)) for expression in expressions]
    wide = [max(len(row[k]) for row in rows) for k in range(2)]
    table = [f"{row[0]:{wide[0]}} : {row[1]:{wide[1]}}   {row[2]}" for row in rows]
    text = [line.replace("\\", "\\\\").replace('"""', "'''") for line in title.splitlines()]
    text[-1] += " " if text[-1].endswith('"') else ""
    return ['"""' + text[0], *text[1:], "", *table, '"""']


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


__all__ = ["NumpyFunction", "numpy_function", "numpy_source"]
