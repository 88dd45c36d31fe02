"""Derivatives along a direction, Hessians applied to one, and Taylor series: results with a letter H for the direction.

>>> print(directional("norm(X w - y)^2", "w"))
dE/dw[h] = 2 h' X' (X w - y)
>>> print(hvp("norm(X w - y)^2", "w", direction="v"))
d2E/dw2[v] = 2 X' X v
>>> print(taylor("norm(X w - y)^2", "w"))
E(w + h) = norm(X w - y)^2 + 2 h' X' (X w - y) + norm(X h)^2
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import factorial
from typing import TYPE_CHECKING

from matcalc.algebra import add, scale_by
from matcalc.algebra.conjugates import is_complex
from matcalc.algebra.terms import is_zero
from matcalc.api import placed, words
from matcalc.errors import CallError, MatcalcError
from matcalc.expr import Expr, Named, Symbol, postorder
from matcalc.expression import Expression
from matcalc.read import syntax
from matcalc.read.declarations import Declaration
from matcalc.read.formula import read
from matcalc.read.names import canonical
from matcalc.read.syntax import Syntax
from matcalc.result import Result
from matcalc.rules import properties
from matcalc.rules.functions import lookup
from matcalc.shape import names as names_of
from matcalc.shape import shape_text
from matcalc.steps.differential import differential_symbol
from matcalc.steps.expansions import applied, ends, term
from matcalc.steps.spell import spell
from matcalc.steps.understand import Understood, understand
from matcalc.steps.wanted import released, symbols_of, variable

if TYPE_CHECKING:
    from matcalc.steps.derivation import Derivation

MOST = 8  # the highest order of a series
LETTERS = {True: "HVDZ", False: "hvdz"}  # for a direction in the shape of a matrix, and of anything else


@dataclass(frozen=True)
class Expansion(Result):
    """A result along directions. ``terms`` are those of a series, by order; ``exact`` says whether there are no others."""

    directions: tuple[str, ...] = ()
    terms: tuple[Expression, ...] = ()
    exact: bool = False

    def _labels(self, d: str, power: Callable[[int], str], show: Callable[[str], str]) -> tuple[str, ...]:
        E, along = self.objective_name, [show(name) for name in self.directions]
        if self.kind == "taylor":
            moved = ", ".join(f"{show(x)} + {h}" for x, h in zip(self.wrt, along, strict=True))
            rest = "" if self.exact else f" + O({'|'.join(['', *along, ''])}^{len(self.terms)})"
            return (f"{E}({moved}){rest}",)
        times = power(2) if self.kind == "hvp" else ""
        return (f"{d}{times}{E}/" + " ".join(f"{d}{show(x)}{times}" for x in self.wrt) + f"[{', '.join(along)}]",)

    @property
    def latex_labels(self) -> list[str]:
        from matcalc.write.latex import letters

        E, along = letters(self.objective_name), [letters(name) for name in self.directions]
        at = [letters(x) for x in self.wrt]
        if self.kind == "taylor":
            moved = ", ".join(f"{x} + {h}" for x, h in zip(at, along, strict=True))
            size = r", ".join(along)
            rest = "" if self.exact else rf" + O(\lVert {size} \rVert^{{{len(self.terms)}}})"
            return [f"{E}({moved}){rest}"]
        operator = r"\nabla^{2}" if self.kind == "hvp" else r"\mathrm{D}"
        return [rf"{operator} {E}({', '.join(at)})[{', '.join(along)}]"]

    @cached_property
    def named_objective(self) -> Expr:
        return self.objective.node

    @cached_property
    def derivation(self) -> Derivation:
        """The differentials of the formula, from the first to that of the highest order."""
        from matcalc.steps.derivation import Derivation, Line
        from matcalc.steps.reasons import of_differential

        f, moving = self.objective.node, self._variables()
        moved: dict[Symbol, Expr] = {x: differential_symbol(x) for x in moving}
        lines = []
        for order in range(1, max(len(self.terms) - 1, 2 if self.kind == "hvp" else 1) + 1):
            name = syntax.Name("d" + self.objective_name) if order == 1 else _higher(order, self.objective_name)
            whole = scale_by(factorial(order), term(f, moved, order))
            lines.append(Line(spell(whole), of_differential(f, frozenset(moving))[:1] if order == 1 else (), (), name))
        names = tuple(n for n in postorder(f) if isinstance(n, Named))
        return Derivation(self.objective_name, names, tuple(lines))

    @cached_property
    def _verified(self) -> bool:
        """Holds every printed differential against difference quotients of the one before."""
        from matcalc.verify.agree import series_agrees

        moved = {x: differential_symbol(x) for x in self._variables()}
        series = [term(self.objective.node, moved, k) for k in range(len(self.derivation.lines) + 1)]
        try:
            agrees = series_agrees(series, moved)
        except CallError:
            return False
        if not agrees:
            raise MatcalcError("a differential is not the slope of the one before: please report this formula")
        return True

    def to_json(self, steps: bool = False) -> dict[str, object]:
        out = super().to_json(steps)
        out["directions"] = list(self.directions)
        if self.kind == "taylor":
            out["exact"] = self.exact
            out["terms"] = [
                {"order": k, "plain": str(t), "unicode": t.unicode(), "latex": t.latex()}
                for k, t in enumerate(self.terms)
            ]
        return out


def _higher(order: int, name: str) -> Syntax:
    """d^2 E."""
    return syntax.Juxtapose((syntax.Power(syntax.Name("d"), syntax.Number(order)), syntax.Name(name)))


def signed_term(tree: Syntax) -> tuple[int, Syntax]:
    """A term with its sign in front: -a / 2 is minus a / 2."""
    if isinstance(tree, syntax.Negate):
        return -1, tree.operand
    if isinstance(tree, syntax.Binary) and isinstance(tree.left, syntax.Negate):
        return -1, tree._replace(left=tree.left.operand)
    return 1, tree


class Series(Expression):
    """A sum that is written by order: F(X) + first + second."""

    __slots__ = ("terms",)

    def __init__(self, terms: Sequence[Expr], understood: Understood, written: Syntax) -> None:
        super().__init__(add(terms), understood.spellings, symbols_of(understood))
        self.terms = (written, *(spell(t) for t in terms[1:] if not is_zero(t)))

    @property
    def syntax(self) -> Syntax:
        signed = [signed_term(t) for t in self.terms]
        if len(signed) == 1:
            return self.terms[0]
        return syntax.Add(tuple(sign for sign, _ in signed), tuple(t for _, t in signed))


# --- what is asked for ------------------------------------------------------------------------------------------------


def directional(
    text: str,
    wrt: str | Sequence[str],
    direction: str | Sequence[str] = (),
    declare: Sequence[str] = (),
    syntax: str = "plain",
) -> Expansion:
    """The derivative along a direction, d/dt F(X + t H) at t = 0, of a formula of any shape.

    By several variables they all move, each along a direction of its own. A direction that is not named is called H (h of
    a vector); one that is not declared is declared in the shape and the space of its variable.

    >>> print(directional("(a W) .* (b W)", "W", declare=["a, b : row(m)"]).value)
    a H .* b W + a W .* b H
    """
    asked = _Asked(text, wrt, direction, declare, syntax)
    with placed(text):
        value = term(asked.f, asked.directions, 1)
    return asked.result("directional", value, "the derivative along the direction: d/dt F(X + t H) at t = 0")


def hvp(text: str, wrt: str, direction: str = "", declare: Sequence[str] = (), syntax: str = "plain") -> Expansion:
    """The Hessian of a scalar applied to a direction, in the shape of the variable; no Hessian is formed.

    >>> print(hvp("logdet(S)", "S", "V", declare=["S : matrix(n, n), spd"]).value)
    -inv(S) V inv(S)
    """
    asked = _Asked(text, wrt, direction or (), declare, syntax)
    if not asked.f.is_scalar or len(asked.directions) != 1 or is_complex(asked.f):
        raise CallError("the Hessian is applied for a real scalar by one variable")
    ((x, H),) = asked.directions.items()
    with placed(text):
        value = applied(asked.f, x, H)
    return asked.result(
        "hvp", value, "in the shape of the variable: vec(value) is the Hessian times vec of the direction"
    )


def taylor(
    text: str,
    wrt: str | Sequence[str],
    order: int = 2,
    direction: str | Sequence[str] = (),
    declare: Sequence[str] = (),
    syntax: str = "plain",
) -> Expansion:
    """The Taylor series F(X + H) of a formula of any shape, up to terms of this order in H.

    ``terms`` has them one by one; ``exact`` says whether the series ends there.

    >>> print(taylor("(a W) .* (b W)", "W", declare=["a, b : row(m)"]).value)
    a W .* b W + (a H .* b W + a W .* b H) + a H .* b H
    """
    if not 1 <= order <= MOST:
        raise CallError(f"the order of a Taylor series is from 1 to {MOST}")
    asked = _Asked(text, wrt, direction, declare, syntax)
    with placed(text):
        terms = [asked.f, *(term(asked.f, asked.directions, k) for k in range(1, order + 1))]
    exact = ends(asked.f, tuple(asked.directions), order)
    rest = "exact: there are no further terms" if exact else f"up to terms of order {order + 1} in the direction"
    return asked.result("taylor", terms, rest, exact)


class _Asked:
    """A formula with its variables and their directions."""

    def __init__(
        self,
        text: str,
        wrt: str | Sequence[str],
        direction: str | Sequence[str],
        declare: Sequence[str],
        spelling: str,
    ) -> None:
        self.names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
        given = (direction,) if isinstance(direction, str) else tuple(direction)
        told = understand(text, declare, spelling)
        self.understood, self.declare = released(told, self.names, declare, spelling)
        self.spelling = spelling
        self.f = self.understood.expression
        variables = [variable(name, self.understood) for name in self.names]
        if given and len(given) != len(variables):
            raise CallError(f"{len(variables)} variables take as many directions, and there are {len(given)}")
        self.directions: dict[Symbol, Expr] = {}
        for k, x in enumerate(variables):
            if not isinstance(x, Symbol):
                raise CallError("a complex variable and its conjugate move together; leave conj away")
            self.directions[x] = self._direction(given[k] if given else self._letter(x, len(variables) > 1), x)

    def _letter(self, x: Symbol, several: bool) -> str:
        """A name for a direction that nobody has taken."""
        first = LETTERS[x.shape[0] != 1 and x.shape[1] != 1]
        names = [f"{first[0]}_{x.name}"] if several else list(first)
        return next(n for n in (*names, "direction_") if n not in self._taken())

    def _taken(self) -> set[str]:
        return set(self.understood.names) | {
            size for d in self.understood.declarations for s in d.shape for size in names_of(s)
        }

    def _direction(self, name: str, x: Symbol) -> Expr:
        """The letter for a direction: what the formula has by that name, or a new one in the space of the variable."""
        name = canonical(name) or name
        needed = differential_symbol(x).properties
        found = self.understood.names.get(name)
        if found is None:
            return self._declared(name, x, needed)
        if found.shape != x.shape:
            raise CallError(
                f"the direction {name} is a {shape_text(found.shape)}, and {x.name} a {shape_text(x.shape)}"
            )
        have = properties.closure(found.properties if isinstance(found, Symbol) else ())
        if missing := [word for word in needed if word not in have]:
            raise CallError(f"the direction {name} must be {' and '.join(missing)}, as {x.name} is")
        return found

    def _declared(self, name: str, x: Symbol, needed: tuple[str, ...]) -> Symbol:
        if name in self._taken() or not name.isidentifier() or lookup(name):
            raise CallError(f"'{name}' cannot name a direction; choose another letter")
        words = tuple(word for word in needed if word != "complex")
        kind = shape_text(x.shape).partition("(")[0]
        declaration = Declaration(name, kind, x.shape, words, "complex" in needed)
        made = Symbol(name, x.shape, declaration.words)
        self.understood = replace(
            self.understood,
            declarations=(*self.understood.declarations, declaration),
            inferred=(*self.understood.inferred, name),
            names={**self.understood.names, name: made},
        )
        return made

    def result(self, kind: str, value: Expr | Sequence[Expr], layout: str, exact: bool = False) -> Expansion:
        terms = (value,) if isinstance(value, Expr) else tuple(value)
        spellings, symbols = self.understood.spellings, symbols_of(self.understood)
        one = [Expression(t, spellings, symbols) for t in terms]
        shown = one[0] if isinstance(value, Expr) else Series(terms, self.understood, self._written())
        conditions = words(self.f, terms, tuple(self.directions), self.understood)
        along = tuple(_name(H) for H in self.directions.values())
        return Expansion(
            kind, self.names, (shown,), Expression(self.f, spellings), self.understood, conditions, layout,
            tuple(self.declare), self.spelling, 1, "", along, () if isinstance(value, Expr) else tuple(one), exact,
        )  # fmt: skip

    def _written(self) -> Syntax:
        """The formula as it was typed, for the first term; with functions of the user's own, as it was read."""
        unknown = any(d.kind == "function" for d in self.understood.declarations)
        return read(self.understood.source) if self.spelling == "plain" and not unknown else spell(self.f)


def _name(node: Expr) -> str:
    assert isinstance(node, Symbol | Named)
    return node.name
