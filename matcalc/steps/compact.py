"""Compaction: from the normal form to what a person would print. Normal form in, normal form out, never longer.

    common factors   A B + A C = A (B + C), on the left, on the right, entrywise, among scalars, and in denominators
    distribution     where that lets terms cancel or share (then it is factored again)
    det(Y) inv(Y)    adj(Y), where that is shorter

Greedy, guided by ``forms.cost``; every move keeps the value, so a poor choice is only long, never wrong. What is found depends
on the expression alone: a run has its own memory and its own budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from matcalc.algebra import add, call, commutation, entry_power, eye, hadamard, kron, product, scale_by, transpose
from matcalc.algebra.hadamards import entrywise
from matcalc.algebra.rebuild import rebuild
from matcalc.algebra.sums import inner_sum, terms_of
from matcalc.algebra.terms import (
    Bases,
    is_constant,
    monomial,
    multiply,
    multiply_exponents,
    parts,
    product_of_scalars,
    scalar_power,
)  # fmt: skip
from matcalc.algebra.trace import identities_used, note
from matcalc.expr import Add, Call, Expr, Hadamard, Named, Scaled, Symbol, Transpose, Word, postorder
from matcalc.rules.functions import is_linear
from matcalc.shape import SCALAR, mul
from matcalc.steps.forms import cost
from matcalc.steps.limits import WRITTEN
from matcalc.steps.moves import LARGE, adjugates, moves
from matcalc.steps.readings import common, readings

ROUNDS = 2  # of moves
WIDTH = 6  # moves kept a round
BUDGET, SHARE = 150, 24  # sums factored in a run, or so many for each sum in it; beyond it they stay as they are
WORK = 40_000  # factors of the terms that are looked at in a run; the Hessian of a network of 40 layers takes 15,000
NESTED = 60  # sums factored inside one another; those within stay as they are


def compact(node: Expr) -> Expr:
    """The shortest form found; what is never printed stays as it is. The identities used are noted each time."""
    if node.weight > WRITTEN:
        return node
    found = cast("tuple[Expr, list[str]] | None", node.memo.get(_KEY))
    if found is None:
        with identities_used() as names:
            made = _Run(node).compact(node)
        found = node.memo[_KEY] = made, names
    for name in found[1]:
        note(name)
    return found[0]


_KEY = "compact"


class _Run:
    """One compaction, with what it has factored so far."""

    def __init__(self, root: Expr) -> None:
        self.compacted: dict[Expr, Expr] = {}
        self.factored: dict[Expr, Expr] = {}
        self.depth = 0
        self.work = WORK
        self.left = max(BUDGET, SHARE * sum(type(node) is Add for node in postorder(root)))

    def compact(self, root: Expr) -> Expr:
        done = self.compacted
        for node in postorder(root):
            if node in done:
                continue
            if type(node) is Named or not node.children:
                done[node] = node
                continue
            fresh = rebuild(node, lambda child: done.get(child, child))
            short = done[fresh] if fresh in done else self.best(fresh)
            if fresh is not node and cost(short) > cost(node):
                short = node  # the whole may be shorter of longer parts: norm([x; y]) of x' x + y' y
            done[node] = short
            done.setdefault(short, short)
        return done[root]

    def best(self, node: Expr) -> Expr:
        """The shortest of the node, of what its moves lead to, and of what comes out when those are factored."""
        best = self.factor(node)
        front = [node] if best is node else [node, best]
        seen = set(front)
        for _ in range(ROUNDS):
            fresh: list[Expr] = []
            for start in front:
                for moved in moves(start):
                    if moved not in seen and self.left > 0:
                        seen.add(moved)
                        factored = self.factor(moved)
                        if cost(factored) < cost(best):
                            best = factored
                        fresh.append(moved)
            front = fresh[:WIDTH]
            if not front:
                break
        return adjugates(best)

    def factor(self, node: Expr) -> Expr:
        """Common factors taken out of a sum, the best first, as long as that shortens."""
        found = self.factored.get(node)
        if found is None:
            if self.depth == NESTED:
                return node
            self.factored[node] = node  # for a candidate that leads back to it
            self.depth += 1
            found = self.factored[node] = self._factor(node)
            self.depth -= 1
        return found

    def _factor(self, node: Expr) -> Expr:
        total = inner_sum(node)
        if total is None:
            return self._factor_inside(node)
        if len(total.terms) > LARGE or self.left <= 0 or self.work <= 0:
            return node
        self.left -= 1
        halves = parts(node)[0].denominator == 2
        found = min(self._candidates(total, halves), key=cost, default=None)
        if found is None or cost(found) >= cost(total):
            return node
        return self.factor(scale_by(parts(node)[0], found))

    def _factor_inside(self, node: Expr) -> Expr:
        """Sums that are factors of a product (or terms of a sum that has just been factored)."""
        value, scalars, body = parts(node)
        if body is None:
            fresh = [scalar_power(self.factor(b), e) if type(b) is Add else scalar_power(b, e) for b, e in scalars]
            if any(type(b) is Add for b, _ in scalars) and (len(scalars) > 1 or scalars[0][1] != 1):
                return product_of_scalars([Scaled(value, (), None), *fresh])
            return node
        if type(body) is Word and any(type(f) is Add for f in body.factors):
            inner = product(*[self.factor(f) if type(f) is Add else f for f in body.factors])
            return product_of_scalars([Scaled(value, scalars, None), inner])
        if type(body) is Hadamard and any(type(b) is Add for b, _ in body.factors):
            made = [entry_power(self.factor(b), e) if type(b) is Add else entry_power(b, e) for b, e in body.factors]
            return product_of_scalars([Scaled(value, scalars, None), hadamard(*made)])
        return node

    def _candidates(self, total: Add, halves: bool) -> Iterator[Expr]:
        """The sum with one factor taken out of every term that has it."""
        terms = terms_of(total)
        yield from self._word_candidates(terms, total)
        yield from self._power_candidates(terms, total)
        yield from self._diagonal_candidates(terms)
        yield from _symmetric_parts(terms, total, halves)
        yield from self._kronecker_candidates(terms)

    def _word_candidates(self, terms: tuple[Expr, ...], total: Add) -> Iterator[Expr]:
        """A common first or last factor."""
        if total.shape == SCALAR:
            yield from self._scalar_word_candidates(terms)
            return
        table = [readings(t) for t in terms]
        for last in (False, True):
            holders: dict[Expr, dict[int, tuple[Expr, tuple[Expr, ...]]]] = {}
            for k, ways in enumerate(table):
                for scalar, word in ways:
                    holders.setdefault(word[-1 if last else 0], {}).setdefault(k, (scalar, word))
            for shared, where in holders.items():
                if self.work <= 0:
                    return
                if len(where) < 2 or is_constant(shared, "eye"):
                    continue
                yield add(
                    [self._pulled(shared, where.values(), last), *[t for k, t in enumerate(terms) if k not in where]]
                )

    def _pulled(self, shared: Expr, words: Iterable[tuple[Expr, tuple[Expr, ...]]], last: bool) -> Expr:
        """f · (sum of the rests), or (sum of the rests) · f."""
        words = list(words)
        self.work -= sum(1 + len(word) for _, word in words)
        if all(len(word) == 1 for _, word in words):
            return product_of_scalars((self.factor(add([scalar for scalar, _ in words])), shared))
        run = common(words, last)
        rests = []
        for scalar, word in words:
            rest = word[: -len(run)] if last else word[len(run) :]
            inner = product(*rest) if rest else eye(shared.shape[0 if last else 1])
            rests.append(product_of_scalars((scalar, inner)))
        total = self.factor(add(rests))
        return product(total, *run) if last else product(*run, total)

    def _scalar_word_candidates(self, terms: tuple[Expr, ...]) -> Iterator[Expr]:
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
                yield add(
                    [product(shared, self.factor(add(rests))), *[t for k, t in enumerate(terms) if k not in where]]
                )

    def _power_candidates(self, terms: tuple[Expr, ...], total: Add) -> Iterator[Expr]:
        """A common entrywise factor, a common scalar, a scalar of a denominator over the whole sum."""
        table = [_bases(t) for t in terms]
        for place in (0, 1):
            counts: dict[Expr, int] = {}
            for row in table:
                for base in row[place]:
                    counts[base] = counts.get(base, 0) + 1
            for base, count in counts.items():
                if self.work <= 0:
                    return
                exponents = [row[place][base] for row in table if base in row[place]]
                numbers = [e for e in exponents if not isinstance(e, Expr)]
                if count >= 2 and len(numbers) == len(exponents):
                    yield self._shared(terms, table, base, min(numbers), place)
                elif place == 0 and any(e < 0 for e in numbers):
                    power = scalar_power(base, min(numbers))
                    back = scalar_power(power, -1)
                    yield product_of_scalars((power, self.factor(add([product_of_scalars((t, back)) for t in terms]))))

    def _shared(
        self, terms: tuple[Expr, ...], table: list[tuple[Bases, Bases]], base: Expr, exponent: object, place: int
    ) -> Expr:
        inside, outside = [], []
        self.work -= sum(2 + len(scalars) + len(factors) for scalars, factors in table)
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
        total = self.factor(add(inside))
        if place == 0:
            return add([product_of_scalars((scalar_power(base, exponent), total)), *outside])  # type: ignore[arg-type]
        return add([hadamard(entry_power(base, exponent), total), *outside])  # type: ignore[arg-type]

    def _diagonal_candidates(self, terms: tuple[Expr, ...]) -> Iterator[Expr]:
        """diag(A) + diag(B) = diag(A + B), and the same for Diag, vec and the like: one linear function of each term."""
        where: dict[str, list[int]] = {}
        for k, term in enumerate(terms):
            body = parts(term)[2]
            if type(body) is Call and is_linear(body.function):
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
                    made = call(name, (self.factor(add(inner)),), body.shape, body.parameters)
                    yield add([made, *[t for k, t in enumerate(terms) if k not in places]])

    def _kronecker_candidates(self, terms: tuple[Expr, ...]) -> Iterator[Expr]:
        """A ⊗ B + A ⊗ C = A ⊗ (B + C), and the same on the left."""
        yield from _commuted(terms)
        for side in (0, 1):
            where: dict[Expr, list[int]] = {}
            for k, term in enumerate(terms):
                body = parts(term)[2]
                if type(body) is Call and body.function == "kron":
                    where.setdefault(body.args[side], []).append(k)
            for shared, places in where.items():
                if len(places) > 1:
                    others = []
                    for k in places:
                        value, scalars, body = parts(terms[k])
                        assert type(body) is Call
                        others.append(product_of_scalars([Scaled(value, scalars, None), body.args[1 - side]]))
                    if len({node.shape for node in others}) == 1:
                        total = self.factor(add(others))
                        made = kron(shared, total) if side == 0 else kron(total, shared)
                        yield add([made, *[t for k, t in enumerate(terms) if k not in places]])


def _commuted(terms: tuple[Expr, ...]) -> Iterator[Expr]:
    """(B ⊗ A) K(q, n) + A ⊗ B = (K(p, m) + I) (A ⊗ B) for A m×n and B p×q."""
    words = [body.factors if type(body := parts(t)[2]) is Word else (body,) for t in terms]
    for i, word in enumerate(words):
        if (
            len(word) == 2
            and is_constant(word[1], "commutation")
            and type(word[0]) is Call
            and word[0].function == "kron"
        ):
            b, a = word[0].args
            if word[1] is not commutation(b.shape[1], a.shape[1]):
                continue
            other = kron(a, b)
            for j, partner in enumerate(words):
                value, scalars, _ = parts(terms[i])
                if partner == (other,) and parts(terms[j])[:2] == (value, scalars):
                    size = mul(a.shape[0], b.shape[0])
                    both = product(add([eye(size), commutation(b.shape[0], a.shape[0])]), other)
                    rest = [t for k, t in enumerate(terms) if k not in (i, j)]
                    yield add([product_of_scalars([Scaled(value, scalars, None), both]), *rest])


def _symmetric_parts(terms: tuple[Expr, ...], total: Add, halves: bool) -> Iterator[Expr]:
    """A + A' = 2 sym(A), for products, and for a letter where half of it is meant."""
    if total.shape[0] != total.shape[1] or total.shape == SCALAR:
        return
    first: list[Expr] = []
    rest = list(terms)
    for term in terms:
        turned = transpose(term)
        compound = halves or not isinstance(parts(term)[2], Symbol | Transpose)
        if compound and term in rest and turned is not term and turned in rest:
            rest.remove(term)
            rest.remove(turned)
            first.append(term if cost(term) <= cost(turned) else turned)
    if first:
        inner = add(first)
        value, scalars, body = parts(inner)
        assert body is not None
        yield add([product_of_scalars([Scaled(2 * value, scalars, None), Call("sym", (body,), total.shape)]), *rest])


def _bases(term: Expr) -> tuple[Bases, Bases]:
    """The scalar bases and the entrywise bases of a term."""
    _, scalars, body = parts(term)
    if body is None or type(body) is Word:
        return dict(scalars), {}
    return dict(scalars), dict(body.factors) if type(body) is Hadamard else {body: 1}
