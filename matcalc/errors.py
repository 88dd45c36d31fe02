"""What a user sees when something they typed is at fault: the place, what was seen, what to try.

>>> print(FormulaError("unknown function 'trc'", "trc(A)", [(0, 3)], "did you mean tr?"))
unknown function 'trc'
  trc(A)
  ^^^
  did you mean tr?
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

WIDTH = 100  # of the excerpt shown around the place
LONGEST = 80  # letters of a word in a message
MESSAGE = 360  # letters of a message
WORD = 40  # letters of what was typed, where a message repeats it
NAMED = "name parts of it: X := …"  # what to try where a formula is too long
UNSEEN = "\N{REPLACEMENT CHARACTER}"  # stands for a letter that a terminal would obey, or cannot show


class MatcalcError(Exception):
    """Everything this package raises on purpose derives from this."""


class FormulaError(MatcalcError, ValueError):
    """The formula, a declaration or a definition is at fault. ``spans`` are half-open ranges of characters in ``source``."""

    def __init__(self, message: str, source: str = "", spans: Sequence[tuple[int, int]] = (), hint: str = "") -> None:
        message = readable(message)
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
            lines.append("  " + readable(self.hint))
        return "\n".join(lines)


class CallError(MatcalcError, ValueError):
    """The call is at fault: an unknown option, a ``wrt`` that is nowhere in the formula."""

    def __init__(self, message: str) -> None:
        super().__init__(readable(message))


class NoRuleError(FormulaError):
    """The operation has no rule for what was asked; it is never differentiated to 0."""


def readable(message: str) -> str:
    """A message that repeats what was typed: long words cut, and letters that have no shape by their numbers.

    >>> readable("unknown function 'f\\x1b'"), readable("9" * 200 + " is too large")
    ("unknown function 'fU+001B'", '99999999999999999999999999999999999999999999999999999999999…99999999999999999999 is too large')
    """
    message = visible(message)
    if len(message) > LONGEST:
        message = _LONG_WORD.sub(r"\1…\2", message)
    return message if len(message) <= MESSAGE else f"{message[: MESSAGE - 62]} … {message[-60:]}"


def visible(text: str) -> str:
    """A text with the letters that a terminal would obey, or cannot show, by their numbers; lines stay lines."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else f"U+{ord(c):04X}" for c in text)


def shortened(text: str, most: int = WORD) -> str:
    """What a message repeats of a text: on one line, and no more than its beginning where it is long.

    >>> shortened("check"), shortened("a text\\n of some  lines, of which a beginning is enough to see it")
    ('check', 'a text of some lines, of which a beginn…')
    """
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most else line[: most - 1] + "…"


_LONG_WORD = re.compile(rf"(\S{{{LONGEST - 21}}})\S{{2,}}(\S{{20}})")


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
    if line.isascii() and line.isprintable():
        return ["  " + line, "  " + "".join(marks).rstrip()]
    below = "".join(mark * columns(letter) for mark, letter in zip(marks, line + " ", strict=True))
    return ["  " + "".join(_shown(line)), "  " + below.rstrip()]


def columns(letter: str) -> int:
    """How many columns a letter takes on a terminal."""
    from unicodedata import combining, east_asian_width

    return 0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1


def _shown(line: str) -> Iterator[str]:
    for letter in line:
        yield letter if letter.isprintable() else " " if letter in "\t\r" else UNSEEN
