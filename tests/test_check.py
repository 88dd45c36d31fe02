"""Hand derivations held against the truth: verdicts, the first wrong line, causes, corrections, what follows, by what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import pytest

import matcalc
from matcalc.report.records import LineReport, Report
from matcalc.report.repair import repaired

RIGHT = {"proved", "equal", "numerically equal"}
FAIR = {"right": RIGHT, "wrong": {"wrong"}, "ill-typed": {"shapes do not fit"}}


class Hand(TypedDict, total=False):
    """A hand derivation of the collection."""

    id: str
    declare: list[str]
    define: list[str]
    objective: str
    claim: str
    steps: list[str]
    verdict: str
    first_bad_line: int | None
    cause: list[str]
    lines: list[str]
    layout: str
    accept: str


def collection() -> list[Hand]:
    path = Path(__file__).parent / "data" / "hand.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def document(record: Hand) -> str:
    steps = ["check", *("  " + s for s in record["steps"])] if "steps" in record else ["check " + record["claim"]]
    return "\n".join([*record["declare"], *record["define"], record["objective"], *steps])


RECORDS = collection()
REPORTS: dict[str, Report] = {}


def report_of(record: Hand) -> Report:
    if record["id"] not in REPORTS:
        REPORTS[record["id"]] = matcalc.check(document(record))
    return REPORTS[record["id"]]


# --- the collection ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", RECORDS, ids=[record["id"] for record in RECORDS])
def test_every_line_of_the_collection_gets_its_verdict(record: Hand) -> None:
    report = report_of(record)
    assert len(report.lines) == len(record["lines"])
    for line, truth in zip(report.lines, record["lines"], strict=True):
        fair = FAIR[truth] | ({"right in another convention"} if "accept" in record and truth != "right" else set())
        assert line.verdict in fair, str(line)


@pytest.mark.parametrize("record", RECORDS, ids=[record["id"] for record in RECORDS])
def test_the_first_wrong_line_is_found(record: Hand) -> None:
    single = None if record["verdict"] == "right" else 0
    assert report_of(record).first_bad == (record["first_bad_line"] if "steps" in record else single)


def test_nine_of_ten_causes_are_right() -> None:
    known = [record for record in RECORDS if record["cause"]]
    missed = {r["id"]: _first(r).cause for r in known if _first(r).cause not in r["cause"]}
    assert len(missed) <= 0.1 * len(known), missed


def _first(record: Hand) -> LineReport:
    report = report_of(record)
    assert report.first_bad is not None
    return report.lines[report.first_bad]


def test_most_right_lines_are_proved_for_all_sizes() -> None:
    right = [
        line.verdict
        for record in RECORDS
        for line, truth in zip(report_of(record).lines, record["lines"], strict=True)
        if truth == "right"
    ]
    assert right.count("proved") >= 0.85 * len(right)


@pytest.mark.parametrize("record", RECORDS, ids=[record["id"] for record in RECORDS])
def test_every_correction_is_right_when_it_is_checked_itself(record: Hand) -> None:
    report = report_of(record)
    again = matcalc.check(repaired(report))
    corrected = [new for old, new in zip(report.lines, again.lines, strict=True) if old.correction and not old.is_right]
    assert [str(line) for line in corrected if not line.is_right] == []


# --- one line ---------------------------------------------------------------------------------------------------------


def only(text: str) -> LineReport:
    (line,) = matcalc.check(text).lines
    return line


@pytest.mark.parametrize(
    "text",
    [
        "check A : (B .* C) = (A .* B) : C",
        "check tr(A B) = tr(B A)",
        "check d(A B) = dA B + A dB",
        "check ∂/∂X tr(A X B) = A' B'",
        "A : matrix(n, n), symmetric\nf := x' A x\ncheck ∇_x f = 2 A x",
        "f := x' A x\ncheck d2f/dx2 = A + A'",
        "f := x' A y\ncheck d2f/dx dy = A",
        "F := A x\ncheck ∂F/∂x = A",
        "dX : matrix(m, n)\ncheck norm(dX)^2 = tr(dX' dX)",
        "Q : matrix(n, n), orthogonal\ncheck Q' Q = eye(n)",
        "q : vector(n), unit\nf := q' B q\ncheck df/dq = (B + B') q",
        "E := c' x\nc : vector(n), constant\ncheck dE = c' dx",
        "L := sum(Z.^2)\nZ := 1 + exp(X)",
        "Z := A X\nL := norm(Z - Y)^2\ncheck dL/dZ = 2 (Z - Y)",
        "X : matrix(m, n)\ny : vector(n)\nE := y' y\ncheck dE/dX = 0",
        "Z : complex matrix(m, n)\nf := norm(Z)^2\ncheck df/dconj(Z) = Z",
        "Z : complex matrix(m, n)\nf := norm(Z)^2\ncheck df = conj(Z) : dZ + Z : conj(dZ)",
        "M := ones(p, q)\nB : matrix(p, q)\ng := M : B .* B\ncheck dg = 2 B : dB + dM : B",
    ],
)
def test_a_true_line_is_right(text: str) -> None:
    report = matcalc.check(text)
    assert [str(line) for line in report.lines if not line.is_right] == []


@pytest.mark.parametrize(
    ("text", "verdict", "cause"),
    [
        ("check A : (B .* C) = (A .* B) : B", "wrong", "other"),
        ("check tr(A B) = tr(A B')", "wrong", "transpose"),
        ("f := x' A x\ncheck df/dx = 2 A x", "wrong", "symmetric"),
        ("f := x' A x\ncheck df = x' (A - A') dx", "wrong", "sign"),
        ("f := norm(A x - b)^2\ncheck df/dx = 2 (A x - b)' A", "right in another convention", "layout"),
        ("f := tr(A X)\nX : matrix(n, n)\ncheck df/dX = A", "right in another convention", "transpose"),
        ("S : matrix(n, n), symmetric\nf := tr(S C)\ncheck df/dS = C'", "right in another convention", "symmetric"),
        (
            "S : matrix(n, n), symmetric\nf := tr(S C)\ncheck df/dS = C + C' - C .* I",
            "right in another convention",
            "symmetric",
        ),
        ("f := tr(A' X)\nX : matrix(m, n)\ncheck df/dX = vec(A)", "right in another convention", "layout"),
        ("F := A x\ncheck dF/dx = A'", "right in another convention", "layout"),
        ("u := A x\nf := u' C u + b' x\ncheck df/dx = b", "wrong", "constant"),
        ("f := x' y\ncheck\n  df = dx' y + x' dy\n     = dx' y", "wrong", "term"),
        ("M : matrix(m, n)\nf := norm(M .* X)^2\ncheck df/dX = 2 M .* X", "wrong", "binary"),
        ("f := norm(A x - b)^2\ncheck df/dx = 3 A' (A x - b)", "wrong", "factor"),
        ("f := tr(A X B)\nX : matrix(m, n)\ncheck df/dX = A' + B'", "shapes do not fit", "other"),
        (
            "Q : matrix(n, n), orthogonal\nC : matrix(n, n)\nf := tr(Q' C)\ncheck df/dQ = (C - Q C' Q) / 2",
            "right in another convention",
            "layout",
        ),
        ("f := x' x\ncheck df/dx = 2 x'", "right in another convention", "layout"),
        ("f := x' x\ncheck df/dy = 2 x", "undecided", None),
        ("f := x' x\ncheck g = 2 h", "proved", None),
    ],
)
def test_a_line_gets_its_verdict_and_cause(text: str, verdict: str, cause: str | None) -> None:
    line = matcalc.check(text).lines[-1]
    assert (line.verdict, line.cause) == (verdict, cause), str(line)


def test_a_wrong_line_comes_with_small_numbers_that_show_it() -> None:
    line = only("f := x' x\nx : vector(n)\ncheck df/dx = x")
    assert line.example == "n = 1, x = 1: 2 and 1"


def test_a_convention_is_named() -> None:
    assert only("f := x' A x\ncheck df/dx = x' (A + A')").reason == "numerator layout"


def test_shapes_that_do_not_fit_are_said_in_words_with_their_place() -> None:
    line = only("U : matrix(I, K)\nV : matrix(J, K)\nE := norm(U V')^2\ncheck dE/dU = 2 V U V'")
    assert line.verdict == "shapes do not fit"
    assert "V is J×K and U is I×K" in line.reason
    assert line.error is not None and line.error.spans


def test_a_claim_of_another_shape_is_said_in_words() -> None:
    line = only("X : matrix(m, n)\nf := sum(X)\ncheck df/dX = ones(n, n)")
    assert "the left side is matrix(m, n), and this is matrix(n, n)" in line.reason


# --- chains -----------------------------------------------------------------------------------------------------------

SLIP = """
f := norm(A x - b)^2
r := A x - b
check
  df = 2 r' dr
     = r' A dx
     = (A' r)' dx
  df/dx = A' r
"""


def test_what_follows_from_a_wrong_line_is_said_to_follow() -> None:
    report = matcalc.check(SLIP)
    assert [line.is_right for line in report.lines] == [True, False, False, False]
    assert [line.follows for line in report.lines] == [None, False, True, True]
    assert [line.cause for line in report.lines] == [None, "factor", None, None]
    assert report.first_bad == 1


def test_what_does_not_follow_from_a_wrong_line_may_be_right() -> None:
    report = matcalc.check(SLIP.replace("(A' r)' dx", "2 (A' r)' dx"))
    assert [line.follows for line in report.lines][:3] == [None, False, False]
    assert report.lines[2].is_right


def test_every_step_says_by_what() -> None:
    report = matcalc.check(
        "M : matrix(I, J), binary\nW := M .* X\nE := W : W\ncheck\n  dE = 2 W : dW\n     = 2 W : (M .* dX)\n"
        "     = 2 (M .* W) : dX\n     = 2 W : dX"
    )
    names = [[identity.name for identity in line.by] for line in report.lines]
    assert names == [["square-rule"], ["hadamard-rule", "binary"], ["hadamard-frobenius"], ["binary"]]


def test_a_chain_that_mentions_some_differentials_holds_the_others_fixed_and_says_so() -> None:
    report = matcalc.check("f := tr(A X)\ncheck df = tr(A dX)")
    assert report.lines[0].is_right
    assert report.lines[0].held == ("A",)


def test_a_name_that_nobody_declared_is_inferred_for_its_chain_and_named() -> None:
    report = matcalc.check("check A : (B .* C) = (A .* B) : C")
    assert sorted(report.lines[0].notices) == ["A : matrix(m, n)", "B : matrix(m, n)", "C : matrix(m, n)"]


def test_a_misspelled_differential_is_not_taken_for_a_definition() -> None:
    report = matcalc.check("E := x' x\ncheck dEE = 2 x' dx")
    assert report.lines[0].verdict == "undecided"
    assert "declared nowhere" in report.lines[0].reason


def test_a_line_that_cannot_be_read_does_not_stop_the_rest() -> None:
    report = matcalc.check("f := x' x\ncheck\n  df = 2 x' (dx\n     = 2 x' dx\ncheck df/dx = 2 x")
    assert [line.verdict for line in report.lines] == ["undecided", "proved", "proved"]
    assert report.status == 2


def test_a_definition_that_does_not_type_is_told_where_it_is_used() -> None:
    report = matcalc.check(
        "X : matrix(m, n)\nA : matrix(n, n)\nY := X' A\nf := norm(X)^2\ncheck f = Y : Y\ncheck df/dX = 2 X"
    )
    assert [line.verdict for line in report.lines] == ["shapes do not fit", "proved"]
    assert "in the definition of Y" in report.lines[0].reason


def test_the_same_text_gives_the_same_report() -> None:
    assert json.dumps(matcalc.check(SLIP).to_json()) == json.dumps(matcalc.check(SLIP).to_json())


def test_a_correction_is_the_authors_own_line_with_one_change() -> None:
    line = only("E := norm(A X - B)^2\ncheck dE/dX = 2 A (A X - B)")
    assert line.correction == "dE/dX = 2 A' (A X - B)"
    assert line.nearest
