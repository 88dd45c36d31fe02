"""A result as plain data, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.shape import shape_text

if TYPE_CHECKING:
    from matcalc.result import Result
    from matcalc.rules.record import Identity


def data(result: Result, steps: bool) -> dict[str, object]:
    out: dict[str, object] = {
        "kind": result.kind,
        "formula": result.understood.source,
        "results": [
            {"wrt": x, "plain": str(v), "unicode": v.unicode(), "latex": v.latex(), "shape": shape_text(v.shape)}
            for x, v in zip(
                result.wrt if len(result.wrt) == len(result.values) else [", ".join(result.wrt)],
                result.values,
                strict=True,
            )
        ],
        "layout": result.layout,
        "declarations": [str(d) for d in result.declarations],
        "inferred": list(result.inferred),
        "definitions": {d.name: d.source for d in result.understood.definitions},
        "notices": list(result.notices),
        "conditions": list(result.conditions),
        "forms": [form.to_json() for form in result.forms()],
    }
    if result.quadratic is not None:
        out["quadratic"] = {
            "plain": str(result.quadratic),
            "unicode": result.quadratic.unicode(),
            "latex": result.quadratic.latex(),
        }
    if result.blocks is not None:
        where, block = result.blocks
        out["blocks"] = {"where": where, "plain": str(block), "unicode": block.unicode(), "latex": block.latex()}
    if result.riemannian:
        out["riemannian"] = [
            {
                "wrt": r.wrt,
                "plain": str(r.value),
                "unicode": r.value.unicode(),
                "latex": r.value.latex(),
                "statement": r.statement,
                "metric": r.metric,
                "source": r.source,
            }
            for r in result.riemannian
        ]
    if steps:
        out["steps"] = [
            {
                "left": s.left,
                "right": s.right,
                "latex": s.latex,
                "verified": s.verified,
                "identities": [_identity(i) for i in s.identities],
            }
            for s in result.steps
        ]
        out["names"] = [
            {"name": left, "value": right} for left, right, _ in result.lines()[: len(result.derivation.names)]
        ]
    return out


def _identity(identity: Identity) -> dict[str, str]:
    return {"name": identity.name, "statement": identity.statement, "given": identity.given, "source": identity.source}
