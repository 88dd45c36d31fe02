r"""What each LaTeX command is in MathML: letters, operators, brackets, accents, spaces.

>>> tuple(MARKS[r"\odot"]), tuple(MARKS[r"\log"])
(('BINARY', '<mo>⊙</mo>'), ('HEAD', '<mi>log</mi>'))
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from matcalc.read.names import GREEK
from matcalc.write.latex import HEADS


class Mark(NamedTuple):
    """An element and its part in a formula: a LETTER is an operand, a HEAD is applied to what follows, a PREFIX is part of
    it (∂, d), a LARGE one has limits; BINARY and RELATION stand between operands, PUNCTUATION after one; SPACE is nothing."""

    role: str
    element: str


# fmt: off
# The commands that open and close. Each may have \\left or \\right in front: then it stretches.
OPENING = {"(": "(", "[": "[", r"\{": "{", r"\lvert": "|", r"\lVert": "‖", r"\langle": "⟨", r"\lfloor": "⌊"}
CLOSING = {")": ")", "]": "]", r"\}": "}", r"\rvert": "|", r"\rVert": "‖", r"\rangle": "⟩", r"\rfloor": "⌋"}
# fmt: on


def identifier(text: str) -> str:
    """An upright name; one letter alone would be slanted."""
    upright = ' mathvariant="normal"' if len(text) == 1 else ""
    return f"<mi{upright}>{escape(text)}</mi>"


def operator(text: str, space: float | None = None) -> str:
    around = "" if space is None else f' lspace="{space:g}em" rspace="{space:g}em"'
    return f"<mo{around}>{escape(text)}</mo>"


def bracket(text: str, form: str, stretchy: bool) -> str:
    fixed = "" if stretchy else ' stretchy="false"'
    return f'<mo form="{form}"{fixed}>{text}</mo>'


def bold(text: str) -> str:
    """Letters and figures in their bold shapes."""
    return "".join(chr(ord(c) + shift) if (shift := _bold_shift(c)) else c for c in text)


def _bold_shift(character: str) -> int:
    for first, last, bold_first in (("0", "9", 0x1D7CE), ("A", "Z", 0x1D400), ("a", "z", 0x1D41A)):
        if first <= character <= last:
            return bold_first - ord(first)
    return 0


# fmt: off
RELATION_SPACE, THIN = 0.2778, 0.1667  # em, as TeX has them
_OPERATORS = {
    "BINARY": {"+": "+", "-": "−", "*": "∗", r"\odot": "⊙", r"\oslash": "⊘", r"\otimes": "⊗", r"\cdot": "⋅",
               r"\times": "×", r"\circ": "∘", r"\pm": "±"},
    "RELATION": {"=": "=", "<": "<", ">": ">", r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\in": "∈", r"\to": "→",
                 r"\mapsto": "↦", r"\approx": "≈"},
    "PUNCTUATION": {",": ",", ";": ";"},
}
_LETTERS = {r"\top": "⊤", r"\infty": "∞", r"\ell": "ℓ", r"\dagger": "†", r"\ast": "∗", r"\bullet": "•", r"\dots": "…",
            r"\ldots": "…", r"\cdots": "⋯", r"\square": "□"}
_PREFIXES = {r"\partial": "∂", r"\nabla": "∇"}
LARGE = {r"\sum": "∑", r"\prod": "∏", r"\int": "∫"}
ACCENTS = {r"\hat": "^", r"\tilde": "~", r"\bar": "¯", r"\dot": "˙", r"\ddot": "¨", r"\check": "ˇ", r"\breve": "˘",
           r"\acute": "´", r"\grave": "`", r"\vec": "→", r"\mathring": "˚"}
COVERS = {r"\overline": "‾"}  # accents as wide as what they cover
SPACES = {r"\,": THIN, r"\:": 0.2222, r"\;": RELATION_SPACE, r"\ ": 0.25, r"\!": -THIN, r"\quad": 1.0, r"\qquad": 2.0}
BLACKBOARD = {"R": "ℝ", "C": "ℂ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "E": "𝔼"}
# fmt: on

MARKS: dict[str, Mark] = {
    **{chr(c): Mark("LETTER", f"<mi>{chr(c)}</mi>") for c in (*range(65, 91), *range(97, 123))},
    **{
        "\\" + name: Mark("LETTER", identifier(letter) if name[0].isupper() else f"<mi>{letter}</mi>")
        for letter, name in GREEK.items()
    },
    **{command: Mark("LETTER", identifier(text)) for command, text in _LETTERS.items()},
    **{command: Mark("PREFIX", identifier(text)) for command, text in _PREFIXES.items()},
    **{command: Mark("LARGE", operator(text)) for command, text in LARGE.items()},
    **{command: Mark("HEAD", identifier(name)) for name, command in HEADS.items() if name != "d"},
    **{command: Mark(role, operator(text)) for role, marks in _OPERATORS.items() for command, text in marks.items()},
    ":": Mark("RELATION", operator(":", RELATION_SPACE)),
    "/": Mark("BINARY", operator("/", 0)),
}
