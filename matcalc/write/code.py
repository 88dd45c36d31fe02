"""NumPy functions: readable source for the value of an expression, and the function itself.

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
from typing import Protocol, cast

from matcalc.expr import Call, Expr, Symbol, postorder
from matcalc.shape import Shape, shape_text, text
from matcalc.verify.calls import is_declared
from matcalc.write.code_inputs import HELPERS, Head, head
from matcalc.write.code_lower import Lowering
from matcalc.write.code_ops import Names, Ops, lines, python_name
from matcalc.write.code_products import Products
from matcalc.write.code_values import Full

GLOBALS = frozenset({"np", "scipy", *HELPERS, *dir(builtins)})  # what the code may use, and so no variable in it is called


class NumpyFunction(Protocol):
    """An emitted function: ``source`` is its text; its parameters can be given by name."""

    source: str
    __name__: str

    def __call__(self, *args: object, **kwargs: object) -> object: ...


def numpy_function(expressions: Sequence[Expr], arguments: Sequence[Symbol], name: str = "value", doc: str = "") -> NumpyFunction:
    """The function of ``numpy_source``, compiled."""
    source = numpy_source(expressions, arguments, name, doc)
    file = f"<matcalc {name} {next(_counter)}>"
    scope: dict[str, object] = {"__name__": file}
    exec(compile(source, file, "exec"), scope)
    function = scope[python_name(name)]
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for tracebacks and inspect
    weakref.finalize(function, linecache.cache.pop, file, None)
    function.source = source  # type: ignore[attr-defined]
    return cast("NumpyFunction", function)


_counter = count(1)


def numpy_source(expressions: Sequence[Expr], arguments: Sequence[Symbol], name: str = "value", doc: str = "") -> str:
    """A Python function of these arguments that gives the expression, or a tuple where there are several.

    Functions that the user declared (``f : function``) are callables ``f``, ``f_1``, ``f_2`` (its derivatives), and a size
    that no argument shows is a number; both come after the arguments. A shape that does not fit raises ValueError.
    """
    return _Source(expressions, arguments, name, doc).text()


class _Source:
    def __init__(self, expressions: Sequence[Expr], arguments: Sequence[Symbol], name: str, doc: str) -> None:
        self.expressions = expressions
        self.arguments = list(dict.fromkeys(arguments))
        self.doc = doc
        self.name = python_name(name)
        self.parameters, self.variables = Names(), Names({*GLOBALS, self.name})
        self.public: dict[str, str] = {}  # names of the language to those of parameters
        self.local: dict[str, str] = {}  # names of the language to those of variables
        self.sizes: dict[str, str] = {}
        for argument in self.arguments:
            self._name(argument.name, argument.name)
        self.functions = sorted({node.function for node in postorder(*expressions) if isinstance(node, Call) and is_declared(node)})
        for function in self.functions:
            base = function.rstrip("'")
            order = len(function) - len(base)
            self._name(function, f"{base}_{order}" if order else base)

    def _name(self, name: str, wish: str) -> None:
        self.public[name] = self.parameters.fresh(wish)
        self.local[name] = self.variables.fresh(self.public[name])

    def _size(self, size: str) -> str:
        if size not in self.sizes:
            self.sizes[size] = self.variables.fresh(size)
        return self.sizes[size]

    def text(self) -> str:
        dtype = self.variables.fresh("dtype") if self.arguments else ""
        arrays = Products(Ops(), self._size, dtype)
        symbols = {argument: Full(argument.shape, arrays.ops.name(self.local[argument.name])) for argument in self.arguments}
        lowering = Lowering(arrays, symbols, self.local)
        statements, results = lines([lowering.root(expression) for expression in self.expressions], self.variables)
        start = head(self.arguments, self.public, self.local, self._size, arrays.needed)
        for size in start.unknown:
            self.public[size] = self.parameters.fresh(size)
            self.local[size] = self.sizes[size]
        if arrays.needs_dtype:
            start.lines.append(f"{dtype} = np.result_type({', '.join(self.local[argument.name] for argument in self.arguments)})")
        body = [*start.lines, *statements, f"return {', '.join(results)}"]
        imports = "".join(f"import {module}\n" for module in sorted(lowering.modules))
        helpers = [HELPERS[helper].strip("\n") for helper in HELPERS if helper in start.helpers]
        return "\n\n\n".join([f"import numpy as np\n{imports}".rstrip(), *helpers, *self._functions(body, start)]) + "\n"

    def _functions(self, body: Sequence[str], start: Head) -> list[str]:
        """The function; one with a parameter called np hands it to another, in which np is NumPy."""
        doc = self._docstring(start)
        public = ", ".join(self.public.values())
        if self.public == self.local:
            return [_function(self.name, public, [*doc, *body])]
        inner = self.variables.fresh("_" + self.name)
        local = ", ".join(self.local.values())
        return [_function(inner, local, body), _function(self.name, public, [*doc, f"return {inner}({public})"])]

    def _docstring(self, start: Head) -> list[str]:
        rows = [(self.public[argument.name], shape_text(argument.shape), _shape(argument.shape)) for argument in self.arguments]
        rows += [(self.public[function], "function", "of an array, entry by entry") for function in self.functions]
        rows += [(self.public[size], "size", "a whole number") for size in start.unknown]
        rows += [("returns", shape_text(expression.shape), _shape(expression.shape)) for expression in self.expressions]
        wide = [max(len(row[k]) for row in rows) for k in range(2)]
        table = [f"{row[0]:{wide[0]}} : {row[1]:{wide[1]}}   {row[2]}" for row in rows]
        title = [line.replace("\\", "\\\\").replace('"""', "'''") for line in (self.doc or self.name).splitlines()]
        title[-1] += " " if title[-1].endswith('"') else ""
        return ['"""' + title[0], *title[1:], "", *table, '"""']


def _function(name: str, parameters: str, body: Sequence[str]) -> str:
    return "\n".join([f"def {name}({parameters}):", *[f"    {line}".rstrip() for line in body]])


def _shape(shape: Shape) -> str:
    """A shape as the caller sees it: ``number``, ``array (n,)``."""
    rows, cols = (text(size) for size in shape)
    if shape == (1, 1):
        return "a number"
    return f"array ({rows},)" if shape[1] == 1 else f"array ({rows}, {cols})"


__all__ = ["NumpyFunction", "numpy_function", "numpy_source"]
