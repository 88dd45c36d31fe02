"""How output looks: letters, colours and boxes on a terminal, plain text elsewhere.

>>> look = Look(pretty=True, colour=False, width=80)
>>> for line in look.boxed(["∂E/∂w = 2 Xᵀ (X w - y)"]):
...     print(line)
╭────────────────────────╮
│ ∂E/∂w = 2 Xᵀ (X w - y) │
╰────────────────────────╯
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NamedTuple, TextIO
from unicodedata import combining

WIDTH = 120  # where there is no terminal
BOLD, DIM, RED, CYAN = "1", "2", "31", "36"


class Look(NamedTuple):
    """``pretty``: Unicode and boxes; ``colour``: ANSI colours; ``width``: of a line."""

    pretty: bool
    colour: bool
    width: int

    @classmethod
    def of(cls, stream: TextIO, color: str = "auto") -> Look:
        """The look for a stream; ``always`` also where it is no terminal."""
        terminal = stream.isatty()
        pretty = (terminal or color == "always") and _has_letters(stream)
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return cls(pretty, color == "always" or (color == "auto" and terminal and not plain), _width(stream))

    def strong(self, text: str) -> str:
        return self._in(BOLD, text)

    def name(self, text: str) -> str:
        return self._in(CYAN, text)

    def quiet(self, text: str) -> str:
        return self._in(DIM, text)

    def error(self, text: str) -> str:
        return self._in(f"{BOLD};{RED}", text)

    def _in(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.colour and text else text

    @property
    def arrow(self) -> str:
        return " → " if self.pretty else " -> "

    def statement(self, text: str) -> str:
        """A line of the rule tables: with raised letters for a terminal, in letters of the keyboard elsewhere.

        >>> Look(True, False, 80).statement("d(A') = dA'"), Look(False, False, 80).statement("A ⊙ B")
        ('d(Aᵀ) = dAᵀ', 'A .* B')
        """
        if self.pretty:
            return re.sub(r"'(?!\()", "ᵀ", text).replace(".*", "⊙")
        return text.translate(_TYPED)

    def boxed(self, lines: Sequence[str]) -> list[str]:
        """The lines in a box, where there is room for one."""
        inner = max(map(seen, lines))
        if not self.pretty or inner + 4 > self.width:
            return [self.strong(line) for line in lines]
        middle = [
            f"{self.quiet('│')} {self.strong(line)}{' ' * (inner - seen(line))} {self.quiet('│')}" for line in lines
        ]
        return [self.quiet("╭" + "─" * (inner + 2) + "╮"), *middle, self.quiet("╰" + "─" * (inner + 2) + "╯")]


def seen(text: str) -> int:
    """How many columns a text takes, without colours."""
    return sum(not combining(letter) for letter in text)


def padded(text: str, width: int) -> str:
    return text + " " * (width - seen(text))


_TYPED = str.maketrans({"⊙": ".*", "⊗": "kron", "×": "x", "·": "*", "–": "-", "→": "->"})


def _has_letters(stream: TextIO) -> bool:
    try:
        "∂ᵀ⊙╭".encode(stream.encoding)
    except (LookupError, TypeError, UnicodeEncodeError):
        return False
    return True


def _width(stream: TextIO) -> int:
    """What the environment says, as everywhere; else that of the terminal."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size(stream.fileno()).columns or WIDTH
    except (OSError, ValueError):  # no terminal
        return WIDTH
