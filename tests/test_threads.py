"""Threads share interned expressions, processes have their own, and nothing grows: short runs of ``python -m tests.threads``."""

from __future__ import annotations

from hostile_texts import formulas
from threads import answer, by_processes, by_threads, growth


def test_sixteen_threads_give_what_one_gives() -> None:
    texts = formulas("plain")[::30]
    alone = [answer(text) for text in texts]
    assert by_threads(texts) == [alone] * 16


def test_a_fresh_process_gives_the_same() -> None:
    texts = formulas("plain")[::60]
    assert by_processes(texts, "spawn", 1) == [answer(text) for text in texts]


def test_distinct_formulas_leave_nothing_behind() -> None:
    grown, kept = growth(200, 50)
    assert kept < 50
    assert grown < 16
