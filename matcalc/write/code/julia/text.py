"""A piece of Julia with what is around it in mind: how tightly it holds together, and how many axes its value has.

>>> Text("A + B", "s", 2).at("p")
'(A + B)'
"""

from __future__ import annotations

from dataclasses import dataclass

from matcalc.errors import NoRuleError
from matcalc.write.code.ops import LEVELS


@dataclass(frozen=True, slots=True)
class Text:
    """``thin``: some axes may be idle, of length 1; ``kind``: of a factorisation; ``place``: it is this operand as it is."""

    text: str
    level: str
    rank: int
    thin: bool = False
    kind: str = ""
    place: str = ""

    def at(self, level: str) -> str:
        """As it stands where this level is needed."""
        if self.place:
            return f"{{{self.place}:{level}}}" if level else f"{{{self.place}}}"
        return f"({self.text})" if LEVELS[self.level] < LEVELS[level] else self.text

    def raised(self, rank: int) -> Text:
        """With idle axes in front."""
        if (self.rank, rank) == (1, 2):
            return Text(f"{self.at('n')}'", "n", 2, True)
        sizes = ", ".join(f"size({self.at('')}, {k + 1})" for k in range(self.rank))
        return Text(f"reshape({self.at('')}, {'1, ' * (rank - self.rank)}{sizes})", "n", rank, True)


def no_spelling(name: str) -> NoRuleError:
    return NoRuleError(f"{name.removeprefix('np.')} has no spelling for julia")
