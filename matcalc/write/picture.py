"""A formula or a derivation as a picture, without a TeX installation: SVG, PNG or PDF.

The letters are those of STIX Two Math, drawn by ziamath from the MathML; they stand on white, so that they can be read on
any page. Needs the extra ``picture`` (ziamath, resvg_py, fpdf2).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from pathlib import Path

from matcalc.errors import CallError
from matcalc.write.mathml import mathml
from matcalc.write.picture_rows import Cell, placed, rows

FORMATS = ("svg", "png", "pdf")
SIZE = 20  # of the letters
MARGIN = 12
SHARPNESS = 3  # pixels of a PNG for each unit
EMPTY = Cell("", 0, 0, 0, 0)
_SYMBOL = re.compile(r"<symbol [^>]*/>|<symbol [^>]*>.*?</symbol>", re.DOTALL)
PACKAGES = {"svg": ("ziamath",), "png": ("ziamath", "resvg_py"), "pdf": ("ziamath", "fpdf")}


def save_picture(latex: str, path: str) -> None:
    """Writes the picture; the ending of ``path`` says which. CallError for another ending, or where a package is missing."""
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise CallError(f"a picture is {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, and '{path}' ends in none of these")
    Path(path).write_bytes(picture(latex, ending))


def picture(latex: str, form: str = "svg") -> bytes:
    """The bytes of the picture, the same for the same formula."""
    try:
        return {"svg": _svg_file, "png": _png, "pdf": _pdf}[form](latex)
    except ImportError as missing:
        raise CallError(
            f"a picture as {form.upper()} needs the package {missing.name}\n  pip install ziamath resvg_py fpdf2"
        ) from missing


def _svg_file(latex: str) -> bytes:
    return _svg(latex, shared=True).encode()


def _png(latex: str) -> bytes:
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=_svg(latex), zoom=SHARPNESS))


def _pdf(latex: str) -> bytes:
    import fpdf

    svg = fpdf.svg.SVGObject(_svg(latex).encode())
    page = fpdf.FPDF(unit="pt", format=(float(svg.width), float(svg.height)))
    page.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))  # the same formula gives the same file
    page.add_page()
    svg.draw_to_page(page)
    return bytes(page.output())


def _svg(latex: str, shared: bool = False) -> str:
    """The rows on white, with a margin and a text for those who cannot see it; ``shared``: each letter is drawn once."""
    found = [(_cell(r.left, shared), _cell(r.right, shared) or EMPTY, _cell(r.reason, shared)) for r in rows(latex)]
    at = placed(found, SIZE)
    left, top = min(p.x for p in at) - MARGIN, min(p.y + p.cell.top for p in at) - MARGIN
    width = max(p.x + p.cell.width for p in at) - left + MARGIN
    height = max(p.y + p.cell.top + p.cell.height for p in at) - top + MARGIN
    x, y, w, h = (f"{number:.6g}" for number in (left, top, width, height))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{w}" height="{h}"'
    )
    label = f'viewBox="{x} {y} {w} {h}" role="img" aria-label="{escape(latex)}"'
    body = "".join(f'<g transform="translate({p.x - p.cell.left:.6g} {p.y:.6g})">{p.cell.body}</g>' for p in at)
    symbols = "".join(dict.fromkeys(_SYMBOL.findall(body)))
    background = f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="white"/>'
    return f"{head} {label}>{background}{symbols}{_SYMBOL.sub('', body)}</svg>"


@lru_cache(maxsize=256)  # many lines of a derivation have the same terms
def _cell(latex: str, shared: bool) -> Cell | None:
    """ziamath's drawing of a part."""
    import ziamath

    if not latex:
        return None
    before, ziamath.config.svg2 = ziamath.config.svg2, shared
    try:
        drawn = ziamath.Math(_sized(mathml(latex, display=True)), size=SIZE).svg()
    finally:
        ziamath.config.svg2 = before
    _, view, body = re.split(r'<svg [^>]*viewBox="([^"]*)"[^>]*>', drawn, maxsplit=1)
    left, top, width, height = map(float, view.split())
    return Cell(body.removesuffix("</svg>"), left, top, width, height)


def _sized(markup: str) -> str:
    """ziamath wants the name space, and no text beside the formula."""
    return re.sub(r' alttext="[^"]*"', ' xmlns="http://www.w3.org/1998/Math/MathML"', markup, count=1)
