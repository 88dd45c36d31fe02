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
