"""Hostile input to every door: python -m tests.hostile --count 100000 --seed 1 --folder /tmp/hostile.

Each input must end in a result that reads back or in one clear error, in at most 2 s of processor time (10 s for a document, whose
wrong lines are searched for causes, and for texts of more than 2,000 letters) and 1 GiB of memory over what a warm process has; its
process is ended at the limit, by the system, also in the middle of a long multiplication. Input k of a seed is always the same. With a folder, a run that is broken off goes on where it was; faults are written there as records.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))  # so that it runs as a module, too

from hostile_surfaces import SURFACES, Fault
from hostile_texts import KINDS, Text

import matcalc

SECONDS, MORE = 2.0, 10.0  # of the processor, for one input; for a document or a long text
LONG = 2_000  # letters of a text
WEIGHTS = {"deep": 3}  # of the kinds; 10 of the others
MEMORY = 1 << 30  # bytes over a warm process
SLACK = 0.1  # seconds that the system may be late with its signal


class Asked(NamedTuple):
    """An input: the door, the kind of text, the spelling, the text."""

    surface: str
    kind: str
    spelling: str
    text: Text


class Outcome(NamedTuple):
    """What came of input ``number``; a fault's name in ``fault``, with its details."""

    number: int
    said: str
    fault: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0


def asked(seed: int, number: int) -> tuple[Asked, Random]:
    """Input ``number`` of a seed, and the chance that goes on with it."""
    rng = Random(f"{seed}/{number}")
    surface = rng.choices(list(SURFACES), [record.weight for record in SURFACES.values()])[0]
    kind = rng.choices(list(KINDS), [WEIGHTS.get(kind, 10) for kind in KINDS])[0]
    spelling = rng.choice(SURFACES[surface].spellings)
    return Asked(surface, kind, spelling, KINDS[kind](rng, spelling)), rng


def limit(given: Asked) -> float:
    """The seconds that an input may take."""
    return SECONDS if len(given.text.text) <= LONG and not set(DOCUMENTS) & {given.surface, given.spelling} else MORE


DOCUMENTS = ("document", "mc", "tex", "md", "json")  # a request may carry one


def outcome(seed: int, number: int) -> Outcome:
    """What comes of it, in this process."""
    given, rng = asked(seed, number)
    signal.setitimer(signal.ITIMER_PROF, limit(given) + SLACK)
    start = time.process_time()
    said, fault = "", ""
    try:
        said = SURFACES[given.surface].give(given.text, rng, given.spelling)
    except Fault as wrong:
        said, fault = str(wrong), wrong.kind
    except (Exception, RecursionError, MemoryError) as error:  # noqa: BLE001  that is what is looked for
        said, fault = traceback.format_exc(limit=-4)[-1500:], type(error).__name__
    seconds = time.process_time() - start
    signal.setitimer(signal.ITIMER_PROF, 0)
    if seconds > limit(given) and not fault:
        fault = "slow"
    return Outcome(
        number, said[:1500], fault, round(seconds, 3), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    )


# --- processes that are ended at the limits -------------------------------------------------------------------------


def outcomes(seed: int, first: int, end: int) -> Iterator[Outcome]:
    """What comes of the inputs, each in a process under limits that is used again until it dies."""
    while first < end:
        command = [sys.executable, __file__, "--work", str(seed), str(first), str(end)]
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(matcalc.__file__).parent.parent),
            "MATCALC_DEBUG": "1",
            "OMP_NUM_THREADS": "1",
        }
        with tempfile.TemporaryDirectory() as folder:
            worker = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder, env=environment, text=True)
            assert worker.stdout is not None
            for line in worker.stdout:
                found = Outcome(*json.loads(line))
                first = found.number + 1
                yield found
            worker.stdout.close()
            status = worker.wait()
        if first < end:
            yield Outcome(
                first,
                f"the process ended with {status}",
                {-signal.SIGPROF: "over the time"}.get(status, "died"),
                SECONDS,
            )
            first += 1


def _work(seed: int, first: int, end: int) -> None:
    """Writes an outcome a line, to what standard output was when it began."""
    import scipy.special  # noqa: F401  warm: what an input loads is not its own
    import sympy  # noqa: F401

    matcalc.derive("sum(erf(A x))", "x").steps  # noqa: B018
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for number in range(first, end):
        print(json.dumps(outcome(seed, number)), file=out, flush=True)


# --- the run --------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was found so far, as it is kept between runs."""

    done: int = 0
    found: dict[str, int] = field(default_factory=dict)
    slowest: list[tuple[float, int]] = field(default_factory=list)
    largest: float = 0.0
    spent: float = 0.0

    def take(self, one: Outcome, given: Asked) -> None:
        word = f"FAULT {one.fault}" if one.fault else one.said.partition(":")[0].partition(",")[0]
        name = f"{given.surface} {given.spelling} {word}"
        self.found[name] = self.found.get(name, 0) + 1
        self.slowest = sorted([*self.slowest, (one.seconds, one.number)], key=tuple, reverse=True)[
            :20
        ]  # lists, as read
        self.largest = max(self.largest, one.megabytes)
        self.done = one.number + 1

    def __str__(self) -> str:
        lines = [f"{count:8} {name}" for name, count in sorted(self.found.items())]
        slow = ", ".join(f"{seconds:.2f} s ({number})" for seconds, number in self.slowest[:5])
        return "\n".join([*lines, f"{self.spent:.0f} s; the slowest {slow}; the largest process {self.largest:.0f} MB"])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="keeps how far it is, and the faults")
    parser.add_argument("--show", type=int, help="one input in full")
    parser.add_argument("--errors", type=int, default=0, help="so many errors at random, to be read")
    parser.add_argument("--work", type=int, nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.work:
        _work(*args.work)
        return 0
    if args.show is not None:
        print(asked(args.seed, args.show)[0], *outcomes(args.seed, args.show, args.show + 1), sep="\n")
        return 0
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    """Goes on from what the folder says is done, and keeps it up to date every 500 inputs."""
    state = args.folder / f"seed-{args.seed}.json" if args.folder else None
    tally = Tally(**json.loads(state.read_text())) if state and state.exists() else Tally()
    if args.folder:
        args.folder.mkdir(parents=True, exist_ok=True)
    began, chance = time.monotonic() - tally.spent, Random(args.seed)
    errors: list[tuple[Asked, str]] = []
    for one in outcomes(args.seed, tally.done, args.count):
        given = asked(args.seed, one.number)[0]
        tally.take(one, given)
        if one.fault:
            _tell(one, given, args.folder and args.folder / f"faults-{args.seed}.jsonl")
        elif one.said.startswith("refused") and chance.random() < 0.1:
            errors.append((given, one.said))
        if state and tally.done % 500 == 0:
            tally.spent = time.monotonic() - began
            state.write_text(json.dumps(asdict(tally)))
            print(f"{tally.done} of {args.count}", flush=True)
    tally.spent = time.monotonic() - began
    print(tally)
    for given, said in chance.sample(errors, min(args.errors, len(errors))):
        print(f"{_short(given.text)}\n    {said}")
    return 1 if any("FAULT" in name for name in tally.found) else 0


def _tell(one: Outcome, given: Asked, file: Path | None) -> None:
    about = f"{one.number} {given.surface} {given.kind} {given.spelling}: {one.fault}, {one.seconds} s"
    print(f"--- {about}\n    {_short(given.text)}\n    {one.said[-700:]}", flush=True)
    if file:
        with file.open("a") as records:
            records.write(json.dumps({**one._asdict(), **given._asdict()}) + "\n")


def _short(text: Text) -> str:
    said = repr(tuple(text))
    return said if len(said) < 400 else f"{said[:250]} … {said[-100:]} ({len(said)})"


if __name__ == "__main__":
    sys.exit(main())
