"""The whole list of promises, of random formulas: python -m tests.listed --count 1000 --seed 1 --state FILE --checks steps,latex.

Every check is counted by name: how often it was done, skipped (with the reason), and failed. ``promises`` has them. The state
is written every 100 formulas and taken up again; failures go beside it, one a line.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # so that it runs as a module, too

from million import Wrong
from promises import CHECKS, Case, checked
from random_complex import random_complex
from random_language import Whole, random_language, weight
from shrink import shrunk

SAVED = 100
REAL = ("jacobian", "hessian", "chain")  # checks of real variables
SHRINKING = 100  # smaller formulas that are tried


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--checks", default="")
    parser.add_argument("--complex", action="store_true", help="formulas with complex variables")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    made = random_complex if args.complex else random_language
    names = args.checks.split(",") if args.checks else [name for name in CHECKS if not (args.complex and name in REAL)]
    known: dict[str, Any] = {"next": 0, "seconds": 0, "counts": {}}
    if args.state.exists():
        known = json.loads(args.state.read_text())
    counts: dict[str, Counter[str]] = {name: Counter(known["counts"].get(name, {})) for name in (*names, "weight")}
    start = time.perf_counter() - known["seconds"]
    for k in range(known["next"], args.count):
        number = args.seed * 10**9 + k
        case = Case(made(Random(number)), number)
        counts["weight"][str(weight(case.formula))] += 1
        for name in names:
            try:
                counts[name][checked(case, name)] += 1
            except Wrong as wrong:
                counts[name]["FAULT " + wrong.kind] += 1
                _write(args.state, case, name, wrong)
        if (k + 1) % SAVED == 0 or k + 1 == args.count:
            seconds = round(time.perf_counter() - start, 1)
            args.state.write_text(json.dumps({"next": k + 1, "seconds": seconds, "counts": counts}, indent=1))
            print(f"{k + 1} formulas, {_faults(counts)} faults, {seconds} s", flush=True)
    for name in names:
        print(name, dict(counts[name].most_common()))
    return 1 if _faults(counts) else 0


def _faults(counts: dict[str, Counter[str]]) -> int:
    return sum(n for found in counts.values() for outcome, n in found.items() if outcome.startswith("FAULT"))


def _write(state: Path, case: Case, name: str, wrong: Wrong) -> None:
    formula = case.formula

    def fails(one: Whole) -> bool:
        try:
            checked(Case(one, case.seed), name)
        except Wrong as other:
            return other.kind == wrong.kind
        except Exception:  # noqa: BLE001  a smaller one that is no formula
            return False
        return False

    least = shrunk(formula, fails, SHRINKING)
    record = {
        "number": case.seed, "check": name, "kind": wrong.kind, "expr": formula.text, "declare": formula.declare,
        "wrt": formula.wrt, "least": {"check": name, "expr": least.text, "declare": least.declare, "wrt": least.wrt},
        "details": str(wrong)[:800],
    }  # fmt: skip
    with state.with_suffix(".faults.jsonl").open("a") as file:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
