"""Formulas at which random tests once found something wrong, and a few random ones: the whole list of promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from million import Wrong, judged
from promises import CHECKS, Case, checked
from random_complex import random_complex
from random_language import Whole, nodes, random_language
from retyping import Retyping, applied
from shrink import shrunk

import matcalc
from matcalc.read.declarations import Declaration, Definition, read_declarations
from matcalc.read.formula import read
from matcalc.rules import functions

FOUND = [json.loads(line) for line in (Path(__file__).parent / "data" / "found.jsonl").read_text().splitlines()]
GRADIENTS = range(200)
COMPLEX = range(60)
LISTED = range(6)
SLOW = ("jax", "torch")  # of a few formulas elsewhere


def formula_of(record: dict[str, Any]) -> Whole:
    """A recorded formula with its tree."""
    items = [item for text in record["declare"] for item in read_declarations(text)]
    declared = tuple(item for item in items if isinstance(item, Declaration))
    own = {item.name for item in declared if item.kind == "function"}
    letters = {item.name for item in items} - own
    defined = {item.name: applied(item.syntax, letters, own) for item in items if isinstance(item, Definition)}
    plain = [text for text in record["declare"] if ":=" not in text]
    tree = applied(read(record["expr"]), letters, own)
    typed = Retyping(record["expr"], plain) if not defined else None
    shapes = {node: typed.shapes[node.span] for node in nodes(tree) if node.span in typed.shapes} if typed else {}
    return Whole(record["expr"], tuple(record["declare"]), record["wrt"], tree, shapes, defined, declared)


def held(case: Case, name: str) -> str:
    with warnings.catch_warnings(action="ignore"):  # of SciPy, where a point is singular
        return checked(case, name)


def case_of(record: dict[str, Any]) -> object:
    marks = [pytest.mark.xfail(raises=Wrong, reason=record["open"])] if "open" in record else []
    return pytest.param(record, id=f"{record['check']} of {record['expr']}", marks=marks)


@pytest.mark.parametrize("record", [case_of(record) for record in FOUND])
def test_what_was_wrong_is_right(record: dict[str, Any]) -> None:
    outcome = held(Case(formula_of(record), 0), record["check"])
    if outcome == "skipped: not installed":
        pytest.skip(record["check"])
    assert outcome == "done"


def test_the_same_number_makes_the_same_formula_in_every_process() -> None:
    code = "from random import Random; from random_language import random_language as made"
    code += "; print([made(Random(k)).text for k in range(60)])"
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(texts) == 1


def test_random_formulas_of_the_whole_language_have_the_gradients_that_their_trees_show() -> None:
    with warnings.catch_warnings(action="ignore"):
        outcomes = [judged(random_language(Random(number)), number).outcome for number in GRADIENTS]
    assert outcomes.count("agreed") > 0.8 * len(outcomes)


def test_random_formulas_of_complex_variables_have_the_wirtinger_derivatives_that_their_trees_show() -> None:
    with warnings.catch_warnings(action="ignore"):
        outcomes = [judged(random_complex(Random(number)), number).outcome for number in COMPLEX]
    assert outcomes.count("agreed") > 0.5 * len(outcomes)


@pytest.mark.parametrize("number", LISTED)
def test_all_promises_are_kept_of_a_random_formula(number: int) -> None:
    case = Case(random_language(Random(number)), number)
    done = [held(case, name) for name in CHECKS if name not in SLOW]
    assert done.count("done") >= 8, done


@pytest.fixture
def wrong_tanh() -> Iterator[None]:
    """With 1 - tanh² exchanged for 1 + tanh²."""
    (right,) = functions.lookup("tanh")
    functions.register(replace(right, rule="dY = (1 + Y.^2) .* dX"), replace=True)
    yield
    functions.register(right, replace=True)


@pytest.mark.usefixtures("wrong_tanh")
def test_a_wrong_differential_is_found_and_shrunk() -> None:
    declare = ["A : matrix(n, n)", "x, y : vector(n)"]
    formula = formula_of({"expr": "(x' A tanh(A y + x))^2 + norm(A)", "declare": declare, "wrt": "y"})

    def fails(one: Whole) -> bool:
        try:
            judged(one, 1)
        except Wrong as found:
            return found.kind == "gradient"
        except matcalc.MatcalcError:
            return False
        return False

    assert fails(formula)
    least = shrunk(formula, fails)
    assert "tanh" in least.text
    assert len(least.text) < 20


@pytest.mark.usefixtures("wrong_tanh")
@pytest.mark.parametrize("wrt", ["Z", "conj(Z)"])
def test_a_wrong_differential_of_complex_numbers_is_found(wrt: str) -> None:
    declare = ["A, Z : complex matrix(m, n)"]
    with pytest.raises(Wrong, match="gradient"):
        judged(formula_of({"expr": "norm(tanh(Z) - A)^2", "declare": declare, "wrt": wrt}), 1)
