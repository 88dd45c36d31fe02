"""What was found out about a document, as records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from matcalc.errors import FormulaError, MatcalcError
from matcalc.read.declared import Declaration, Definition
from matcalc.read.document import Derivative, Expected
from matcalc.read.syntax import Span, Syntax

if TYPE_CHECKING:
    from matcalc.result import Result
    from matcalc.rules.record import Identity

RIGHT = frozenset({"proved", "equal", "numerically equal"})
DONE, WRONG, UNREAD = 0, 1, 2


@dataclass(frozen=True)
class LineReport:
    """One line of a hand derivation.

    ``verdict``: proved, equal (modulo a prime, with ``error_probability``), numerically equal, right in another convention,
    shapes do not fit, wrong, undecided. ``cause`` and ``reason`` say why, ``correction`` is the line as it should be
    (``nearest``: the author's own with as little change as possible), ``example`` numbers that show that it is wrong.
    ``follows``: whether it follows from the line before, right or not (None where there is none); ``by`` the identities that
    take it. ``held``: variables that the chain holds fixed. ``expected``: what its author said would be found.
    """

    number: int
    left: str
    right: str
    verdict: str
    cause: str | None = None
    reason: str = ""
    correction: str | None = None
    nearest: bool = False
    example: str | None = None
    error_probability: float = 0.0
    follows: bool | None = None
    by: tuple[Identity, ...] = ()
    held: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    error: FormulaError | None = None
    expected: Expected | None = None
    span: Span = (0, 0)
    is_unread: bool = False
    chain: int = 0
    begins: bool = True
    about: tuple[str, tuple[str, ...]] | None = None
    left_tree: Syntax | Derivative | None = field(default=None, repr=False)
    right_tree: Syntax | Derivative | None = field(default=None, repr=False)
    correction_tree: Syntax | None = field(default=None, repr=False)

    @property
    def is_right(self) -> bool:
        return self.verdict in RIGHT

    @property
    def is_as_expected(self) -> bool:
        """Whether it is right, or refused as its author said."""
        if self.expected is None:
            return self.is_right
        if self.is_right or self.is_unread:
            return False
        verdict = self.expected.verdict in ("refused", self.verdict)
        return verdict and self.expected.cause in ("", self.cause or "other")

    def __str__(self) -> str:
        said = f"{self.verdict} ({self.cause})" if self.cause else self.verdict
        return f"{self.left} = {self.right}   {said}" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True)
class Answer:
    """What ``derive dE/dU`` asks, and the result; ``error`` where there is none."""

    asked: str
    result: Result | None
    error: MatcalcError | None = None


@dataclass(frozen=True)
class Report:
    """``lines`` are those of all chains and claims, in order; ``problems`` what could not be read or understood.

    ``first_bad`` is the index of the first line that is not right, or None. ``status``: 0 all right (or refused as marked),
    1 something is wrong, 2 something could not be read. ``notices``: how formulas were read that could be meant otherwise.
    """

    title: str
    source: str
    lines: tuple[LineReport, ...]
    answers: tuple[Answer, ...]
    problems: tuple[FormulaError, ...]
    declarations: tuple[Declaration, ...]
    inferred: tuple[Declaration, ...]
    definitions: tuple[Definition, ...]
    syntax: str = "plain"
    notices: tuple[str, ...] = ()

    @property
    def first_bad(self) -> int | None:
        return next((k for k, line in enumerate(self.lines) if not line.is_right), None)

    @property
    def status(self) -> int:
        if self.problems or any(line.is_unread for line in self.lines) or any(answer.error for answer in self.answers):
            return UNREAD
        return DONE if all(line.is_as_expected for line in self.lines) else WRONG

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))

    def to_json(self) -> dict[str, object]:
        """Everything as plain data."""
        from matcalc.report.data import as_data

        return as_data(self)

    def latex(self) -> str:
        """The chains with what is wrong marked, and the right line below it."""
        from matcalc.report.latex import as_latex

        return as_latex(self)

    def _repr_markdown_(self) -> str:
        from matcalc.report.markdown import as_markdown

        return as_markdown(self)
