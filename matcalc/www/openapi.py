"""The interface described in OpenAPI, from the same records that answer.

>>> sorted(openapi()["paths"])[:2]
['/api/check', '/api/code']
"""

from __future__ import annotations

from dataclasses import fields

from matcalc import __version__
from matcalc.steps.understand import SPELLINGS
from matcalc.write.code.targets import TARGETS
from matcalc.www.answers import ANSWERS, Answer
from matcalc.www.pool import SECONDS
from matcalc.www.questions import LONGEST, MOST, Question

TEXT = {"type": "string", "maxLength": LONGEST}
TEXTS = {"type": "array", "maxItems": MOST, "items": TEXT}
# fmt: off
FIELDS: dict[str, dict[str, object]] = {
    "formula":  {**TEXT, "description": "the formula", "example": "norm(X w - y)^2"},
    "declare":  {**TEXTS, "description": "declarations and definitions, as in matcalc.derive",
                 "example": ["M : matrix(I, J), binary", "X := U V' - Y"]},
    "wrt":      {**TEXTS, "description": "the variables to differentiate by", "example": ["w"]},
    "order":    {"type": "integer", "minimum": 1, "maximum": 8,
                 "description": "1 for the gradient or Jacobian, 2 for the Hessian, 3 and on for those after it"},
    "layout":   {"type": "string", "default": "gradient", "description": "gradient, numerator or denominator"},
    "convention": {"type": "string", "default": "space",
                   "description": "free: by the free entries of a symmetric, triangular, … variable"},
    "syntax":   {"type": "string", "enum": list(SPELLINGS), "default": "plain"},
    "target":   {"type": "string", "enum": list(TARGETS), "default": "numpy"},
    "document": {**TEXT, "description": "declarations, definitions and a hand derivation",
                 "example": "E := x' A x\ncheck dE/dx = (A + A') x"},
}
ABOUT = {
    "read":      "What a formula means: its shape, and what was inferred of every letter.",
    "derive":    "The derivative, in every spelling.",
    "steps":     "The derivation line by line, with the identities that take it. Every line has been held against numbers.",
    "forms":     "The differential, the Jacobian over vec, and the entries.",
    "numbers":   "The result held against difference quotients at three draws of random numbers.",
    "code":      "The source of a function that computes the result.",
    "check":     "A hand derivation, line by line against the truth.",
    "language":  "The words of declarations: kinds with their sizes, properties with what they ask of a shape.",
    "reference": "The functions and identities of the rule tables.",
    "gallery":   "The documents of derivations/.",
}
FAILURES = {
    "400": "the body is no JSON object",
    "403": "Host or Origin is not that of this server",
    "413": "the body is too large",
    "415": "the body is not application/json",
    "500": "a fault of matcalc itself",
    "503": f"it took longer than {SECONDS:g} seconds or too much memory, or too many requests are waiting",
}
# fmt: on


def openapi() -> dict[str, object]:
    """The description of every verb."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "matcalc", "version": __version__, "description": "Derivatives of matrix formulas."},
        "paths": {f"/api/{name}": _path(name, verb) for name, verb in ANSWERS.items()},
        "components": {"schemas": {"Error": _error()}},
    }


def _path(name: str, verb: Answer) -> dict[str, object]:
    described: dict[str, object] = {"summary": ABOUT[name], "operationId": name, "responses": _responses()}
    if not verb.asks:
        return {"get": described}
    properties = {field.name: FIELDS[field.name] for field in fields(Question) if field.name in verb.asks}
    required = [verb.asks[0], *(["wrt"] if "wrt" in verb.asks else [])]
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {
        "post": {**described, "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    }


def _responses() -> dict[str, object]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    failed = {status: {"description": about, "content": error} for status, about in FAILURES.items()}
    about = "the answer; where the formula is at fault, an Error that says at which place"
    done = {"description": about, "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"200": done, **failed}


def _error() -> dict[str, object]:
    text = {"type": "string"}
    span = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
    told = {
        "kind": {**text, "enum": ["formula", "call", "fault", "request"]},
        "message": text,
        "hint": text,
        "source": {**text, "description": "the text that is at fault: the formula, or one of declare"},
        "spans": {"type": "array", "items": span, "description": "half-open ranges of its characters"},
    }
    return {"type": "object", "properties": {"error": {"type": "object", "properties": told}}, "required": ["error"]}
