"""What entrywise functions do with products and sums: exp(a u + b v) = exp(u)^a exp(v)^b, |c u| = |c| |u|, …."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from matcalc.algebra.full.networks import ONE, Monomial, Network
from matcalc.algebra.full.opaque import EXP, atomic
from matcalc.algebra.full.powers import content, frame, least_key, negative, part_is_nonnegative, power, raised
from matcalc.expr import Call
from matcalc.rules import functions as tables
from matcalc.shape import SCALAR, Shape

if TYPE_CHECKING:
    from matcalc.algebra.full.forms import Form, Forms

Law = Callable[["Forms", Call, "Form"], "Form | None"]
LOG, STEP, SIGN, ABS, RELU, SIGMOID = (
    ("entries", name, ()) for name in ("log", "step", "sign", "abs", "relu", "sigmoid")
)


def is_entrywise(node: Call) -> bool:
    """Whether a call is entrywise: max(A, B) is, max(A) is not; unknown functions are."""
    count = len(node.args)
    fitting = [r for r in tables.lookup(node.function) if not r.axis]
    records = [r for r in fitting if sum(not t.strip().endswith(": size") for t in r.takes.split(";")) == count]
    return not tables.lookup(node.function) or (bool(records) and all(r.kind == "entrywise" for r in records))


def opaque_entries(forms: Forms, node: Call, args: Sequence[Form], words: frozenset[str] = frozenset()) -> Form:
    """An entrywise function as an atom; f(-u) = ± f(u) where it is even or odd."""
    records = tables.lookup(node.function)
    parity = records[0].parity if records else 0
    key = ("entries", node.function, node.parameters)
    words = words or frozenset(_entry_words(node.function))
    if parity and least_key(forms, negative(args[0])) < least_key(forms, args[0]):
        return forms.sum([(atomic(forms, key, [negative(args[0])], node.shape, words), parity)])
    return atomic(forms, key, args, node.shape, words)


def _entry_words(name: str) -> frozenset[str]:
    given = [{w.strip() for w in record.gives.rpartition(")")[2].split(",")} for record in tables.lookup(name)]
    found = set.intersection(*given) & {"positive", "nonnegative", "binary"} if given else set()
    return frozenset(found | ({"nonnegative"} if found else set()))


def exp(forms: Forms, node: Call, form: Form) -> Form:
    """exp(a u + b v) = exp(u)^a exp(v)^b."""
    factors = [
        atomic(forms, EXP, [{monomial: 1}], node.shape, {"positive", "nonnegative"}, number)
        for monomial, number in sorted(form.items())
    ]
    return forms.product([forms.ones(node.shape), *factors], "mixed")


def log(forms: Forms, node: Call, form: Form) -> Form | None:
    """log(c u^a v^b) = log(c) + a log(u) + b log(v) of what is never negative; log(exp(u)) = u."""
    if not form:
        return None
    number, common, rest = content(forms, form, False, lambda part: part_is_nonnegative(forms, part))
    if not common and (len(form) > 1 or number == 1 or min(form.values()) < 0):
        return None
    out = [(_log_of_part(forms, part, node.shape), own) for part, own in common]
    if number != 1:
        constant = atomic(forms, LOG, [{ONE: number}], SCALAR)
        out.append((forms.product([forms.ones(node.shape), constant], "mixed"), 1))
    if rest != forms.ones(node.shape):
        out.append((atomic(forms, LOG, [rest], node.shape), 1))
    return forms.sum(out)


def _log_of_part(forms: Forms, part: Monomial, shape: Shape) -> Form:
    """log(u); u where the part is exp(u)."""
    atom, args, _ = part.edges[0]
    terms = forms.atoms.atoms[atom].logarithm
    if not terms or len(part.edges) > 1:
        return atomic(forms, LOG, [{part: 1}], shape)
    found: Form = {}
    for term, number in terms:
        net = Network(forms.atoms)
        row, col = net.add(frame(part))
        for own, index in zip([i for i in net.add(term) if i], args, strict=True):
            net.join(own, index)
        forms.collected(net.settled(row, col, number), found)
    return found


def _abs(forms: Forms, node: Call, form: Form) -> Form | None:
    """|c u^a v^b (x + y)| = |c| |u|^a |v|^b |x + y|."""
    if forms.definitions:
        return forms.product([form, _sign(forms, node, form)], "mixed")
    if not form:
        return None
    number, common, rest = content(forms, form, True, lambda part: True)
    out: list[Form] = [{ONE: -number if number < 0 else number}]
    if len(rest) > 1:
        out.append(atomic(forms, ABS, [rest], node.shape, {"nonnegative"}))
    else:
        out.append(forms.ones(node.shape) if rest == forms.ones(node.shape) else rest)
    for part, own in common:
        if part_is_nonnegative(forms, part, own):
            out.append(raised(forms, part, own))
        else:
            modulus = atomic(forms, ABS, [{part: 1}], node.shape, {"nonnegative"})
            out.append(power(forms, modulus, node.shape, own))
    return forms.product(out, "mixed")


def _sign(forms: Forms, node: Call, form: Form) -> Form:
    """sign(c u) for a number c; 2 step(u) - 1 where definitions are written out."""
    number, _, rest = content(forms, form, True, lambda part: False) if form else (1, [], form)
    sign = 1 if number > 0 else -1
    if not forms.definitions:
        return forms.sum([(atomic(forms, SIGN, [rest], node.shape), sign)])
    step = atomic(forms, STEP, [rest], node.shape, {"binary", "nonnegative"})
    return forms.sum([(step, 2 * sign), (forms.ones(node.shape), -sign)])


def _step(forms: Forms, node: Call, form: Form) -> Form | None:
    """step(c u) = step(u) for c > 0; step(-u) = 1 - step(u) almost everywhere, where definitions are written out."""
    if not form:
        return None
    number, _, rest = content(forms, form, forms.definitions, lambda part: False)
    step = atomic(forms, STEP, [rest], node.shape, {"binary", "nonnegative"})
    return step if number > 0 else forms.sum([(forms.ones(node.shape), 1), (step, -1)])


def relu(forms: Forms, node: Call, form: Form) -> Form | None:
    """relu(c u) = c relu(u) for c > 0; u step(u)."""
    if not form:
        return None
    if forms.definitions:
        step = _step(forms, node, form)
        assert step is not None
        return forms.product([form, step], "mixed")
    number, _, rest = content(forms, form, False, lambda part: False)
    return forms.sum([(atomic(forms, RELU, [rest], node.shape, {"nonnegative"}), number)])


def _sigmoid(forms: Forms, node: Call, form: Form) -> Form:
    """sigmoid(-u) = 1 - sigmoid(u); 1 ./ (1 + exp(-u))."""
    if forms.definitions:
        return _over_one_plus_exp(forms, node, negative(form))
    turned = least_key(forms, negative(form)) < least_key(forms, form)
    made = atomic(forms, SIGMOID, [negative(form) if turned else form], node.shape, {"positive", "nonnegative"})
    return forms.sum([(forms.ones(node.shape), 1), (made, -1)]) if turned else made


def _over_one_plus_exp(forms: Forms, node: Call, form: Form) -> Form:
    """1 ./ (1 + exp(u))."""
    return power(forms, forms.sum([(forms.ones(node.shape), 1), (exp(forms, node, form), 1)]), node.shape, -1)


def _tanh(forms: Forms, node: Call, form: Form) -> Form | None:
    """1 - 2 ./ (1 + exp(2 u))."""
    if not forms.definitions:
        return None
    twice = _over_one_plus_exp(forms, node, forms.sum([(form, 2)]))
    return forms.sum([(forms.ones(node.shape), 1), (twice, -2)])


def _hyperbolic(sign: int) -> Law:
    """(exp(u) ± exp(-u)) / 2."""

    def law(forms: Forms, node: Call, form: Form) -> Form | None:
        if not forms.definitions:
            return None
        half = Fraction(1, 2)
        return forms.sum([(exp(forms, node, form), half), (exp(forms, node, negative(form)), sign * half)])

    return law


def _softplus(forms: Forms, node: Call, form: Form) -> Form | None:
    """log(1 + exp(u))."""
    if not forms.definitions:
        return None
    inner = forms.sum([(forms.ones(node.shape), 1), (exp(forms, node, form), 1)])
    return log(forms, node, inner) or atomic(forms, LOG, [inner], node.shape)


ENTRYWISE: dict[str, Law] = {
    "exp": exp,
    "log": log,
    "abs": _abs,
    "sign": _sign,
    "step": _step,
    "relu": relu,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "sinh": _hyperbolic(-1),
    "cosh": _hyperbolic(1),
    "softplus": _softplus,
}
