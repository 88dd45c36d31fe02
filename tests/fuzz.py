"""Random formulas against numbers, shrunk where something is wrong: python -m tests.fuzz --count 1000 --seed 1.

Of each formula these are held against the values that ``oracle`` finds from its syntax tree alone: the value as understood,
the gradient (differences along a random direction), the printed gradient read back, the NumPy function; with --steps the
lines of the derivation, with --second the Hessian, with --arrays the Jacobian of formulas of any shape. And the answer must
not change when the formula is typed another way, nor be longer than before it was made compact.
"""

from __future__ import annotations

import argparse
import inspect
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))  # so that it runs as a module, too

import oracle
from collection import Array
from differences import inside, wrong_lines
from random_formulas import Formula, random_formula
from retyping import WAYS, Retyping
from shrink import shrunk

import matcalc
from matcalc.errors import MatcalcError, NoRuleError
from matcalc.expr import Call, Symbol, postorder
from matcalc.steps.differential import gradients
from matcalc.steps.forms import cost
from matcalc.verify.properties import TANGENTS
from matcalc.verify.sample import Draw, draws

LIMIT = 10.0  # seconds for one formula
SIZES = {"m": 3, "n": 4, "p": 5}  # of those that no variable shows
EQUAL = 1e-6
SLOPE = 1e-5  # of a difference quotient that has converged
CRASHES = (AssertionError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AttributeError)
REFUSED = ("not supported yet", "division by zero")  # what a formula may honestly be refused for
ZEROS = ("prod",)  # have another rule where an entry is 0
ORDERED = ("max", "min", "argmax", "argmin")
TALL = ("normnuc", "schatten", "svdvals")  # have another rule where there are more columns than rows
SPECTRAL = ("schatten", "norm2", "normnuc", "eigmax", "eigmin", "eigvals", "svdvals", "pinv")


class Fault(Exception):
    """What is wrong, in a word that the shrinker keeps, with the details."""

    def __init__(self, kind: str, details: object = "") -> None:
        super().__init__(str(details))
        self.kind = kind


@dataclass(frozen=True)
class Wanted:
    """What is derived of a formula, and whether its steps are looked at."""

    steps: bool = False
    second: bool = False


def check(formula: Formula, wanted: Wanted = Wanted()) -> str:
    """What came of it: "right", "refused", or "vacuous" where no numbers were found to hold it against; else a Fault."""
    try:
        result = derived(formula, formula.text, wanted)
        printed = str(result.value)
    except MatcalcError as error:
        if isinstance(error, NoRuleError) or any(words in str(error) for words in REFUSED):
            return "refused: " + str(error)[:60]
        raise Fault("refused " + type(error).__name__, error) from error
    except CRASHES as error:
        raise Fault("crash " + type(error).__name__, error) from error
    _check_length(result, _variable(result))
    _check_typing(formula, wanted, printed)
    return _check_numbers(formula, result, wanted)


def derived(formula: Formula, text: str, wanted: Wanted) -> matcalc.Result:
    order = 2 if wanted.second else 1
    return matcalc.derive(text, wrt=formula.wrt, declare=list(formula.declare), order=order)


def _variable(result: matcalc.Result) -> Symbol:
    found = result.understood.names[result.wrt[0]]
    assert isinstance(found, Symbol)
    return found


# --- against numbers ------------------------------------------------------------------------------------------------


def _check_numbers(formula: Formula, result: matcalc.Result, wanted: Wanted) -> str:
    printed, value = str(result.value), result.value.node
    try:
        again = matcalc.parse(printed, declare=[str(declaration) for declaration in result.declarations]).node
    except MatcalcError as error:
        raise Fault("read back", f"{printed}: {error}") from error
    symbols = [node for node in result.understood.names.values() if isinstance(node, Symbol)]
    outcome = "vacuous"
    for seed, draw in enumerate(draws([result.objective.node, value, again], 3, symbols=symbols)):
        if again.shape != value.shape or not _same(draw.value(value), draw.value(again)):
            raise Fault("read back", printed)
        if _has_ties(result, draw):
            continue
        _check_function(result, draw, symbols)
        with suppress(np.linalg.LinAlgError):  # the oracle forms inverses that the engine does not
            outcome = "right" if _check_values(formula, result, draw, seed) else outcome
        if wanted.steps and outcome == "right":
            _check_steps(result, draw, seed)
    return outcome


def _check_values(formula: Formula, result: matcalc.Result, draw: Draw, seed: int) -> bool:
    """Value and derivative; False where the oracle has no finite value, or its differences do not converge."""
    x = _variable(result)
    along = inside(np.random.default_rng(seed).normal(size=draw.values[x.name].shape), x.properties)
    values = oracle.Values(dict(draw.values), {x.name: along}, {**SIZES, **draw.sizes})
    truth = oracle.evaluate(formula.text, values)
    if not np.all(np.isfinite(truth)):
        return False
    found = draw.value(result.objective.node)
    if not _same(truth, found):
        raise Fault("value", f"{found} for {truth}; understood as {result.objective}")

    def moved(step: float) -> Array:
        if result.kind == "hessian":
            return draw.moved({x.name: step * along}).value(result.differentiated)
        return oracle.evaluate(formula.text, values.moved(step))

    value = draw.value(result.value.node)
    if not _check_slope(result, value, along, moved):
        return False
    if result.kind == "gradient" and not _same(inside(value, x.properties), value):
        raise Fault("space", f"the gradient by a {x.properties} variable does not lie in its space: {result.value}")
    return True


def _check_slope(result: matcalc.Result, value: Array, along: Array, moved: Callable[[float], Array]) -> bool:
    """The derivative times a direction against differences along it; False where these do not converge."""
    slope, error = _slope(moved)
    if result.kind == "gradient":
        got = np.array([[np.sum(value * along)]])
    else:
        got = (value @ along.T.reshape(-1, 1)).reshape(slope.shape[::-1]).T
    met = 1e-4 * _largest(moved(0.0))
    scale = max(_largest(got), _largest(slope), _largest(value), met, 1e-9)
    if not error <= SLOPE * min(scale, max(_largest(slope), met)):
        return False
    if _largest(got - slope) > 10 * SLOPE * scale:
        raise Fault(result.kind, f"{got} for {slope} +- {error}; {result}")
    return True


def _slope(moved: Callable[[float], Array]) -> tuple[Array, float]:
    """The derivative at 0, by central differences extrapolated to a step of 0, and its error."""
    best, error = np.full_like(moved(0.0), np.nan), np.inf
    last: list[Array] = []
    for k in range(7):
        step = 2.0 ** -(5 + 1.5 * k)
        row = [(moved(step) - moved(-step)) / (2 * step)]
        for j, coarse in enumerate(last):
            row.append(row[j] + (row[j] - coarse) / (8.0 ** (j + 1) - 1))
            change = max(_largest(row[-1] - row[-2]), _largest(row[-1] - coarse))
            if change < error:
                best, error = row[-1], change
        last = row
    return best, error


def _has_ties(result: matcalc.Result, draw: Draw) -> bool:
    """Whether entries, or singular values, are equal or 0 where the result says that it does not hold then."""
    calls = [node for node in postorder(result.objective.node) if isinstance(node, Call)]
    return any(is_tied(call.function, [draw.value(argument) for argument in call.args]) for call in calls)


def is_tied(name: str, values: list[Array]) -> bool:
    if name in TALL and values[0].shape[0] < values[0].shape[1]:
        return True
    if name in SPECTRAL:
        scales = np.linalg.svd(values[0], compute_uv=False)
        return bool(np.min(np.abs(np.diff(scales, append=0.0))) < 1e-6 * scales[0])
    if name in ZEROS:
        return bool(np.any(values[0] == 0))
    if name not in ORDERED:
        return False
    if len(values) == 1:
        return len(np.unique(values[0].round(9))) < values[0].size
    axis = (
        values[1].size == 1 and min(abs(values[1].item() - 1), abs(values[1].item() - 2)) < 1e-9
    )  # so the oracle reads
    return axis or bool(np.any(np.abs(values[0] - values[1]) < 1e-9))


def _check_function(result: matcalc.Result, draw: Draw, symbols: list[Symbol]) -> None:
    """The NumPy function, at the draw."""
    function = result.function("numpy")
    sizes = {**SIZES, **draw.sizes}
    given: dict[str, object] = {name: sizes[name] for name in inspect.signature(function).parameters if name in sizes}
    for symbol in symbols:
        for name in {symbol.name, symbol.name + "_"} & inspect.signature(function).parameters.keys():
            given[name] = _as_given(draw.values[symbol.name])
    try:
        got = np.asarray(function(**given))
    except Exception as error:
        raise Fault("function crash " + type(error).__name__, f"{error!r} in {function.source[-400:]}") from error
    truth = draw.value(result.value.node)
    if not _same(got.reshape(truth.shape) if got.size == truth.size else got, truth):
        raise Fault("function", function.source[-400:])


def _as_given(value: Array) -> Array:
    """Scalars (), vectors (n,), rows (1, n), matrices (m, n)."""
    return value.reshape(()) if value.size == 1 else value[:, 0] if value.shape[1] == 1 else value


def _check_steps(result: matcalc.Result, draw: Draw, seed: int) -> None:
    try:
        steps = result.steps
        result.latex(steps=True)
        wrong = wrong_lines(result, draw, seed, SIZES) if result.kind == "gradient" else []
    except (*CRASHES, MatcalcError) as error:
        raise Fault("steps " + type(error).__name__, repr(error)) from error
    if wrong:
        raise Fault("line", "\n      ".join([*wrong, *map(str, result.derivation.names)]))
    if not all(step.identities for step in steps):
        raise Fault("step without identity", [(step.right, [i.name for i in step.identities]) for step in steps])


def _same(a: Array, b: Array) -> bool:
    return a.shape == b.shape and _largest(a - b) <= EQUAL * max(_largest(a), _largest(b), 1e-6)


def _largest(array: Array) -> float:
    return float(np.max(np.abs(array), initial=0.0))


# --- against itself -------------------------------------------------------------------------------------------------


def _check_length(result: matcalc.Result, x: Symbol) -> None:
    if result.kind != "gradient" or not TANGENTS.keys().isdisjoint(x.properties):
        return  # it is projected, too
    plain = gradients(result.objective.node, (x,))[x]
    if cost(result.value.node) > cost(plain):
        raise Fault("longer", f"{result.value}   for   {matcalc.Expression(plain)}")


def _check_typing(formula: Formula, wanted: Wanted, printed: str) -> None:
    typed = Retyping(formula.text, formula.declare)
    for way in WAYS:
        text = way(typed, Random(0))
        try:
            got = str(derived(formula, text, wanted).value)
        except (*CRASHES, MatcalcError) as error:
            raise Fault("retyped " + way.__name__, f"{text}: {error}") from error
        if got != printed:
            raise Fault("retyped " + way.__name__, f"{text}:\n      {printed}\n      {got}")


# --- running it -----------------------------------------------------------------------------------------------------


def fault_of(formula: Formula, wanted: Wanted) -> tuple[str, str]:
    """What is wrong with a formula, with the details; empty where nothing is, then with what came of it."""
    try:
        with limit(LIMIT):
            return "", check(formula, wanted)
    except Fault as fault:
        return fault.kind, str(fault)
    except TimeoutError:
        return "slow", f"more than {LIMIT} s"


def _has_fault(kind: str, wanted: Wanted, formula: Formula) -> bool:
    return fault_of(formula, wanted)[0] == kind


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """TimeoutError after so many seconds."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--depth", type=int, default=None)
    parser.add_argument("--steps", action="store_true", help="the derivations too")
    parser.add_argument("--second", action="store_true", help="the Hessians")
    parser.add_argument("--arrays", action="store_true", help="formulas of any shape")
    args = parser.parse_args()
    wanted = Wanted(args.steps, args.second)
    outcomes: Counter[str] = Counter()
    start = time.perf_counter()
    for seed in range(args.seed, args.seed + args.count):
        formula = random_formula(Random(seed), args.depth, not args.arrays)
        kind, details = fault_of(formula, wanted)
        outcomes[f"FAULT {kind}" if kind else details] += 1
        if kind:
            formula = shrunk(formula, partial(_has_fault, kind, wanted))
            kind, details = fault_of(formula, wanted)
            print(f"--- seed {seed}: {kind}\n  {formula.text}\n  wrt {formula.wrt}   declare {list(formula.declare)}")
            print(f"  {details[:600]}", flush=True)
    print(f"{time.perf_counter() - start:.0f} s")
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:6} {outcome}")
    return 1 if any(outcome.startswith("FAULT") for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
