"""Julia: the source of a function, by LinearAlgebra alone. It is not run in the tests, for they have no Julia: it is parsed by
tree-sitter, and an interpreter of the part of the language that is written here holds its values against the truth.

>>> from matcalc.expr import Symbol, Word
>>> A, x = Symbol("A", ("m", "n")), Symbol("x", ("n", 1))
>>> print(source([Word((A, x))], [A, x], "f", "A x").splitlines()[-2].strip())
return A * x
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.algebra.conjugates import is_complex
from matcalc.errors import CallError, NoRuleError
from matcalc.expr import Call, Expr, Symbol, postorder
from matcalc.shape import shape_text
from matcalc.steps.functions import is_declared
from matcalc.write.code.julia.head import head
from matcalc.write.code.julia.spelling import CHOLESKY, Spelling, rank_of
from matcalc.write.code.lines import lines_of
from matcalc.write.code.lower import Lowering
from matcalc.write.code.names import Naming, python_name
from matcalc.write.code.ops import Ops, ordered
from matcalc.write.code.products import Products
from matcalc.write.code.rewrite import rewritten
from matcalc.write.code.values import Full

WORDS = """baremodule begin break catch const continue do else elseif end export false finally for function global if import
let local macro module quote return struct true try using while where in isa I T vec sum dot tr diag inv det size reshape
permutedims transpose zeros ones fill kron exp log sqrt abs sign max min maximum minimum prod cumsum tril triu pi div Int
ifelse cholesky logdet logabsdet svd svdvals eigen eigvals pinv norm opnorm copy length Matrix Diagonal Symmetric float eltype
promote_type throw DimensionMismatch DomainError isinteger batched rowmajor terms dropdims tanh sin cos tan sinh cosh"""
RESERVED = frozenset(WORDS.split())
HELPERS = {
    "rowmajor": """
"The entries of an array in another shape, the last index running fastest."
rowmajor(X, dims...) =
    permutedims(reshape(permutedims(X, ndims(X):-1:1), reverse(dims)...), length(dims):-1:1)
""",
    "terms": """
"How many terms a sum has."
terms(k) = isinteger(k) && k >= 0 ? Int(k) : throw(DomainError(k, "a sum has a whole number of terms, 0 or more"))
""",
    "batched": """
"The product of each pair of matrices, which lie along the first index."
batched(A, B) = permutedims(cat((A[k, :, :] * B[k, :, :] for k in axes(A, 1))...; dims=3), (3, 1, 2))
""",
}


def source(expressions: Sequence[Expr], arguments: Sequence[Symbol], name: str = "value", doc: str = "") -> str:
    """A Julia function of these arguments that gives the expression, or a tuple; NoRuleError where there is no spelling."""
    if not arguments:
        raise CallError("a function of nothing has no types: use another target than julia")
    if any(map(is_complex, [*expressions, *arguments])):
        raise NoRuleError("a complex formula has no spelling for julia")
    calls = [node for node in postorder(*expressions) if isinstance(node, Call)]
    functions = sorted({call.function for call in calls if is_declared(call)})
    naming = Naming(arguments, functions, RESERVED)
    ops = Ops("eye")
    arrays = Products(ops, naming.size, "dtype", fresh=naming.variables.fresh)
    symbols = {argument: Full(argument.shape, ops.name(naming.variable(argument))) for argument in arguments}
    local = {function: known for function, (_, known) in naming.functions.items()}
    lowering = Lowering(arrays, symbols, local)
    roots = rewritten([lowering.root(expression) for expression in expressions], arrays, CHOLESKY)
    ranks = {symbols[argument].op: rank_of(argument.shape) for argument in arguments}
    spelling = Spelling(ranks, set(local.values()))
    found = spelling.spelled(ordered(roots))
    statements, results = lines_of([found[root] for root in roots], naming.variables)
    body = [*statements, f"return {', '.join(results)}"]
    start = head(arguments, naming, arrays.needed)
    if any("T(" in line or "{T}" in line or "(T," in line for line in body):
        types = ", ".join(f"eltype({naming.variable(argument)})" for argument in arguments)
        start = [f"T = float(promote_type({types}))", *start]
    helpers = [text.strip("\n") for helper, text in HELPERS.items() if any(f"{helper}(" in line for line in body)]
    whole = "\n".join([*start, *body]).splitlines()
    text = "\n".join([_opening(arguments, naming, name), *[f"    {line}" for line in whole], "end"])
    blocks = [
        "using LinearAlgebra",
        *helpers,
        f"{_docstring(doc or name, expressions, arguments, naming, name)}\n{text}",
    ]
    return "\n\n".join(blocks) + "\n"


TYPES = {0: "Real", 1: "AbstractVector{<:Real}", 2: "AbstractMatrix{<:Real}", 3: "AbstractArray{<:Real, 3}"}


def _opening(arguments: Sequence[Symbol], naming: Naming, name: str) -> str:
    """``function f(A::AbstractMatrix{<:Real}, s::Real)``; rows are matrices of one row."""
    types = [TYPES[2 if symbol.rows == 1 != symbol.cols else rank_of(symbol.shape)] for symbol in arguments]
    local = [known for _, known in naming.parameters]
    typed = [f"{known}::{kind}" for known, kind in zip(local, types, strict=False)]
    return f"function {python_name(name)}({', '.join([*typed, *local[len(types) :]])})"


def _docstring(title: str, expressions: Sequence[Expr], arguments: Sequence[Symbol], naming: Naming, name: str) -> str:
    rows = [(naming.variable(argument), shape_text(argument.shape)) for argument in arguments]
    rows += [("returns", shape_text(expression.shape)) for expression in expressions]
    wide = max(len(row[0]) for row in rows)
    called = f"    {python_name(name)}({', '.join(known for _, known in naming.parameters)})"
    lines = [called, "", *title.splitlines(), "", *[f"{row[0]:{wide}} : {row[1]}" for row in rows]]
    text = "\n".join(lines).replace("\\", "\\\\").replace("$", "\\$").replace('"""', "'''")
    return f'"""\n{text}\n"""'
