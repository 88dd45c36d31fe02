r"""A formula or a derivation as a LaTeX document that stands alone: pdflatex, with amsmath, amssymb, geometry and xcolor.

>>> print(document(r"\frac{\partial E}{\partial x} = 2 x", ["n > 0"], []).splitlines()[0])
\documentclass[11pt]{article}
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.read.declared import Declaration
from matcalc.write.declared import declaration_latex

HEAD = r"""\documentclass[11pt]{article}
\usepackage{amsmath, amssymb, xcolor}
\usepackage[a4paper, margin=18mm, landscape]{geometry}
\usepackage[utf8]{inputenc}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\pagestyle{empty}
\begin{document}
"""
END = r"\end{document}"
_ALIGNED = ("\\begin{aligned}\n", "\n\\end{aligned}")


def document(formula: str, conditions: Sequence[str], declarations: Sequence[Declaration]) -> str:
    """The formula displayed (an ``aligned`` may break over pages), what its letters are, and where it holds."""
    begin, end = _ALIGNED
    if formula.startswith(begin) and formula.endswith(end):
        shown = "\\begin{align*}\n" + formula[len(begin) : -len(end)] + "\n\\end{align*}"
    else:
        shown = f"\\[\n{formula}\n\\]"
    return "\n".join([HEAD + shown, *_letters(declarations), *_where(conditions), END]) + "\n"


def _letters(declarations: Sequence[Declaration]) -> list[str]:
    shown = [f"${declaration_latex(d)}$" for d in declarations]
    return ["", "with " + ",\\quad ".join(shown)] if shown else []


def _where(conditions: Sequence[str]) -> list[str]:
    return ["", "where " + "; ".join(rf"\texttt{{{escaped(text)}}}" for text in conditions)] if conditions else []


def escaped(text: str) -> str:
    r"""Text whose every letter is printed as it is.

    >>> escaped("50 % of A' A & x_1 \\ y")
    "50 \\% of A' A \\& x\\_1 \\textbackslash{} y"
    """
    return "".join(_PRINTED.get(letter, letter) for letter in text)


_PRINTED = {letter: "\\" + letter for letter in "#$%&_{}"} | {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "⊙": r"\ensuremath{\odot}",
    "⊗": r"\ensuremath{\otimes}",
    "×": r"\ensuremath{\times}",
}
