"""A line on the terminal that says what is being done, once that takes more than a second; it is erased at the end.

>>> with Progress("deriving") as progress:  # nothing is written where standard error is no terminal
...     progress.tell(1, 3)
"""

from __future__ import annotations

import os
import sys
from threading import Event, Thread
from time import monotonic
from types import TracebackType

PATIENCE = 1.0  # seconds before anything is said
PACE = 0.2  # seconds from one to the next
ERASE = "\r\033[K"


class Progress:
    """Says ``what``, how far it is where that is told, and for how long it goes on."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.done = self.count = 0
        self._ended = Event()
        self._thread: Thread | None = None

    def tell(self, done: int, count: int) -> None:
        self.done, self.count = done, count

    def __enter__(self) -> Progress:
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self._thread = Thread(target=self._run, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        began = monotonic()
        if self._ended.wait(PATIENCE):
            return
        while True:
            so_far = f" {self.done} of {self.count}" if self.count > 1 else ""
            self._write(f"{ERASE}{self.what}{so_far}, {monotonic() - began:.0f} s")
            if self._ended.wait(PACE):
                break
        self._write(ERASE)

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
