"""What a document holds, as records: declarations, definitions, requests and hand derivations, whatever they were typed in.

``.mc`` files, LaTeX and Markdown are all read to these. Spans are ranges of characters in the document's own text.
"""

from __future__ import annotations

from dataclasses import dataclass

from matcalc.errors import NAMED, FormulaError
from matcalc.read.declared import Declaration, Definition
from matcalc.read.syntax import NOWHERE, Span, Syntax

SIDE = 6_000  # letters and figures of one side of a line that are read at most


def bounded(source: str, span: Span) -> None:
    """FormulaError where one side of a line is longer than a person writes it."""
    count = sum(map(str.isalnum, source[slice(*span)])) if span[1] - span[0] > SIDE else 0
    if count > SIDE:
        message = f"this side has {count} letters and figures, and at most {SIDE} are read"
        raise FormulaError(message, source, [(span[0], span[0] + 1)], NAMED)


@dataclass(frozen=True, slots=True)
class Derivative:
    """``dE/dU``, ``d2E/dx dy``, ``∂f/∂W_ij``, ``∇_U E``: what is differentiated, and by what, in order.

    ``of`` is usually a name, but may be any formula (``∂/∂X tr(A X)``). Every item of ``wrt`` is a name, an entry or a
    column (``W[i,j]``, ``W[:,j]``), or ``conj(Z)``; ``∇²E`` with nothing to say by what has none.
    """

    of: Syntax
    wrt: tuple[Syntax, ...]
    order: int
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Line:
    """``left = right``; an empty left side continues the chain. ``error``: why it could not be read (``right`` is then None)."""

    left: Syntax | Derivative | None
    right: Syntax | Derivative | None
    span: Span = NOWHERE
    error: FormulaError | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A hand derivation, to be held against the truth line by line."""

    lines: tuple[Line, ...]
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Ask:
    """``derive dE/dU, dE/dV``."""

    wanted: tuple[Derivative, ...]
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Unread:
    """A place that could not be read; the rest of the document still is."""

    error: FormulaError
    span: Span = NOWHERE


Statement = Declaration | Definition | Ask | Check | Unread


@dataclass(frozen=True, slots=True)
class Expected:
    """What an author says beforehand of the line that the span lies in: that it must be refused, and why."""

    verdict: str
    cause: str = ""
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class Document:
    """The statements in the order of the text. ``syntax`` is "plain" or "latex"; ``title`` the first comment or heading.

    ``notices`` say what was read in a way worth a look; ``derivatives`` are those that stand inside formulas, with the
    names that they are read as.
    """

    source: str
    statements: tuple[Statement, ...]
    syntax: str = "plain"
    title: str = ""
    expected: tuple[Expected, ...] = ()
    notices: tuple[str, ...] = ()
    derivatives: tuple[tuple[str, Derivative], ...] = ()
