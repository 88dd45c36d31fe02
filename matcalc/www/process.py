"""A process that works for a server: it is asked over a wire, has a limit on its memory, and can be ended.

What goes over the wire is JSON behind its length; an answer begins with one byte more, which says whether the process holds
so much memory by now that another should take its place.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import NamedTuple

Work = Callable[[str, Mapping[str, object]], Mapping[str, object]]
Make = Callable[..., BaseProcess]

GROWN = 400 << 20  # bytes that a process holds when it is replaced, whatever its uses
LENGTH = 4  # bytes that tell how long a text is
RANK = 15  # the priority of a process that is lowered: the higher the lower


class Found(NamedTuple):
    """An answer, empty where the process died of the request; ``is_last``: it should do no more."""

    answer: bytes
    is_last: bool


DIED = Found(b"", True)


class Wire(asyncio.Protocol):
    """Our end of the wire: each answer that arrives is that to the earliest request without one."""

    def __init__(self) -> None:
        self.arrived = bytearray()
        self.expected: deque[asyncio.Future[Found]] = deque()
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        self.arrived += data
        while len(self.arrived) > LENGTH:
            end = LENGTH + 1 + int.from_bytes(self.arrived[1 : LENGTH + 1])
            if len(self.arrived) < end:
                return
            self._give(Found(bytes(self.arrived[LENGTH + 1 : end]), bool(self.arrived[0])))
            del self.arrived[:end]

    def connection_lost(self, _: Exception | None) -> None:
        self.is_open = False
        while self.expected:
            self._give(DIED)

    def _give(self, found: Found) -> None:
        if self.expected and not (expected := self.expected.popleft()).done():
            expected.set_result(found)


class Process:
    """A process, which does one request after the other; some may be sent ahead."""

    def __init__(self, process: BaseProcess, wire: Wire, transport: asyncio.Transport) -> None:
        self.process, self.wire, self.transport = process, wire, transport
        self.uses = 0
        self.is_lowered = False
        self.ended = ""  # why it was ended from outside
        self._before: float | None = None  # what its clock showed when it was looked at first

    @classmethod
    async def started(cls, make: Make, work: Work, memory: int) -> Process:
        ours, theirs = socket.socketpair()
        try:
            process = make(target=serve, args=(theirs, work, memory), daemon=True)
            await asyncio.to_thread(process.start)
            transport, wire = await asyncio.get_running_loop().create_connection(Wire, sock=ours)
        except BaseException:  # nobody waits for it any more
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(process, wire, transport)

    def send(self, request: bytes) -> asyncio.Future[Found]:
        """What will be found; a process that dies has found nothing."""
        self.uses += 1
        found: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        if self.wire.is_open:
            self.wire.expected.append(found)
            self.transport.write(len(request).to_bytes(LENGTH) + request)
        else:
            found.set_result(DIED)
        return found

    def comes_to_the_next(self) -> None:
        self._before = None

    def worked(self) -> float:
        """Seconds that it has worked for its request since it was first asked so."""
        now = self._clock()
        if self._before is None:
            self._before = now
        return now - self._before

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
        self.is_lowered = True
        with suppress(OSError, AttributeError):  # AttributeError: there are no ranks on Windows
            os.setpriority(os.PRIO_PROCESS, self.process.pid or 0, RANK)

    def kill(self) -> None:
        self.process.kill()
        self.transport.close()

    async def end(self) -> None:
        self.kill()
        await asyncio.to_thread(self.process.join)


# --- in the process ---------------------------------------------------------------------------------------------------


def serve(wire: socket.socket, work: Work, memory: int) -> None:
    """Answers requests until the wire is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes the wire
    _limit(memory)
    with suppress(OSError), wire, wire.makefile("rwb") as file:
        while head := file.read(LENGTH):
            name, data = json.loads(file.read(int.from_bytes(head)))
            try:
                answer = json.dumps(work(name, data), ensure_ascii=False, separators=(",", ":")).encode()
            except (MemoryError, RecursionError):
                return
            file.write(bytes([held() > GROWN]) + len(answer).to_bytes(LENGTH) + answer)
            file.flush()


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
