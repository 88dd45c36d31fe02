"""The transpose, pushed to the leaves; it is remembered on the node, and never recurses deeper than the cache lets it."""

from __future__ import annotations

from matcalc.algebra import calls, conjugates, hadamards, properties, sums, terms, totals, words
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Expr,
    Hadamard,
    Named,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    unremembered,
)
from matcalc.rules import functions as tables

_KEY = "transpose"
_SHALLOW = 64  # nodes lighter than this are safe to turn recursively


def transpose(node: Expr) -> Expr:
    """node'; a symmetric expression is its own transpose."""
    if node.shape == (1, 1):
        return node
    found = node.memo.get(_KEY)
    if found is not None:
        return found  # type: ignore[return-value]
    if node.weight > _SHALLOW:
        for inner in unremembered(node, _KEY, scalars=False):
            inner.memo[_KEY] = _transpose(inner)
    else:
        node.memo[_KEY] = _transpose(node)
    return node.memo[_KEY]  # type: ignore[return-value]


def is_symmetric(node: Expr) -> bool:
    return node.shape[0] == node.shape[1] and transpose(node) is node


def _transpose(node: Expr) -> Expr:
    match node:
        case Symbol() | Named():
            if properties.has(node, "symmetric") or (type(node) is Named and is_symmetric(node.body)):
                return node
            if properties.has(node, "skew"):
                return terms.neg(node)
            return Transpose(node)
        case Transpose(base):
            return base
        case Constant():
            return _constant(node)
        case Scaled(number, scalars, body):
            assert body is not None
            return terms.product_of_scalars([Scaled(number, scalars, None), transpose(body)])
        case Add(items):
            return sums.add([transpose(t) for t in items])
        case Hadamard(factors):
            turned = [hadamards.entry_power(transpose(b), e) for b, e in factors]
            return hadamards.hadamard(*turned)
        case Word(factors):
            return words.product(*[transpose(f) for f in reversed(factors)])
        case Call():
            return _call(node)
        case Total(index, count, body):
            return totals.total(index, count, transpose(body))
    raise AssertionError(type(node))


def _constant(node: Constant) -> Expr:
    rows, cols = node.shape
    match node.kind:
        case "eye":
            return node
        case "ones" | "zeros":
            return Constant(node.kind, (cols, rows))
        case "commutation":
            return Constant(node.kind, node.shape, node.parameters[::-1])
    return Transpose(node)


def is_invariant(node: Call) -> bool:
    """Whether f(X') = f(X) is known of a call: of det(X), not of max(X, 2)."""
    return len(node.args) == 1 and not node.parameters and node.function in tables.having("invariant")


@tables.cached
def passes_on(called: tuple[str, int]) -> tuple[str, tuple[int, ...]] | None:
    """The function whose value at the transposed arguments, in this order, is the transposed value of a name and arity."""
    name, arity = called
    if name in tables.having("column"):
        return None
    for record in tables.lookup(name):
        if record.kind == "entrywise":
            return name, (0, 1)[:arity]
        letters = [declared.partition(":")[0].strip() for declared in record.takes.split(";")]
        if record.transposed and record.name == name and len(letters) == arity:
            other, _, arguments = record.transposed.rstrip(")").partition("(")
            named = [argument.strip(" '") for argument in arguments.split(",")]
            return other, tuple(letters.index(letter) for letter in named if letter in letters)
    return None


def _call(node: Call) -> Expr:
    if node.function == "conj":
        return conjugates.turned(node)
    given = properties.given(node.function)
    if "symmetric" in given:
        return node
    if "skew" in given:
        return terms.neg(node)
    passed = passes_on((node.function, len(node.args)))
    if passed is None or node.parameters:
        return Transpose(node)
    name, order = passed
    return calls.call(name, tuple([transpose(node.args[k]) for k in order]), (node.shape[1], node.shape[0]))
