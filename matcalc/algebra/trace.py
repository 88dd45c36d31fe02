"""Which identities the verbs used, for the one who explains a step: ``with identities_used() as names: …``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_used: ContextVar[list[str] | None] = ContextVar("identities used", default=None)


def note(name: str) -> None:
    """Says that an identity of the tables was used."""
    used = _used.get()
    if used is not None and name not in used:
        used.append(name)


@contextmanager
def identities_used() -> Iterator[list[str]]:
    """Collects the names noted inside, in order, each once."""
    names: list[str] = []
    token = _used.set(names)
    try:
        yield names
    finally:
        _used.reset(token)
