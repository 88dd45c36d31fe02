"""Packages of npm that tests look through: installed once into a folder of their own, None where that cannot be done."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

FOLDER = Path(os.environ.get("MATCALC_NPM") or Path(tempfile.gettempdir()) / "matcalc-npm")


@cache
def package(name: str, version: str) -> Path | None:
    """The folder of the package. Nothing is installed where MATCALC_NPM is empty, or there is no npm or no network."""
    place = FOLDER / f"{name}-{version}"
    found = place / "node_modules" / name
    if found.is_dir():
        return found
    npm = shutil.which("npm")
    if npm is None or os.environ.get("MATCALC_NPM") == "":
        return None
    place.mkdir(parents=True, exist_ok=True)
    ran = subprocess.run(
        [npm, "install", "--prefix", str(place), "--no-audit", "--no-fund", "--ignore-scripts", f"{name}@{version}"],
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    return found if ran.returncode == 0 and found.is_dir() else None
