"""Right lines of the collection with one change: what changes the value is never right, what does not is never wrong.

Whether a change changes the value is decided apart from the check: by numbers at five draws of different sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, zip_longest

import pytest
from test_check import RECORDS, RIGHT, Hand, document

from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.read.document import Check, Derivative
from matcalc.read.mc import read_document
from matcalc.read.syntax import Syntax
from matcalc.steps.setting import Misfit, Setting
from matcalc.verify.agree import agree
from matcalc.verify.edits import edits
from matcalc.verify.lines import Judged, compared, judged, side

WELL = [record for record in RECORDS if record["verdict"] == "right"]
EACH = 10  # changes of each derivation


def mutants(record: Hand) -> Iterator[tuple[Judged, Syntax]]:
    """The right lines of a derivation with one change each, in turns."""
    read = read_document(document(record))
    setting = Setting.of(read.statements)
    lines = [line for s in read.statements if isinstance(s, Check) for line in judged(s, setting, read.source)]
    changed = []
    for line in lines:
        tree = line.line.right
        if tree is not None and not isinstance(tree, Derivative):
            shapes = {name: node.shape for name, node in setting.names.items()}
            changed.append([(line, edit.tree) for edit in islice(edits(tree, shapes), 0, 200, 3)])
    for row in zip_longest(*changed):
        yield from (mutant for mutant in row if mutant is not None)


def value_of(line: Judged, tree: Syntax) -> Expr | None:
    """What a changed right side means; None where its shapes do not fit, or it means nothing."""
    assert line.motion is not None
    try:
        return side(tree, line.motion, "")
    except (Misfit, MatcalcError):
        return None


@pytest.mark.parametrize("record", WELL, ids=[record["id"] for record in WELL])
def test_a_change_of_the_value_is_never_right_and_another_is_never_wrong(record: Hand) -> None:
    tried = 0
    for line, tree in mutants(record):
        value = value_of(line, tree)
        assert line.truth is not None
        if value is None or value.shape != line.truth.value.shape:
            continue
        found = agree(line.truth.value, value, count=5, seed=100).verdict
        verdict = compared(replace(line, value=value)).verdict
        if found == "different":
            assert verdict not in RIGHT, tree
        elif found == "equal":
            assert verdict in RIGHT | {"undecided"}, tree
        tried += 1
        if tried == EACH:
            break
    assert tried >= 3
