"""The grammars of ``grammar/*.lark`` as parse tables: compiled by Lark once, then kept as JSON in the user's cache.

>>> sorted(load("formula").starts)
['formula']

Lark is imported only when a grammar has to be compiled: the first time, or where no cache can be written.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from lark import Lark, Token
    from lark.grammar import Rule as LarkRule
    from lark.grammar import Symbol
    from lark.lexer import TerminalDef

FORMAT = 3  # of the stored tables; a new number leaves the old files unread
STARTS = {"formula": "formula", "declaration": "_statements", "latex": "formula"}
IMPORTED = "formula"  # the grammar that the others build on
STRAY = "STRAY"  # the kind of a character that begins no token
CUT = (  # terminals that only the pass between lexer and parser sees, in any of the grammars
    "BAR", "NORM", "COMMAND", "WORD", "LETTER", "ACCENTED", "DIGITS", "UNDER", "QUOTE", "RAISED", "ANGLE", "BECOMES",
    "EQUAL", "DOTS", "POINT", "AND", "DOLLAR",
)  # fmt: skip


class Rule(NamedTuple):
    """``size`` symbols become an ``origin``; ``verb`` names the node that is made of them, "" hands them through."""

    origin: str
    size: int
    verb: str


class Tables(NamedTuple):
    """An LALR(1) parser: ``actions[state][terminal]`` is the state to go to, or ``~k`` to reduce by ``rules[k]``."""

    pattern: str  # one regular expression; the name of the group that matches is the terminal
    ignored: frozenset[str]
    kept: frozenset[str]  # the terminals that nodes are made of: names and operators, not brackets and commas
    rules: list[Rule]
    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    starts: dict[str, int]
    ends: dict[str, int]


@cache
def load(name: str) -> Tables:
    """The tables of ``grammar/<name>.lark``, from the cache where it has them."""
    texts = [_text(part) for part in dict.fromkeys((IMPORTED, name))]
    key = _sum(repr((FORMAT, sys.version_info[:2], texts)))
    path = os.path.join(cache_folder(), f"{name}-{key}.json")
    tables = _stored(path)
    if tables is None:
        tables = compile_tables(name)
        _store(path, tables)
    return tables


@cache
def scanner(name: str) -> re.Pattern[str]:
    """What cuts a text into tokens; a character that begins none is a STRAY."""
    return re.compile(f"{load(name).pattern}|(?P<{STRAY}>.)", re.DOTALL)


def grammar_folder() -> str:
    """``matcalc/grammar`` of an installed package, ``grammar`` beside the package in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "grammar")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "grammar")


def _text(name: str) -> str:
    with open(os.path.join(grammar_folder(), name + ".lark"), encoding="utf-8") as file:
        return file.read()


def cache_folder() -> str:
    """Where this user's tables are kept; where no home is known, a relative path, which is not used."""
    home = os.path.expanduser("~")
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA", home)
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else os.path.join(home, ".cache")
    return os.path.join(base, "matcalc")


def _stored(path: str) -> Tables | None:
    """The tables in a file; None where it is missing, not the user's, or damaged: its first line sums up the rest."""
    if not os.path.isabs(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_uid != os.geteuid():
                return None
            digest, _, body = file.read().partition("\n")
        if _sum(body) != digest:
            return None
        pattern, ignored, kept, rules, *rest = json.loads(body)
        return Tables(pattern, frozenset(ignored), frozenset(kept), [Rule(*rule) for rule in rules], *rest)
    except (OSError, ValueError, TypeError):
        return None


def _store(path: str, tables: Tables) -> None:
    """Write the file in one step; where that cannot be, grammars are compiled each time."""
    if not os.path.isabs(path):
        return
    body = json.dumps(tables, default=sorted, ensure_ascii=False)
    draft = f"{path}.{os.getpid()}.{threading.get_ident()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(draft, "w", encoding="utf-8") as file:
            file.write(_sum(body) + "\n" + body)
        os.replace(draft, path)
    except OSError:
        return


def _sum(text: str) -> str:
    """A check sum against accidents; whoever can write the user's files need not trick it."""
    return f"{crc32(text.encode()):08x}"


class _Postlex:
    """Makes Lark keep the terminals that only the pass between lexer and parser sees."""

    always_accept = CUT

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


def lark(name: str, debug: bool = False) -> Lark:
    """The grammar as Lark reads it."""
    from lark import Lark

    return Lark(
        _text(name),
        parser="lalr",
        lexer="basic",
        start=STARTS[name],
        postlex=_Postlex(),
        import_paths=[grammar_folder()],
        debug=debug,
    )


def compile_tables(name: str) -> Tables:
    """The tables as Lark computes them, in the form in which they are stored and run."""
    from lark.parsers.lalr_analysis import Shift

    grammar = lark(name)
    table = grammar.parser.parser.parser.parse_table
    places = {rule: k for k, rule in enumerate(grammar.rules)}
    origins = {rule.origin.name for rule in grammar.rules}
    order = {state: k for k, state in enumerate(_reached(table.states, table.start_states.values()))}
    actions: list[dict[str, int]] = [{} for _ in order]
    gotos: list[dict[str, int]] = [{} for _ in order]
    for state, row in table.states.items():
        for symbol, (action, target) in sorted(row.items()):
            to = order[target] if action is Shift else ~places[target]
            (gotos if symbol in origins else actions)[order[state]][_plain(symbol)] = to
    kept = {symbol.name for rule in grammar.rules for symbol in _parts(rule) if symbol.is_term}
    return Tables(
        "|".join(f"(?P<{_plain(t.name)}>{t.pattern.to_regexp()})" for t in sorted(grammar.terminals, key=_first)),
        frozenset(map(_plain, grammar.ignore_tokens)),
        frozenset(map(_plain, kept)),
        [Rule(_plain(rule.origin.name), len(rule.expansion), _verb(rule)) for rule in grammar.rules],
        actions,
        gotos,
        {start: order[state] for start, state in table.start_states.items()},
        {start: order[state] for start, state in table.end_states.items()},
    )


def _reached(states: Mapping[int, Mapping[str, tuple[object, object]]], starts: Iterable[int]) -> list[int]:
    """The states in an order that does not depend on Lark's: as they are reached by symbols in alphabetical order."""
    found = list(starts)
    for state in found:
        targets = (target for _, (_, target) in sorted(states[state].items()) if isinstance(target, int))
        found += dict.fromkeys(target for target in targets if target not in found)
    return found + [state for state in states if state not in found]


def _plain(name: str) -> str:
    """A symbol's name without the prefix that Lark gives to what another grammar imports."""
    return name.replace(IMPORTED + "__", "")


def _first(terminal: TerminalDef) -> tuple[int, int, int, str]:
    """The order in which terminals are tried: that of Lark's lexer."""
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name


def _parts(rule: LarkRule) -> list[Symbol]:
    """What nodes are made of: all but brackets, commas and terminals whose name begins with ``_``."""
    from lark.grammar import Terminal

    return [symbol for symbol in rule.expansion if not (isinstance(symbol, Terminal) and symbol.filter_out)]


def _verb(rule: LarkRule) -> str:
    """The node that a rule makes: its alias or its own name; "" where it only hands its parts through."""
    if rule.alias:
        return _plain(rule.alias)
    parts = _parts(rule)
    alone = rule.options.expand1 and len(parts) == 1 and not parts[0].is_term
    name = _plain(rule.origin.name)
    return "" if name.startswith("_") or alone else name
