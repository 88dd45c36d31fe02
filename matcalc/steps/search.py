"""Which kinds the names that nobody declared have: the likeliest that fit, found by changing as few as possible.

A formula is read with every name of its likeliest kind first. Where that does not fit, one of the names that were met up to
the conflict has to change; those at the place of the conflict are tried first. A scalar that was changed into one only to be
added to every entry of an array counts as one change more. READINGS readings are tried at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from matcalc.steps.kinds import LAST_RESORT, Entry
from matcalc.steps.shapes import Conflict, Shapes
from matcalc.steps.typed import Letter, Node

READINGS = 2000
LAST_CHANGES = 3  # at most so many changes where matrices may have a size of 1

Changes = frozenset[tuple[str, str]]  # names with the kinds that they have instead of their likeliest


class Reading(NamedTuple):
    """A reading that fits. ``added``: how many changed names are added to every entry of an array."""

    changes: Changes
    added: int

    @property
    def cost(self) -> int:
        return len(self.changes) + self.added


class Search:
    """The readings of some nodes, in which ``entries`` are to be inferred.

    ``told`` is the reading whose conflict the user is told: the first one in which kinds fit and sizes do not, else the one
    that gets furthest.
    """

    def __init__(self, order: list[Node], entries: list[Entry], shapes: Shapes) -> None:
        self.order = order
        self.entries = entries
        self.shapes = shapes
        self.tried: dict[Changes, Reading | Conflict] = {}
        self.told: tuple[bool, int, Changes] = (False, -1, frozenset())

    def solve(self) -> Conflict | None:
        """Leave the nodes with the shapes of the best reading, or of the one whose conflict is returned."""
        first = self._read(frozenset())
        if first is None or not self.entries:
            return first
        self._note(frozenset(), first)
        for last_resort in (False, True):
            found = self._by_changes(last_resort)
            if found is not None:
                return self._read(found.changes)
        return self._read(self.told[2])

    def _read(self, changes: Changes) -> Conflict | None:
        """Type every node with these kinds."""
        self.shapes.forget()
        changed = dict(changes)
        for entry in self.entries:
            entry.become(changed.get(entry.name) or entry.kinds[0])
        try:
            for node in self.order:
                self.shapes.infer(node)
        except Conflict as conflict:
            return conflict
        place = self.shapes.sizes.settle()
        return None if place is None else Conflict(self.order[place], "sizes", self.order[place], self.order[place])

    def _by_changes(self, last_resort: bool) -> Reading | None:
        """The reading with the least cost; among equals, with the fewest additions, then the first one found."""
        level = 0
        while len(self.tried) < READINGS and not (last_resort and level == LAST_CHANGES):
            level += 1
            before = len(self.tried)
            seen: set[Changes] = set()
            self._explore(frozenset(), level, last_resort, seen)
            fitting = [reading for reading in self.tried.values() if isinstance(reading, Reading)]
            good = [reading for reading in fitting if reading.cost <= level]
            if good or (fitting and len(self.tried) == before):
                return min(good or fitting, key=lambda reading: (reading.added, reading.cost))
            if len(self.tried) == before:
                return None
        return None

    def _explore(self, changes: Changes, level: int, last_resort: bool, seen: set[Changes]) -> bool:
        """Try these changes and, where they conflict, further ones; True if a reading without additions was found."""
        seen.add(changes)
        outcome = self.tried.get(changes)
        if outcome is None:
            if len(self.tried) >= READINGS:
                return True
            conflict = self._read(changes)
            outcome = Reading(changes, self._added(changes)) if conflict is None else conflict
            self._note(changes, outcome)
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
        """Names met up to the conflict with other kinds, those at its place first."""
        changed = {name for name, _ in changes}
        met = dict.fromkeys(letters(conflict.node))
        for node in self.order[: conflict.node.index]:
            if isinstance(node, Letter):
                met.setdefault(node.entry)
        for entry in met:
            if entry.role == "inferred" and entry.name not in changed:
                for kind in entry.kinds[1:]:
                    yield (entry.name, kind)
                if last_resort and entry.kinds == ("matrix",) and conflict.problem != "call":
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
