"""How long a check takes, beside ``import sympy`` in the same run: python -m tests.bench_check.

Processor time, the least of some repetitions: a right derivation of twenty lines, warm and as a command of its own; the same
with a slip in the third line and all that follows from it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from bench_derive import seconds_of  # noqa: E402

import matcalc  # noqa: E402

REPEAT = 3
RIGHT = """\
Y : matrix(I, J)    M : matrix(I, J), binary    U : matrix(I, K)    V : matrix(J, K)    lambda_u, lambda_v : scalar
X := U V' - Y
W := M .* X
E := W : W + lambda_u U : U + lambda_v V : V
check
  E = W : W + lambda_u U : U + lambda_v V : V
    = norm(W)^2 + lambda_u norm(U)^2 + lambda_v norm(V)^2
    = tr(W' W) + lambda_u tr(U' U) + lambda_v tr(V' V)
  dX = dU V' + U dV'
  dW = M .* dX
     = M .* (dU V') + M .* (U dV')
  dE = 2 W : dW + 2 lambda_u U : dU + 2 lambda_v V : dV
     = 2 W : (M .* dX) + 2 lambda_u U : dU + 2 lambda_v V : dV
     = 2 (M .* W) : dX + 2 lambda_u U : dU + 2 lambda_v V : dV
     = 2 W : dX + 2 lambda_u U : dU + 2 lambda_v V : dV
     = 2 W : (dU V' + U dV') + 2 lambda_u U : dU + 2 lambda_v V : dV
     = 2 W : dU V' + 2 W : U dV' + 2 lambda_u U : dU + 2 lambda_v V : dV
     = 2 W V : dU + 2 U' W : dV' + 2 lambda_u U : dU + 2 lambda_v V : dV
     = 2 W V : dU + 2 W' U : dV + 2 lambda_u U : dU + 2 lambda_v V : dV
     = 2 (W V + lambda_u U) : dU + 2 (W' U + lambda_v V) : dV
  dE/dU = 2 (W V + lambda_u U)
        = 2 (M .* X) V + 2 lambda_u U
        = 2 (M .* (U V' - Y)) V + 2 lambda_u U
  dE/dV = 2 (W' U + lambda_v V)
        = 2 (M .* X)' U + 2 lambda_v V
"""
WRONG = RIGHT.replace("dE = 2 W : dW", "dE = W : dW").replace("dE/dU = 2 (W V", "dE/dU = 2 (W' V")


def seconds(text: str) -> float:
    """Processor time of a check in this process, which has done it before."""
    matcalc.check(text)
    best = float("inf")
    for _ in range(REPEAT):
        start = time.process_time()
        matcalc.check(text)
        best = min(best, time.process_time() - start)
    return best


def cold(text: str) -> float:
    """Processor time of the command."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "derivation.mc"
        path.write_text(text, encoding="utf-8")
        return min(seconds_of("-m", "matcalc", "check", str(path)) for _ in range(REPEAT))


def main() -> None:
    """Prints the figures."""
    assert len(matcalc.check(RIGHT).lines) == 20
    assert matcalc.check(RIGHT).status == 0
    sympy = min(seconds_of("-c", "import sympy") for _ in range(REPEAT))
    print(f"import sympy {1e3 * sympy:.0f} ms")
    for name, text in (("twenty right lines", RIGHT), ("with two slips", WRONG)):
        print(f"{name}: {1e3 * seconds(text):.0f} ms, {seconds(text) / sympy:.2f} of it")
    print(f"the command, cold: {1e3 * cold(RIGHT):.0f} ms, {cold(RIGHT) / sympy:.2f} of it")


if __name__ == "__main__":
    main()
