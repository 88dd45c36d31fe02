"""The reference and the gallery as data: what the rule tables and ``derivations/`` say.

>>> [table["title"] for table in reference()["functions"]][:2]
['entrywise, of anything', 'to a scalar, or down columns (1) and along rows (2)']
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import TypedDict

from matcalc.errors import FormulaError
from matcalc.rules import functions, identities
from matcalc.rules.record import Function, Identity
from matcalc.rules.reference import TITLES, call, says, takes
from matcalc.write.narrate import statement_latex
from matcalc.www.shown import shown

PACKAGE = Path(__file__).resolve().parent.parent
Record = Mapping[str, object]


class Table(TypedDict):
    title: str
    records: list[Record]


class Reference(TypedDict):
    functions: list[Table]
    identities: list[Record]


class Document(TypedDict):
    """A file of ``derivations/``: its folder, its title (its first comment) and its text."""

    subject: str
    title: str
    text: str


def reference() -> Reference:
    """Every function under the title of its table, and every identity that steps cite."""
    order = list(TITLES)
    records = sorted(functions.records(), key=lambda record: order.index(record.kind))
    return {
        "functions": [
            {"title": TITLES[kind], "records": [_function(record) for record in found]}
            for kind, found in groupby(records, lambda record: record.kind)
        ],
        "identities": [_identity(identity) for identity in identities.every()],
    }


def _function(record: Function) -> Record:
    return {
        "name": record.name,
        "call": call(record),
        "takes": takes(record),
        "gives": record.gives,
        "says": says(record),
        "reading": _typeset(says(record), record.takes),
        "where": record.where,
        "aliases": record.aliases,
        "about": record.about,
        "source": record.source,
    }


def _identity(identity: Identity) -> Record:
    return {
        "name": identity.name,
        "says": identity.statement,
        "reading": _typeset(identity.statement, identity.given),
        "given": identity.given,
        "about": identity.about,
        "source": identity.source,
    }


def _typeset(statement: str, given: str) -> Record | None:
    """A statement of the language; None for one in words."""
    if "=" not in statement:
        return None
    try:
        return dict(shown(statement_latex(Identity("", statement, given, ""))))
    except FormulaError:
        return None


def gallery() -> list[Document]:
    """The documents, by subject and title."""
    folder = derivations_folder()
    found = [_document(path, folder) for path in sorted(folder.rglob("*.mc"))] if folder else []
    return sorted(found, key=lambda document: (document["subject"], document["title"]))


def derivations_folder() -> Path | None:
    """Beside the package in a clone, inside it when installed."""
    for folder in (PACKAGE / "derivations", PACKAGE.parent / "derivations"):
        if folder.is_dir():
            return folder
    return None


def _document(path: Path, folder: Path) -> Document:
    text = path.read_text(encoding="utf-8")
    first = next((line.lstrip("# ").strip() for line in text.splitlines() if line.startswith("#")), "")
    subject = path.parent.relative_to(folder).as_posix()
    return {"subject": "" if subject == "." else subject, "title": first or path.stem.replace("-", " "), "text": text}
