"""A server of its own for tests, and questions to it without a library."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Told(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:  # noqa: ANN401  JSON is anything
        return json.loads(self.body)


class Server(NamedTuple):
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def ask(
        self, path: str, data: object = None, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Told:
        """POST where there are data or a body, else GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = json.dumps(data).encode() if data is not None else body
            given = {"Content-Type": "application/json", **(headers or {})}
            connection.request("GET" if sent is None else "POST", path, sent, given)
            response = connection.getresponse()
            return Told(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def answer(self, verb: str, **question: object) -> Any:  # noqa: ANN401  JSON is anything
        told = self.ask(f"/api/{verb}", question)
        assert told.status == 200, told
        return told.data


@contextmanager
def running() -> Iterator[Server]:
    """``matcalc serve`` at a free port, until the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "matcalc", "serve", "--port", "0"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", said)
        assert found, said
        yield Server(int(found[1]), process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()
