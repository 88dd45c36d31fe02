"""200 requests at once, ten of them hostile: ``python tests/load_www.py`` prints the figures, and fails where one is wrong.

What a request costs on top of its derivation: the mean time that the server takes for one while it is busy with all of
them, less the mean of the derivations alone; and the time that an honest request takes when nothing else is asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from statistics import mean, median
from time import perf_counter, process_time
from typing import Any, NamedTuple

from collection import plain_records
from server import Server, running

import matcalc

REQUESTS, HOSTILE = 200, 10
Question = dict[str, Any]


class Told(NamedTuple):
    status: int
    data: Any
    seconds: float


def honest(count: int) -> list[tuple[Question, str, float]]:
    """Questions with the right answers, and the processor time that deriving each takes."""
    out: list[tuple[Question, str, float]] = []
    records = plain_records()
    for k in range(count):
        record = records[k % len(records)]
        wrt = record["wrt"] if isinstance(record["wrt"], list) else [record["wrt"]]
        start = process_time()
        result = matcalc.derive(record["expr"], wrt, record["declare"])
        result.latex()
        text = str(result)
        out.append(
            ({"formula": record["expr"], "wrt": wrt, "declare": record["declare"]}, text, process_time() - start)
        )
    return out


def hostile(count: int) -> list[Question]:
    """Huge, deeply nested, and such as take very long."""
    kinds: list[Question] = [
        {"formula": "+".join(f"norm(A_{k} X B_{k} - C_{k})^2" for k in range(600)), "wrt": ["X"]},
        {"formula": "(" * 9_000 + "X" + ")" * 9_000, "wrt": ["X"]},
        {"formula": "sum(" + "tanh(A " * 2_400 + "x" + ")" * 2_401, "wrt": ["x"]},
        {"formula": " ".join(["(A + B)^64"] * 900), "wrt": ["A"]},
        {"formula": "tr(" + " ".join(["(X + X')"] * 2_000) + ")", "wrt": ["X"], "order": 2},
    ]
    return [kinds[k % len(kinds)] for k in range(count)]


async def ask(port: int, verb: str, question: Question) -> Told:
    start = perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(question).encode()
    head = f"POST /api/{verb} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    got = await reader.read()
    writer.close()
    first, _, rest = got.partition(b"\r\n\r\n")
    return Told(int(first.split()[1]), json.loads(rest), perf_counter() - start)


async def at_once(port: int, honest: list[Question], hostile: list[Question]) -> tuple[list[Told], list[Told], float]:
    """The answers to all, asked together; and the seconds until the last honest one."""
    bad = [asyncio.ensure_future(ask(port, "steps", question)) for question in hostile]
    start = perf_counter()
    good = await asyncio.gather(*(ask(port, "derive", question) for question in honest))
    seconds = perf_counter() - start
    return good, await asyncio.gather(*bad), seconds


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
        f"{one.status} {str(one.data)[:200]} instead of {answer}"
        for one, answer in zip(told, answers, strict=True)
        if one.status != 200 or one.data.get("plain") != answer
    ]


async def measure(server: Server, requests: int, bad: int) -> int:
    asked = honest(requests - bad)
    questions, answers = [one[0] for one in asked], [one[1] for one in asked]
    alone = [await ask(server.port, "derive", question) for question in questions]
    before = memory(server.pid)
    quiet, _, calm = await at_once(server.port, questions, [])
    good, ended, busy = await at_once(server.port, questions, hostile(bad))
    faults = wrong(alone, answers) + wrong(quiet, answers) + wrong(good, answers)
    faults += [f"{one.status} for a hostile one" for one in ended if one.status not in (200, 503)]
    await asyncio.sleep(1)
    work = [one[2] for one in asked]
    over = [told.seconds - seconds for told, seconds in zip(alone, work, strict=True)]
    workers = max(2, os.cpu_count() or 1)
    print(
        f"{len(asked)} honest requests, derivations alone: median {1e3 * median(work):.1f} ms, mean {1e3 * mean(work):.1f} ms"
    )
    print(f"one at a time: on top of the derivation median {1e3 * median(over):.1f} ms, worst {1e3 * max(over):.1f} ms")
    for name, found, seconds in (("all at once", quiet, calm), (f"and {bad} hostile ones", good, busy)):
        each = 1e3 * seconds * workers / len(found)
        times = sorted(told.seconds for told in found)
        print(f"{name}: done in {seconds:.2f} s, {each:.1f} ms of a process each; answered after median "
              f"{1e3 * median(times):.0f} ms, worst {1e3 * times[-1]:.0f} ms")  # fmt: skip
    print(
        f"hostile ones: {sorted(one.status for one in ended)}, the last after {max((one.seconds for one in ended), default=0):.1f} s"
    )
    print(f"memory: {before:.0f} MiB before, {memory(server.pid):.0f} MiB after")
    print("\n".join(faults[:10]) or "every honest request was answered right")
    return 1 if faults else 0


def main() -> int:
    with running() as server:
        return asyncio.run(measure(server, REQUESTS, HOSTILE))


if __name__ == "__main__":
    sys.exit(main())
