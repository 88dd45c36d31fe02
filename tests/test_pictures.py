"""Pictures and documents: what is drawn is well formed and in proportion, and pdflatex accepts every formula."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from collection import derived, records

import matcalc
from matcalc.cli import main
from matcalc.write.align import visible
from matcalc.write.picture import picture
from matcalc.write.picture_rows import LENGTH, rows

FORMULA = "norm(X w - y)^2"


@pytest.fixture
def result() -> matcalc.Result:
    return matcalc.derive(FORMULA, wrt="w")


def test_an_svg_has_the_formula_on_white_and_in_words(result: matcalc.Result) -> None:
    pytest.importorskip("ziamath")
    root = ElementTree.fromstring(picture(result.latex()))
    assert root.get("aria-label") == result.latex()
    assert root[0].get("fill") == "white"
    assert root[0].get("width") == root.get("width")
    assert len(list(root.iter("{http://www.w3.org/2000/svg}use"))) >= 12


def test_a_longer_derivation_is_a_taller_picture(result: matcalc.Result) -> None:
    pytest.importorskip("ziamath")

    def height(latex: str) -> float:
        return float(ElementTree.fromstring(picture(latex)).get("height", ""))

    assert height(result.latex(steps=True)) > 3 * height(result.latex())


LONG = (
    "norm(A_1 X B_1 - C_1)^2 + norm(A_2 X B_2 - C_2)^2 + norm(A_3 X B_3 - C_3)^2 + logdet(S + X' X) "
    "+ sum(log(1 + exp(-Y .* (X W)))) + logsumexp(D X u)"
)


def plainly(latex: str) -> str:
    """The formula without what only arranges and colours it."""
    return re.sub(r"\\textcolor\{\w+\}|\\quad|\\begin\{aligned\}|\\end\{aligned\}|\\\\(?=\n)|[&{}\s]", "", latex)


@pytest.mark.parametrize("formula", [FORMULA, LONG])
def test_long_lines_are_broken_and_nothing_is_lost(formula: str) -> None:
    latex = matcalc.derive(formula, wrt="w" if formula == FORMULA else "X").latex(steps=True, coloured=True)
    found = rows(latex)
    assert max(visible(row.right) for row in found) <= LENGTH + 20  # what stands around the bracket
    assert plainly("".join(text for row in found for text in row if text != row.reason)) == plainly(
        re.sub(r"&&\\quad [^\n]*?(?= \\\\\n)", "", latex)
    )


def test_a_long_derivation_has_the_width_of_a_page() -> None:
    pytest.importorskip("ziamath")
    root = ElementTree.fromstring(picture(matcalc.derive(LONG, wrt="X").latex(steps=True)))
    assert float(root.get("width", "")) < 1300
    places = [group.get("transform", "") for group in root if group.tag.endswith("}g")]
    assert len(places) > 60 and len(set(places)) == len(places)


def test_a_png_has_three_pixels_a_unit(result: matcalc.Result) -> None:
    pytest.importorskip("resvg_py")
    pytest.importorskip("ziamath")
    png = picture(result.latex(), "png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width = float(ElementTree.fromstring(picture(result.latex())).get("width", ""))
    assert abs(struct.unpack(">I", png[16:20])[0] - 3 * width) <= 3


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_the_same_formula_is_the_same_picture(result: matcalc.Result, form: str) -> None:
    for package in ("ziamath", "resvg_py", "fpdf"):
        pytest.importorskip(package)
    first = picture(result.latex(), form)
    assert picture("x", form) != first
    assert picture(result.latex(), form) == first


def test_the_command_writes_pictures_and_documents(tmp_path: Path) -> None:
    pytest.importorskip("ziamath")
    svg, tex = tmp_path / "out.svg", tmp_path / "out.tex"
    assert main(["derive", FORMULA, "--wrt", "w", "--steps", "--picture", str(svg)]) == 0
    assert svg.read_bytes() == picture(matcalc.derive(FORMULA, wrt="w").latex(steps=True))
    assert main(["derive", FORMULA, "--wrt", "w", "--tex", str(tex)]) == 0
    assert r"\frac{\partial E}{\partial w} = 2 X^{\top} (X w - y)" in tex.read_text()


def test_the_picture_of_the_readme_is_what_is_drawn() -> None:
    """Up to what another version of ziamath draws differently."""
    pytest.importorskip("ziamath")
    shown = ElementTree.parse(
        Path(__file__).resolve().parent.parent / "derivations" / "pictures" / "least-squares.svg"
    ).getroot()
    drawn = ElementTree.fromstring(picture(matcalc.derive(FORMULA, wrt="w").latex(steps=True, coloured=True)))
    assert shown.get("aria-label") == drawn.get("aria-label")
    for side in ("width", "height"):
        assert float(shown.get(side, "")) == pytest.approx(float(drawn.get(side, "")), rel=0.05)


@pytest.mark.parametrize("path", ["out.gif", "out", "svg"])
def test_other_endings_are_refused(path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", FORMULA, "--wrt", "w", "--picture", str(tmp_path / path)]) == 2
    assert "svg, png or pdf" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_pdflatex_accepts_fifty_derivations(tmp_path: Path) -> None:
    """All in one document, since starting pdflatex takes longer than typesetting."""
    if not shutil.which("pdflatex"):
        pytest.skip("there is no pdflatex")
    pages = []
    for record in records()[::4]:
        try:
            pages.append(derived(record["id"]).tex(steps=True, coloured=True))
        except matcalc.MatcalcError:
            continue
    assert len(pages) > 50
    pages = pages[:50]
    head = pages[0].partition(r"\begin{document}")[0]
    bodies = [page.partition(r"\begin{document}")[2].partition(r"\end{document}")[0] for page in pages]
    text = head + r"\begin{document}" + r"\newpage".join(bodies) + r"\end{document}"
    (tmp_path / "all.tex").write_text(text, encoding="utf-8")
    ran = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-2000:]
    assert "(50 pages" in ran.stdout.replace("\n", "")
