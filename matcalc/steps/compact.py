"""Compaction: from the normal form to what a person would print. Normal form in, normal form out, never longer.

    common factors   A B + A C = A (B + C), on the left, on the right, entrywise, among scalars, and in denominators
    distribution     where that lets terms cancel or share (then it is factored again)
    det(Y) inv(Y)    adj(Y), where that is shorter

Greedy, guided by ``forms.cost``; every move keeps the value, so a poor choice is only long, never wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from matcalc.algebra import add, call, entry_power, eye, hadamard, inverse, ones, product, scale_by, transpose
from matcalc.algebra.hadamards import entrywise
from matcalc.algebra.rebuild import rebuild
from matcalc.algebra.sums import inner_sum, terms_of
from matcalc.algebra.terms import Bases, is_constant, monomial, multiply, multiply_exponents, parts, product_of_scalars, scalar_power
from matcalc.expr import Add, Call, Expr, Hadamard, Named, Scaled, Word, postorder
from matcalc.shape import SCALAR
from matcalc.steps.forms import cost

ROUNDS = 2  # of moves
WIDTH = 6  # moves kept a round
MOST = 8  # terms that a distribution may make
LARGE = 40  # terms beyond which sums are left alone
_KEY = "compact"
_FACTORED = "factor"


def compact(node: Expr) -> Expr:
    """The shortest form found."""
    for inner in postorder(node):
        if _KEY not in inner.memo:
            if type(inner) is Named or not inner.children:
                inner.memo[_KEY] = inner
                continue
            fresh = rebuild(inner, _compacted)
            if fresh is not inner and _KEY in fresh.memo:
                inner.memo[_KEY] = fresh.memo[_KEY]
            else:
                inner.memo[_KEY] = _best(fresh)
    return node.memo[_KEY]  # type: ignore[return-value]


def _compacted(node: Expr) -> Expr:
    return node.memo.get(_KEY, node)  # type: ignore[return-value]


def _best(node: Expr) -> Expr:
    best = factor(node)
    front = [node] if best is node else [node, best]
    seen = set(front)
    for _ in range(ROUNDS):
        fresh: list[Expr] = []
        for start in front:
            for moved in _moves(start):
                if moved not in seen:
                    seen.add(moved)
                    factored = factor(moved)
                    if cost(factored) < cost(best):
                        best = factored
                    fresh.append(moved)
        front = fresh[:WIDTH]
        if not front:
            break
    best = _adjugates(best)
    best.memo[_KEY] = best
    return best


# --- moves -----------------------------------------------------------------------------------------------------------------


def _moves(node: Expr) -> Iterator[Expr]:
    """Ways to write a node with a product distributed over a sum, or a denominator cleared."""
    value, scalars, body = parts(node)
    if type(node) is Add:
        yield from _moves_of_sum(node)
        return
    if type(body) is Word or type(body) is Hadamard:
        for spread in _distributed(body):
            yield product_of_scalars([Scaled(value, scalars, None), spread])
    for base, exponent in scalars:
        if type(base) is Add and exponent == 1 and len(base.terms) <= MOST and (len(scalars) > 1 or body is not None):
            rest = monomial(value, {b: e for b, e in scalars if b is not base}, body)
            yield add([product_of_scalars((t, rest)) for t in base.terms])
        if type(base) is Add and not isinstance(exponent, Expr) and exponent < 0:
            cleared = _cleared(base)
            if cleared is not None:
                inner, denominator = cleared  # (1 + u/v)^-1 = v (v + u)^-1
                rest = monomial(value, {b: e for b, e in scalars if b is not base}, body)
                yield product_of_scalars([rest, scalar_power(inner, exponent), scalar_power(denominator, multiply_exponents(exponent, -1))])
        if type(base) is Word and exponent == 1:
            for spread in _distributed(base):
                yield product_of_scalars([monomial(value, {b: e for b, e in scalars if b is not base}, body), spread])
    if type(body) is Hadamard:
        yield from _cleared_entrywise(node, body)
    if body is not None and type(body) is Add and scalars:
        yield add([product_of_scalars([Scaled(value, scalars, None), t]) for t in body.terms])


def _moves_of_sum(node: Add) -> Iterator[Expr]:
    if len(node.terms) > LARGE:
        return
    changed = []
    for k, term in enumerate(node.terms):
        for moved in _moves(term):
            rest = (*node.terms[:k], *node.terms[k + 1 :])
            yield add([*rest, moved])
            changed.append((k, moved))
            break
    if len(changed) > 1:
        replaced = dict(changed)
        yield add([replaced.get(k, t) for k, t in enumerate(node.terms)])


def _distributed(body: Expr) -> Iterator[Expr]:
    """The product with one sum multiplied out, and with all."""
    match body:
        case Word(factors):
            sums = [k for k, f in enumerate(factors) if type(f) is Add and len(f.terms) <= MOST]
            for k in sums:
                yield add([product(*factors[:k], t, *factors[k + 1 :]) for t in factors[k].terms])  # type: ignore[attr-defined]
        case Hadamard(powers):
            for base, exponent in powers:
                if type(base) is Add and exponent == 1 and len(base.terms) <= MOST and len(powers) > 1:
                    rest = entrywise({b: e for b, e in powers if b is not base}, body.shape)
                    yield add([hadamard(t, rest) for t in base.terms])


def _cleared(total: Expr) -> tuple[Expr, Expr] | None:
    """(v + u, v) of the sum 1 + u/v."""
    assert type(total) is Add
    for term in total.terms:
        for base, exponent in parts(term)[1]:
            if not isinstance(exponent, Expr) and exponent < 0:
                denominator = scalar_power(base, multiply_exponents(exponent, -1))
                return add([product_of_scalars((t, denominator)) for t in total.terms]), denominator
    return None


def _cleared_entrywise(node: Expr, body: Hadamard) -> Iterator[Expr]:
    """… ./ (1 + U/v) = v … ./ (v + U), for a scalar denominator inside."""
    for base, exponent in body.factors:
        if type(base) is Add and exponent == -1:
            cleared = _cleared(base)
            if cleared is not None:
                inner, denominator = cleared
                rest = entrywise({b: e for b, e in body.factors if b is not base}, body.shape) if len(body.factors) > 1 else ones(*body.shape)
                value, scalars, _ = parts(node)
                yield product_of_scalars([Scaled(value, scalars, None), denominator, hadamard(rest, entry_power(inner, -1))])


# --- factors -----------------------------------------------------------------------------------------------------------------


def factor(node: Expr) -> Expr:
    """Common factors taken out of a sum, the best first, as long as that shortens; remembered on the node."""
    found = node.memo.get(_FACTORED)
    if found is None:
        node.memo[_FACTORED] = node  # for a candidate that leads back to it
        found = node.memo[_FACTORED] = _factor(node)
    return found  # type: ignore[return-value]


def _factor(node: Expr) -> Expr:
    total = inner_sum(node)
    if total is None:
        return _factor_inside(node)
    if len(total.terms) > LARGE:
        return node
    found = min(_candidates(total), key=cost, default=None)
    if found is None or cost(found) >= cost(total):
        return node
    return factor(scale_by(parts(node)[0], found))


def _factor_inside(node: Expr) -> Expr:
    """Sums that are factors of a product (or terms of a sum that has just been factored)."""
    value, scalars, body = parts(node)
    if body is None:
        fresh = [scalar_power(factor(b), e) if type(b) is Add else scalar_power(b, e) for b, e in scalars]
        if any(type(b) is Add for b, _ in scalars) and (len(scalars) > 1 or scalars[0][1] != 1):
            return product_of_scalars([Scaled(value, (), None), *fresh])
        return node
    if type(body) is Word and any(type(f) is Add for f in body.factors):
        inner = product(*[factor(f) if type(f) is Add else f for f in body.factors])
        return product_of_scalars([Scaled(value, scalars, None), inner])
    if type(body) is Hadamard and any(type(b) is Add for b, _ in body.factors):
        made = [entry_power(factor(b), e) if type(b) is Add else entry_power(b, e) for b, e in body.factors]
        return product_of_scalars([Scaled(value, scalars, None), hadamard(*made)])
    return node


def _candidates(total: Add) -> Iterator[Expr]:
    """The sum with one factor taken out of every term that has it."""
    terms = terms_of(total)
    yield from _word_candidates(terms, total)
    yield from _power_candidates(terms, total)
    yield from _diagonal_candidates(terms)


def _readings(term: Expr) -> list[tuple[Expr, tuple[Expr, ...]]]:
    """(scalar, factors) of a term as a word: also with one 1×1 word of the scalar put back: (b'x) a = a b' x."""
    value, scalars, body = parts(term)
    if body is None:
        return []
    word = body.factors if type(body) is Word else (body,)
    out = [(Scaled(value, scalars, None), word)]
    cut = _cut(word)
    if cut is None:
        return out
    for base, exponent in scalars:
        if exponent == 1 and type(base) is Word:
            rest = monomial(value, {b: e for b, e in scalars if b is not base}, None)
            for inner in (base.factors, tuple(transpose(f) for f in reversed(base.factors))):
                out.append((rest, (*word[:cut], *inner, *word[cut:])))
    return out


def _cut(word: tuple[Expr, ...]) -> int | None:
    """Where an inner (or the last, the first) size of a word is 1."""
    for k, f in enumerate(word):
        if f.shape[0] == 1:
            return k
    return len(word) if word[-1].shape[1] == 1 else None


def _word_candidates(terms: tuple[Expr, ...], total: Add) -> Iterator[Expr]:
    """A common first or last factor."""
    if total.shape == SCALAR:
        yield from _scalar_word_candidates(terms)
        return
    readings = [_readings(t) for t in terms]
    for last in (False, True):
        holders: dict[Expr, dict[int, tuple[Expr, tuple[Expr, ...]]]] = {}
        for k, ways in enumerate(readings):
            for scalar, word in ways:
                holders.setdefault(word[-1 if last else 0], {}).setdefault(k, (scalar, word))
        for shared, where in holders.items():
            if len(where) < 2 or is_constant(shared, "eye"):
                continue
            yield add([_pulled(shared, where.values(), last), *[t for k, t in enumerate(terms) if k not in where]])


def _pulled(shared: Expr, words: Iterable[tuple[Expr, tuple[Expr, ...]]], last: bool) -> Expr:
    """f · (sum of the rests), or (sum of the rests) · f."""
    words = list(words)
    if all(len(word) == 1 for _, word in words):
        return product_of_scalars((factor(add([scalar for scalar, _ in words])), shared))
    rests = []
    for scalar, word in words:
        rest = word[:-1] if last else word[1:]
        inner = product(*rest) if rest else eye(shared.shape[0 if last else 1])
        rests.append(product_of_scalars((scalar, inner)))
    total = factor(add(rests))
    return product(total, shared) if last else product(shared, total)


def _scalar_word_candidates(terms: tuple[Expr, ...]) -> Iterator[Expr]:
    """x' A y + x' B y = x' (A + B) y: 1×1 words that begin or end alike."""
    holders: dict[tuple[Expr, bool], dict[int, tuple[Expr, tuple[Expr, ...]]]] = {}
    for k, term in enumerate(terms):
        value, scalars, _ = parts(term)
        for base, exponent in scalars:
            if type(base) is Word and exponent == 1:
                rest = monomial(value, {b: e for b, e in scalars if b is not base}, None)
                for word in (base.factors, tuple(transpose(f) for f in reversed(base.factors))):
                    holders.setdefault((word[0], False), {}).setdefault(k, (rest, word))
    for (shared, _), where in holders.items():
        if len(where) > 1:
            rests = [product_of_scalars((scalar, product(*word[1:]))) for scalar, word in where.values()]
            yield add([product(shared, factor(add(rests))), *[t for k, t in enumerate(terms) if k not in where]])


def _power_candidates(terms: tuple[Expr, ...], total: Add) -> Iterator[Expr]:
    """A common entrywise factor, a common scalar, a scalar of a denominator over the whole sum."""
    table = [_bases(t) for t in terms]
    for place in (0, 1):
        counts: dict[Expr, int] = {}
        for row in table:
            for base in row[place]:
                counts[base] = counts.get(base, 0) + 1
        for base, count in counts.items():
            lowest = [row[place][base] for row in table if base in row[place]]
            if count >= 2 and not any(isinstance(e, Expr) for e in lowest):
                yield _shared(terms, table, base, min(lowest), place)  # type: ignore[type-var]
            elif place == 0 and len(terms) > 1 and any(not isinstance(e, Expr) and e < 0 for e in lowest):
                power = scalar_power(base, min(lowest))  # type: ignore[type-var]
                back = scalar_power(power, -1)
                yield product_of_scalars((power, factor(add([product_of_scalars((t, back)) for t in terms]))))


def _bases(term: Expr) -> tuple[Bases, Bases]:
    """The scalar bases and the entrywise bases of a term."""
    _, scalars, body = parts(term)
    if body is None or type(body) is Word:
        return dict(scalars), {}
    return dict(scalars), dict(body.factors) if type(body) is Hadamard else {body: 1}


def _shared(terms: tuple[Expr, ...], table: list[tuple[Bases, Bases]], base: Expr, exponent: object, place: int) -> Expr:
    inside, outside = [], []
    for term, row in zip(terms, table, strict=True):
        own = row[place].get(base)
        if own is None or isinstance(own, Expr):
            outside.append(term)
            continue
        value, scalars, body = parts(term)
        rest = dict(row[place])
        multiply(rest, base, multiply_exponents(exponent, -1))  # type: ignore[arg-type]
        if place == 0:
            inside.append(monomial(value, rest, body))
        else:
            assert body is not None
            inside.append(product_of_scalars([Scaled(value, scalars, None), entrywise(rest, body.shape)]))
    total = factor(add(inside))
    if place == 0:
        return add([product_of_scalars((scalar_power(base, exponent), total)), *outside])  # type: ignore[arg-type]
    return add([hadamard(entry_power(base, exponent), total), *outside])  # type: ignore[arg-type]


def _diagonal_candidates(terms: tuple[Expr, ...]) -> Iterator[Expr]:
    """diag(A) + diag(B) = diag(A + B), and the same for Diag, vec and the like: one linear function of each term."""
    where: dict[str, list[int]] = {}
    for k, term in enumerate(terms):
        body = parts(term)[2]
        if type(body) is Call and body.function in LINEAR:
            where.setdefault(body.function, []).append(k)
    for name, places in where.items():
        if len(places) > 1:
            inner = []
            for k in places:
                value, scalars, body = parts(terms[k])
                assert type(body) is Call
                inner.append(product_of_scalars([Scaled(value, scalars, None), body.args[0]]))
            if len({node.shape for node in inner}) == 1:
                body = parts(terms[places[0]])[2]
                assert type(body) is Call
                made = call(name, (factor(add(inner)),), body.shape, body.parameters)
                yield add([made, *[t for k, t in enumerate(terms) if k not in places]])


LINEAR = frozenset({"diag", "Diag", "vec", "unvec", "tril", "triu"})


# --- adjugates -----------------------------------------------------------------------------------------------------------------


def _adjugates(node: Expr) -> Expr:
    """det(Y) inv(Y) = adj(Y), in a body or in a trace."""
    value, scalars, body = parts(node)
    for base, exponent in scalars:
        if exponent == 1 and type(base) is Call and base.function == "det":
            rest = {b: e for b, e in scalars if b is not base}
            Y = base.args[0]
            for inner, adjugate in ((inverse(Y), Y), (inverse(transpose(Y)), transpose(Y))):
                made = _replaced(value, rest, body, inner, call("adj", (adjugate,), adjugate.shape))
                if made is not None and cost(made) < cost(node):
                    return made
    return node


def _replaced(value: object, scalars: Bases, body: Expr | None, inner: Expr, adjugate: Expr) -> Expr | None:
    """The term with the inverse (with its number, as in inv(-Y)) replaced once."""
    own, _, wanted = parts(inner)
    if body is not None:
        word = body.factors if type(body) is Word else (body,)
        if word.count(wanted) == 1 and wanted is not None:
            made = product(*[scale_by(1, adjugate) if f is wanted else f for f in word])
            return product_of_scalars([monomial(value, scalars, None), scalar_over(made, own)])  # type: ignore[arg-type]
        return None
    for base, exponent in scalars.items():
        if exponent == 1 and type(base) is Call and base.function == "tr" and type(base.args[0]) is Word:
            word = base.args[0].factors
            if word.count(wanted) == 1:
                made = call("tr", (product(*[adjugate if f is wanted else f for f in word]),), SCALAR)
                rest = {b: e for b, e in scalars.items() if b is not base}
                return product_of_scalars([monomial(value, rest, None), scalar_over(made, own)])  # type: ignore[arg-type]
        if exponent == 1 and type(base) is Call and base.function == "tr" and base.args[0] is wanted:
            rest = {b: e for b, e in scalars.items() if b is not base}
            return product_of_scalars([monomial(value, rest, None), scalar_over(call("tr", (adjugate,), SCALAR), own)])  # type: ignore[arg-type]
    return None


def scalar_over(node: Expr, number: object) -> Expr:
    """node / number."""
    from fractions import Fraction

    return scale_by(1 / Fraction(number), node)  # type: ignore[arg-type, call-overload, no-any-return]
