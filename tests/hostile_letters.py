"""Every letter of Unicode in a formula: python -m tests.hostile_letters [--part 1/8], 1.5 million formulas in all.

Each assigned code point stands alone, in a name, between two operands, behind an operand, and in a comment or a text of words,
for the plain reader and for the LaTeX reader. It must end in a formula whose printed form reads back as the same formula, or in
one clear error with its place.
"""

from __future__ import annotations

import argparse
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # so that it runs as a module, too

from hostile_surfaces import Fault, refused

import matcalc
from matcalc.errors import MatcalcError
from matcalc.steps.understand import understand

# fmt: off
PLACES = {
    "plain": ("{0}", "x{0}y", "A {0} x", "x' x{0}", "x' x # {0}"),
    "latex": ("{0}", r"\mathbf{{x{0}}}", "A {0} x", "x^T x{0}", "x^T x % {0}", r"x^T x \text{{ if {0}}}"),
}
# fmt: on
SECONDS = 1.0  # of the processor, for one formula


def letters() -> Iterator[str]:
    """Every code point that has a meaning, and the halves of pairs, which have none."""
    return (
        letter for letter in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(letter) not in ("Cn", "Co")
    )


def outcome(letter: str, place: str, syntax: str) -> str:
    """``read`` or ``refused``; a Fault where it is neither in time."""
    text, start = place.format(letter), time.process_time()
    try:
        _same_again(text, syntax)
        said = "read"
    except MatcalcError as error:
        refused(error)
        said = "refused"
    if time.process_time() - start > SECONDS:
        raise Fault("slow", f"{time.process_time() - start:.1f} s for {text!r}")
    return said


def _same_again(text: str, syntax: str) -> None:
    """The printed form is printable, and means the same under its declarations."""
    found, told = matcalc.parse(text, syntax=syntax), understand(text, (), syntax)
    written, declared = str(found), [str(declaration) for declaration in told.declarations]
    for printed in (written, found.unicode(), found.latex(), *declared):
        if not printed.isprintable():
            raise Fault("control letters", ascii(printed))
    try:
        again = understand(written, declared)
    except MatcalcError as error:
        raise Fault("read back", f"{written!a}: {error}") from error
    if again.expression is not told.expression:
        raise Fault("read back", f"{written!a} is {again.expression}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", default="1/1", help="which part of the letters, 3/8 for instance")
    args = parser.parse_args()
    part, parts = map(int, args.part.split("/"))
    counts: Counter[str] = Counter()
    for number, letter in enumerate(letters()):
        if number % parts != part - 1:
            continue
        for syntax, places in PLACES.items():
            for place in places:
                try:
                    counts[f"{syntax} {outcome(letter, place, syntax)}"] += 1
                except Exception as error:  # noqa: BLE001  that is what is looked for
                    counts[f"{syntax} FAULT"] += 1
                    print(
                        f"U+{ord(letter):04X} {syntax} {place}: {type(error).__name__} {error}"[:400]
                        .encode("ascii", "backslashreplace")
                        .decode(),
                        flush=True,
                    )
    print(dict(counts))
    return int(any("FAULT" in name for name in counts))


if __name__ == "__main__":
    sys.exit(main())
