"""Work that a server's processes may be asked to do, good and bad."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

COUNTED: list[str] = []


def work(name: str, data: Mapping[str, object]) -> Mapping[str, object]:
    """``sum`` and ``count`` (of how often it was asked) are honest; the others never end, ask for all memory, die, or nest too deeply."""
    match name:
        case "count":
            COUNTED.append(name)
            return {"count": len(COUNTED), "process": os.getpid()}
        case "sum":
            return {"sum": sum(data["numbers"]), "process": os.getpid()}  # type: ignore[call-overload]
        case "sleep":
            time.sleep(60)
        case "loop":
            while True:
                pass
        case "grow":
            kept = []
            while True:
                kept.append(bytearray(1 << 24))
        case "die":
            os._exit(3)
        case "nest":
            return work("nest", data)
    return {}
