"""The command ``matcalc``: 0 when it did what was asked, 1 when the formula is at fault, 2 when the call is.

>>> main(["derive", "norm(X w - y)^2", "--wrt", "w", "--plain"])
2 X' (X w - y)
0
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from matcalc.cli.arguments import arguments
from matcalc.errors import CallError, MatcalcError

FORMULA, CALL, INTERRUPTED, PIPE = 1, 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command, and gives its exit status; what goes wrong is told on standard error, never as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        _never_fails(stream)
    try:
        args = arguments(sys.argv[1:] if argv is None else argv)
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except SystemExit as stop:  # argparse has said what there is to say
        return stop.code if isinstance(stop.code, int) else CALL
    except CallError as error:
        return _told(str(error), CALL)
    except MatcalcError as error:
        return _told(str(error), FORMULA)
    except (RecursionError, MemoryError):
        return _told("the formula is too deep or too large for this", FORMULA)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to write has nowhere to go
        if isinstance(error, BrokenPipeError):
            return PIPE
        where = f" to {error.filename}" if error.filename else ""
        return _told(f"the result cannot be written{where}: {error.strerror}", CALL)
    except Exception as fault:
        if os.environ.get("MATCALC_DEBUG"):
            raise
        kind = type(fault).__name__
        return _told(f"a fault of matcalc itself, please report it with the formula\n  {kind}: {fault}", FORMULA)


def _never_fails(stream: TextIO) -> None:
    """A letter that the stream's encoding lacks is written as its number."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _told(message: str, status: int) -> int:
    from matcalc.cli.terminal import Look

    look = Look.of(sys.stderr)
    print(f"{look.error('error:')} {message}", file=sys.stderr)
    return status
