"""For every published gradient its Hessian, held against differences of the exact gradient."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from collection import Record, arguments, records

import matcalc
from matcalc.steps.wanted import variable
from matcalc.steps.wirtinger import symbol_of
from matcalc.verify.agree import jacobian_agrees

IDS = [record["id"] for record in records()]


def hessian(record: Record) -> matcalc.Result:
    return matcalc.derive(record["expr"], wrt=record["wrt"], declare=record["declare"], order=2)


@pytest.mark.filterwarnings("ignore:logm result may be inaccurate")  # where a draw is not positive definite
@pytest.mark.parametrize("record", records(), ids=IDS)
def test_the_hessian_of_a_published_formula_is_that_of_its_exact_gradient(record: Record) -> None:
    result = hessian(record)
    x = variable(record["wrt"], result.understood)
    conjugate = record["wrt"].startswith("conj(")
    count = 1 if "logm" in record["expr"] else 2  # it is slow
    assert jacobian_agrees(result.differentiated, symbol_of(x), result.value.node, conjugate=conjugate, count=count)


REAL = [r for r in records() if "complex" not in " ".join(r["declare"])]


@pytest.mark.parametrize("record", REAL[::5], ids=lambda r: str(r["id"]))
def test_a_hessian_is_symmetric_and_its_code_computes_it_at_a_stored_draw(record: Record) -> None:
    function = hessian(record).function("numpy")
    given = arguments(record, record["cases"][0])
    value = np.asarray(function(**{name: given[name] for name in inspect.signature(function).parameters}))
    size = np.asarray(given[record["wrt"]]).size
    square = value.reshape(size, size)
    assert np.allclose(square, square.T, atol=1e-8 * max(1.0, float(np.max(np.abs(value)))))


def test_a_wrong_hessian_is_found_to_be_wrong() -> None:
    result = matcalc.derive("tr(X' A X B)", wrt="X", order=2)
    (x,) = result._variables()
    gradient, right = result.differentiated, result.value
    assert jacobian_agrees(gradient, x, right.node)
    assert not jacobian_agrees(gradient, x, (2 * right).node)
    declared = [str(d) for d in result.declarations]
    assert not jacobian_agrees(gradient, x, matcalc.parse("2 kron(B', A)", declare=declared).node)
