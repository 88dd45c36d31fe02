"""Wheel and sdist, built and installed into fresh environments, and used there: python -m tests.clean_machine

Every Python that is asked for (--python 3.11 --python 3.13), with the lowest and with the newest versions of the dependencies:
pip check, what is inside, that importing stays light, the README's commands and blocks, the doctests and a part of the tests
from what is installed, and mypy --strict on a user's file, which must pass, and on one with mistakes, which must not. The
wheel without extras derives, and what needs an extra says which package is missing; the sdist makes the same wheel. Needs uv,
and a package index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What rests on the versions of dependencies: numbers, SymPy, the grammars, pictures, the page; and the README.
TESTS = (
    "test_readme.py",
    "test_collection.py",
    "test_emit.py",
    "test_sympy.py",
    "test_latex.py",
    "test_pictures.py",
    "test_www.py::test_the_answers_are_those_of_python",
)
EXTRAS = ("scipy", "picture", "web")
TOOLS = ("pytest>=9,<10", "pytest-xdist>=3.8,<4", "hypothesis>=6.100,<7", "mypy==2.4.1")

INSIDE = """
import sys
import matcalc
assert "site-packages" in matcalc.__file__, matcalc.__file__
heavy = {"sympy", "numpy", "scipy", "lark", "starlette", "uvicorn", "matcalc.www", "matcalc.verify"}
assert not heavy & set(sys.modules)
result = matcalc.derive("norm(X w - y)^2", "w")
assert str(result.value) == "2 X' (X w - y)"
assert not heavy - {"lark"} & set(sys.modules)  # the first derivation on a machine compiles the parse tables
assert all(step.verified for step in result.steps)
assert result.function("numpy")(X=[[1, 0], [0, 1]], w=[1, 2], y=[0, 1]).tolist() == [2, 2]
assert str(matcalc.from_sympy(matcalc.parse("2 A' A x").to_sympy())) == "2 A' A x"
from importlib.metadata import distributions
print("used:", sys.version.split()[0], *sorted(f"{d.name} {d.version}" for d in distributions() if d.name in sys.argv))
"""
WITH_EXTRAS = """
import matcalc
assert str(matcalc.derive("sum(erf(x))", "x").function("numpy")(x=[0.0])) == "[1.12837917]"
assert abs(matcalc.derive("sum(LambertW(x))", "x").function("numpy")(x=[0.5])[0] - 0.52041) < 1e-4
from importlib.resources import files
inside = files("matcalc")
assert inside.joinpath("py.typed").is_file() and inside.joinpath("grammar/formula.lark").is_file()
from matcalc.www.reference import gallery
assert len(gallery()) > 20
assert inside.joinpath("www/static/index.html").is_file()
"""
MISSING = (  # what needs an extra, the status, and the package that is named
    (("derive", "x' x", "--wrt", "x", "--picture", "x.svg"), "pip install ziamath"),
    (("serve", "--port", "0"), "pip install starlette"),
)
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
            for what, artefact, resolution in (
                (bare, wheel, "highest"),
                (bare, sdist, "highest"),
                (tried, wheel, "lowest-direct"),
                (tried, wheel, "highest"),
            ):
                title = f"{python}, {artefact.suffix}, {resolution}, {what.__name__}"
                print(f"--- {title}", flush=True)
                start = time.monotonic()
                try:
                    what(artefact, python, resolution, Path(tempfile.mkdtemp(dir=folder)))
                except (subprocess.CalledProcessError, AssertionError) as error:
                    print(f"FAILED {error}", flush=True)
                    failed.append(title)
                print(f"{time.monotonic() - start:.0f} s", flush=True)
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
    """The wheel of the checkout, and the sdist, which makes the same one."""
    for kind in ("wheel", "sdist"):
        run("uv", "build", "--quiet", f"--{kind}", "--out-dir", folder / "dist", ROOT, folder=folder)
    (wheel,), (sdist,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
    run("uv", "build", "--quiet", "--wheel", "--out-dir", folder / "again", sdist, folder=folder)
    (again,) = (folder / "again").glob("*.whl")
    assert contents(wheel) == contents(again)
    return wheel, sdist


def contents(wheel: Path) -> dict[str, int]:
    """The files of a wheel, with their checksums."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def installed(artefact: Path, python: str, resolution: str, folder: Path, wanted: list[str]) -> Path:
    """The interpreter of a fresh environment with the artefact in it, checked by pip's rules."""
    run("uv", "venv", "--quiet", "--python", python, folder / "venv", folder=folder)
    own = folder / "venv" / "bin" / "python"
    binary = ["--no-build"] if artefact.suffix == ".whl" else []  # the lowest versions that this Python has wheels of
    install = ("uv", "pip", "install", "--quiet", "--python", own, "--resolution", resolution, *binary)
    run(*install, *wanted, folder=folder)
    print(run("uv", "pip", "check", "--python", own, folder=folder).strip().splitlines()[-1])
    print(run(own, "-c", INSIDE, *names(wanted), folder=folder), end="")
    assert run(own.parent / "matcalc", "derive", "tr(A X B)", "--wrt", "X", "--plain", folder=folder) == "(B A)'\n"
    return own


def names(wanted: list[str]) -> list[str]:
    return [requirement.partition(">=")[0] for requirement in wanted[1:]]


def bare(artefact: Path, python: str, resolution: str, folder: Path) -> None:
    """Installed as the README says it first, without extras."""
    own = installed(artefact, python, resolution, folder, [str(artefact), *bounds(())])
    for command, said in MISSING:
        told = run(own.parent / "matcalc", *command, folder=folder, status=2)
        assert said in told, told
        assert "Traceback" not in told, told


def tried(artefact: Path, python: str, resolution: str, folder: Path) -> None:
    """Installed with its extras; types and tests."""
    wanted = [
        f"{artefact}[{','.join(EXTRAS)}]",
        *bounds(EXTRAS),
    ]  # as direct requirements: the lowest of these are taken
    own = installed(artefact, python, resolution, folder, wanted)
    run(own, "-c", WITH_EXTRAS, folder=folder)
    run("uv", "pip", "install", "--quiet", "--python", own, *TOOLS, folder=folder)
    typed(own, folder)
    tested(own, folder)


def bounds(extras: tuple[str, ...]) -> list[str]:
    """What pyproject.toml asks for, with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]


def typed(own: Path, folder: Path) -> None:
    """mypy --strict, as a user runs it."""
    (folder / "user.py").write_text(USER)
    (folder / "wrong.py").write_text(WRONG)
    print("types:", run(own, "-m", "mypy", "--strict", "user.py", folder=folder).strip())
    told = run(own, "-m", "mypy", "--strict", "wrong.py", folder=folder, status=1)
    assert all(fault in told for fault in FAULTS), told


def tested(own: Path, folder: Path) -> None:
    """The doctests of the package, the README, and a part of the tests, which are copied to where there is no checkout."""
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__", "browser"))
    for path in ("README.md", "derivations", ".ci"):
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        copy(ROOT / path, folder / path)
    pytest = (own, "-P", "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider", "--import-mode=importlib")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = tests\n")
    files = [folder / "tests" / name for name in TESTS]
    print("tests:", run(*pytest, *files, folder=folder).strip().splitlines()[-1])
    print("doctests:", run(*pytest, "--doctest-modules", "--pyargs", "matcalc", folder=folder).strip().splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
