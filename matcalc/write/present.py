"""Syntax trees in the three spellings, with the names and the typography of the tables filled in.

The writers know neither functions nor what the user typed; this is where both come together.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.read.syntax import Apply, Syntax
from matcalc.rules import functions
from matcalc.write.latex import latex
from matcalc.write.plain import plain
from matcalc.write.unicode import pretty


def plain_text(tree: Syntax, spellings: Mapping[str, str] | None = None) -> str:
    """As it is typed; reads back."""
    return plain(tree, spellings, is_function)


def unicode_text(tree: Syntax, names: Mapping[str, str] | None = None) -> str:
    """For a terminal."""
    return pretty(tree, names, is_function)


def latex_text(tree: Syntax, names: Mapping[str, str] | None = None, colours: Mapping[int, str] | None = None) -> str:
    """For amsmath, KaTeX and MathJax."""
    return latex(tree, template, names, is_function, colours)


def is_function(name: str) -> bool:
    """Whether a name before a bracket would be read as a call."""
    return len(name) > 1 or bool(functions.lookup(name))


def template(call: Apply) -> str:
    """The typography of a call, from its record."""
    records = functions.lookup(call.function)
    for record in sorted(records, key=lambda record: record.name != call.function):  # an alias of another function comes last
        if record.latex and record.latex.count("#") <= len(call.arguments):
            return record.latex
    return ""
