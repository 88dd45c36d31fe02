"""Processes that do the work of a server, and can be ended: no request waits for a slow one, none takes longer than allowed.

Every request is done in a process of its own, which is used again. A request that takes longer than ``PATIENCE`` seconds
gives up its turn to those that wait and goes on beside them, soon with a lower priority, until it is done or has taken
``seconds``; then its process is ended. So is one that asks for too much memory, and where more than ``SLOW`` want to go on
so the one that has worked most: not the oldest, which may have had to wait for a busy machine.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from time import monotonic

Work = Callable[[str, Mapping[str, object]], Mapping[str, object]]

SECONDS = 10.0  # that a request may take
MEMORY = 1 << 30  # bytes that a process may ask for
PATIENCE = 0.15  # seconds after which a request gives up its turn
SLOW = 12  # requests that go on beside the others then
LOWERED = 0.5  # seconds of work after which its process gets a lower priority
GRACE = 0.5  # seconds of work that one of too many has at least
WAITING = 1000  # requests that may wait for their turn
USES = 500  # requests that a process does before it is replaced
GROWN = 400 << 20  # bytes that a process holds when it is replaced, whatever its uses


class Refused(Exception):
    """The work was not done: ``status`` is that of HTTP, the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(eq=False)
class Process:
    """A process and its end of the wire. ``slow``: it goes on beside the others; ``ended``: why it was ended from outside."""

    process: BaseProcess
    wire: Connection
    uses: int = 0
    before: float = 0.0
    slow: bool = False
    ended: str = ""

    def ask(self, request: tuple[str, Mapping[str, object]], seconds: float) -> tuple[bytes, bool] | None:
        """The answer (empty where the process died of it) and whether to replace the process; None where it is late."""
        self.uses += 1
        self.before = self._clock()
        try:
            self.wire.send(request)
            if not self.wire.poll(seconds):
                return None
            answer, grown = self.wire.recv()
            return answer, grown or self.uses >= USES
        except (EOFError, OSError):
            return b"", True

    def worked(self) -> float:
        """Seconds that it has worked for this request."""
        return self._clock() - self.before

    def _clock(self) -> float:
        """Seconds of processor time; where the system does not tell, those on the wall."""
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return monotonic()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def lower(self) -> None:
        """For good: nobody but an administrator may raise it again."""
        with suppress(OSError, AttributeError):  # AttributeError: there are no ranks on Windows
            os.setpriority(os.PRIO_PROCESS, self.process.pid or 0, 15)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.wire.close()


class Pool:
    """``work`` is what the processes do: a function of a module, which gets a name and data, and gives data.

    ``preload`` are modules that every process has from the start. Everything here happens in one event loop.
    """

    def __init__(
        self, work: Work, preload: Sequence[str] = (), seconds: float = SECONDS, memory: int = MEMORY, turns: int = 0
    ) -> None:
        self.work, self.seconds, self.memory = work, seconds, memory
        self.turns = turns or max(2, os.cpu_count() or 1)
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if forks else "spawn")
        context.set_forkserver_preload([work.__module__, *preload])
        self._pipe = context.Pipe
        self._new: Callable[..., BaseProcess] = context.Process  # type: ignore[attr-defined]  # typeshed: only of its subclasses
        self._threads = ThreadPoolExecutor(self.turns + SLOW + 2, thread_name_prefix="matcalc")
        self._turn = asyncio.Semaphore(self.turns)
        self._idle: list[Process] = []
        self._busy: list[Process] = []
        self._tasks: set[asyncio.Task[bytes]] = set()

    async def do(self, name: str, data: Mapping[str, object]) -> bytes:
        """The answer as JSON. Refused where the work cannot be done within the limits."""
        if len(self._tasks) >= WAITING:
            raise Refused(503, "too many requests are waiting; try again in a moment")
        task = asyncio.ensure_future(self._do(name, data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)  # who asks may go away; what was started is put in order all the same

    async def _do(self, name: str, data: Mapping[str, object]) -> bytes:
        loop = asyncio.get_running_loop()
        async with self._turn:
            process = self._free()
            if process is None:
                process = await loop.run_in_executor(self._threads, self._started)
            self._busy.append(process)
            asked = loop.run_in_executor(self._threads, process.ask, (name, data), self.seconds)
            while not (await asyncio.wait([asked], timeout=PATIENCE))[0]:
                if self._has_room():
                    process.slow = True
                    break
        lowered = False
        while not lowered and not (await asyncio.wait([asked], timeout=PATIENCE))[0]:
            if process.worked() > LOWERED:
                process.lower()
                lowered = True
        found = await asked
        self._busy.remove(process)
        process.slow = False
        if found is None or found[1] or lowered:
            await loop.run_in_executor(self._threads, process.end)
        else:
            self._idle.append(process)
        return self._answer(found, process)

    def _answer(self, found: tuple[bytes, bool] | None, process: Process) -> bytes:
        if found is None:
            raise Refused(503, f"this took longer than {self.seconds:g} seconds and was ended; try a smaller formula")
        if not found[0]:
            raise Refused(503, process.ended or "this needs more memory than a request may have; try a smaller formula")
        return found[0]

    def _has_room(self) -> bool:
        """Whether another slow one may run beside the others; of too many the one that has worked most is ended."""
        slow = [process for process in self._busy if process.slow and not process.ended]
        if len(slow) < SLOW:
            return True
        most = max(slow, key=Process.worked)
        if most.worked() < GRACE:
            return False
        most.ended = "too much was asked at once, and this was ended because it took long; try again in a moment"
        most.process.kill()
        return True

    def _free(self) -> Process | None:
        while self._idle:
            process = self._idle.pop()
            if process.process.is_alive():
                return process
            process.end()
        return None

    def _started(self) -> Process:
        ours, theirs = self._pipe()
        process = self._new(target=serve, args=(theirs, self.work, self.memory), daemon=True)
        process.start()
        theirs.close()
        return Process(process, ours)

    async def warm(self) -> None:
        """Starts the processes, so that the first requests do not wait for them."""
        loop = asyncio.get_running_loop()
        for _ in range(self.turns):
            self._idle.append(await loop.run_in_executor(self._threads, self._started))

    def close(self) -> None:
        """Ends everything."""
        for process in [*self._idle, *self._busy]:
            process.process.kill()
        self._threads.shutdown(wait=False, cancel_futures=True)


# --- in the process ---------------------------------------------------------------------------------------------------


def serve(wire: Connection, work: Work, memory: int) -> None:
    """Answers requests until the wire is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes the wire
    _limit(memory)
    while True:
        try:
            name, data = wire.recv()
        except (EOFError, OSError):
            return
        try:
            answer = json.dumps(work(name, data), ensure_ascii=False, separators=(",", ":")).encode()
        except (MemoryError, RecursionError):
            return
        wire.send((answer, held() > GROWN))


def _limit(memory: int) -> None:
    """An operating system without these limits has the one on time still."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def held() -> int:
    """Bytes that this process holds at most so far; 0 where nobody knows."""
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
