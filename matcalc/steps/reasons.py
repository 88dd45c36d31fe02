"""Which identities a step cites: read off the nodes that a differential passes, and off what the verbs noted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from matcalc.algebra.calls import is_call
from matcalc.algebra.terms import is_constant
from matcalc.expr import Add, Call, Expr, Hadamard, Scaled, Transpose, Word, postorder
from matcalc.rules import identities
from matcalc.rules.record import Function, Identity
from matcalc.steps import functions
from matcalc.steps.forms import norm_of

MOST = 3  # identities that a line names
GENERAL = frozenset({"scaling-rule", "transpose-rule", "trace-rule"})  # they are named after those that say more
PRODUCTS = frozenset({"product-rule", "hadamard-rule", "entry-sum-rule"})  # these, too, where one factor alone moves


def cite(name: str) -> Identity:
    """An identity of the tables; a name that is not there is a mistake of ours."""
    found = identities.lookup(name)
    assert found is not None, name
    return found


def named(names: Collection[str]) -> tuple[Identity, ...]:
    return tuple(cite(name) for name in names)[:MOST]


def of_differential(body: Expr, stops: Collection[Expr]) -> tuple[Identity, ...]:
    """The rules that form d(body), the outermost first."""
    found = [(_rank(rule, node, stops), rule) for node in _passed(body, stops) for rule in _rules(node, stops)]
    found.sort(key=lambda pair: pair[0])
    return _first([[rule for _, rule in found]]) or (cite("sum-rule" if _reaches(body, stops) else "constant-rule"),)


def of_moves(body: Expr, stops: Collection[Expr]) -> tuple[Identity, ...]:
    """The identities that move the factors of d(body) across the colon."""
    passed = _passed(body, stops)
    return _first(_moves(node, stops) for node in passed) or (cite(_least(passed, stops)),)


def _least(passed: Sequence[Expr], stops: Collection[Expr]) -> str:
    """What moves nothing across the colon: sums, scalars, and functions whose rule is G : dX already."""
    if any(type(node) is Add and sum(_reaches(c, stops) for c in node.children) > 1 for node in passed):
        return "frobenius-distribute"
    if (function := next((node for node in passed if type(node) is Call), None)) is not None:
        return "frobenius-vector" if function.args[0].shape[1] == 1 else "frobenius-trace"
    return "frobenius-scaling"


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


def _rank(rule: Identity, node: Expr, stops: Collection[Expr]) -> int:
    """How little a rule says beside those of the functions inside: a product of which one factor moves says little."""
    if rule.name in PRODUCTS:
        return int(sum(_reaches(child, stops) for child in _counted(node)) == 1)
    return 2 * (rule.name in GENERAL)


def _counted(node: Expr) -> tuple[Expr, ...]:
    """The factors of a product, each as often as it stands there."""
    return node.factors if type(node) is Word else node.children


def _rules(node: Expr, stops: Collection[Expr]) -> Iterator[Identity]:
    lookup = cite
    match node:
        case Word() | Call("tr"):
            if node.is_scalar and norm_of(node) is not None:
                yield lookup("square-rule")
            elif type(node) is Word:
                yield lookup("entry-sum-rule" if _is_sum_of_entries(node) else "product-rule")
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
            powers = [b for b, e in scalars if e != 1 and not isinstance(e, Expr) and _reaches(b, stops)]
            powers = [b for b in powers if not is_call(b, "exp")]  # exp(X)^p is printed as exp(p X)
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
            places = [k for k, f in enumerate(factors) if _reaches(f, stops)]
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
            elif record.kind == "entrywise" and not node.is_scalar:
                yield lookup("hadamard-frobenius")
        case Add():
            return


def _is_sum_of_entries(word: Word) -> bool:
    """Whether a word is 1' x, x' 1 or 1' A 1."""
    return word.is_scalar and sum(not is_constant(factor, "ones") for factor in word.factors) == 1


def _reaches(node: Expr, stops: Collection[Expr]) -> bool:
    return node in stops or bool(_passed(node, stops))
