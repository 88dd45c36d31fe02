"""All that is promised of a derivative, as checks of random formulas; ``python -m tests.listed`` makes them.

Every check is a function of a case (a formula, what was derived, a point where all is finite) that returns where it holds, raises
Skip with the reason where it says nothing, and Wrong where it does not hold.

    gradient jacobian hessian    against differences          plain unicode latex      printed, read back, the same value
    steps lines                  each equal to the next       numpy jax torch          what is emitted has the same value
    shuffled transposed renames  the same bytes               sums chain               of the rules of differentiation
    length simplified            compact is never longer, and has the value of what it is made from
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from random import Random
from types import MappingProxyType
from typing import Any

import numpy as np
from differences import wrong_lines
from fuzz import limit
from million import (
    CRASHES,
    NOISE,
    NUMBERS,
    REFUSED,
    TRIES,
    Derived,
    Trial,
    Wrong,
    derived,
    is_at_corner,
    read,
    second_judge,
)
from oracle import Array
from random_language import DECLARED, Whole, nodes, random_language, rebuilt, renamed, rewritten, with_tree
from slopes import WHOLE, Point, Slope, romberg, slope, styles

import matcalc
from matcalc.algebra import ones
from matcalc.algebra.rebuild import substitute
from matcalc.errors import CallError, FormulaError, MatcalcError, NoRuleError
from matcalc.expr import Call, Expr, Symbol, postorder
from matcalc.read.syntax import Add, Apply, Binary, Juxtapose, Name, Number, Postfix, Range, Syntax
from matcalc.rules import functions
from matcalc.shape import SCALAR, Shape, shape_text
from matcalc.steps.differential import gradients
from matcalc.steps.forms import cost
from matcalc.steps.results import in_space
from matcalc.steps.wirtinger import symbol_of
from matcalc.verify.evaluate import evaluate, evaluate_nodes
from matcalc.verify.properties import TANGENTS
from matcalc.verify.sample import Draw
from matcalc.write.present import plain_text

LIMIT = 20.0  # seconds for one check
HEAVY = 150  # nodes of a gradient whose Hessian is not asked for
EQUAL = 1e-7
ROUNDING = 1e-14
POLE, CLOSE = 1e15, 1e7  # values beside a pole, conditions of what is nearly singular
SAID = {  # in an error that says nothing against a promise
    **dict.fromkeys(REFUSED, "refused"),
    "stands outside of a sum": "an index",
    "no sum binds": "an index",
    "too far out": "no numbers found",
    "cannot reshape": "singular",  # singular values of a wide matrix
}
NO_NUMBER = re.compile(r"is (?:nan|-?inf), not |not nan$").search  # in what is said of a line


class Skip(Exception):
    """Why a check says nothing."""


@dataclass(frozen=True)
class Case:
    formula: Whole
    seed: int

    @cached_property
    def result(self) -> matcalc.Result:
        return matcalc.derive(self.formula.text, wrt=self.formula.wrt, declare=list(self.formula.declare))

    @cached_property
    def trial(self) -> Trial:
        """A point where the gradient agrees with differences."""
        found = derived(self.formula)
        random = np.random.default_rng(self.seed)
        for style, _ in zip(styles(), range(TRIES), strict=False):
            tried = Trial(self.formula, found, random, style, self.seed)
            try:
                outcome = tried.outcome()
            except NUMBERS:
                continue
            if outcome == "wrong":
                second_judge(self.formula, found, self.seed)
            elif outcome:
                return tried
        raise Skip("no numbers found")

    @property
    def point(self) -> Point:
        return self.trial.point

    @property
    def gradient(self) -> Expr:
        return self.result.value.node

    def value(self, expression: Expr, more: Mapping[str, Array] = MappingProxyType({})) -> Array:
        p = self.point
        value = evaluate(expression, {**p.values, **more}, p.sizes, p.functions)
        if (
            np.iscomplexobj(value)
            and np.any(value.imag)
            and not any("complex" in text for text in self.formula.declare)
        ):
            raise Skip("a root of what is negative")
        return value

    def noise(self, expression: Expr) -> float:
        """What rounding makes of a value: a part of the largest that is met on the way."""
        p = self.point
        met = evaluate_nodes([expression], p.values, p.sizes, p.functions).values()
        return ROUNDING * max(
            (float(np.max(np.abs(array), initial=0, where=np.isfinite(array))) for array in met), default=0
        )

    @cached_property
    def truth(self) -> Array:
        """The value of the gradient, which differences have confirmed."""
        return self.value(self.gradient)


def same(a: Array, b: Array, tolerance: float = EQUAL, noise: float = 0) -> bool:
    if a.shape != b.shape:
        return False
    return bool(np.max(np.abs(a - b), initial=0) <= tolerance * max(np.max(np.abs(a), initial=0), 1e-9) + noise)


# --- against differences ------------------------------------------------------------------------------------------------


def gradient(case: Case) -> None:
    _has_its_value(case, derived(case.formula).gradient, "gradient")


def jacobian(case: Case) -> None:
    """Of a formula of any shape, made from the same seed."""
    formula = random_language(Random(case.seed), scalar=False)
    result = matcalc.derive(formula.text, wrt=formula.wrt, declare=list(formula.declare))
    J = result.value.node
    if result.kind == "gradient":
        raise Skip("a scalar")
    items, by, f = read(formula)
    found = Derived(items, symbol_of(by), f, J, compacted=True)
    for style, k in zip(styles(), range(TRIES), strict=False):
        tried = Trial(formula, found, np.random.default_rng([case.seed, k]), style, case.seed + k)
        try:
            moving = tried.along.of(formula.tree)
            p = tried.point
            value = evaluate(J, p.values, p.sizes, p.functions)
            for judge, share in ((slope, 0.05), (romberg, 10.0)):
                measured = judge(moving, tried.at, tried.direction)
                got = (value @ tried.direction.T.reshape(-1, 1)).reshape(measured.slope.shape[::-1]).T
                if _agree(got, measured, share):
                    return
        except NUMBERS:
            continue
        if _clear(got, measured) and _is_steady(J, p):
            raise Wrong(
                "jacobian", f"{formula.text} by {formula.wrt}, {list(formula.declare)}: {got} for {measured.slope}"
            )
    raise Skip("no numbers found")


def _agree(got: Array, measured: Slope, share: float) -> bool:
    scale = max(float(np.max(np.abs(got))), float(np.max(np.abs(measured.slope))), _noise(measured))
    return bool(
        np.max(np.abs(got - measured.slope)) <= 1e-6 * scale + min(share * measured.error, 1e-3 * scale) + NOISE
    )


def _is_steady(node: Expr, p: Point) -> bool:
    """Whether the value hardly changes where the point hardly does, and nothing singular is inverted: that is noise."""
    nodes = evaluate_nodes([node], p.values, p.sizes, p.functions)
    value = nodes[node]
    if not all(np.all(np.isfinite(array)) for array in nodes.values()) or np.max(np.abs(value), initial=0) > POLE:
        return False
    inverted = [nodes[n.args[0]] for n in nodes if isinstance(n, Call) and n.function == "inv"]
    if any(np.linalg.cond(array) > CLOSE for array in inverted):
        return False
    for turn in range(3):
        moved = {n: a * (1 + 1e-9 * np.cos(np.arange(a.size) + turn).reshape(a.shape)) for n, a in p.values.items()}
        moved |= {n: p.values[n] for n in p.values if n == WHOLE}
        if not same(value, evaluate(node, moved, p.sizes, p.functions), 1e-5):
            return False
    return True


def _noise(measured: Slope) -> float:
    return 1e-8 * (float(np.max(np.abs(measured.value))) + 1e-3)


def _clear(got: Array, measured: Slope) -> bool:
    """Whether a difference is none of the judge's: no corner, and a slope that converged."""
    scale = max(float(np.max(np.abs(got))), float(np.max(np.abs(measured.slope))), _noise(measured))
    return bool(measured.error < 1e-5 * scale and measured.corner < 1e-3 * scale)


def hessian(case: Case) -> None:
    """Against differences of the gradient, which is confirmed already."""
    if case.gradient.weight > HEAVY:
        raise Skip("heavy")
    formula, tried = case.formula, case.trial
    result = matcalc.derive(formula.text, wrt=formula.wrt, declare=list(formula.declare), order=2)
    first = derived(formula).gradient

    def moving(at: Array) -> Array:
        p = tried.point
        stem, _, which = formula.wrt.rpartition("_")
        values = dict(p.values)
        if stem in p.families:
            values[stem] = p.families[stem].copy()
            values[stem][int(which) - 1] = at
        else:
            values[formula.wrt] = at
        return evaluate(first, values, p.sizes, p.functions)

    H = case.value(result.value.node)
    for judge, share in ((slope, 0.05), (romberg, 10.0)):
        measured = judge(moving, tried.at, tried.direction)
        got = (H @ tried.direction.T.reshape(-1, 1)).reshape(measured.slope.shape[::-1]).T
        if _agree(got, measured, share):
            return
    if not _clear(got, measured) or not _is_steady(result.value.node, tried.point):
        raise Skip("no numbers found")
    raise Wrong("hessian", f"{got} for {measured.slope}; {result.value}")


# --- steps --------------------------------------------------------------------------------------------------------------


def steps(case: Case) -> None:
    """The engine's own verification, with an identity at every line; the derivation in LaTeX too."""
    found = case.result.steps
    if not all(step.identities for step in found):
        raise Wrong("step without identity", [step.right for step in found if not step.identities])
    case.result.latex(steps=True)


def lines(case: Case) -> None:
    """Every line as the oracle reads it, against the slope of the objective."""
    p = case.point
    wrong = wrong_lines(case.result, Draw(p.sizes, p.values, "", p.functions), case.seed)
    if wrong and (any(map(NO_NUMBER, wrong)) or is_at_corner(case.trial)):
        raise Skip("a corner")
    if wrong:
        raise Wrong("line", "\n      ".join([*wrong, *map(str, case.result.derivation.names)]))


# --- printed and read back ----------------------------------------------------------------------------------------------


def plain(case: Case) -> None:
    _reads_back(case, str(case.result.value), "plain")


def unicode(case: Case) -> None:
    _reads_back(case, case.result.value.unicode(), "plain")


def latex(case: Case) -> None:
    _reads_back(case, case.result.value.latex(), "latex")


def _reads_back(case: Case, text: str, syntax: str) -> None:
    declare = [*map(str, case.result.declarations), *[d for d in case.formula.declare if ":=" in d]]
    try:
        again = matcalc.parse(text, declare=declare, syntax=syntax).node
    except MatcalcError as error:
        if syntax == "plain" or "not determined" not in str(error):
            raise Wrong("unread", f"{text}: {error}") from error
        again = _beside_ones(case, text, declare)
    if not same(case.truth, case.value(again)):
        raise Wrong("misread", text)


def _beside_ones(case: Case, text: str, declare: list[str]) -> Expr:
    r"""The LaTeX of what takes its size from where it stands, as \operatorname{tr}(A) e_1 does."""
    shape = shape_text(case.gradient.shape)
    try:
        again = matcalc.parse(rf"{FRESH} \odot ({text})", declare=[*declare, f"{FRESH} : {shape}"], syntax="latex").node
    except MatcalcError as error:
        if "not determined" in str(error):  # f(e_1)_2
            raise Skip("a size that only the plain spelling says") from error
        raise Wrong("unread", f"{text}: {error}") from error
    beside = next(node for node in postorder(again) if isinstance(node, Symbol) and node.name == FRESH)
    return substitute(again, {beside: ones(*beside.shape)})


# --- emitted ------------------------------------------------------------------------------------------------------------


def numpy(case: Case) -> None:
    _emitted(case, "numpy", np.asarray)


def jax(case: Case) -> None:
    if find_spec("jax") is None:
        raise Skip("not installed")
    import jax

    jax.config.update("jax_enable_x64", True)
    _emitted(case, "jax", jax.numpy.asarray)


def torch(case: Case) -> None:
    if find_spec("torch") is None:
        raise Skip("not installed")
    import torch

    torch.set_num_threads(1)
    _emitted(case, "torch", lambda value: torch.as_tensor(value, dtype=torch.float64))


def _emitted(case: Case, target: str, given: Callable[[Array], object]) -> None:
    truth = case.truth
    try:
        function = case.result.function(target)
    except NoRuleError as error:
        raise Skip(str(error).partition("\n")[0][:50]) from error
    p = case.point
    shapes = {d.name.removesuffix("_i" if d.family else ""): d.shape for d in case.result.declarations}
    values: dict[str, Any] = {}
    for name in inspect.signature(function).parameters:
        stem = name.rstrip("_") if name not in p.values else name
        primes = "'" * int(name.rpartition("_")[2]) if name.rpartition("_")[0] in p.functions else ""
        if stem in p.sizes:
            values[name] = p.sizes[stem]
        elif stem in p.values:
            values[name] = given(_as_given(p.values[stem], shapes[stem]))
        else:
            values[name] = _for(target, p.functions[name.partition("_")[0] + primes], given)
    try:
        got = np.asarray(function(**values))
    except TimeoutError:
        raise
    except Exception as error:
        if isinstance(error, np.linalg.LinAlgError) and not _is_steady(case.gradient, p):
            raise Skip("no steady point") from error
        raise Wrong(f"emitted {type(error).__name__}", f"{error}: {function.source[-500:]}") from error
    if not same(got.reshape(truth.shape) if got.size == truth.size else got, truth, 1e-6, case.noise(case.gradient)):
        if not _is_steady(case.gradient, p):
            raise Skip("no steady point")
        raise Wrong("emitted", f"{got} for {truth}: {function.source[-500:]}")


def _as_given(value: Array, shape: Shape) -> Array:
    """Scalars (), vectors (n,), rows (1, n), matrices (m, n); families with one axis more."""
    if shape[0] == 1 != shape[1] and value.ndim == 3:
        return value[:, 0]  # a family of rows is a matrix
    return value.reshape(value.shape[:-2] if shape == SCALAR else value.shape[:-1] if shape[1] == 1 else value.shape)


def _for(target: str, function: Callable[[Array], Array], given: Callable[[Array], object]) -> Callable[[Any], object]:
    return lambda value: given(np.asarray(function(np.asarray(value))))


# --- the same bytes -----------------------------------------------------------------------------------------------------


def shuffled(case: Case) -> None:
    """Terms in another order, A ⊙ B as B ⊙ A, A : B as B : A."""
    random = Random(case.seed)

    def other(node: Syntax, before: Syntax) -> Syntax:
        if isinstance(node, Add):
            order = random.sample(range(len(node.terms)), len(node.terms))
            return Add(tuple(node.signs[k] for k in order), tuple(node.terms[k] for k in order))
        if isinstance(node, Binary) and node.operator in (".*", ":"):
            return Binary(node.operator, node.right, node.left)
        return node

    _same_bytes(case, rebuilt(case.formula, other))


def transposed(case: Case) -> None:
    """Every scalar that is no letter transposed."""
    shapes = case.formula.shapes

    def other(node: Syntax, before: Syntax) -> Syntax:
        apart = isinstance(before, Name | Number | Postfix) or shapes.get(before) != SCALAR
        return node if apart or not any(isinstance(n, Name) for n in nodes(before)) else Postfix("'", node)

    _same_bytes(case, rebuilt(case.formula, other))


def renames(case: Case) -> None:
    """Other names in the same order."""
    hidden = {record.name for name in _letters(case.formula) for record in functions.lookup(name)}
    used = {getattr(node, "function", getattr(node, "kind", "")) for node in postorder(case.gradient)}
    if hidden & used:
        raise Skip("a letter that is also that of a function")
    other, back = renamed(case.formula)
    try:
        _same_bytes(case, other, back)
    except Wrong:
        if hidden:  # D * (x + y), where D alone would call
            raise Skip("a letter that is also that of a function") from None
        if not _is_same_but_for_indices(case, other, back):
            raise


def _is_same_but_for_indices(case: Case, other: Whole, back: Callable[[str], str]) -> bool:
    """Whether only the index of a sum has another letter: that of a variable is not free for it."""
    found = matcalc.derive(other.text, wrt=other.wrt, declare=list(other.declare)).value
    return back(_by_number(str(found))) == _by_number(str(case.result.value))


def _by_number(text: str) -> str:
    """The text with its indices numbered."""
    for k, letter in enumerate(dict.fromkeys(re.findall(r"\b(?:sum|prod)\((\w+)=", text))):
        text = re.sub(rf"\b{letter}\b", f"#{k}", text)
    return text


def _same_bytes(case: Case, other: Whole, back: Callable[[str], str] = str) -> None:
    try:
        got = back(str(matcalc.derive(other.text, wrt=other.wrt, declare=list(other.declare)).value))
    except FormulaError as error:
        if "added" in error.message:
            raise Skip("a scalar added to every entry must be plain") from error
        raise
    if got != str(case.result.value):
        raise Wrong("other bytes", f"{other.text}:\n      {got}\n      {case.result.value}")


# --- rules of differentiation -------------------------------------------------------------------------------------------


def sums(case: Case) -> None:
    """d(2 f - 3 g) = 2 df - 3 dg for a part g of f."""
    formula = case.formula
    part = _part(case, scalar=True) or Apply("sum", (Name(formula.wrt),))
    both = Add((1, -1), (Juxtapose((Number(2), formula.tree)), Juxtapose((Number(3), part))))
    whole, alone = (_gradient(case, with_tree(formula, tree), formula.wrt) for tree in (both, part))
    if not all(np.all(np.isfinite(array)) for array in (whole, case.truth, alone)):
        raise Skip("a corner between the parts")
    if not _close(whole, 2 * case.truth - 3 * alone, case.truth, alone):
        raise Wrong("sum", f"with {plain_text(part)}: {whole} for {2 * case.truth - 3 * alone}")


def chain(case: Case) -> None:
    """df = ∂h + dh/dV : dS where f(x) = h(S(x), x), by the Jacobian of S."""
    formula, tried = case.formula, case.trial
    part = _part(case, scalar=False)
    if part is None:
        raise Skip("no part")
    shape = formula.shapes[part]
    outer = rewritten(formula.tree, lambda node, before: Name(FRESH) if before == part else node)
    declared = f"{FRESH} : {shape_text(shape)}"
    h = with_tree(formula, outer, (declared,))
    inside = tried.along.of(part)
    at = inside(tried.at) if callable(inside) else inside
    more = {FRESH: at}
    by_part = _gradient(case, h, FRESH, more)
    here = np.zeros_like(case.truth)
    stem = formula.wrt.rpartition("_")[0]
    if any(name == formula.wrt or (stem and name.startswith(stem + "_")) for name in _letters(h)):
        try:
            here = _gradient(case, h, formula.wrt, more)
        except CallError as error:  # it stands in a definition that nothing uses any more
            if "is not a variable" not in str(error):
                raise
    S = with_tree(formula, part)
    J = matcalc.derive(S.text, wrt=formula.wrt, declare=list(S.declare))
    D = tried.direction
    value = case.value(J.value.node)
    moved = np.sum(value * D) if J.kind == "gradient" else (value @ D.T.reshape(-1, 1)).reshape(at.shape[::-1]).T
    got, true = np.sum(here * D) + np.sum(by_part * moved), np.sum(case.truth * D)
    sizes = [np.max(np.abs(a)) * np.max(np.abs(b)) for a, b in ((here, D), (by_part, moved), (case.truth, D))]
    if not np.isfinite(got) or not np.isfinite(true):
        raise Skip("a corner between the parts")
    if not abs(got - true) <= 1e-7 * max(sizes):
        raise Wrong("chain", f"by {plain_text(part)}: {got} for {true}")


FRESH = "V_0"


def _part(case: Case, scalar: bool) -> Syntax | None:
    """A part of the formula in which the variable moves and no index stands; the one that is used last in the text."""
    formula = case.formula
    inside = [n for n in nodes(formula.tree) if n != formula.tree and not isinstance(n, Name | Number | Range)]
    known = [n for n in inside if n in formula.shapes and (formula.shapes[n] == SCALAR or not scalar)]
    free = [n for n in known if callable(_moves(case, n))]
    return free[case.seed % len(free)] if free else None


def _moves(case: Case, part: Syntax) -> object:
    """What the part is as a function of the variable; None where it has an index."""
    try:
        return case.trial.along.of(part)
    except LookupError:
        return None


def _letters(formula: Whole) -> set[str]:
    trees = [formula.tree, *formula.definitions.values()]
    called = {node.function for tree in trees for node in nodes(tree) if isinstance(node, Apply)} & set(DECLARED)
    return called | {node.text for tree in trees for node in nodes(tree) if isinstance(node, Name)}


def _gradient(case: Case, formula: Whole, wrt: str, more: Mapping[str, Array] = MappingProxyType({})) -> Array:
    G = matcalc.derive(formula.text, wrt=wrt, declare=list(formula.declare)).value.node
    return case.value(G, more)


def _close(a: Array, b: Array, *parts: Array) -> bool:
    return bool(np.max(np.abs(a - b)) <= EQUAL * max(1e-9, *(float(np.max(np.abs(part))) for part in parts)))


# --- compaction ---------------------------------------------------------------------------------------------------------


def length(case: Case) -> None:
    _, by, f = read(case.formula)
    if not TANGENTS.keys().isdisjoint(symbol_of(by).properties):
        raise Skip("projected, too")
    raw = gradients(f, (by,))[by]
    if cost(case.gradient) > cost(raw):
        raise Wrong("longer", f"{case.result.value}   for   {matcalc.Expression(raw)}")


def simplified(case: Case) -> None:
    """The gradient in its compact form has the value of what was derived, and of its form without names."""
    _, by, f = read(case.formula)
    _has_its_value(case, in_space(gradients(f, (by,))[by], symbol_of(by)), "simplified")
    _has_its_value(case, case.result.value.expanded().node, "expanded")


def _has_its_value(case: Case, other: Expr, kind: str) -> None:
    """Whether the gradient has the value of what is another form of it."""
    if not same(case.truth, case.value(other), noise=case.noise(other)):
        raise Wrong(kind, f"{case.result.value}   for   {matcalc.Expression(other)}")


ALL = (
    gradient, jacobian, hessian, steps, lines, plain, unicode, latex, numpy, jax, torch, shuffled, transposed, renames, sums,
    chain, length, simplified,
)  # fmt: skip
NUMERIC = ("gradient", "line", "misread", "sum", "chain", "simplified", "expanded")  # kinds of what numbers say
CHECKS: dict[str, Callable[[Case], None]] = {check.__name__: check for check in ALL}


def checked(case: Case, name: str) -> str:
    """ "done", or why it was skipped; Wrong where it does not hold."""
    try:
        with limit(LIMIT):
            CHECKS[name](case)
        return "done"
    except Wrong as wrong:
        if wrong.kind in NUMERIC and not _is_steady(case.gradient, case.point):
            return "skipped: no steady point"
        raise
    except Skip as skip:
        return f"skipped: {skip}"
    except NoRuleError as error:
        return "skipped: no rule: " + str(error).partition("\n")[0][:40]
    except TimeoutError:
        raise Wrong("slow", f"more than {LIMIT} s") from None
    except (MatcalcError, *NUMBERS, *CRASHES) as error:
        reason = next((reason for words, reason in SAID.items() if words in str(error)), "")
        if reason:
            return f"skipped: {reason}"
        if isinstance(error, np.linalg.LinAlgError):
            return "skipped: singular"
        raise Wrong("crash " + type(error).__name__, repr(error)) from error
