"""What the full normal form knows of functions: which only move indices, and what entrywise ones do with products and sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product as choices
from math import gcd, lcm
from typing import TYPE_CHECKING

from matcalc.algebra.full.canonical import connected, is_nonnegative, wrapped
from matcalc.algebra.full.networks import Edge, Monomial, Network, TooLarge, lowest
from matcalc.expr import Call, Rational
from matcalc.rules import functions as tables
from matcalc.shape import SCALAR, Shape

if TYPE_CHECKING:
    from matcalc.algebra.expand import Form, Forms
    from matcalc.algebra.full.networks import Atom

SUM = ("sum",)
EXP, LOG, STEP, SIGN, ABS, RELU, SIGMOID = (
    ("entries", name, ()) for name in ("exp", "log", "step", "sign", "abs", "relu", "sigmoid")
)
Structure = Callable[["Forms", Call, "list[Form]"], "Form"]
Law = Callable[["Forms", Call, "Form"], "Form | None"]
Parts = list[tuple[Monomial, Rational]]


# --- a monomial as a product of parts that hang together ------------------------------------------------------------------


def parts_of(monomial: Monomial) -> Parts:
    """The parts of a network that hang together by bound vertices, each over all the free ones, with exponents."""
    free = len(set(monomial.row + monomial.col))
    out: Parts = []
    for edges in connected(monomial.edges, range(free)):
        bound = {v for _, args, _ in edges for arg in args for v in arg if v >= free}
        order = {v: v for v in range(free)} | {v: free + k for k, v in enumerate(sorted(bound))}
        sizes = (*monomial.sizes[:free], *[monomial.sizes[v] for v in sorted(bound)])
        exponent = edges[0][2] if not bound else 1
        moved = [
            (a, tuple([tuple([order[v] for v in arg]) for arg in args]), 1 if not bound else e) for a, args, e in edges
        ]
        out.append((Monomial(monomial.row, monomial.col, sizes, tuple(moved)), exponent))
    return out


def frame(monomial: Monomial) -> Monomial:
    """The network without its edges: ones, or the identity."""
    free = len(set(monomial.row + monomial.col))
    return Monomial(monomial.row, monomial.col, monomial.sizes[:free], ())


def _is_nonnegative(forms: Forms, part: Monomial, exponent: Rational = 1) -> bool:
    if isinstance(exponent, int) and exponent % 2 == 0:
        return True
    return all(is_nonnegative(forms.atoms.atoms[atom], e) for atom, _, e in part.edges)


def raised(forms: Forms, part: Monomial, exponent: Rational) -> Form:
    """A part to a power."""
    net = Network(forms.atoms)
    row, col = net.add(frame(part))
    if len(part.edges) == 1 and _free(part) == len(part.sizes):
        ((atom, args, own),) = part.edges
        net.add_edge(atom, args, lowest(own * exponent))
        return forms._collected(net.settled(row, col))
    if exponent == 1:
        return {part: 1}
    sign, (atom, args, power) = wrapped(*_opened(forms, part), exponent)
    if sign < 0 and not isinstance(exponent, int):
        raise TooLarge
    net.add_edge(atom, args, power)
    return forms._collected(net.settled(row, col, sign if isinstance(exponent, int) and exponent % 2 else 1))


def _opened(forms: Forms, part: Monomial) -> tuple[Network, list[Edge], dict[int, int]]:
    """A part as a network, with its edges and the numbers of its free vertices."""
    net = Network(forms.atoms)
    row, col = net.add(part)
    return net, net.edges, {v: k for k, v in enumerate(dict.fromkeys(row + col))}


def power_of_monomial(forms: Forms, monomial: Monomial, number: Rational, exponent: Rational) -> Form | None:
    """(c Π part^p)^exponent; None where signs are not known and the exponent is not whole."""
    parts = parts_of(monomial)
    if not isinstance(exponent, int):
        if number < 0:
            return None
        sure = [_is_nonnegative(forms, part) for part, _ in parts]
        alone = len(parts) == 1 and parts[0][1] == 1
        if not all(sure) and not alone:
            return None
    factors: list[Form] = [{frame(monomial): 1}, *[raised(forms, part, lowest(own * exponent)) for part, own in parts]]
    return forms.product([*factors, *_number_power(forms, number, exponent)], "mixed")


def _number_power(forms: Forms, number: Rational, exponent: Rational) -> list[Form]:
    if number == 1:
        return []
    if isinstance(exponent, int):
        return [{ONE: lowest(Fraction(number) ** exponent)}]
    return [forms.single(forms._number(number), SCALAR, exponent)]


ONE = Monomial((), (), (), ())


def power_of_sum(forms: Forms, form: Form, shape: Shape, exponent: Rational) -> Form:
    """(c f (u + v))^p = c^p f^p (u + v)^p, the sum then being an atom."""
    whole = isinstance(exponent, int)
    number, common, rest = content(forms, form, whole, lambda part: whole or _is_nonnegative(forms, part))
    factors = [raised(forms, part, lowest(own * exponent)) for part, own in common] + _number_power(
        forms, number, exponent
    )
    if len(rest) == 1:
        ((monomial, left),) = rest.items()
        core = power_of_monomial(forms, monomial, left, exponent)
        if core is not None:
            return forms.product([core, *factors], "mixed")
    positive = all(
        c > 0 and all(_is_nonnegative(forms, part, own) for part, own in parts_of(m)) for m, c in rest.items()
    )
    core = forms.atomic(SUM, [rest], shape, {"nonnegative"} if positive else (), exponent)
    return forms.product([core, *factors], "mixed")


def content(forms: Forms, form: Form, signed: bool, wanted: Callable[[Monomial], bool]) -> tuple[Rational, Parts, Form]:
    """The number and the parts that all terms share, and the rest; the sign is such that form and -form have one rest."""
    values = list(form.values())
    number: Rational = lowest(Fraction(gcd(*[c.numerator for c in values]), lcm(*[c.denominator for c in values])))
    common: Parts = []
    frames = {frame(monomial) for monomial in form}
    if len(frames) == 1:
        split = [dict(parts_of(monomial)) for monomial in form]
        for part in dict.fromkeys(part for parts in split for part in parts):
            least = min(parts.get(part, 0) for parts in split)
            if least and wanted(part):
                common.append((part, least))
    rest = form
    if common:
        away: list[Form] = [raised(forms, part, -own) for part, own in common]
        rest = forms.product([form, *away], "mixed")
    rest = forms.sum([(rest, 1 / Fraction(number))])
    if len(rest) == 1:
        turned = signed and min(rest.values()) < 0
    else:
        turned = signed and least_key(forms, negative(rest)) < least_key(forms, rest)
    if turned:
        number, rest = -number, negative(rest)
    return number, common, rest


def negative(form: Form) -> Form:
    return {monomial: -c for monomial, c in form.items()}


def least_key(forms: Forms, form: Form) -> tuple[tuple[Monomial, Rational], ...]:
    """A key that the transpose does not change."""
    return min(tuple(sorted(form.items())), tuple(sorted(forms.transposed(form).items())))


# --- functions that move indices --------------------------------------------------------------------------------------------


def _moves(how: str) -> Structure:
    return lambda forms, node, args: forms.rearranged(args[0], how)


def _unvec(forms: Forms, node: Call, args: list[Form]) -> Form:
    found: Form = {}
    for monomial, number in args[0].items():
        net = Network(forms.atoms)
        index, _ = net.add(monomial)
        row, col = (() if size == 1 else (net.vertex(size),) for size in node.shape)
        net.join(index, col + row)
        forms._collected(net.settled(row, col, number), found)
    return found


def _kron(forms: Forms, node: Call, args: list[Form]) -> Form:
    return forms.product(args, "kron")


def _triangle(turned: bool) -> Structure:
    """tril(X) = T ⊙ X with T_ij = 1 where i >= j; triu(X) = T' ⊙ X."""

    def structure(forms: Forms, node: Call, args: list[Form]) -> Form:
        atom = forms.atoms.atom("triangle", {"binary", "nonnegative", "triangle"})
        found: Form = {}
        for monomial, number in args[0].items():
            net = Network(forms.atoms)
            row, col = net.add(monomial)
            if not row or not col:
                raise TooLarge
            net.edges.append((atom.number, (col, row) if turned else (row, col), 1))
            forms._collected(net.settled(row, col, number), found)
        return found

    return structure


def _inverse(forms: Forms, node: Call, args: list[Form]) -> Form:
    """inv(s A) = inv(A) / s, and entry by entry for a diagonal matrix."""
    form = args[0]
    if len(form) == 1:
        ((monomial, number),) = form.items()
        if monomial.row == monomial.col:
            found = power_of_monomial(forms, monomial, number, -1)
            if found is not None:
                return found
    if not form:
        raise TooLarge
    number, common, rest = content(forms, form, True, lambda part: not any(v < _free(part) for v in _met(part)))
    away = [raised(forms, part, -own) for part, own in common]
    core = forms._opaque(node, [rest])
    return forms.product([core, *away, {ONE: lowest(1 / Fraction(number))}], "mixed")


def _free(part: Monomial) -> int:
    return len(set(part.row + part.col))


def _met(part: Monomial) -> list[int]:
    return [v for _, args, _ in part.edges for arg in args for v in arg]


def know_inverse(forms: Forms, atom: Atom, form: Form) -> None:
    """inv(A) A = A inv(A) = I, where A is a letter."""
    if len(form) != 1:
        return
    ((monomial, number),) = form.items()
    if number != 1 or len(monomial.edges) != 1 or monomial.edges[0][2] != 1:
        return
    other, args, _ = monomial.edges[0]
    turned = args == (monomial.col, monomial.row)
    if not turned and args != (monomial.row, monomial.col):
        return
    for slot in (0, 1):
        there = slot if turned else 1 - slot
        atom.meets[slot, other, there] = "delta"
        forms.atoms.atoms[other].meets[there, atom.number, slot] = "delta"


def _linear(forms: Forms, node: Call, args: list[Form]) -> Form:
    """f(s A + B) = s f(A) + f(B), in the last argument."""
    *before, last = args
    out: list[tuple[Form, Rational]] = []
    for monomial, number in last.items():
        scalars = [(part, own) for part, own in parts_of(monomial) if not any(v < _free(part) for v in _met(part))]
        core = forms.product([{monomial: 1}, *[raised(forms, part, -own) for part, own in scalars]], "mixed")
        made = forms._opaque(node, [*before, core])
        out.append((forms.product([made, *[scalar_of(raised(forms, p, e)) for p, e in scalars]], "mixed"), number))
    return forms.sum(out)


def scalar_of(form: Form) -> Form:
    """The networks without their free indices, which none of their edges has."""
    out: Form = {}
    for monomial, number in form.items():
        free = _free(monomial)
        edges = tuple(
            [(a, tuple([tuple([v - free for v in arg]) for arg in args]), e) for a, args, e in monomial.edges]
        )
        out[Monomial((), (), monomial.sizes[free:], edges)] = number
    return out


def _part(sign: int) -> Structure:
    """(X ± X') / 2."""
    half = Fraction(1, 2)
    return lambda forms, node, args: forms.sum([(args[0], half), (forms.transposed(args[0]), sign * half)])


def _adjugate(forms: Forms, node: Call, args: list[Form]) -> Form:
    """det(X) inv(X), where definitions are written out."""
    if not forms.definitions:
        return forms._opaque(node, args)
    det = forms._opaque(Call("det", node.args, SCALAR), args)
    return forms.product([det, _inverse(forms, Call("inv", node.args, node.shape), args)], "mixed")


STRUCTURE: dict[str, Structure] = {
    "sym": _part(1),
    "skew": _part(-1),
    "adj": _adjugate,
    "tr": _moves("trace"),
    "diag": _moves("diagonal"),
    "Diag": _moves("Diag"),
    "vec": _moves("vec"),
    "unvec": _unvec,
    "kron": _kron,
    "tril": _triangle(turned=False),
    "triu": _triangle(turned=True),
    "inv": _inverse,
    **dict.fromkeys(("expm_frechet", "logm_frechet", "sinm_frechet", "cosm_frechet"), _linear),
    **dict.fromkeys(("vech", "unvech", "crossmat", "crossvec"), _linear),
}
INVARIANT = frozenset({  # functions of all entries, or of what a matrix and its transpose share
    "det", "logdet", "prod", "max", "min", "logsumexp", "norm1", "norm2", "normnuc", "sum",
})  # fmt: skip


def is_entrywise(node: Call) -> bool:
    """Whether a call is entrywise: max(A, B) is, max(A) is not; unknown functions are."""
    count = len(node.args)
    fitting = [r for r in tables.lookup(node.function) if not r.axis]
    records = [r for r in fitting if sum(not t.strip().endswith(": size") for t in r.takes.split(";")) == count]
    return not tables.lookup(node.function) or (bool(records) and all(r.kind == "entrywise" for r in records))


# --- entrywise functions ------------------------------------------------------------------------------------------------------


def opaque_entries(forms: Forms, node: Call, args: Sequence[Form], words: frozenset[str] = frozenset()) -> Form:
    """An entrywise function as an atom; f(-u) = ± f(u) where it is even or odd."""
    records = tables.lookup(node.function)
    parity = records[0].parity if records else 0
    key = ("entries", node.function, node.parameters)
    words = words or frozenset(_entry_words(node.function))
    if parity and least_key(forms, negative(args[0])) < least_key(forms, args[0]):
        return forms.sum([(forms.atomic(key, [negative(args[0])], node.shape, words), parity)])
    return forms.atomic(key, args, node.shape, words)


def _entry_words(name: str) -> frozenset[str]:
    given = [{w.strip() for w in record.gives.rpartition(")")[2].split(",")} for record in tables.lookup(name)]
    found = set.intersection(*given) & {"positive", "nonnegative", "binary"} if given else set()
    return frozenset(found | ({"nonnegative"} if found else set()))


def _exp(forms: Forms, node: Call, form: Form) -> Form:
    """exp(a u + b v) = exp(u)^a exp(v)^b."""
    factors = [
        forms.atomic(EXP, [{monomial: 1}], node.shape, {"positive", "nonnegative"}, number)
        for monomial, number in sorted(form.items())
    ]
    return forms.product([forms.ones(node.shape), *factors], "mixed")


def _log(forms: Forms, node: Call, form: Form) -> Form | None:
    """log(c u^a v^b) = log(c) + a log(u) + b log(v) of what is never negative; log(exp(u)) = u."""
    if not form:
        return None
    number, common, rest = content(forms, form, False, lambda part: _is_nonnegative(forms, part))
    if not common and (len(form) > 1 or number == 1 or min(form.values()) < 0):
        return None
    out = [(_log_of_part(forms, part, node.shape), own) for part, own in common]
    if number != 1:
        constant = forms.atomic(LOG, [{ONE: number}], SCALAR)
        out.append((forms.product([forms.ones(node.shape), constant], "mixed"), 1))
    if rest != forms.ones(node.shape):
        out.append((forms.atomic(LOG, [rest], node.shape), 1))
    return forms.sum(out)


def _log_of_part(forms: Forms, part: Monomial, shape: Shape) -> Form:
    """log(u); u where the part is exp(u)."""
    atom, args, _ = part.edges[0]
    terms = forms.atoms.atoms[atom].logarithm
    if not terms or len(part.edges) > 1:
        return forms.atomic(LOG, [{part: 1}], shape)
    found: Form = {}
    for term, number in terms:
        net = Network(forms.atoms)
        row, col = net.add(frame(part))
        for own, index in zip([i for i in net.add(term) if i], args, strict=True):
            net.join(own, index)
        forms._collected(net.settled(row, col, number), found)
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
        out.append(forms.atomic(ABS, [rest], node.shape, {"nonnegative"}))
    else:
        out.append(forms.ones(node.shape) if rest == forms.ones(node.shape) else rest)
    for part, own in common:
        if _is_nonnegative(forms, part, own):
            out.append(raised(forms, part, own))
        else:
            modulus = forms.atomic(ABS, [{part: 1}], node.shape, {"nonnegative"})
            out.append(forms.power(modulus, node.shape, own))
    return forms.product(out, "mixed")


def _sign(forms: Forms, node: Call, form: Form) -> Form:
    """sign(c u) for a number c; 2 step(u) - 1 where definitions are written out."""
    number, _, rest = content(forms, form, True, lambda part: False) if form else (1, [], form)
    sign = 1 if number > 0 else -1
    if not forms.definitions:
        return forms.sum([(forms.atomic(SIGN, [rest], node.shape), sign)])
    step = forms.atomic(STEP, [rest], node.shape, {"binary", "nonnegative"})
    return forms.sum([(step, 2 * sign), (forms.ones(node.shape), -sign)])


def _step(forms: Forms, node: Call, form: Form) -> Form | None:
    """step(c u) = step(u) for c > 0; step(-u) = 1 - step(u) almost everywhere, where definitions are written out."""
    if not form:
        return None
    number, _, rest = content(forms, form, forms.definitions, lambda part: False)
    step = forms.atomic(STEP, [rest], node.shape, {"binary", "nonnegative"})
    return step if number > 0 else forms.sum([(forms.ones(node.shape), 1), (step, -1)])


def _relu(forms: Forms, node: Call, form: Form) -> Form | None:
    """relu(c u) = c relu(u) for c > 0; u step(u)."""
    if not form:
        return None
    if forms.definitions:
        step = _step(forms, node, form)
        assert step is not None
        return forms.product([form, step], "mixed")
    number, _, rest = content(forms, form, False, lambda part: False)
    return forms.sum([(forms.atomic(RELU, [rest], node.shape, {"nonnegative"}), number)])


def _sigmoid(forms: Forms, node: Call, form: Form) -> Form:
    """sigmoid(-u) = 1 - sigmoid(u); 1 ./ (1 + exp(-u))."""
    if forms.definitions:
        return _over_one_plus_exp(forms, node, negative(form))
    turned = least_key(forms, negative(form)) < least_key(forms, form)
    made = forms.atomic(SIGMOID, [negative(form) if turned else form], node.shape, {"positive", "nonnegative"})
    return forms.sum([(forms.ones(node.shape), 1), (made, -1)]) if turned else made


def _over_one_plus_exp(forms: Forms, node: Call, form: Form) -> Form:
    """1 ./ (1 + exp(u))."""
    return forms.power(forms.sum([(forms.ones(node.shape), 1), (_exp(forms, node, form), 1)]), node.shape, -1)


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
        return forms.sum([(_exp(forms, node, form), half), (_exp(forms, node, negative(form)), sign * half)])

    return law


def _softplus(forms: Forms, node: Call, form: Form) -> Form | None:
    """log(1 + exp(u))."""
    if not forms.definitions:
        return None
    inner = forms.sum([(forms.ones(node.shape), 1), (_exp(forms, node, form), 1)])
    return _log(forms, node, inner) or forms.atomic(LOG, [inner], node.shape)


def _larger(sign: int) -> Structure:
    """max(A, B) = B + (A - B) step(A - B); min(A, B) = B - (B - A) step(B - A)."""

    def structure(forms: Forms, node: Call, args: list[Form]) -> Form:
        a, b = args[0], args[1]
        if node.args[1].shape != node.shape:
            b = forms.product([forms.ones(node.shape), b], "mixed")
        over = _relu(forms, node, forms.sum([(a, sign), (b, -sign)]))
        return forms.sum([(b, 1), (over or {}, sign)])

    return structure


ENTRYWISE: dict[str, Law] = {
    "exp": _exp,
    "log": _log,
    "abs": _abs,
    "sign": _sign,
    "step": _step,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "sinh": _hyperbolic(-1),
    "cosh": _hyperbolic(1),
    "softplus": _softplus,
}


# --- definitions that are no entrywise functions --------------------------------------------------------------------------------


def _softmax(forms: Forms, node: Call, args: list[Form]) -> Form:
    """exp(X) over its sum: of all entries, or of each row."""
    above = _exp(forms, node, args[0])
    if not node.parameters:
        total = forms.product([{ONE: 1}, forms.rearranged(above, "sum")], "mixed")
        return forms.product([above, forms.power(total, SCALAR, -1)], "mixed")
    rows = forms.rearranged(above, "rowsum")
    below = forms.product([rows, forms.ones((1, node.shape[1]))], "matrices")
    return forms.product([above, forms.power(below, node.shape, -1)], "entries")


def _logsumexp(forms: Forms, node: Call, args: list[Form]) -> Form:
    """log(sum(exp(X)))."""
    inner = Call("exp", node.args, node.args[0].shape)
    total = forms.rearranged(_exp(forms, inner, args[0]), "rowsum" if node.parameters else "sum")
    log = Call("log", node.args, node.shape)
    return _log(forms, log, total) or forms.atomic(LOG, [total], node.shape)


SOFT = frozenset({"softmax", "logsumexp"})  # of one argument; max and min of one are something else
DEFINITIONS: dict[str, Structure] = {
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "max": _larger(1),
    "min": _larger(-1),
}


# --- denominators ---------------------------------------------------------------------------------------------------------------

ROUNDS = 8


def cleared(forms: Forms, form: Form) -> Form:
    """A multiple of the form without sums in denominators, as far as these are not summed over."""
    for _ in range(ROUNDS):
        found = _denominator(forms, form)
        if found is None or not form:
            return form
        form = _multiplied(forms, form, *found)
    return form


def _denominator(forms: Forms, form: Form) -> tuple[int, tuple[int, ...], int] | None:
    """A sum to a negative power at free indices, and the largest such power."""
    for monomial in form:
        for atom, args, exponent in monomial.edges:
            below = isinstance(exponent, int) and exponent < 0 and forms.atoms.atoms[atom].terms
            if below and all(arg in (monomial.row, monomial.col) for arg in args):
                sides = tuple([0 if arg == monomial.row else 1 for arg in args])
                return atom, sides, max(_power_in(m, atom, sides) for m in form)
    return None


def _power_in(monomial: Monomial, atom: int, sides: tuple[int, ...]) -> int:
    args = tuple([monomial[side] for side in sides])
    return max([0, *[-e for a, own, e in monomial.edges if a == atom and own == args and isinstance(e, int)]])


def _multiplied(forms: Forms, form: Form, atom: int, sides: tuple[int, ...], power: int) -> Form:
    """The form times atom^power, entry by entry, the atom written out as a sum."""
    terms = forms.atoms.atoms[atom].terms
    found: Form = {}
    for monomial, number in form.items():
        args = tuple([monomial[side] for side in sides])
        rest = Monomial(*monomial[:3], tuple([e for e in monomial.edges if e[:2] != (atom, args)]))
        own = next((e for a, given, e in monomial.edges if (a, given) == (atom, args)), 0)
        left = own + power
        if not isinstance(left, int) or not 0 <= left <= 4:
            raise TooLarge
        for chosen in choices(terms, repeat=left):
            forms.worked()
            net = Network(forms.atoms)
            row, col = net.add(rest)
            factor = number
            for term, c in chosen:
                factor *= c
                indices = [i for i in net.add(term) if i]
                for index, side in zip(indices, sides, strict=True):
                    net.join(index, (row, col)[side])
            forms._collected(net.settled(row, col, factor), found)
    return found
