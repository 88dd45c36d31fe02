"""Right formulas with one change: no change of the value is called right, nothing that is equal is called wrong.

A sample; ``python -m tests.mutations`` has them all.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import islice

import pytest
from mutations import Finding, Right, answers, findings, hand_lines, summary

from matcalc.errors import MatcalcError

EVERY_LINE, EVERY_ANSWER = 5, 12  # of so many formulas one
CHANGES = 10  # of each


@cache
def found() -> tuple[tuple[Right, tuple[Finding, ...]], ...]:
    out = []
    for source, every in ((hand_lines(), EVERY_LINE), (answers(), EVERY_ANSWER)):
        for right in islice((right for right in source if "logm" not in right.text), 0, None, every):  # logm is slow
            try:
                out.append((right, tuple(findings(right, CHANGES))))
            except MatcalcError:
                continue  # not supported, and it says so
    return tuple(out)


def everything() -> list[Finding]:
    return [finding for _, own in found() for finding in own]


def test_no_verdict_on_a_changed_formula_is_false() -> None:
    assert not [(finding.fault, finding.text) for finding in everything() if finding.fault]


def test_every_formula_has_many_changes_and_most_of_them_matter() -> None:
    assert len(found()) > 50
    assert sum(len(own) == CHANGES for _, own in found()) > 0.9 * len(found())
    count = Counter(finding.verdict for finding in everything())
    assert count["wrong"] > 0.5 * len(everything()), summary(everything())
    assert count["proved"] > 20


def test_a_change_that_matters_is_called_wrong_and_hardly_any_is_left_undecided() -> None:
    different = [finding for finding in everything() if finding.truth == "different"]
    refused = {"wrong", "not typed", "shapes differ"}
    assert sum(finding.verdict in refused for finding in different) >= 0.99 * len(different)


@pytest.mark.parametrize("cause", ["factor", "sign", "transpose", "order", "hadamard", "term", "layout", "other"])
def test_every_kind_of_change_occurs(cause: str) -> None:
    assert any(finding.cause == cause for finding in everything())
