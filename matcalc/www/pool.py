"""Processes that do the work of a server, and can be ended: no request waits for a slow one, none takes longer than allowed.

There are as many turns as cores. Who has one is a process that does request after request, short ones first. A request that
works longer than ``PATIENCE`` seconds (a long one: any time) leaves its turn to another process and goes on beside them, with
a lower priority, until it is done or has taken ``seconds``; then its process is ended. So is one that asks for too much
memory, and where more than ``SLOW`` want to go on so the one that has worked most: not the oldest, which may have had to
wait for a busy machine. What was asked a moment ago is not done again.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from time import monotonic
from typing import NamedTuple

from matcalc.www.process import Found, Make, Process, Work
from matcalc.www.recent import Recent
from matcalc.www.waiting import Asked, Waiting

SECONDS = 10.0  # that a request may take
MEMORY = 1 << 30  # bytes that a process may ask for
PATIENCE = 0.15  # seconds of work after which a request leaves its turn
UNSEEN = 0.5  # seconds on the wall after which it does so, whatever it has worked
LOOK = 0.05  # seconds from one look at what a process has worked to the next
AHEAD = 4  # requests that a process has at most: it does not stand still until it is given the next
LINGER = 0.1  # seconds in which short requests that come together with a long one come before it
SLOW = 12  # requests that go on beside the others
GRACE = 0.5  # seconds of work that one of too many has at least
WAITING = 1000  # requests that may wait for their turn
USES = 500  # requests that a process does before it is replaced


class Refused(Exception):
    """The work was not done: ``status`` is that of HTTP, the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


LATE = Found(b"", True)


class Sent(NamedTuple):
    """A request that a process has, and what it will find."""

    asked: Asked
    found: asyncio.Future[Found]


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
        self._make: Make = context.Process  # type: ignore[attr-defined]  # typeshed: only of its subclasses
        self._waiting = Waiting()
        self._recent = Recent()
        self._asked: dict[bytes, Asked] = {}
        self._processes: set[Process] = set()
        self._slow: set[Process] = set()
        self._spare: list[Process] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def do(self, name: str, data: Mapping[str, object]) -> bytes:
        """The answer as JSON. Refused where the work cannot be done within the limits."""
        request = json.dumps([name, data]).encode()
        known = self._recent.get(request)
        if known is not None:
            return known
        asked = self._asked.get(request)
        if asked is None:
            if len(self._asked) >= WAITING:
                raise Refused(503, "too many requests are waiting; try again in a moment")
            asked = self._asked[request] = Asked(request)
            asked.answer.add_done_callback(lambda _: self._asked.pop(request))
            if asked.is_long:
                await asyncio.sleep(LINGER)
            self._waiting.put(asked)
        found = await asyncio.shield(asked.answer)  # who asks may go away, and others may ask the same
        if data:
            self._recent.keep(request, found)
        return found

    # --- a turn -------------------------------------------------------------------------------------------------------

    async def _turn(self) -> None:
        """A process does requests until it is spent, or one is slow; then another has its turn."""
        process = self._spare.pop() if self._spare else await self._started()
        sent: deque[Sent] = deque()
        goes_on = True
        while goes_on:
            asked, found = await self._next(process, sent)
            is_quick = found.done() or await self._is_quick(asked, found, process)
            if not is_quick:
                self._leave(sent)
                await self._to_its_end(asked, found, process)
            self._settle(asked, found, process)
            goes_on = is_quick and not found.result().is_last and process.uses < USES
        if is_quick:
            self._leave(sent)
        self._slow.discard(process)
        self._processes.discard(process)
        await process.end()

    async def _next(self, process: Process, sent: deque[Sent]) -> Sent:
        """The request that the process does next; others are sent ahead, as far as nobody else could begin with them."""
        asked = None if sent else await self._waiting.first()
        while asked is not None or (len(sent) < AHEAD and (asked := self._waiting.ahead()) is not None):
            sent.append(Sent(asked, process.send(asked.request)))
            asked = None
        process.comes_to_the_next()
        return sent.popleft()

    async def _is_quick(self, asked: Asked, found: asyncio.Future[Found], process: Process) -> bool:
        """Waits for the answer, as long as this may have its turn, and longer where there is no room beside the others."""
        began = monotonic()
        look = 0.0 if asked.is_long else LOOK
        while not await _done(found, look):
            is_slow = asked.is_long or process.worked() > PATIENCE or monotonic() - began > UNSEEN
            if is_slow and (self._has_room() or monotonic() - began > self.seconds):
                self._slow.add(process)
                return False
            look = LOOK
        return True

    async def _to_its_end(self, asked: Asked, found: asyncio.Future[Found], process: Process) -> None:
        """Waits for the answer of a slow one, or its time; what makes the machine busy gets a lower priority."""
        end = monotonic() + self.seconds
        while monotonic() < end:
            if not process.is_lowered and (asked.is_long or process.worked() > PATIENCE):
                process.lower()
            if await _done(found, LOOK):
                return
        found.set_result(LATE)

    def _settle(self, asked: Asked, found: asyncio.Future[Found], process: Process) -> None:
        if found.result().answer:
            asked.answer.set_result(found.result().answer)
            return
        late = f"this took longer than {self.seconds:g} seconds and was ended; try a smaller formula"
        died = process.ended or "this needs more memory than a request may have; try a smaller formula"
        asked.answer.set_exception(Refused(503, late if found.result() is LATE else died))

    def _has_room(self) -> bool:
        """Whether another slow one may run beside the others; of too many the one that has worked most is ended."""
        slow = [process for process in self._slow if not process.ended]
        if len(slow) < SLOW:
            return True
        most = max(slow, key=Process.worked)
        if most.worked() < GRACE:
            return False
        most.ended = "too much was asked at once, and this was ended because it took long; try again in a moment"
        most.process.kill()
        return True

    # --- processes ----------------------------------------------------------------------------------------------------

    def _leave(self, sent: deque[Sent]) -> None:
        """The turn goes to another process, and what was sent ahead is done elsewhere."""
        for asked, _ in sent:
            self._waiting.put(asked)
        self._begin(self._turn())
        if not self._spare:
            self._begin(self._prepare())

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _started(self) -> Process:
        process = await Process.started(self._make, self.work, self.memory)
        self._processes.add(process)
        return process

    async def _prepare(self) -> None:
        """Starts a process before one is wanted."""
        self._spare.append(await self._started())

    async def warm(self) -> None:
        """Starts the processes, so that the first requests do not wait for them."""
        for _ in range(self.turns + 1):
            await self._prepare()
        for _ in range(self.turns):
            self._begin(self._turn())

    def close(self) -> None:
        """Ends everything."""
        for task in self._tasks:
            task.cancel()
        for process in self._processes:
            process.kill()


async def _done(found: asyncio.Future[Found], seconds: float) -> bool:
    """Whether it is there within this time."""
    return bool((await asyncio.wait([found], timeout=seconds))[0])
