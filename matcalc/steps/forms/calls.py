"""Calls: the function with its arguments, inv(A') as inv(A)', tr(A' B) as A : B."""

from __future__ import annotations

from matcalc.algebra import product, transpose
from matcalc.algebra.diagonals import is_Diag
from matcalc.algebra.terms import as_number, parts
from matcalc.algebra.transposes import is_invariant
from matcalc.expr import Add, Call, Expr, Hadamard, Symbol, Transpose, Word
from matcalc.steps.forms.form import WRAPPED, Form, cost, form_of
from matcalc.steps.forms.norms import norm_of


def call(node: Call) -> list[Form]:
    if len(node.args) == 2 and not node.parameters and as_number(node.args[1]) in (1, 2):
        return [form_of(1, "call", node.args[::-1], (node.function, ()))]  # max(2, A): max(A, 2) has an axis
    if node.function == "mpower":
        return [form_of(1, "matrix power", node.args)]
    out = [form_of(1 + len(node.parameters), "call", node.args, (node.function, node.parameters))]
    if is_invariant(node):
        out.append(form_of(1, "call", (transpose(node.args[0]),), (node.function, ())))
    match node:
        case Call("tr", (Word() as word,)):
            out += _colons(word)
            root = norm_of(node)
            if root is not None:
                out.append(form_of(3, "norm squared", (root,), None, style=1))
        case Call("Diag", (Hadamard(((base, -1),)),)):
            out.append(form_of(2, "inverse diagonal", (base,)))  # inv(Diag(v))
        case Call("inv", (a,)):
            inner = parts(a)[2]
            turned = transpose(node)
            if turned is not node and inner is a and type(a) in (Transpose, Word, Add):
                flipped = transpose(a)
                out.append(
                    form_of(2, "wrapped inverse", (flipped,), None, style=0 if type(a) is Transpose else WRAPPED)
                )
    if (
        node.shape[0] != 1
        and not is_Diag(node)
        and len(node.args) == 1
        and type(node.args[0]) is Transpose
        and node.function != "inv"
    ):
        turned = transpose(node)
        if type(turned) is Call:
            out.append(form_of(1, "transpose", (turned,), None, style=-1))
    return out


def _colons(word: Word) -> list[Form]:
    """tr(A' B) as A : B at the split that is shortest."""
    out = []
    factors = word.factors
    for start in range(len(factors)):
        turned = factors[start:] + factors[:start]
        for k in range(1, len(turned)):
            if start + k > len(factors):
                break  # the two sides swapped
            sides = product(*[transpose(f) for f in reversed(turned[:k])]), product(*turned[k:])
            out.append(form_of(1, "colon", tuple(sorted(sides, key=_side))))
    return out


def _side(node: Expr) -> tuple[bool, int, tuple[str, ...]]:
    """A : B with the shorter side first, but a differential last."""
    letter = node.base if type(node) is Transpose else node
    return (type(letter) is Symbol and letter.of is not None, cost(node), node.letters)
