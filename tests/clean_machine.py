"""Wheel and sdist, built and installed into fresh environments, and used there: python -m tests.clean_machine

Every Python that is asked for (--python 3.11 --python 3.13), with the lowest and with the newest versions of the dependencies:
pip check, what is inside, that importing stays light, the doctests and a part of the tests from what is installed, and mypy
--strict on a user's file, which must pass, and on one with mistakes, which must not. Needs uv, and a package index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = (
    "test_infer",
    "test_collection",
    "test_rules",
    "test_emit",
    "test_equal",
    "test_sympy",
    "test_latex",
    "test_session",
)
EXTRAS = ("scipy", "picture", "web")
TOOLS = ("pytest>=9,<10", "hypothesis>=6.100,<7", "mypy==2.4.1")

INSIDE = """
import sys
before = set(sys.modules)
import matcalc
assert "site-packages" in matcalc.__file__, matcalc.__file__
heavy = {"sympy", "numpy", "scipy", "lark", "starlette", "uvicorn"}
assert not heavy & set(sys.modules)
result = matcalc.derive("norm(X w - y)^2", "w")
assert str(result.value) == "2 X' (X w - y)"
assert all(step.verified for step in result.steps)
assert result.function("numpy")(X=[[1, 0], [0, 1]], w=[1, 2], y=[0, 1]).tolist() == [2, 2]
assert str(matcalc.derive("sum(erf(x))", "x").function("numpy")(x=[0.0])) == "[1.12837917]"
assert abs(matcalc.derive("sum(LambertW(x))", "x").function("numpy")(x=[0.5])[0] - 0.52041) < 1e-4
assert str(matcalc.from_sympy(matcalc.parse("2 A' A x").to_sympy())) == "2 A' A x"
from importlib.resources import files
inside = files("matcalc")
assert inside.joinpath("py.typed").is_file() and inside.joinpath("grammar/formula.lark").is_file()
from matcalc.www.reference import gallery
assert len(gallery()) > 20
assert inside.joinpath("www/static/index.html").is_file()
import scipy
print("used:", sys.version.split()[0], *(f"{m} {sys.modules[m].__version__}" for m in ("numpy", "sympy", "scipy")))
"""
USER = """
import matcalc
from matcalc import Expression, LineReport, Result, Step

result: Result = matcalc.derive("norm(X w - y)^2", wrt="w", declare=["X : matrix(m, n)"])
value: Expression = result.value
steps: tuple[Step, ...] = result.steps
declared: list[str] = [str(declaration) for declaration in result.declarations]
text: str = result.latex(steps=True) + value.unicode() + str(matcalc.parse("A B"))
U, V = matcalc.symbols("U : matrix(I, K); V : matrix(J, K)")
product: Expression = 2 * (U @ V.T)
report = matcalc.check("check tr(A B) = tr(B A)")
lines: tuple[LineReport, ...] = report.lines
verdicts: list[str] = [line.verdict for line in lines]
"""
WRONG = """
import matcalc

matcalc.derive(3, wrt="w")
matcalc.derive("x' x")
value: int = matcalc.derive("x' x", wrt="x").value
matcalc.derive("x' x", wrt="x").stps
"""
FAULTS = ("[arg-type]", "[call-arg]", "[assignment]", "[attr-defined]")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", default=[], help="a version that uv finds; the one running this")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel, sdist = built(folder)
        failed = []
        for python in args.python or [sys.executable]:
            for artefact, resolution in ((wheel, "lowest-direct"), (wheel, "highest"), (sdist, "highest")):
                print(f"--- {python}, {artefact.suffix}, {resolution}", flush=True)
                try:
                    tried(artefact, python, resolution, Path(tempfile.mkdtemp(dir=folder)))
                except (subprocess.CalledProcessError, AssertionError) as error:
                    print(f"FAILED {error}", flush=True)
                    failed.append((python, artefact.name, resolution))
    print("failed:" if failed else "all is well", *failed)
    return bool(failed)


def run(*command: object, folder: Path, status: int = 0) -> str:
    """What a command prints, away from the checkout."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env={**clean, "XDG_CACHE_HOME": str(folder / "cache")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode != status:
        print(done.stdout[-3000:])
        raise subprocess.CalledProcessError(done.returncode, str(command[:2]))
    return done.stdout


def built(folder: Path) -> tuple[Path, Path]:
    """The wheel and the sdist."""
    print(run("uv", "build", "--quiet", "--out-dir", folder / "dist", ROOT, folder=folder), end="")
    (wheel,), (sdist,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
    return wheel, sdist


def tried(artefact: Path, python: str, resolution: str, folder: Path) -> None:
    """Installs it and uses it."""
    run("uv", "venv", "--quiet", "--python", python, folder / "venv", folder=folder)
    own = folder / "venv" / "bin" / "python"
    wanted = [
        f"{artefact}[{','.join(EXTRAS)}]",
        *bounds(),
    ]  # bounds as direct requirements: the lowest of these are taken
    run("uv", "pip", "install", "--quiet", "--python", own, "--resolution", resolution, *wanted, folder=folder)
    print(run("uv", "pip", "check", "--python", own, folder=folder).strip().splitlines()[-1])
    print(run(own, "-c", INSIDE, folder=folder), end="")
    command = own.parent / "matcalc"
    assert run(command, "derive", "tr(A X B)", "--wrt", "X", "--plain", folder=folder) == "(B A)'\n"
    run("uv", "pip", "install", "--quiet", "--python", own, *TOOLS, folder=folder)
    typed(own, folder)
    tested(own, folder)


def bounds() -> list[str]:
    """What pyproject.toml asks for, with the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]


def typed(own: Path, folder: Path) -> None:
    """mypy --strict, as a user runs it."""
    (folder / "user.py").write_text(USER)
    (folder / "wrong.py").write_text(WRONG)
    print("types:", run(own, "-m", "mypy", "--strict", "user.py", folder=folder).strip())
    told = run(own, "-m", "mypy", "--strict", "wrong.py", folder=folder, status=1)
    assert all(fault in told for fault in FAULTS), told


def tested(own: Path, folder: Path) -> None:
    """The doctests of the package, and a part of the tests, which are copied to where there is no checkout."""
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__", "browser"))
    pytest = (own, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = tests\n")
    files = [folder / "tests" / f"{name}.py" for name in TESTS]
    print("tests:", run(*pytest, *files, folder=folder).strip().splitlines()[-1])
    print("doctests:", run(*pytest, "--doctest-modules", "--pyargs", "matcalc", folder=folder).strip().splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
