"""Second and third derivatives: time, and the size of the results as graphs of distinct nodes.

``python -m tests.bench_orders`` prints both tables. What is measured: the Hessian of a tanh network of d layers by the bias of
its first layer, typed by definitions, and the third derivatives of those published formulas that are polynomials.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from time import process_time

sys.path.insert(0, str(Path(__file__).parent))

import matcalc
from matcalc.expr import postorder

LAYERS = (2, 5, 10, 20, 40)


def network(depth: int) -> list[str]:
    """h_k = tanh(W_k h_(k-1) + b_k), all of one width."""
    declare = [f"W_{k} : matrix(n, n); b_{k} : vector(n)" for k in range(1, depth + 1)]
    declare.append("x, y : vector(n)")
    declare.append("h_0 := 1 * x")
    return declare + [f"h_{k} := tanh(W_{k} h_{k - 1} + b_{k})" for k in range(1, depth + 1)]


def layers() -> None:
    print("the Hessian of a tanh network by the bias of its first layer")
    print(f"{'layers':>8} {'ms':>9} {'nodes':>7} {'nodes a layer':>14}")
    for depth in LAYERS:
        began = process_time()
        result = matcalc.derive(f"norm(h_{depth} - y)^2", "b_1", network(depth), order=2)
        time = process_time() - began
        nodes = len(postorder(result.value.node))
        print(f"{depth:>8} {1000 * time:>9.1f} {nodes:>7} {nodes / depth:>14.1f}")


def polynomials() -> None:
    from collection import records

    found = [r for r in records() if is_polynomial(r["expr"])]
    times, sizes = [], []
    for record in found:
        began = process_time()
        result = matcalc.derive(record["expr"], record["wrt"], record["declare"], order=3)
        times.append(1000 * (process_time() - began))
        sizes.append(len(postorder(result.value.node)))
    print(f"third derivatives of {len(found)} polynomials of the collection")
    print(f"  ms     median {median(times):.1f}, largest {max(times):.1f}")
    print(f"  nodes  median {median(sizes):.0f}, largest {max(sizes)}")


def is_polynomial(text: str) -> bool:
    """By its look: sums, products, traces, norms and whole powers."""
    if any(
        word in text for word in ("inv", "^-", "exp", "log", "det", "^k", "⊗", "kron", "sqrt", "conj", "^H", "/", "e(")
    ):
        return False
    names = {word.rstrip("(") for word in text.replace("(", "( ").split() if word.endswith("(")}
    return names <= {"", "tr", "norm", "sum", "diag", "Diag", "vec"}


if __name__ == "__main__":
    layers()
    polynomials()
