"""Threads, processes and memory: python -m tests.threads --count 100000 prints figures, and fails where one is wrong.

The formulas of the collection are derived by 16 threads at once, each in another order, and by processes that are forked and
spawned; every result must be the one that a single thread gives. Then many distinct formulas are derived one after the other:
the process may not grow, and nothing may stay in the table of expressions.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))  # so that it runs as a module, too

from hostile_texts import Text, formulas

import matcalc
from matcalc import expr
from matcalc.errors import MatcalcError

THREADS = 16
GROWN = 32.0  # megabytes that a process may grow by
LEFT = 1_000  # expressions that may stay in the table


def answer(text: Text) -> str:
    """Everything that is said about a formula, steps but for their verification."""
    try:
        result = matcalc.derive(text.text, text.wrt, text.declare)
        lines = "\n".join(f"{left} = {right} {reason}" for left, right, reason in result.lines())
        return f"{result}\n{result.latex()}\n{lines}\n{result.conditions}"
    except MatcalcError as error:
        return str(error)


def by_threads(texts: Sequence[Text], threads: int = THREADS) -> list[list[str]]:
    """What each of the threads found, in the order of the texts; all begin elsewhere."""

    def work(k: int) -> list[str]:
        order = list(range(len(texts)))
        Random(k).shuffle(order)
        found = {place: answer(texts[place]) for place in order}
        return [found[place] for place in range(len(texts))]

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(work, range(threads)))
    finally:
        sys.setswitchinterval(before)


def by_processes(texts: Sequence[Text], method: str, processes: int = 2) -> list[str]:
    """What processes found that were started by ``fork`` or ``spawn``."""
    with ProcessPoolExecutor(processes, multiprocessing.get_context(method)) as pool:
        return list(pool.map(answer, texts, chunksize=20))


def distinct(count: int) -> Iterator[Text]:
    """Formulas with names that no other has: shapes of the collection, and functions, names and numbers of their own."""
    for k in range(count):
        form = (
            "norm(X_{k} w - y)^2 + {k} a_{k}' w",
            "sum(tanh(B_{k} w + c)) / {k}.5",
            "logdet(S_{k} + {k} eye(n)) + w' S_{k} w",
            "sum(i=1..n, w[i]^{p} exp({k} u_{k}[i]))",
            "norm(M .* (w v_{k}' - Y_{k}))^2",
        )[k % 5]
        yield Text(form.format(k=k + 1, p=2 + k % 7), (f"S_{k + 1} : matrix(n, n), spd",) if k % 5 == 2 else (), "w")


def megabytes() -> float:
    """What the process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def growth(count: int, warm: int = 2_000) -> tuple[float, int]:
    """Megabytes by which it grew after the first formulas, and expressions that stayed."""
    texts = distinct(warm + count)
    for _ in range(warm):
        answer(next(texts))
    gc.collect()
    before, kept = megabytes(), len(expr._table)
    for done, text in enumerate(texts):
        answer(text)
        if done % 20_000 == 0:
            print(f"{done}: {megabytes():.0f} MB, {len(expr._table)} expressions", flush=True)
    gc.collect()
    return megabytes() - before, len(expr._table) - kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    args = parser.parse_args()
    texts, faults = formulas("plain"), 0
    alone = [answer(text) for text in texts]
    for name, found in (
        (f"{THREADS} threads", by_threads(texts)),
        ("forked processes", [by_processes(texts, "fork")]),
        ("spawned processes", [by_processes(texts, "spawn")]),
    ):
        wrong = sum(one != other for row in found for one, other in zip(row, alone, strict=True))
        faults += wrong
        print(f"{name}: {sum(map(len, found))} answers, {wrong} other than alone", flush=True)
    start = time.process_time()
    grown, kept = growth(args.count)
    print(
        f"{args.count} distinct formulas in {time.process_time() - start:.0f} s: {grown:+.1f} MB, {kept:+} expressions"
    )
    return int(faults > 0 or grown > GROWN or kept > LEFT)


if __name__ == "__main__":
    sys.exit(main())
