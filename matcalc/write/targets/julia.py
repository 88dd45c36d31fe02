"""Julia, by LinearAlgebra alone; its source is written by ``matcalc.write.julia``."""

from __future__ import annotations

from matcalc.write.targets.record import Target

TARGET = Target("julia", "Julia, by LinearAlgebra alone: text to take there", "", ())
