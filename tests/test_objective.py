"""Objectives for scipy.optimize.minimize, and functions for automatic differentiation, from a derivation."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest
from differences import central
from scipy.optimize import minimize

import matcalc
from matcalc.minimise import Objective

Array = np.ndarray[Any, Any]
FACTORS = "norm(M .* (U V' - Y))^2 + a norm(U)^2 + a norm(V)^2"
MASKED = ["M : matrix(I, J), binary", "U : matrix(I, K)", "V : matrix(J, K)", "a : scalar"]


def factorisation() -> Objective:
    rng = np.random.default_rng(0)
    given = {"M": rng.integers(2, size=(6, 5)), "Y": rng.normal(size=(6, 5)), "a": 0.1}
    start = {"U": rng.normal(size=(6, 2)), "V": rng.normal(size=(5, 2))}
    return matcalc.objective(FACTORS, ("U", "V"), MASKED, given, start)


def test_the_gradient_is_that_of_the_value() -> None:
    problem = factorisation()
    assert np.allclose(problem.jac(problem.x0), central(problem.fun, problem.x0), rtol=1e-6, atol=1e-6)


def test_the_hessian_is_the_derivative_of_the_gradient_with_its_mixed_blocks() -> None:
    problem = factorisation()
    H = problem.hess(problem.x0)
    assert np.allclose(H, central(problem.jac, problem.x0), rtol=1e-6, atol=1e-6)
    assert np.allclose(H, H.T)


def test_the_product_and_the_operator_are_those_of_the_hessian() -> None:
    problem = factorisation()
    x, p = problem.x0, np.arange(problem.x0.size) / 7
    H = problem.hess(x)
    assert np.allclose(problem.hessp(x, p), H @ p)
    assert np.allclose(problem.hessian_operator(x) @ p, H @ p)
    assert problem.hessian_operator(x).shape == H.shape


def test_what_is_packed_is_unpacked() -> None:
    problem = factorisation()
    parts = problem.unpack(problem.x0)
    assert {name: part.shape for name, part in parts.items()} == {"U": (6, 2), "V": (5, 2)}
    assert np.array_equal(problem.pack(parts), problem.x0)


@pytest.mark.parametrize("method", ["L-BFGS-B", "Newton-CG", "trust-ncg", "trust-exact"])
def test_scipy_minimises_it(method: str) -> None:
    problem = factorisation()
    second = {"L-BFGS-B": {}, "trust-exact": {"hess": problem.hess}}.get(method, {"hessp": problem.hessp})
    found = minimize(problem.fun, problem.x0, jac=problem.jac, method=method, tol=1e-8, **second)
    assert np.max(np.abs(problem.jac(found.x))) < 1e-4
    assert found.fun < problem.fun(problem.x0)


def test_the_minimum_of_a_least_squares_problem_is_that_of_lstsq() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    problem = matcalc.objective("norm(X w - y)^2", "w", given={"X": X, "y": y}, start={"w": np.zeros(3)})
    found = minimize(problem.fun, problem.x0, jac=problem.jac, hess=problem.hess, method="trust-exact")
    assert np.allclose(found.x, np.linalg.lstsq(X, y)[0], atol=1e-5)


def test_a_variable_called_as_python_reserves_is_packed_too() -> None:
    problem = matcalc.objective("(lambda - a)^2", "lambda", given={"a": 3.0}, start={"lambda": 1.0})
    assert (problem.fun(problem.x0), problem.jac(problem.x0).tolist()) == (4.0, [-4.0])
    assert problem.hessp(problem.x0, np.ones(1)).tolist() == [2.0]


def test_what_was_given_is_not_changed_by_what_is_done_with_a_gradient() -> None:
    problem = factorisation()
    first = problem.jac(problem.x0)
    first[:] = 0
    assert np.any(problem.jac(problem.x0))


def test_what_is_missing_is_named() -> None:
    with pytest.raises(matcalc.CallError, match=r"where does w start\? start=\{'w': …\} says it"):
        matcalc.objective("norm(X w - y)^2", "w", given={"X": np.eye(2)})
    problem = matcalc.objective("norm(X w - y)^2", "w", given={"X": np.eye(2)}, start={"w": np.zeros(2)})
    with pytest.raises(matcalc.CallError, match=r"y has no value; given=\{'y': …\} says it"):
        problem.fun(problem.x0)
    with pytest.raises(matcalc.CallError, match="only a scalar can be minimised"):
        matcalc.objective("A x", "x", start={"x": np.zeros(2)})


# --- automatic differentiation ----------------------------------------------------------------------------------------

torch_only = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="torch is not installed")
jax_only = pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="jax is not installed")
LOGISTIC = "sum(softplus(-y .* (X w))) + lambda w' w"


def values() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {"X": rng.normal(size=(5, 3)), "y": rng.normal(size=5), "w": rng.normal(size=3), "lambda_": np.array(0.1)}


@torch_only
def test_torch_differentiates_with_the_derived_gradient() -> None:
    import torch

    from matcalc.autodiff import torch_function

    f = torch_function(matcalc.derive(LOGISTIC, "w", ["X : matrix(m, n)"]))
    tensors = [torch.as_tensor(value) for value in values().values()]
    tensors[2].requires_grad_()
    assert torch.autograd.gradcheck(f, tensors)
    tensors[0].requires_grad_()
    with pytest.raises(matcalc.CallError, match="derived by w, and a gradient by X, w is asked for"):
        torch.autograd.backward(f(*tensors))


@torch_only
def test_torch_differentiates_what_is_no_scalar() -> None:
    import torch

    from matcalc.autodiff import torch_function

    f = torch_function(matcalc.derive("tanh(A x)", ("A", "x"), ["A : matrix(m, n)"]))
    tensors = [torch.randn(4, 3, dtype=torch.float64), torch.randn(3, dtype=torch.float64)]
    assert torch.autograd.gradcheck(f, [tensor.requires_grad_() for tensor in tensors])


@jax_only
def test_jax_differentiates_with_the_derived_gradient() -> None:
    import jax

    from matcalc.autodiff import jax_function

    jax.config.update("jax_enable_x64", True)
    result = matcalc.derive(LOGISTIC, "w", ["X : matrix(m, n)"])
    f, there = jax_function(result), values()
    found = jax.jit(jax.grad(lambda w, X: f(**(there | {"w": w, "X": X}))))(there["w"], there["X"])
    assert np.allclose(found, np.asarray(result.function()(**there)))
    with pytest.raises(ValueError, match="tracer"):
        jax.grad(lambda X: f(**(there | {"X": X})))(there["X"])
