"""200 requests at once, ten of them hostile: ``python tests/load_www.py`` prints the figures, and fails where one is wrong.

What a request costs on top of its derivation is told against the same derivations (``matcalc.derive`` and the plain result)
in the same pool of processes, without HTTP, MathML and LaTeX: one after the other, and all at once. All formulas differ. Each
measurement has a server (a pool) of its own, so that nothing is remembered; the rounds take turns, and medians are given.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import bare
from collection import plain_records
from server import Server, running

from matcalc.www.pool import Pool

REQUESTS, HOSTILE, ROUNDS = 200, 10, 5
Question = dict[str, Any]


class Told(NamedTuple):
    status: int
    body: bytes
    seconds: float


def honest(count: int) -> list[Question]:
    """Questions of the collection, no two the same."""
    found: dict[str, Question] = {}
    for record in plain_records():
        wrt = record["wrt"] if isinstance(record["wrt"], list) else [record["wrt"]]
        question = {"formula": record["expr"], "wrt": wrt, "declare": record["declare"]}
        found.setdefault(json.dumps(question), question)
    assert len(found) >= count
    return list(found.values())[:count]


def hostile(count: int) -> list[Question]:
    """Huge, deeply nested, and such as take very long; no two the same."""
    return [{**HOSTILE_KINDS[k % len(HOSTILE_KINDS)](k), "wrt": ["X"]} for k in range(count)]


HOSTILE_KINDS: list[Callable[[int], Question]] = [
    lambda k: {"formula": "+".join(f"norm(A_{j} X B_{j} - C_{j})^2" for j in range(500 + k))},
    lambda k: {"formula": "(" * (9_000 + k) + "X" + ")" * (9_000 + k)},
    lambda k: {"formula": "sum(" + "tanh(A " * (2_300 + k) + "X" + ")" * (2_301 + k)},
    lambda k: {"formula": " ".join(["(A + X)^64"] * (900 + k))},
    lambda k: {"formula": "tr(" + " ".join(["(X + X')"] * (1_900 + k)) + ")", "order": 2},
]


class Reply(asyncio.Protocol):
    """Sends a request as soon as it is connected, and keeps what comes: a client that leaves the cores to the server."""

    def __init__(self, request: bytes) -> None:
        self.request, self.got = request, bytearray()
        self.ended: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.got += data

    def connection_lost(self, _: Exception | None) -> None:
        self.ended.set_result(perf_counter())


async def ask(port: int, verb: str, question: Question) -> Told:
    body = json.dumps(question).encode()
    head = f"POST /api/{verb} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    start = perf_counter()
    _, reply = await asyncio.get_running_loop().create_connection(lambda: Reply(request), "127.0.0.1", port)
    seconds = await reply.ended - start
    first, _, rest = bytes(reply.got).partition(b"\r\n\r\n")
    return Told(int(first.split()[1]), rest, seconds)


@contextmanager
def warm() -> Iterator[Server]:
    """A server whose processes are there."""
    with running() as server:
        server.answer("read", formula="x' x")
        yield server


async def at_once(port: int, honest: list[Question], hostile: list[Question]) -> tuple[list[Told], list[Told]]:
    """The answers to all, asked together."""
    bad = [asyncio.ensure_future(ask(port, "steps", question)) for question in hostile]
    good = await asyncio.gather(*(ask(port, "derive", question) for question in honest))
    return good, await asyncio.gather(*bad)


async def derived(pool: Pool, question: Question) -> Told:
    """The derivation alone, in a process of the pool."""
    start = perf_counter()
    body = await pool.do("derive", question)
    return Told(200, body, perf_counter() - start)


def memory(pid: int) -> float:
    """MiB of the server and its processes, shared pages counted once (Linux only)."""
    pids = {pid}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parents(int(entry.name)) & {pid}:
            pids.add(int(entry.name))
    return sum(_proportional(one) for one in pids) / 1024


def _parents(pid: int) -> set[int]:
    out = set()
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
        out.add(pid)
    return out


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def wrong(told: list[Told], answers: list[str]) -> list[str]:
    """What is wrong with the answers to the honest questions."""
    return [
        f"{one.status} {one.body[:200]!r} instead of {answer}"
        for one, answer in zip(told, answers, strict=True)
        if one.status != 200 or json.loads(one.body).get("plain") != answer
    ]


class Measured(NamedTuple):
    """Seconds of each derivation and of each request: one at a time, all at once, and all at once with the hostile ones."""

    derivations: list[float]
    requests: list[float]
    derivations_at_once: list[float]
    requests_at_once: list[float]
    beside_hostile: list[float]


class Load:
    """The questions with their answers, and what was found."""

    def __init__(self, requests: int, bad: int) -> None:
        self.questions, self.hostile = honest(requests - bad), hostile(bad)
        self.answers = [str(bare.derived("derive", question)["plain"]) for question in self.questions]
        self.faults: list[str] = []
        self.ended: list[Told] = []
        self.memory: list[tuple[float, float]] = []

    def round(self) -> Measured:
        alone = asyncio.run(self._in_pool(self._one_by_one))
        together = asyncio.run(self._in_pool(self._together))
        with warm() as server:
            one_by_one = asyncio.run(self._one_by_one(lambda question: ask(server.port, "derive", question)))
        with warm() as server:
            quiet = asyncio.run(self._together(lambda question: ask(server.port, "derive", question)))
        with warm() as server:
            return Measured(alone, one_by_one, together, quiet, asyncio.run(self._beside_hostile(server)))

    async def _in_pool(self, measure: Callable[[Asks], Awaitable[list[float]]]) -> list[float]:
        pool = Pool(bare.derived, ["matcalc.www.warmed"])
        await pool.warm()
        try:
            return await measure(lambda question: derived(pool, question))
        finally:
            pool.close()

    async def _one_by_one(self, asks: Asks) -> list[float]:
        return self._judged([await asks(question) for question in self.questions])

    async def _together(self, asks: Asks) -> list[float]:
        return self._judged(await asyncio.gather(*(asks(question) for question in self.questions)))

    async def _beside_hostile(self, server: Server) -> list[float]:
        before = memory(server.pid)
        good, ended = await at_once(server.port, self.questions, self.hostile)
        self.faults += [f"{one.status} for a hostile one" for one in ended if one.status not in (200, 503)]
        self.ended += ended
        await asyncio.sleep(1)
        self.memory.append((before, memory(server.pid)))
        return self._judged(good)

    def _judged(self, told: list[Told]) -> list[float]:
        self.faults += wrong(told, self.answers)
        return [one.seconds for one in told]


Asks = Callable[[Question], Awaitable[Told]]


def over(measured: list[Measured], what: str, than: str) -> str:
    """Medians of the rounds: of the requests, of the derivations, and of what is between these medians."""
    pairs = [(median(getattr(one, what)), median(getattr(one, than))) for one in measured]
    requests, derivations, between = (
        1e3 * median(numbers) for numbers in (*zip(*pairs, strict=True), [a - b for a, b in pairs])
    )
    worst = 1e3 * max(max(getattr(one, what)) for one in measured)
    return f"median {requests:.0f} ms, derivations {derivations:.0f} ms, on top {between:.0f} ms; worst request {worst:.0f} ms"


def main() -> int:
    load = Load(REQUESTS, HOSTILE)
    measured = [load.round() for _ in range(ROUNDS)]
    print(f"{len(load.questions)} different honest requests, {ROUNDS} rounds, {os.cpu_count()} cores")
    print("one at a time:      ", over(measured, "requests", "derivations"))
    print("all at once:        ", over(measured, "requests_at_once", "derivations_at_once"))
    print(f"and {len(load.hostile)} hostile ones:", over(measured, "beside_hostile", "derivations_at_once"))
    statuses = {status: sum(one.status == status for one in load.ended) for status in (200, 503)}
    print(f"hostile ones: {statuses}, the last after {max(one.seconds for one in load.ended):.1f} s")
    before, after = (median(numbers) for numbers in zip(*load.memory, strict=True))
    print(f"memory: {before:.0f} MiB before, {after:.0f} MiB after")
    print("\n".join(load.faults[:10]) or "every honest request was answered right")
    return 1 if load.faults else 0


if __name__ == "__main__":
    sys.exit(main())
