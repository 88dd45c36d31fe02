"""Making a node again from new children: what substitution, instantiation of rules and compaction are written with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from matcalc.algebra import calls, hadamards, indices, selectors, sums, terms, totals, words
from matcalc.algebra.transposes import transpose
from matcalc.expr import (
    Add,
    Call,
    Constant,
    Exponent,
    Expr,
    Hadamard,
    Named,
    Scaled,
    Symbol,
    Total,
    Transpose,
    Word,
    postorder,
)
from matcalc.shape import Shape, Size
from matcalc.shape import add as add_size
from matcalc.shape import substitute as substitute_size


def rebuild(
    node: Expr, new: Callable[[Expr], Expr], shape: Shape | None = None, parameters: tuple[Size, ...] | None = None
) -> Expr:
    """The node with every child c replaced by new(c), in normal form; a leaf is returned as it is."""
    match node:
        case Symbol() | Constant():
            return node
        case Transpose(base):
            return transpose(new(base))
        case Scaled(number, scalars, body):
            factors = [terms.scalar_power(new(b), _exponent(e, new)) for b, e in scalars]
            if body is not None:
                factors.append(new(body))
            return terms.scale_by(number, terms.product_of_scalars(factors))
        case Add(items):
            return sums.add([new(t) for t in items])
        case Hadamard(factors):
            return hadamards.hadamard(*[hadamards.entry_power(new(b), _exponent(e, new)) for b, e in factors])
        case Word(factors):
            return words.product(*[new(f) for f in factors])
        case Call(function, args):
            own = node.parameters if parameters is None else parameters
            return calls.call(function, tuple([new(a) for a in args]), shape or node.shape, own)
        case Named(name, body):
            fresh = new(body)
            return node if fresh is body else Named(name, fresh)
        case Total(index, count, body):
            return totals.total(index, new(count), new(body))
    raise AssertionError(type(node))


def _exponent(exponent: Exponent, new: Callable[[Expr], Expr]) -> Exponent:
    return new(exponent) if isinstance(exponent, Expr) else exponent


def substitute(node: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """The expression with some nodes replaced."""
    memo = dict(values)
    free = indices.NONE.union(*[indices.indices(new) - indices.indices(old) for old, new in values.items()])
    if free:
        return _substitute_under(node, memo, free)
    for inner in postorder(node):
        if inner not in memo:
            changed = any(memo[c] is not c for c in inner.children)
            memo[inner] = rebuild(inner, memo.__getitem__) if changed else inner
    return memo[node]


def _substitute_under(root: Expr, memo: dict[Expr, Expr], free: frozenset[str]) -> Expr:
    """The same where the new parts depend on indices, which no sum inside may bind."""
    stack = [root]
    while stack:
        node = stack[-1]
        if node in memo:
            stack.pop()
        elif type(node) is Total and node.index in free:
            index, body = indices.opened(node)
            memo[node] = totals.total(index, substitute(node.count, memo), substitute(body, memo))
        elif missing := [c for c in node.children if c not in memo]:
            stack += missing
        else:
            changed = any(memo[c] is not c for c in node.children)
            memo[node] = rebuild(node, memo.__getitem__) if changed else node
    return memo[root]


def expand_names(node: Expr) -> Expr:
    """The expression with every definition written out."""
    memo: dict[Expr, Expr] = {}
    for inner in postorder(node):
        if type(inner) is Named:
            memo[inner] = memo[inner.body]
        else:
            changed = any(memo[c] is not c for c in inner.children)
            memo[inner] = rebuild(inner, memo.__getitem__) if changed else inner
    return memo[node]


def use_names(node: Expr, names: Iterable[Named]) -> Expr:
    """The expression with the bodies of definitions replaced by their names, where they stand as one part."""
    memo: dict[Expr, Expr] = {}
    for name in names:
        memo[name] = name
        if not isinstance(name.body, Symbol | Constant | Transpose | Named) and name.body is not node:
            memo[transpose(name.body)] = transpose(name)
            memo[name.body] = name
    stack = [node]
    while stack:
        inner = stack[-1]
        missing = [c for c in inner.children if c not in memo] if inner not in memo else []
        if missing:
            stack += missing
            continue
        if inner not in memo:
            changed = any(memo[c] is not c for c in inner.children)
            memo[inner] = rebuild(inner, memo.__getitem__) if changed else inner
        stack.pop()
    return memo[node]


class Template:
    """An expression over metavariables, ready to be instantiated: sizes are names bound by the shapes of what is put in."""

    def __init__(self, expression: Expr) -> None:
        self.expression = expression
        self.nodes = postorder(expression)
        self.indices = sorted({node.index for node in self.nodes if type(node) is Total})

    def instantiate(self, values: Mapping[Expr, Expr], sizes: Mapping[str, Size]) -> Expr:
        memo = dict(values)
        given = {**sizes, **{index: indices.fresh() for index in self.indices}}
        for node in self.nodes:
            if node in memo:
                continue
            if type(node) is Constant:
                memo[node] = constant(node, given)
            elif type(node) is Total:
                memo[node] = totals.total(given[node.index], memo[node.count], memo[node.body])  # type: ignore[arg-type]
            elif type(node) is Call:
                shape = (substitute_size(node.shape[0], given), substitute_size(node.shape[1], given))
                parameters = tuple([substitute_size(p, given) for p in node.parameters])
                memo[node] = rebuild(node, memo.__getitem__, shape, parameters)
            else:
                memo[node] = rebuild(node, memo.__getitem__)
        return memo[self.expression]


def constant(node: Constant, sizes: Mapping[str, Size]) -> Expr:
    """A constant with other sizes."""
    rows, cols = (substitute_size(s, dict(sizes)) for s in node.shape)
    parameters = tuple(substitute_size(p, dict(sizes)) for p in node.parameters)
    match node.kind:
        case "size":
            return terms.size(parameters[0])
        case "ones":
            return terms.ones(rows, cols)
        case "zeros":
            return terms.zeros(rows, cols)
        case "eye":
            return terms.eye(rows)
        case "selector":
            return selectors.selector(add_size(parameters[0], 1), cols, rows)
        case "unit" if rows == 1:
            return terms.ONE
    return Constant(node.kind, (rows, cols), parameters)
