// The second view: a hand derivation, its lines marked right or wrong.
import { complaint, el, fill, later, say } from "./dom.js";
import { ask, Fault, stop } from "./api.js";
import { math } from "./math.js";

const EXAMPLE = `# Masked matrix factorisation, with a slip
M : matrix(I, J), binary
U : matrix(I, K)
X := U V' - Y
W := M .* X
E := W : W + lambda U : U

check
  dE = 2 W : dW + 2 lambda U : dU
     = 2 W : (M .* dX) + 2 lambda U : dU
     = 2 W : (dU V') + 2 lambda U : dU
     = 2 (V W + lambda U) : dU
`;
const GOOD = new Set(["proved", "equal", "numerically equal"]);

export function show(root, parameters, keep) {
  const text = el("textarea", { id: "document", rows: 14, spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-describedby": "document-help" });
  text.value = parameters.get("d") ?? EXAMPLE;
  const result = el("section", { class: "found", "aria-label": "Lines" });
  fill(root, el("h1", {}, "Check"),
    el("form", { onsubmit: (event) => event.preventDefault() },
      el("label", { for: "document" }, "Declarations, definitions, and a derivation by hand: plain or LaTeX"), text,
      el("p", { id: "document-help", class: "hint" }, "Every line is held against the truth, and against the line before.")),
    result);

  async function check() {
    if (text.value === EXAMPLE) keep({});
    else keep({ d: text.value });
    result.setAttribute("aria-busy", "true");
    try {
      const found = await ask("check", { document: text.value });
      const bad = found.lines.findIndex((line) => !GOOD.has(line.verdict));
      fill(result, found.faults.map(complaint), found.derived.map(derived), el("ol", { class: "checked" }, found.lines.map(line)));
      say(found.lines.length ? (bad < 0 ? `all ${found.lines.length} lines are right` : `line ${bad + 1}: ${found.lines[bad].verdict}`) : "nothing to check");
    } catch (failure) {
      if (failure.name === "AbortError") return;
      fill(result, complaint(failure instanceof Fault ? failure.error : { message: String(failure), hint: "", source: "", spans: [] }));
    } finally {
      result.removeAttribute("aria-busy");
    }
  }

  const soon = later(400, check);
  text.addEventListener("input", soon);
  check();
  return () => {
    soon.cancel();
    stop("check");
  };
}

function derived(one) {
  return el("p", { class: "answer" }, math(one.left), " = ", math(one.right));
}

function line(one) {
  const good = GOOD.has(one.verdict);
  return el("li", { class: good ? "right" : "wrong", "data-verdict": one.verdict },
    el("span", { class: "verdict" }, good ? "✓ " : one.verdict === "undecided" ? "? " : "✗ ", one.verdict),
    el("div", {}, one.reading ? math(one.reading) : el("code", { class: "typed" }, one.text)),
    one.reason ? el("p", { class: "why" }, one.reason) : null,
    one.error ? el("div", { class: "why" }, complaint(one.error)) : null);
}
