r"""What names mean that only LaTeX writes: ``I_n``, ``\bar Z``, ``A_{ij}`` below a sum, ``\sigma(x)``, ``d\log\det X``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.expr import COMPLEX
from matcalc.read import formula, syntax
from matcalc.read.latex import differentials
from matcalc.read.names import GREEK_NAMES
from matcalc.read.syntax import Span, Syntax
from matcalc.read.trees import names_in
from matcalc.shape import Size, text
from matcalc.steps import latex_letters, subscripts
from matcalc.steps.scope import Scope

if TYPE_CHECKING:
    from matcalc.steps.resolve import Resolver

# What the reader leaves to the tables: a bold 1 with its sizes, angle brackets, the product of columns.
SIGNS = {"1": "ones", "0": "zeros", "I": "eye", "⟨⟩": "inner", "⊙KR": "khatrirao"}

# --- products ---------------------------------------------------------------------------------------------------------


def joined(scope: Scope, factors: tuple[Syntax, ...]) -> tuple[Syntax, ...]:
    r"""The factors with ``d`` joined to what it is the differential of, and the letter o between brackets as ⊙."""
    names = [factor.text for factor in factors if isinstance(factor, syntax.Name)]
    if "d" in names and scope.is_free("d"):
        factors = differentials.joined(factors, lambda of: _moves(scope, of))
    if "o" in names[:-1] and len(factors) > 2 and scope.is_free("o"):
        factors = _with_hadamard(factors)
    return factors


def _moves(scope: Scope, of: Syntax) -> bool:
    """Whether ``d`` before it makes a differential: of a name that is known, or of a formula with such names."""
    if isinstance(of, syntax.Name):
        return scope.differentiated("d" + of.text) is not None
    return any(scope.known(name) for name in names_in(of))


def _with_hadamard(factors: tuple[Syntax, ...]) -> tuple[Syntax, ...]:
    """``(W'X) o C``: the letter stands between a bracket and a factor."""
    for k in range(1, len(factors) - 1):
        factor = factors[k]
        if isinstance(factor, syntax.Name) and factor.text == "o" and isinstance(factors[k - 1], syntax.Group):
            left, right = _product(factors[:k]), _product(factors[k + 1 :])
            return (syntax.Binary(".*", left, right, (left.span[0], right.span[1])),)
    return factors


def _product(factors: tuple[Syntax, ...]) -> Syntax:
    if len(factors) == 1:
        return factors[0]
    return syntax.Juxtapose(factors, (factors[0].span[0], factors[-1].span[1]))


# --- names with subscripts --------------------------------------------------------------------------------------------


def by_name(resolver: Resolver, name: str, span: Span) -> bool:
    r"""Whether a name that nobody declared is read as something else: an entry, a constant with its sizes, a conjugate."""
    scope = resolver.scope
    if "_" not in name or name in scope.entries or name in scope.size_names:
        return False
    stem, *labels = name.split("_")
    if (scope.bound or scope.free_indices) and _entry(resolver, stem, labels, span):
        return True
    if labels == ["bar"] and (entry := scope.known(stem)) and entry.declaration is not None:
        if not COMPLEX.isdisjoint(entry.declaration.words):
            resolver.push_tree(syntax.Apply("conj", (syntax.Name(stem, span),), 0, span))
            return True
        return False
    if place := _unit_place(scope, stem, labels):
        return latex_letters.subscripted(resolver, syntax.Name(stem, span), place, span)
    sized = _sized(scope, stem, labels, span)
    if sized is not None:
        resolver.push_tree(sized)
    return sized is not None


def _unit_place(scope: Scope, stem: str, labels: list[str]) -> Syntax | None:
    """1 of ``e_1``, n of ``e_n`` where n is a size."""
    if stem != latex_letters.UNIT or len(labels) != 1 or not scope.is_free(stem):
        return None
    (label,) = labels
    if label.isdigit():
        return syntax.Number(int(label))
    return syntax.Name(label) if label in scope.size_names else None


def is_letter(scope: Scope, name: str) -> bool:
    """Whether a name with a subscript, which nobody declared, is no entry and no constant."""
    stem, *labels = name.split("_")
    if any(_places(scope, labels[split:]) for split in range(len(labels))) or _unit_place(scope, stem, labels):
        return False
    sized = _sized(scope, stem, labels, (0, 0))
    return entry(scope, name) is None and sized is None and labels != ["bar"]


def entry(scope: Scope, name: str) -> tuple[str, list[str]] | None:
    r"""The array and the places of ``x_1``, ``x_n``, ``A_{12}``, ``A_{1,n}`` where x or A is declared, and this name is not.

    A letter is a place only as the last one: n for x of the shape n, or for A of n columns.
    """
    stem, *labels = name.split("_")
    for split in range(len(labels)):
        base, places = "_".join([stem, *labels[:split]]), labels[split:]
        known = scope.known(base)
        if known is None:
            continue
        if known.role != "defined" and 1 not in (known.rows, known.cols):
            places = places if len(places) == 2 else list(places[0]) if len(places[0]) == 2 else []
            sizes = [known.rows, known.cols]
        else:
            sizes = [known.rows if known.cols == 1 else known.cols]
        if len(places) == len(sizes) and all(map(_is_place, places, sizes)):
            return base, places
    return None


def _is_place(label: str, size: Size) -> bool:
    return label.isdigit() or label == size


def _entry(resolver: Resolver, stem: str, labels: list[str], span: Span) -> bool:
    r"""``x_i``, ``A_{ij}``, ``A_{i,j}``, also ``a_{ij}`` of a matrix A, where a sum binds i, or i is declared a size."""
    scope = resolver.scope
    for split in range(len(labels)):
        places = _places(scope, labels[split:])
        if places is None:
            continue
        base = "_".join([stem, *labels[:split]])
        if base not in scope.entries and len(places) == 2 and scope.known(base.upper()):
            base = base.upper()
        if scope.bound.keys().isdisjoint(places) and not scope.known(base):
            continue
        subscripted = subscripts.written(places, span)
        if base in ("e", "E") and scope.is_free(base) and len(places) == 1:  # a unit vector
            resolver.push_tree(syntax.Index(syntax.Name("I", span), (None, subscripted[0]), span))
        else:
            subscripts.index(resolver, syntax.Name(base, span), subscripted, span)
        return True
    return False


def _places(scope: Scope, labels: list[str]) -> list[str] | None:
    """The subscripts that the labels of a name spell, if one of them at least is bound, or an index that is declared."""
    indices = scope.bound.keys() | scope.free_indices
    places: list[str] = []
    for label in labels:
        places += [label] if label in indices or label.isdigit() else list(label)
    known = all(place in indices or place.isdigit() for place in places)
    return places if known and not indices.isdisjoint(places) and len(places) <= 2 else None


def _sized(scope: Scope, stem: str, labels: list[str], span: Span) -> Syntax | None:
    r"""``I_n``, ``I_{2 n}``, ``D_n`` and ``K_{m,n}`` where m and n are sizes that are known; ``D_2`` is one of several D."""
    if not scope.is_free(stem) or stem in scope.entries:
        return None
    function = latex_letters.letters("").sized.get((stem, len(labels)))
    if function is None or (len(labels) == 1 and labels[0].isdigit() and stem != latex_letters.IDENTITY):
        return None
    place = (span[1], span[1])
    sizes = [
        size if size is not None or stem != latex_letters.IDENTITY else syntax.Name(label, place)
        for label in labels
        for size in (_size(scope, label, place),)
    ]
    known = [size for size in sizes if size is not None]
    return syntax.Apply(function, tuple(known), 0, span) if len(known) == len(sizes) else None


def _size(scope: Scope, label: str, place: Span) -> Syntax | None:
    """3, n, or 2n and mn as products of letters; None where one of them is no size."""
    if label in scope.size_names:
        return syntax.Name(label, place)
    letters = label.lstrip("0123456789")
    number = label[: len(label) - len(letters)]
    if not all(letter in scope.size_names for letter in letters):
        return None
    numbers = (syntax.Number(int(number), place),) if number else ()
    return _product((*numbers, *(syntax.Name(letter, place) for letter in letters)))


# --- sums -------------------------------------------------------------------------------------------------------------


def with_range(resolver: Resolver, index: syntax.Range, body: Syntax) -> syntax.Range:
    r"""``\sum_i``: as far as the dimension goes that i is a subscript of, in a name whose shape is declared."""
    if index.high != syntax.Name(""):
        return index
    size = _reach(resolver.scope, index.letter, body)
    if size is None:
        hint = rf"write \sum_{{{index.letter}=1}}^{{n}}, or declare what has this subscript"
        resolver.error(f"how far does the index {index.letter} run?", index.span, hint)
    return index._replace(high=formula.read(text(size)))


def _reach(scope: Scope, letter: str, body: Syntax) -> Size | None:
    todo: list[object] = [body]
    while todo:
        item = todo.pop()
        base, places = "", []
        if isinstance(item, syntax.Name):
            stem, _, label = item.text.partition("_")
            base, places = stem, label.split("_") if "_" in label or label in GREEK_NAMES else list(label)
        elif isinstance(item, syntax.Index) and isinstance(item.base, syntax.Name):
            base = item.base.text
            places = [place.text if isinstance(place, syntax.Name) else "" for place in item.subscripts]
        entry = scope.known(base) or (scope.known(base.upper()) if len(places) == 2 else None)
        if entry is not None and letter in places and entry.role != "defined":
            shape = (entry.rows, entry.cols)
            if len(places) == 2:
                return shape[places.index(letter)]
            return shape[0] if shape[1] == 1 else shape[1] if shape[0] == 1 else None
        if isinstance(item, tuple):
            todo.extend(reversed(tuple(item)))
    return None
