"""The differential, both ways: forward as dF, linear in dX, and in reverse as the gradient G with dF = G : dX.

    gradients(f, (X, V))   one reverse sweep over the DAG of distinct nodes: each node's adjoint is formed once
    differential(F)        dF with every variable's differential

The rule of each node stands once, in ``adjoints`` (what G : dn becomes for each child) and ``_forward``; calls take theirs from
the tables. A node and its transpose are swept as one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from matcalc.algebra import (
    add,
    call,
    conjugates,
    entry_power,
    eye,
    frobenius,
    hadamard,
    indices,
    kron,
    number,
    product,
    scale,
    scale_by,
    total,
    transpose,
    zeros,
)  # fmt: skip
from matcalc.algebra.terms import add_exponents, product_of_scalars, scalar_power
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
from matcalc.steps import functions, members

Push = Iterator[tuple[Expr, Expr]]


def gradients(f: Expr, wrt: Collection[Expr], seed: Expr | None = None) -> dict[Expr, Expr]:
    """The gradient of a scalar with respect to each symbol; zeros where f does not depend on it.

    With a seed, f may be anything: ``seed : df = Σ G : dX``. The sweep does not go below what is in ``wrt``, so with names
    among them it gives the adjoints local to f.
    """
    if members.has_members(wrt):
        return _by_members(f, wrt, seed)
    order = _sweep_order(f, wrt)
    found: dict[Expr, list[Expr]] = {f: [number(1) if seed is None else seed]}
    if order and order[0][0] is not f:
        found = {order[0][0]: [transpose(found[f][0])]}
    for node, depends in order:
        contributions = found.get(node)
        if contributions is None or node in wrt:
            continue
        adjoint = contributions[0] if len(contributions) == 1 else add(contributions)
        for child, part in adjoints(node, adjoint, depends.__contains__):
            place = depends[child]
            found.setdefault(place, []).append(part if place is child else transpose(part))
    return {x: add(found[x]) if x in found else zeros(*x.shape) for x in wrt}


def _by_members(f: Expr, wrt: Collection[Expr], seed: Expr | None) -> dict[Expr, Expr]:
    """The gradients where some are by members of families: by h, where x_k + h stands for x_k, at h = 0."""
    steps: dict[Expr, Symbol] = {}
    for x in wrt:
        if type(x) is Symbol and x.member is not None:
            f, steps[x] = members.beside(f, x)
    found = gradients(f, [steps.get(x, x) for x in wrt], seed)
    for h in steps.values():
        found = {x: members.at_rest(G, h) for x, G in found.items()}
    return {x: found[steps.get(x, x)] for x in wrt}


def _sweep_order(f: Expr, wrt: Collection[Expr]) -> list[tuple[Expr, dict[Expr, Expr]]]:
    """Nodes that depend on the variables, parents first, with the map from node to the one of node, node' that stands for both."""
    nodes = postorder(f)
    place: dict[Expr, Expr] = {}
    for node in nodes:
        if node in wrt or any(c in place for c in node.children):
            place[node] = node
    for node in place:
        turned = transpose(node)
        if turned is not node and turned in place and type(turned) is not Transpose:
            place[node] = turned if type(node) is Transpose else min(node, turned)
    order: list[Expr] = []
    done: set[Expr] = set()
    stack = [(place[f], False)] if f in place else []
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node not in done:
            done.add(node)
            stack.append((node, True))
            if node not in wrt:
                stack += [(place[c], False) for c in node.children if c in place and place[c] not in done]
    return [(node, place) for node in reversed(order)]


def adjoints(node: Expr, G: Expr, wanted: Callable[[Expr], bool]) -> Push:
    """What G : dn becomes: pairs (child, its part of the adjoint) for the children that are wanted."""
    match node:
        case Symbol() | Constant():
            return
        case Named(_, body):
            yield body, G
        case Transpose(base):
            yield base, transpose(G)
        case Add(items):
            for term in items:
                if wanted(term):
                    yield term, G
        case Scaled():
            yield from _of_scaled(node, G, wanted)
        case Hadamard():
            yield from _of_hadamard(node, G, wanted)
        case Word(factors):
            for k, factor in enumerate(factors):
                if wanted(factor):  # G : L dF R = L' G R' : dF
                    left = [transpose(f) for f in reversed(factors[:k])]
                    right = [transpose(f) for f in reversed(factors[k + 1 :])]
                    yield factor, product(*left, G, *right)
        case Call("kron", (a, b)):
            yield from _of_kron(a, b, G, wanted)
        case Call():
            yield from functions.adjoints(node, G, wanted)
        case Total():
            yield from _of_total(node, G, wanted)


def _of_total(node: Total, G: Expr, wanted: Callable[[Expr], bool]) -> Push:
    """G : Σ db is Σ (G : db): the parts of the body that depend on no index inside get the sum of their adjoints."""
    closed = [n for n in _closed(node.body, indices.indices(node)) if wanted(n)]
    leaves = list(dict.fromkeys(n.base if type(n) is Transpose else n for n in closed))  # conj(Z) for Z^H, beside Z
    outer = indices.fresh()  # for an index in G that has the same name
    for leaf, part in gradients(node.body, leaves, indices.at(G, node.index, outer)).items():
        yield leaf, indices.at(total(node.index, node.count, part), outer, node.index)


def _closed(body: Expr, free: frozenset[str]) -> list[Expr]:
    """The largest parts of the body of a sum that depend on none but these indices."""
    out: dict[Expr, None] = {}
    seen: set[Expr] = set()
    stack = [body]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if indices.indices(node) <= free:
                out[node] = None
            else:
                stack += node.children
    return list(out)


def _of_kron(a: Expr, b: Expr, G: Expr, wanted: Callable[[Expr], bool]) -> Push:
    """G : (A ⊗ B) where one of the two is a column or a row; of two matrices the tables have the adjoint."""
    if a.shape[1] == 1 and b.shape[1] == 1:  # x ⊗ y = vec(y x')
        M = call("unvec", (G,), (b.shape[0], a.shape[0]), (b.shape[0], a.shape[0]))
        yield from ((n, g) for n, g in ((a, product(transpose(M), b)), (b, product(M, a))) if wanted(n))
    elif a.shape[0] == 1 and b.shape[0] == 1:
        for turned, part in _of_kron(transpose(a), transpose(b), transpose(G), lambda n: wanted(transpose(n))):
            yield transpose(turned), transpose(part)
    else:
        yield from _of_kron_with_vector(a, b, G, wanted)


def _of_kron_with_vector(a: Expr, b: Expr, G: Expr, wanted: Callable[[Expr], bool]) -> Push:
    """Where one of the two is a column or a row, the other is a factor of a product; else the tables say how."""
    left = _beside_left(a, b, G) if wanted(a) else None
    right = _beside_right(a, b, G) if wanted(b) else None
    yield from ((node, part) for node, part in ((a, left), (b, right)) if part is not None)
    rest = {node for node, part in ((a, left), (b, right)) if part is None and wanted(node)}
    if rest:
        yield from functions.adjoints(Call("kron", (a, b), G.shape), G, rest.__contains__)


def _beside_left(a: Expr, b: Expr, G: Expr) -> Expr | None:
    if b.shape[1] == 1:  # A ⊗ y = (I ⊗ y) A
        return product(kron(eye(a.shape[0]), transpose(b)), G)
    if b.shape[0] == 1:  # A ⊗ y' = A (I ⊗ y')
        return product(G, kron(eye(a.shape[1]), transpose(b)))
    return None


def _beside_right(a: Expr, b: Expr, G: Expr) -> Expr | None:
    if a.shape[1] == 1:  # x ⊗ B = (x ⊗ I) B
        return product(kron(transpose(a), eye(b.shape[0])), G)
    if a.shape[0] == 1:  # x' ⊗ B = B (x' ⊗ I)
        return product(G, kron(transpose(a), eye(b.shape[1])))
    return None


def _of_scaled(node: Scaled, G: Expr, wanted: Callable[[Expr], bool]) -> Push:
    body = node.body
    if body is not None and wanted(body):
        yield body, product_of_scalars([Scaled(node.number, node.scalars, None), G])
    inner = G if body is None else None
    for base, exponent in node.scalars:
        both = wanted(base) or (isinstance(exponent, Expr) and wanted(exponent))
        if both and inner is None:
            assert body is not None
            inner = frobenius(G, body)
        if wanted(base):
            assert inner is not None
            rest = [scalar_power(b, e) for b, e in node.scalars if b is not base]
            power = _times(exponent, scalar_power(base, add_exponents(exponent, -1)))
            yield base, scale_by(node.number, product_of_scalars([inner, power, *rest]))
        if isinstance(exponent, Expr) and wanted(exponent):
            assert inner is not None
            factor = product_of_scalars([Scaled(node.number, node.scalars, None), call("log", (base,), (1, 1))])
            yield exponent, scale(inner, factor)


def _of_hadamard(node: Hadamard, G: Expr, wanted: Callable[[Expr], bool]) -> Push:
    for base, exponent in node.factors:
        if wanted(base):  # G : (R ⊙ B.^p) has the adjoint G ⊙ R ⊙ p B.^(p-1)
            rest = [entry_power(b, e) for b, e in node.factors if b is not base]
            yield base, hadamard(G, *rest, _times(exponent, entry_power(base, add_exponents(exponent, -1))))
        if isinstance(exponent, Expr) and wanted(exponent):
            yield exponent, frobenius(G, hadamard(node, call("log", (base,), base.shape)))


def _times(exponent: Exponent, node: Expr) -> Expr:
    return scale(exponent, node) if isinstance(exponent, Expr) else scale_by(exponent, node)


# --- forward --------------------------------------------------------------------------------------------------------


def differential_symbol(x: Symbol | Named) -> Symbol:
    """dX of a variable or a name: it lies in the same linear space."""
    linear = ("symmetric", "skew", "diagonal", "lower", "upper", "complex", "hermitian")
    words = set(x.properties) if type(x) is Symbol else set()
    if conjugates.is_complex(x):
        words.add("complex")
    if words & {"spd", "psd", "projection"} or (type(x) is Named and transpose(x) is x and x.shape != (1, 1)):
        words.add("symmetric")
    member = x.member if type(x) is Symbol else None
    return Symbol("d" + x.name, x.shape, tuple(sorted(words.intersection(linear))), x, member)


def differential(F: Expr, values: Mapping[Expr, Expr]) -> Expr:
    """dF, where ``values`` gives the differential of each symbol (or name) that is not constant."""
    d: dict[Expr, Expr] = dict(values)
    for x, dx in values.items():
        if type(x) is Symbol and x.member is not None:
            d = members.moved(F, x, dx) | d
    for node in postorder(F, apart=d):
        if node in d:
            continue
        if any(c in d for c in node.children):
            parts = list(_forward(node, d))
            d[node] = add(parts) if parts else zeros(*node.shape)
    return d.get(F) or zeros(*F.shape)


def _forward(node: Expr, d: Mapping[Expr, Expr]) -> Iterator[Expr]:
    match node:
        case Named(_, body):
            yield d[body]
        case Transpose(base):
            yield transpose(d[base])
        case Add(items):
            yield from (d[t] for t in items if t in d)
        case Scaled():
            yield from _forward_scaled(node, d)
        case Hadamard(factors):
            for base, exponent in factors:
                if base in d:
                    rest = [entry_power(b, e) for b, e in factors if b is not base]
                    yield hadamard(d[base], *rest, _times(exponent, entry_power(base, add_exponents(exponent, -1))))
                if isinstance(exponent, Expr) and exponent in d:
                    yield scale(d[exponent], hadamard(node, call("log", (base,), base.shape)))
        case Word(factors):
            for k, factor in enumerate(factors):
                if factor in d:
                    yield product(*factors[:k], d[factor], *factors[k + 1 :])
        case Call():
            yield functions.forward(node, d)
        case Total(index, count, body):
            if body in d:
                yield total(index, count, d[body])


def _forward_scaled(node: Scaled, d: Mapping[Expr, Expr]) -> Iterator[Expr]:
    body = node.body
    if body is not None and body in d:
        yield product_of_scalars([Scaled(node.number, node.scalars, None), d[body]])
    for base, exponent in node.scalars:
        rest = [scalar_power(b, e) for b, e in node.scalars if b is not base]
        if body is not None:
            rest.append(body)
        if base in d:
            power = _times(exponent, scalar_power(base, add_exponents(exponent, -1)))
            yield scale_by(node.number, product_of_scalars([d[base], power, *rest]))
        if isinstance(exponent, Expr) and exponent in d:
            yield product_of_scalars([node, d[exponent], call("log", (base,), (1, 1))])
