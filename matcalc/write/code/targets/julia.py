"""Julia, by LinearAlgebra alone; its source is written by ``matcalc.write.code.julia``."""

from __future__ import annotations

from matcalc.write.code.targets.record import Target

TARGET = Target("julia", "Julia, by LinearAlgebra alone: text to take there", "", ())
