"""The newest Python, in WebAssembly: every formula of the collection derived there has the same bytes: python -m tests.pyodide

The npm package ``pyodide`` is CPython for Node without NumPy, so this is what derives and prints: the wheel and Lark are
unpacked into it, and the collections under ``tests/data/`` derived, typed plainly and in LaTeX. Needs Node, npm and uv.
Found: 3.14.2 gives the 746 results of 3.11.7, byte for byte, and loads no SymPy.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # so that it runs as a module, too

from npm import package

ROOT = Path(__file__).resolve().parent.parent
VERSION = "314.0.7"
DERIVED = """
import hashlib, json, sys
import matcalc
found = []
for name in ("reference", "questions"):
    for line in open(f"{DATA}/{name}.jsonl", encoding="utf-8"):
        record = json.loads(line)
        wrt = record["wrt"].split(",") if isinstance(record["wrt"], str) else record["wrt"]
        for text, syntax in ((record["expr"], "plain"), (record.get("latex"), "latex")):
            if text:
                try:
                    result = matcalc.derive(text, wrt, record["declare"], syntax)
                    found.append(f"{record['id']} {result} {result.latex()} {result.conditions}")
                except matcalc.MatcalcError as error:
                    found.append(f"{record['id']} {error}")
heavy = [name for name in ("numpy", "sympy") if name in sys.modules]
print(sys.version.split()[0], file=sys.stderr)
print(len(found), hashlib.sha256("\\n".join(found).encode()).hexdigest(), heavy)
"""
# Wheels are zip files; stdout is that of Python.
NODE = """
import { loadPyodide } from "%(pyodide)s/pyodide.mjs";
import fs from "node:fs";
const python = await loadPyodide({ stderr: console.error });
python.FS.mkdirTree("/data");
python.FS.mount(python.FS.filesystems.NODEFS, { root: "%(data)s" }, "/data");
for (const name of fs.readdirSync("%(wheels)s").filter((name) => name.endsWith(".whl"))) {
  python.FS.writeFile("/" + name, fs.readFileSync("%(wheels)s/" + name));
  python.runPython(`import site, zipfile; zipfile.ZipFile("/${name}").extractall(site.getsitepackages()[0])`);
}
python.runPython("DATA = '/data'\\n" + fs.readFileSync(0, "utf8"));
"""


def main() -> int:
    pyodide = package("pyodide", VERSION)
    if pyodide is None:
        print("there is no npm here, or no network")
        return 2
    data = ROOT / "tests" / "data"
    with tempfile.TemporaryDirectory() as name:
        wheels = Path(name)
        subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", wheels, ROOT], check=True)
        download = ("-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", wheels, "lark")
        subprocess.run([sys.executable, *download], check=True)
        (wheels / "run.mjs").write_text(NODE % {"pyodide": pyodide, "data": data, "wheels": wheels})
        there = answered(["node", wheels / "run.mjs"], DERIVED)
    here = answered([sys.executable, "-"], f"DATA = {str(data)!r}\n{DERIVED}")
    print(there, end="" if there == here else f"and here\n{here}")
    return there != here


def answered(command: list[str | Path], code: str) -> str:
    """What the code prints, read from standard input."""
    return subprocess.run(command, input=code, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout


if __name__ == "__main__":
    sys.exit(main())
