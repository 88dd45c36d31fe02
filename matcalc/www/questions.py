"""What may be asked of the server: a formula with its declarations, checked before anything is done with it.

>>> Question.of({"formula": "norm(X w - y)^2", "wrt": ["w"]}, ["formula", "wrt"]).wrt
('w',)
>>> Question.of({"formula": 3}, ["formula"])
Traceback (most recent call last):
matcalc.errors.CallError: 'formula' must be text
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields

from matcalc.errors import CallError
from matcalc.steps.understand import SPELLINGS

LONGEST = 20_000  # letters of a text
HIGHEST = 8  # order
MOST = 200  # items of a list


@dataclass(frozen=True, slots=True)
class Question:
    """``declare`` holds declarations and definitions, as in ``matcalc.derive``."""

    formula: str = ""
    declare: tuple[str, ...] = ()
    wrt: tuple[str, ...] = ()
    order: int = 1
    layout: str = "gradient"
    convention: str = "space"
    syntax: str = "plain"
    target: str = "numpy"
    document: str = ""

    @classmethod
    def of(cls, data: Mapping[str, object], asks: Collection[str]) -> Question:
        """CallError where something is not of what the verb ``asks``, of another type, or too long."""
        known = {field.name: field.type for field in fields(cls) if field.name in asks}
        unknown = [name for name in data if name not in known]
        if unknown:
            raise CallError(f"there is no '{unknown[0]}' to ask with; there is {', '.join(known)}")
        made = cls(**{name: _CHECKED[str(known[name])](name, value) for name, value in data.items()})  # type: ignore[arg-type]
        if made.syntax not in SPELLINGS:
            raise CallError(f"'syntax' is {' or '.join(SPELLINGS)}")
        if made.order > HIGHEST:
            raise CallError(f"{HIGHEST} is the highest order that is derived here")
        return made


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise CallError(f"'{name}' must be text")
    if len(value) > LONGEST:
        raise CallError(f"'{name}' has {len(value):,} letters; {LONGEST:,} are the most that are read here")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise CallError(f"'{name}' is no text")
    return value


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise CallError(f"'{name}' must be a list of texts")
    if len(value) > MOST:
        raise CallError(f"'{name}' has {len(value):,} items; {MOST} are the most that are read here")
    texts = tuple(_text(name, item) for item in value)
    _text(name, "".join(texts))
    return texts


def _number(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise CallError(f"'{name}' must be a whole number")
    return value


_CHECKED = {"str": _text, "tuple[str, ...]": _texts, "int": _number}
