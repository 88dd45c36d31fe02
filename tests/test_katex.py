"""KaTeX, in strict mode, sets every LaTeX string that is printed. Skipped where there is no Node or no KaTeX."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from collection import FILES
from npm import package

import matcalc
from matcalc.rules import functions, identities
from matcalc.write.declared import declaration_latex
from matcalc.write.latex import Latex
from matcalc.write.narrate import statement_latex
from matcalc.write.style import ATOM, Piece
from matcalc.write.templates import fill

SCRIPT = Path(__file__).resolve().parent / "katex.cjs"


def refused(formulas: list[str]) -> list[tuple[str, str]]:
    """The formulas that KaTeX does not accept, and why."""
    node, katex = shutil.which("node"), package("katex", "0.17.0")
    if node is None or katex is None:
        pytest.skip("there is no Node, or no KaTeX")
    given = json.dumps({"katex": str(katex / "dist" / "katex.js"), "formulas": formulas})
    ran = subprocess.run([node, str(SCRIPT)], input=given, capture_output=True, text=True, check=True, timeout=300)
    return [(formula, reason) for formula, reason in json.loads(ran.stdout)]


def everything() -> list[str]:
    """What is printed of every record of the collection: the formula, the result, the derivation, the letters; of some
    the three forms."""
    out: list[str] = []
    lines = [line for file in FILES for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    for place, line in enumerate(lines):
        record = json.loads(line)
        order = 2 if record["kind"] == "hessian" else 1
        try:
            result = matcalc.derive(record["expr"], record["wrt"], record["declare"], order=order)
            out += [result.latex(), result.objective.latex(), *map(declaration_latex, result.declarations)]
            out += [result.latex(steps=True), result.latex(steps=True, coloured=True)]
            if place % 6 == 0:
                out += [form.latex() for form in result.forms()]
        except matcalc.MatcalcError:
            continue
    return list(dict.fromkeys(out))


def test_katex_accepts_everything_that_the_collection_prints() -> None:
    assert refused(["x"]) == []  # or this is skipped
    formulas = everything()
    assert len(formulas) > 1200
    assert refused(formulas) == []


def test_katex_accepts_the_typography_of_the_tables() -> None:
    pieces = [Piece(letter, ATOM) for letter in "ABC"]
    templates = [fill(r.latex, pieces, Latex({}, bool, {}, str)).text for r in functions.records() if r.latex]
    assert refused([*templates, *map(statement_latex, identities.every())]) == []


def test_what_katex_refuses_is_noticed() -> None:
    assert [formula for formula, _ in refused([r"\foo", "x^2", "é", "x_"])] == [r"\foo", "é", "x_"]
