"""The answers that were given last, by what was asked: a page asks again for what it showed a moment ago.

>>> recent = Recent(most=8)
>>> recent.keep(b"x", b"1234")
>>> recent.keep(b"y", b"12345")
>>> recent.get(b"x"), recent.get(b"y")
(None, b'12345')
"""

from __future__ import annotations

from collections import OrderedDict

MOST = 16 << 20  # bytes of answers


class Recent:
    """At most ``most`` bytes of answers; those that were asked for longest ago go first."""

    def __init__(self, most: int = MOST) -> None:
        self.most, self.size = most, 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, asked: bytes) -> bytes | None:
        if asked in self._kept:
            self._kept.move_to_end(asked)
        return self._kept.get(asked)

    def keep(self, asked: bytes, answer: bytes) -> None:
        self.size += len(answer) - len(self._kept.pop(asked, b""))
        self._kept[asked] = answer
        while self.size > self.most:
            self.size -= len(self._kept.popitem(last=False)[1])
