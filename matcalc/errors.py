"""What a user sees when something they typed is at fault: the place, what was seen, what to try.

>>> print(FormulaError("unknown function 'trc'", "trc(A)", [(0, 3)], "did you mean tr?"))
unknown function 'trc'
  trc(A)
  ^^^
  did you mean tr?
"""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 100  # of the excerpt shown around the place


class MatcalcError(Exception):
    """Everything this package raises on purpose derives from this."""


class FormulaError(MatcalcError, ValueError):
    """The formula, a declaration or a definition is at fault. ``spans`` are half-open ranges of characters in ``source``."""

    def __init__(self, message: str, source: str = "", spans: Sequence[tuple[int, int]] = (), hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.spans = tuple(spans)
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message]
        if self.source and self.spans:
            lines += _excerpt(self.source, self.spans)
        if self.hint:
            lines.append("  " + self.hint)
        return "\n".join(lines)


class CallError(MatcalcError, ValueError):
    """The call is at fault: an unknown option, a ``wrt`` that is nowhere in the formula."""


class NoRuleError(FormulaError):
    """The operation has no rule for what was asked; it is never differentiated to 0."""


def _excerpt(source: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """The line of the first span with carets under every span that lies in it, cut to WIDTH characters."""
    start = min(span[0] for span in spans)
    begin = source.rfind("\n", 0, start) + 1
    end = source.find("\n", start)
    end = len(source) if end < 0 else end
    shift = 0
    line = source[begin:end]
    if len(line) > WIDTH:  # keep the place in view
        shift = max(0, min(start - begin - WIDTH // 3, len(line) - WIDTH))
        line = line[shift : shift + WIDTH]
    marks = [" "] * (len(line) + 1)
    for low, high in spans:
        for k in range(low, max(high, low + 1)):
            place = k - begin - shift
            if 0 <= place < len(marks):
                marks[place] = "^"
    return ["  " + line.replace("\t", " "), "  " + "".join(marks).rstrip()]
