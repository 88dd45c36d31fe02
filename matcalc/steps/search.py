"""Which kinds the names that nobody declared have: the likeliest that fit, found by changing as few as possible.

A formula is read with every name of its likeliest kind first. Where that does not fit, a name has to change: if kinds
clash (a vector where a scalar must stand), one below the conflict, since unknown sizes are never 1; if sizes clash, one
that was met before. A name that was changed into a scalar only to be added to every entry of an array counts as one
change more. At most READINGS readings are tried, fewer of a very long formula (WORK nodes in all); after that the first
change that gets further is taken, as long as one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

from matcalc.steps.kinds import LAST_RESORT, Entry
from matcalc.steps.shapes import Conflict, Shapes
from matcalc.steps.typed import Letter, Node, Typed

READINGS = 500
WORK = 500_000
LAST_CHANGES = 3  # at most so many changes where matrices may have a size of 1,
OF_SHAPES = ("sum", "entrywise", "frobenius", "product", "argument")  # and only where equal sizes ask for it

Changes = frozenset[tuple[str, str]]  # names with the kinds that they have instead of their likeliest
NONE: Changes = frozenset()


class Reading(NamedTuple):
    """A reading that fits. ``added``: how many changed names are added to every entry of an array."""

    changes: Changes
    added: int

    @property
    def cost(self) -> int:
        return len(self.changes) + self.added


class Search:
    """The readings of some nodes, in which ``entries`` are to be inferred.

    ``told`` is the reading whose conflict the user is told: the first one in which kinds fit and sizes do not, else the
    one that gets furthest.
    """

    def __init__(self, order: list[Node], entries: list[Entry], shapes: Shapes) -> None:
        self.order = order
        self.entries = entries
        self.shapes = shapes
        self.limit = min(READINGS, max(20, WORK // len(order)))
        self.tried: dict[Changes, Reading | Conflict] = {}
        self.told: tuple[bool, int, Changes] = (False, -1, NONE)

    @property
    def exhausted(self) -> bool:
        return len(self.tried) >= self.limit

    def solve(self) -> Conflict | None:
        """Leave the nodes with the shapes of the best reading, or of the one whose conflict is returned."""
        first = self._read(NONE)
        if first is None or not self.entries:
            return first
        self._note(NONE, first)
        for last_resort in (False, True):
            found = self._by_changes(last_resort)
            if found is not None:
                return self._read(found.changes)
            if self.exhausted and self._read(self._onward()) is None:
                return None
        return self._read(self.told[2])

    def _read(self, changes: Changes) -> Conflict | None:
        """Type every node with these kinds."""
        self.shapes.forget()
        changed = dict(changes)
        for entry in self.entries:
            entry.become(changed.get(entry.name) or entry.kinds[0])
        try:
            for node in cast("list[Typed]", self.order):
                self.shapes.infer(node)
        except Conflict as conflict:
            return conflict
        place = self.shapes.sizes.settle()
        return None if place is None else Conflict(self.order[place], "sizes", self.order[place], self.order[place])

    def _outcome(self, changes: Changes) -> Reading | Conflict:
        outcome = self.tried.get(changes)
        if outcome is None:
            conflict = self._read(changes)
            outcome = Reading(changes, self._added(changes)) if conflict is None else conflict
            self._note(changes, outcome)
        return outcome

    def _by_changes(self, last_resort: bool) -> Reading | None:
        """The reading with the fewest additions among those of the least cost, then the first one found."""
        forced = self._forced(last_resort)
        level = len(forced)
        most = level + LAST_CHANGES if last_resort else len(self.entries)
        while not self.exhausted and level <= most:
            before = len(self.tried)
            self._explore(forced, level, last_resort, set())
            fitting = [reading for reading in self.tried.values() if isinstance(reading, Reading)]
            good = [reading for reading in fitting if reading.cost <= level]
            finished = level > len(forced) and len(self.tried) == before
            if good or (fitting and (finished or level == most)):
                return min(good or fitting, key=lambda reading: (reading.added, reading.cost))
            if finished:
                return None
            level += 1
        return None

    def _forced(self, last_resort: bool) -> Changes:
        """The changes without which nothing fits: kinds clash, and one name alone can change."""
        changes = NONE
        while not self.exhausted:
            outcome = self._outcome(changes)
            if isinstance(outcome, Reading) or outcome.is_of_sizes:
                break
            candidates = list(self._candidates(outcome, changes, last_resort))
            if len(candidates) != 1:
                break
            changes |= {candidates[0]}
        return changes

    def _onward(self) -> Changes:
        """One change after the other, each of which gets further than before."""
        changes = NONE
        conflict = self._read(changes)
        while conflict is not None:
            reached = conflict.node.index
            for change in self._candidates(conflict, changes, last_resort=False):
                further = self._read(changes | {change})
                if further is None or further.node.index > reached:
                    changes |= {change}
                    break
            else:
                break
            conflict = further
        return changes

    def _explore(self, changes: Changes, level: int, last_resort: bool, seen: set[Changes]) -> bool:
        """Try these changes and, where they conflict, further ones; True if a reading without additions was found."""
        seen.add(changes)
        if self.exhausted and changes not in self.tried:
            return True
        outcome = self._outcome(changes)
        if isinstance(outcome, Reading):
            return outcome.added == 0
        if len(changes) < level:
            for change in self._candidates(outcome, changes, last_resort):
                further = changes | {change}
                if further not in seen and self._explore(further, level, last_resort, seen):
                    return True
        return False

    def _note(self, changes: Changes, outcome: Reading | Conflict) -> None:
        self.tried[changes] = outcome
        if isinstance(outcome, Conflict) and not self.told[0]:
            of_sizes, index = outcome.is_of_sizes, outcome.node.index
            if of_sizes or index > self.told[1]:
                self.told = (of_sizes, index, changes)

    def _added(self, changes: Changes) -> int:
        changed = {name for name, _ in changes}
        return sum(any(e.name in changed for e in letters(scalar)) for scalar, _ in self.shapes.added)

    def _candidates(self, conflict: Conflict, changes: Changes, last_resort: bool) -> Iterator[tuple[str, str]]:
        """Names that can have to do with a conflict, with other kinds; those at its place first."""
        changed = {name for name, _ in changes}
        met = {entry: None for entry in letters(conflict.node) if entry.role == "inferred"}
        if conflict.is_of_sizes and met:
            for node in self.order[: conflict.node.index]:
                if isinstance(node, Letter) and node.entry.role == "inferred":
                    met.setdefault(node.entry)
        for entry in met:
            if entry.name not in changed:
                for kind in entry.kinds[1:]:
                    yield (entry.name, kind)
                if last_resort and entry.kinds == ("matrix",) and conflict.problem in OF_SHAPES:
                    yield from ((entry.name, kind) for kind in LAST_RESORT)


def letters(root: Node) -> Iterator[Entry]:
    """The names below a node from left to right, through definitions; a name may come more than once."""
    todo = [root]
    seen: set[Node] = set()
    while todo:
        node = todo.pop()
        if isinstance(node, Letter):
            yield node.entry
            inner = node.entry.root
            if inner is not None and inner not in seen:
                seen.add(inner)
                todo.append(inner)
        else:
            todo.extend(reversed(node.parts))
