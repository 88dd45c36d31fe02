"""The library of worked documents: each is right, line by line, but for the lines that say that they must be refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import matcalc
from matcalc.cli import main

ROOT = Path(__file__).resolve().parent.parent / "derivations"
SYNTAX = {".mc": "plain", ".tex": "latex", ".md": "markdown"}
FILES = sorted(path for path in ROOT.glob("*/*") if path.suffix in SYNTAX)
NAMES = [path.relative_to(ROOT).as_posix() for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_line_is_as_its_author_says(path: Path) -> None:
    report = matcalc.check(path.read_text(encoding="utf-8"), syntax=SYNTAX[path.suffix])
    assert not report.problems
    assert [str(line) for line in report.lines if not line.is_as_expected] == []
    assert report.status == 0


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_document_has_a_title_asks_something_and_claims_something(path: Path) -> None:
    report = matcalc.check(path.read_text(encoding="utf-8"), syntax=SYNTAX[path.suffix])
    assert report.title
    assert report.lines
    assert [str(answer.error) for answer in report.answers if answer.error] == []
    assert report.answers or path.suffix != ".mc"  # papers do not ask


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_document_runs_on_the_command_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == 0


def test_the_seeds_are_there() -> None:
    assert {"factorisation/masked-matrix-factorisation.mc", "factorisation/matrix-factorisation-as-asked.mc"} <= {
        *NAMES
    }
    assert "jacobians/hadamard-product-of-rows.mc" in NAMES


def test_what_is_wrong_in_the_first_question_is_found() -> None:
    report = matcalc.check((ROOT / "factorisation/matrix-factorisation-as-asked.mc").read_text(encoding="utf-8"))
    found = {line.left + " = " + line.right: line for line in report.lines if not line.is_right}
    gradient = found["dE/dU = -2 V (Y - U V') + 2 lambda_u U"]
    assert (gradient.verdict, gradient.cause) == ("shapes do not fit", "order")
    assert "V is J×K and Y - U V' is I×J" in gradient.reason
    assert found["dR/dU = 2 lambda_u U"].correction == "dR/dU = 4 lambda_u U U' U"
    assert found["dQ/dB = A' (A B + C)"].reason == "the factor 2 is missing"
