"""How long deriving takes, beside ``import sympy`` in the same run: python -m tests.bench_derive.

Processor time throughout, so that what else the machine does is left out; the least of some repetitions.

    collection   each formula for the first time in a process in which others were derived, steps off, printed
    network      dE/dW_1 of norm(h_d - t)^2 with h_k := tanh(W_k h_(k-1)), d layers: as definitions and printed, and as one
                 nested formula, not printed: written out, the gradient is as long as the square of d
    command      ``matcalc derive …`` and ``python -c "import sympy"``, both cold
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import collection  # noqa: E402

import matcalc  # noqa: E402

REPEAT = 3
COMMAND = ["derive", "norm(M .* (Y - U V'))^2 + lambda norm(U)^2", "--wrt", "U"]


def environment() -> dict[str, str]:
    """With compiled modules kept outside the repository, so that the second run has them."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept = str(Path(tempfile.gettempdir()) / "matcalc-bench")
    return {**inherited, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)]), "PYTHONPYCACHEPREFIX": kept}


def seconds_of(*command: str) -> float:
    """Processor time of a process of its own."""
    before = os.times()
    subprocess.run([sys.executable, *command], env=environment(), check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def first_times(part: int) -> dict[str, float]:
    """The time of each formula of the collection in one half, after the other half was derived."""
    records = collection.plain_records()
    warm = [record for k, record in enumerate(records) if k % 2 != part]
    cold = [record for k, record in enumerate(records) if k % 2 == part]
    for record in warm:
        derive(record)
    found = {}
    for record in cold:
        start = time.process_time()
        derive(record)
        found[record["id"]] = time.process_time() - start
    return found


def derive(record: collection.Record) -> str:
    return str(matcalc.derive(record["expr"], wrt=record["wrt"], declare=record["declare"]).value)


def network(depth: int, nested: bool) -> float:
    """The time for the gradient by the first weights of a network with so many layers."""
    sizes = [f"W_{k} : matrix(n, n)" for k in range(1, depth + 1)]
    declared = [*sizes, "x, t : vector(n)"]
    if nested:
        text = "x"
        for k in range(1, depth + 1):
            text = f"tanh(W_{k} {text})"
    else:
        declared += [f"h_{k} := tanh(W_{k} {f'h_{k - 1}' if k > 1 else 'x'})" for k in range(1, depth + 1)]
        text = f"h_{depth}"
    start = time.process_time()
    result = matcalc.derive(f"norm({text} - t)^2", wrt="W_1", declare=declared)
    if not nested:
        str(result.value)
    return time.process_time() - start


def layers(nested: bool) -> tuple[float, float, float]:
    """Milliseconds a layer of 20 and of 400, and how much more the latter is."""
    few, many = (1e3 * min(network(depth, nested) for _ in range(REPEAT)) / depth for depth in (20, 400))
    return few, many, many / few


def main() -> None:
    sympy = min(seconds_of("-c", "import sympy") for _ in range(REPEAT))
    runs = [{**_in_a_process(0), **_in_a_process(1)} for _ in range(REPEAT)]
    times = {name: min(run[name] for run in runs) for name in runs[0]}
    median, worst = statistics.median(times.values()), max(times, key=times.__getitem__)
    print(f"import sympy             {1e3 * sympy:8.1f} ms")
    print(
        f"collection, median       {1e3 * median:8.2f} ms   1 : {sympy / median:.0f} of import sympy (1.5 ms or 1 : 180)"
    )
    print(f"collection, worst        {1e3 * times[worst]:8.1f} ms   {worst} (50 ms)")
    slow = sorted(times, key=times.__getitem__, reverse=True)[:6]
    print("                         " + ", ".join(f"{name} {1e3 * times[name]:.0f}" for name in slow))
    for nested in (False, True):
        network(30, nested)
        kind = "nested formula" if nested else "definitions   "
        few, many, ratio = layers(nested)
        print(f"network, {kind}  {few:8.2f} ms a layer of 20, {many:.2f} of 400: x {ratio:.2f} (1.5)")
        gc.disable()
        few, many, ratio = layers(nested)
        gc.enable()
        print(f"    no collector         {few:8.2f} ms a layer of 20, {many:.2f} of 400: x {ratio:.2f}")
        print(f"    2,000 layers         {network(2000, nested):8.2f} s")
    cold = min(seconds_of("-m", "matcalc", *COMMAND) for _ in range(REPEAT))
    print(f"command, cold            {1e3 * cold:8.1f} ms   {cold / sympy:.2f} of import sympy (0.5)")


def _in_a_process(part: int) -> dict[str, float]:
    code = f"import json, bench_derive; print(json.dumps(bench_derive.first_times({part})))"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
