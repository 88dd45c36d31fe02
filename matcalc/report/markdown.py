r"""A report as Markdown with formulas between dollar signs, as notebooks show it.

>>> from matcalc.report.checking import check
>>> print(as_markdown(check("E := norm(x)^2\nderive dE/dx")))
$$
\frac{\partial E}{\partial x} = 2 x
$$
"""

from __future__ import annotations

import re

from matcalc.report.records import Answer, Report


def as_markdown(report: Report, steps: bool = False) -> str:
    """What could not be read, the answers (with ``steps`` their derivations), and the chains with what is wrong marked."""
    parts = [f"**{_escaped(report.title)}**"] if report.title else []
    parts += [_fenced(str(problem)) for problem in report.problems]
    parts += [_answer(answer, steps) for answer in report.answers]
    if report.lines:
        parts.append(re.sub(r"^\\[\[\]]$", "$$", report.latex(), flags=re.MULTILINE))
    return "\n\n".join(parts)


def _answer(answer: Answer, steps: bool) -> str:
    if answer.result is None:
        return _fenced(f"{answer.asked}: {answer.error}")
    return f"$$\n{answer.result.latex(steps)}\n$$"


def _fenced(text: str) -> str:
    """Text as it is; a fence that it cannot close."""
    fence = "`" * (3 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|$&~])", r"\\\1", text)
