r"""Derivations as LaTeX: one line a step, its reason beside it, long right sides broken where a sum may be broken.

>>> print(aligned([("E", "x^{\\top} x", ""), ("dE", "2 x^{\\top}\\,dx", r"\text{product}")]))
\begin{aligned}
E &= x^{\top} x \\
dE &= 2 x^{\top}\,dx &&\quad \text{product}
\end{aligned}
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LENGTH = 60  # of a right side, in letters as they are seen


def aligned(lines: Sequence[tuple[str, str, str]], length: int = LENGTH) -> str:
    """Left side, right side and reason of each line, all LaTeX; an empty left side continues the chain."""
    rows = []
    for left, right, reason in lines:
        first, *more = broken(right, length)
        beside = rf" &&\quad {reason}" if reason else ""
        rows.append(f"{left} &= {first}{beside}".lstrip())
        rows += [rf"&\quad {part}" for part in more]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def broken(formula: str, length: int = LENGTH) -> list[str]:
    """The formula in lines of at most ``length`` visible letters, as far as its outermost ``+`` and ``-`` allow.

    >>> broken("a + (b + c) - d", 12)
    ['a + (b + c)', '- d']
    """
    lines: list[str] = []
    for term in terms(formula):
        if lines and visible(lines[-1] + term) <= length:
            lines[-1] += " " + term
        else:
            lines.append(term)
    return lines


def terms(formula: str) -> list[str]:
    """The parts of a sum, each but the first with its sign and a space in front."""
    depth, start, out = 0, 0, []
    for match in _TOKEN.finditer(formula):
        token = match[0]
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            depth -= 1
        elif depth == 0 and token in (" + ", " - "):
            out.append(formula[start : match.start()])
            start = match.start() + 1
    return [*out, formula[start:]]


def visible(formula: str) -> int:
    """About how many letters wide the formula is: a command is one, an operator three, what arranges them none."""
    formula = _OPERATOR.sub("xxx", formula)
    return len(_COMMAND.sub(lambda command: "" if command[1] in _ARRANGES else "x", formula).translate(_UNSEEN))


_OPERATOR = re.compile(r" (?:[-+:<>=]|\\(?:odot|oslash|otimes|cdot|le|ge)) ")
_TOKEN = re.compile(r" [+-] |\\[lr]vert|\\[lr]Vert|\\begin|\\end|\\?[{}()\[\]]|\\langle|\\rangle")
_OPENING = frozenset({"{", "(", "[", r"\{", r"\begin", r"\lvert", r"\lVert", r"\langle"})
_CLOSING = frozenset({"}", ")", "]", r"\}", r"\end", r"\rvert", r"\rVert", r"\rangle"})
_COMMAND = re.compile(r"\\([A-Za-z]+|.)")
_ARRANGES = frozenset(
    {"left", "right", "mathrm", "mathbf", "operatorname", "text", "frac", "tfrac", "textcolor", ",", "quad"}
)
_UNSEEN = str.maketrans("", "", "{}^_ &")
