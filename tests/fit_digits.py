"""From a formula to a fit: the masked factorisation of scikit-learn's digits, ``python -m tests.fit_digits``.

Of the 64 pixels of 1,797 digits 30 % are hidden; those are then read off U V'. Needs scikit-learn and SciPy.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
from scipy.optimize import minimize

import matcalc

FORMULA = "norm(M .* (U V' - Y))^2 + a norm(U)^2 + a norm(V)^2"
DECLARE = ["M : matrix(I, J), binary", "U : matrix(I, K)", "V : matrix(J, K)", "a : scalar"]


def main(rank: int = 10) -> None:
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(0)
    Y = load_digits().data / 16
    M = (rng.random(Y.shape) > 0.3) * 1.0
    start = {"U": rng.normal(size=(Y.shape[0], rank)) / 4, "V": rng.normal(size=(Y.shape[1], rank)) / 4}
    problem = matcalc.objective(FORMULA, ("U", "V"), DECLARE, {"M": M, "Y": Y * M, "a": 0.1}, start)
    print(problem.result)
    before = perf_counter()
    found = minimize(problem.fun, problem.x0, jac=problem.jac, method="L-BFGS-B", options={"maxiter": 500})
    U, V = problem.unpack(found.x).values()
    hidden, mean = M == 0, np.broadcast_to((Y * M).sum(axis=0) / M.sum(axis=0), Y.shape)
    print(
        f"{found.nit} steps, {found.nfev} calls, {perf_counter() - before:.1f} s; E from {problem.fun(problem.x0):.0f} to {found.fun:.0f}"
    )
    print(
        f"hidden pixels, root mean square error: {_rms((U @ V.T - Y)[hidden]):.3f}; by the mean of each: {_rms((mean - Y)[hidden]):.3f}"
    )


def _rms(errors: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(np.sqrt(np.mean(errors**2)))


if __name__ == "__main__":
    main()
