"""The tables against numbers: every rule, adjoint, definition, transpose, property, identity, at three sizes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from oracle import SIZES, STEP, Array, Values, both_sides, close, draw, evaluate, run

from matcalc.errors import CallError, FormulaError
from matcalc.read.declarations import Declaration, read_declarations
from matcalc.read.declared import PROPERTIES
from matcalc.rules import functions, identities, properties, sympy_functions
from matcalc.rules.record import Function, Identity
from matcalc.shape import value as size_value

# fmt: off
CONTRACT = {  # the names that the language promises
    "entrywise": "exp log sqrt abs sign sin cos tan asin acos atan sinh cosh tanh sigmoid softplus relu step erf "
                 "gamma lgamma digamma Heaviside max min conj",
    "to a scalar": "tr det logdet sum mean norm normF norm2 norm1 normnuc inner logsumexp max min prod eigmax eigmin",
    "along an axis": "sum mean max min prod logsumexp softmax logsoftmax cumsum",
    "matrix functions": "inv pinv adj expm logm sqrtm sinm cosm chol eigvals svdvals",
    "structure": "diag Diag vec unvec vech sym skew tril triu rowsum colsum softmax logsoftmax khatrirao "
                 "blkdiag crossmat kron",
    "constants": "eye I ones zeros e unit K commutation D duplication pi vector matrix",
    "comparisons": "< > <= >=",
}
# fmt: on

RECORDS = functions.records()
NAMED = [record for record in RECORDS if record.name.isidentifier()]
# fmt: off
SYMPY = [
    "airyai", "airybi", "Si", "Ci", "Shi", "Chi", "LambertW", "erfinv", "erfi", "sinc", "fresnels", "Ei", "li", "acot",
    "asec", "acsch", "elliptic_k", "catalan", "factorial",
]
# fmt: on


def title(record: Function) -> str:
    return f"{record.name} of {', '.join(functions.pattern(record))}"


def drawn(record: Function, case: int) -> Values:
    """Arguments in the domain of a record; those that its rule does not differentiate stand still."""
    sizes = dict(SIZES[case], i=2)
    if "rows than columns" in record.where or "linearly independent" in record.where:
        sizes["m"] = sizes["n"] + 2
    values = draw(record.takes, sizes, np.random.default_rng([case, *map(ord, record.name)]), record.domain)
    arrays = dict(values.arrays)
    if "whole number" in record.where and "k" in arrays:
        arrays["k"] = np.array([[3.0 + case]])
    moving = {n: d for n, d in values.directions.items() if not record.rule or re.search(rf"\bd{n}\b", record.rule)}
    return Values(arrays, moving, values.sizes)


def difference(record: Function, values: Values) -> Array:
    upper, lower = (run(record, values.moved(step).arrays, values.sizes) for step in (STEP, -STEP))
    return (upper - lower) / (2 * STEP)


def differential(rule: str, record: Function, values: Values) -> Array:
    own = {**values.arrays, "Y": run(record, values.arrays, values.sizes)}
    return evaluate(rule.removeprefix("dY = "), Values(own, values.directions, values.sizes))


# --- the tables as tables -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CONTRACT)
def test_every_function_of_the_language_is_in_the_tables(kind: str) -> None:
    assert [name for name in CONTRACT[kind].split() if not functions.lookup(name)] == []


def test_functions_with_an_axis_take_1_and_2() -> None:
    for name in CONTRACT["along an axis"].split():
        assert {record.axis for record in functions.lookup(name)} >= {1, 2}, name


@pytest.mark.parametrize("record", RECORDS, ids=title)
def test_a_record_says_once_what_it_is_and_where_that_stands(record: Function) -> None:
    said = bool(record.rule or record.adjoint) + bool(record.means) + record.constant
    assert said == (not record.name.endswith("_jacobian"))  # Fréchet derivatives as matrices have no rule
    assert not (record.rule and record.adjoint) or ";" in record.takes
    assert record.source
    assert record.about
    assert record.name.isidentifier() == bool(record.code)


def test_no_overload_hides_another() -> None:
    for name in functions.names():
        patterns = [functions.pattern(record) for record in functions.lookup(name)]
        assert len(set(patterns)) == len(patterns), name


def test_softmax_of_a_matrix_asks_for_an_axis() -> None:
    takes = {functions.pattern(record)[0] for record in functions.lookup("softmax") if not record.axis}
    assert takes == {"vector(1)", "row(1)"}


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("record", NAMED, ids=title)
def test_code_gives_the_shape_and_the_properties_that_are_promised(record: Function, case: int) -> None:
    values = drawn(record, case)
    array = run(record, values.arrays, values.sizes)
    (given,) = read_declarations("Y : " + record.gives)
    assert isinstance(given, Declaration)
    assert array.shape == tuple(size_value(size, dict(values.sizes)) for size in given.shape)
    for word in given.properties:
        assert has(array, word), word


def has(array: Array, word: str) -> bool:
    """Whether an array has a property, as far as numbers tell."""
    found = properties.lookup(word)
    assert found is not None
    letter = found.given.partition(" ")[0]
    values = Values({letter: array}, {}, {"m": array.shape[0], "n": max(array.shape)})
    return all(holds(statement.replace(">= 0", ">= -10^(-9)"), values) for statement in found.means)


def holds(statement: str, values: Values) -> bool:
    if " = " in statement:
        return close(*both_sides(statement, values))
    return bool(np.all(evaluate(statement, values)))


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("record", [r for r in NAMED if r.transposed], ids=title)
def test_the_transpose_passes_on_as_a_record_says(record: Function, case: int) -> None:
    values = drawn(record, case)
    assert close(evaluate(record.transposed, values), run(record, values.arrays, values.sizes).T)


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("record", [r for r in NAMED if r.parity], ids=title)
def test_an_even_or_odd_function_is_one(record: Function, case: int) -> None:
    values = drawn(record, case)
    turned = {name: -array for name, array in values.arrays.items()}
    assert close(run(record, turned, values.sizes), record.parity * run(record, values.arrays, values.sizes))


# --- differentials --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("record", [r for r in NAMED if r.rule], ids=title)
def test_a_rule_agrees_with_central_differences(record: Function, case: int) -> None:
    values = drawn(record, case)
    assert close(differential(record.rule, record, values), difference(record, values), 1e-5)


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("record", [r for r in NAMED if r.constant and r.takes], ids=title)
def test_a_constant_function_does_not_move(record: Function, case: int) -> None:
    values = drawn(record, case)
    assert np.all(difference(record, values) == 0)


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("record", [r for r in NAMED if r.adjoint], ids=title)
def test_a_linear_function_moves_across_the_colon(record: Function, case: int) -> None:
    values = drawn(record, case)
    array = run(record, values.arrays, values.sizes)
    left = np.asarray(np.random.default_rng(case).normal(size=array.shape))
    assert holds(record.adjoint, Values({**values.arrays, "C": left}, {}, values.sizes))


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("record", [r for r in RECORDS if r.means], ids=title)
def test_a_definition_means_what_the_code_does(record: Function, case: int) -> None:
    values = drawn(record, case)
    meant = evaluate(record.means, values)
    letters = " ".join(values.arrays).split()
    expected = (
        run(record, values.arrays, values.sizes) if record.code
        else evaluate(f" {record.name} ".join(letters), values)
    )  # fmt: skip
    assert close(meant + 0 * expected, expected)  # a scalar is spread by vector(c)


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("record", [r for r in NAMED if r.commuting], ids=title)
def test_a_matrix_function_is_simpler_where_the_differential_commutes(record: Function, case: int) -> None:
    values = drawn(record, case)
    X = values.arrays["X"]
    commuting = Values(values.arrays, {"X": 0.3 * X @ X + 0.7 * X + np.eye(len(X))}, values.sizes)
    assert close(differential(record.commuting, record, commuting), difference(record, commuting), 1e-5)


@pytest.mark.parametrize(("name", "rule"), [
    ("tanh", "dY = (1 + Y.^2) .* dX"),
    ("logdet", "dY = inv(X) : dX"),
    ("inv", "dY = -Y dX"),
    ("inv", "dY = -Y dX Y'"),
    ("softmax", "dY = Y .* dX"),
    ("norm2", "dY = X / Y : dX"),
    ("eigmax", "dY = 2 eigmaxproj(X) : dX"),
    ("sqrtm", "dY = inv(Y) dX / 2"),
    ("expm", "dY = Y dX"),
    ("pinv", "dY = -Y dX Y"),
    ("chol", "dY = Y tril(inv(Y) dX inv(Y)')"),
])  # fmt: skip
def test_a_wrong_rule_is_noticed(name: str, rule: str) -> None:
    record = functions.lookup(name)[-1 if name == "norm2" else 0]
    for case in range(len(SIZES)):
        values = drawn(record, case)
        assert not close(differential(rule, record, values), difference(record, values), 1e-5)


# --- registering ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "_records", dict(functions._records))


GELU = Function("gelu", "X : matrix(m, n)", "matrix(m, n)", means="X .* (1 + erf(X / sqrt(2))) / 2", kind="entrywise")


@pytest.mark.usefixtures("tables")
def test_what_has_been_read_off_the_tables_is_read_again_after_a_registration() -> None:
    assert "gelu" not in functions.having("means")
    functions.register(GELU)
    assert "gelu" in functions.having("means")


@pytest.mark.usefixtures("tables")
def test_a_registered_function_is_found_under_its_names() -> None:
    functions.register(GELU)
    assert functions.lookup("gelu") == (GELU,)
    assert "gelu" in functions.names()


@pytest.mark.usefixtures("tables")
def test_a_narrow_overload_goes_before_a_wide_one() -> None:
    functions.register(GELU)
    narrow = Function("gelu", "x : row(k)", "row(k)", means="x")
    square = Function("gelu", "X : matrix(k, k)", "matrix(k, k)", means="X X")
    functions.register(square)
    functions.register(narrow)
    assert functions.lookup("gelu") == (narrow, square, GELU)


@pytest.mark.usefixtures("tables")
def test_a_second_registration_replaces_only_when_asked() -> None:
    functions.register(GELU)
    other = Function("gelu", "A : matrix(p, q)", "matrix(p, q)", means="relu(A)")
    with pytest.raises(CallError, match="is registered already"):
        functions.register(other)
    functions.register(other, replace=True)
    assert functions.lookup("gelu") == (other,)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("record", [
    Function("tanh", "A : matrix(p, q)", "matrix(p, q)", means="A"),
    Function("smooth", "A : matrix(p, q)", "matrix(p, q)", means="A", aliases=("relu",)),
    Function("two ways", "A : matrix(p, q)", "matrix(p, q)", means="A"),
    Function("twice", "A : matrix(p, q)", "matrix(p, q)", means="A", rule="dY = dA"),
    Function("unruled", "A : matrix(p, q)", "matrix(p, q)", rule="dA"),
    Function("unread", "A : matrix(p, q)", "matrix(p, q)", means="A +"),
    Function("undeclared", "A : tensor(p, q)", "matrix(p, q)", means="A"),
], ids=lambda record: str(record.name))  # fmt: skip
def test_what_cannot_be_registered_is_refused_and_leaves_no_trace(record: Function) -> None:
    before = dict(functions._records)
    with pytest.raises((CallError, FormulaError)):
        functions.register(record)
    assert functions._records == before


# --- identities -------------------------------------------------------------------------------------------------------


def sides(identity: Identity, case: int) -> tuple[Array, Array]:
    return both_sides(identity.statement, draw(identity.given, SIZES[case], np.random.default_rng([case, 7])))


TABLE = [*identities.TABLE, *(identity for word in properties.TABLE for identity in identities._of_property(word))]


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("identity", TABLE, ids=lambda identity: str(identity.name))
def test_an_identity_holds_on_numbers(identity: Identity, case: int) -> None:
    left, right = sides(identity, case)
    assert close(left, right, 1e-5 if "d(" in identity.statement else 1e-7)


@pytest.mark.parametrize(("statement", "given"), [
    ("tr(A B) = tr(A B')", "A : matrix(n, n); B : matrix(n, n)"),
    ("d(A B) = dA B + B dA", "A : matrix(n, n); B : matrix(n, n)"),
    ("A : (B C) = (A C) : B", "A : matrix(n, n); B : matrix(n, n); C : matrix(n, n)"),
    ("M ⊙ M = M", "M : matrix(m, n)"),
    ("vec(A X B) = kron(A, B') vec(X)", "A : matrix(n, n); X : matrix(n, n); B : matrix(n, n)"),
    ("log(det(A)) = 2 logdet(A)", "A : matrix(n, n), spd"),
    ("sqrtm(S) = S.^(1/2)", "S : matrix(n, n), spd"),
    ("exp(A + B) = expm(A) expm(B)", "A : matrix(n, n); B : matrix(n, n)"),
])  # fmt: skip
def test_a_wrong_identity_is_noticed(statement: str, given: str) -> None:
    for case in range(len(SIZES)):
        assert not close(*sides(Identity("wrong", statement, given, ""), case), 1e-5)


def test_names_of_identities_are_kebab_unique_and_found() -> None:
    known = identities.every()
    assert [name for name, count in Counter(identity.name for identity in known).items() if count > 1] == []
    assert all(re.fullmatch(r"[a-zA-Z0-9_]+(-[a-z0-9]+)*", identity.name) and identity.source for identity in known)
    assert all(identities.lookup(identity.name) is not None for identity in known[:20])
    assert identities.lookup("no-such-identity") is None


def test_identities_of_functions_are_read_off_their_records() -> None:
    for name, statement in {
        "det-rule": "d(det(X)) = det(X) inv(X)' : dX",
        "diag-adjoint": "C : diag(X) = Diag(C) : X",
        "mean-definition": "mean(X) = sum(X) / (m n)",
        "softmax-matrix-1-rule": "d(softmax(X, 1)) = softmax(X, 1) .* (dX - ones(m) ones(m)' (softmax(X, 1) .* dX))",
    }.items():
        identity = identities.lookup(name)
        assert identity is not None
        assert identity.statement == statement


# --- properties -------------------------------------------------------------------------------------------------------


def test_declarations_and_the_table_know_the_same_properties() -> None:
    assert set(properties.names()) == set(PROPERTIES)


@pytest.mark.parametrize("case", range(len(SIZES)))
@pytest.mark.parametrize("word", properties.TABLE, ids=lambda word: str(word.name))
def test_the_sample_of_a_property_has_it_and_what_it_implies(word: properties.Property, case: int) -> None:
    n = SIZES[case]["n"]
    random = np.random.default_rng([case, 3])
    B = random.normal(size=(n, n)) + (1j * random.normal(size=(n, n)) if "complex" in word.given else 0)
    array = evaluate(word.sample, Values({"B": B, "b": random.normal(size=(n, 1))}, {}, {"n": n}))
    for name in properties.closure([word.name]):
        assert has(array, name), name


@pytest.mark.parametrize("word", [w for w in properties.TABLE if w.means], ids=lambda word: str(word.name))
def test_what_does_not_have_a_property_is_told(word: properties.Property) -> None:
    array = np.array([[1.0, -2.0, 3.0], [2.0, 4.0, -6.0], [3.0, -2.0, -3.0]])
    array = array - np.diag([0, 0, 1.5]) if word.name != "invertible" else np.array([[1.0, 2.0], [2.0, 4.0]])
    if word.name == "invertible":
        with pytest.raises(np.linalg.LinAlgError):
            has(array, word.name)
    else:
        assert not has(array[:, :1] if "vector" in word.given else array, word.name)


@pytest.mark.parametrize("word", [w for w in properties.TABLE if w.space], ids=lambda word: str(word.name))
def test_a_gradient_is_projected_orthogonally_onto_its_space(word: properties.Property) -> None:
    random = np.random.default_rng(5)
    G, B = random.normal(size=(4, 4)), random.normal(size=(4, 4))
    projected = evaluate(word.space, Values({"G": G}, {}, {"n": 4}))
    again = evaluate(word.space, Values({"G": projected}, {}, {"n": 4}))
    inside = evaluate(word.space, Values({"G": B}, {}, {"n": 4}))
    assert close(projected, again)
    assert np.isclose(np.sum((G - projected) * inside), 0)


def test_what_follows_from_a_property_follows_to_the_end() -> None:
    assert properties.closure(["diagonal"]) == {"diagonal", "symmetric", "lower", "upper"}
    assert properties.closure(["lower", "upper"]) >= {"diagonal", "symmetric"}
    assert properties.closure(["symmetric"]) == {"symmetric"}
    assert properties.closure(["no such word"]) == {"no such word"}


# --- functions of SymPy -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SYMPY)
def test_a_function_of_sympy_has_its_derivative(name: str) -> None:
    record = sympy_functions.lookup(name)
    assert record is not None
    assert record.rule
    for case in range(len(SIZES)):
        values = drawn(record, case)
        X = np.abs(values.arrays["X"]) + 0.1 if record.domain[1] > 1 else values.arrays["X"]
        values = Values({"X": X}, values.directions, values.sizes)
        assert close(differential(record.rule, record, values), difference(record, values), 1e-5)


@pytest.mark.parametrize("name", ["floor", "zeta", "fibonacci", "DiracDelta", "frac"])
def test_a_function_whose_derivative_is_not_known_has_no_rule(name: str) -> None:
    record = sympy_functions.lookup(name)
    assert record is not None
    assert (record.rule, record.means, record.adjoint, record.constant) == ("", "", "", False)


@pytest.mark.parametrize("name", ["no_such_function", "besselj", "Matrix", "beta", "symbols", "Integer", "pi"])
def test_what_is_no_function_of_one_real_variable_is_not_taken_from_sympy(name: str) -> None:
    assert sympy_functions.lookup(name) is None


def test_the_tables_load_neither_numpy_nor_sympy() -> None:
    code = """if True:
        import sys
        from matcalc.rules import functions, identities, properties, sympy_functions
        functions.lookup("tr"), identities.every(), properties.closure(["spd"])
        print({"numpy", "sympy", "scipy"} & set(sys.modules))
    """
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
