"""Runs the server: ``matcalc serve``."""

from __future__ import annotations

import os
import socket

from matcalc.errors import CallError
from matcalc.www.app import LOCAL, application

BACKLOG = 512  # connections that may wait to be accepted


def run(host: str = "127.0.0.1", port: int | None = None) -> None:
    """Serves until Ctrl-C, and says where. CallError where a package is missing or the port is taken."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # of a process; there are several
    try:
        import uvicorn

        app = application(hosts=(*LOCAL, host))
    except ImportError as missing:
        raise CallError(
            f"the page needs the package {missing.name}\n  pip install starlette uvicorn httptools"
        ) from missing
    bound = _bound(host, port)
    config = uvicorn.Config(app, log_level="warning", server_header=False, timeout_keep_alive=30)
    print(f"matcalc is at http://{host}:{bound.getsockname()[1]}/ until Ctrl-C", flush=True)  # noqa: T201
    uvicorn.Server(config).run(sockets=[bound])


def _bound(host: str, port: int | None) -> socket.socket:
    """A socket at the port; without one at 8000, or where that is taken at any that is free."""
    for wanted in (8000, 0) if port is None else (port,):
        found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, wanted))
            found.listen(BACKLOG)
        except OSError as error:
            found.close()
            reason = error.strerror
        else:
            return found
    raise CallError(f"{host}:{port} cannot be used: {reason}")
