"""Emitted code against hand-written closed forms, JAX and PyTorch: ``python -m tests.bench_code`` (extra ``bench``).

Every comparison is made in one run on the same arrays, float64, calls of both sides taking turns; medians in ms. All
libraries compute in one thread: the pools of several would wait for each other.
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
         "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}  # fmt: skip
os.environ.update(ALONE)  # before NumPy is loaded

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))

import references as by_hand  # noqa: E402

import matcalc  # noqa: E402

Array = np.ndarray[Any, Any]
Values = dict[str, Any]
Run = Callable[[], object]
BUDGET = 1.5  # seconds for one comparison


@dataclass(frozen=True)
class Task:
    """A formula, its draws at three sizes, the closed form, and the same function in an array library."""

    name: str
    formula: str
    wrt: tuple[str, ...]
    declare: tuple[str, ...]
    order: int
    sizes: tuple[tuple[int, ...], ...]
    draw: Callable[..., Values]
    reference: Callable[[Values], object]
    loss: Callable[..., Any]  # (library, **values)


def spd(rng: np.random.Generator, n: int) -> Array:
    A = rng.normal(size=(n, n))
    return A @ A.T / n + np.eye(n)


def draw_quadratic(rng: np.random.Generator, n: int) -> Values:
    return {"A": rng.normal(size=(n, n)), "x": rng.normal(size=n)}


def draw_logistic(rng: np.random.Generator, m: int, n: int) -> Values:
    return {
        "X": rng.normal(size=(m, n)),
        "w": rng.normal(size=n) / np.sqrt(n),
        "y": rng.choice([-1.0, 1.0], m),
        "s": 0.1,
    }


def draw_softmax(rng: np.random.Generator, m: int, n: int, k: int) -> Values:
    return {"X": rng.normal(size=(m, n)), "W": rng.normal(size=(n, k)), "Y": np.eye(k)[rng.integers(k, size=m)]}


def draw_factorisation(rng: np.random.Generator, n: int, k: int) -> Values:
    U, V = rng.normal(size=(n, k)), rng.normal(size=(n, k))
    return {"M": rng.integers(2, size=(n, n)) * 1.0, "U": U, "V": V, "Y": rng.normal(size=(n, n)), "a": 0.1, "b": 0.1}


def draw_gaussian(rng: np.random.Generator, m: int, n: int) -> Values:
    return {"X": rng.normal(size=(m, n)), "S": spd(rng, n)}


def draw_network(rng: np.random.Generator, m: int, n: int) -> Values:
    weights = {name: rng.normal(size=(n, n)) / np.sqrt(n) for name in "ABC"}
    return {"X": rng.normal(size=(n, m)), **weights, "Y": rng.normal(size=(n, m))}


def quadratic(np: Any, A: Any, x: Any) -> Any:
    return x @ A @ x


def logistic(np: Any, X: Any, w: Any, y: Any, s: Any) -> Any:
    return np.sum(np.logaddexp(np.zeros_like(y), -y * (X @ w))) + 0.5 * s * np.sum(w * w)


def softmax(np: Any, X: Any, W: Any, Y: Any) -> Any:
    T = X @ W
    lse = np.special.logsumexp(T, 1) if hasattr(np, "special") else np.logsumexp(T, 1)
    return np.sum(lse) - np.sum(Y * T)


def factorisation(np: Any, M: Any, U: Any, V: Any, Y: Any, a: Any, b: Any) -> Any:
    W = M * (U @ V.T - Y)
    return np.sum(W * W) + a * np.sum(U * U) + b * np.sum(V * V)


def gaussian(np: Any, X: Any, S: Any) -> Any:
    return X.shape[0] / 2 * np.linalg.slogdet(S)[1] + 0.5 * np.sum((X.T @ X) * np.linalg.inv(S).T)


def network(np: Any, X: Any, A: Any, B: Any, C: Any, Y: Any) -> Any:
    R = C @ np.tanh(B @ np.tanh(A @ X)) - Y
    return np.sum(R * R)


MASKED = ("M : matrix(I, J), binary", "U : matrix(I, K)", "V : matrix(J, K)", "a, b : scalar")
LAYERS = ("X : matrix(p, m)", "A : matrix(n, p)", "B : matrix(k, n)", "C : matrix(q, k)", "Y : matrix(q, m)")
FACTORS = "norm(M .* (U V' - Y))^2 + a norm(U)^2 + b norm(V)^2"
LOGISTIC = "sum(softplus(-y .* (X w))) + s/2 * w' w"
LIKELIHOOD = "m/2 * logdet(S) + 1/2 * tr(X' X inv(S))"
GAUSS = ("X : matrix(m, n)", "S : matrix(n, n), spd")
POINTS = ("X : matrix(m, n)", "w : vector(n)", "y : vector(m)", "s : scalar")
CLASSES = ("X : matrix(m, n)", "W : matrix(n, k)", "Y : matrix(m, k)")


def takes(f: Callable[..., object], *names: str) -> Callable[[Values], object]:
    return lambda values: f(*[values[name] for name in names])


# fmt: off
TASKS = (
    Task("quadratic form", "x' A x", ("x",), ("A : matrix(n, n)",), 1, ((100,), (500,), (2000,)), draw_quadratic,
         takes(by_hand.quadratic_gradient, "A", "x"), quadratic),
    Task("quadratic form", "x' A x", ("x",), ("A : matrix(n, n)",), 2, ((100,), (500,), (2000,)), draw_quadratic,
         takes(by_hand.quadratic_hessian, "A"), quadratic),
    Task("logistic regression", LOGISTIC, ("w",), POINTS, 1, ((200, 50), (2000, 300), (10000, 1000)), draw_logistic,
         takes(by_hand.logistic_gradient, "X", "w", "y", "s"), logistic),
    Task("logistic regression", LOGISTIC, ("w",), POINTS, 2, ((200, 50), (2000, 300), (5000, 1000)), draw_logistic,
         takes(by_hand.logistic_hessian, "X", "w", "y", "s"), logistic),
    Task("softmax regression", "sum(logsumexp(X W, 2)) - Y : (X W)", ("W",), CLASSES, 1,
         ((200, 20, 3), (2000, 100, 10), (10000, 500, 10)), draw_softmax,
         takes(by_hand.softmax_gradient, "X", "W", "Y"), softmax),
    Task("softmax regression", "sum(logsumexp(X W, 2)) - Y : (X W)", ("W",), CLASSES, 2,
         ((200, 10, 3), (1000, 40, 5), (2000, 100, 10)), draw_softmax,
         takes(by_hand.softmax_hessian, "X", "W"), softmax),
    Task("masked factorisation", FACTORS, ("U", "V"), MASKED, 1, ((50, 5), (300, 5), (2000, 10)), draw_factorisation,
         takes(by_hand.factorisation_gradients, "M", "U", "V", "Y", "a", "b"), factorisation),
    Task("masked factorisation", FACTORS, ("U",), MASKED, 2, ((50, 5), (300, 5), (500, 5)), draw_factorisation,
         takes(by_hand.factorisation_hessian, "M", "V", "a"), factorisation),
    Task("Gaussian likelihood", LIKELIHOOD, ("S",), GAUSS, 1, ((100, 10), (500, 100), (2000, 500)), draw_gaussian,
         takes(by_hand.gaussian_gradient, "X", "S"), gaussian),
    Task("Gaussian likelihood", LIKELIHOOD, ("S",), GAUSS, 2, ((50, 5), (100, 20), (200, 50)), draw_gaussian,
         takes(by_hand.gaussian_hessian, "X", "S"), gaussian),
    Task("network of 3 layers", "norm(C tanh(B tanh(A X)) - Y)^2", ("A", "B", "C"), LAYERS, 1,
         ((20, 20), (200, 100), (1000, 300)), draw_network,
         takes(by_hand.network_gradients, "X", "A", "B", "C", "Y"), network),
    Task("network of 3 layers", "norm(C tanh(B tanh(A X)) - Y)^2", ("A",), LAYERS, 2,
         ((10, 5), (50, 15), (200, 30)), draw_network,
         takes(by_hand.network_hessian, "X", "A", "B", "C", "Y"), network),
)
# fmt: on


# --- timing -----------------------------------------------------------------------------------------------------------


def compared(runs: Sequence[Run]) -> list[float]:
    """The median time of each in ms, taking turns."""
    for run in runs:
        run()
    start = perf_counter()
    times: list[list[float]] = [[] for _ in runs]
    while len(times[0]) < 7 or (perf_counter() - start < BUDGET and len(times[0]) < 2000):
        for run, found in zip(runs, times, strict=True):
            before = perf_counter()
            run()
            found.append(perf_counter() - before)
        if perf_counter() - start > 20 * BUDGET and len(times[0]) >= 3:
            break
    return [1e3 * median(found) for found in times]


def largest_difference(a: object, b: object) -> float:
    left, right = (x if isinstance(x, list | tuple) else [x] for x in (a, b))
    pairs = [(np.asarray(x), np.asarray(y)) for x, y in zip(left, right, strict=True)]
    return max(float(np.max(np.abs(x - y.reshape(x.shape))) / max(1e-300, np.max(np.abs(x)))) for x, y in pairs)


def emitted(task: Task, target: str) -> tuple[Any, list[str]]:
    f = matcalc.derive(task.formula, task.wrt, task.declare, order=task.order).function(target)
    return f, list(inspect.signature(f).parameters)


def with_numpy(task: Task, values: Values) -> list[float]:
    f, names = emitted(task, "numpy")
    ours = {name: values[name] for name in names}
    assert largest_difference(task.reference(values), f(**ours)) < 1e-9, task
    return compared([lambda: f(**ours), lambda: task.reference(values)])


def with_jax(task: Task, values: Values) -> list[float]:
    import jax

    jax.config.update("jax_enable_x64", True)
    arrays = {name: jax.numpy.asarray(value) for name, value in values.items()}

    class Library:
        def __getattr__(self, name: str) -> object:
            return jax.nn.logsumexp if name == "logsumexp" else getattr(jax.numpy, name)

    f, names = emitted(task, "jax")
    ours = jax.jit(f)
    given = {name: arrays[name] for name in names}
    theirs = jax.jit(lambda arrays, moved: (jax.grad if task.order == 1 else jax.hessian)(
        lambda moved: task.loss(Library(), **{**arrays, **moved}))(moved))  # fmt: skip
    moved = {name: arrays[name] for name in task.wrt}
    rest = {name: array for name, array in arrays.items() if name not in moved}
    return compared([
        lambda: jax.block_until_ready(ours(**given)), lambda: jax.block_until_ready(theirs(rest, moved)),
    ])  # fmt: skip


def with_torch(task: Task, values: Values) -> list[float]:
    import torch

    torch.set_num_threads(1)
    tensors = {name: torch.as_tensor(value, dtype=torch.float64) for name, value in values.items()}
    f, names = emitted(task, "torch")
    given = {name: tensors[name] for name in names}
    moved = tuple(tensors[name] for name in task.wrt)
    rest = {name: tensor for name, tensor in tensors.items() if name not in task.wrt}

    def loss(*moved: Any) -> Any:
        return task.loss(torch, **rest, **dict(zip(task.wrt, moved, strict=True)))

    places = tuple(range(len(moved)))
    theirs = torch.func.grad(loss, places) if task.order == 1 else torch.func.hessian(loss)
    return compared([lambda: f(**given), lambda: theirs(*moved)])


SIDES = {"numpy": with_numpy, "jax": with_jax, "torch": with_torch}
TOO_LARGE = {("masked factorisation", 2, (500, 5), "jax")}  # jax.hessian takes 10 GB: see bench_structure


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="tasks whose names begin so, with commas")
    parser.add_argument("--sides", default="numpy,jax,torch")
    parser.add_argument("--order", type=int, choices=(1, 2))
    args = parser.parse_args(argv)
    sides = [s for s in args.sides.split(",") if s == "numpy" or importlib.util.find_spec(s)]
    print(machine(sides))
    print()
    heads = {"numpy": "NumPy, ms | by hand | ratio", "jax": "JAX, ms | jit of autodiff | ratio",
             "torch": "torch, ms | torch.func | ratio"}  # fmt: skip
    print("| | size |", " | ".join(heads[side] for side in sides), "|")
    print("| --- | --- |", " | ".join("---: | ---: | ---:" for _ in sides), "|")
    for task in TASKS:
        if task.name.startswith(tuple(args.only.split(","))) and args.order in (None, task.order):
            for size in task.sizes:
                print(row(task, size, sides), flush=True)


def row(task: Task, size: tuple[int, ...], sides: Sequence[str]) -> str:
    values = task.draw(np.random.default_rng(0), *size)
    cells = []
    for side in sides:
        if (task.name, task.order, size, side) in TOO_LARGE:
            cells.append("– | – | –")
            continue
        try:
            ours, theirs = SIDES[side](task, values)
            cells.append(f"{ours:.3g} | {theirs:.3g} | {ours / theirs:.2f}")
        except (MemoryError, RuntimeError) as error:
            cells.append(f"| {type(error).__name__} |")
    kind = "gradient" if task.order == 1 else "Hessian"
    return f"| {task.name}, {kind} | {'×'.join(map(str, size))} | {' | '.join(cells)} |"


def machine(sides: Sequence[str]) -> str:
    from importlib.metadata import version

    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", *sides[1:]))
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())  # fmt: skip
    return (
        f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}; float64, one thread, medians"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
