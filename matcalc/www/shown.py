"""Formulas as a page shows them: MathML in pieces between which a line may break, with the LaTeX that they are from.

>>> [len(shown(latex)["terms"]) for latex in ("x", "A + B - C", "(A + B) C")]
[1, 3, 1]
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypedDict

from matcalc.write.align import terms
from matcalc.write.mathml import mathml

DEEPEST = 150  # elements inside one another that are shown; browsers stop at about 500
LARGEST = 100_000  # letters of MathML
SHORT = 100  # letters of a term that is likely to come again


class Shown(TypedDict):
    """``terms`` is empty where the formula is too large to be shown so."""

    latex: str
    terms: list[str]


def shown(latex: str, continued: bool = False) -> Shown:
    """The formula; ``continued``: something stands before it."""
    made = [_element(term, continued or k > 0) for k, term in enumerate(terms(latex))]
    fits = sum(map(len, made)) <= LARGEST and max(map(_depth, made)) <= DEEPEST
    return {"latex": latex, "terms": made if fits else []}


def _element(term: str, continued: bool) -> str:
    return (_known if len(term) <= SHORT else mathml)(term, False, continued)


_known = lru_cache(maxsize=2048)(mathml)  # left sides, and the statements of identities


def _depth(markup: str) -> int:
    """How deeply its elements are nested."""
    deepest = depth = 0
    for tag in markup.split("<")[1:]:
        depth += -1 if tag[0] == "/" else 1
        deepest = max(deepest, depth)
    return deepest
