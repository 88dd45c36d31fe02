"""The package as a whole: what it loads and when, who imports whom, and how fast the command starts."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import matcalc

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "matcalc"
HEAVY = ("numpy", "sympy", "scipy", "lark")

# A folder or file imports only from those before it, or beside it.
ORDER = (
    "shape", "expr", "packed", "errors", "read", "rules", "algebra", "steps", "verify", "write",
    "expression", "emit", "form", "explicit", "sympy_input", "result", "api", "minimise", "autodiff", "expansion",
    "report", "notebook", "www", "cli", "__main__",
)  # fmt: skip
# What may load one of HEAVY when it is imported, and is itself imported only inside functions.
NUMERIC = ("verify/", "write/sympy", "sympy_input/")


def python(code: str, *arguments: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


LOADED = f"import sys; print([m for m in {HEAVY} if m in sys.modules])"


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """The parse tables are in the cache."""
    python("import matcalc; matcalc.derive('x', 'x', declare=['x : scalar'])")


# --- what it loads ------------------------------------------------------------------------------------------------


def test_importing_the_package_loads_next_to_nothing() -> None:
    code = "import sys; before = set(sys.modules); import matcalc; print(sorted(set(sys.modules) - before))"
    assert (
        set(ast.literal_eval(python(code)))
        <= {"matcalc", "__future__", "typing", "contextlib", "copyreg", "re"} | _of_typing()
    )


def _of_typing() -> set[str]:
    code = "import sys; before = set(sys.modules); import typing; print(sorted(set(sys.modules) - before))"
    return set(ast.literal_eval(python(code)))


@pytest.mark.parametrize(
    "call",
    [
        "matcalc.derive('norm(X w - y)^2', 'w').value",
        "matcalc.derive('norm(X w - y)^2', 'w').latex()",
        "matcalc.derive('logdet(A) + sum(tanh(A x))', ('A', 'x'), declare=['A : matrix(n, n), spd']).to_json()",
        "matcalc.derive('x\\' A x', 'x', order=2)",
        "matcalc.parse('tr(A B)').unicode()",
    ],
)
def test_deriving_without_steps_loads_no_numpy_sympy_or_lark(call: str) -> None:
    assert python(f"import matcalc; str({call}); {LOADED}") == "[]\n"


@pytest.mark.parametrize("options", [[], ["--plain"], ["--latex"], ["--json"]], ids=" ".join)
def test_the_command_without_steps_loads_no_numpy_sympy_or_lark(options: list[str]) -> None:
    code = f"import sys; from matcalc.cli import main; status = main(sys.argv[1:]); {LOADED}; sys.exit(status)"
    assert python(code, "derive", "norm(X w - y)^2", "--wrt", "w", *options).endswith("\n[]\n")


def test_steps_load_numpy_so_that_the_tests_above_can_fail() -> None:
    code = f"import matcalc; matcalc.derive('norm(X w - y)^2', 'w').steps; {LOADED}"
    assert "numpy" in python(code)


def test_the_command_starts_in_half_the_time_of_importing_sympy(tmp_path: Path) -> None:
    """Processor time, the best of several runs each, with compiled bytecode as an installation has it."""
    compiled = {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    command = "import sys; from matcalc.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ("derive", "norm(X w - y)^2", "--wrt", "w")
    ours = min(_seconds(command, *arguments, **compiled) for _ in range(6))
    sympy = min(_seconds("import sympy", **compiled) for _ in range(4))
    print(f"matcalc derive: {1e3 * ours:.0f} ms, import sympy: {1e3 * sympy:.0f} ms")
    assert ours <= sympy / 2


def _seconds(code: str, *arguments: str, **environment: str) -> float:
    before = os.times()
    python(code, *arguments, **environment)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


# --- who imports whom ---------------------------------------------------------------------------------------------


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module that a file imports, inside functions too, and whether that is when the file is imported itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {child for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for child in ast.walk(node)}
    for_types = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        at_once = node not in inside and node not in for_types
        if isinstance(node, ast.Import):
            yield from ((name.name, at_once) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from ((f"{node.module}.{name.name}", at_once) for name in node.names)


FILES = sorted(
    path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"
)


def place(part: str) -> int:
    return ORDER.index(part.removesuffix(".py"))


def looks_ahead(file: str, module: str) -> bool:
    """Whether a file's folder stands before that of the module, one of this package."""
    package, _, rest = module.partition(".")
    first = rest.partition(".")[0]
    return package == "matcalc" and first in ORDER and place(first) > place(file.split("/")[0])


def test_every_folder_has_its_place_in_the_order() -> None:
    assert {file.split("/")[0].removesuffix(".py") for file in FILES} == set(ORDER)


@pytest.mark.parametrize("file", FILES)
def test_a_file_imports_only_from_folders_before_its_own(file: str) -> None:
    assert [module for module, _ in imports(PACKAGE / file) if looks_ahead(file, module)] == []


def test_a_file_that_looks_ahead_is_noticed() -> None:
    assert looks_ahead("read/tokens.py", "matcalc.steps.infer.infer")
    assert looks_ahead("rules/record.py", "matcalc.algebra.transpose")
    assert not looks_ahead("steps/infer.py", "matcalc.read.syntax.Name")
    assert not looks_ahead("read/tokens.py", "re.compile")


@pytest.mark.parametrize("file", FILES)
def test_heavy_modules_are_imported_inside_functions(file: str) -> None:
    at_once = {module.partition(".")[0] for module, at_once in imports(PACKAGE / file) if at_once}
    assert at_once.isdisjoint(HEAVY) or file.startswith(NUMERIC)


# --- what is public -----------------------------------------------------------------------------------------------


def test_every_public_name_is_there_and_documented() -> None:
    for name in matcalc.__all__:
        assert getattr(matcalc, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        matcalc.nothing  # noqa: B018


def test_an_installed_package_has_its_grammars_and_documents_inside(tmp_path: Path) -> None:
    """As the wheel has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shutil.copytree(PACKAGE, tmp_path / "matcalc", ignore=shutil.ignore_patterns("__pycache__"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for source, target in included.items():
        shutil.copytree(ROOT / source, tmp_path / target)
    code = """import matcalc; print(matcalc.__file__, matcalc.derive('norm(x)^2', 'x').value)
from matcalc.www.reference import gallery; print(len(gallery()))"""
    printed = python(code, PYTHONPATH=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache"))
    documents = len([*(ROOT / "derivations").rglob("*.mc")])
    assert printed == f"{tmp_path / 'matcalc' / '__init__.py'} 2 x\n{documents}\n"


def test_the_package_is_typed_and_its_grammars_are_found() -> None:
    from matcalc.read.grammars import grammar_folder

    assert (PACKAGE / "py.typed").exists()
    assert {"formula.lark", "declaration.lark"} <= set(os.listdir(grammar_folder()))
