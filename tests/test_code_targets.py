"""Emitted functions on other array libraries: they give what evaluation gives, in single and in double precision."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from collection import Record, arguments, derived, plain_records, wrong
from test_code import HESSIANS, RIGHT, SPELLED, natural, node, symbols

import matcalc
from matcalc.expr import Expr, Symbol
from matcalc.verify.sample import Draw, draw
from matcalc.write.code.function import EmittedFunction, function, source
from matcalc.write.code.targets import TARGETS, respelled

Array = np.ndarray[Any, Any]
Convert = Callable[[Array], object]

# Where there is the package, how an array goes there; what comes back is taken by np.asarray.
LIBRARIES = {"jax": "jax", "torch": "torch", "array-api": "array_api_compat"}
INSTALLED = [name for name, package in LIBRARIES.items() if importlib.util.find_spec(package)]
needs = {name: pytest.mark.skipif(name not in INSTALLED, reason=f"{name} is not installed") for name in LIBRARIES}
EVERY = [pytest.param(name, marks=needs[name]) for name in LIBRARIES]
FORMULAS = [*[text for text, _ in SPELLED], *RIGHT]


def convert(target: str, dtype: type = np.float64) -> Convert:
    """NumPy's arrays as the library's."""
    if target == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
        return lambda array: jax.numpy.asarray(_cast(array, dtype))
    if target == "torch":
        import torch

        return lambda array: torch.as_tensor(_cast(array, dtype))
    return lambda array: _cast(array, dtype)


def _cast(array: Array, dtype: type) -> Array:
    return np.asarray(array) if np.iscomplexobj(array) else np.asarray(array, dtype)


def given(f: EmittedFunction, wanted: list[Symbol], found: Draw, there: Convert) -> dict[str, object]:
    """The arguments of a function by name, of a draw."""
    names = list(inspect.signature(f).parameters)
    values: dict[str, object] = {
        name: there(natural(found.values[symbol.name], symbol.shape))
        for name, symbol in zip(names, wanted, strict=False)
    }
    for name in names[len(wanted) :]:
        entrywise = found.functions.get(name.replace("_1", "'"))
        values[name] = found.sizes.get(name) if entrywise is None else _wrapped(entrywise, there)
    return values


def _wrapped(entrywise: Callable[[Array], Array], there: Convert) -> Callable[[object], object]:
    return lambda x: there(entrywise(np.asarray(x)))


def emitted(expression: Expr, target: str) -> tuple[EmittedFunction, list[Symbol]] | None:
    """The function, or None where an operation has no spelling there."""
    wanted = symbols(expression) or [Symbol("x", ("n", 1))]
    if target == "array-api" and all(symbol.is_scalar for symbol in wanted):
        wanted = [*wanted, Symbol("unused", ("n", 1))]
    try:
        return function([expression], wanted, "f", "", target), wanted
    except matcalc.NoRuleError:
        return None


@pytest.mark.parametrize("target", EVERY)
@pytest.mark.parametrize("text", FORMULAS)
def test_functions_of_every_target_give_what_evaluation_gives(text: str, target: str) -> None:
    expression = node(text)
    if (found := emitted(expression, target)) is None:
        assert any(name in text for name in WITHOUT[target]), f"{text} has no {target} spelling"
        return
    f, wanted = found
    for seed in range(2):
        at = draw([expression], seed=seed, symbols=wanted)
        assert at is not None
        truth = natural(at.value(expression), expression.shape)
        got = np.asarray(f(**given(f, wanted, at, convert(target))))
        assert got.shape == truth.shape
        assert np.allclose(got, truth, rtol=1e-8, atol=1e-10), f.source


# What a library has no operation for; asking for it is an error that says so.
WITHOUT = {
    "jax": ["logm"],
    "torch": ["logm", "sqrtm"],
    "array-api": ["logm", "sqrtm", "expm", "erf", "gamma", "vech", "crossmat", "D(n)"],
}


@pytest.mark.parametrize("target", EVERY)
@pytest.mark.parametrize("text", FORMULAS)
def test_single_precision_stays_single(text: str, target: str) -> None:
    expression = node(text)
    found = emitted(expression, target)
    at = draw([expression], symbols=found[1]) if found else None
    if found is None or at is None or not symbols(expression) or (target == "array-api" and text == "f(s)"):
        return
    f, wanted = found
    got = np.asarray(f(**given(f, wanted, at, convert(target, np.float32))))
    assert got.dtype == np.float32 or not np.shape(got), f.source
    assert np.allclose(got, natural(at.value(expression), expression.shape), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("target", EVERY)
@pytest.mark.parametrize(("text", "wrt", "declare"), HESSIANS)
def test_hessians_of_every_target_give_what_evaluation_gives(
    text: str, wrt: str, declare: list[str], target: str
) -> None:
    expression = matcalc.derive(text, wrt, declare, order=2).value.node
    found = emitted(expression, target)
    at = draw([expression], symbols=symbols(expression))
    assert found is not None and at is not None
    f, wanted = found
    got = np.asarray(f(**given(f, wanted, at, convert(target))))
    assert np.allclose(got, natural(at.value(expression), expression.shape), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("target", EVERY)
@pytest.mark.parametrize("record", plain_records(), ids=lambda record: str(record["id"]))
def test_collected_gradients_are_right_on_every_target(record: Record, target: str) -> None:
    result = derived(record["id"])
    try:
        f = result.function(target)
    except matcalc.NoRuleError as error:
        assert any(name in str(error) for name in ("logm", "sqrtm", "sinm", "cosm", "expm", "special", "erf", "array"))
        return
    except matcalc.CallError as error:
        assert "no namespace" in str(error)
        return
    there = convert(target)

    def on_arrays(**values: object) -> object:
        return np.asarray(
            f(**{name: value if callable(value) else there(np.asarray(value)) for name, value in values.items()})
        )

    on_arrays.__signature__ = inspect.signature(f)  # type: ignore[attr-defined]
    if any(callable(value) for value in arguments(record, record["cases"][0]).values()):
        return
    assert not wrong(record, on_arrays), f.source


# --- far out, and in single precision ---------------------------------------------------------------------------------


FAR = [("sum(softplus(z))", [0, np.exp(-40.0), 0.5, 1, 1]), ("logsumexp(z)", [0, 0, 0, 0, 1]),
       ("sum(sigmoid(z))", [0, np.exp(-40.0), 0.25, np.exp(-40.0), 0]), ("sum(logsoftmax(z))", [1, 1, 1, 1, -4])]  # fmt: skip


@pytest.mark.parametrize("target", ["numpy", *EVERY])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("text", "slopes"), FAR)
def test_functions_are_stable_far_out_and_keep_their_precision_on_every_target(
    text: str, slopes: list[float], dtype: type, target: str
) -> None:
    there = convert(target, dtype) if target != "numpy" else np.asarray
    z = there(np.array([-1000.0, -40, 0, 40, 1000], dtype))
    result = matcalc.derive(text, "z", ["z : vector(n)"])
    value, gradient = (np.asarray(part) for part in result.function(target, "value_and_gradient")(z=z))
    second = np.asarray(result.function(target, "hessian")(z=z))
    assert value.dtype == gradient.dtype == second.dtype == dtype
    assert np.isfinite(value) and np.all(np.isfinite(second))
    assert np.allclose(gradient, slopes, rtol=1e-4, atol=1e-30)


# --- the tables ---------------------------------------------------------------------------------------------------------


def test_a_template_is_spelled_by_the_first_rule_that_fits() -> None:
    torch = TARGETS["torch"]
    assert respelled("np.sum({0}, axis=1)", torch) == "torch.sum({0}, dim=1)"
    assert respelled("{0:n}.copy()", torch) == "{0:n}.clone()"
    assert respelled("np.where({0} > 0, 1.0, 0.0)", torch) == "({0:s} > 0).to(dtype)"
    assert respelled("float(np.sqrt({0}))", torch) == "math.sqrt({0})"


def test_an_operation_without_a_spelling_is_an_error_that_names_it() -> None:
    with pytest.raises(matcalc.NoRuleError, match=r"linalg\.logm has no spelling for torch"):
        source([node("logm(S)")], symbols(node("logm(S)")), target="torch")


def test_an_unknown_target_is_an_error_that_lists_them() -> None:
    with pytest.raises(
        matcalc.CallError, match="there is no target 'fortran'; there are numpy, array-api, jax, torch, julia"
    ):
        matcalc.derive("x' x", "x").function("fortran")


# --- shapes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", EVERY)
def test_a_wrong_shape_is_refused_in_words_on_every_target(target: str) -> None:
    f = function([node("A x + s b")], symbols(node("A x + s b")), "f", "", target)
    there = convert(target)
    right = {"A": there(np.ones((3, 4))), "x": there(np.ones(4)), "b": there(np.ones(3)), "s": 2.0}
    assert np.asarray(f(**right)).tolist() == [6, 6, 6]
    with pytest.raises(
        ValueError, match=r"x : vector\(n\), n as in A: the shape must be \(4,\), and here it is \(3,\)"
    ):
        f(**(right | {"x": there(np.ones(3))}))
    with pytest.raises(ValueError, match=r"s : scalar: this must be a number"):
        f(**(right | {"s": there(np.ones(2))}))


@needs["jax"]
def test_emitted_jax_functions_can_be_traced() -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    result = matcalc.derive("sum(softplus(-y .* (X w))) + lambda w' w", "w")
    f = result.function("jax")
    rng = np.random.default_rng(0)
    values = {"X": rng.normal(size=(5, 3)), "w": rng.normal(size=3), "y": rng.normal(size=5), "lambda_": 0.1}
    assert np.allclose(jax.jit(f)(**values), result.function("numpy")(**values))
    X, w, y, s = values.values()
    assert np.asarray(jax.jacfwd(lambda w: f(X=X, w=w, y=y, lambda_=s))(w)).shape == (3, 3)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("sech(2)", "1 / math.cosh(2)"),
        ("softplus(2)", "max(2, 0) + math.log1p(math.exp(-abs(2)))"),
        ("csc(2)", "1 / math.sin(2)"),
        ("relu(3)", "max(3, 0)"),
    ],
)
@pytest.mark.parametrize("target", ["torch", "array-api"])
def test_a_function_of_a_python_number_is_one_of_python(formula: str, value: str, target: str) -> None:
    code = matcalc.derive(f"{formula} x' x", "x").code(target)
    assert value in code.replace("np.", "")
