"""matcalc: gradients of matrix formulas, with the derivation.

>>> import matcalc
>>> result = matcalc.derive("norm(X w - y)^2", wrt="w")
>>> print(result.value)
2 X' (X w - y)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matcalc.api import derive, parse
    from matcalc.errors import CallError, FormulaError, MatcalcError, NoRuleError
    from matcalc.expansion import Expansion, directional, hvp, taylor
    from matcalc.expression import Expression, call, symbols
    from matcalc.minimise import Objective, objective
    from matcalc.report.checking import check
    from matcalc.report.records import LineReport, Report
    from matcalc.result import Result, Step
    from matcalc.rules.functions import register
    from matcalc.rules.record import Function, Identity
    from matcalc.sympy_input import from_sympy

_WHERE = {
    "api": ("derive", "parse"),
    "expansion": ("Expansion", "directional", "hvp", "taylor"),
    "errors": ("CallError", "FormulaError", "MatcalcError", "NoRuleError"),
    "expression": ("Expression", "call", "symbols"),
    "minimise": ("Objective", "objective"),
    "report.checking": ("check",),
    "report.records": ("LineReport", "Report"),
    "result": ("Result", "Step"),
    "rules.functions": ("register",),
    "rules.record": ("Function", "Identity"),
    "sympy_input": ("from_sympy",),
}
_MODULES = {"load_ipython_extension": "notebook"} | {name: module for module, names in _WHERE.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "CallError", "Expansion", "Expression", "FormulaError", "Function", "Identity", "LineReport",
    "MatcalcError", "NoRuleError", "Objective", "Report", "Result", "Step", "call", "check", "derive", "directional",
    "from_sympy", "hvp", "objective", "parse", "register", "symbols", "taylor",
]  # fmt: skip


def __getattr__(name: str) -> object:
    """Loads a public name when it is asked for: importing the package costs nothing."""
    if name not in _MODULES:
        raise AttributeError(f"module 'matcalc' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"matcalc.{_MODULES[name]}"), name)
