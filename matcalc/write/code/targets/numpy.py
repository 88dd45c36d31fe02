"""NumPy, which the tables are written in."""

from __future__ import annotations

from matcalc.write.code.inputs import HELPERS
from matcalc.write.code.targets.record import Cholesky, Target

CHOLESKY = Cholesky(
    "scipy.linalg.cho_factor({0}, lower=True, check_finite=False)",
    "scipy.linalg.cho_solve({0}, {1}, check_finite=False)",
    "",
    "2 * np.sum(np.log(np.diagonal({0:n}[0])))",
)

TARGET = Target(
    "numpy",
    "NumPy, and SciPy where a function needs it",
    "np",
    ("import numpy as np",),
    in_place=True,
    helpers=HELPERS,
    cholesky=CHOLESKY,
)
