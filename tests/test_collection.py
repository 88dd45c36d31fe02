"""The engine against collected formulas with known numbers: every gradient right, and as short as the book prints it."""

from __future__ import annotations

import numpy as np
import pytest
from collection import Record, derived, plain_records, records, tokens, wrong

import matcalc

IDS = [record["id"] for record in records()]
NO_LONGER = 0.98  # of the answers are no longer than the published ones
ALL_TOGETHER = 0.92  # of their tokens


@pytest.mark.parametrize("record", records(), ids=IDS)
def test_a_gradient_has_the_true_value_at_every_stored_draw_also_when_read_back(record: Record) -> None:
    try:
        result = derived(record["id"])
    except matcalc.MatcalcError:
        if "advanced" in record["tags"]:
            pytest.skip("not supported yet, and it says so")
        raise
    declared = [str(declaration) for declaration in result.declarations]
    again = matcalc.parse(str(result.value), declare=declared)
    assert not wrong(record, result.function("numpy"))
    assert not wrong(record, again.function("numpy")), str(result.value)


def test_hardly_an_answer_is_longer_than_the_published_one() -> None:
    measured = [record for record in plain_records() if record["answer"]]
    longer = {r["id"]: (str(derived(r["id"]).value), r["answer"]) for r in measured if _length(r) > tokens(r["answer"])}
    assert len(longer) <= (1 - NO_LONGER) * len(measured), longer


def test_all_answers_together_are_shorter_than_the_published_ones() -> None:
    measured = [record for record in plain_records() if record["answer"]]
    assert sum(map(_length, measured)) <= ALL_TOGETHER * sum(tokens(record["answer"]) for record in measured)


def _length(record: Record) -> int:
    return tokens(str(derived(record["id"]).value))


def test_a_wrong_gradient_is_found_to_be_wrong() -> None:
    record = next(record for record in records() if record["id"] == "mse-734717")
    result = derived(record["id"])
    assert not wrong(record, result.function("numpy"))
    assert "relative error" in wrong(record, (2 * result.value).function("numpy"))
    assert "shape" in wrong(record, lambda X: np.zeros((1, *X.shape)))


def test_the_length_of_a_formula_leaves_out_brackets_commas_and_products() -> None:
    assert tokens("2 * (A X - B)' .* eye(n)") == len(["2", "A", "X", "-", "B", "'", ".*", "eye(n)"])
