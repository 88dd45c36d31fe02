"""The derivations alone, as work for the server's processes: what ``tests/load_www.py`` measures requests against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matcalc


def derived(name: str, data: Mapping[str, Any]) -> Mapping[str, object]:
    return {"plain": str(matcalc.derive(data["formula"], data["wrt"], data["declare"]))}
