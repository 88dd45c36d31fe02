"""A result: the values, what was understood, the derivation, and all of it in other spellings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from matcalc.algebra import size
from matcalc.algebra.conjugates import is_complex
from matcalc.algebra.functions import vec
from matcalc.errors import MatcalcError, NoRuleError
from matcalc.expr import Expr, Named, Symbol, postorder
from matcalc.expression import Expression
from matcalc.read.declarations import Declaration
from matcalc.read.syntax import Name
from matcalc.shape import names as size_names
from matcalc.shape import shape_text
from matcalc.shape import text as size_text
from matcalc.steps.blockwise import blocks
from matcalc.steps.expansions import quadratic
from matcalc.steps.letters import letter_of
from matcalc.steps.results import higher, riemannian_of
from matcalc.steps.spell import spell
from matcalc.steps.understand import Understood, understand
from matcalc.steps.wanted import symbols_of, variable
from matcalc.steps.wirtinger import spelled, symbol_of

if TYPE_CHECKING:
    from matcalc.explicit import Explicit
    from matcalc.form import Differentiated, Form
    from matcalc.read.syntax import Syntax
    from matcalc.rules.record import Identity
    from matcalc.steps.components import Component
    from matcalc.steps.derivation import Derivation
    from matcalc.write.code import EmittedFunction
    from matcalc.write.narrate import Row


@dataclass(frozen=True)
class Step:
    """One line of a derivation: ``left = right``; an empty left side continues the chain.

    ``identities`` are what leads here from the line before, the first the one to print. ``verified`` says whether the line
    was found equal to the line before on numbers (False only where no draw was found at which both are finite).
    """

    left: str
    right: str
    latex: str
    identities: tuple[Identity, ...]
    verified: bool


@dataclass(frozen=True)
class Riemannian:
    """The Riemannian gradient by a variable on a curved surface: what a step along the surface is made from.

    ``statement`` says how it comes from the Euclidean gradient G, ``metric`` by which metric.
    """

    wrt: str
    value: Expression
    statement: str
    metric: str
    source: str


DERIVATIVES = ("gradient", "jacobian", "hessian", "higher")  # kinds that have three forms


@dataclass(frozen=True)
class Result:
    """What ``derive`` gives: ``kind`` is "gradient"; ``wrt`` the variables; ``values`` the gradient by each.

    ``declarations``: what was declared and then what was inferred (``inferred`` has those names); ``notices``: readings worth a
    look; ``conditions``: where the result holds, in words; ``layout``: what the shape of the result means.
    """

    kind: str
    wrt: tuple[str, ...]
    values: tuple[Expression, ...]
    objective: Expression
    understood: Understood
    conditions: tuple[str, ...]
    layout: str
    _declare: tuple[str, ...] = ()
    _syntax: str = "plain"
    order: int = 1
    _called: str = ""  # what the user calls the formula
    _standard: tuple[Expr, ...] = field(default=(), kw_only=True)  # the values in the layout in which they are derived
    part: Component | None = field(default=None, kw_only=True)  # what of the variable it is by, where that is not all

    @property
    def value(self) -> Expression:
        """The gradient; by several variables, that by the first (``values`` has all)."""
        return self.values[0]

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        return self.understood.declarations

    @property
    def inferred(self) -> tuple[str, ...]:
        return self.understood.inferred

    @property
    def notices(self) -> tuple[str, ...]:
        return self.understood.notices

    def __str__(self) -> str:
        return "\n".join(f"{label} = {value}" for label, value in zip(self.labels, self.values, strict=True))

    @cached_property
    def quadratic(self) -> Expression | None:
        """Of a Hessian by one variable, d²E as a quadratic form in dX; None for anything else."""
        if self.kind != "hessian" or len(set(self.wrt)) > 1 or is_complex(self.objective.node):
            return None
        made = quadratic(self.objective.node, self._variables()[0])
        return Expression(made, self.understood.spellings, symbols_of(self.understood))

    @cached_property
    def blocks(self) -> tuple[str, Expression] | None:
        """Of a Hessian by a matrix that couples only entries of one row (or of one column): which block it has for each."""
        if self.kind != "hessian" or len(set(self.wrt)) > 1:
            return None
        taken = {*self.understood.names, *(n for d in self.declarations for size in d.shape for n in size_names(size))}
        letter = next((i for i in ("i", "j", "k", "r") if i not in taken), "")
        found = blocks(self.value.node, self._variables()[0], letter) if letter else None
        if found is None:
            return None
        where = (
            f"for the {found.over[:-1]} {letter} of {self.wrt[0]}, {letter} = 1..{size_text(found.size)}; 0 elsewhere"
        )
        return where, Expression(found.block, self.understood.spellings, symbols_of(self.understood))

    @cached_property
    def riemannian(self) -> tuple[Riemannian, ...]:
        """Beside the Euclidean gradient, the Riemannian one by each variable that is declared orthogonal, unitary or unit."""
        if self.kind != "gradient" or self.part is not None:
            return ()
        declared = {d.name: Symbol(d.name, d.shape, d.words) for d in self.declarations}
        out = []
        for name in self.wrt:
            x = variable(name, self.understood)
            if symbol_of(x).member is not None:
                continue
            found = riemannian_of(self.objective.node, x, declared[symbol_of(x).name])
            if found is not None:
                value = Expression(found[0], self.understood.spellings, symbols_of(self.understood))
                word = found[1]
                inner = symbol_of(x).name
                out.append(Riemannian(inner, value, word.riemannian, word.metric, word.source))
        return tuple(out)

    @property
    def objective_name(self) -> str:
        """What the formula is called in the derivation: E, or another letter where E is taken."""
        return self._name()

    @property
    def labels(self) -> tuple[str, ...]:
        """What each value is, as the left side of a claim: ``dE/dX``, ``d2E/dx dy``."""
        return self._labels("d", str, str)

    @property
    def unicode_labels(self) -> tuple[str, ...]:
        """The same for a terminal: ``∂E/∂X``, ``∂²E/∂x ∂y``."""
        from matcalc.write.unicode import letters, raised

        return self._labels("∂", raised, letters)

    def _labels(self, d: str, power: Callable[[int], str], show: Callable[[str], str]) -> tuple[str, ...]:
        above = self._name()
        if self.part is not None:
            return (self._of_part(d == "d"),)
        if self.order > 1:
            times = power(self.order)
            below = [show(x) for x in self._in_turn()]
            under = f"{d}{below[0]}{times}" if len(set(below)) == 1 else " ".join(d + x for x in below)
            return (f"{d}{times}{above}/{under}",)
        return tuple(f"{d}{above}/{d}{show(x)}" for x in self.wrt)

    def _in_turn(self) -> tuple[str, ...]:
        """The names of what is differentiated by, one for each order."""
        return self.wrt if len(self.wrt) == self.order else self.wrt * self.order

    def _of_part(self, plain: bool) -> str:
        from matcalc.write.sides import Quotient, plain_side, unicode_side

        assert self.part is not None
        side = Quotient(Name(self._name()), (self.part.tree(),))
        return plain_side(side) if plain else unicode_side(side)

    # --- its forms --------------------------------------------------------------------------------------------------

    @cached_property
    def _forms_of(self) -> Differentiated:
        from matcalc.form import Differentiated

        variables: tuple[Symbol | Component, ...] = self._variables() if self.part is None else (self.part,)
        taken = frozenset(self.understood.names) | {
            n for d in self.declarations for s in d.shape for n in size_names(s)
        }
        sizes = frozenset(d.name for d in self.declarations if d.kind == "size")
        outer = (self._name(), variables[0]) if self.kind == "hessian" else None
        of = variables[-1:] if outer else variables
        return Differentiated(self.differentiated, self._inner_name(), of, taken | sizes, outer, self.value)

    @property
    def is_over_vec(self) -> bool:
        """Whether the value is over the stacked columns of a matrix (or a row), so that the other forms say more."""
        if self.kind not in DERIVATIVES[1:] or (self.part is not None and self.part.is_entry):
            return False
        shapes = [self.differentiated.shape, *(x.shape for x in self._forms_of.variables)]
        return any(shape[1] != 1 for shape in shapes)

    @cached_property
    def differential(self) -> Form:
        """``dF = A dX B``, linear in the differential of each variable; of a Hessian that of the gradient G."""
        return self._forms_of.differential()

    @cached_property
    def jacobian(self) -> Form:
        """``dvec(F)/dvec(X)'``, columns stacked, by the first variable; of a scalar a row."""
        return self._forms_of.jacobian(self._forms_of.variables[0])

    @cached_property
    def entries(self) -> Form:
        """``dF[i,j]/dX[k,l]`` by the first variable."""
        return self._forms_of.entries(self._forms_of.variables[0])

    def forms(self, kind: str = "all") -> tuple[Form, ...]:
        """The differential, the Jacobian and the entries by each variable, or one kind of these.

        A form that has no rule raises NoRuleError where it is asked for alone, and is left out of all.
        """
        from matcalc.form import forms

        return forms(self._forms_of, kind) if self.kind in DERIVATIVES else ()

    def explicit(self, **sizes: int) -> Explicit:
        """The variables and the result written out entry by entry at these sizes: ``result.explicit(m=2, n=3)``."""
        from matcalc.algebra.rebuild import expand_names
        from matcalc.explicit import Written, explicit
        from matcalc.write.latex import letters

        variables = [node for node in self.understood.names.values() if isinstance(node, Symbol)]
        name, f = self._name(), expand_names(self.objective.node)
        shown = [Written(x.name, letters(x.name), x) for x in variables] + [Written(name, letters(name), f)]
        for label, latex, value in zip(self.labels, self.latex_labels, self.values, strict=True):
            shown.append(Written(label, latex, value.expanded().node))
        return explicit(shown, sizes)

    # --- the derivation ---------------------------------------------------------------------------------------------

    @cached_property
    def derivation(self) -> Derivation:
        """The chain as data, with names for inner parts where the formula has no definitions."""
        from matcalc.steps.derivation import derivation, derivation_by_members, derivation_of_jacobian
        from matcalc.steps.members import has_members

        variables = self._variables()
        if self.part is not None:
            from matcalc.steps.derivation_parts import derivation_of_part

            return derivation_of_part(self._name(), self.named_objective, self.part, self._standard[0])
        if is_complex(self.objective.node):
            from matcalc.steps.derivation_complex import derivation_of_complex, derivation_of_complex_jacobian

            if self.kind != "gradient":
                return derivation_of_complex_jacobian(self._inner_name(), self.differentiated, variables[-1])
            return derivation_of_complex(self._name(), self.objective.node, variables)
        if has_members(variables) and self.kind == "gradient":
            return derivation_by_members(self._name(), self.objective.node, variables, [v.node for v in self.values])
        if self.kind == "gradient":
            return derivation(self._name(), self.named_objective, variables)
        return derivation_of_jacobian(self._inner_name(), self.differentiated, self._moving(), self._standard)

    def _moving(self) -> tuple[Symbol, ...]:
        """The variables that the last differential is by: all of them, for a Hessian the last."""
        variables = self._variables()
        return variables[-1:] if self.kind == "hessian" else variables

    @cached_property
    def differentiated(self) -> Expr:
        """What the last differential is taken of: the objective, or for a Hessian its gradient by the first variable."""
        f = self.objective.node
        if self.order == 1:
            return f
        return higher(f, tuple(variable(x, self.understood) for x in self._in_turn()[:-1]))

    @cached_property
    def named_objective(self) -> Expr:
        """The objective with the names that its derivation uses."""
        from matcalc.steps.naming import Names

        plain = self.kind != "gradient" or any(x.member for x in self._variables())
        if self.understood.definitions or plain or is_complex(self.objective.node):
            return self.objective.node
        taken = {*self.understood.names, *(n for d in self.declarations for size in d.shape for n in size_names(size))}
        names = Names(self._variables(), taken)
        with names.arguments_named():
            again = understand(self.understood.source, self._declare, self._syntax)
        return names.inside(again.expression)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The lines of the chain, each verified on numbers."""
        from matcalc.write.narrate import differentials
        from matcalc.write.present import latex_text, plain_text

        verified = self._verified
        names = differentials([*self._symbols(), *(n.name for n in self.derivation.names), self._inner_name()])
        spellings = self.understood.spellings
        return tuple(
            Step(
                plain_text(line.left, spellings) if line.left is not None else "",
                plain_text(line.right, spellings),
                latex_text(line.right, names),
                line.reasons,
                verified,
            )
            for line in self.derivation.lines
        )

    def lines(self, pretty: bool = False) -> list[tuple[str, str, str]]:
        """The whole derivation as (left, right, reason): names, the formula, the chain; ``pretty`` for a terminal."""
        from matcalc.write.narrate import lines_of_text

        return lines_of_text(self.derivation, self._opening(), self.understood.spellings, pretty)

    def _opening(self) -> Syntax:
        """What the derivation begins with: the formula as typed, unless parts of it have got names; for a Hessian its gradient."""
        if self.order > 1:
            return spell(self.differentiated)
        written_out = is_complex(self.objective.node) and self.understood.definitions
        if self.named_objective is self.objective.node and not written_out:
            return self.understood.tree
        return spell(self.named_objective)

    @cached_property
    def _verified(self) -> bool:
        """Reads every printed line back and holds it against the line before, on numbers; a difference is a fault of ours."""
        from matcalc.steps.differential import differential, differential_symbol
        from matcalc.steps.understand import expression_of
        from matcalc.verify.chain import first_difference
        from matcalc.write.present import plain_text

        families = [d for d in self.declarations if d.family is not None]
        stems = {d.name.rpartition("_")[0] for d in families}
        letters: dict[str, Expr] = {s.name: s for s in symbols_of(self.understood)}
        letters = {name: letter for name, letter in letters.items() if name not in stems}
        letters |= {
            letter_of(n): n
            for n in postorder(self.objective.node)
            if isinstance(n, Named) or (isinstance(n, Symbol) and not n.member)
        }
        sizes = {n for d in self.declarations for s in d.shape for n in size_names(s)}
        declared = {d.name for d in self.declarations if d.kind == "size"}
        letters |= {n: size(n) for n in sizes if n not in letters and n not in declared}
        d: dict[Expr, Expr] = {x: differential_symbol(x) for x in self._moving()}
        letters |= {"d" + letter_of(x): dx for x, dx in d.items()}
        for name in self.derivation.names:
            letters[name.name] = name
            try:
                d[name] = differential(name.body, d)
            except NoRuleError:  # only its adjoint has a closed form: nothing to compare the lines by
                return False
            letters["d" + name.name] = d[name]
        unknown = [d for d in self.declarations if d.kind in ("function", "size")] + families
        lines = [expression_of(plain_text(line.right), letters, unknown) for line in self.derivation.lines]
        if self.part is not None:
            from matcalc.steps.derivation_parts import truths

            found = [first_difference(group) for group in truths(self.named_objective, self.part, lines)]
            if any(place is not None and place >= 0 for place in found):
                raise MatcalcError("a line of the derivation differs from the line before: please report this formula")
            return all(place is None for place in found)
        if self.kind != "gradient":
            lines[0] = vec(lines[0])
            lines.insert(0, vec(differential(self.differentiated, d)))
        wrong = first_difference(lines)
        if wrong is not None and wrong >= 0:
            raise MatcalcError(
                f"line {wrong + 1} of the derivation differs from the line before: please report this formula"
            )
        return wrong is None

    def _variables(self) -> tuple[Symbol, ...]:
        if self.part is not None:
            return (self.part.whole,)
        found = tuple(variable(x, self.understood) for x in self.wrt)
        return tuple(map(symbol_of, found))

    def _name(self) -> str:
        """What the formula is called: E, F for an array, G for a gradient, or another letter where that is taken."""
        if self._called:
            return self._called
        first = "E" if self.objective.node.is_scalar else "F"
        taken = self.understood.names
        return next(letter for letter in (first, "F", "J", "L", "phi", "objective_") if letter not in taken)

    def _inner_name(self) -> str:
        """What the derivation differentiates: the formula, or for a Hessian its gradient G."""
        taken = {*self.understood.names, self._name()}
        letters = ("G", "g", "grad_E") if self.order == 2 else ("H", "T", "D_E")
        return next(n for n in letters if n not in taken) if self.order > 1 else self._name()

    # --- other spellings --------------------------------------------------------------------------------------------

    def latex(self, steps: bool = False, coloured: bool = False) -> str:
        """The gradient as ``∂E/∂X = …``; with ``steps`` the derivation as ``aligned``, ``coloured`` where a step rewrites.

        Valid in KaTeX, MathJax and in pdflatex with amsmath (and xcolor for the colours).
        """
        from matcalc.write.narrate import grad_latex, latex_derivation

        if not steps:
            lines = [rf"{left} &= {v.latex()}" for left, v in zip(self.latex_labels, self.values, strict=True)]
            lines += [rf"{grad_latex(self._name(), r.wrt)} &= {r.value.latex()}" for r in self.riemannian]
            if len(lines) == 1:
                return lines[0].replace("&= ", "= ", 1)
            return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"
        self._checked()
        return latex_derivation(self.derivation, self._opening(), self._results(), self._symbols(), coloured)

    def latex_lines(self, coloured: bool = False) -> list[Row]:
        """The derivation line by line: each side as LaTeX, and the identities that lead to the line."""
        from matcalc.write.narrate import latex_rows

        self._checked()
        return latex_rows(self.derivation, self._opening(), self._results(), self._symbols(), coloured)

    def _checked(self) -> None:
        """Nothing is shown of a derivation that has a wrong line."""
        _ = self._verified

    def _results(self) -> dict[str, Syntax]:
        """The values by their left sides, the Riemannian gradients too."""
        from matcalc.write.narrate import grad_latex

        found = {left: v.syntax for left, v in zip(self.latex_labels, self.values, strict=True)}
        return found | {grad_latex(self._name(), r.wrt): r.value.syntax for r in self.riemannian}

    def mathml(self, steps: bool = False, coloured: bool = False) -> str:
        """The same as MathML Core, for pages that display it without a script."""
        from matcalc.write.mathml import mathml

        return mathml(self.latex(steps, coloured), display=True)

    def tex(self, steps: bool = False, coloured: bool = False) -> str:
        """A LaTeX document that stands alone, with what the letters are and where the result holds."""
        from matcalc.write.tex import document

        return document(self.latex(steps, coloured), self.conditions, self.declarations)

    def save_picture(self, path: str, steps: bool = False, coloured: bool = False) -> None:
        """Writes a picture, .svg, .png or .pdf, without a TeX installation; needs ``matcalc-engine[picture]``."""
        from matcalc.write.picture import save_picture

        save_picture(self.latex(steps, coloured), path)

    @property
    def latex_labels(self) -> list[str]:
        """What each value is, as the left side of an equation in LaTeX."""
        from matcalc.write.narrate import derivative_latex, jacobian_latex

        if self.part is not None:
            return [self._latex_of_part()]
        if self.order > 1:
            return [derivative_latex(self._name(), *map(self._spelled, self._in_turn()))]
        if self.kind == "gradient":
            return [derivative_latex(self._name(), self._spelled(x)) for x in self.wrt]
        F = self.objective.node
        shapes = zip(self.wrt, self._variables(), strict=True)
        return [jacobian_latex(self._name(), self._spelled(w), F.shape[1] != 1, x.shape[1] != 1) for w, x in shapes]

    def _spelled(self, name: str) -> str:
        return spelled(variable(name, self.understood))

    def _latex_of_part(self) -> str:
        from matcalc.write.sides import Quotient, latex_side

        assert self.part is not None
        return latex_side(Quotient(Name(self._name()), (self.part.tree(),)))

    def _symbols(self) -> list[str]:
        return [letter_of(x) for x in self._variables()]

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}\n$$"

    def function(self, target: str = "numpy", gives: str = "result") -> EmittedFunction:
        """A function of the symbols in the result, giving it (a tuple by several variables); ``.source`` is its text.

        ``target`` is numpy, array-api, jax, torch or julia. ``gives`` may also be value, value_and_gradient, hessian, hvp
        (with a direction dX), jvp, or vjp (with a seed in the shape of the formula).
        """
        from matcalc.emit import function

        return function(self, target, gives)

    def code(self, target: str = "numpy", gives: str = "result") -> str:
        """The text of that function, which needs nothing of this package."""
        from matcalc.emit import source

        return source(self, target, gives)

    def to_json(self, steps: bool = False) -> dict[str, object]:
        """Everything as plain data."""
        out: dict[str, object] = {
            "kind": self.kind,
            "formula": self.understood.source,
            "results": [
                {"wrt": x, "plain": str(v), "unicode": v.unicode(), "latex": v.latex(), "shape": shape_text(v.shape)}
                for x, v in zip(
                    self.wrt if len(self.wrt) == len(self.values) else [", ".join(self.wrt)], self.values, strict=True
                )
            ],
            "layout": self.layout,
            "declarations": [str(d) for d in self.declarations],
            "inferred": list(self.inferred),
            "definitions": {d.name: d.source for d in self.understood.definitions},
            "notices": list(self.notices),
            "conditions": list(self.conditions),
            "forms": [form.to_json() for form in self.forms()],
        }
        if self.quadratic is not None:
            out["quadratic"] = {
                "plain": str(self.quadratic),
                "unicode": self.quadratic.unicode(),
                "latex": self.quadratic.latex(),
            }
        if self.blocks is not None:
            where, block = self.blocks
            out["blocks"] = {"where": where, "plain": str(block), "unicode": block.unicode(), "latex": block.latex()}
        if self.riemannian:
            out["riemannian"] = [
                {
                    "wrt": r.wrt,
                    "plain": str(r.value),
                    "unicode": r.value.unicode(),
                    "latex": r.value.latex(),
                    "statement": r.statement,
                    "metric": r.metric,
                    "source": r.source,
                }
                for r in self.riemannian
            ]
        if steps:
            out["steps"] = [
                {
                    "left": s.left,
                    "right": s.right,
                    "latex": s.latex,
                    "verified": s.verified,
                    "identities": [_identity(i) for i in s.identities],
                }
                for s in self.steps
            ]
            out["names"] = [
                {"name": left, "value": right} for left, right, _ in self.lines()[: len(self.derivation.names)]
            ]
        return out


def _identity(identity: Identity) -> dict[str, str]:
    return {"name": identity.name, "statement": identity.statement, "given": identity.given, "source": identity.source}
