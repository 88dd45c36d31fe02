"""Runs a grammar's tables over tokens and builds nodes on the way: no recursion, however deep the brackets.

The rules of a grammar name verbs. A verb gets the nodes and the kept tokens of its rule, in order, and their span.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from matcalc.read import grammars
from matcalc.read.syntax import Span
from matcalc.read.tokens import END, Token

Node = TypeVar("Node")
Verb = Callable[[list[Node], list[Token], Span], Node]


class Unexpected(Exception):
    """The token at ``place`` cannot follow those before it, which took the parser to ``states``."""

    def __init__(self, place: int, states: list[int]) -> None:
        super().__init__(place)
        self.place = place
        self.states = states


def parse(grammar: str, tokens: list[Token], verbs: Mapping[str, Verb[Node]]) -> list[Node]:
    """The nodes that the start of the grammar makes of all tokens; Unexpected where they do not fit."""
    tables = grammars.load(grammar)
    actions, gotos, rules, kept = tables.actions, tables.gotos, tables.rules, tables.kept
    start = grammars.STARTS[grammar]
    states, end_state = [tables.starts[start]], tables.ends[start]
    bases: list[
        tuple[int, int, int]
    ] = []  # for every symbol: how many nodes and marks lie below it, and where it begins
    nodes: list[Node] = []
    marks: list[Token] = []
    end = 0
    for place, token in enumerate(tokens):
        kind = token.kind
        while states[-1] != end_state:
            action = actions[states[-1]].get(kind)
            if action is None:
                raise Unexpected(place, states)
            if action >= 0:
                states.append(action)
                bases.append((len(nodes), len(marks), token.start))
                if kind in kept:
                    marks.append(token)
                end = token.end
                break
            origin, size, verb = rules[~action]
            if size > 1:
                del states[1 - size :], bases[1 - size :]
            elif size == 0:
                states.append(states[-1])
                bases.append((len(nodes), len(marks), token.start))
            if verb:
                nodes_below, marks_below, begin = bases[-1]
                node = verbs[verb](nodes[nodes_below:], marks[marks_below:], (begin, end))
                del nodes[nodes_below:], marks[marks_below:]
                nodes.append(node)
            states[-1] = gotos[states[-2]][origin]
    return nodes


def expected(grammar: str, states: list[int]) -> frozenset[str]:
    """The kinds of token that the parser would take where it stands."""
    tables = grammars.load(grammar)
    return frozenset(kind for kind in tables.actions[states[-1]] if _takes(tables, list(states), kind))


def _takes(tables: grammars.Tables, states: list[int], kind: str) -> bool:
    """Whether the reductions that ``kind`` calls for end in its shift."""
    while states[-1] not in tables.ends.values():
        action = tables.actions[states[-1]].get(kind)
        if action is None or action >= 0:
            return action is not None
        origin, size, _ = tables.rules[~action]
        del states[len(states) - size :]
        states.append(tables.gotos[states[-1]][origin])
    return kind == END
