"""Right formulas with one change: those that change the value must be judged wrong, the others must not.

    python -m tests.mutations [--most N]      all formulas, N changes of each (all of them without --most)

The right formulas are the right sides of the lines of hand derivations that are known to be right, and the published answers
of the collection. Whether a change changes the value is decided by tests/oracle.py, which knows neither algebra nor steps.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

import oracle
from collection import declarations, records

from matcalc.errors import MatcalcError
from matcalc.expr import Expr, Named, Symbol
from matcalc.read.declarations import Declaration, Definition, read_declarations
from matcalc.read.formula import read
from matcalc.rules.properties import closure
from matcalc.shape import Shape, names
from matcalc.shape import value as number_of
from matcalc.steps.understand import understand
from matcalc.verify.edits import edits
from matcalc.verify.equal import RIGHT, judge
from matcalc.verify.evaluate import evaluate
from matcalc.verify.properties import with_properties
from matcalc.verify.sample import counts
from matcalc.write.present import plain_text

Array = np.ndarray[Any, Any]
HAND = Path(__file__).parent / "data" / "hand.jsonl"
SAME = 1e-7  # relative errors up to here are those of the oracle's arithmetic,
SLOPE = 1e-5  # and up to here those of its difference quotients
DIFFERENT = 1e-4


@dataclass(frozen=True)
class Right:
    """A formula that is right, with what is declared and defined, and values for the oracle."""

    name: str
    text: str
    declare: tuple[str, ...]
    make: Callable[[], tuple[oracle.Values, ...]] = field(compare=False)


@lru_cache(4)
def true_values(right: Right) -> tuple[tuple[oracle.Values, Array | None], ...]:
    """Draws with the value of the right formula at each."""
    return tuple((values, _value(right, right.text, values)) for values in right.make())


@dataclass(frozen=True)
class Finding:
    """What became of a changed formula. ``truth``: same, different, no value or unknown; ``fault`` is empty where the verdict fits."""

    text: str
    cause: str
    verdict: str
    truth: str
    fault: str


# --- the right formulas ---------------------------------------------------------------------------------------------------


def hand_lines() -> Iterator[Right]:
    """The right sides of all lines that are known to be right."""
    for row in HAND.read_text().splitlines():
        record = json.loads(row)
        declare = (*record["declare"], *record.get("define", []), record["objective"])
        for k, (line, truth) in enumerate(zip(record.get("steps") or [record["claim"]], record["lines"], strict=True)):
            if truth == "right":
                text = line.split("=", 1)[1].strip()
                yield Right(f"{record['id']}:{k}", text, declare, partial(_hand_values, record, declare))


def answers(kinds: Sequence[str] = ("gradient", "jacobian", "hessian")) -> Iterator[Right]:
    """The published answers of the collection."""
    for kind in kinds:
        for record in records(kind):
            if record["answer"]:
                yield Right(record["id"], record["answer"], tuple(declarations(record)), partial(_drawn_values, record))


def _hand_values(record: Mapping[str, Any], declare: Sequence[str]) -> tuple[oracle.Values, ...]:
    words = {name: (*DOMAINS[domain],) for name, domain in record["domain"].items() if domain in DOMAINS}
    return tuple(_with_definitions(v, declare) for v in _draws(record["declare"], record["sizes"], words))


DOMAINS = {"positive": ("positive",), "probability": ("positive",)}
DRAWS = 4


def _draws(
    declare: Sequence[str],
    sizes: Iterable[str],
    words: Mapping[str, tuple[str, ...]],
    style: str = "normal",
    whole: Collection[str] = (),
) -> Iterator[oracle.Values]:
    """Values with the declared properties and directions in which they can move, at sizes that grow and fall in turn.

    ``whole`` are scalars that count something: 2, 3, 4.
    """
    letters = [d for entry in declare for d in read_declarations(entry) if isinstance(d, Declaration)]
    wanted = sorted({name for d in letters for size in d.shape for name in names(size)} | set(sizes))
    for seed in range(DRAWS):
        random = np.random.default_rng(seed)
        turn = wanted[:: (-1) ** seed]
        numbers = {name: 3 + seed // 2 + k for k, name in enumerate(turn)}
        arrays, directions, functions = {}, {}, {}
        for d in letters:
            shape = (number_of(d.shape[0], numbers), number_of(d.shape[1], numbers))
            if d.kind == "function":
                functions[d.name] = _function(*random.uniform(0.5, 1.5, 2))
            elif d.name in whole:
                arrays[d.name], directions[d.name] = np.full(shape, 2.0 + seed % 3), np.zeros(shape)
            elif d.kind != "size":
                own = closure((*d.words, *words.get(d.name, ())))
                arrays[d.name] = with_properties(random, shape, own, style)
                directions[d.name] = oracle.direction(d.properties, shape, random)
        yield oracle.Values(arrays, directions, numbers, functions)


def _with_definitions(values: oracle.Values, declare: Sequence[str]) -> oracle.Values:
    """Values and directions of the defined names, too."""
    arrays, directions = dict(values.arrays), dict(values.directions)
    for entry in declare:
        for item in read_declarations(entry):
            if isinstance(item, Definition):
                text = plain_text(item.syntax)
                now = oracle.Values(arrays, directions, values.sizes, values.functions)
                try:
                    arrays[item.name], directions[item.name] = (
                        oracle.evaluate(text, now),
                        oracle.evaluate(f"d({text})", now),
                    )
                except CANNOT:
                    continue
    return oracle.Values(arrays, directions, values.sizes, values.functions)


def _drawn_values(record: Mapping[str, Any]) -> tuple[oracle.Values, ...]:
    """Values at which the answer is defined and does not move when they hardly do: normal ones, or else positive ones."""
    whole: Collection[str] = ()
    with suppress(MatcalcError):  # a lone I
        whole = counts([understand(record["answer"], declarations(record)).expression])
    for style in ("normal", "positive", "interval", "near identity"):
        drawn = _draws(declarations(record), record["cases"][0]["sizes"], {}, style, whole)
        found = [v for v in drawn if _is_steady(record, v)]
        if found:
            return tuple(found)
    return ()


def _is_steady(record: Mapping[str, Any], values: oracle.Values) -> bool:
    moved = {
        name: array * (1 + 1e-9 * np.cos(np.arange(array.size))).reshape(array.shape)
        for name, array in values.arrays.items()
    }
    right = Right(record["id"], record["answer"], tuple(declarations(record)), tuple)
    here, there = (_value(right, right.text, v) for v in (values, replace(values, arrays=moved)))
    if here is None or there is None or not np.all(np.isfinite([here, there])) or np.max(np.abs(here), initial=0) > 1e8:
        return False
    return bool(np.max(np.abs(here - there), initial=0.0) <= 1e-6 * max(1e-6, np.max(np.abs(here), initial=0.0)))


def _function(a: float, b: float) -> Sequence[Any]:
    return (
        lambda t: np.sin(a * t) + b * t**2,
        lambda t: a * np.cos(a * t) + 2 * b * t,
        lambda t: -a * a * np.sin(a * t) + 2 * b,
    )


# --- their changes ----------------------------------------------------------------------------------------------------------


def findings(right: Right, most: int | None = None) -> Iterator[Finding]:
    """What becomes of the changes of a formula: of all, or of ``most`` of them, evenly spread."""
    found = understand(right.text, right.declare)
    letters = _letters(found.names)
    mutants = list(edits(read(right.text), letters))
    if most is not None and len(mutants) > most:
        mutants = [mutants[k * len(mutants) // most] for k in range(most)]
    for mutant in mutants:
        text = plain_text(mutant.tree)
        verdict = _verdict(found.expression, text, right.declare)
        truth = _truth(right, text)
        yield Finding(text, mutant.cause, verdict, truth, _fault(verdict, truth))


def _letters(names: Mapping[str, Expr]) -> dict[str, Shape]:
    return {name: node.shape for name, node in names.items() if isinstance(node, Symbol | Named)}


def _verdict(true: Expr, text: str, declare: Sequence[str]) -> str:
    try:
        changed = understand(text, declare).expression
    except MatcalcError:
        return "not typed"
    return "shapes differ" if changed.shape != true.shape else judge(true, changed).verdict


def _truth(right: Right, text: str) -> str:
    """same where the values are at all draws, different where they are at one, "no value" where the change has none though
    the formula has, unknown where neither can be computed."""
    pairs = [(wanted, _value(right, text, v)) for v, wanted in true_values(right) if wanted is not None]
    if pairs and all(got is None for _, got in pairs):
        return "no value"
    errors = [_error(wanted, got) for wanted, got in pairs if got is not None]
    known = [error for error in errors if error is not None]
    moving = any(f"d{name}" in right.text for v, _ in true_values(right) for name in v.directions)
    if any(error > DIFFERENT for error in known):
        return "different"
    close = all(error <= (SLOPE if moving else SAME) for error in known)
    return "same" if known and len(known) == len(pairs) and close else "unknown"


def _error(wanted: Array, got: Array) -> float | None:
    """The relative error; infinite where the shapes differ."""
    if wanted.shape != got.shape:
        return np.inf
    if not (np.all(np.isfinite(wanted)) and np.all(np.isfinite(got))):
        return None
    scale = max(float(np.max(np.abs(wanted), initial=0)), 1e-6)
    return float(np.max(np.abs(wanted - got), initial=0.0)) / scale


def _value(right: Right, text: str, values: oracle.Values) -> Array | None:
    """By the oracle; by the engine's own evaluation where the oracle cannot read the right formula (a lone I)."""
    found = _by_oracle(text, values)
    return found if found is not None or _by_oracle(right.text, values) is not None else _by_engine(right, text, values)


def _by_oracle(text: str, values: oracle.Values) -> Array | None:
    try:
        return oracle.evaluate(text, values)
    except CANNOT:
        return None


def _by_engine(right: Right, text: str, values: oracle.Values) -> Array | None:
    given = {**values.arrays, **{"d" + name: step for name, step in values.directions.items()}}
    try:
        return evaluate(understand(text, right.declare).expression, given, values.sizes)
    except (*CANNOT, MatcalcError):
        return None


CANNOT = (
    np.linalg.LinAlgError, ValueError, AssertionError, LookupError, NotImplementedError, NameError, TypeError, ArithmeticError,
)  # fmt: skip


def _fault(verdict: str, truth: str) -> str:
    if verdict in RIGHT and truth == "different":
        return "called right, and is not"
    if verdict == "wrong" and truth == "same":
        return "called wrong, and is not"
    return ""


def summary(found: Sequence[Finding]) -> str:
    table = Counter((finding.truth, finding.verdict) for finding in found)
    lines = [f"{count:7}  {truth:10} {verdict}" for (truth, verdict), count in sorted(table.items())]
    return "\n".join([*lines, f"{sum(1 for f in found if f.fault):7}  faults of {len(found)}"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int)
    most = parser.parse_args().most
    everything: list[Finding] = []
    for source in (hand_lines(), answers()):
        found: list[Finding] = []
        least = 10**9
        count = 0
        for right in source:
            try:
                own = list(findings(right, most))
            except MatcalcError:
                print(f"{right.name}: not read: {right.text}")
                continue
            count, least = count + 1, min(least, len(own))
            found += own
            for finding in own:
                if finding.fault or finding.verdict == "undecided":
                    print(f"{right.name}: {finding.fault or 'undecided'}: {finding.text}   for   {right.text}")
        print(f"{count} right formulas, at least {least} changes of each", summary(found), sep="\n")
        everything += found
    return 1 if any(finding.fault for finding in everything) else 0


if __name__ == "__main__":
    sys.exit(main())
