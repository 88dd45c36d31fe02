r"""Letters that LaTeX writes for functions and constants of the tables: ``\sigma(x)``, ``\psi_2(x)``, ``K_{m,n}``, ``e_1``.

The tables say how a function is written; what is written so, by a letter that nobody declared, is read as that function.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from matcalc.read import syntax
from matcalc.read.names import GREEK_NAMES, canonical
from matcalc.read.syntax import Span, Syntax
from matcalc.read.trees import names_in
from matcalc.rules import functions
from matcalc.rules.record import Function
from matcalc.steps.scope import Scope

if TYPE_CHECKING:
    from matcalc.steps.resolve import Resolver

_LETTER = r"(\\[A-Za-z]+|[A-Z])(?:\^\{\((\d)\)\})?(?:_(\d)|_\{\\?(\w+)\})?"
_CALLED = re.compile(_LETTER + r"\(#1(?:, #\d)*\)")  # \sigma(#1), K_{\exp}(#1), L^{(2)}_{\exp}(#1, #2, #3)
_NUMBERED = re.compile(r"(\\[A-Za-z]+)_\{#1\}\(#2\)")  # \psi_{#1}(#2)
_SIZED = re.compile(r"([A-Z])_\{#1(,#\d)*\}")  # K_{#1,#2}
UNIT = "e"  # e_1 is I_{:,1}
IDENTITY = "I"


class Letters:
    """What the tables write by letters."""

    def __init__(self, records: tuple[Function, ...]) -> None:
        self.records = records

    @cached_property
    def called(self) -> dict[str, str]:
        found = ((_name(call), record.name) for record in self.records if (call := _CALLED.fullmatch(record.latex)))
        return {name: function for name, function in reversed([*found]) if name}

    @cached_property
    def numbered(self) -> dict[str, str]:
        found = ((_NUMBERED.fullmatch(record.latex), record.name) for record in self.records)
        return {_letter(call[1]): name for call, name in found if call}

    @cached_property
    def sized(self) -> dict[tuple[str, int], str]:
        found: dict[tuple[str, int], str] = {}
        for record in self.records:
            places = record.latex.count("#")
            if record.kind == "constant" and _SIZED.fullmatch(record.latex) and record.takes.count(": size") == places:
                found.setdefault((record.latex[0], places), record.name)
        return found


@functions.cached
def letters(_: str) -> Letters:
    return Letters(tuple(functions.records()))


def _name(call: re.Match[str]) -> str:
    """The name as it is read, sigma or K_exp; "" for what is no Greek letter and has no subscript."""
    letter, *labels = call.groups()
    if not any(labels) if letter[0] != "\\" else letter[1:] not in GREEK_NAMES:
        return ""
    return "_".join([_letter(letter), *filter(None, labels)])


def _letter(command: str) -> str:
    return canonical(command) or command


def written(text: str) -> str:
    r"""The function that a call is written as by a letter: sigmoid of ``\sigma(x)``; "" where it has a name of its own.

    >>> written(r"\sigma(A x)"), written(r"\operatorname{sigmoid}(A x)")
    ('sigmoid', '')
    """
    found = re.match(_LETTER, text)
    return letters("").called.get(_name(found), "") if found else ""


def called_by(scope: Scope, name: str) -> str:
    r"""The function that a letter stands for before a bracket where it is nothing else: ``\sigma(x)`` is a sigmoid."""
    return "" if _means_more(scope, name) else letters("").called.get(name, "")


def _means_more(scope: Scope, name: str) -> bool:
    return name in scope.bound or name in scope.entries or name in scope.size_names


def call(scope: Scope, name: syntax.Name, bracket: syntax.Group) -> tuple[str, tuple[Syntax, ...]] | None:
    r"""A letter before a bracket as a function and its arguments: ``\psi_2(x)`` is polygamma(2, x)."""
    if known := called_by(scope, name.text):
        return known, bracket.items
    stem, _, label = name.text.partition("_")
    function = letters("").numbered.get(stem, "")
    if not function or not scope.is_free(stem) or name.text in scope.entries:
        return None
    if label.isdigit():
        return function, (syntax.Number(int(label), name.span), *bracket.items)
    return (function, (syntax.Name(label, name.span), *bracket.items)) if label in scope.size_names else None


def is_family(scope: Scope, name: str) -> bool:
    r"""Whether a name is such a letter with a subscript, ``\sigma_1``, before a bracket: nobody can say what it means."""
    stem, _, subscript = name.partition("_")
    return bool(subscript) and stem in letters("").called and name not in scope.entries and scope.is_free(stem)


def subscripted(resolver: Resolver, base: Syntax, place: Syntax | None, span: Span) -> bool:
    """``e_1`` as a unit vector and ``I_{n+1}`` as an identity, where nobody declared an e or I."""
    if place is None or not isinstance(base, syntax.Name) or not resolver.scope.is_free(base.text):
        return False
    if base.text == UNIT:  # a column of the identity of the size that fits
        resolver.push_tree(syntax.Index(syntax.Name(IDENTITY, span), (None, place), span))
    elif base.text == IDENTITY and resolver.scope.bound.keys().isdisjoint(names_in(place)):
        resolver.push_tree(syntax.Apply(IDENTITY, (place,), 0, span))
    else:
        return False
    return True
