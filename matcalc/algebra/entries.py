"""Entries: the scalar A[i,j] = e_i' A e_j, pushed down to the letters as far as that reads well.

entry(A, i, j)   products stay whole, (A B)[i,j]; entrywise functions and products keep their entry, Diag(x)[i,j] = x[i] δ_ij
opened(s)        the same inside a scalar that holds entries
merged(s)        δ_ij f(j) = δ_ij f(i): one name for indices that a Kronecker delta holds equal
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.algebra import calls, hadamards, rebuild, selectors, sums, terms, words
from matcalc.algebra.transposes import transpose
from matcalc.expr import Add, Call, Constant, Expr, Hadamard, Scaled, Total, Transpose, Word, postorder
from matcalc.shape import Size


def unit(index: Size, n: Size) -> Expr:
    return terms.ONE if n == 1 else Constant("unit", (n, 1), (index, n))


def is_unit(node: Expr) -> bool:
    return type(node) is Constant and node.kind == "unit"


def entry(node: Expr, i: Size, j: Size) -> Expr:
    """The entry at row i and column j; an index of a dimension of size 1 is not looked at."""
    row, column = transpose(unit(i, node.shape[0])), unit(j, node.shape[1])
    found: dict[Expr, Expr] = {}
    for inner in _taken(node):
        found[inner] = _entry(inner, row, column, found)
    return opened(found[node])


def _taken(root: Expr) -> list[Expr]:
    """The nodes of which the same entry is taken, parts before the whole."""
    seen: dict[Expr, None] = {}
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            seen.setdefault(node)
        elif node not in seen:
            stack.append((node, True))
            stack += [(part, False) for part in _same_entry(node)]
    return list(seen)


def _same_entry(node: Expr) -> tuple[Expr, ...]:
    """The parts of a node that are taken at the same place."""
    match node:
        case Scaled(_, _, body) if body is not None:
            return (body,)
        case Add(items) if not any(is_product(term) for term in items):
            return items
        case Hadamard(factors):
            return tuple([base for base, _ in factors])
        case Total(_, _, body):
            return (body,)
        case Call(_, args) if not node.is_scalar and not node.parameters and selectors.is_entrywise(node):
            return tuple([arg for arg in args if arg.shape == node.shape])
    return ()


def is_product(term: Expr) -> bool:
    """Whether a term is a matrix product, whose entry is a sum over an inner index."""
    body = terms.parts(term)[2]
    return type(body) is Word and words.outer_parts(body) is None


def _entry(node: Expr, row: Expr, column: Expr, found: Mapping[Expr, Expr]) -> Expr:
    if node.is_scalar:
        return node
    match node:
        case Scaled(number, scalars, body) if body is not None:
            return terms.product_of_scalars([Scaled(number, scalars, None), found[body]])
        case Add(items) if _same_entry(node):
            return sums.add([found[term] for term in items])
        case Hadamard(factors):
            return hadamards.hadamard(*[hadamards.entry_power(found[base], e) for base, e in factors])
        case Total():
            return rebuild.rebuild(node, lambda child: found.get(child, child))
        case Call(name, args) if args and all(arg in found or arg.is_scalar for arg in args):
            return calls.call(name, tuple([found.get(arg, arg) for arg in args]), (1, 1))
        case Call("Diag", (v,)):
            return words.product(row, column, words.product(row, v))
        case Call("diag", (A,)):
            return words.product(row, A, transpose(row))
        case Constant("ones"):
            return terms.ONE
    return words.product(row, node, column)


def opened(node: Expr) -> Expr:
    """A scalar whose entries are pushed down."""
    memo: dict[Expr, Expr] = {}
    for inner in postorder(node):
        changed = any(memo[child] is not child for child in inner.children)
        made = rebuild.rebuild(inner, memo.__getitem__) if changed else inner
        memo[inner] = _opened_word(made)
    return memo[node]


def _opened_word(node: Expr) -> Expr:
    if not is_entry(node):
        return node
    core, i, j = place_of(node)  # type: ignore[arg-type]
    if isinstance(core, Total) or not (
        _same_entry(core) or _is_diagonal(core)
    ):  # a sum keeps what it does not depend on outside
        return node
    return entry(core, 1 if i is None else i, 1 if j is None else j)


def _is_diagonal(node: Expr) -> bool:
    return type(node) is Call and node.function in ("Diag", "diag")


def is_entry(node: Expr) -> bool:
    """Whether a node is e_i' A e_j, where an index may be missing along a dimension of size 1."""
    if type(node) is not Word or not node.is_scalar:
        return False
    core, i, j = place_of(node)
    return (i is not None or core.shape[0] == 1) and (j is not None or core.shape[1] == 1)


def place_of(node: Word) -> tuple[Expr, Size | None, Size | None]:
    """(A, i, j) of e_i' A e_j; an index is None where there is no such unit vector."""
    inner = list(node.factors)
    i = j = None
    first, last = inner[0], inner[-1]
    if type(first) is Transpose and is_unit(first.base):
        i = first.base.parameters[0]  # type: ignore[attr-defined]
        inner.pop(0)
    if is_unit(last):
        j = last.parameters[0]  # type: ignore[attr-defined]
        inner.pop()
    core = words.product(*inner) if inner else terms.eye(node.factors[0].shape[1])
    return core, i, j


# --- Kronecker deltas -------------------------------------------------------------------------------------------------


def delta_of(node: Expr) -> tuple[Size, Size, Size] | None:
    """(i, j, n) of the Kronecker delta e_i' e_j."""
    if type(node) is Word and len(node.factors) == 2:
        left, right = node.factors
        if type(left) is Transpose and is_unit(left.base) and is_unit(right):
            return left.base.parameters[0], right.parameters[0], right.shape[0]  # type: ignore[attr-defined]
    return None


def delta(i: Size, j: Size, n: Size) -> Expr:
    return words.product(transpose(unit(i, n)), unit(j, n))


def merged(term: Expr, letters: Sequence[Size]) -> Expr:
    """δ_ij f(i, j) = δ_ij f(i, i): the index that stays is a number, or the one that comes first among the letters."""
    number, scalars, body = terms.parts(term)
    found = [(delta_of(base), base, exponent) for base, exponent in scalars]
    deltas = [place for place, _, _ in found if place is not None]
    if not deltas or body is not None:
        return term
    kept = _representatives(deltas, letters)
    change: dict[Expr, Expr] = {unit(i, n): unit(j, n) for (i, n), j in kept.items()}
    rest = terms.monomial(number, {base: exponent for place, base, exponent in found if place is None}, None)
    held = [delta(j, i, n) for (i, n), j in kept.items() if i != j]
    return terms.product_of_scalars([*held, rebuild.substitute(rest, change)])


def _representatives(
    deltas: Sequence[tuple[Size, Size, Size]], letters: Sequence[Size]
) -> dict[tuple[Size, Size], Size]:
    """The index that stands for each, by index and size."""

    def rank(index: Size) -> tuple[int, str]:
        place = -1 if isinstance(index, int) else letters.index(index) if index in letters else len(letters)
        return place, str(index)

    groups: list[set[Size]] = []
    sizes: dict[Size, Size] = {}
    for i, j, n in deltas:
        sizes[i] = sizes[j] = n
        joined = {i, j}.union(*[group for group in groups if group & {i, j}])
        groups = [group for group in groups if not group & joined] + [joined]
    return {(i, sizes[i]): min(group, key=rank) for group in groups for i in sorted(group, key=rank)}
