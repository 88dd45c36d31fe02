"""The derivation of a gradient as people write it: a chain dE = … = G : dX, one idea a line, each with its identity.

A line is the state of the reverse sweep, cut at names: a sum of terms G : dN over the names and variables reached so far.
The name defined last is opened next:

    G : (the differential of its body)        dW = M ⊙ dX
    the factors moved to the left             C : (A ⊙ B) = (C ⊙ A) : B
    simplified by what is known               M ⊙ M = M

so a derivation has at most three lines a name, and a line at most as many terms as there are names and variables. Formulas
without definitions get names for their inner parts first (``naming``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matcalc.algebra import add, transpose
from matcalc.algebra.kroneckers import vec
from matcalc.algebra.rebuild import use_names
from matcalc.algebra.terms import ONE, is_zero, monomial, parts, product_of_scalars
from matcalc.algebra.trace import identities_used
from matcalc.errors import NAMED, FormulaError, NoRuleError
from matcalc.expr import Expr, Named, Symbol, postorder
from matcalc.read.syntax import Add, Apply, Binary, Juxtapose, Name, Negate, Number, Postfix, Syntax
from matcalc.read.trees import nodes
from matcalc.rules.record import Identity
from matcalc.shape import SCALAR
from matcalc.steps import reasons
from matcalc.steps.compact import compact
from matcalc.steps.differential import differential, differential_symbol, gradients
from matcalc.steps.letters import letter_of
from matcalc.steps.limits import WRITTEN
from matcalc.steps.members import moved
from matcalc.steps.project import projected
from matcalc.steps.spell import spell

LINES = 500  # of a chain; a name mostly has two
HELD = "\N{WHITE SQUARE}"  # stands for an adjoint while factors move past it, so that nothing simplifies


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the chain: ``right`` as it is printed, linear in the differentials.

    ``left`` stands before the line where it is not that of the line above. ``reasons`` are the identities that lead here
    from the line before; ``changed`` the subtrees of ``right`` that are new.
    """

    right: Syntax
    reasons: tuple[Identity, ...]
    changed: tuple[Syntax, ...] = ()
    left: Syntax | None = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """``objective`` is named as the user named it, or E; ``names`` are the definitions that the lines use, in order."""

    objective: str
    names: tuple[Named, ...]
    lines: tuple[Line, ...]


Term = tuple[Expr, Expr]  # G and what it stands against: a differential, or an expression of differentials


def derivation(objective: str, f: Expr, wrt: tuple[Symbol, ...]) -> Derivation:
    """The chain from dE to Σ G : dX."""
    order: dict[Expr, int] = {node: k for k, node in enumerate(postorder(f)) if isinstance(node, Named) or node in wrt}
    names = tuple(node for node in order if isinstance(node, Named) and _depends(node, wrt))
    if len(names) > LINES / 2:
        raise _too_long()
    chain = _Chain(objective, wrt, frozenset((*names, *wrt)), order)
    chain.open(f, ONE, 0, ())
    while (place := chain.latest()) is not None:
        chain.collect(chain.front[place][0])
        place = chain.latest()
        assert place is not None
        node, G = chain.front.pop(place)
        assert isinstance(node, Named)
        chain.open(node.body, G, place, (node,))
    chain.finish()
    return Derivation(objective, tuple(n for n in order if isinstance(n, Named)), tuple(chain.lines))


def derivation_of_jacobian(
    objective: str, F: Expr, variables: Sequence[Symbol], jacobians: Sequence[Expr]
) -> Derivation:
    """The two lines dF = …, linear in each dX, and vec(dF) = J vec(dX) + …"""
    dF = compact(differential(F, {x: differential_symbol(x) for x in variables}))
    lines = [Line(spell(dF), reasons.of_differential(F, frozenset(variables)), (), Name("d" + objective))]
    column, moves = _vec(Name("d" + objective), F), reasons.of_vectorizing(dF, F, variables[0])
    kept = [(J, x) for J, x in zip(jacobians, variables, strict=True) if not is_zero(J)]
    terms = [_times(spell(J), _vec(Name("d" + letter_of(x)), x)) for J, x in kept]
    right = _sum([(1, term) for term in terms]) if kept else spell(vec(dF))
    if (column, right) != (lines[0].left, lines[0].right):
        lines.append(Line(right, moves, (), column))
    names = tuple(n for n in postorder(F) if isinstance(n, Named))
    return Derivation(objective, names, tuple(lines))


def derivation_by_members(objective: str, f: Expr, wrt: tuple[Symbol, ...], gradients: list[Expr]) -> Derivation:
    """Two lines, dE as a sum over the index and Σ G : dx_k, where each x_k is one of a family."""
    values: dict[Expr, Expr] = {x: differential_symbol(x) for x in wrt}
    stops = frozenset(s for x in wrt for s in moved(f, x, x))
    left = Name("d" + objective)
    lines = [Line(spell(compact(differential(f, values))), reasons.of_differential(f, stops), (), left)]
    terms = [piece for x, G in zip(wrt, gradients, strict=True) for piece in _term(G, differential_symbol(x))]
    lines.append(Line(_sum(terms), reasons.of_moves(f, stops)))
    return Derivation(objective, tuple(n for n in postorder(f) if isinstance(n, Named)), tuple(lines))


def _vec(tree: Syntax, of: Expr) -> Syntax:
    return tree if of.shape[1] == 1 else Apply("vec", (tree,))


def _times(J: Syntax, column: Syntax) -> Syntax:
    factors = J.factors if isinstance(J, Juxtapose) else (J,)
    return Juxtapose((*factors, column))


def _depends(node: Expr, wrt: tuple[Symbol, ...]) -> bool:
    return any(inner in wrt for inner in postorder(node))


class _Chain:
    """The front of the sweep, and the lines so far."""

    def __init__(self, objective: str, wrt: tuple[Symbol, ...], stops: frozenset[Expr], order: dict[Expr, int]) -> None:
        self.objective = objective
        self.wrt = wrt
        self.stops = stops
        self.order = order
        self.front: list[Term] = []
        self.lines: list[Line] = []
        self.symbols = 0  # in them
        self.differentials: dict[Expr, Expr] = {
            n: differential_symbol(n) for n in stops if isinstance(n, Symbol | Named)
        }

    def latest(self) -> int | None:
        """Where the front has the name that was defined last, if it has one."""
        there = [k for k, (node, _) in enumerate(self.front) if isinstance(node, Named)]
        return max(there, key=lambda k: self.order[self.front[k][0]], default=None)

    def open(self, body: Expr, G: Expr, place: int, name: tuple[Named, ...]) -> None:
        """Replaces G : d(body) by terms over the names below, in up to three lines; the name stands for its body in them."""
        wanted = sorted(self._below(body), key=self._rank)
        values = {n: self.differentials[n] for n in wanted}
        before = self._shown()
        formed = reasons.of_differential(body, self.stops)
        plain = G is ONE and reasons.is_moved(body, self.stops)
        formed_first = None if plain else self._formed(body, values)
        if formed_first is not None:
            self._show(before, [(G, use_names(formed_first, name))], place, formed)
        scalar, array = _split(G)
        held = Symbol(HELD, array.shape, ("symmetric",) if transpose(array) is array and array.shape != SCALAR else ())
        shown = spell(array)
        if array is not ONE:
            moved = gradients(body, wanted, product_of_scalars((scalar, held)))
            texts = [
                spell(use_names(moved[n], name), {held: shown, transpose(held): Postfix("'", shown)}) for n in wanted
            ]
        with identities_used() as used:
            found = {n: use_names(g, name) for n, g in gradients(body, wanted, G).items()}
        after = [(found[n], self.differentials[n]) for n in wanted]
        if array is not ONE and used:
            self._show(before, after, place, reasons.of_moves(body, self.stops), texts)
            self._show(before, after, place, reasons.named(used))
        else:
            self._show(before, after, place, formed if plain else reasons.of_moves(body, self.stops))
        self.front[place:place] = [(n, found[n]) for n in wanted if not is_zero(found[n])]

    def _formed(self, body: Expr, values: dict[Expr, Expr]) -> Expr | None:
        """The differential of a body; None where only its adjoint has a closed form (tr(X^k))."""
        try:
            return differential(body, values)
        except NoRuleError:
            return None

    def _below(self, body: Expr) -> list[Expr]:
        """The names and variables that a body reaches without passing another name."""
        out: list[Expr] = []
        seen: set[Expr] = set()
        stack = [body]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node in self.stops:
                out.append(node)
            else:
                stack += node.children
        return out

    def _rank(self, node: Expr) -> int:
        """Names before variables, later ones first; variables as they were asked for."""
        return -self.order[node] - len(self.wrt) if isinstance(node, Named) else self.wrt.index(node)

    def collect(self, node: Expr) -> None:
        """Adds up the terms of a name, in the place of the first."""
        places = [k for k, (n, _) in enumerate(self.front) if n is node]
        if len(places) > 1:
            with identities_used() as used:
                total = add([self.front[k][1] for k in places])
            for k in reversed(places):
                del self.front[k]
            self._show(
                self._shown(), [(total, self.differentials[node])], places[0], reasons.of_collecting(len(places), used)
            )
            self.front.insert(places[0], (node, total))

    def finish(self) -> None:
        """One line with one term a variable in compact form, then the projections onto the spaces of the variables."""
        contributions: dict[Expr, list[Expr]] = {}
        for node, G in self.front:
            contributions.setdefault(node, []).append(G)
        with identities_used() as used:
            raw = {node: add(found) for node, found in contributions.items()}
            self.front = [(node, compact(G)) for node, G in raw.items()]
        self._show([], self._shown(), 0, reasons.of_collecting(max(map(len, contributions.values()), default=1), used))
        for place, (node, G) in enumerate(raw.items()):
            assert isinstance(node, Symbol)
            inside, why = projected(G, node)
            if inside is not G:
                self.front[place] = (node, compact(inside))
                shown = self._shown()
                self._show(shown[:place] + shown[place + 1 :], [shown[place]], place, why)

    def _shown(self) -> list[Term]:
        return [(G, self.differentials[n]) for n, G in self.front]

    def _show(
        self,
        before: list[Term],
        fresh: list[Term],
        place: int,
        why: tuple[Identity, ...],
        texts: list[Syntax] | None = None,
    ) -> None:
        """Adds the line with these terms in the middle, unless it reads as the last one does."""
        terms = [*before[:place], *fresh, *before[place:]]
        spelled: list[tuple[int, Syntax]] = []
        changed: list[Syntax] = []
        for k, (G, D) in enumerate(terms):
            if is_zero(G) or is_zero(D):
                continue
            text = texts[k - place] if texts is not None and place <= k < place + len(fresh) else None
            pieces = _term(G, D, text)
            spelled += pieces
            if place <= k < place + len(fresh):
                changed += [piece for _, piece in pieces]
        right = _sum(spelled)
        left = None if self.lines else Name("d" + self.objective)
        if self.lines and _same(self.lines[-1].right, right):
            return
        self.symbols += sum(1 for _ in nodes(right))
        if self.symbols > WRITTEN or len(self.lines) >= LINES:
            raise _too_long()
        self.lines.append(Line(right, why, tuple(changed), left))


def _too_long() -> FormulaError:
    return FormulaError(f"this derivation has more than {WRITTEN:,} symbols, or {LINES} lines", hint=NAMED)


def _same(a: Syntax, b: Syntax) -> bool:
    """Whether two lines read alike; trees too deep to be compared are taken for different ones."""
    try:
        return a == b
    except RecursionError:
        return False


def _split(G: Expr) -> tuple[Expr, Expr]:
    """The scalar in front of an adjoint, and the array."""
    value, scalars, body = parts(G)
    return monomial(value, dict(scalars), None), body if body is not None else ONE


def paired(terms: Sequence[Term], letters: Mapping[Expr, Syntax]) -> Syntax:
    """G : dX + H : dY; ``letters`` says how some differentials are written."""
    kept = [term for term in terms if not is_zero(term[0])]
    return _sum([piece for G, D in kept for piece in _term(G, D, None, letters)])


def _term(
    G: Expr, D: Expr, text: Syntax | None = None, letters: Mapping[Expr, Syntax] | None = None
) -> list[tuple[int, Syntax]]:
    """G : D with its sign; the terms of D where G is 1."""
    if G is ONE and text is None:
        return _signed(spell(D, letters))
    ((sign, left),) = _signed(text if text is not None else spell(G), apart=False)
    if G.shape != SCALAR:
        right = spell(D, letters)
        return [(sign, Binary(":", left, Apply("", (right,)) if isinstance(right, Binary) else right))]
    if text is None:
        return _signed(spell(product_of_scalars((G, D)), letters), apart=False)
    factors = left.factors if isinstance(left, Juxtapose) else (left,)
    return [(sign, Juxtapose((*factors, spell(D))))]


def _signed(tree: Syntax, apart: bool = True) -> list[tuple[int, Syntax]]:
    """A tree as terms with signs."""
    if isinstance(tree, Negate):
        return [(-1, tree.operand)]
    if isinstance(tree, Binary) and isinstance(tree.left, Negate):
        return [(-1, tree._replace(left=tree.left.operand))]
    if isinstance(tree, Add) and apart:
        return list(zip(tree.signs, tree.terms, strict=True))
    return [(1, tree)]


def _sum(terms: list[tuple[int, Syntax]]) -> Syntax:
    if not terms:
        return Number(0)
    if len(terms) == 1:
        return terms[0][1] if terms[0][0] > 0 else Negate(terms[0][1])
    return Add(tuple(s for s, _ in terms), tuple(t for _, t in terms))
