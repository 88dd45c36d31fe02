"""Mutation testing: one small change at a time in the code of a folder, each held against that folder's tests.

    python -m tests.mutants_of_code [--count N] [--seed S] [--folder rules|steps] [--state FILE]

The changes are Cosmic Ray's (``pip install cosmic-ray``), of each kind those that a programmer could have meant, and in the
tables of ``rules/`` also changes inside the formulas. Annotations, docstrings, caches and slots are left alone: no test can
see them. A mutant that a test notices is killed; those that survive are printed as a diff. With ``--state`` a run
that was ended goes on where it was.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = {  # of each folder, the quick ones first
    "rules": (
        "test_rules",
        "test_rules_derived",
        "test_rules_by_numbers",
        "test_matrix_functions",
        "test_code_targets",
    ),
    "steps": (
        "test_steps",
        "test_forms",
        "test_structure",
        "test_infer",
        "test_declarations",
        "test_entries",
        "test_blocks",
        "test_families",
        "test_sums",
        "test_totals",
        "test_write",
        "test_complex",
        "test_orders",
        "test_hessians",
        "test_seeds",
        "test_collection",
        "test_retyping",
        "test_random_formulas",
        "test_read",
        "test_check",
    ),
}
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
FORMULA = (("'", ""), (" + ", " - "), (" - ", " + "), ("2", "3"), (".*", "./"), ("tr(", "sum("), ("-", ""))
SECONDS = 600  # for the tests of one mutant


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
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        for keyword in node.keywords:
            value = keyword.value
            if keyword.arg in ("rule", "adjoint", "means") and isinstance(value, ast.Constant):
                begin = starts[value.lineno - 1] + value.col_offset
                end = starts[(value.end_lineno or 0) - 1] + (value.end_col_offset or 0)
                for old, new in FORMULA:
                    for place in re.finditer(re.escape(old), text[begin + 1 : end - 1]):
                        at = begin + 1 + place.start()
                        yield f"{old!r} as {new!r} at {at}", text[:at] + new + text[at + len(old) :]


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
            case ast.Call(ast.Name("cast")):
                node.args[0] = ast.Constant(None)
    return ast.dump(tree)


def killed(mutant: Mutant, copy: Path, tests: tuple[str, ...]) -> bool | None:
    """Whether one of the tests fails; None where they did not end."""
    path = copy / mutant.file
    original = path.read_text()
    path.write_text(mutant.text)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=no"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "XDG_CACHE_HOME": str(copy / ".cache")}
    try:
        files = [f"tests/{name}.py" for name in tests if (copy / f"tests/{name}.py").exists()]
        run = subprocess.run(
            [*command, *files], cwd=copy, env=environment, capture_output=True, timeout=SECONDS, check=False
        )
        return run.returncode != 0
    except subprocess.TimeoutExpired:
        return None
    finally:
        path.write_text(original)


def main() -> int:
    """Prints each mutant's fate and the sum; the exit status is 1 where more than one in twenty survives."""
    parser = argparse.ArgumentParser(description="Mutation testing of rules/ and steps/.")
    parser.add_argument("--count", type=int, default=100, help="mutants of each folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", choices=sorted(TESTS), action="append")
    parser.add_argument("--state", type=Path, help="fates so far, one JSON object a line")
    asked = parser.parse_args()
    known = [json.loads(line) for line in asked.state.read_text().splitlines()] if _exists(asked.state) else []
    fates = {k["mutant"]: k["fate"] for k in known}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "matcalc"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".*_cache", "__pycache__"))
        total: Counter[str] = Counter()
        for part in asked.folder or sorted(TESTS):
            every = changes(part)
            random.Random(asked.seed).shuffle(every)
            tried = (made for change in every if (made := mutant(change)) is not None)
            for k, made in enumerate(islice(tried, asked.count), 1):
                fate = fates.get(_difference(made))
                if fate is None:
                    fate = {True: "killed", False: "survived", None: "timed out"}[killed(made, copy, TESTS[part])]
                    _remember(asked.state, made, fate)
                total[fate] += 1
                print(f"{part} {k}/{asked.count}: {fate}: {made.file}: {made.change}", flush=True)
                if fate != "killed":
                    print(_difference(made), flush=True)
    print(dict(total))
    return int(20 * total["survived"] > total.total())


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()


def _remember(path: Path | None, mutant: Mutant, fate: str) -> None:
    if path is not None:
        with path.open("a") as file:
            print(json.dumps({"mutant": _difference(mutant), "fate": fate}), file=file)


def _difference(mutant: Mutant) -> str:
    old = (ROOT / mutant.file).read_text().splitlines()
    return "\n".join(difflib.unified_diff(old, mutant.text.splitlines(), mutant.file, "mutant", lineterm="", n=1))


if __name__ == "__main__":
    sys.exit(main())
