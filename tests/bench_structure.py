"""Hessians with structure, dense and as the arrays they are made of, beside ``jax.hessian``: ``python -m tests.bench_structure``.

Every cell is a process of its own with one thread and at most LIMIT of memory: the median of its calls after the first, and
by how much the call raised the most memory that it held.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

LIMIT = 14 * 2**30
SECONDS = 10.0
LAYERS = 10
NETWORK = [f"h_{k} := tanh(W_{k} {f'h_{k - 1}' if k > 1 else 'x'})" for k in range(1, LAYERS + 1)]
TASKS: dict[str, tuple[str, str, list[str]]] = {
    "factorisation": ("norm(M .* (U V' - Y))^2 + a norm(U)^2", "U",
                      ["M : matrix(I, J), binary", "U : matrix(I, K)", "V : matrix(J, K)", "a : scalar"]),
    "network": (f"norm(h_{LAYERS} - t)^2", "W_1",
                [*[f"W_{k} : matrix(n, n)" for k in range(1, LAYERS + 1)], "x, t : vector(n)", *NETWORK]),
}  # fmt: skip
ROWS = [
    ("masked factorisation, Hessian by U, 300×5", "factorisation", 300),
    ("masked factorisation, Hessian by U, 500×5", "factorisation", 500),
    (f"network of {LAYERS} layers, Hessian by the first, n = 50", "network", 50),
    (f"network of {LAYERS} layers, Hessian by the first, n = 100", "network", 100),
]
SIDES = ("numpy", "compressed", "jax", "autodiff")


def draw(task: str, n: int) -> dict[str, Any]:
    import numpy as np

    rng = np.random.default_rng(0)
    if task == "factorisation":
        U, V = rng.normal(size=(n, 5)), rng.normal(size=(n, 5))
        return {"M": rng.integers(2, size=(n, n)) * 1.0, "U": U, "V": V, "Y": rng.normal(size=(n, n)), "a": 0.1}
    weights = {f"W_{k}": rng.normal(size=(n, n)) / np.sqrt(n) for k in range(1, LAYERS + 1)}
    return {**weights, "x": rng.normal(size=n), "t": rng.normal(size=n)}


def loss(task: str, values: dict[str, Any]) -> Callable[[Any], Any]:
    import jax.numpy as jnp

    def factorisation(U: Any) -> Any:
        W = values["M"] * (U @ values["V"].T - values["Y"])
        return jnp.sum(W * W) + values["a"] * jnp.sum(U * U)

    def network(W: Any) -> Any:
        h = jnp.tanh(W @ values["x"])
        for k in range(2, LAYERS + 1):
            h = jnp.tanh(values[f"W_{k}"] @ h)
        return jnp.sum((h - values["t"]) ** 2)

    return factorisation if task == "factorisation" else network


def run_of(task: str, n: int, side: str) -> Callable[[], object]:
    import inspect

    import matcalc

    text, wrt, declare = TASKS[task]
    values = draw(task, n)
    if side == "autodiff":
        import jax

        jax.config.update("jax_enable_x64", True)
        values = {name: jax.numpy.asarray(value) for name, value in values.items()}
        hessian = jax.jit(jax.hessian(loss(task, values)))
        return lambda: jax.block_until_ready(hessian(values[wrt]))
    result = matcalc.derive(text, wrt, declare, order=2)
    f: Any = result.function("jax" if side == "jax" else "numpy", "compressed" if side == "compressed" else "result")
    given = {name: values[name] for name in inspect.signature(f).parameters}
    if side == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)
        given = {name: jax.numpy.asarray(value) for name, value in given.items()}
        compiled = jax.jit(f)
        return lambda: jax.block_until_ready(compiled(**given))
    return lambda: f(**given)


def cell(task: str, n: int, side: str) -> None:
    """Prints the time in ms and the memory in MB."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    run = run_of(task, n, side)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = perf_counter()
    run()
    first = perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    times: list[float] = []
    while len(times) < 3 or (sum(times) < min(SECONDS, 100 * first) and len(times) < 200):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
        if first > 60:
            break
    print(json.dumps([1e3 * median(times), grown]))


def measured(task: str, n: int, side: str) -> str:
    command = [sys.executable, "-W", "ignore", __file__, task, str(n), side]
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
             "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}  # fmt: skip
    try:
        done = subprocess.run(command, env=os.environ | alone, capture_output=True, text=True, check=False, timeout=400)
    except subprocess.TimeoutExpired:
        return "over 400 s"
    if done.returncode:
        return (
            "out of memory" if "emory" in done.stderr or "RESOURCE" in done.stderr or done.returncode < 0 else "failed"
        )
    time, memory = json.loads(done.stdout.splitlines()[-1])
    return f"{time:.3g} ms, {memory:.0f} MB"


def main() -> None:
    print("| | emitted NumPy, dense | compressed | emitted JAX, dense | `jit(jax.hessian)` |")
    print("| --- | --- | --- | --- | --- |")
    for name, task, n in ROWS:
        print(f"| {name} | {' | '.join(measured(task, n, side) for side in SIDES)} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        cell(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    else:
        main()
