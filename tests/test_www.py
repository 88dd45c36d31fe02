"""The interface of ``matcalc serve``, asked from outside: the results of Python, errors with their place, limits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from collection import derived, records
from server import Server, running

import matcalc
from matcalc.cli import main
from matcalc.www.answers import ANSWERS
from matcalc.www.numbers import held_against_numbers
from matcalc.www.questions import LONGEST

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

FORMULA = {"formula": "norm(X w - y)^2", "wrt": ["w"]}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as found:
        yield found


# --- the same results as from Python ----------------------------------------------------------------------------------


def test_the_answers_are_those_of_python(server: Server) -> None:
    compared = 0
    for record in records()[::9]:
        wrt = record["wrt"] if isinstance(record["wrt"], list) else [record["wrt"]]
        question = {"formula": record["expr"], "wrt": wrt, "declare": record["declare"]}
        try:
            result = derived(record["id"])
        except matcalc.MatcalcError as error:
            assert server.answer("derive", **question)["error"]["message"] in str(error)
            continue
        found = server.answer("derive", **question)
        assert [one["plain"] for one in found["results"]] == [str(value) for value in result.values]
        assert found["latex"] == result.latex()
        assert found["conditions"] == list(result.conditions)
        assert found["declarations"] == [str(d) for d in result.declarations]
        compared += 1
    assert compared > 25


def test_page_python_and_command_give_the_same(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    compared = 0
    for record in records()[4::11][:30]:
        wrt = record["wrt"] if isinstance(record["wrt"], list) else [record["wrt"]]
        declare = [argument for declared in record["declare"] for argument in ("--let", declared)]
        try:
            python = derived(record["id"])
        except matcalc.MatcalcError:
            continue
        page = server.answer("derive", formula=record["expr"], wrt=wrt, declare=record["declare"])
        for option, told in (
            ("--plain", "\n".join(one["plain"] for one in page["results"])),
            ("--latex", page["latex"]),
        ):
            assert main(["derive", record["expr"], "--wrt", ",".join(wrt), option, *declare]) == 0
            assert capsys.readouterr().out.rstrip("\n") == told
        assert page["plain"] == str(python)
        compared += 1
    assert compared >= 25


@pytest.mark.parametrize(("order", "kind"), [(1, "gradient"), (2, "hessian")])
def test_steps_numbers_and_code_go_with_the_result(server: Server, order: int, kind: str) -> None:
    question = {**FORMULA, "order": order}
    result = matcalc.derive("norm(X w - y)^2", wrt="w", order=order)
    assert server.answer("derive", **question)["kind"] == kind
    steps = server.answer("steps", **question)
    assert steps["latex"] == result.latex(steps=True)
    assert steps["verified"] is True
    assert len(steps["lines"]) == len(result.lines()) + 1
    reasons = [identity["name"] for line in steps["lines"] for identity in line["identities"]]
    assert reasons == [identity.name for step in result.steps for identity in step.identities]
    numbers = server.answer("numbers", **question)
    assert numbers["agrees"] is True
    assert len(numbers["draws"]) >= 2 and all(len(set(draw.values())) == len(draw) for draw in numbers["draws"])
    assert server.answer("code", **question)["source"] == result.function("numpy").source


def test_a_formula_is_read_with_what_was_inferred_of_its_letters(server: Server) -> None:
    found = server.answer(
        "read", formula="norm(M .* (U V' - Y))^2", declare=["M : matrix(I, J), binary", "U : matrix(I, K)"]
    )
    letters = {letter["name"]: letter for letter in found["letters"]}
    assert letters["M"]["properties"] == ["binary"]
    assert letters["M"]["inferred"] is False
    assert letters["V"]["declaration"] == "V : matrix(J, K)"
    assert letters["V"]["inferred"] is True
    assert found["scalar"] is True
    assert [one["name"] for one in found["variables"]] == ["M", "U", "V", "Y"]


def test_a_gradient_by_free_entries_is_asked_for_where_a_variable_has_fewer_than_places(server: Server) -> None:
    question = {"formula": "tr(S A)", "declare": ["S : matrix(n, n), symmetric"]}
    offered = {one["name"]: one["structured"] for one in server.answer("read", **question)["variables"]}
    assert offered == {"S": True, "A": False}
    found = server.answer("derive", **question, wrt=["S"], convention="free")
    assert [one["plain"] for one in found["results"]] == ["A + A' - Diag(diag(A))"]
    assert server.answer("steps", **question, wrt=["S"], convention="free")["verified"]
    assert "free" in server.answer("derive", **question, wrt=["A"], convention="free")["error"]["message"]


def test_latex_is_read(server: Server) -> None:
    question = {"formula": r"\lVert M \odot (U V^{\top} - Y) \rVert_F^2", "syntax": "latex"}
    assert server.answer("read", **question)["reading"]["latex"] == question["formula"]
    found = server.answer("derive", **question, wrt=["U"])
    assert found["plain"] == str(matcalc.derive("norm(M .* (U V' - Y))^2", "U"))


def test_forms_and_layouts_are_those_of_python(server: Server) -> None:
    forms = server.answer("forms", formula="A X B", wrt=["X"])["forms"]
    assert [one["plain"] for one in forms] == [str(form) for form in matcalc.derive("A X B", "X").forms()]
    for layout in ("gradient", "numerator", "denominator"):
        found = server.answer("derive", formula="x' A x", wrt=["x"], layout=layout)
        assert found["plain"] == str(matcalc.derive("x' A x", "x", layout=layout))


def test_a_wrong_result_does_not_agree_with_numbers() -> None:
    result = matcalc.derive("norm(X w - y)^2", wrt="w")
    wrong = replace(result, values=(matcalc.parse("3 X' (X w - y)", [str(d) for d in result.declarations]),))
    assert held_against_numbers(result)["agrees"] is True
    assert held_against_numbers(wrong)["agrees"] is False


@pytest.mark.parametrize(
    ("formula", "wrt", "declare"),
    [
        ("norm(X w - y)^2", "X[i,j]", ""),
        ("norm(X w - y)^2", "X[:,j]", ""),
        ("norm(X w - y)^2", "w[2]", ""),
        ("logdet(S)", "S[i,j]", "S : matrix(n, n), spd"),
        ("norm(Z)^2", "U[i,:]", "Z := U V' - Y"),
        ("(a W) .* (b W)", "W[i,j]", "a, b : row(m)"),
        ("inv(A)", "A[:,j]", ""),
    ],
)
def test_derivatives_by_a_part_are_held_against_numbers(formula: str, wrt: str, declare: str) -> None:
    result = matcalc.derive(formula, wrt, [declare] if declare else [])
    assert held_against_numbers(result)["agrees"] is True
    assert held_against_numbers(replace(result, values=(2 * result.value,)))["agrees"] is False


@pytest.mark.parametrize("formula", ["eigmax(A)", "logdet(chol(A))", "eigmin(A) + tr(A A)", "eigmax(A) x' x"])
def test_numbers_are_drawn_where_the_result_holds(formula: str) -> None:
    result = matcalc.derive(formula, wrt="A")
    assert any("symmetric" in condition for condition in result.conditions)
    assert held_against_numbers(result)["agrees"] is True


def test_a_result_that_holds_where_nothing_is_drawn_is_not_called_wrong() -> None:
    assert held_against_numbers(matcalc.derive("eigmax(A + B)", wrt="A"))["agrees"] is None


def test_the_reference_has_every_record(server: Server) -> None:
    from matcalc.rules import identities

    found = server.ask("/api/reference").data
    count = "from matcalc.rules import functions; print(len(functions.records()))"  # beside those that tests register
    known = subprocess.run([sys.executable, "-c", count], capture_output=True, text=True, check=True).stdout
    assert sum(len(table["records"]) for table in found["functions"]) >= int(known) > 150
    names = {one["name"] for one in found["identities"]}
    assert len(names) > 250
    assert names <= {identity.name for identity in identities.every()}  # tests may have added some since
    assert all(one["reading"] for one in found["identities"])


def test_a_hand_derivation_is_checked_line_by_line(server: Server) -> None:
    document = "E := norm(A x - b)^2\ncheck\n  dE = 2 (A x - b) : A dx\n     = A' (A x - b) : dx\n"
    found = server.answer("check", document=document)
    report = matcalc.check(document)
    assert [line["verdict"] for line in found["lines"]] == [line.verdict for line in report.lines]
    assert found["first_bad"] == report.first_bad == 1
    assert found["lines"][1]["reason"] == report.lines[1].reason
    assert found["lines"][1]["corrected"]["terms"]
    assert found["lines"][0]["right"]["terms"]


def test_what_cannot_be_read_of_a_document_has_its_place(server: Server) -> None:
    (problem,) = server.answer("check", document="A : matrx(n, n)\ncheck tr(A) = tr(A')")["problems"]
    low, high = problem["spans"][0]
    assert problem["source"][low:high] == "matrx"


def test_the_gallery_has_every_document_and_each_can_be_checked(server: Server) -> None:
    folder = Path(__file__).resolve().parent.parent / "derivations"
    documents = server.ask("/api/gallery").data["documents"]
    assert sorted(one["text"] for one in documents) == sorted(
        path.read_text(encoding="utf-8") for path in folder.rglob("*.mc")
    )
    assert len(documents) > 2
    for one in documents[::6]:
        found, report = server.answer("check", document=one["text"]), matcalc.check(one["text"])
        assert found["problems"] == [], one["title"]
        assert found["title"] == one["title"]
        assert [line["as_expected"] for line in found["lines"]] == [line.is_as_expected for line in report.lines]


# --- errors -----------------------------------------------------------------------------------------------------------


def test_an_error_has_its_place(server: Server) -> None:
    error = server.answer("derive", formula="tr(A B) + trc(X)", wrt=["A"])["error"]
    assert error == {
        "kind": "formula", "message": "unknown function 'trc'", "hint": "did you mean tr?",
        "source": "tr(A B) + trc(X)", "spans": [[10, 13]],
    }  # fmt: skip


def test_an_error_in_a_declaration_has_that_for_its_source(server: Server) -> None:
    error = server.answer("read", formula="tr(A)", declare=["A : matrx(n, n)"])["error"]
    assert error["source"] == "A : matrx(n, n)"


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"formula": "x' x", "wrt": "x"}, "'wrt' must be a list"),
        ({"formula": 3, "wrt": ["x"]}, "'formula' must be text"),
        ({"formula": "x' x", "wrt": ["x"], "order": "1"}, "'order' must be a whole number"),
        ({"formula": "x' x", "wrt": ["x"], "order": True}, "'order' must be a whole number"),
        ({"formula": "x' x", "wrt": ["x"], "document": ""}, "there is no 'document'"),
        ({"formula": "x' x", "wrt": ["q"]}, "'q' is not a variable"),
        ({"formula": "x' x", "wrt": ["x"], "syntax": "html"}, "'syntax' is"),
        ({"formula": "x' x", "wrt": ["x"], "order": 100}, "highest order"),
        ({"formula": "x\0", "wrt": ["x"]}, "no text"),
        ({"formula": "x\ud800", "wrt": ["x"]}, "no text"),
        ({"formula": "x" * (LONGEST + 1), "wrt": ["x"]}, "letters"),
        ({"formula": "x' x", "wrt": ["x"] * 300}, "300 items"),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_what_is_wrong(
    server: Server, question: dict[str, object], message: str
) -> None:
    error = server.answer("derive", **question)["error"]
    assert message in error["message"]
    assert error["kind"] == "call"


def test_a_user_cannot_make_markup(server: Server) -> None:
    for formula in ("<script>alert(1)</script>", "x' x + '\"><img src=x onerror=alert(1)>", "f<b>(x)"):
        told = server.ask("/api/read", {"formula": formula})
        assert told.headers["content-type"] == "application/json"
    found = server.answer("read", formula="sum(x < y)")
    markup = "".join(found["reading"]["terms"])
    assert "&lt;" in markup and "< " not in markup


# --- limits and strangers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (413, b"{" + b" " * 70_000 + b"}", {}),
        (400, b"no json", {}),
        (400, b"[" * 60_000, {}),
        (400, b"[1]", {}),
        (400, b"\xff\xfe", {}),
        (415, b"{}", {"Content-Type": "text/plain"}),
        (415, b"{}", {"Content-Type": "application/x-www-form-urlencoded"}),
        (403, b"{}", {"Host": "evil.example"}),
        (403, b"{}", {"Host": "127.0.0.1.evil.example:80"}),
        (403, b"{}", {"Host": ""}),
        (403, b"{}", {"Origin": "http://evil.example"}),
        (403, b"{}", {"Origin": "null"}),
        (403, b"{}", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}),
    ],
)
def test_what_is_too_large_or_from_a_stranger_is_refused(
    server: Server, status: int, body: bytes, headers: dict[str, str]
) -> None:
    told = server.ask("/api/derive", body=body, headers=headers)
    assert told.status == status
    assert told.data["error"]["kind"] == "request"


def test_the_page_itself_may_ask(server: Server) -> None:
    own = {"Origin": f"http://127.0.0.1:{server.port}", "Sec-Fetch-Site": "same-origin"}
    assert server.ask("/api/derive", FORMULA, headers=own).status == 200
    localhost = {"Host": f"localhost:{server.port}", "Origin": f"http://localhost:{server.port}"}
    assert server.ask("/api/derive", FORMULA, headers=localhost).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/static/main.js", "/static/math.woff2", "/static/nothing", "/api/openapi.json", "/nowhere"]
)
def test_every_answer_tells_the_browser_what_the_page_may_do(server: Server, path: str) -> None:
    headers = server.ask(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2fapp.py",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/",
        "/static//etc/passwd",
        "/api/",
        "/api/__init__",
    ],
)
def test_nothing_but_the_page_is_served(server: Server, path: str) -> None:
    assert server.ask(path).status == 404


def test_hostile_formulas_are_answered_and_honest_ones_still_are(server: Server) -> None:
    for formula in (
        "(" * 10_000 + "x" + ")" * 10_000,
        "-" * 15_000 + "x",
        "x^" * 9_000 + "2",
        "'" * 20_000,
        "exp(" * 3000 + "x" + ")" * 3000,
    ):
        told = server.ask("/api/derive", {"formula": formula, "wrt": ["x"]})
        assert told.status in (200, 503)
    assert server.answer("derive", **FORMULA)["plain"] == "dE/dw = 2 X' (X w - y)"


# --- the description --------------------------------------------------------------------------------------------------


def test_every_verb_is_described_with_an_example_that_works(server: Server) -> None:
    described = server.ask("/api/openapi.json").data
    assert set(described["paths"]) == {f"/api/{name}" for name in ANSWERS}
    for path, methods in described["paths"].items():
        ((method, verb),) = methods.items()
        if method == "get":
            assert "error" not in server.ask(path).data
            continue
        schema = verb["requestBody"]["content"]["application/json"]["schema"]
        example = {name: schema["properties"][name]["example"] for name in schema["required"]}
        told = server.ask(path, example)
        assert told.status == 200, path
        assert "error" not in told.data, told.data
        assert schema["additionalProperties"] is False
    assert json.dumps(described)
