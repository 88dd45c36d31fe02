"""A report as LaTeX: each chain with its reasons, what is wrong in red with the right line below it, and our derivation."""

from __future__ import annotations

from itertools import groupby

from matcalc.report.answering import derivation_of
from matcalc.report.records import LineReport, Report
from matcalc.report.words import latex_side
from matcalc.write.align import aligned
from matcalc.write.narrate import differentials, statement_latex

WRONG, RIGHT = "red", "blue"


def as_latex(report: Report) -> str:
    """The chains in ``aligned``, between ``\\[`` and ``\\]``; needs amsmath, and xcolor where something is wrong."""
    parts = []
    for _, chain in groupby(report.lines, key=lambda line: line.chain):
        lines = list(chain)
        parts.append(_display(_chain(lines, report)))
        if (ours := derivation_of(lines, report)) is not None:
            parts += ["The correct derivation:", _display(ours.latex(steps=True))]
    return "\n\n".join(parts)


def _display(formula: str) -> str:
    return "\\[\n" + formula + "\n\\]"


def _chain(lines: list[LineReport], report: Report) -> str:
    names = differentials(
        [*(d.name for d in (*report.declarations, *report.inferred)), *(d.name for d in report.definitions)]
    )
    rows: list[tuple[str, str, str]] = []
    for line in lines:
        left = latex_side(line.left_tree, names) if line.begins and line.left_tree is not None else ""
        right = latex_side(line.right_tree, names) if line.right_tree is not None else _text(line.right)
        if line.is_right:
            rows.append((left, right, statement_latex(line.by[0]) if line.by else ""))
            continue
        rows.append((left, _coloured(WRONG, right), _text(_said(line))))
        if line.correction_tree is not None:
            rows.append(("", _coloured(RIGHT, latex_side(line.correction_tree, names)), _text("as it should be")))
    return aligned(rows)


def _coloured(colour: str, formula: str) -> str:
    return rf"\textcolor{{{colour}}}{{{formula}}}"


def _said(line: LineReport) -> str:
    return f"{line.verdict}: {line.reason}" if line.reason else line.verdict


_ESCAPED = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"} | {c: "\\" + c for c in "&%$#_{}"}


def _text(words: str) -> str:
    return r"\text{" + "".join(_ESCAPED.get(c, c) for c in words) + "}"
