"""What the server answers, as plain data: the same results as from Python, with MathML to show them.

>>> answer("derive", {"formula": "norm(X w - y)^2", "wrt": ["w"]})["plain"]
"dE/dw = 2 X' (X w - y)"
>>> answer("derive", {"formula": "trc(A)", "wrt": ["A"]})["error"]["message"]
"unknown function 'trc'"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from matcalc.api import derive
from matcalc.errors import CallError, FormulaError, MatcalcError
from matcalc.expr import Symbol
from matcalc.read.declared import KINDS, PROPERTIES, Declaration
from matcalc.read.names import GREEK_NAMES
from matcalc.result import Result
from matcalc.rules.record import Identity
from matcalc.shape import shape_text, text
from matcalc.steps.structure import space_of
from matcalc.steps.understand import SPELLINGS, Understood, understand
from matcalc.write.code.targets import TARGETS
from matcalc.write.declared import declaration_latex
from matcalc.write.latex import letters
from matcalc.write.narrate import grad_latex, statement_latex
from matcalc.write.present import latex_text, plain_text
from matcalc.write.sides import latex_side
from matcalc.www.questions import Question
from matcalc.www.reference import gallery, reference
from matcalc.www.shown import shown

Data = Mapping[str, object]


def answer(name: str, data: Data) -> Data:
    """The answer to one question; what is at fault is told as ``error``, with its place."""
    try:
        verb = ANSWERS.get(name)
        if verb is None:
            raise CallError(f"there is no '{name}' to ask for; there is {', '.join(ANSWERS)}")
        return verb.give(Question.of(data, verb.asks))
    except FormulaError as error:
        return _error("formula", error.message, error.hint, error.source, error.spans)
    except CallError as error:
        return _error("call", str(error))
    except MatcalcError as error:
        return _error("fault", str(error))
    except RecursionError:
        return _error("formula", "the formula is too deep or too large for this")
    except MemoryError:
        raise
    except Exception as fault:  # noqa: BLE001  the server goes on
        return _error("fault", f"a fault of matcalc itself, please report it with the formula: {type(fault).__name__}")


def _error(kind: str, message: str, hint: str = "", source: str = "", spans: object = ()) -> Data:
    return {"error": {"kind": kind, "message": message, "hint": hint, "source": source, "spans": spans}}


# --- read -------------------------------------------------------------------------------------------------------------


def _read(asked: Question) -> Data:
    """What a formula means: its shape, its letters with what was inferred of them, its definitions."""
    found = understand(asked.formula, asked.declare, asked.syntax)
    return {
        "reading": shown(latex_text(found.tree)),
        "shape": shape_text(found.expression.shape),
        "scalar": found.expression.is_scalar,
        **_letters(found),
        "notices": found.notices,
    }


def _letters(found: Understood) -> dict[str, object]:
    return {
        "letters": [_letter(d, d.name in found.inferred) for d in found.declarations],
        "definitions": [
            {
                "name": d.name,
                "definition": f"{d.name} := {plain_text(d.syntax, found.spellings)}",
                "reading": shown(f"{letters(d.name)} = {latex_text(d.syntax)}"),
            }
            for d in found.definitions
        ],
        "variables": [
            {"name": name, "reading": shown(letters(name)), "structured": space_of(node) is not None}
            for name, node in found.names.items()
            if isinstance(node, Symbol) and node.name == name and "constant" not in node.properties
        ],
    }


def _letter(declaration: Declaration, inferred: bool) -> Data:
    return {
        "name": declaration.name,
        "kind": declaration.kind,
        "sizes": [text(size) for size in declaration.shape],
        "properties": declaration.properties,
        "complex": declaration.complex,
        "inferred": inferred,
        "declaration": str(declaration),
        "reading": shown(declaration_latex(declaration)),
    }


# --- derive -----------------------------------------------------------------------------------------------------------


def _result(asked: Question) -> Result:
    return derive(asked.formula, asked.wrt, asked.declare, asked.syntax, asked.order, asked.convention, asked.layout)


def _derive(asked: Question) -> Data:
    """The derivative in every spelling, where it holds, and what was read."""
    result = _result(asked)
    return {
        "kind": result.kind,
        "results": [
            {
                "wrt": x,
                "plain": str(value),
                "unicode": value.unicode(),
                "shape": shape_text(value.shape),
                "left": shown(left),
                "right": shown(value.latex()),
            }
            for x, left, value in zip(result.wrt, result.latex_labels, result.values, strict=False)
        ],
        "beside": [*_riemannian(result), *_of_hessian(result)],
        "latex": result.latex(),
        "plain": str(result),
        "layout": result.layout,
        "conditions": result.conditions,
        "notices": result.notices,
        "declarations": [str(d) for d in result.declarations],
        "targets": list(TARGETS),
    }


def _riemannian(result: Result) -> Iterator[Data]:
    for found in result.riemannian:
        about = f"{found.statement} is the Riemannian gradient, by {found.metric}"
        left = grad_latex(result.objective_name, found.wrt)
        yield {"left": shown(left), "right": shown(found.value.latex()), "about": about}


def _of_hessian(result: Result) -> Iterator[Data]:
    """The Hessian as a quadratic form where that is shorter, and its blocks where it falls into such."""
    if result.quadratic is not None and len(str(result.quadratic)) < len(str(result.value)):
        left = rf"\mathrm{{d}}^2 {letters(result.objective_name)}"
        yield {"left": shown(left), "right": shown(result.quadratic.latex()), "about": "as a quadratic form"}
    if result.blocks is not None:
        where, block = result.blocks
        yield {"left": shown(""), "right": shown(block.latex()), "about": "block " + where}


def _steps(asked: Question) -> Data:
    """The derivation line by line; what each rewrote is coloured. Every line has been held against numbers."""
    result = _result(asked)
    return {
        "lines": [
            {"left": shown(row.left), "right": shown(row.right), "identities": [_identity(i) for i in row.identities]}
            for row in result.latex_lines(coloured=True)
        ],
        "verified": all(step.verified for step in result.steps),
        "latex": result.latex(steps=True),
        "plain": "\n".join(f"{left} = {right}".lstrip() for left, right, _ in result.lines()),
    }


def _identity(identity: Identity) -> Data:
    return {
        "name": identity.name,
        "reading": shown(statement_latex(identity)),
        "given": identity.given,
        "source": identity.source,
        "about": identity.about,
    }


def _forms(asked: Question) -> Data:
    """The differential, the Jacobian and the entries."""
    return {
        "forms": [
            {
                "kind": form.kind,
                "left": shown(latex_side(form.left)),
                "right": shown(latex_text(form.tree)),
                "plain": str(form),
                "latex": form.latex(),
            }
            for form in _result(asked).forms()
        ]
    }


def _code(asked: Question) -> Data:
    """The source of a function that computes the result."""
    return {"target": asked.target, "source": _result(asked).function(asked.target).source}


def _numbers(asked: Question) -> Data:
    """The result held against difference quotients at three draws, of different sizes."""
    from matcalc.www.numbers import held_against_numbers

    return held_against_numbers(_result(asked))


def _check(asked: Question) -> Data:
    """A hand derivation, line by line against the truth."""
    from matcalc.www.checked import checked

    return {**checked(asked.document, asked.syntax)}


def _language() -> Data:
    """The words of declarations, what a page offers to choose from; and the commands that are plain spelling too."""
    words = {"kinds": KINDS, "properties": PROPERTIES, "spellings": SPELLINGS, "targets": list(TARGETS)}
    return {**words, "greek": sorted(GREEK_NAMES)}


class Answer(NamedTuple):
    """A verb of the interface, and the fields of a ``Question`` that it is asked with: POST; GET where there are none."""

    give: Callable[[Question], Data]
    asks: tuple[str, ...]


FORMULA = ("formula", "declare", "syntax")
DERIVATIVE = (*FORMULA, "wrt", "order")
LAID_OUT = (*DERIVATIVE, "layout", "convention")
ANSWERS: Mapping[str, Answer] = {
    "read": Answer(_read, FORMULA),
    "derive": Answer(_derive, LAID_OUT),
    "steps": Answer(_steps, LAID_OUT),
    "forms": Answer(_forms, DERIVATIVE),
    "numbers": Answer(_numbers, DERIVATIVE),
    "code": Answer(_code, (*LAID_OUT, "target")),
    "check": Answer(_check, ("document", "syntax")),
    "language": Answer(lambda _: _language(), ()),
    "reference": Answer(lambda _: {**reference()}, ()),
    "gallery": Answer(lambda _: {"documents": gallery()}, ()),
}
