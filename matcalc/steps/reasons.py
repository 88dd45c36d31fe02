"""Which identities a step cites: read off the nodes that a differential passes, and off what the verbs noted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from matcalc.expr import Add, Call, Expr, Hadamard, Scaled, Transpose, Word, postorder
from matcalc.rules import identities
from matcalc.rules.record import Function, Identity
from matcalc.steps import functions
from matcalc.steps.forms import norm_of

MOST = 3  # identities that a line names
GENERAL = frozenset({"scaling-rule", "transpose-rule", "trace-rule"})  # they are named after those that say more


def cite(name: str) -> Identity:
    """An identity of the tables; a name that is not there is a mistake of ours."""
    found = identities.lookup(name)
    assert found is not None, name
    return found


def named(names: Collection[str]) -> tuple[Identity, ...]:
    return tuple(cite(name) for name in names)[:MOST]


def of_differential(body: Expr, stops: Collection[Expr]) -> tuple[Identity, ...]:
    """The rules that form d(body), the outermost first."""
    found = [identity for node in _passed(body, stops) for identity in _rules(node, stops)]
    found.sort(key=lambda identity: identity.name in GENERAL)
    return _first([iter(found)]) or (cite("sum-rule"),)


def of_moves(body: Expr, stops: Collection[Expr]) -> tuple[Identity, ...]:
    """The identities that move the factors of d(body) across the colon."""
    return _first(_moves(node, stops) for node in _passed(body, stops)) or (cite("frobenius-distribute"),)


def of_vectorizing(dF: Expr, F: Expr, x: Expr) -> tuple[Identity, ...]:
    """The identities that take vec(dF) to J vec(dX)."""
    if F.shape[1] == 1 and x.shape[1] == 1:
        return (cite("diagonal-vector"),)
    found = []
    for node in postorder(dF):
        match node:
            case Word() if node.shape[1] != 1 or x.shape[1] != 1:
                found.append(cite("vec-product"))
            case Hadamard():
                found.append(cite("vec-hadamard"))
            case Transpose():
                found.append(cite("vec-transpose"))
    return _first([iter(found)]) or (cite("vec-sum"),)


def is_moved(body: Expr, stops: Collection[Expr]) -> bool:
    """Whether the differential of a sum of squares and Frobenius products of names is G : dN at once."""
    for node in _passed(body, stops):
        factors = node.factors if type(node) is Word else ()
        parts = factors if len(factors) == 2 else node.children if type(node) is Call and node.is_scalar else ()
        direct = bool(parts) and all(
            f in stops or (type(f) is Transpose and f.base in stops) or not _reaches(f, stops) for f in parts
        )
        if not (direct or type(node) in (Add, Scaled, Transpose) or (type(node) is Call and node.function == "tr")):
            return False
    return True


def of_collecting(count: int, used: Collection[str]) -> tuple[Identity, ...]:
    if count > 1:
        return (cite("frobenius-collect"), *named(used))[:MOST]
    return named(used) or (cite("factor-left"), cite("factor-right"))


def _first(found: Iterable[Iterable[Identity]]) -> tuple[Identity, ...]:
    out: dict[str, Identity] = {}
    for several in found:
        for identity in several:
            out.setdefault(identity.name, identity)
    return tuple(out.values())[:MOST]


def _passed(body: Expr, stops: Collection[Expr]) -> list[Expr]:
    """The nodes that depend on the stops, outermost first, down to the stops."""
    order: list[Expr] = []
    depends: dict[Expr, bool] = {}
    stack = [(body, False)]
    while stack:
        node, done = stack.pop()
        if done:
            depends[node] = any(depends.get(c, False) for c in node.children)
            if depends[node]:
                order.append(node)
        elif node not in depends:
            depends[node] = node in stops
            if node not in stops:
                stack.append((node, True))
                stack += [(c, False) for c in node.children]
    return order[::-1]


def _inside(node: Expr, stops: Collection[Expr]) -> bool:
    return node in stops or any(_inside(c, stops) for c in node.children if c.weight < 200)


def _rules(node: Expr, stops: Collection[Expr]) -> Iterator[Identity]:
    lookup = cite
    match node:
        case Word() | Call("tr"):
            if node.is_scalar and norm_of(node) is not None:
                yield lookup("square-rule")
            elif type(node) is Word:
                yield lookup("product-rule")
            else:
                yield lookup("trace-rule")
        case Hadamard(factors):
            if any(e != 1 for _, e in factors):
                yield lookup("hadamard-power-rule")
            if len(factors) > 1:
                yield lookup("hadamard-rule")
        case Scaled(_, scalars, body):
            if any(not isinstance(e, Expr) and e <= -1 and _reaches(b, stops) for b, e in scalars):
                yield lookup("quotient-rule")
            powers = [b for b, e in scalars if e != 1 and b.weight < 10**6 and not isinstance(e, Expr)]
            if any(norm_of(b) is not None for b in powers):
                yield lookup("norm-rule")
            elif powers:
                yield lookup("power-rule")
            if len(scalars) + (body is not None) > 1:
                yield lookup("scaling-rule")
        case Transpose():
            yield lookup("transpose-rule")
        case Call():
            record = functions.record_of(node)
            if functions.is_declared(node):
                yield lookup("chain-rule")
            elif not record.constant:
                yield from _of(record)


def _of(record: Function) -> Iterator[Identity]:
    found = identities.of_function(record)
    if found is not None:
        yield found


def _moves(node: Expr, stops: Collection[Expr]) -> Iterator[Identity]:
    lookup = cite
    match node:
        case Call("tr"):
            yield lookup("frobenius-trace")
        case Word(factors) if node.shape != (1, 1):
            places = [k for k, f in enumerate(factors) if f in stops or _reaches(f, stops)]
            if any(k < len(factors) - 1 for k in places):
                yield lookup("frobenius-right")
            if any(k > 0 for k in places):
                yield lookup("frobenius-left")
        case Word():
            yield lookup("frobenius-vector")
        case Hadamard():
            yield lookup("hadamard-frobenius")
        case Transpose():
            yield lookup("frobenius-transpose")
        case Call():
            record = functions.record_of(node)
            if record.adjoint:
                yield from _of(record)
            elif record.kind == "entrywise":
                yield lookup("hadamard-frobenius")
        case Add():
            return


def _reaches(node: Expr, stops: Collection[Expr]) -> bool:
    return bool(_passed(node, stops))
