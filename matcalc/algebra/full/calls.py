"""Calls in full form: by what is known of the function, else as an atom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.algebra.full.definitions import DEFINITIONS, SOFT
from matcalc.algebra.full.entrywise import ENTRYWISE, is_entrywise, opaque_entries
from matcalc.algebra.full.opaque import opaque
from matcalc.algebra.full.structure import STRUCTURE
from matcalc.expr import Call

if TYPE_CHECKING:
    from matcalc.algebra.full.forms import Form, Forms


def call(forms: Forms, node: Call) -> Form:
    name, args = node.function, [forms.known[arg] for arg in node.args]
    structure = STRUCTURE.get(name)
    if structure is not None:
        return structure(forms, node, args)
    if forms.definitions and name in DEFINITIONS and (name in SOFT) == (len(args) == 1):
        return DEFINITIONS[name](forms, node, args)
    if is_entrywise(node):
        law = ENTRYWISE.get(name)
        found = law(forms, node, args[0]) if law is not None else None
        return found if found is not None else opaque_entries(forms, node, args)
    return opaque(forms, node, args)
