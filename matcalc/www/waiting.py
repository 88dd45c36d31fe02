"""What waits to be done: short requests come first, and yet nobody waits for ever.

>>> async def told() -> list[bytes]:
...     waiting = Waiting()
...     for request in (b"long" * 1000, b"middle", b"x"):
...         waiting.put(Asked(request))
...     return [(await waiting.first()).request[:6] for _ in range(3)]
>>> asyncio.run(told())
[b'x', b'middle', b'longlo']
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from time import monotonic

LONG = 3000  # bytes of a request that is expected to take long
COST = 5e-4  # seconds that a request stands behind for each of its bytes, as if it had come so much later


@dataclass(eq=False)
class Asked:
    """A request, and the answer that it will have."""

    request: bytes
    due: float = 0.0
    answer: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def __post_init__(self) -> None:
        self.due = monotonic() + COST * len(self.request)
        self.answer.add_done_callback(lambda answer: answer.exception())  # who asked may have gone away

    @property
    def is_long(self) -> bool:
        return len(self.request) > LONG


class Waiting:
    """The requests that wait, and those who wait for a request."""

    def __init__(self) -> None:
        self._asked: list[tuple[float, int, Asked]] = []
        self._hungry: deque[asyncio.Future[None]] = deque()
        self._count = count()  # of equal ones the first comes first

    def put(self, asked: Asked) -> None:
        heappush(self._asked, (asked.due, next(self._count), asked))
        self._wake()

    async def first(self) -> Asked:
        """The next one, as soon as there is one."""
        while not self._asked:
            hungry = asyncio.get_running_loop().create_future()
            self._hungry.append(hungry)
            await hungry
        found = heappop(self._asked)[2]
        if self._asked:
            self._wake()
        return found

    def ahead(self) -> Asked | None:
        """The next one for a process that still works: a short one, where nobody else could begin with it."""
        if self._hungry or not self._asked or self._asked[0][2].is_long:
            return None
        return heappop(self._asked)[2]

    def _wake(self) -> None:
        while self._hungry:
            hungry = self._hungry.popleft()
            if not hungry.done():
                hungry.set_result(None)
                return
