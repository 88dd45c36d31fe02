"""One emitted function on arrays in parts: Dask arrays, here and on a cluster of two workers, and JAX arrays on 8 devices."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import matcalc

needs_dask = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("dask", "distributed", "array_api_compat"))),
    reason="dask, distributed and array-api-compat are not all installed",
)
needs_jax = pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="jax is not installed")
MASKED = ["M : matrix(I, J), binary", "U : matrix(I, K)", "V : matrix(J, K)", "a : scalar"]
ROWS = ("M", "U", "Y")  # what is cut into parts, by rows


def factorisation() -> tuple[matcalc.Result, dict[str, Any]]:
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {"M": rng.integers(2, size=(40, 12)) * 1.0, "Y": rng.normal(size=(40, 12))}
    values |= {"U": rng.normal(size=(40, 3)), "V": rng.normal(size=(12, 3)), "a": 0.1}
    return matcalc.derive("norm(M .* (U V' - Y))^2 + a norm(U)^2 + a norm(V)^2", ("U", "V"), MASKED), values


def in_parts(values: dict[str, Any]) -> dict[str, Any]:
    import dask.array as da

    return {name: da.from_array(value, chunks=(10, -1)) if name in ROWS else value if np.ndim(value) == 0
            else da.from_array(value) for name, value in values.items()}  # fmt: skip


def assert_equal(found: object, result: matcalc.Result, values: dict[str, Any]) -> None:
    wanted = result.function("numpy", "value_and_gradient")(**values)
    assert all(np.allclose(np.asarray(a), b) for a, b in zip(found, wanted, strict=True))  # type: ignore[call-overload]


@needs_dask
@pytest.mark.filterwarnings("default")
def test_dask_arrays_give_lazy_results_that_are_equal() -> None:
    import dask

    result, values = factorisation()
    lazy = result.function("array-api", "value_and_gradient")(**in_parts(values))
    assert [type(part).__module__.partition(".")[0] for part in lazy] == ["dask"] * 3
    assert_equal(dask.compute(*lazy), result, values)


@needs_dask
@pytest.mark.filterwarnings("default")
def test_two_workers_of_a_cluster_give_equal_results() -> None:
    from distributed import Client, LocalCluster

    result, values = factorisation()
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        lazy = result.function("array-api", "value_and_gradient")(**in_parts(values))
        assert_equal(client.gather(client.compute(list(lazy))), result, values)


SHARDED = """
import jax, numpy as np, matcalc
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from test_many_machines import ROWS, assert_equal, factorisation
jax.config.update("jax_enable_x64", True)
result, values = factorisation()
mesh = Mesh(np.array(jax.devices()), ("rows",))
for name in ROWS:
    values[name] = jax.device_put(values[name], NamedSharding(mesh, PartitionSpec("rows", None)))
found = jax.jit(result.function("jax", "value_and_gradient"))(**values)
assert_equal(found, result, {name: np.asarray(value) for name, value in values.items()})
print(len(jax.devices()), len(found[1].sharding.device_set))
"""


@needs_jax
def test_a_function_on_arrays_over_eight_devices_gives_equal_results_there() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu",
                   "PYTHONPATH": os.pathsep.join([os.getcwd(), os.path.dirname(__file__)])}  # fmt: skip
    done = subprocess.run([sys.executable, "-c", SHARDED], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "8 8", done.stderr
