"""NumPy, which the tables are written in."""

from __future__ import annotations

from matcalc.write.code_inputs import HELPERS
from matcalc.write.targets.record import Target

TARGET = Target(
    "numpy", "NumPy, and SciPy where a function needs it", "np", ("import numpy as np",), in_place=True, helpers=HELPERS
)
