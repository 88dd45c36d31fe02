"""Every record of the collection as emitted source, run where there is no matcalc: ``python -m tests.every_record``.

A fresh interpreter (``python -I``) for each target gets the printed sources and the stored draws, and nothing else.

    --targets numpy,jax,torch    which, of those installed
    --show                       the sources of what is wrong
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import collection  # noqa: E402

import matcalc  # noqa: E402

# What runs there: a line of JSON for each record in, a line with what is wrong out, empty where nothing is.
RUNNER = """
import importlib.util, inspect, json, keyword, sys
import numpy as np
assert importlib.util.find_spec("matcalc") is None
target = sys.argv[1]
if target == "jax":
    import jax
    jax.config.update("jax_enable_x64", True)
there = {"numpy": np.asarray, "array-api": np.asarray}.get(target)
if target == "jax":
    there = jax.numpy.asarray
if target == "torch":
    import torch
    there = lambda array: torch.as_tensor(np.ascontiguousarray(array))


def array(value):
    if isinstance(value, dict):
        return np.asarray(value["re"], float) + 1j * np.asarray(value["im"], float)
    return np.asarray(value, float)


def sine(a, b, order):
    def of(t):
        t = np.asarray(t)
        return there([np.sin(a * t) + b * t**2, a * np.cos(a * t) + 2 * b * t, 2 * b - a * a * np.sin(a * t)][order])
    return of


def given(record, case):
    out = {}
    for name, value in case["inputs"].items():
        kind = record["kinds"][name]
        name = name + "_" * keyword.iskeyword(name)
        if isinstance(value, dict) and "function" in value:
            out |= {name + end: sine(*value["function"], order) for order, end in enumerate(("", "_1", "_2"))}
            continue
        value = array(value)
        out[name] = there(value.reshape(()) if kind == "scalar" else value.reshape(-1) if kind == "vector" else value)
    return out


def numbers(found):
    return np.asarray(found.resolve_conj() if target == "torch" else found)


def wrong(record):
    scope = {}
    exec(record["source"], scope)
    f = scope[record["name"]]
    for case in record["cases"]:
        values, truth = given(record, case), array(case["truth"])
        got = numbers(f(**{name: values[name] for name in inspect.signature(f).parameters}))
        flat = got.size == truth.size and (truth.size == 1 or (1 in truth.shape and got.ndim < 2))
        if got.shape != truth.shape and not flat:
            return f"shape {got.shape} for {truth.shape}"
        error = np.max(np.abs(got.reshape(truth.shape) - truth), initial=0.0) / max(1.0, np.max(np.abs(truth), initial=0.0))
        if not error < 1e-6:
            return f"relative error {error:.1e}"
    return ""


for line in sys.stdin:
    try:
        print(json.dumps(wrong(json.loads(line))))
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"))
"""


def sources(target: str) -> tuple[list[dict[str, object]], dict[str, str]]:
    """The records with their sources, and why others have none."""
    found: list[dict[str, object]] = []
    without: dict[str, str] = {}
    for kind in ("gradient", "jacobian", "hessian"):
        for record in collection.records(kind):
            try:
                result = matcalc.derive(
                    record["expr"], record["wrt"], record["declare"], order=2 if kind == "hessian" else 1
                )
                source = result.code(target)
            except matcalc.MatcalcError as error:
                without[record["id"]] = str(error).splitlines()[0]
                continue
            found.append(
                {**{key: record[key] for key in ("id", "kinds", "cases")}, "source": source, "name": result.kind}
            )
    return found, without


def judged(target: str) -> tuple[dict[str, str], dict[str, str], list[dict[str, object]]]:
    """What is wrong with each record, empty where nothing is; why others have no source; the records."""
    found, without = sources(target)
    lines = "".join(json.dumps(record) + "\n" for record in found)
    command = [sys.executable, "-I", "-W", "ignore", "-c", RUNNER, target]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(found):
        raise RuntimeError(done.stderr)
    return {str(record["id"]): answer for record, answer in zip(found, answers, strict=True)}, without, found


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", default="numpy,jax,torch,array-api")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args(argv)
    packages = {"array-api": "array_api_compat"}
    bad = 0
    for target in args.targets.split(","):
        if importlib.util.find_spec(packages.get(target, target)) is None:
            print(f"{target}: not installed")
            continue
        found, without, records = judged(target)
        wrong = {name: answer for name, answer in found.items() if answer}
        bad += len(wrong)
        print(f"{target}: {len(found) - len(wrong)} right, {len(wrong)} wrong, {len(without)} without a spelling")
        for reason, count in sorted(Counter(without.values()).items()):
            print(f"    {count:3} {reason}")
        for name, answer in wrong.items():
            print(f"    {name}: {answer}")
            if args.show:
                print(next(str(record["source"]) for record in records if record["id"] == name))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
