"""Texts that are meant to be slow, or to be called right though they are not: each is answered at once, and clearly."""

from __future__ import annotations

import time

import pytest

import matcalc

SECONDS = 8  # of the processor; they take a fraction of one on a machine that does nothing else


@pytest.mark.parametrize(
    ("text", "syntax", "says"),
    [
        ("ab" * 15_000 + " = 0", "latex", "at most 6000 are read"),
        ("x = " + "d" * 30_000, "latex", "at most 6000 are read"),
        ("a = " + r"\mathbf{A} + " * 7_000 + "B", "latex", "at most 6000 are read"),
        ("$$E = " + "x^{" * 1_000 + "x" + "}" * 1_000 + "$$ $$\\nabla_x E = 1$$", "latex", "more than 200 powers"),
        ("X := " + "a b " * 9_000, "plain", "at most 6000 are read"),
        ("check " + "a b " * 9_000 + "= 1", "plain", "at most 6000 are read"),
        (r"\def\a{\a\a}\a = 0", "latex", "or for ever"),
        ("a" * 1_000_000, "latex", "at most 100000 are read"),
    ],
)
def test_what_is_too_long_is_refused_at_once(text: str, syntax: str, says: str) -> None:
    before = time.process_time()
    report = matcalc.check(text, syntax=syntax)
    assert time.process_time() - before < SECONDS
    errors = [*report.problems, *(line.error for line in report.lines if line.error)]
    assert says in str(errors[0])


def test_a_tower_of_powers_is_refused_in_both_spellings() -> None:
    for tower in ("x^{" * 300 + "2" + "}" * 300, "x^(" * 300 + "2" + ")" * 300):
        with pytest.raises(matcalc.FormulaError, match="more than 200 powers"):
            matcalc.derive(tower, "x", syntax="latex" if "{" in tower else "plain")


def test_many_sizes_are_not_all_tried() -> None:
    before = time.process_time()
    (line,) = matcalc.check("check " + " + ".join(f"a_{k}' b_{k}" for k in range(20)) + " = 0").lines
    assert (line.verdict, bool(line.example)) == ("wrong", True)
    assert time.process_time() - before < SECONDS


@pytest.mark.parametrize(
    "claim",
    ["a^64 b^64 = 0", "d^1000 = 0", "(x' x)^300 = 0", "a^200 + b^200 = b^200 + 0 a", "tr(A)^90 = tr(A')^88 tr(A) d"],
)
def test_what_nearly_vanishes_is_not_nothing(claim: str) -> None:
    (line,) = matcalc.check("A : matrix(n, n)\na, b, d : scalar\ncheck " + claim).lines
    assert line.verdict in ("wrong", "undecided"), str(line)
    (line,) = matcalc.check("a : scalar\ncheck a^64 a^64 = a^128").lines
    assert line.verdict == "proved"


TERMS = " + ".join("A' sin(B x) .* cos(y)" for _ in range(20))
HOPELESS = f"A, B : matrix(n, n)\nE := norm(A x - b)^2\ncheck dE/dx = 5 A' (A x - b) + {TERMS}"


def test_causes_of_a_wrong_line_are_looked_for_in_bounds_and_the_report_says_where_they_end() -> None:
    before = time.process_time()
    line, after_it = matcalc.check(HOPELESS + "\ncheck dE/dx = A' (A x - b)").lines
    assert time.process_time() - before < SECONDS
    assert (line.verdict, line.cause) == ("wrong", "other")
    assert line.reason.startswith("not every possible cause was tried")
    assert line.correction == "dE/dx = 2 A' (A x - b)"
    assert after_it.cause == "factor"


def test_letters_that_nobody_declared_are_not_guessed_in_every_change_of_a_line() -> None:
    before = time.process_time()
    text = (
        r"\frac{g \odot x}{\sqrt{\operatorname{logdet(L L' + Diag(p)) + tr(inv(L L' + Diag(p)) S)mean}(x^{\odot 2})}}"
    )
    claim = rf"f &= a'\tanh(W\tanh(Wx)) \\ \frac{{\partial f}}{{\partial W}} &= {text}"
    (line,) = matcalc.check(rf"$$\begin{{align}} {claim} \end{{align}}$$", "markdown").lines
    assert line.verdict == "shapes do not fit"
    assert time.process_time() - before < SECONDS / 2


def test_a_counterexample_is_looked_for_in_as_many_tries_whatever_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    monkeypatch.setattr("matcalc.verify.refute._try", lambda *given: tried.append(1))
    (line,) = matcalc.check("check " + " + ".join(f"sin(x_{k})" for k in range(12)) + " = 0").lines
    assert line.verdict == "wrong"
    assert 0 < len(tried) < 2000


@pytest.mark.parametrize("count", [3, 12])
def test_binary_scalars_are_tried_with_both_values_where_they_are_few(count: int) -> None:
    names = [f"b_{k}" for k in range(count)]
    before = time.process_time()
    declared, square = f"{', '.join(names)} : scalar, binary\ncheck ", " + ".join(f"{b}^2 x" for b in names)
    found = matcalc.check(f"{declared}{square} = {' + '.join(f'{b} x' for b in names)}").lines[0]
    other = matcalc.check(f"{declared}{square} = {' + '.join(f'2 {b} x' for b in names)}").lines[0]
    assert (found.verdict, other.verdict) == ("proved", "wrong")
    assert time.process_time() - before < SECONDS
