"""By what a line follows: the identities that take it from the line before, read off what has changed between them.

>>> from matcalc.read.mc import read_document
>>> from matcalc.steps.setting import Setting
>>> from matcalc.verify.lines import judged
>>> document = read_document("E := W : W\\ncheck dE = 2 W : dW")
>>> (line,) = judged(document.statements[1], Setting.of(document.statements), document.source)
>>> [identity.name for identity in reasons_of(line, (), document.source)]
['square-rule']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from matcalc.algebra.rebuild import expand_names
from matcalc.algebra.trace import identities_used
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, Named, Symbol, postorder
from matcalc.read.document import Derivative
from matcalc.read.syntax import Add, Apply, Binary, Name, Postfix, Power, Syntax
from matcalc.read.trees import names_in
from matcalc.rules import identities
from matcalc.rules.record import Identity
from matcalc.steps import reasons
from matcalc.steps.setting import Setting
from matcalc.verify.lines import Judged
from matcalc.verify.places import places, plainly


def reasons_of(found: Judged, before: Sequence[Judged], source: str) -> tuple[Identity, ...]:
    """The identities that lead to a line, the first the one to print; none where nothing is known to say."""
    right = found.line.right
    if right is None or isinstance(right, Derivative) or found.motion is None or found.left is None:
        return ()
    setting = found.motion.setting
    try:
        if found.line.left is None and before:
            last = before[-1].line.right
            if last is None or isinstance(last, Derivative):
                return ()
            return _between(plainly(last, setting.names), plainly(right, setting.names), setting, source)
        return _opening(found.left, plainly(right, setting.names), setting)
    except MatcalcError:
        return ()


def _opening(left: Syntax | Derivative, right: Syntax, setting: Setting) -> tuple[Identity, ...]:
    """How the differential of a name is formed, down to what the line mentions, or to what it is differentiated by."""
    if isinstance(left, Derivative):
        node = setting.names.get(left.of.text) if isinstance(left.of, Name) else None
        by = [setting.names.get(x.text) for x in left.wrt if isinstance(x, Name)]
        stops = [x for x in by if isinstance(x, Symbol)]
        return tuple(_formed(expand_names(node.body), stops)) if isinstance(node, Named) and stops else ()
    if isinstance(left, Name) and left.text not in setting.names:
        node = setting.names.get(left.text[1:])
        if isinstance(node, Named):
            return tuple(_rules(node.body, right, setting))
    return ()


def _rules(body: Expr, right: Syntax, setting: Setting) -> list[Identity]:
    """The rules that differentiate a body down to what a line mentions."""
    inside = set(postorder(body))
    stops = [x for x in _stops(right, setting) if x in inside]
    return _formed(body, stops or [x for x in setting.names.values() if isinstance(x, Symbol)])


def _formed(body: Expr, stops: Sequence[Expr]) -> list[Identity]:
    """The rules that differentiate a body down to some letters; a square needs no product rule."""
    found = reasons.of_differential(body, stops)
    is_square = any(identity.name == "square-rule" for identity in found)
    return [i for i in found if not (is_square and i.name in ("product-rule", "transpose-rule"))]


def _stops(tree: Syntax, setting: Setting) -> list[Expr]:
    """What a line goes back to: the names whose differentials it mentions; all variables where it mentions none."""
    named = [setting.names[n[1:]] for n in names_in(tree) if n[0] == "d" and n[1:] in setting.names]
    return named or [x for x in setting.names.values() if isinstance(x, Symbol)]


# --- from one line to the next --------------------------------------------------------------------------------------


def _between(last: Syntax, right: Syntax, setting: Setting, source: str) -> tuple[Identity, ...]:
    found: list[Identity] = []
    found += _differentiated(last, right, setting, source)
    found += _noted(last, right, setting, source)
    found += _moved(last, right, setting, source)
    found += _rearranged(last, right, found)
    return tuple({identity.name: identity for identity in found}.values())


def _differentiated(last: Syntax, right: Syntax, setting: Setting, source: str) -> list[Identity]:
    """The rules of the names whose differentials were opened."""
    gone = Counter(names_in(last)) - Counter(names_in(right))
    out: list[Identity] = []
    for name in gone:
        node = setting.names.get(name[1:]) if name[0] == "d" and name not in setting.names else None
        if isinstance(node, Named):
            out += _rules(node.body, right, setting)
    for place in places(last):
        match place.node:
            case Power(Name(text)) | Postfix("^-T", Name(text)) if _differential_of(text, setting):
                out += _lookup("inv-rule")
            case Apply("d", (inner,)) if _opened(place.node, right):
                out += _rules(setting.expression(inner, source), right, setting)
    return out


def _opened(node: Syntax, right: Syntax) -> bool:
    """Whether a differential that one line has is no longer in the next."""
    return all(not isinstance(p.node, Apply) or _text(p.node) != _text(node) for p in places(right))


def _differential_of(name: str, setting: Setting) -> bool:
    return name[0] == "d" and name not in setting.names and name[1:] in setting.names


def _noted(last: Syntax, right: Syntax, setting: Setting, source: str) -> list[Identity]:
    """What the algebra used for one of the two lines and not for the other: M ⊙ M = M, inv(A) A = I."""
    used: list[set[str]] = []
    for tree in (last, right):
        with identities_used() as names:
            setting.expression(tree, source)
        used.append(set(names))
    return list(reasons.named(sorted(used[0] ^ used[1])))


def _moved(last: Syntax, right: Syntax, setting: Setting, source: str) -> list[Identity]:
    """What moved factors across the colon."""
    kept = {_text(p.node) for p in places(right) if isinstance(p.node, Binary) and p.node.operator == ":"}
    out: list[Identity] = []
    for place in places(last):
        match place.node:
            case Binary(":", _, moved) as node if _text(node) not in kept and not isinstance(moved, Name | Apply):
                expression = setting.expression(moved, source)
                stops = [n for n in postorder(expression) if isinstance(n, Symbol) and n.of is not None]
                if stops and expression not in stops:
                    out += reasons.of_moves(expression, stops)
    return out


def _rearranged(last: Syntax, right: Syntax, known: Sequence[Identity]) -> list[Identity]:
    """What is seen in the shape of the two lines: traces, sums, transposes; new terms may come from what is known."""
    out: list[Identity] = []
    for sign, changed in (("less", _kinds(last) - _kinds(right)), ("more", _kinds(right) - _kinds(last))):
        for kind in changed:
            if (sign, kind) != ("more", "term") or not (known or out):
                out += _lookup(REARRANGED.get((sign, kind), ""))
    if not out and not known and _kinds(right)["tr"]:
        out += _lookup("trace-cyclic")
    return out


# fmt: off
REARRANGED = {  # more or less of a kind of node: the identity that most likely did it
    ("less", "tr"): "frobenius-trace",        ("more", "tr"): "frobenius-trace",
    ("less", "term : "): "frobenius-collect", ("more", "term : "): "frobenius-distribute",
    ("less", "term"): "factor-left",          ("more", "term"): "product-distribute",
    ("less", "Diag"): "diagonal-vector",      ("more", "Diag"): "diagonal-vector",
    ("less", "norm"): "frobenius-norm",       ("more", "norm"): "frobenius-norm",
}
# fmt: on


def _kinds(tree: Syntax) -> Counter[str]:
    """How often each kind of node occurs that says something about a step."""
    out: Counter[str] = Counter()
    for place in places(tree):
        match place.node:
            case Add(_, terms):
                for term in terms:
                    out["term : " if isinstance(term, Binary) and term.operator == ":" else "term"] += 1
            case Apply("tr" | "Diag" | "diag" | "norm" as function):
                out["Diag" if function == "diag" else function] += 1
            case _:
                pass
    return out


def _lookup(name: str) -> list[Identity]:
    found = identities.lookup(name) if name else None
    return [found] if found is not None else []


def _text(tree: Syntax) -> str:
    """The names in a tree, by which it is known again."""
    return " ".join(names_in(tree))
