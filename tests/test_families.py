"""Families x_1, …, x_N under sums: read, differentiated by what they stand beside and by their members, emitted."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from oracle import Array, close

import matcalc
from matcalc.errors import CallError, FormulaError
from matcalc.steps.understand import understand
from matcalc.verify.agree import gradient_agrees, jacobian_agrees
from matcalc.verify.sample import draws

DECLARED = [
    "x_i, z_i : vector(d), i = 1..N", "y_i : scalar, i = 1..N", "r_i : row(d), i = 1..N", "A_k : matrix(m, d), k = 1..p",
    "S_i : matrix(d, d), spd, i = 1..N", "B : matrix(m, d)", "M : matrix(d, d)", "b : vector(m)", "w : vector(d)",
    "t : vector(p)", "s : scalar",
]  # fmt: skip
# fmt: off
GRADIENTS = {  # of scalars, by variables
    "sum(i=1..N, norm(B x_i - b)^2)":                              "B b x_k x_1",
    "sum(i=1..N, log(1 + exp(-y_i w' x_i)))":                      "w x_j x_2 y_k",
    "sum(i=1..N, (w' x_i - y_i)^2) / N + s norm(w)^2":             "w s y_3",
    "sum(i=1..N, sum(j=1..N, exp(-norm(x_i - x_j)^2) y_i y_j))":   "x_k y_k x_1",
    "sum(i=2..N, norm(x_i - M x[i-1])^2)":                         "M x_k x_1",
    "sum(i=1..N, x_i' S_i x_i + logdet(S_i + w w'))":              "w x_k S_k S_2",
    "norm(sum(k=1..p, t[k] A_k) - B)^2":                           "t B A_k A_1",
    "sum(k=1..p, norm(A_k w - b)^3)":                              "w b A_j",
    "sum(i=1..N, r_i M x_i)":                                      "M x_k r_k",
    "sum(i=1..N, x_i)' sum(i=1..N, y_i x_i)":                      "x_k y_k",
    "sum(i=1..N, x_i[1] y_i^i)":                                   "x_k y_k",
    "w' x_1 + x_2' M x_1":                                         "x_1 x_2 w x_k",
    "sum(i=1..N, logsumexp(x_i + w) + sum(softmax(s x_i) .* w))":  "w x_k s",
}
JACOBIANS = {
    "sum(i=1..N, tanh(B x_i + b) y_i)":                            "b B x_k y_k",
    "sum(i=1..N, x_i z_i')":                                       "x_k z_2",
    "sum(k=1..p, t[k] A_k)":                                       "t A_k",
}
TEXTS = {
    ("sum(i=1..N, norm(B x_i - b)^2)", "B"):                       "2 sum(i=1..N, (B x_i - b) x_i')",
    ("sum(j=1..N, norm(B x_j - b)^2)", "b"):                       "2 (N b - B sum(i=1..N, x_i))",
    ("sum(j=1..N, log(1 + exp(-y_j w' x_j)))", "w"):               "-sum(i=1..N, y_i sigmoid(-y_i w' x_i) x_i)",
    ("sum(i=1..N, norm(B x_i - b)^2)", "x_k"):                     "2 B' (B x_k - b)",
    ("sum(i=1..N, norm(B x_i - b)^2)", "x_1"):                     "2 B' (B x_1 - b)",
    ("sum(i=2..N, norm(x_i - M x[i-1])^2)", "M"):                  "2 sum(i=1..N - 1, (M x_i - x[i + 1]) x_i')",
}
REFUSED = [
    ("norm(x_i)^2",                        "x_i stands outside of a sum over i"),
    ("sum(i=1..N, norm(x)^2)",             "x is a family"),
    ("sum(i=1..N, norm(x_j)^2)",           "x_j stands outside of a sum over j"),
    ("sum(i=1..N, w' x[i+1])",             "the members of the family are x_1 to x_N"),
    ("sum(i=1..p, w' x_i)",                "the members of the family are x_1 to x_N"),
    ("sum(i=1..N, w' x[i,1])",             "one of it has one index"),
    ("x_0' w",                             "counted from 1"),
]
# fmt: on


def cases(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(text, name) for text, names in table.items() for name in names.split()]


ALL = [
    one
    for text in ("sum(i=1..N, y_i x_i' S_i z_i)", "sum(k=1..p, A_k)")
    for one in [understand(text, DECLARED).expression]
]


def check(result: matcalc.Result, order: int) -> None:
    """The derivative against differences, its text read back, and the emitted function against evaluation, at three sizes."""
    f, x, value = result.objective.node, result._variables()[0], result.value
    if order == 2:
        f = matcalc.derive(str(result.objective), wrt=result.wrt, declare=DECLARED).value.node
    assert (gradient_agrees if result.kind == "gradient" else jacobian_agrees)(f, x, value.node)
    again = matcalc.parse(str(value), declare=[str(d) for d in result.declarations]).node
    function = value.function("numpy")
    found = draws([f, value.node, *ALL], 3, symbols=[x])
    assert len(found) == 3
    for draw in found:
        assert close(draw.value(again), draw.value(value.node))
        given = {name: argument(name, draw.values, draw.sizes) for name in inspect.signature(function).parameters}
        assert close(np.asarray(function(**given)).reshape(draw.value(value.node).shape), draw.value(value.node))


def argument(name: str, values: object, sizes: object) -> Array | int:
    """What a user gives: families are stacked along the first axis."""
    assert isinstance(values, dict)
    assert isinstance(sizes, dict)
    if name in sizes:
        return int(sizes[name])
    array = values[name]
    lengths = {"x": (-1, sizes.get("d")), "z": (-1, sizes.get("d")), "r": (-1, sizes.get("d")), "y": (-1,)}
    lengths |= {"A": (-1, sizes.get("m"), sizes.get("d")), "S": (-1, sizes.get("d"), sizes.get("d"))}
    if name in lengths:
        return np.asarray(array.reshape(lengths[name]))
    return np.asarray(array.reshape(()) if array.size == 1 else array[:, 0] if array.shape[1] == 1 else array)


@pytest.mark.parametrize(("text", "name"), cases(GRADIENTS))
def test_gradients_and_hessians_agree_with_differences(text: str, name: str) -> None:
    result = matcalc.derive(text, wrt=name, declare=DECLARED)
    check(result, 1)
    assert result.steps
    check(matcalc.derive(text, wrt=name, declare=DECLARED, order=2), 2)


@pytest.mark.parametrize(("text", "name"), cases(JACOBIANS))
def test_jacobians_agree_with_differences(text: str, name: str) -> None:
    result = matcalc.derive(text, wrt=name, declare=DECLARED)
    check(result, 1)
    assert result.steps


@pytest.mark.parametrize(("text", "name"), TEXTS)
def test_results_are_written_with_the_names_of_the_user(text: str, name: str) -> None:
    assert str(matcalc.derive(text, wrt=name, declare=DECLARED).value) == TEXTS[text, name]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_member_is_refused_at_its_place(text: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message) as caught:
        understand(text, DECLARED)
    assert caught.value.spans


@pytest.mark.parametrize("name", ["x_N", "x_0", "x_d", "x"])
def test_an_index_that_means_something_else_is_refused(name: str) -> None:
    with pytest.raises(CallError):
        matcalc.derive("sum(i=1..N, norm(x_i)^2)", wrt=name, declare=DECLARED)


def test_a_constraint_of_a_family_is_not_used_before_its_members_move() -> None:
    declare = ["u_i : vector(d), unit, i = 1..N", "w : vector(d)"]
    assert str(matcalc.parse("sum(i=1..N, norm(u_i)^2)", declare=declare)) == "N"
    assert str(matcalc.derive("sum(i=1..N, norm(u_i)^2)", wrt="u_k", declare=declare).value) == "2 u_k"
    assert str(matcalc.derive("sum(i=1..N, norm(u_i)^2 w' w)", wrt="w", declare=declare).value) == "2 N w"


def test_a_member_is_named_in_every_spelling() -> None:
    result = matcalc.derive("sum(i=2..N, norm(x_i - M x[i-1])^2 + y_i^i)", wrt=("x_1", "y_k"), declare=DECLARED)
    assert result.labels == ("dE/dx_1", "dE/dy_k")
    assert r"\frac{\partial E}{\partial x_1}" in result.latex()
    assert result.conditions == ()  # a whole power needs no sign
    assert str(result.declarations[-1]) == "k : size"
    loss = matcalc.parse("sum(i=2..N, norm(x_i - M x[i-1])^2)", declare=DECLARED)
    assert loss.latex() == r"\sum_{i=2}^{N} \lVert M x_{i - 1} - x_i \rVert^2"
    assert loss.unicode() == "sum(i=2..N, ‖M x[i - 1] - xᵢ‖²)"


def test_a_family_is_declared_once_and_begins_at_1() -> None:
    with pytest.raises(FormulaError, match="declared twice"):
        understand("w", ["w : vector(d)", "w_i : vector(d), i = 1..N"])
    with pytest.raises(FormulaError, match="begin at 0"):
        understand("w", ["w : vector(d)", "x_i : vector(d), i = 0..N"])


def test_a_sum_over_a_family_is_the_loop() -> None:
    loss = matcalc.parse("sum(i=1..N, log(1 + exp(-y_i w' x_i)))", declare=DECLARED).function("numpy")
    random = np.random.default_rng(0)
    x, y, w = random.normal(size=(5, 3)), random.normal(size=5), random.normal(size=3)
    assert np.isclose(loss(x=x, y=y, w=w), sum(np.log(1 + np.exp(-y[i] * (w @ x[i]))) for i in range(5)))
    with pytest.raises(ValueError, match="shape"):
        loss(x=x[0], y=y, w=w)
