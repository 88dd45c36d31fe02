"""Syntax trees in the three spellings, with the names and the typography of the tables filled in.

The writers know neither functions nor what the user typed; this is where both come together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from matcalc.read.syntax import Apply, Number, Syntax
from matcalc.read.trees import names_in, nodes
from matcalc.rules import functions
from matcalc.write.latex import latex
from matcalc.write.plain import plain
from matcalc.write.unicode import pretty

BRACKET = ""  # a call of no name: brackets that are kept though they could be left out


def bracketed(tree: Syntax) -> Syntax:
    """A tree with brackets that stay: A : (B ⊙ C)."""
    return Apply(BRACKET, (tree,))


def plain_text(tree: Syntax, spellings: Mapping[str, str] | None = None, functions: Collection[str] = ()) -> str:
    """As it is typed; reads back. ``functions`` are those that the user declares."""
    known = calls(spellings or {})
    return plain(tree, spellings, (lambda name: name in functions or known(name)) if functions else known)


def unicode_text(tree: Syntax, names: Mapping[str, str] | None = None) -> str:
    """For a terminal."""
    return pretty(tree, None, calls(names or {}))


def latex_text(
    tree: Syntax,
    names: Mapping[str, str] | None = None,
    colours: Mapping[int, str] | None = None,
    taken: Collection[str] = (),
) -> str:
    r"""For amsmath, KaTeX and MathJax. Beside a letter of that name, one of the tree or ``taken``, no function is called σ.

    >>> from matcalc.read.syntax import Name
    >>> latex_text(Apply("sigmoid", (Name("x"),))), latex_text(Apply("sigmoid", (Name("sigma"),)))
    ('\\sigma(x)', '\\operatorname{sigmoid}(\\sigma)')
    """
    met = [name for name in {*_names_in(tree), *taken} if name]
    whole, stems = {_bare(name) for name in met}, {_bare(name.partition("_")[0]) for name in met}

    def unless_taken(call: Apply) -> str:
        """The template of a call, unless the letter that it begins with means something else."""
        pattern = template(call)
        if _ONE_OF_SEVERAL(pattern) and isinstance(call.arguments[0], Number):
            return ""
        if head := _NUMBERED(pattern):  # e_{#1}, which e and e_1 hide
            return "" if _bare(head[1]) in stems else pattern
        head = _CALLED(pattern)
        return "" if head and _bare(head[1]) in whole else pattern

    return latex(tree, unless_taken, names, calls(names or {}), colours)


def _bare(name: str) -> str:
    r"""The letters and digits of a name: lambdamax of ``\lambda_{\max}`` and of lambda_max."""
    return "".join(filter(str.isalnum, name))


_NUMBERED = re.compile(r"(\\[A-Za-z]+|[A-Za-z])_\{#").match
_ONE_OF_SEVERAL = re.compile(r"[A-HJ-Z]_\{#1\}").fullmatch  # D_{3} of a size that is a number would be another D
_CALLED = re.compile(r"((?:\\[A-Za-z]+|\b[A-Za-z])(?:_(?:\d|\{\\?\w+\}))?)\(").search


def _names_in(tree: Syntax) -> set[str]:
    """The names in a tree, and those of the functions that no table has."""
    called = (node.function for node in nodes(tree) if isinstance(node, Apply))
    return {*names_in(tree), *(name for name in called if not functions.lookup(name))}


def calls(variables: Collection[str]) -> Callable[[str], bool]:
    """Tells whether a name directly before a bracket would be read as a call; it would not where it is a variable,
    unless a function has that name too (a size does not hide it)."""
    return lambda name: bool(functions.lookup(name)) or name == BRACKET or (len(name) > 1 and name not in variables)


def template(call: Apply) -> str:
    """The typography of a call, from its record."""
    if call.function == BRACKET:
        return "(#1)"
    count = len(call.arguments)
    fitting = [
        r.latex for r in functions.lookup(call.function) if r.name == call.function and r.latex.count("#") <= count
    ]
    others = [r.latex for r in functions.lookup(call.function) if r.latex.count("#") <= count]  # an alias of another
    return max(fitting, key=lambda text: text.count("#"), default="") or next(filter(None, others), "")
