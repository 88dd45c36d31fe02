"""MathML: every formula that is printed can be displayed, and what is displayed means what was printed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from collection import derived, records

import matcalc
from matcalc.read.names import GREEK
from matcalc.rules import functions, identities
from matcalc.write.latex import Latex
from matcalc.write.mathml import mathml, unknown
from matcalc.write.narrate import statement_latex
from matcalc.write.style import ATOM, Piece
from matcalc.write.templates import fill

# --- reading it back ------------------------------------------------------------------------------------------------

OPERATORS = {
    "⊙": ".*", "⊘": "./", "⊗": "⊗", "−": "-", "+": "+", "⋅": "*", "\u2062": " ", "\u2061": "", ":": ":", "/": "/",
    ",": ",", "(": "(", ")": ")", "‖": "‖", "|": "|", "×": "×", ";": ";",
}  # fmt: skip
CONSTANTS = {"𝟏": "ones", "𝟎": "zeros", "I": "eye"}
CALLED = {"σ": "sigmoid"}


class Unreadable(Exception):
    """Typography that is not the name of what it stands for."""


def text_of(element: ElementTree.Element) -> str:
    """The formula as it would be typed."""
    inner = [text_of(child) for child in element]
    text = element.text or ""
    match element.tag:
        case "math" | "mrow" | "mstyle":
            return "".join(_called(k, list(element), inner) for k in range(len(inner)))
        case "mi":
            return "".join(GREEK.get(letter, letter) for letter in text)
        case "mn":
            return text
        case "mspace":
            return " "
        case "mo":
            if text not in OPERATORS:
                raise Unreadable(text)
            return OPERATORS[text]
        case "mfrac":
            return f"(({inner[0]})/({inner[1]}))"
        case "msqrt":
            return f"sqrt({inner[0]})"
        case "msub":
            if inner[0] in CONSTANTS:
                return f"{CONSTANTS[inner[0]]}({inner[1].replace('×', ',')})"
            return f"{inner[0]}_{inner[1].replace(',', '_')}"
        case "msup":
            return inner[0] + _raised(inner[1])
        case "msubsup":
            if inner[0] in CONSTANTS:
                return f"{CONSTANTS[inner[0]]}({inner[1]})" + _raised(inner[2])
            return f"{inner[0]}_{inner[1]}" + _raised(inner[2])
        case "mover":
            return f"{inner[0]}_{ {'^': 'hat', '~': 'tilde', '¯': 'bar'}[list(element)[1].text or ''] }"
    raise Unreadable(element.tag)


def _called(place: int, elements: list[ElementTree.Element], inner: list[str]) -> str:
    following = elements[place + 1] if place + 1 < len(elements) else None
    applied = following is not None and following.text == "\u2061"
    return CALLED.get(elements[place].text or "", inner[place]) if applied else inner[place]


def _raised(above: str) -> str:
    fixed = {"⊤": "'", "-⊤": "^-T", "-1": "^-1", "+": "^+"}
    if above.startswith(".*"):
        return f".^({above[2:]})"
    return fixed.get(above, f"^({above})")


def parsed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


def is_named(value: matcalc.Expression) -> bool:
    """Whether every function in it is displayed by its name (|A| of a matrix reads as its determinant), and no entry."""
    return "[" not in str(value) and not any(
        f"{name}(" in str(value) for name in ("abs", "expm", "unvec", "unit", "digamma")
    )


def test_what_is_displayed_reads_back_as_the_gradient_that_was_derived() -> None:
    read = 0
    for record in records():
        try:
            result = derived(record["id"])
        except matcalc.MatcalcError:
            continue
        declared = [str(d) for d in result.declarations]
        declared += [f"{d.name} := {d.source}" for d in result.understood.definitions]
        for value in filter(is_named, result.values):
            try:
                typed = text_of(parsed(mathml(value.latex())))
            except Unreadable:
                continue
            assert matcalc.parse(typed, declared) == matcalc.parse(str(value), declared), typed
            read += 1
    assert read > 230, read


# --- everything that is printed -------------------------------------------------------------------------------------


def test_every_derivation_of_the_collection_is_well_formed_and_has_no_unknown_command() -> None:
    shown = 0
    for record in records()[::3]:
        try:
            latex = derived(record["id"]).latex(steps=True, coloured=True)
        except matcalc.MatcalcError:
            continue
        assert unknown(latex) == []
        lines = parsed(mathml(latex)).findall("mtable/mtr")
        assert len(lines) == latex.count(r"\\") + 1
        shown += 1
    assert shown > 80


def test_the_typography_of_every_function_and_identity_is_known() -> None:
    templates = [record.latex for record in functions.records() if record.latex]
    assert len(templates) > 50
    for latex in [*templates, *map(statement_latex, identities.every())]:
        shown = (
            fill(latex, [Piece(letter, ATOM) for letter in "ABC"], Latex({}, bool, {}, str)).text
            if "#" in latex
            else latex
        )
        assert unknown(shown) == [], latex
        parsed(mathml(shown))


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        ("A B", "A\u2062B"),  # a product
        ("f(x)", "f\u2061(x)"),  # a call
        (r"\log x", "log\u2061x"),
        (r"-A", "−A"),
        (r"2 \cdot 3", "2⋅3"),
        (r"\lambda_{\max}(A)", "λmax\u2061(A)"),
        (r"\mathbf{1}_{m}", "𝟏m"),
        (r"x_12", "x12"),
    ],
)
def test_products_are_told_from_calls(latex: str, shown: str) -> None:
    assert "".join(parsed(mathml(latex)).itertext()) == shown


def test_a_leading_sign_is_an_operator_where_something_stands_before_it() -> None:
    def forms(markup: str) -> list[str | None]:
        return [mo.get("form") for mo in parsed(markup).iter("mo")]

    assert forms(mathml("- A")) == ["prefix"]
    assert forms(mathml("- A", continued=True)) == ["infix"]
    assert forms(mathml("(- A) + B", continued=True))[1] == "prefix"


def test_a_matrix_in_a_derivation_keeps_its_rows() -> None:
    matrix = r"\begin{bmatrix} A & B \\ C & D \end{bmatrix}"
    table = parsed(mathml(rf"\begin{{aligned}} X &= {matrix} \\ Y &= {matrix} \end{{aligned}}")).find("mtable")
    assert table is not None
    assert [len(line) for line in table] == [2, 2]
    assert [len(line.findall(".//mtr")) for line in table] == [2, 2]
    assert [cell.get("style") is None for cell in table.iter("mtd")].count(True) == 8


def test_markup_in_names_stays_text() -> None:
    markup = mathml(r"\operatorname{<script>} + \text{</math>} + <b> + \foo")
    assert parsed(markup).tag == "math"
    assert "<script" not in markup and "<b>" not in markup
    assert "\\foo" in "".join(parsed(markup).itertext())


def test_an_unknown_command_is_shown_as_it_is_written_and_listed() -> None:
    assert unknown(r"\frac{\foo}{\bar{x}}") == ["\\foo"]


@pytest.mark.parametrize(
    "latex", ["(" * 3000 + "x" + ")" * 3000, "x" + "_{x" * 3000 + "}" * 3000, r"\frac{", "}", ")", "_", "&", "x^"]
)
def test_deep_and_broken_formulas_end(latex: str) -> None:
    assert mathml(latex).startswith("<math")


def test_a_bracket_that_is_never_closed_stays_open() -> None:
    opened, closed = (mathml(latex).partition(">")[2] for latex in ("= (A + B", "B) C"))
    assert (opened.count("("), opened.count(")")) == (1, 0)
    assert (closed.count("("), closed.count(")")) == (0, 1)
