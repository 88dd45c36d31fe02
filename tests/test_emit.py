"""What a result can be emitted as: each is held against differences of the emitted value, or against the dense matrix."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.cli import main
from matcalc.verify.evaluate import evaluate

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(0)
FACTORS = "norm(W)^2 + a norm(U)^2 + b norm(V)^2"
MASKED = [
    "M : matrix(I, J), binary",
    "U : matrix(I, K)",
    "V : matrix(J, K)",
    "a, b : scalar",
    "X := U V' - Y",
    "W := M .* X",
]


def factorisation() -> tuple[matcalc.Result, dict[str, Any]]:
    values: dict[str, Any] = {
        name: RNG.normal(size=size) for name, size in {"U": (4, 2), "V": (5, 2), "Y": (4, 5)}.items()
    }
    values |= {"M": RNG.integers(2, size=(4, 5)), "a": 0.3, "b": 0.2}
    return matcalc.derive(FACTORS, ("U", "V"), MASKED), values


def call(result: matcalc.Result, gives: str, values: Mapping[str, object]) -> Any:  # noqa: ANN401  an array or a tuple of arrays
    f = result.function("numpy", gives)
    return f(**{name: values[name] for name in inspect.signature(f).parameters})


def along(result: matcalc.Result, gives: str, values: Mapping[str, Any], moves: Mapping[str, Array]) -> list[Array]:
    """The derivative of what a function gives along a direction, by central differences."""
    ends = []
    for sign in (1e-6, -1e-6):
        found = call(result, gives, {**values, **{name: values[name] + sign * move for name, move in moves.items()}})
        ends.append(found if isinstance(found, tuple) else (found,))
    return [(np.asarray(a) - np.asarray(b)) / 2e-6 for a, b in zip(*ends, strict=True)]


def test_the_value_and_the_gradient_come_together_and_share_their_parts() -> None:
    result, values = factorisation()
    value, *gradients = call(result, "value_and_gradient", values)
    assert value == call(result, "value", values)
    assert all(np.allclose(a, b) for a, b in zip(gradients, call(result, "result", values), strict=True))
    moves = {"U": RNG.normal(size=(4, 2)), "V": RNG.normal(size=(5, 2))}
    slope = sum(float(np.sum(g * m)) for g, m in zip(gradients, moves.values(), strict=True))
    assert np.allclose(along(result, "value", values, moves), slope, rtol=1e-6)
    assert result.code("numpy", "value_and_gradient").count("U @ V.T") == 1


def test_a_hessian_vector_product_is_the_differential_of_the_gradients() -> None:
    result, values = factorisation()
    moves = {"U": RNG.normal(size=(4, 2)), "V": RNG.normal(size=(5, 2))}
    found = call(result, "hvp", values | {"d" + name: move for name, move in moves.items()})
    wanted = along(result, "result", values, moves)
    assert all(np.allclose(a, b, rtol=1e-6, atol=1e-7) for a, b in zip(found, wanted, strict=True))


def test_the_hessian_of_a_gradient_is_that_of_second_order() -> None:
    result, values = factorisation()
    mixed = matcalc.derive(FACTORS, ("U", "V"), MASKED, order=2)
    assert np.allclose(call(result, "hessian", values), call(mixed, "result", values))
    by_one = matcalc.derive(FACTORS, "U", MASKED)
    assert np.allclose(
        call(by_one, "hessian", values), call(matcalc.derive(FACTORS, "U", MASKED, order=2), "result", values)
    )


@pytest.mark.parametrize("text", ["tanh(A X) B", "softmax(A x)", "inv(Q + A' A) x", "norm(A x)"])
def test_jacobian_products_are_those_of_the_differential(text: str) -> None:
    declare = ["A : matrix(m, n)", "X : matrix(n, p)", "B : matrix(p, q)", "Q : matrix(n, n), spd"]
    wrt = "X" if "X" in text else "x"
    result = matcalc.derive(text, wrt, declare)
    values = {"A": RNG.normal(size=(4, 3)), "X": RNG.normal(size=(3, 2)), "B": RNG.normal(size=(2, 5)),
              "Q": np.eye(3), "x": RNG.normal(size=3)}  # fmt: skip
    move = RNG.normal(size=values[wrt].shape)
    pushed = call(result, "jvp", values | {"d" + wrt: move})
    assert np.allclose(pushed, along(result, "value", values, {wrt: move})[0], rtol=1e-6, atol=1e-7)
    seed = RNG.normal(size=np.shape(pushed))
    pulled = call(result, "vjp", values | {"seed": seed})
    assert np.isclose(np.sum(pulled * move), np.sum(seed * pushed))


def test_products_by_a_symmetric_variable_stay_in_its_space() -> None:
    result = matcalc.derive("logdet(S) + tr(A S S)", "S", ["S : matrix(n, n), spd"])
    values = {"S": np.diag([1.0, 2, 3]) + 0.1, "A": RNG.normal(size=(3, 3)), "dS": RNG.normal(size=(3, 3))}
    found = call(result, "hvp", values)
    assert np.allclose(found, found.T)
    H = matcalc.derive("logdet(S) + tr(A S S)", "S", ["S : matrix(n, n), spd"], order=2).function()(
        S=values["S"], A=values["A"]
    )
    assert np.allclose(found.ravel(order="F"), H @ values["dS"].ravel(order="F"))


def test_a_direction_gets_a_name_that_is_free() -> None:
    result = matcalc.derive("x' A x + dx' x", "x")
    assert set(inspect.signature(result.function("numpy", "hvp")).parameters) == {"A", "dx_"}


# --- compressed -------------------------------------------------------------------------------------------------------

COMPRESSED = [
    ("norm(M .* (U V' - Y))^2 + a norm(U)^2", "U", ["U : matrix(m, k)", "V : matrix(n, k)", "a : scalar"], (3,)),
    ("norm(C tanh(B x) - y)^2", "B", ["C : matrix(p, n)", "B : matrix(n, k)", "x : vector(k)", "y : vector(p)"], (1, 2, 1)),
    ("sum(logsumexp(X W, 2))", "W", ["W : matrix(n, k)", "X : matrix(m, n)"], (4,)),
    ("tr(X A X' B)", "X", ["X : matrix(m, n)"], (2, 2, 2, 2)),
    ("norm(X B - C)^2", "X", ["X : matrix(m, n)", "B : matrix(n, p)"], (2,)),
    ("x' A x", "x", ["A : matrix(n, n)"], (2,)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrt", "declare", "axes"), COMPRESSED)
def test_a_compressed_hessian_makes_the_dense_one_as_its_docstring_says(
    text: str, wrt: str, declare: list[str], axes: tuple[int, ...]
) -> None:
    result = matcalc.derive(text, wrt, declare, order=2)
    sizes = {"m": 4, "n": 3, "k": 2, "p": 5}
    values: dict[str, Any] = {"a": 0.5}
    for declaration in result.declarations:
        if declaration.name != "a":
            shape = [sizes[str(size)] for size in declaration.shape if size != 1]
            values[declaration.name] = RNG.normal(size=shape)
    f = result.function("numpy", "compressed")
    parts: Any = f(**{name: values[name] for name in inspect.signature(f).parameters})
    assert tuple(np.ndim(part) for part in parts) == axes
    dense = call(result, "result", values)
    assert np.allclose(assembled(str(f.__doc__), parts, dense.shape, sizes), dense)


def assembled(doc: str, parts: tuple[Array, ...], shape: tuple[int, int], known: Mapping[str, int]) -> Array:
    """The matrix that lines such as ``H[(i, j), (k, j)] += returned[0][j, i, k]`` make."""
    lines = re.findall(r"H\[\((.*?)\), \((.*?)\)\] \+= (.*)", doc)
    assert lines
    H = np.zeros(shape)
    for rows, cols, right in lines:
        factors = [(parts[int(k)], names.split(", ")) for k, names in re.findall(r"returned\[(\d)\]\[(.*?)\]", right)]
        sizes = {name: size for part, names in factors for name, size in zip(names, np.shape(part), strict=True)}
        sizes |= {name: known[size] for name, size in re.findall(r", (\w) = 1\.\.(\w)", right)}
        for place in product(*[range(size) for size in sizes.values()]):
            at = dict(zip(sizes, place, strict=True))
            i, j = (np.ravel_multi_index([at[name] for name in side.split(", ")], [sizes[name] for name in side.split(", ")])
                    for side in (rows, cols))  # fmt: skip
            H[i, j] += np.prod([part[tuple(at[name] for name in names)] for part, names in factors])
    return H


@pytest.mark.parametrize("function", ["tanh", "sigmoid"])
def test_a_deep_network_has_four_products_a_layer_and_a_hessian_of_three_small_arrays(function: str) -> None:
    products = {}
    for depth in (3, 6, 9, 12):
        layers = [f"h_{k} := {function}(W_{k} {f'h_{k - 1}' if k > 1 else 'x'})" for k in range(1, depth + 1)]
        declare = [*[f"W_{k} : matrix(n, n)" for k in range(1, depth + 1)], "x, t : vector(n)", *layers]
        result = matcalc.derive(f"norm(h_{depth} - t)^2", "W_1", declare, order=2)
        gradient = matcalc.derive(f"norm(h_{depth} - t)^2", "W_1", declare)
        f = result.function("numpy", "compressed")
        products[depth] = [result.code("numpy", gives).count(" @ ") for gives in ("compressed", "result")]
        for n in (2, 3, 4):
            values = {
                name: RNG.normal(size=(n, n) if name[0] == "W" else n) for name in inspect.signature(f).parameters
            }
            parts: Any = f(**values)
            assert [np.shape(part) for part in parts] == [(n,), (n, n), (n,)]
            dense = call(result, "result", values)
            whole = np.kron(np.outer(parts[0], parts[2]), parts[1])
            assert np.allclose(whole, dense, rtol=0, atol=1e-12 * np.abs(dense).max())
            step = 1e-5 * RNG.normal(size=(n, n))
            ahead, behind = (call(gradient, "result", {**values, "W_1": values["W_1"] + s * step}) for s in (1, -1))
            moved = (ahead - behind).ravel("F") / 2
            assert np.allclose(dense @ step.ravel("F"), moved, rtol=0, atol=1e-4 * np.abs(moved).max() + 1e-15)
    assert products == {depth: [4 * (depth - 1)] * 2 for depth in products}


# --- what is refused, and the source ------------------------------------------------------------------------------------


def test_what_a_result_cannot_give_is_an_error_in_words() -> None:
    result = matcalc.derive("norm(A x)^2", "x")
    with pytest.raises(matcalc.CallError, match="a result gives no 'speed'; it gives result, value,"):
        result.code("numpy", "speed")
    with pytest.raises(matcalc.CallError, match="'compressed' is that of one Jacobian or Hessian"):
        result.code("numpy", "compressed")
    with pytest.raises(matcalc.CallError, match="'hvp' is that of a gradient, and this is a jacobian"):
        matcalc.derive("A x", "x").code("numpy", "hvp")
    with pytest.raises(matcalc.CallError, match="of a complex formula is not supported yet"):
        matcalc.derive("norm(Z)^2", "Z", ["Z : complex matrix(m, n)"]).code("numpy", "hvp")


def test_the_docstring_names_the_identities_with_their_sources() -> None:
    doc = str(matcalc.derive("norm(X w - y)^2", "w").function().__doc__)
    assert "d(A B) = dA B + A dB" in doc and "Matrix Cookbook (37)" in doc


@pytest.mark.parametrize("gives", ["result", "value_and_gradient", "hvp", "jvp", "vjp", "hessian"])
def test_the_source_of_each_runs_in_an_interpreter_that_has_no_matcalc(gives: str) -> None:
    source = matcalc.derive("sum(softplus(A x)) + x' x", "x", ["A : matrix(m, n)"]).code("numpy", gives)
    extra = {"hvp": ", dx=[1, 1]", "jvp": ", dx=[1, 1]", "vjp": ", seed=2"}.get(gives, "")
    name = "gradient" if gives == "result" else gives
    code = f"{source}\nimport sys\nprint({name}(A=[[1, 2], [3, 4]], x=[1, -1]{extra}) is not None, 'matcalc' in sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True False", done.stderr


def test_the_command_prints_a_function_for_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "norm(X w - y)^2", "--wrt", "w", "--code", "torch", "--gives", "value_and_gradient"]) == 0
    printed = capsys.readouterr().out
    assert "import torch" in printed and "def value_and_gradient(X, w, y):" in printed
    assert main(["derive", "x' x", "--wrt", "x", "--gives", "hvp"]) == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_softplus_and_logsumexp_are_stable_far_out(dtype: type) -> None:
    z: Array = np.array([-1000.0, -40, 0, 40, 1000], dtype)
    with np.errstate(all="raise", under="ignore"):
        value, gradient = matcalc.derive("sum(softplus(z))", "z", ["z : vector(n)"]).function(
            "numpy", "value_and_gradient"
        )(z=z)
        second = matcalc.derive("sum(softplus(z))", "z", ["z : vector(n)"], order=2).function()(z=z)
        lse, soft = matcalc.derive("logsumexp(z)", "z", ["z : vector(n)"]).function("numpy", "value_and_gradient")(z=z)
    assert np.isclose(value, 1040 + np.log(2), rtol=1e-6) and lse == 1000
    assert gradient.dtype == second.dtype == soft.dtype == dtype
    assert np.allclose(gradient, [0, np.exp(-40.0), 0.5, 1, 1], rtol=1e-5, atol=0)
    assert np.allclose(np.diag(second)[1:4], [np.exp(-40.0), 0.25, np.exp(-40.0)], rtol=1e-5, atol=0)
    assert np.allclose(soft, [0, 0, 0, 0, 1])


def test_a_root_of_exp_is_finite_where_exp_is_not() -> None:
    result = matcalc.derive("exp(norm(w)^2 / 676)", "w")
    w = np.array([30.0, 10.0])
    expected = 2 / 676 * np.exp(1000 / 676) * w
    assert np.allclose(result.function()(w=w), expected)
    assert np.allclose(evaluate(result.value.node, {"w": w[:, None]}, {"n": 2})[:, 0], expected)
