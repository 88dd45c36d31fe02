"""A result: the values, what was understood, the derivation, and all of it in other spellings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING

from matcalc.expr import Expr, Symbol
from matcalc.expression import Expression
from matcalc.read.declarations import Declaration
from matcalc.result.beside import quadratic_form, repeated_block, riemannian_gradients
from matcalc.result.chain import derivation_of, named_objective, opening, steps
from matcalc.result.data import data
from matcalc.result.labels import inner_name, labels, latex_labels, objective_name
from matcalc.result.records import Riemannian, Step
from matcalc.shape import names as size_names
from matcalc.steps.letters import letter_of
from matcalc.steps.results import higher
from matcalc.steps.understand import Understood
from matcalc.steps.wanted import variable
from matcalc.steps.wirtinger import symbol_of

if TYPE_CHECKING:
    from matcalc.explicit import Explicit
    from matcalc.form import Differentiated, Form
    from matcalc.read.syntax import Syntax
    from matcalc.steps.components import Component
    from matcalc.steps.derivation import Derivation
    from matcalc.write.code.function import EmittedFunction
    from matcalc.write.narrate import Row

__all__ = ["Result", "Riemannian", "Step"]
DERIVATIVES = ("gradient", "jacobian", "hessian", "higher")  # kinds that have three forms


@dataclass(frozen=True, repr=False)
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

    def __getstate__(self) -> dict[str, object]:
        """For pickles: without what was found out later, which is found again."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __str__(self) -> str:
        return "\n".join(f"{label} = {value}" for label, value in zip(self.labels, self.values, strict=True))

    def __repr__(self) -> str:
        return f"<{self.kind}: {self}>"

    @cached_property
    def quadratic(self) -> Expression | None:
        """Of a Hessian by one variable, d²E as a quadratic form in dX; None for anything else."""
        return quadratic_form(self)

    @cached_property
    def blocks(self) -> tuple[str, Expression] | None:
        """Of a Hessian by a matrix that couples only entries of one row (or of one column): which block it has for each."""
        return repeated_block(self)

    @cached_property
    def riemannian(self) -> tuple[Riemannian, ...]:
        """Beside the Euclidean gradient, the Riemannian one by each variable that is declared orthogonal, unitary or unit."""
        return riemannian_gradients(self)

    @property
    def objective_name(self) -> str:
        """What the formula is called in the derivation: E, or another letter where E is taken."""
        return objective_name(self)

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
        return labels(self, d, power, show)

    def _in_turn(self) -> tuple[str, ...]:
        """The names of what is differentiated by, one for each order."""
        return self.wrt if len(self.wrt) == self.order else self.wrt * self.order

    # --- its forms --------------------------------------------------------------------------------------------------

    @cached_property
    def _forms_of(self) -> Differentiated:
        from matcalc.form import Differentiated

        variables: tuple[Symbol | Component, ...] = self._variables() if self.part is None else (self.part,)
        taken = frozenset(self.understood.names) | {
            n for d in self.declarations for s in d.shape for n in size_names(s)
        }
        sizes = frozenset(d.name for d in self.declarations if d.kind == "size")
        outer = (self.objective_name, variables[0]) if self.kind == "hessian" else None
        of = variables[-1:] if outer else variables
        return Differentiated(self.differentiated, inner_name(self), of, taken | sizes, outer, self.value)

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
        name, f = self.objective_name, expand_names(self.objective.node)
        shown = [Written(x.name, letters(x.name), x) for x in variables] + [Written(name, letters(name), f)]
        for label, latex, value in zip(self.labels, self.latex_labels, self.values, strict=True):
            shown.append(Written(label, latex, value.expanded().node))
        return explicit(shown, sizes)

    # --- the derivation ---------------------------------------------------------------------------------------------

    @cached_property
    def derivation(self) -> Derivation:
        """The chain as data, with names for inner parts where the formula has no definitions."""
        return derivation_of(self)

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
        return named_objective(self)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The lines of the chain, each verified on numbers."""
        return steps(self)

    def lines(self, pretty: bool = False) -> list[tuple[str, str, str]]:
        """The whole derivation as (left, right, reason): names, the formula, the chain; ``pretty`` for a terminal."""
        from matcalc.write.narrate import lines_of_text

        return lines_of_text(self.derivation, opening(self), self.understood.spellings, pretty)

    @cached_property
    def _verified(self) -> bool:
        """Reads every printed line back and holds it against the line before, on numbers; a difference is a fault of ours."""
        from matcalc.result.checked import is_verified  # it loads NumPy

        return is_verified(self)

    def _variables(self) -> tuple[Symbol, ...]:
        if self.part is not None:
            return (self.part.whole,)
        found = tuple(variable(x, self.understood) for x in self.wrt)
        return tuple(map(symbol_of, found))

    # --- other spellings --------------------------------------------------------------------------------------------

    def latex(self, steps: bool = False, coloured: bool = False) -> str:
        """The gradient as ``∂E/∂X = …``; with ``steps`` the derivation as ``aligned``, ``coloured`` where a step rewrites.

        Valid in KaTeX, MathJax and in pdflatex with amsmath (and xcolor for the colours).
        """
        from matcalc.write.narrate import grad_latex, latex_derivation

        if not steps:
            lines = [rf"{left} &= {v.latex()}" for left, v in zip(self.latex_labels, self.values, strict=True)]
            lines += [rf"{grad_latex(self.objective_name, r.wrt)} &= {r.value.latex()}" for r in self.riemannian]
            if len(lines) == 1:
                return lines[0].replace("&= ", "= ", 1)
            return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"
        return latex_derivation(self.latex_lines(coloured))

    def latex_lines(self, coloured: bool = False) -> list[Row]:
        """The derivation line by line: each side as LaTeX, and the identities that lead to the line."""
        from matcalc.write.narrate import latex_rows

        self._checked()
        return latex_rows(
            self.derivation, opening(self), self._results(), self._symbols(), self.understood.spellings, coloured
        )

    def _checked(self) -> None:
        """Nothing is shown of a derivation that has a wrong line."""
        _ = self._verified

    def _results(self) -> dict[str, Syntax]:
        """The values by their left sides, the Riemannian gradients too."""
        from matcalc.write.narrate import grad_latex

        found = {left: v.syntax for left, v in zip(self.latex_labels, self.values, strict=True)}
        return found | {grad_latex(self.objective_name, r.wrt): r.value.syntax for r in self.riemannian}

    def mathml(self, steps: bool = False, coloured: bool = False) -> str:
        """The same as MathML Core, for pages that display it without a script."""
        from matcalc.write.mathml import mathml

        return mathml(self.latex(steps, coloured), display=True)

    def tex(self, steps: bool = False, coloured: bool = False) -> str:
        """A LaTeX document that stands alone, with what the letters are and where the result holds."""
        from matcalc.write.tex import document

        return document(self.latex(steps, coloured), self.conditions, self.declarations)

    def save_picture(self, path: str, steps: bool = False, coloured: bool = False) -> None:
        """Writes a picture, .svg, .png or .pdf, without a TeX installation; needs the extra ``picture``."""
        from matcalc.write.picture import save_picture

        save_picture(self.latex(steps, coloured), path)

    @property
    def latex_labels(self) -> list[str]:
        """What each value is, as the left side of an equation in LaTeX."""
        return latex_labels(self)

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
        return data(self, steps)
