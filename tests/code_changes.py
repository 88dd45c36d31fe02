"""The changes of the code that mutation testing tries, one at a time, and what each makes of a file.

They are Cosmic Ray's (``pip install cosmic-ray``), of each kind those that a programmer could have meant, and in the tables
of ``rules/`` also changes inside the formulas. Annotations, docstrings, caches and slots are left alone: no test can see
them.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
OPERATORS = (
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Add",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceUnaryOperator_Delete_Not",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "NumberReplacer",
    "ZeroIterationForLoop",
)
# Of what makes a record, the arguments that are formulas
POSITIONS = {"Function": (), "entrywise": (1, 2), "quotient": (1, 2), "Identity": (1,), "Property": (2, 3, 5, 6)}
FIELDS = ("rule", "adjoint", "columns", "means", "transposed", "commuting", "code", "space", "free", "riemannian")
FORMULA = (("'", ""), (" + ", " - "), (" - ", " + "), ("2", "3"), (".*", "./"), ("tr(", "sum("), ("-", ""))


class Change(NamedTuple):
    """The ``occurrence``-th place of a file at which an operator applies."""

    file: str
    operator: str
    occurrence: int


class Mutant(NamedTuple):
    """``text`` is the file with the change."""

    file: str
    change: str
    text: str


class Place(NamedTuple):
    """The function or method that is changed, as ``file::Class.method``, or the record of a table; "" where it is none."""

    function: str
    record: str


def changes(folder: str) -> list[Change]:
    """All that could be tried."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    found: list[Change] = []
    for path in sorted((ROOT / "matcalc" / folder).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        nodes = list(ast_nodes(get_ast(path.read_text())))
        for operator in OPERATORS:
            kind = get_operator(f"core/{operator}")()
            places = sum(len(list(kind.mutation_positions(node))) for node in nodes)
            found += [Change(name, operator, k) for k in range(places)]
        if folder == "rules":
            found += [Change(name, "formula", k) for k in range(len(list(_in_formulas(path.read_text()))))]
    return found


def mutant(change: Change) -> Mutant | None:
    """The mutant of a change; None where no test could see it or the change makes no Python."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    text = (ROOT / change.file).read_text()
    if change.operator == "formula":
        what, changed = list(_in_formulas(text))[change.occurrence]
    else:
        what = change.operator
        changed = mutate_code(text.encode(), get_operator(f"core/{what}")(), change.occurrence)
    try:
        return None if _meaning(changed) == _meaning(text) else Mutant(change.file, what, changed)
    except SyntaxError:
        return None


def _in_formulas(text: str) -> Iterator[tuple[str, str]]:
    """A transpose, a sign, a number or an operator changed inside the formulas of the tables."""
    code = text.encode()  # of which ast counts the columns
    starts = [0]
    for line in code.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for value in _formulas(ast.parse(text)):
        begin = starts[value.lineno - 1] + value.col_offset + 1
        end = starts[(value.end_lineno or 0) - 1] + (value.end_col_offset or 0) - 1
        for old, new in FORMULA:
            for place in re.finditer(re.escape(old.encode()), code[begin:end]):
                at = begin + place.start()
                changed = code[:at] + new.encode() + code[at + len(old) :]
                yield f"{old!r} as {new!r} at {at}", changed.decode()


def _formulas(tree: ast.Module) -> Iterator[ast.Constant]:
    """The texts of the tables that are formulas or code."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name(record), args, keywords) if record in POSITIONS:
                values = [args[k] for k in POSITIONS[record] if k < len(args)]
                for value in values + [keyword.value for keyword in keywords if keyword.arg in FIELDS]:
                    parts = value.elts if isinstance(value, ast.Tuple) else [value]
                    yield from (part for part in parts if isinstance(part, ast.Constant))


def _meaning(text: str) -> str:
    """The code without what no test can see."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign():
                node.annotation = ast.Constant(None)
            case ast.arg():
                node.annotation = None
            case ast.FunctionDef():
                node.returns = None
                node.decorator_list = [d for d in node.decorator_list if "cache" not in ast.unparse(d)]
            case ast.ClassDef():
                node.decorator_list = []
            case ast.Assert():
                node.test = ast.Constant(True)
            case ast.If(ast.Name("TYPE_CHECKING")):
                node.body = [ast.Pass()]
            case ast.Call(ast.Name("zip")):  # strict=True is an assertion, too
                node.keywords = []
            case ast.Call(ast.Name("cast")):
                node.args[0] = ast.Constant(None)
    return ast.dump(tree)


def place_of(made: Mutant) -> Place:
    """Where a mutant is changed."""
    old = (ROOT / made.file).read_text()
    pairs = zip(old.splitlines(), made.text.splitlines(), strict=False)
    line = next(k for k, (before, after) in enumerate(pairs, 1) if before != after)
    tree = ast.parse(old)
    name, nodes = "", tree.body
    while found := next((n for n in nodes if _has(n, line)), None):
        match found:
            case ast.ClassDef():
                name, nodes = f"{name}{found.name}.", found.body
            case ast.FunctionDef():
                return Place(f"{made.file}::{name}{found.name}", "")
            case _:
                break
    return Place("", next((text for text, call in _records(tree) if _has(call, line)), ""))


def _records(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """The records of a table, each with its name."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name(record), [ast.Constant(str(text)), *_]) if record in POSITIONS:
                yield text, node


def _has(node: ast.stmt | ast.Call, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or 0)


def difference(made: Mutant) -> str:
    """The change as a diff, without the numbers of lines, which other changes move."""
    old, new = (ROOT / made.file).read_text().splitlines(), made.text.splitlines()
    lines = difflib.unified_diff(old, new, made.file, "mutant", lineterm="", n=1)
    return "\n".join("@@" if line.startswith("@@") else line for line in lines)
