"""Random formulas against numbers, shrunk where something is wrong: python -m tests.fuzz --count 1000 --seed 1.

Of each formula these are held against the values that ``oracle`` finds from its syntax tree alone:
the value as understood, the gradient (differences along a random direction), the printed gradient read back, the NumPy function;
with --steps the lines of the derivation, with --second the Hessian, with --arrays the Jacobian of formulas that are not scalar.
And the answer must not change when the formula is typed another way, nor be longer than before it was made compact.
"""

from __future__ import annotations

import argparse
import inspect
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))  # so that it runs as a module, too

import oracle
from differences import wrong_lines
from random_formulas import Formula, Maker, as_formula, names_of, random_formula
from retyping import WAYS, Retyping, rewritten

import matcalc
from matcalc.errors import MatcalcError, NoRuleError
from matcalc.expr import Call, Symbol, postorder
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.syntax import Apply, Name, Number, Syntax
from matcalc.steps.differential import gradients
from matcalc.shape import Shape, shape_text
from matcalc.steps.forms import cost
from matcalc.verify.properties import TANGENTS
from matcalc.verify.sample import Draw, draws

Array = np.ndarray[Any, Any]
LIMIT = 10.0  # seconds for one formula
SIZES = {"m": 3, "n": 4, "p": 5}
EQUAL = 1e-6
SLOPE = 1e-5  # of a difference quotient that has converged
NOT_YET = "not supported yet"


class Fault(Exception):
    """What is wrong, in a word that the shrinker keeps, with the details."""

    def __init__(self, kind: str, details: str = "") -> None:
        super().__init__(f"{kind}: {details}")
        self.kind = kind


def check(formula: Formula, steps: bool = False, second: bool = False) -> str:
    """What came of the formula: "right", "refused", or "vacuous" where no numbers were found to hold it against; else a Fault."""
    declare = list(formula.declare)
    try:
        result = matcalc.derive(formula.text, wrt=formula.wrt, declare=declare)
        if second and result.kind == "gradient":
            result = matcalc.derive(formula.text, wrt=formula.wrt, declare=declare, order=2)
        printed = str(result.value)
    except NoRuleError as error:
        return "refused: " + str(error)[:60]
    except MatcalcError as error:
        if NOT_YET in str(error) or "division by zero" in str(error):
            return "refused: " + str(error)[:60]
        raise Fault("refused " + type(error).__name__, str(error)) from error
    except (AssertionError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AttributeError) as error:
        raise Fault("crash " + type(error).__name__, repr(error)) from error
    if result.kind == "gradient":
        _check_length(result, formula)
    _check_typing(formula, printed, 2 if result.kind == "hessian" else 1)
    G = result.value.node
    (x,) = [n for n in result.understood.names.values() if isinstance(n, Symbol) and n.name == formula.wrt]
    declared = [str(declaration) for declaration in result.declarations]
    try:
        again = matcalc.parse(printed, declare=declared).node
    except MatcalcError as error:
        raise Fault("read back", f"{printed}: {error}") from error
    symbols = [n for n in result.understood.names.values() if isinstance(n, Symbol)]
    outcome = "vacuous"
    for k, draw in enumerate(draws([result.objective.node, G, again], 3, symbols=symbols)):
        if not _same(draw.value(G), draw.value(again)):
            raise Fault("read back", printed)
        if _check_values(formula, result, x, draw, k):
            outcome = "right"
        _check_function(result, draw, symbols)
        if steps and outcome == "right":
            _check_steps(result, draw, k)
    return outcome


# --- against numbers ------------------------------------------------------------------------------------------------------


def _check_values(formula: Formula, result: matcalc.Result, x: Symbol, draw: Draw, seed: int) -> bool:
    """Value and derivative; False where the oracle has no finite value, or its differences do not converge."""
    random = np.random.default_rng(seed)
    along = random.normal(size=draw.values[x.name].shape)
    for word in x.properties:
        along = TANGENTS.get(word, lambda a: a)(along)
    values = oracle.Values(dict(draw.values), {x.name: along}, {**SIZES, **draw.sizes})
    truth = oracle.evaluate(formula.text, values)
    if not np.all(np.isfinite(truth)) or _has_ties(result, draw):
        return False
    if not _same(truth, draw.value(result.objective.node)):
        raise Fault("value", f"{draw.value(result.objective.node)} for {truth}; understood as {result.objective}")
    if result.kind == "hessian":
        moved = lambda step: draw.moved({x.name: step * along}).value(result.differentiated)  # noqa: E731
    else:
        moved = lambda step: oracle.evaluate(formula.text, values.moved(step))  # noqa: E731
    slope, error = _slope(moved)
    G = draw.value(result.value.node)
    got = np.array([[np.sum(G * along)]]) if result.kind == "gradient" else _unstacked(G @ _stacked(along), slope.shape)
    met = 1e-4 * _largest(moved(0.0))
    scale = max(_largest(got), _largest(slope), _largest(G), met, 1e-9)
    if not error <= SLOPE * min(scale, max(_largest(slope), met)):
        return False
    if _largest(got - slope) > 10 * SLOPE * scale:
        raise Fault(result.kind, f"{got} for {slope} +- {error}; {result}")
    if result.kind == "gradient":
        inside = G
        for word in x.properties:
            inside = TANGENTS.get(word, lambda a: a)(inside)
        if not _same(inside, G):
            raise Fault("space", f"the gradient by a {x.properties} variable does not lie in its space: {result.value}")
    return True


def _stacked(array: Array) -> Array:
    return array.T.reshape(-1, 1)


def _unstacked(array: Array, shape: tuple[int, ...]) -> Array:
    return array.reshape(shape[1], shape[0]).T


def _largest(array: Array) -> float:
    return float(np.max(np.abs(array), initial=0.0))


def _has_ties(result: matcalc.Result, draw: Draw) -> bool:
    """Whether two entries, or singular values, are equal or 0 where that matters: the result says that it does not hold there."""
    for call in postorder(result.objective.node):
        if isinstance(call, Call) and call.function in ("norm2", "normnuc", "eigmax", "eigmin", "eigvals", "svdvals", "pinv"):
            scales = np.linalg.svd(draw.value(call.args[0]), compute_uv=False)
            if np.min(np.abs(np.diff(scales, append=0.0))) < 1e-6 * scales[0] or scales.size < call.args[0].shape.count(1):
                return True
        if isinstance(call, Call) and call.function in ("max", "min", "argmax", "argmin"):
            values = [draw.value(argument) for argument in call.args]
            if len(values) == 2 and np.any(np.abs(values[0] - values[1]) < 1e-9):
                return True
            if len(values) == 2 and values[1].size == 1 and values[1].item() in (1.0, 2.0):
                return True  # the oracle would take it for an axis
            if len(values) == 1 and len(np.unique(values[0].round(9))) < values[0].size:
                return True
    return False


def _slope(moved: Callable[[float], Array]) -> tuple[Array, float]:
    """The derivative at 0, by central differences extrapolated to a step of 0, and its error."""
    best, error = np.full_like(moved(0.0), np.nan), np.inf
    last: list[Array] = []
    for k in range(7):
        h = 2.0 ** -(5 + 1.5 * k)
        row = [(moved(h) - moved(-h)) / (2 * h)]
        for j, coarse in enumerate(last):
            row.append(row[j] + (row[j] - coarse) / (8.0 ** (j + 1) - 1))
            change = max(_largest(row[-1] - row[-2]), _largest(row[-1] - coarse))
            if change < error:
                best, error = row[-1], change
        last = row
    return best, error


def _check_function(result: matcalc.Result, draw: Draw, symbols: list[Symbol]) -> None:
    function = result.function("numpy")
    wanted = inspect.signature(function).parameters
    if not set(draw.sizes) <= {name for s in symbols if s.name in wanted for size in s.shape for name in ([size] if isinstance(size, str) else [])}:
        return  # a size that no argument shows
    given: dict[str, Array] = {}
    for symbol in symbols:
        value = draw.values[symbol.name]
        given[symbol.name] = value.reshape(()) if value.size == 1 and symbol.is_scalar else value[:, 0] if symbol.cols == 1 else value
    try:
        got = np.asarray(function(**{name: given[name.rstrip("_")] for name in wanted}))
    except Exception as error:
        raise Fault("function crash " + type(error).__name__, f"{error!r} in {function.source[-400:]}") from error
    truth = draw.value(result.value.node)
    if not _same(got.reshape(truth.shape) if got.size == truth.size else got, truth):
        raise Fault("function", function.source[-400:])


def _check_steps(result: matcalc.Result, draw: Draw, seed: int) -> None:
    try:
        steps = result.steps
        result.latex(steps=True)
        wrong = wrong_lines(result, draw, seed, SIZES) if result.kind == "gradient" else []
    except (AssertionError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AttributeError, MatcalcError) as error:
        raise Fault("steps " + type(error).__name__, repr(error)) from error
    if wrong:
        raise Fault("line", "\n      ".join([*wrong, *map(str, result.derivation.names)]))
    if not all(step.identities for step in steps):
        raise Fault("step without identity", "\n".join(f"{step.right}   {[i.name for i in step.identities]}" for step in steps))


def _same(a: Array, b: Array) -> bool:
    if a.shape != b.shape:
        return False
    scale = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)), 1e-6)
    return bool(np.max(np.abs(a - b), initial=0.0) <= EQUAL * scale)


# --- against itself -------------------------------------------------------------------------------------------------------


def _check_length(result: matcalc.Result, formula: Formula) -> None:
    x = next(n for n in result.understood.names.values() if isinstance(n, Symbol) and n.name == formula.wrt)
    if {*x.properties} & {*TANGENTS}:
        return  # it is projected, too
    plain = gradients(result.objective.node, (x,))[x]
    if cost(result.value.node) > cost(plain):
        raise Fault("longer", f"{result.value}   for   {matcalc.Expression(plain)}")


def _check_typing(formula: Formula, printed: str, order: int) -> None:
    typed = Retyping(formula.text, formula.declare)
    for way in WAYS:
        text = way(typed, Random(0))
        try:
            got = str(matcalc.derive(text, wrt=formula.wrt, declare=list(formula.declare), order=order).value)
        except MatcalcError as error:
            raise Fault("retyped " + way.__name__, f"{text}: {error}") from error
        if got != printed:
            raise Fault("retyped " + way.__name__, f"{text}:\n      {printed}\n      {got}")


# --- smaller formulas with the same fault ---------------------------------------------------------------------------------------


def shrunk(formula: Formula, kind: str, steps: bool = False, second: bool = False, tries: int = 400) -> Formula:
    """The smallest formula found that has a fault of the same kind."""
    best, random = formula, Random(0)
    left = tries
    again = True
    while again and left > 0:
        again = False
        for smaller in _smaller(best, random):
            left -= 1
            if left <= 0:
                break
            if _fault_of(smaller, steps, second) == kind:
                best, again = smaller, True
                break
    return best


def _fault_of(formula: Formula, steps: bool, second: bool) -> str:
    try:
        with limit(LIMIT):
            check(formula, steps, second)
    except Fault as fault:
        return fault.kind
    except TimeoutError:
        return "slow"
    return ""


def _smaller(formula: Formula, random: Random) -> Iterator[Formula]:
    """The formula with a part replaced by one of its parts of the same shape, or by a variable; with fewer words declared."""
    shapes = dict(formula.shapes)
    declared = {d.name: d for text in formula.declare for d in read_declarations(text) if isinstance(d, Declaration)}
    variables = {name: d for name, d in declared.items() if d.kind != "size"}
    parts: list[Syntax] = []
    rewritten(formula.tree, lambda node: (parts.append(node), node)[1])
    for part in sorted(dict.fromkeys(parts), key=lambda node: -len(repr(node))):
        if part not in shapes or isinstance(part, Name):
            continue
        inner: list[Syntax] = []
        rewritten(part, lambda node: (inner.append(node), node)[1])
        fit = [node for node in dict.fromkeys(inner) if shapes.get(node) == shapes[part] and node != part]
        for other in sorted(fit, key=lambda node: len(repr(node))):
            yield from _replaced(formula, part, other, variables, random)
        if not isinstance(part, Number):
            yield from _replaced(formula, part, Number(2) if shapes[part] == (1, 1) else None, variables, random)
            maker = Maker(Random(0))
            maker.variables = dict(variables)
            rows, cols = shapes[part]
            letter = next(x for x in ("A_0", "A_1", "A_2", "A_3", "A_4", "A_5", "A_6", "A_7", "A_8", "A_9") if x not in variables)
            fresh = Declaration(letter, kind_of((rows, cols)), (rows, cols))
            shapes[Name(letter)] = (rows, cols)
            yield from _replaced(formula, part, Name(letter), {**variables, letter: fresh}, random, shapes)
    for name, variable in variables.items():
        if variable.properties:
            plain = Declaration(name, variable.kind, variable.shape)
            yield from _replaced(formula, None, None, {**variables, name: plain}, random, shapes)


def kind_of(shape: Shape) -> str:
    return shape_text(shape).partition("(")[0]


def _replaced(
    formula: Formula, part: Syntax | None, other: Syntax | None, variables: dict[str, Declaration], random: Random, shapes: Any = None
) -> Iterator[Formula]:
    if part is not None and other is None:
        return
    known = dict(shapes if shapes is not None else formula.shapes)

    def new(node: Syntax) -> Syntax:
        return other if part is not None and node == part else node  # type: ignore[return-value]

    tree = _rewritten_with_shapes(formula.tree, new, known)
    if formula.wrt not in names_of(tree):
        return
    smaller = as_formula(tree, variables, known, random)
    if smaller is not None:
        yield Formula(smaller.text, smaller.declare, formula.wrt, tree, known)


def _rewritten_with_shapes(tree: Syntax, new: Callable[[Syntax], Syntax], shapes: dict[Syntax, Any]) -> Syntax:
    """The tree rewritten, and the shapes of what came out."""

    def of(field: object) -> object:
        if isinstance(field, tuple) and not hasattr(field, "_fields"):
            return tuple(of(item) for item in field)
        return _rewritten_with_shapes(field, new, shapes) if hasattr(field, "_fields") else field  # type: ignore[arg-type]

    changed = new(tree)
    if changed is not tree:
        return changed
    if isinstance(tree, Name | Number):
        return tree
    made = type(tree)(*[of(field) for field in tree])  # type: ignore[arg-type]
    if tree in shapes:
        shapes[made] = shapes[tree]
    return made


# --- running it -----------------------------------------------------------------------------------------------------------------


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
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--show-refused", action="store_true")
    args = parser.parse_args()
    outcomes: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    start = time.perf_counter()
    for seed in range(args.seed, args.seed + args.count):
        formula = random_formula(Random(seed), args.depth, not args.arrays)
        kind, details = "", ""
        try:
            with limit(LIMIT):
                outcomes[check(formula, args.steps, args.second)] += 1
        except Fault as fault:
            kind, details = fault.kind, str(fault)
        except TimeoutError:
            kind = "slow"
        if not kind:
            continue
        outcomes["fault"] += 1
        faults[kind] += 1
        if faults[kind] <= 12:
            if not args.no_shrink:
                formula = shrunk(formula, kind, args.steps, args.second)
                try:
                    with limit(LIMIT):
                        check(formula, args.steps, args.second)
                except Fault as fault:
                    details = str(fault)
                except TimeoutError:
                    details = "slow"
            print(f"--- seed {seed}: {kind}\n  {formula.text}\n  wrt {formula.wrt}   declare {list(formula.declare)}\n  {details[:600]}", flush=True)
    refused = Counter({key: count for key, count in outcomes.items() if key.startswith("refused")})
    print(f"{time.perf_counter() - start:.0f} s", {key: count for key, count in outcomes.items() if key not in refused}, "refused", refused.total())
    print(faults)
    if args.show_refused:
        print(refused)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
