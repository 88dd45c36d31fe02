"""Every record of the tables against numbers, as the engine reads it: values, first and second derivatives, at three sizes.

The truth is the record's own ``code``, and central differences of it; for an identity what ``oracle`` finds for both sides.
Nothing is compared with the text that it was made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from math import inf

import numpy as np
import oracle
import pytest
from collection import Array
from differences import inside

from matcalc.algebra import frobenius, symbol
from matcalc.errors import MatcalcError, NoRuleError
from matcalc.expr import Call, Constant, Expr, Symbol
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.rules import functions, identities, sympy_functions
from matcalc.rules.record import Function, Identity
from matcalc.shape import Shape, Size
from matcalc.shape import value as number_of
from matcalc.steps.differential import differential, differential_symbol, gradients
from matcalc.steps.functions import apply, rule
from matcalc.steps.signature import signature
from matcalc.steps.understand import expression_of
from matcalc.verify.agree import directional
from matcalc.verify.properties import with_properties
from matcalc.verify.sample import Draw, declared

SIZES = (
    {"m": 3, "n": 4, "p": 2, "q": 5, "k": 6},
    {"m": 5, "n": 3, "p": 4, "q": 2, "k": 6},
    {"m": 4, "n": 5, "p": 3, "q": 6, "k": 2},
)
TALL = tuple({**sizes, "m": max(sizes["m"], sizes["n"]), "n": min(sizes["m"], sizes["n"])} for sizes in SIZES)
FULL_RANK = ("svdvals", "svdvecs", "normnuc", "schatten")  # of a matrix with no fewer rows than columns
CLOSE = 1e-6
FROM_SYMPY = ("sinc", "Si", "Ci", "acsch", "asech", "asec", "acot", "fresnels", "airyai", "Ei")
CURVED = {
    "constant",
    "binary",
    "orthogonal",
    "unit",
    "distribution",
    "projection",
    "nonnegative",
}  # nothing moves straight in these

# fmt: off
# What is not held against numbers here, and why; each must be taken out when it works.
NO_FUNCTION = {
    "complex":    "complex variables are not supported yet",
    "mpower":     "its exponent is a whole number: see test_totals.py",
    "expm_jacobian": "it has no rule", "logm_jacobian": "it has no rule",
    "sinm_jacobian": "it has no rule", "cosm_jacobian": "it has no rule",
    "vector":     "its size is that of the place where it stands; what it means has the size",
    "matrix":     "its size is that of the place where it stands; what it means has the size",
}
SLOW = ("logm_frechet",)  # held against numbers at one size
NO_THIRD = "the derivatives of a power series stop at the second"
NO_SECOND = {(f"{name}_frechet", "A"): NO_THIRD for name in ("expm", "logm", "sinm", "cosm")}  # by an argument
NO_BY = {(f"{name}_frechet", x): NO_THIRD for name in ("expm", "logm", "sinm", "cosm") for x in "AX"}  # of three
NO_IDENTITY = {f"{name}-definition": NO_FUNCTION[name] for name in ("vector", "matrix")}
# fmt: on


# --- drawing ------------------------------------------------------------------------------------------------------------


def letters(text: str) -> list[Declaration]:
    return [d for d in read_declarations(text) if isinstance(d, Declaration)] if text else []


def draws_of(given: str, domain: tuple[float, float], extra: Mapping[str, Shape], name: str) -> Iterator[Draw]:
    """A draw for each of the sizes: what is declared with its properties, inside the domain."""
    first = name.partition("-")[0]
    for seed, sizes in enumerate(SIZES[1:2] if first in SLOW else TALL if first in FULL_RANK else SIZES):
        random = np.random.default_rng(seed)
        values: dict[str, Array] = {}
        unknown: dict[str, object] = {}
        numbers = dict(sizes)
        for d in letters(given):
            if d.kind == "size":
                numbers.setdefault(d.name, 2)
            elif d.kind == "function":
                unknown |= {d.name + primes: declared(d.name + primes, seed) for primes in ("", "'", "''", "'''")}
            else:
                values[d.name] = sample(random, _numbers(d.shape, numbers), d.properties, domain)
        for name, shape in extra.items():
            values[name] = random.normal(size=_numbers(shape, numbers))
        yield Draw(numbers, values, "", unknown)  # type: ignore[arg-type]


def sample(
    random: np.random.Generator, shape: tuple[int, int], properties: tuple[str, ...], domain: tuple[float, float]
) -> Array:
    low, high = domain
    if low > -inf and high < inf:
        width = high - low
        return random.uniform(low + 0.15 * width, high - 0.15 * width, size=shape)
    if low > -inf and low != 0.0:
        return np.asarray(low + 0.2 + np.abs(random.normal(size=shape)))
    return with_properties(random, shape, properties)


def _numbers(shape: Shape, sizes: dict[str, int]) -> tuple[int, int]:
    return number_of(shape[0], sizes), number_of(shape[1], sizes)


def along(random: np.random.Generator, value: Array, properties: tuple[str, ...]) -> Array:
    """A direction in which something with these properties can move."""
    return inside(np.asarray(random.normal(size=value.shape)), properties)


def with_values(draw: Draw, **values: Array) -> Draw:
    return replace(draw, values={**draw.values, **values})


def assert_same(got: Array, truth: Array, what: str, scale: float = 0.0) -> None:
    assert got.shape == truth.shape, what
    scale = max(1.0, scale, float(np.max(np.abs(truth), initial=0.0)))
    error = float(np.max(np.abs(got - truth), initial=0.0)) / scale
    assert error <= CLOSE, f"{what}: relative error {error:.1e}"


# --- functions ------------------------------------------------------------------------------------------------------------


def check_function(record: Function) -> None:
    """AssertionError where the value, the rule as it is written, the gradient or its derivative are not those of the code."""
    taken = signature(record)
    properties = {d.name: d.properties for d in letters(record.takes)}
    symbols = [Symbol(p.name, p.shape, properties[p.name]) for p in taken.patterns]
    own = _own(record, tuple(symbols))
    used = apply(record, tuple(symbols), {name: name for name in taken.size_names}, taken.gives) if symbols else own
    weights = symbol("C_", taken.gives)
    for draw in draws_of(record.takes, record.domain, {"C_": taken.gives}, record.name):
        assert_same(draw.value(used), draw.value(own), f"{record.name}: its value")
        for x in symbols:
            if CURVED.isdisjoint(x.properties):
                _check_derivative(record, own, used, weights, x, draw)


def _check_derivative(record: Function, own: Expr, used: Expr, weights: Symbol, x: Symbol, draw: Draw) -> None:
    random = np.random.default_rng(7)
    step, other = (along(random, draw.values[x.name], x.properties) for _ in range(2))
    slope, error = directional(own, x, step, draw)
    scale = float(np.max(np.abs(slope), initial=1.0))
    assert error < 1e-5 * scale, f"{record.name}: its code is not smooth here"
    _check_text(record, x, step, slope, draw)
    dx = differential_symbol(x)
    if (record.name, x.name) in NO_BY and record.takes.count(";") == 2:
        with pytest.raises(NoRuleError):
            differential(used, {x: dx})
        return
    forward = with_values(draw, **{dx.name: step}).value(differential(used, {x: dx}))
    assert_same(forward, slope, f"{record.name}: d by {x.name}")
    gradient = gradients(frobenius(weights, used), (x,))[x]
    at = draw.value(gradient)
    got, truth = np.sum(at * step), np.sum(draw.values["C_"] * slope)
    assert_same(np.array(got), np.array(truth), f"{record.name}: gradient by {x.name}", scale)
    if (record.name, x.name) in NO_SECOND:
        with pytest.raises(NoRuleError):
            differential(gradient, {x: dx})
        return
    second = with_values(draw, **{dx.name: other}).value(differential(gradient, {x: dx}))
    change, error = directional(gradient, x, other, draw)
    scale = max(float(np.max(np.abs(change), initial=1.0)), float(np.max(np.abs(at), initial=1.0)))
    assert error < 1e-5 * scale, f"{record.name}: its gradient is not smooth here"
    assert_same(second, change, f"{record.name}: second by {x.name}", scale)


def _check_text(record: Function, x: Symbol, step: Array, slope: Array, draw: Draw) -> None:
    """The rule as it is written, forwards, and backwards against any G."""
    if record.constant:
        assert not np.any(slope), f"{record.name} is not constant"
    if record.means or record.constant:
        return
    own = rule(signature(record))
    still: dict[str, Array] = {"d" + y.name: np.zeros(draw.values[y.name].shape) for y in own.letters}
    here = with_values(draw, **{**still, "Y": draw.value(_own(record, own.letters)), "d" + x.name: step})
    if own.forward is not None:
        assert_same(here.value(own.forward.expression), slope, f"{record.name}: {record.rule}")
    G = np.asarray(np.random.default_rng(8).normal(size=slope.shape))
    moved_text = own.adjoint(next(y for y in own.letters if y.name == x.name))
    if moved_text is not None:
        moved = with_values(here, **{own.G.name: G}).value(moved_text.expression)
        assert_same(
            np.array(np.sum(moved * step)), np.array(np.sum(G * slope)), f"{record.name}: its adjoint by {x.name}"
        )


def _own(record: Function, arguments: tuple[Symbol, ...]) -> Expr:
    """The function as a node of its own, whose value is that of its code."""
    taken = signature(record)
    parameters: tuple[Size, ...] = (*taken.size_names, record.axis) if record.axis else taken.size_names
    if record.kind == "constant" and not arguments:
        return Constant(record.name, taken.gives, parameters)
    return Call(record.name, arguments, taken.gives, parameters)


def function_cases() -> list[object]:
    cases: list[object] = []
    for record in (*functions.records(), *(found for name in FROM_SYMPY if (found := _sympy(name)))):
        if not record.name.isidentifier() or not record.code:
            continue
        why = NO_FUNCTION["complex"] if "complex" in record.takes + record.gives else NO_FUNCTION.get(record.name, "")
        name = "-".join(
            [record.name, *(d.kind for d in letters(record.takes)), *([str(record.axis)] if record.axis else [])]
        )
        cases.append(pytest.param(record, id=name, marks=[pytest.mark.skip(reason=why)] if why else []))
    return cases


@cache
def _sympy(name: str) -> Function | None:
    """The record of a function of SymPy, which joins the tables when it is used."""
    expression_of(f"{name}(X)", {"X": symbol("X", ("m", "n"))})
    return sympy_functions.lookup(name)


# --- identities -------------------------------------------------------------------------------------------------------------


def check_identity(identity: Identity) -> None:
    """AssertionError where the sides are not equal, or the engine's reading of a side, or its derivatives, are not the oracle's."""
    given = letters(identity.given)
    symbols = {d.name: Symbol(d.name, d.shape, d.properties) for d in given if d.kind not in ("size", "function")}
    moving = [s for s in symbols.values() if CURVED.isdisjoint(s.properties)]
    d = {s: differential_symbol(s) for s in moving}
    unknown = [one for one in given if one.kind in ("function", "size")]
    known = {**symbols, **{dx.name: dx for dx in d.values()}}
    texts = identity.statement.split(" = ")
    sides = [expression_of(text, known, unknown) for text in texts]
    for seed, draw in enumerate(
        draws_of(
            identity.given,
            _domain(identity),
            {dx.name: dx.shape for dx in d.values()},
            identity.name,
        )
    ):
        directions = {
            s.name: along(np.random.default_rng([seed, 3]), draw.values[s.name], s.properties) for s in moving
        }
        draw = with_values(draw, **{"d" + name: array for name, array in directions.items()})
        values = _oracle_values(draw, symbols, directions)
        truths = [oracle.evaluate(text, values) for text in texts]
        assert np.all(np.isfinite(truths[0])), identity.name
        rough = 100 * float(np.max(np.abs(truths[0]))) if "d(" in identity.statement else 0.0  # differences, too
        assert_same(truths[0], truths[1], f"{identity.name}: {identity.statement}", rough)
        for side, text, truth in zip(sides, texts, truths, strict=True):
            assert_same(draw.value(side), truth, f"{identity.name}: the engine's {text}", rough)
        for x in moving:
            _check_sides(identity, sides, texts, x, draw, values)


def _check_sides(
    identity: Identity, sides: list[Expr], texts: list[str], x: Symbol, draw: Draw, values: oracle.Values
) -> None:
    """The derivative of either side along a direction, and of that the derivative again, against differences."""
    random = np.random.default_rng(11)
    step, other = (along(random, draw.values[x.name], x.properties) for _ in range(2))
    move = Symbol("D_1", x.shape)
    again = Symbol("D_2", x.shape)
    here = with_values(draw, D_1=step, D_2=other)
    for side, text in zip(sides, texts, strict=True):
        try:
            first = differential(side, {x: move})
        except NoRuleError:
            assert identity.name in NO_FIRST_OF_IDENTITY, f"{identity.name}: d({text})"
            continue
        slope = _oracle_slope(text, x, step, values)
        scale = max(float(np.max(np.abs(slope), initial=1.0)), float(np.max(np.abs(draw.value(side)))))
        scale *= 10 if "d(" in text else 1  # differences of differences
        assert_same(here.value(first), slope, f"{identity.name}: d({text}) by {x.name}", 10 * scale)
        try:
            second = differential(first, {x: again})
        except NoRuleError:
            assert identity.name in NO_SECOND_OF_IDENTITY, f"{identity.name}: dd({text})"
            continue
        change, error = directional(first, x, other, here)
        assert error < 1e-4 * max(scale, float(np.max(np.abs(change), initial=1.0)))
        assert_same(here.value(second), change, f"{identity.name}: second of {text} by {x.name}", 10 * scale)


FRECHET = "the second derivative of a power series has no rule for where it is taken"
SERIES = ("expm", "logm", "sinm", "cosm")
NO_FIRST_OF_IDENTITY = dict.fromkeys(
    (f"{f}_frechet-{ending}" for f in SERIES for ending in ("rule", "matrix-matrix-matrix-adjoint")), FRECHET
)
NO_SECOND_OF_IDENTITY = NO_FIRST_OF_IDENTITY | dict.fromkeys(
    ["commuting-rule", "expm-direction", *(f"{f}_frechet-rule" for f in SERIES), *(f"{f}-rule" for f in SERIES)],
    FRECHET,
)


def _oracle_values(draw: Draw, symbols: Mapping[str, Symbol], directions: Mapping[str, Array]) -> oracle.Values:
    primes = ("", "'", "''")
    names = {name.rstrip("'") for name in draw.functions}
    known = {name: [draw.functions[name + p] for p in primes] for name in names}
    arrays = {name: draw.values[name] for name in symbols}
    return oracle.Values(arrays, directions, dict(draw.sizes), known)


def _oracle_slope(text: str, x: Symbol, step: Array, values: oracle.Values) -> Array:
    """The derivative of the text's value along the direction; what stands for dX in it stays as it is."""

    def at(distance: float) -> Array:
        return oracle.evaluate(
            text, replace(values, arrays={**values.arrays, x.name: values.arrays[x.name] + distance * step})
        )

    near, far = ((at(h) - at(-h)) / (2 * h) for h in (1e-4, 2e-4))
    return np.asarray((4 * near - far) / 3)


def _domain(identity: Identity) -> tuple[float, float]:
    """Of the function whose record the identity was read from."""
    record = next(
        (r for r in functions.records() if r.name.isidentifier() and identities.of_function(r) == identity), None
    )
    return record.domain if record else (-inf, inf)


def identity_cases() -> list[object]:
    cases: list[object] = []
    for identity in identities.every():
        why = NO_IDENTITY.get(identity.name) or next(
            (reason for word, reason in NO_CONSTRUCT.items() if word in identity.given + identity.statement), ""
        )
        cases.append(pytest.param(identity, id=identity.name, marks=[pytest.mark.skip(reason=why)] if why else []))
    return cases


NO_CONSTRUCT = {
    "complex": "complex variables are not supported yet",
    "sum(r=": "its exponent is a whole number: see test_totals.py",
}


# --- the tests ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", [*function_cases(), *identity_cases()])
def test_a_record_of_the_tables_is_verified_on_numbers_to_second_order(record: Function | Identity) -> None:
    if isinstance(record, Function):
        check_function(record)
    else:
        check_identity(record)


def test_what_is_left_out_does_not_work_yet() -> None:
    """So that the lists above shrink."""
    for record in functions.records():
        if record.name == "mpower":
            with pytest.raises((MatcalcError, AssertionError)):
                check_function(record)


# fmt: off
WRONG_FUNCTIONS = [
    Function("wrong", "X : matrix(m, n)", "matrix(m, n)", rule="dY = 2 .* X .* dX", code="X ** 3"),
    Function("wrong", "X : matrix(m, n)", "matrix(m, n)", rule="dY = 3 * X.^2 .* dX", code="X.copy()"),
    Function("wrong", "X : matrix(n, n)", "matrix(n, n)", rule="dY = -X dX X", code="np.linalg.inv(X)"),
    Function("wrong", "X : matrix(n, n)", "matrix(n, n)", rule="dY = X dX + X dX", code="X @ X"),
    Function("wrong", "X : matrix(m, n)", "scalar", adjoint="C : wrong(X) = 2 C ones(m, n) : X", code="np.sum(X).reshape(1, 1)"),
    Function("wrong", "X : matrix(m, n)", "scalar", means="sum(X) / m", code="np.mean(X).reshape(1, 1)"),
    Function("wrong", "X : matrix(m, n)", "matrix(m, n)", constant=True, code="X * X"),
]
WRONG_IDENTITIES = [
    Identity("wrong", "A B = B A", "A : matrix(n, n); B : matrix(n, n)", ""),
    Identity("wrong", "A : (B C) = (C' A) : B", "A : matrix(n, n); B : matrix(n, n); C : matrix(n, n)", ""),
    Identity("wrong", "M .* M = M", "M : matrix(m, n)", ""),
    Identity("wrong", "d(A B) = dA B + dB A", "A : matrix(n, n); B : matrix(n, n)", ""),
]
# fmt: on


@pytest.mark.parametrize(
    "record", WRONG_FUNCTIONS, ids=lambda record: record.rule or record.adjoint or record.means or record.code
)
def test_a_wrong_record_is_found(record: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "_records", dict(functions._records))
    functions.register(record)
    with pytest.raises(AssertionError):
        check_function(record)


@pytest.mark.parametrize("identity", WRONG_IDENTITIES, ids=lambda identity: identity.statement)
def test_a_wrong_identity_is_found(identity: Identity) -> None:
    with pytest.raises(AssertionError):
        check_identity(identity)


def test_every_letter_of_the_formulas_is_drawn() -> None:
    (draw, *_) = draws_of("A : matrix(m, n), positive; j : size", (-inf, inf), {"C_": ("m", "p")}, "")
    assert np.all(draw.values["A"] > 0)
    assert draw.values["C_"].shape == (3, 2)
    assert draw.sizes.keys() >= {"m", "n", "p", "q", "k", "j"}
