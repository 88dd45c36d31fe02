"""The cell magic, what notebooks show, and the notebooks of ``derivations/``, run. Skipped where there is no IPython."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import matcalc
from matcalc.report.markdown import as_markdown

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "derivations").rglob("*.ipynb"))


@pytest.fixture
def shell() -> Any:  # noqa: ANN401
    """An IPython without a terminal."""
    module = pytest.importorskip("IPython.core.interactiveshell")
    module.InteractiveShell.clear_instance()
    found = module.InteractiveShell.instance()
    found.run_line_magic("load_ext", "matcalc")
    yield found
    module.InteractiveShell.clear_instance()


def test_a_cell_is_a_document_whose_answers_are_shown(shell: Any) -> None:  # noqa: ANN401
    cell = shell.run_cell_magic("matcalc", "", "E := norm(X w - y)^2\nderive dE/dw")
    result = matcalc.derive("norm(X w - y)^2", wrt="w")
    assert cell._repr_markdown_() == f"$$\n{result.latex()}\n$$"
    assert repr(cell) == str(result)
    steps = shell.run_cell_magic("matcalc", "steps", "E := norm(X w - y)^2\nderive dE/dw")
    assert r"\begin{aligned}" in steps._repr_markdown_()


def test_the_report_is_kept_under_a_name(shell: Any) -> None:  # noqa: ANN401
    cell = shell.run_cell_magic("matcalc", "report", "E := x' A x\ncheck dE/dx = 2 A x")
    assert shell.user_ns["report"] is cell.report
    assert cell.report.first_bad == 0
    assert r"\textcolor{red}" in cell._repr_markdown_()


def test_results_show_as_formulas() -> None:
    result = matcalc.derive("norm(X w - y)^2", wrt=("X", "w"))
    assert result._repr_latex_().startswith("$$\n\\begin{aligned}")
    assert result.value._repr_latex_().startswith("$")


def test_what_cannot_be_read_stays_text() -> None:
    shown = as_markdown(matcalc.check("# A *title* with ``` in it\nA : matrx(n, n)\nderive dtr(A)/dA"))
    assert r"A \*title\* with" in shown
    (fence,) = re.findall(r"^(`{3,})text$", shown, re.MULTILINE)[:1]
    assert shown.count("\n" + fence) >= 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_formulas(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("PYTHONPATH", str(path.parents[2]))
    notebook = nbformat.read(path, as_version=4)
    client.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type in ("error", "stderr")]
    shown = json.dumps([output.get("data", {}) for output in outputs])
    assert "text/latex" in shown and "text/markdown" in shown
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    assert "wrong (factor)" in printed
    assert float(printed.split()[-1]) < 0.1


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert all(not cell.get("outputs") for cell in cells), "outputs are not kept"
