"""Tests run in forked processes, which have pytest and the libraries loaded but not yet the package.

``recorded`` says of each test file how long its tests take and which functions of the package they call; ``failing`` gives
the first test that fails, the quick and different ones first.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple, TypeVar

import pytest
from code_changes import Place

OPTIONS = ("-x", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
FAULT = 70  # the exit status of a child in which not a test but what runs them fails
MEMORY = 6 << 30  # bytes that a child may ask for
QUICK = 0.8  # seconds of the first round, of each file
OVERHEAD = 0.002  # of a test
Answer = TypeVar("Answer")


class Died(Exception):
    """A child ended without an answer; ``slow`` where that was for want of time."""

    def __init__(self, slow: bool) -> None:
        super().__init__(slow)
        self.slow = slow


class Record(NamedTuple):
    """Of a test file: the seconds of each test, and the test functions that call a function of the package."""

    seconds: dict[str, float]
    reach: dict[str, list[str]]  # "matcalc/shape.py::names": ["tests/test_read.py::test_…"], or "" for the import


def forked(work: Callable[[], Answer], folder: Path, seconds: float) -> Answer:
    """What ``work`` gives in a child process of its own in a folder, as JSON."""
    answer = folder / ".answer"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        try:
            _settle(folder)
            answer.write_text(json.dumps(work()))
        except BaseException:  # noqa: BLE001  # to be read in the file that stands for its output
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(FAULT)
        finally:
            os._exit(0)
    end = time.monotonic() + seconds
    while not (done := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < end:
        time.sleep(0.02)
    status = done[1]
    _end(child)  # with what its tests have started
    if not done[0]:
        os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == FAULT:
        raise RuntimeError((folder / ".output").read_text())
    if not answer.exists():
        raise Died(not done[0] or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU))
    found: Answer = json.loads(answer.read_text())
    return found


def _settle(folder: Path) -> None:
    os.setsid()
    os.chdir(folder)
    output = os.open(folder / ".output", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for stream in (0, 1, 2):
        os.dup2(output, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ |= {"XDG_CACHE_HOME": str(folder / ".cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    here = Path(__file__).resolve().parent
    sys.path[:] = [str(folder), *(path for path in sys.path if Path(path).resolve() not in (here, here.parent))]
    for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "matcalc")]:
        del sys.modules[name]


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def recorded(file: str, folder: Path) -> Record:
    """The record of a test file, from a run in which all its tests must pass."""

    def run() -> tuple[int, dict[str, float], dict[str, list[str]]]:
        recorder = _Recorder()
        code = pytest.main([*OPTIONS, file], plugins=[recorder])
        return int(code), recorder.seconds, {key: sorted(tests) for key, tests in recorder.reach.items()}

    code, seconds, reach = forked(run, folder, 3600)
    assert code in (0, 5), f"{file} fails without a change"
    return Record(seconds, reach)


class _Recorder:
    """Which functions of the package each test calls; what they remember is forgotten between the test functions."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.reach: dict[str, set[str]] = {}
        self._seen: dict[int, CodeType] = {}
        self._last = ""
        sys.settrace(self._called)

    def _called(self, frame: FrameType, event: str, arg: object) -> None:
        self._seen[id(frame.f_code)] = frame.f_code

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if (function := function_of(item.nodeid)) != self._last:
            self._keep(self._last)
            self._last = function
            _forget()
        began = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = round(time.process_time() - began, 4)

    def pytest_sessionfinish(self) -> None:
        self._keep(self._last)
        sys.settrace(None)

    def _keep(self, function: str) -> None:
        here = f"{Path.cwd()}/"
        for code in list(self._seen.values()):  # the loop calls functions too
            if code.co_filename.startswith(f"{here}matcalc/"):
                name = code.co_qualname.split(".<locals>")[0]
                self.reach.setdefault(f"{code.co_filename.removeprefix(here)}::{name}", set()).add(function)
        self._seen.clear()


def _forget() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("matcalc.") and not name.startswith("matcalc.read"):
            for value in list(vars(module).values()):
                if isinstance(value, functools._lru_cache_wrapper):
                    value.cache_clear()
    for kept in getattr(sys.modules.get("matcalc.rules.functions"), "_remembered", ()):
        kept.clear()
    getattr(sys.modules.get("matcalc.steps.signature"), "_known", {}).clear()


def function_of(test: str) -> str:
    return test.split("[")[0]


def failing(files: Sequence[str], records: Mapping[str, Record], place: Place, first: bool, folder: Path) -> str:
    """The first test that fails of those that could notice a change, or ""; in the first round the quick and the nearest.

    A test that takes ten times as long as it should, and ten seconds, ends the run.
    """

    def run() -> str:
        sys.dont_write_bytecode = True
        for file in files:
            record = records[file]
            if wanted := chosen(record, place, first):
                some = _Some(wanted, record)
                if pytest.main([*OPTIONS, file], plugins=[some]) not in (0, 5):
                    return some.failed or file
        return ""

    return forked(run, folder, 3600)


def is_near(test: str, place: Place) -> bool:
    """Whether a test has the name of the changed record in its own."""
    return place.record != "" and re.search(rf"\b{re.escape(place.record)}\b", test.partition("[")[2]) is not None


def chosen(record: Record, place: Place, first: bool) -> dict[str, int]:
    """The tests of a round, each with its turn: the quickest of every function, then the second of every one, ..."""
    calling = record.reach.get(place.function, ())
    turns: dict[str, int] = {}
    for test in sorted(record.seconds, key=record.seconds.__getitem__):
        function = function_of(test)
        if not place.function or "" in calling or function in calling:
            turns[function] = turns.get(function, 0) + 1
            turns[test] = 0 if is_near(test, place) else turns[function]
    found: dict[str, int] = {}
    total = 0.0
    for test in sorted(turns.keys() & record.seconds.keys(), key=lambda test: (turns[test], record.seconds[test])):
        total += record.seconds[test] + OVERHEAD
        if (total < QUICK or turns[test] == 0) == first:
            found[test] = turns[test]
    return found


class _Some:
    """Only the chosen tests, in their turns, and before them those of which nothing is known; each with a limit of time.

    What the tests of a file register is taken out of the tables at its end: the next file is collected as in its clean run.
    """

    def __init__(self, chosen: Mapping[str, int], record: Record) -> None:
        self.failed = ""
        self._tables: dict[str, object] = {}
        self._chosen = chosen
        self._seconds = record.seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._tables |= getattr(sys.modules.get("matcalc.rules.functions"), "_records", {})
        wanted = [i for i in items if i.nodeid in self._chosen or i.nodeid not in self._seconds]
        items[:] = sorted(wanted, key=lambda i: (self._chosen.get(i.nodeid, 0), self._seconds.get(i.nodeid, 0)))

    def pytest_sessionfinish(self) -> None:
        records = getattr(sys.modules.get("matcalc.rules.functions"), "_records", {})
        records.clear()
        records.update(self._tables)
        _forget()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        most = int(time.process_time() + 10 + 10 * self._seconds.get(item.nodeid, 1.0)) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid
