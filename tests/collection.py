"""The formulas that were collected with their published gradients, and what it means that an answer is right or long.

A record has ``declare`` (what the source declares), ``implied`` (what it leaves to be inferred), ``expr``, ``wrt``, ``answer``
(as published), ``tags`` and ``cases``: draws with the true value of the gradient, found by automatic differentiation.
"""

from __future__ import annotations

import inspect
import json
import keyword
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import matcalc

Array = np.ndarray[Any, Any]
Record = Mapping[str, Any]
FILES = [Path(__file__).parent / "data" / name for name in ("reference.jsonl", "questions.jsonl")]


@cache
def records(kind: str = "gradient") -> tuple[Record, ...]:
    """The records of a kind, in the order of the files."""
    found = [json.loads(line) for file in FILES for line in file.read_text().splitlines() if line.strip()]
    return tuple(record for record in found if record["kind"] == kind)


def plain_records() -> tuple[Record, ...]:
    """Those that must work: not tagged advanced."""
    return tuple(record for record in records() if "advanced" not in record["tags"])


@cache
def _by_id() -> dict[str, Record]:
    return {record["id"]: record for record in records()}


@cache
def derived(name: str) -> matcalc.Result:
    """The result for the record with this id, as its source states it."""
    record = _by_id()[name]
    return matcalc.derive(record["expr"], wrt=record["wrt"], declare=record["declare"])


def declarations(record: Record) -> list[str]:
    """Everything declared, nothing left to inference."""
    return [*record["declare"], *(record.get("implied") or [])]


# --- right ----------------------------------------------------------------------------------------------------------


def arguments(record: Record, case: Mapping[str, Any]) -> dict[str, object]:
    """The stored draws by name: scalars (), vectors (n,), rows (1, n), matrices (m, n)."""
    out: dict[str, object] = {}
    for name, value in case["inputs"].items():
        kind = record["kinds"][name]
        given = name + "_" if keyword.iskeyword(name) else name
        if isinstance(value, dict) and "function" in value:
            out |= _function(given, *value["function"])
            continue
        array = _array(value)
        out[given] = array.reshape(()) if kind == "scalar" else array.reshape(-1) if kind == "vector" else array
    return out


def _function(name: str, a: float, b: float) -> dict[str, object]:
    """A declared function comes as f, f_1, f_2, its derivatives, here of sin(a t) + b t^2."""
    return {
        name: lambda t: np.sin(a * t) + b * t**2,
        name + "_1": lambda t: a * np.cos(a * t) + 2 * b * t,
        name + "_2": lambda t: -a * a * np.sin(a * t) + 2 * b,
    }


def _array(value: object) -> Array:
    if isinstance(value, dict):
        return np.asarray(value["re"], float) + 1j * np.asarray(value["im"], float)
    return np.asarray(value, float)


def wrong(record: Record, function: Callable[..., object]) -> str:
    """Empty where the function gives the truth at every stored draw, else what differs."""
    for case in record["cases"]:
        given = arguments(record, case)
        got = function(**{name: given[name] for name in inspect.signature(function).parameters})
        if difference := _difference(np.asarray(got), _array(case["truth"])):
            return difference
    return ""


def _difference(got: Array, truth: Array) -> str:
    """A single row or column may come as (n,)."""
    flat = got.size == truth.size and (truth.size == 1 or (1 in truth.shape and got.ndim < 2))
    if got.shape != truth.shape and not flat:
        return f"shape {got.shape} for {truth.shape}"
    scale = max(1.0, float(np.max(np.abs(truth), initial=0.0)))
    error = float(np.max(np.abs(got.reshape(truth.shape) - truth), initial=0.0)) / scale
    return "" if error < 1e-6 else f"relative error {error:.1e}"


# --- long -----------------------------------------------------------------------------------------------------------

TOKEN = re.compile(r"[^\W\d]\w*|\d+(?:\.\d+)?|\.[*/^]|[^\s\w]")


def tokens(text: str) -> int:
    """Length of a formula in tokens, parentheses, commas and products aside; eye(n) and ones(m,n) count as one."""
    text = re.sub(r"\b(?:eye|ones|zeros)\([^()]*\)", "I", text)
    return sum(1 for token in TOKEN.findall(text) if token not in "(),*")
