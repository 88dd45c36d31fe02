"""A line that is not right, with numbers at which changes of it are tried, and what is found out about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from matcalc.algebra import transpose
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, Symbol
from matcalc.read.document import Derivative
from matcalc.read.syntax import Syntax
from matcalc.read.trees import names_in, nodes
from matcalc.shape import Shape
from matcalc.steps.differential import differential_symbol
from matcalc.verify.equal import holds
from matcalc.verify.evaluate import Array
from matcalc.verify.expanded import expanded
from matcalc.verify.lines import Judged, side
from matcalc.verify.places import plainly
from matcalc.verify.sample import Draw, draw
from matcalc.verify.truth import Motion

WORK, OF_LINE = (
    200_000,
    60_000,
)  # nodes of changed lines that are read, in a document and for a line; no known cause takes half
CLOSE = 1e-9  # relative errors up to here make a change worth judging


@dataclass(frozen=True)
class Diagnosis:
    """``words`` say what to do, with ``{}`` for each of ``parts``; ``right`` is a right side that is right.

    ``nearest`` says whether that is the author's own with a change or two, and not ours.
    """

    cause: str
    words: str
    right: Syntax | None
    parts: tuple[Syntax, ...] = ()
    nearest: bool = True

    def said(self, text: Callable[[Syntax], str]) -> str:
        return self.words.format(*map(text, self.parts)) if self.parts else self.words


@dataclass
class Budget:
    """How many nodes of changed lines may still be read: no time, so that the same document has the same report."""

    left: int = WORK
    of_line: int = OF_LINE

    def spend(self, tree: Syntax) -> None:
        """Exhausted where nothing is left, for the document or for its line."""
        if min(self.left, self.of_line) < 0:
            raise Exhausted
        count = sum(1 for _ in nodes(tree))
        self.left -= count
        self.of_line -= count


class Exhausted(Exception):
    """There are more causes than are looked for."""


class Case:
    """``tree`` is the right side as its author wrote it, ``ours`` what should stand there; ``before`` the lines before."""

    def __init__(
        self, found: Judged, before: Sequence[Judged], source: str, ours: Syntax | None, budget: Budget
    ) -> None:
        assert found.truth is not None
        assert found.motion is not None
        assert found.left is not None
        assert found.line.right is not None
        assert not isinstance(found.line.right, Derivative)
        self.found = found
        self.left = found.left
        self.truth = found.truth
        self.motion: Motion = found.motion
        self.before = before
        self.source = source
        self.ours = ours
        self.budget = budget
        budget.of_line = OF_LINE
        setting = self.motion.setting
        self.letters: dict[str, Shape] = {n: x.shape for n, x in setting.names.items() if n not in setting.derivatives}
        self.tree = plainly(found.line.right, self.letters)
        self.undeclared = setting.undeclared(self.tree, source)
        self.twice: list[tuple[Diagnosis, Expr]] | None = None  # what two changes give, once it was tried

    @property
    def symbols(self) -> list[Symbol]:
        """The variables of the document."""
        return [x for x in self.motion.setting.names.values() if isinstance(x, Symbol)]

    @cached_property
    def written_out(self) -> Syntax:
        """The right side with its products distributed over its sums."""
        return expanded(self.tree, self.letters)

    @cached_property
    def draws(self) -> list[tuple[Draw, Array]]:
        """Two draws with the true value at each."""
        letters = [*self.symbols, *(differential_symbol(x) for x in self.symbols if x.name in self.motion.moving)]
        expressions = [self.truth.value, *([self.found.value] if self.found.value is not None else [])]
        try:
            found = [draw(expressions, seed, letters) for seed in (0, 1)]
        except MatcalcError:
            return []
        return [(one, one.value(self.truth.value)) for one in found if one is not None]

    def expression(self, tree: Syntax) -> Expr | None:
        """What a changed right side means; None where it means nothing. Exhausted where enough of them were read."""
        self.budget.spend(tree)
        if not self.undeclared.isdisjoint(names_in(tree)):
            return None
        try:
            return side(tree, self.motion, self.source, self.truth.value.shape)
        except (MatcalcError, ArithmeticError, AssertionError, RecursionError):
            return None

    def values(self, expression: Expr) -> list[Array] | None:
        """The values at the draws; None where one is not finite."""
        try:
            found = [one.value(expression) for one, _ in self.draws]
        except (MatcalcError, np.linalg.LinAlgError, ValueError, ArithmeticError, LookupError):
            return None
        return found if found and all(np.all(np.isfinite(value)) for value in found) else None

    def is_right(self, expression: Expr | None) -> bool:
        """Whether an expression is the truth: on the draws first, then for all values."""
        return expression is not None and any(self.equals(value, expression) for value in self.truth.values)

    def convention(self, expression: Expr | None) -> str:
        """The name of the convention in which an expression is right."""
        if expression is None:
            return ""
        return next((o.name for o in self.truth.conventions if self.equals(o.value, expression)), "")

    def equals(self, value: Expr, expression: Expr) -> bool:
        """Whether two expressions are the same: on the draws first, then for all values."""
        if value is expression:
            return True
        if value.shape != expression.shape:
            return False
        wanted = [true for _, true in self.draws] if value is self.truth.value else self.values(value)
        found = self.values(expression)
        if not wanted or found is None or not all(map(close, wanted, found)):
            return False
        return holds(value, expression)

    def is_symmetric(self, parts: Sequence[Syntax]) -> bool:
        """Whether all letters in some parts are symmetric."""
        found = [self.motion.setting.names.get(name) for part in parts for name in names_in(part)]
        return all(x is not None and transpose(x) is x for x in found)

    @cached_property
    def rests(self) -> list[Array]:
        """Truth minus the line, at the draws; none where they cannot be compared."""
        value = self.found.value
        if value is None or value.shape != self.truth.value.shape:
            return []
        found = self.values(value)
        return [] if found is None else [true - own for (_, true), own in zip(self.draws, found, strict=True)]

    def multiple(self, tree: Syntax) -> Fraction | None:
        """The small rational number c with truth - line = c · tree at every draw."""
        expression = self.expression(tree)
        values = None if expression is None else self.values(expression)
        if values is None or not self.rests or values[0].shape != self.rests[0].shape:
            return None
        place = np.unravel_index(int(np.argmax(np.abs(values[0]))), values[0].shape)
        if not values[0][place]:
            return None
        ratio = self.rests[0][place] / values[0][place]
        if np.iscomplexobj(ratio) or not abs(ratio) < 20:
            return None
        c = Fraction(float(ratio)).limit_denominator(12)
        fits = all(close(rest, float(c) * value) for rest, value in zip(self.rests, values, strict=True))
        return c if c and fits else None


def close(a: Array, b: Array) -> bool:
    """Whether two arrays are equal but for what arithmetic loses."""
    scale = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)), 1e-30)
    return a.shape == b.shape and bool(np.max(np.abs(a - b), initial=0.0) <= CLOSE * scale)
