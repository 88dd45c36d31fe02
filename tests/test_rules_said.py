"""What a record says of its function beside the rule: what is even, odd, zero at zero, blind to a transpose says so, no other."""

from __future__ import annotations

from itertools import combinations
from math import inf

import numpy as np
import pytest
from oracle import SIZES, Array, close, evaluate, run
from test_rules import NAMED, RECORDS, drawn, title

import matcalc
from matcalc.errors import CallError
from matcalc.rules import functions, identities, sympy_functions
from matcalc.rules.record import Function, Identity

# Of a definition nothing need be said: it is expanded where it is met
OWN = [record for record in NAMED if not record.means and ";" not in record.takes]
ENTRYWISE = [  # those of SymPy join when they are used; conj is linear
    record for record in OWN if record.kind == "entrywise" and record.name != "conj" and record.source != "SymPy"
]
COMPARED = {"<": np.less, ">": np.greater, "<=": np.less_equal, ">=": np.greater_equal}
# fmt: off
OF_SYMPY = [
    ("airyai",     (-inf, inf),  0, ""),
    ("erfi",       (-inf, inf), -1, ""),
    ("fresnels",   (-inf, inf), -1, ""),
    ("sinc",       (-inf, inf),  1, "no entry of X is 0"),
    ("Si",         (-inf, inf), -1, "no entry of X is 0"),
    ("Ei",         (-inf, inf),  0, "no entry of X is 0"),
    ("Ci",         (0.0, inf),   0, "every entry of X is > 0"),
    ("LambertW",   (0.0, inf),   0, "every entry of X is > 0"),
    ("elliptic_k", (-1.0, 1.0),  0, "every entry of X is between -1 and 1"),
    ("asech",      (0.0, 1.0),   0, "every entry of X is between 0 and 1"),
    ("asec",       (1.0, inf),   0, "every entry of X is > 1"),
]
# fmt: on
OF_SQUARES = [record for record in OWN if record.takes.startswith("X : matrix(n, n)")]


def of(record: Function, array: Array) -> Array:
    with np.errstate(all="ignore"):
        return run(record, {record.takes[0]: array}, {"m": array.shape[0], "n": array.shape[1]})


@pytest.mark.parametrize("record", ENTRYWISE, ids=title)
def test_an_entrywise_function_says_that_it_is_even_or_odd_exactly_if_it_is(record: Function) -> None:
    for case in range(len(SIZES)):
        array = drawn(record, case).arrays[record.takes[0]]
        value, turned = of(record, array), of(record, -array)
        assert (1 if close(turned, value) else -1 if close(turned, -value) else 0) == record.parity


@pytest.mark.parametrize("record", ENTRYWISE, ids=title)
def test_an_entrywise_function_says_that_it_vanishes_at_zero_exactly_if_it_does(record: Function) -> None:
    vanishes = bool((of(record, np.zeros((2, 3))) == 0).all())
    assert vanishes or not record.zero
    assert (
        vanishes == record.zero or record.where or record.domain[0] >= 0
    )  # where 0 is a kink or outside, it may be silent


@pytest.mark.parametrize("record", [record for record in OWN if record.zero and record.takes], ids=title)
def test_what_says_that_it_vanishes_at_zero_does(record: Function) -> None:
    assert (of(record, np.zeros((3, 3))) == 0).all()


@pytest.mark.parametrize("name", ["csc", "cot", "csch", "coth", "acsch", "Si", "tan"])
def test_an_odd_function_vanishes_at_zero_unless_it_has_a_pole_there(name: str) -> None:
    value = matcalc.parse(f"{name}(zeros(3))")
    assert str(value) == ("zeros(3)" if name in ("Si", "tan") else f"{name}(zeros(3))")


@pytest.mark.parametrize("record", OF_SQUARES, ids=title)
def test_a_function_of_square_matrices_says_that_it_does_not_see_a_transpose_exactly_if_so(record: Function) -> None:
    for case in range(len(SIZES)):
        array = drawn(record, case).arrays[record.takes[0]]
        if not close(array, array.T):  # of which the declaration says it already
            assert close(of(record, array), of(record, array.T)) == record.invariant


def test_overloads_with_as_many_arguments_have_their_sizes_in_the_same_places() -> None:
    for name in functions.names():
        for record, other in combinations(functions.lookup(name), 2):
            assert not functions._takes_sizes_elsewhere(record, other), name
    turned = Function("unvech", "n : size; x : vector(n*(n+1)/2)", "matrix(n, n)", means="Diag(ones(n))")
    with pytest.raises(CallError, match="in the same places"):
        functions.register(turned)


@pytest.mark.parametrize("record", identities.TABLE, ids=[record.name for record in identities.TABLE])
def test_an_identity_says_something(record: Identity) -> None:
    left, right = record.statement.split(" = ")
    assert left != right


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("record", [record for record in RECORDS if record.name in COMPARED], ids=title)
def test_a_comparison_is_1_where_it_holds_and_0_elsewhere(record: Function, case: int) -> None:
    values = drawn(record, case)
    left, right = values.arrays.values()  # one of them may be a scalar
    assert close(evaluate(record.means, values), COMPARED[record.name](left, right).astype(float))


@pytest.mark.parametrize(("name", "domain", "parity", "where"), OF_SYMPY)
def test_of_a_function_of_sympy_is_said_where_it_is_real_and_whether_even_or_odd(
    name: str, domain: tuple[float, float], parity: int, where: str
) -> None:
    record = sympy_functions.lookup(name)
    assert record is not None
    assert (record.domain, record.parity, record.where) == (domain, parity, where)
    assert ("positive" in record.takes) == (domain == (0.0, inf))


def test_the_reference_says_of_which_functions_of_sympy_no_derivative_is_known() -> None:
    for name, is_known in (("airyai", True), ("floor", False), ("zeta", False)):
        record = sympy_functions.lookup(name)
        assert record is not None
        assert ("not known" in record.about) == (not is_known)


def test_a_function_that_scipy_has_is_computed_by_scipy_and_another_by_sympy() -> None:
    for name, library in (
        ("airyai", "scipy.special"),
        ("Si", "scipy.special"),
        ("floor", "np.floor"),
        ("Shi", "sympy"),
    ):
        record = sympy_functions.lookup(name)
        assert record is not None
        assert [known for known in ("scipy.special", "np.floor", "sympy") if known in record.code] == [library]


@pytest.mark.parametrize("pair", [("x' y", "s"), ("s", "3"), ("s", "2"), ("x", "3"), ("A", "A A'"), ("x", "s")])
@pytest.mark.parametrize("name", ["max", "min"])
def test_of_two_the_larger_is_the_same_in_either_order(name: str, pair: tuple[str, str]) -> None:
    a, b = pair
    left, right = (
        matcalc.parse(f"{name}({first}, {second})", ["x, y : vector(n)", "s, t : scalar", "A : matrix(n, n)"])
        for first, second in ((a, b), (b, a))
    )
    assert left == right


def test_of_the_same_twice_the_larger_is_that() -> None:
    assert str(matcalc.parse("max(A, A) + min(x x', x x')", ["A : matrix(n, n)", "x : vector(n)"])) == "x x' + A"
