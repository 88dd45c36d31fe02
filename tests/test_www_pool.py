"""The server's processes: limits hold, and nobody waits for a slow one."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from itertools import count
from time import monotonic

import pytest
from chores import work

from matcalc.www.pool import SLOW, Pool, Refused

LITTLE = 400 << 20


def with_pool(test: Callable[[Pool], Awaitable[None]], seconds: float = 5.0, turns: int = 1) -> None:
    async def run() -> None:
        pool = Pool(work, seconds=seconds, memory=LITTLE, turns=turns)
        await pool.warm()
        try:
            await test(pool)
        finally:
            pool.close()

    asyncio.run(run())


NUMBERS = count()


async def honest(pool: Pool) -> int:
    """Asks what was not asked before, and gives the process that answered."""
    number = next(NUMBERS)
    found = json.loads(await pool.do("sum", {"numbers": [number, 2, 3]}))
    assert found["sum"] == number + 5
    return int(found["process"])


def test_work_is_done_in_another_process_that_is_used_again() -> None:
    async def test(pool: Pool) -> None:
        used = [await honest(pool) for _ in range(6)]
        assert os.getpid() not in used
        assert len(set(used)) < len(used)

    with_pool(test)


def test_what_was_asked_a_moment_ago_is_not_done_again() -> None:
    async def test(pool: Pool) -> None:
        first, again = await asyncio.gather(pool.do("count", {"of": "one"}), pool.do("count", {"of": "one"}))
        assert first == again == await pool.do("count", {"of": "one"})
        assert await pool.do("count", {"of": "another"}) != first

    with_pool(test)


def test_short_requests_come_before_long_ones() -> None:
    async def test(pool: Pool) -> None:
        done: list[str] = []

        async def ask(name: str, length: int) -> None:
            await pool.do("sum", {"numbers": [0] * length, "name": name})
            done.append(name)

        await asyncio.gather(*(ask(f"long {k}", 900) for k in range(8)), *(ask(f"short {k}", k) for k in range(8)))
        assert len(done) == 16 and all(name.startswith("long") for name in done[-4:])  # four were begun with at once

    with_pool(test)


@pytest.mark.parametrize("name", ["sleep", "loop"])
def test_what_takes_too_long_is_ended_in_time(name: str) -> None:
    async def test(pool: Pool) -> None:
        before = monotonic()
        with pytest.raises(Refused, match="longer than 3 seconds") as refused:
            await pool.do(name, {})
        assert refused.value.status == 503
        assert 3 <= monotonic() - before < 10
        await honest(pool)

    with_pool(test, seconds=3)


@pytest.mark.parametrize("name", ["grow", "die", "nest"])
def test_a_process_that_dies_is_replaced(name: str) -> None:
    async def test(pool: Pool) -> None:
        first = await honest(pool)
        with pytest.raises(Refused, match="memory"):
            await pool.do(name, {})
        assert await honest(pool) != first

    with_pool(test, seconds=30)


def test_nobody_waits_for_a_slow_one() -> None:
    async def test(pool: Pool) -> None:
        slow = [asyncio.ensure_future(pool.do("sleep", {"of": k})) for k in range(4)]
        await asyncio.sleep(0)
        before = monotonic()
        await honest(pool)
        assert monotonic() - before < 6  # the patience with each, and not their time
        assert not any(task.done() for task in slow)
        ended = await asyncio.gather(*slow, return_exceptions=True)
        assert all(isinstance(one, Refused) for one in ended)

    with_pool(test, seconds=8)


def test_of_too_many_slow_ones_the_one_that_has_worked_most_is_ended() -> None:
    async def test(pool: Pool) -> None:
        worker = asyncio.ensure_future(pool.do("loop", {}))
        waiting = [asyncio.ensure_future(pool.do("sleep", {"of": k})) for k in range(SLOW + 1)]
        done, _ = await asyncio.wait([worker, *waiting], return_when=asyncio.FIRST_COMPLETED)
        assert done == {worker}
        assert "too much was asked at once" in str(worker.exception())
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    with_pool(test, seconds=60, turns=4)


def test_who_goes_away_leaves_the_process_in_order() -> None:
    async def test(pool: Pool) -> None:
        task = asyncio.ensure_future(pool.do("sum", {"numbers": [1]}))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len({await honest(pool) for _ in range(3)}) == 1

    with_pool(test)
