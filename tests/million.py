"""Gradients of random formulas against numbers, by the million: python -m tests.million --count 1000000 --seed 1 --state FILE.

A formula of the whole language (``random_language``) is printed, read, understood and differentiated as ``derive`` does it; the
gradient in its compact form, evaluated at a random point (different small sizes, often a 1 among them), is held against the
slope of the tree along a random direction (``slopes``). Where the two differ, a slower judge looks at more points and
smaller steps before anything is called wrong.

What it sees: a wrong reading, normal form, rule, projection or compaction, wherever that changes one number by 1 in 1,000
(most often by 1 in 1,000,000) at that point. What it does not: an error in the NumPy code of the tables, which both sides
use; conditions, steps, printing, emitted code (``tests.fuzz`` does these, of fewer formulas).

The state is written every 1,000 formulas and taken up again; faults go beside it, one a line, to be shrunk and kept.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from zlib import crc32

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))  # so that it runs as a module, too

from fuzz import is_tied, limit
from oracle import Array
from random_language import Whole, random_language, weight
from shrink import shrunk
from slopes import Along, Part, Point, Slope, calls, point, romberg, slope, styles

from matcalc.errors import CallError, MatcalcError, NoRuleError
from matcalc.expr import Expr, Symbol
from matcalc.read import formula as reader
from matcalc.read.declarations import Declaration, Definition, read_declarations
from matcalc.steps.differential import gradients
from matcalc.steps.results import in_space, values
from matcalc.steps.understand import understand_tree
from matcalc.steps.wanted import released, variable
from matcalc.steps.wirtinger import Variable, symbol_of
from matcalc.verify.evaluate import evaluate
from matcalc.verify.properties import TANGENTS

LIMIT = 20.0  # seconds for one formula
TRIES = 10  # points, until one is found where all is finite
LOOSE = 1e-3  # of a slope that is good enough to judge by
TIGHT = 1e-6  # how well the two agree, beside the error of the slope
NOISE = 1e-13  # of 1 - sigmoid(x), as the evaluator has it: what is that small is not judged
SHARE = 0.05  # of the difference between two quotients that may be left after extrapolation
HEAVY = 24  # nodes of a gradient that is always made compact
RARELY = 20  # and of heavier ones, one in so many
JUMPS = ("step", "sign", "abs", "relu")
POINTS = 16  # that the slower judge looks at
SAVED = 1000
SHRINKING = 200  # smaller formulas that are tried
PATIENCE = 60.0  # seconds for the smallest formula
CRASHES = (AssertionError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AttributeError)
NUMBERS = (np.linalg.LinAlgError, ValueError, ArithmeticError, CallError)  # a point where something is singular
REFUSED = (
    "division by zero",
    "not supported yet",
    "a matrix that is zero",
)  # what a formula may honestly be refused for


class Wrong(Exception):
    """What differs, in a word, with the details."""

    def __init__(self, kind: str, details: object) -> None:
        super().__init__(str(details))
        self.kind = kind


@dataclass
class Found:
    """What came of a formula: agreed, flat (a derivative of 0), refused, vacuous; and the functions of what moved."""

    outcome: str
    reached: frozenset[str] = frozenset()
    close: bool = False
    compacted: bool = False


@dataclass(frozen=True)
class Derived:
    items: list[Declaration]
    x: Symbol
    f: Expr
    gradient: Expr
    compacted: bool


@lru_cache(10_000)
def _declared(text: str) -> tuple[Declaration | Definition, ...]:
    return tuple(read_declarations(text))


def read(formula: Whole) -> tuple[list[Declaration], Variable, Expr]:
    """What is declared, what is differentiated by, and the formula, as ``derive`` finds them."""
    items = [item for text in formula.declare for item in _declared(text)]
    understood = understand_tree(reader.read(formula.text), formula.text, items)
    understood, _ = released(understood, (formula.wrt,), formula.declare, "plain")
    plain = [item for item in items if isinstance(item, Declaration)]
    return plain, variable(formula.wrt, understood), understood.expression


def derived(formula: Whole, heavy: int = HEAVY) -> Derived:
    """The gradient as ``derive`` finds it, in its compact form; of a heavy one that is made of a few only, as it takes long."""
    items, by, f = read(formula)
    gradient = in_space(gradients(f, (by,))[by], symbol_of(by))
    compacted = gradient.weight <= heavy or crc32(formula.text.encode()) % RARELY == 0
    if compacted:
        (gradient,) = values("gradient", f, (by,))
    return Derived(items, symbol_of(by), f, gradient, compacted)


def judged(formula: Whole, seed: int) -> Found:
    """What came of it; Wrong where the gradient is."""
    try:
        found = derived(formula)
    except MatcalcError as error:
        if isinstance(error, NoRuleError) or any(words in str(error) for words in REFUSED):
            return Found("refused: " + str(error).partition("\n")[0][:60])
        raise Wrong("refused " + type(error).__name__, error) from error
    except CRASHES as error:
        raise Wrong("crash " + type(error).__name__, repr(error)) from error
    random = np.random.default_rng(seed)
    for style, _ in zip(styles(), range(TRIES), strict=False):
        tried = Trial(formula, found, random, style, seed)
        try:
            outcome = tried.outcome()
        except NUMBERS:
            continue
        if outcome == "wrong":
            return second_judge(formula, found, seed)
        if outcome:
            return Found(outcome, frozenset(tried.along.reached), tried.close, found.compacted)
    return Found("vacuous")


class Trial:
    """A formula at one point, along one direction."""

    def __init__(self, formula: Whole, found: Derived, random: np.random.Generator, style: str, seed: int) -> None:
        self.formula = formula
        self.found = found
        self.point: Point = point(found.items, random, style, seed)
        self.along = self.afresh()
        at = self._at()
        direction: Array = np.asarray(random.normal(size=at.shape))
        for word in found.x.properties:
            direction = TANGENTS[word](direction) if word in TANGENTS else direction
        self.at, self.direction = at, direction
        self.close = False

    def _at(self) -> Array:
        x = self.found.x
        if x.member is None:
            return self.point.arrays[x.name]
        assert isinstance(x.member.which, int)
        return np.asarray(self.point.families[x.name][x.member.which - 1])

    def afresh(self) -> Along:
        return Along(self.point, self.formula.wrt, self.formula.definitions, self.formula.shapes)

    def gradient(self) -> Array:
        return evaluate(self.found.gradient, self.point.values, self.point.sizes, self.point.functions)

    def outcome(self) -> str:
        """ "agreed", "flat", "wrong"; empty where the point is no good."""
        moving: Part = self.along.of(self.formula.tree)
        measured = slope(moving, self.at, self.direction)
        if not np.all(np.isfinite(measured.slope)) or not np.isfinite(measured.error):
            return ""
        return self.verdict(measured, SHARE)

    def verdict(self, measured: Slope, share: float) -> str:
        G = self.gradient()
        if G.shape != self.at.shape:
            raise Wrong("shape", f"{G.shape} for {self.at.shape}")
        got, true = float(np.sum(G * self.direction)), float(measured.slope.item())
        if got == 0.0 == true and not np.any(G):
            return "flat"
        scale = max(abs(got), abs(true)) if np.isfinite(got) else abs(true)
        scale = max(scale, 1e-3 * float(np.max(np.abs(G)))) if np.isfinite(got) else scale
        allowed = TIGHT * scale + share * measured.error + NOISE
        if not allowed <= LOOSE * scale:
            return ""
        if not abs(got - true) <= allowed:
            return "wrong"
        self.close = allowed <= 10 * TIGHT * scale
        return "agreed"


def second_judge(formula: Whole, found: Derived, seed: int) -> Found:
    """Many points and small steps; a point with a corner, or where the numbers are noise, says nothing."""
    agreed: list[Trial] = []
    for k in range(POINTS):
        random = np.random.default_rng([seed, k])
        style = styles()[k % len(styles())]
        tried = Trial(formula, found, random, style, seed + k)
        try:
            moving = tried.along.of(formula.tree)
            measured = romberg(moving, tried.at, tried.direction)
            verdict = tried.verdict(measured, 10.0)
            if verdict == "wrong" and _is_sound(tried, measured):
                _report(tried, measured)
        except NUMBERS:
            continue
        if verdict in ("agreed", "flat"):
            agreed.append(tried)
    if not agreed:
        return Found("vacuous")
    return Found("agreed", frozenset(agreed[0].along.reached), agreed[0].close, found.compacted)


def _report(tried: Trial, measured: Slope) -> None:
    found, p = tried.found, tried.point
    value = evaluate(found.f, p.values, p.sizes, p.functions)
    kind = "gradient"
    if not np.allclose(value, measured.value, rtol=1e-7, atol=1e-9):
        kind = "value"
    G = tried.gradient()
    got = float(np.sum(G * tried.direction))
    from matcalc.expression import Expression

    raise Wrong(
        kind,
        f"{got} for {measured.slope.item()} +- {measured.error}; value {value} for {measured.value}; sizes {dict(p.sizes)}; "
        f"gradient {Expression(found.gradient)}",
    )


def _is_sound(tried: Trial, measured: Slope) -> bool:
    """No corner at the point, and a gradient that hardly changes where the point hardly does."""
    if measured.corner > 1e-3 * max(abs(measured.slope.item()), 1e-6):
        return False
    p, found = tried.point, tried.found
    G = tried.gradient()
    met = calls(lambda: tried.afresh().of(tried.formula.tree), tried.at)
    if any(is_tied(name, list(arguments)) or (name in JUMPS and np.any(arguments[0] == 0)) for name, arguments in met):
        return False
    for turn in range(3):
        moved = {n: a * (1 + 1e-9 * np.cos(np.arange(a.size) + turn).reshape(a.shape)) for n, a in p.values.items()}
        if "k" in moved:
            moved["k"] = p.values["k"]
        other = evaluate(found.gradient, moved, p.sizes, p.functions)
        if not float(np.max(np.abs(other - G))) <= 1e-5 * float(np.max(np.abs(G))):
            return False
    return True


# --- running it ---------------------------------------------------------------------------------------------------------


class Run:
    """The counts of a run, taken up where the state file leaves off."""

    def __init__(self, seed: int, state: Path) -> None:
        self.path = state
        self.seed = seed
        self.next = 0
        self.seconds = 0.0
        self.counts: dict[str, Counter[str]] = {k: Counter() for k in ("outcome", "weight", "reached", "wrt", "seen")}
        if state.exists():
            known = json.loads(state.read_text())
            assert known["seed"] == seed, f"{state} is of seed {known['seed']}"
            self.next, self.seconds = known["next"], known["seconds"]
            self.counts |= {k: Counter(found) for k, found in known["counts"].items()}

    @property
    def agreed(self) -> int:
        return self.counts["outcome"]["agreed"]

    def save(self) -> None:
        known = {"seed": self.seed, "next": self.next, "seconds": round(self.seconds, 1), "counts": self.counts}
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(known, indent=1, sort_keys=True))
        fresh.replace(self.path)

    def step(self) -> None:
        """The next formula."""
        number = self.seed * 10**9 + self.next
        self.next += 1
        formula = random_language(Random(number))
        try:
            with limit(LIMIT):
                found = judged(formula, number)
        except Wrong as wrong:
            found = Found("FAULT " + wrong.kind)
            self._write(formula, number, wrong.kind, str(wrong))
        except TimeoutError:
            found = Found("FAULT slow")
            self._write(formula, number, "slow", f"more than {LIMIT} s")
        except Exception as error:  # noqa: BLE001  whatever the judge itself trips over is written down, too
            found = Found("FAULT judge")
            self._write(formula, number, "judge " + type(error).__name__, repr(error))
        self.counts["outcome"][found.outcome] += 1
        if found.outcome == "agreed":
            self.counts["weight"][str(weight(formula))] += 1
            self.counts["reached"].update(found.reached)
            self.counts["seen"].update(word for word in ("close", "compacted") if getattr(found, word))
            declared = next((d for d in formula.declare if d.startswith(formula.wrt[0])), "")
            self.counts["wrt"][_kind(formula.wrt, formula.declare) if declared else "?"] += 1

    def _write(self, formula: Whole, number: int, kind: str, details: str) -> None:
        end = time.monotonic() + PATIENCE
        least = shrunk(formula, lambda one: time.monotonic() < end and _fault_of(one, number) == kind, SHRINKING)
        record = {
            "number": number, "kind": kind, "expr": formula.text, "declare": formula.declare, "wrt": formula.wrt,
            "least": {"check": "gradient", "expr": least.text, "declare": least.declare, "wrt": least.wrt},
            "details": details[:800],
        }  # fmt: skip
        with self.path.with_suffix(".faults.jsonl").open("a") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _fault_of(formula: Whole, number: int) -> str:
    try:
        with limit(LIMIT):
            judged(formula, number)
    except Wrong as wrong:
        return wrong.kind
    except Exception:  # noqa: BLE001  a smaller one that is no formula
        return ""
    return ""


def _kind(wrt: str, declare: tuple[str, ...]) -> str:
    """What a variable is declared as, without its sizes: "matrix, spd"."""
    for text in declare:
        name, _, rest = text.partition(" : ")
        if name == wrt or (wrt.endswith("_2") and name == wrt[:-1] + "i"):
            kind, _, words = rest.partition(",") if rest.startswith("scalar") else rest.partition(")")
            family = "family of " if ".." in words else ""
            words = ", ".join(word.strip() for word in words.split(",") if word.strip() and "=" not in word)
            return family + kind.partition("(")[0].strip() + (", " + words if words else "")
    return "?"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="of formulas that agree")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, required=True)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    gc.set_threshold(20_000, 20, 20)
    run = Run(args.seed, args.state)
    while run.agreed < args.count:
        start = time.perf_counter()
        for _ in range(SAVED):
            run.step()
        run.seconds += time.perf_counter() - start
        run.save()
        faults = sum(count for outcome, count in run.counts["outcome"].items() if outcome.startswith("FAULT"))
        print(f"{run.next} made, {run.agreed} agree, {faults} faults, {run.seconds:.0f} s", flush=True)
    for outcome, count in run.counts["outcome"].most_common():
        print(f"{count:8} {outcome}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
