"""The terminal's side of a session: the prompt, its history, the completion of names, and Ctrl-C.

Python's own readline where there is one; elsewhere lines are typed without it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from matcalc import __version__
from matcalc.cli.progress import Progress
from matcalc.cli.session import Session
from matcalc.cli.terminal import Look
from matcalc.errors import MatcalcError

PROMPT = "matcalc> "
LINES = 2000  # of the history that are kept


def converse() -> int:
    """Answers line by line until Ctrl-D. Ctrl-C ends what is being done, and not the session."""
    look = Look.of(sys.stdout)
    session = Session(look)
    _with_history(session.completions)
    print(f"matcalc {__version__}: type a formula, then by NAME; help tells more, Ctrl-D leaves")
    while True:
        try:
            line = input(PROMPT)
        except EOFError:
            print()
            return 0
        except KeyboardInterrupt:
            print()
            continue
        try:
            with Progress("working"):
                lines = list(session.answer(line))
            for told in lines:
                is_copied = "\n" in told  # code, and LaTeX of several lines
                print("  " + told if told and look.pretty and not is_copied else told)
        except EOFError:
            return 0
        except KeyboardInterrupt:
            print(look.quiet("ended"))
        except MatcalcError as error:
            print(f"{look.error('error:')} {error}")
        except (RecursionError, MemoryError):
            print(f"{look.error('error:')} the formula is too deep or too large for this")


def _with_history(complete: Callable[[str], list[str]]) -> None:
    """History from session to session, and completion by Tab."""
    try:
        import readline
    except ImportError:
        return
    file = history_file()
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        readline.read_history_file(file)
    readline.set_history_length(LINES)
    readline.set_completer(_Completer(complete))
    readline.set_completer_delims(" \t\n()[]+-*/^.:,;=<>⊙⊗'|")
    editline = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if editline else "tab: complete")
    _keep_at_exit(lambda: readline.write_history_file(file))


def _keep_at_exit(write: Callable[[], None]) -> None:
    import atexit

    def kept() -> None:
        with suppress(OSError):
            write()

    atexit.register(kept)


class _Completer:
    """One completion after the other, as readline asks for them; a name that is no longer readable completes to nothing."""

    def __init__(self, complete: Callable[[str], list[str]]) -> None:
        self.complete = complete
        self.found: list[str] = []

    def __call__(self, text: str, place: int) -> str | None:
        if place == 0:
            try:
                self.found = self.complete(text)
            except MatcalcError:
                self.found = []
        return self.found[place] if place < len(self.found) else None


def history_file() -> Path:
    """Where the history of sessions is kept."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "matcalc" / "history"
