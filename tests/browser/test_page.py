"""The page in a real Chromium: typed into, clicked, copied from, looked at by axe. Skipped where there is no Chromium."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from npm import package
from server import Server, running

import matcalc

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
webdriver: Any = pytest.importorskip("selenium.webdriver")
By: Any = pytest.importorskip("selenium.webdriver.common.by").By
Keys: Any = pytest.importorskip("selenium.webdriver.common.keys").Keys
Wait: Any = pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait
Stale: Any = pytest.importorskip("selenium.common.exceptions").StaleElementReferenceException
DRIVER = shutil.which("chromedriver")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(not (DRIVER and CHROMIUM), reason="there is no Chromium with its driver")

FORMULA = "norm(M .* (U V' - Y))^2 + lambda_u norm(U)^2 + lambda_v norm(V)^2"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = pytest.importorskip("selenium.webdriver.chrome.service").Service(DRIVER)
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


class Page:
    """What a person does with it."""

    def __init__(self, driver: Any, server: Server) -> None:
        self.driver, self.server = driver, server
        driver.execute_cdp_cmd(
            "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
        )
        self.look(1200, 1000)
        self.open("/derive")

    def look(self, width: int, height: int, dark: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})

    def open(self, place: str) -> None:
        self.driver.get("about:blank")
        self.driver.get(f"{self.server.url}#{place}")

    def one(self, css: str) -> Any:
        return Wait(self.driver, 20).until(lambda driver: next(iter(driver.find_elements(By.CSS_SELECTOR, css)), None))

    def every(self, css: str) -> list[Any]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, css))

    def button(self, label: str, inside: str = "") -> Any:
        return Wait(self.driver, 20).until(
            lambda _: next((b for b in self.every(f"{inside} button") if b.text.strip() == label), None)
        )

    def type(self, css: str, text: str) -> None:
        area = self.one(css)
        area.send_keys(Keys.CONTROL, "a")
        area.send_keys(text)

    def until_answers(self, *plain: str) -> None:
        """Waits for these results, and for their comparison with numbers."""

        def arrived(_: Any) -> bool:
            found = [answer.get_attribute("data-plain") for answer in self.every(".answer")]
            return found == list(plain) and bool(self.every(".held.good"))

        Wait(self.driver, 20, ignored_exceptions=[Stale]).until(arrived)

    def copied(self) -> str:
        script = "const done = arguments[0]; navigator.clipboard.readText().then(done, (e) => done(String(e)));"
        return str(self.driver.execute_async_script(script))

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture
def page(chromium: Any, server: Server) -> Iterator[Page]:
    found = Page(chromium, server)
    chromium.get_log("browser")
    yield found
    assert found.complaints() == []


def choose(page: Page, *wrt: str) -> None:
    """Ticks these variables and no others, once they are there."""

    def ticked(_: Any) -> bool:
        boxes = {box.get_attribute("value"): box for box in page.every("input[name=wrt]")}
        for name, box in boxes.items():
            if box.is_selected() != (name in wrt):
                box.click()
        return set(wrt) <= set(boxes)

    Wait(page.driver, 20, ignored_exceptions=[Stale]).until(ticked)


def test_the_masked_factorisation_is_typed_and_its_kinds_changed(page: Page) -> None:
    page.type("#formula", FORMULA)
    page.one("[data-letter=lambda_v]")
    choose(page, "U")
    page.until_answers(str(matcalc.derive(FORMULA, wrt="U").value))
    page.one("[data-letter=M]").click()
    page.one("dialog input[value=binary]").click()
    page.button("Declare", "dialog").click()
    choose(page, "U", "V")
    declare = page.one("#let").get_attribute("value").splitlines()
    assert [line.partition(" : ")[0] for line in declare] == ["M"] and declare[0].endswith(", binary")
    wanted = matcalc.derive(FORMULA, wrt=("U", "V"), declare=declare)
    page.until_answers(*map(str, wanted.values))
    assert "M.^2" not in str(wanted)
    assert "inferred" not in page.one("[data-letter=M]").get_attribute("class")
    assert "inferred" in page.one("[data-letter=Y]").get_attribute("class")


def test_latex_is_typed_and_forms_are_opened(page: Page) -> None:
    page.type("#formula", r"\lVert Q w - y \rVert^2")
    page.one("[data-letter=Q]")
    choose(page, "w")
    page.until_answers("2 Q' (Q w - y)")
    page.one(".forms summary").click()
    Wait(page.driver, 10).until(lambda _: len(page.every("[data-form]")) == 3)
    assert "forms=1" in page.driver.current_url


def test_a_letter_is_declared_beside_definitions(page: Page) -> None:
    page.open("/derive?" + "f=norm(W)%5E2&let=X%20%3A%3D%20U%20V'%20-%20Y%0AW%20%3A%3D%20M%20.*%20X&wrt=U")
    page.one("[data-letter=M]").click()
    page.one("dialog input[value=binary]").click()
    page.button("Declare", "dialog").click()
    page.until_answers("2 W V")
    first, *definitions = page.one("#let").get_attribute("value").splitlines()
    assert first.startswith("M : matrix(") and first.endswith(", binary")
    assert definitions == ["X := U V' - Y", "W := M .* X"]


def test_steps_open_to_their_identities(page: Page) -> None:
    page.open("/derive?f=norm(X%20w%20-%20y)%5E2&wrt=w")
    page.until_answers("2 X' (X w - y)")
    result = matcalc.derive("norm(X w - y)^2", wrt="w")
    page.one(".lines li .reason summary")
    assert len(page.every(".lines > li")) == len(result.lines()) + 1
    page.one(".reason summary").click()
    identity = result.steps[0].identities[0]
    shown = page.one(".reason[open]").text
    assert identity.name in shown and identity.source in shown and identity.given in shown
    page.button("hide").click()
    Wait(page.driver, 5).until(lambda _: not page.every(".lines"))
    assert "steps=0" in page.driver.current_url


def test_results_and_derivations_are_copied(page: Page) -> None:
    page.open("/derive?f=norm(X%20w%20-%20y)%5E2&wrt=w")
    page.until_answers("2 X' (X w - y)")
    result = matcalc.derive("norm(X w - y)^2", wrt="w")
    for label, inside, wanted in (
        ("LaTeX", ".result", result.latex()),
        ("plain", ".result", str(result)),
        ("NumPy", ".result", result.function("numpy").source),
        ("LaTeX", ".derivation", result.latex(steps=True)),
    ):
        page.button(label, inside).click()
        page.button("Copied", inside)
        Wait(page.driver, 5).until(lambda _, wanted=wanted: page.copied() == wanted)
        page.button(label, inside)


def test_a_link_leads_to_the_same_state(page: Page) -> None:
    page.type("#formula", "logdet(S) + x' S x")
    page.one("[data-letter=S]")
    page.type("#let", "S : matrix(n, n), spd")
    choose(page, "S")
    wanted = str(matcalc.derive("logdet(S) + x' S x", wrt="S", declare=["S : matrix(n, n), spd"]).value)
    page.until_answers(wanted)
    link = page.driver.current_url
    page.open("/gallery")
    page.driver.get(link)
    page.until_answers(wanted)
    assert page.one("#let").get_attribute("value") == "S : matrix(n, n), spd"


def state(page: Page) -> dict[str, Any]:
    """What can be seen of the view: what is typed, chosen, opened and answered."""
    script = """return {
      typed: [...document.querySelectorAll("main textarea, main input[type=search]")].map((one) => one.value),
      chosen: [...document.querySelectorAll("main input:checked, main select")].map((one) => one.value),
      open: [...document.querySelectorAll("main details[open]")].map((one) => one.textContent),
      answers: [...document.querySelectorAll(".answer")].map((one) => one.dataset.plain),
      lines: document.querySelectorAll(".lines > li").length,
      checked: [...document.querySelectorAll(".checked > li")].map((one) => one.dataset.verdict),
      found: [...document.querySelectorAll(".records li:not([hidden]) .call")].map((one) => one.textContent),
    };"""
    return dict(page.driver.execute_script(script))


STATES = {
    "a part": (
        "/derive?f=norm(X%20w%20-%20y)%5E2&wrt=w",
        ["type .part input X[i,j]", "wait .answer[data-plain*=unit], .answer"],
    ),
    "forms": ("/derive?f=A%20X%20B&wrt=X", ["click .forms summary", "wait [data-form=entries]"]),
    "another layout": ("/derive?f=A%20x&wrt=x", ["choose #layout denominator", "wait .held.good"]),
    "by free entries": (
        "/derive?f=tr(S%20A)&let=S%20%3A%20matrix(n%2C%20n)%2C%20symmetric&wrt=S",
        ["click #free", "wait .answer[data-plain*=Diag]", "wait .lines"],
    ),
    "a Hessian": ("/derive?f=x'%20A%20x&wrt=x", ["click input[name=order][value='2']", "wait .held.good"]),
    "an identity": ("/derive?f=x'%20A%20x&wrt=x", ["wait .lines", "click .reason summary", "wait .reason[open]"]),
    "no steps": ("/derive?f=x'%20A%20x&wrt=x", ["wait .lines", "click .derivation h2 button"]),
    "a derivation by hand": ("/check", ["type #document f := x' x\ncheck df/dx = 2 x", "wait .checked li.right"]),
    "a search": ("/reference", ["wait .records li", "type #search cyclic"]),
    "a document": ("/gallery", ["click .documents details summary", "wait .documents details[open]"]),
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_has_a_link_that_restores_it(page: Page, name: str) -> None:
    place, deeds = STATES[name]
    page.open(place)
    for deed in deeds:
        verb, rest = deed.split(" ", 1)
        do(page, verb, rest)
    settled = settle(page)
    link = page.driver.current_url
    assert link != f"{page.server.url}#{place}"
    page.open("/nothing")
    page.driver.get(link)
    assert settle(page) == settled


def do(page: Page, verb: str, rest: str) -> None:
    """One deed of a person: wait CSS, click CSS, choose CSS VALUE, type CSS TEXT."""
    if verb in ("wait", "click"):
        found = page.one(rest)
        if verb == "click":
            found.click()
        return
    css, text = (rest.rsplit(" ", 1)) if verb == "choose" or ".part" in rest else rest.split(" ", 1)
    page.one(css)
    if verb == "type":
        page.type(css, text)
        page.one(css).send_keys(Keys.TAB)
    else:
        select = pytest.importorskip("selenium.webdriver.support.ui").Select(page.one(css))
        select.select_by_value(text)


def settle(page: Page) -> dict[str, Any]:
    """The state once it has stayed the same for a while."""
    before: dict[str, Any] = {}
    end = time.monotonic() + 20
    while time.monotonic() < end:
        time.sleep(0.7)  # longer than the page waits for the next letter
        if (now := state(page)) == before and any(now.values()) and not page.every("[aria-busy]"):
            return now
        before = now
    raise AssertionError("the page does not settle")


def test_an_error_stands_under_its_place_and_goes_when_it_is_mended(page: Page) -> None:
    page.type("#formula", "tr(A B) + trc(X)")
    assert page.one("#formula-fault mark").text == "trc"
    assert "did you mean tr?" in page.one("#formula-fault").text
    assert page.one("#formula").get_attribute("aria-invalid") == "true"
    page.type("#formula", "tr(A B) + tr(X)")
    Wait(page.driver, 10).until(lambda _: not page.every("#formula-fault mark"))
    page.type("#let", "A : matrx(n, n)")
    assert page.one("#let-fault mark").text == "matrx"


def test_markup_that_is_typed_stays_text(page: Page) -> None:
    page.type("#formula", "norm(x)^2 + '\"><img src=x onerror=alert(1)>")
    page.one("#formula-fault .complaint")
    assert page.every("img") == []
    assert "<img src=x" in page.one("#formula-fault").text


def test_the_keyboard_reaches_a_letter_and_escape_leaves_its_dialog(page: Page) -> None:
    page.one("[data-letter=w]")
    for _ in range(20):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        if page.driver.switch_to.active_element.get_attribute("data-letter") == "w":
            break
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.one("dialog[open] h2").text == "Declare w"
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    Wait(page.driver, 5).until(lambda _: not page.every("dialog"))
    assert page.driver.switch_to.active_element.get_attribute("data-letter") == "w"
    assert page.one("#let").get_attribute("value") == ""


DERIVATION = """M : matrix(I, J), binary
X := U V' - Y
W := M .* X
E := W : W

check
  dE = 2 W : dW
     = 2 W : dX
     = 2 W : dU V'
     = W V : dU
"""


def test_a_wrong_hand_derivation_is_pasted_and_its_line_is_found(page: Page) -> None:
    page.open("/check?d=" + quote("check tr(A) = tr(A')"))
    page.one(".checked li.right")
    page.driver.execute_script("navigator.clipboard.writeText(arguments[0])", DERIVATION)
    area = page.one("#document")
    area.send_keys(Keys.CONTROL, "a")
    area.send_keys(Keys.CONTROL, "v")
    wrong = page.one(".checked li.wrong")
    report = matcalc.check(DERIVATION)
    assert [line.get_attribute("data-verdict") for line in page.every(".checked li")] == [
        line.verdict for line in report.lines
    ]
    assert page.every(".checked li").index(wrong) == report.first_bad == 3
    assert "the factor 2 is missing" in wrong.text.lower()
    assert "It should be" in wrong.text
    assert "not right" in page.one(".summary").text


def test_a_document_of_the_gallery_opens_as_a_check(page: Page) -> None:
    page.open("/gallery")
    Wait(page.driver, 20).until(lambda _: "reading" not in page.one("main .view").text)
    links = page.every(".documents a")
    if not links:
        pytest.skip("there are no documents yet")
    links[0].click()
    page.one(".checked li, .answer")
    assert page.one("#document").get_attribute("value").startswith("#")


def test_the_reference_is_searched(page: Page) -> None:
    page.open("/reference?q=logdet")
    page.one(".records li:not([hidden]) math")
    calls = [call.text for call in page.every(".records li:not([hidden]) .call")]
    assert "logdet(X)" in calls and len(calls) < 30
    assert page.every(".records li[hidden]")


VIEWS = ("/derive?f=" + quote(FORMULA) + "&wrt=U,V", "/check", "/reference?q=trace", "/gallery")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("width", "dark"), [(1200, False), (360, True)], ids=["wide, light", "narrow, dark"])
def test_no_view_is_wider_than_its_screen_and_axe_finds_no_fault(page: Page, view: str, width: int, dark: bool) -> None:
    page.look(width, 900, dark)
    page.open(view)
    if view.startswith("/derive"):
        page.one(".lines math")
        page.one(".held.good")
        page.one(".reason summary").click()
    page.one("main .view h1")
    assert page.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    axe = package("axe-core", "4.11.0")
    if axe is None:
        pytest.skip("there is no axe-core")
    page.driver.execute_script((axe / "axe.min.js").read_text(encoding="utf-8"))
    found = page.driver.execute_async_script(
        "axe.run(document).then(arguments[0], (e) => arguments[0]({error: String(e)}));"
    )
    assert "error" not in found, found
    faults = [(v["id"], v["impact"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found["violations"]]
    assert faults == []
    assert len(found["passes"]) > 15
