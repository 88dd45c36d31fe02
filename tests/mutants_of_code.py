"""Mutation testing: one small change at a time in the code of a folder, each held against the tests that reach it.

    python -m tests.mutants_of_code [--count N] [--seed S] [--folder rules|steps] [--state FOLDER] [--again] [-n WORKERS]

A random sample of what could be changed (``code_changes``). First all tests are run once without a change, to know how long
each takes and what it calls; then a mutant is held against the tests that call the function that it changes, or all where it
changes a table. It is killed where one fails, also where one does not end within ten times its time. Those that change
nothing that could be seen are listed with the reason in ``data/equivalent_mutants.jsonl`` and counted apart. With ``--state``
a run that was ended goes on where it was; ``--again`` tries those again that have survived.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))  # as pytest does

from code_changes import ROOT, Mutant, Place, changes, difference, mutant, place_of
from forked_tests import Died, Record, chosen, failing, function_of, is_near, recorded

FOLDERS = ("rules", "steps")
EQUIVALENT = ROOT / "tests" / "data" / "equivalent_mutants.jsonl"
# Those of the tests that derive; the others are about what is done with the results
ABOUT = """
blocks check cli code_targets collection complex declarations derivations documents emit entries equal expand
explicit families forms found hessians infer latex latex_documents matrix_functions modular objective orders
random_formulas read retyping rules rules_by_numbers rules_derived rules_said seeds steps steps_said steps_texts structure sums sympy totals
write
"""
TESTS = ("matcalc/rules", "matcalc/steps", *(f"tests/test_{name}.py" for name in ABOUT.split()))


IMPORT = 0.6  # seconds in which a file of tests is collected


class Fate(NamedTuple):
    """What has become of a mutant: killed, timed out, or survived so many rounds; and by which test."""

    mutant: str
    fate: str
    round: int
    by: str
    seconds: float


class State:
    """What is known so far, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fates = folder / "fates.jsonl"
        (folder / "clean").mkdir(parents=True, exist_ok=True)

    def fates(self) -> dict[str, Fate]:
        lines = self._fates.read_text().splitlines() if self._fates.exists() else []
        return {fate.mutant: fate for fate in (Fate(**json.loads(line)) for line in lines)}

    def keep(self, fate: Fate) -> None:
        with self._fates.open("a") as file:
            print(json.dumps(fate._asdict()), file=file)

    def forget_survivors(self) -> None:
        kept = [fate for fate in self.fates().values() if fate.fate != "survived"]
        self._fates.unlink(missing_ok=True)
        for fate in kept:
            self.keep(fate)

    def record(self, test: str, copy: Path) -> Record:
        """The clean run of a test file, now or earlier."""
        path = self._folder / "clean" / f"{test.replace('/', '_')}.json"
        if not path.exists():
            path.write_text(json.dumps(recorded(test, copy)._asdict()))
        return Record(**json.loads(path.read_text()))


class Trial:
    """The tests, and a copy of the project in which one file at a time is changed."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._folder = tempfile.TemporaryDirectory()
        self._copy = Path(self._folder.name) / "matcalc"
        ignored = shutil.ignore_patterns(".git", ".*_cache", "__pycache__")
        shutil.copytree(ROOT, self._copy, ignore=ignored)
        self._records = {test: state.record(test, self._copy) for test in TESTS}

    def fate(self, made: Mutant, turn: int) -> Fate:
        """In the first round the quick tests, in the second the others."""
        path = self._copy / made.file
        began = time.monotonic()
        path.write_text(made.text)
        by, place = "", place_of(made)
        try:
            by = failing(self._ordered(place, turn), self._records, place, turn == 1, self._copy)
            fate = "killed" if by else "survived"
        except Died as died:
            fate = "timed out" if died.slow else "killed"
        finally:
            shutil.copy2(ROOT / made.file, path)
        found = Fate(difference(made), fate, turn, by, round(time.monotonic() - began, 1))
        self._state.keep(found)
        return found

    def _ordered(self, place: Place, turn: int) -> list[str]:
        """The test files: those with tests of the changed record or much of the function first, then the quick killers."""
        kills = Counter(fate.by.split("::")[0] for fate in self._state.fates().values())

        def worth(test: str) -> tuple[bool, float]:
            record = self._records[test]
            wanted = chosen(record, place, turn == 1)
            seconds = IMPORT + sum(record.seconds[name] for name in wanted)
            share = len(set(map(function_of, wanted))) / len(set(map(function_of, record.seconds)))
            return any(is_near(name, place) for name in wanted), (1 + kills[test]) * share / seconds

        return sorted(TESTS, key=worth, reverse=True)


_trial: list[Trial] = []  # of a worker


def _begin(state: State) -> None:
    _trial.append(Trial(state))


def _fate(made: Mutant, turn: int) -> Fate:
    return _trial[0].fate(made, turn)


def sample(folder: str, count: int, seed: int) -> Iterator[Mutant]:
    every = changes(folder)
    random.Random(seed).shuffle(every)
    return islice((made for change in every if (made := mutant(change)) is not None), count)


def main() -> int:
    """Prints each mutant's fate, the survivors and the sum; the exit status is 1 where more than one in twenty survives."""
    parser = argparse.ArgumentParser(description="Mutation testing of rules/ and steps/.")
    parser.add_argument("--count", type=int, default=100, help="mutants of each folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", choices=FOLDERS, action="append")
    parser.add_argument("--state", type=Path, help="a folder for what is known so far")
    parser.add_argument("--again", action="store_true", help="try those again that have survived")
    parser.add_argument("-n", type=int, default=1, help="workers")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = State(asked.state or Path(folder))
        if asked.again:
            state.forget_survivors()
        _load()
        wanted = [made for part in asked.folder or FOLDERS for made in sample(part, asked.count, asked.seed)]
        return _report(wanted, _tried(wanted, state, asked.n), _reasons())


def _load() -> None:
    """What the tests import, once for all of them."""
    for name in ("hypothesis", "lark", "numpy", "scipy.linalg", "scipy.special", "sympy"):
        import_module(name)


def _reasons() -> dict[str, str]:
    lines = EQUIVALENT.read_text().splitlines() if EQUIVALENT.exists() else []
    return {known["mutant"]: known["because"] for known in map(json.loads, lines)}


def _tried(wanted: Sequence[Mutant], state: State, workers: int) -> dict[str, Fate]:
    """The fates of mutants, in two rounds: the second is for what survives the first."""
    reasons = _reasons()
    with ProcessPoolExecutor(workers, get_context("fork"), _begin, (state,)) as pool:
        for turn in (1, 2):
            fates = state.fates()
            left = [made for made in wanted if difference(made) not in reasons and _goes_on(fates, made, turn)]
            for k, fate in enumerate(pool.map(_fate, left, [turn] * len(left)), 1):
                print(f"{turn}: {k}/{len(left)}: {fate.fate} ({fate.seconds} s) {fate.by}", flush=True)
                if fate.fate != "killed":
                    print(fate.mutant, flush=True)
    return state.fates()


def _goes_on(fates: dict[str, Fate], made: Mutant, turn: int) -> bool:
    fate = fates.get(difference(made))
    return fate is None or (fate.fate == "survived" and fate.round < turn)


def _report(wanted: Sequence[Mutant], fates: dict[str, Fate], reasons: dict[str, str]) -> int:
    total = Counter("equivalent" if d in reasons else fates[d].fate for d in map(difference, wanted))
    for made in wanted:
        text = difference(made)
        if text in reasons:
            print(f"{text}\nequivalent: {reasons[text]}")
        elif fates[text].fate == "survived":
            print(f"{text}\nsurvived")
    print(dict(total))
    return int(20 * total["survived"] > total.total() - total["equivalent"])


if __name__ == "__main__":
    sys.exit(main())
