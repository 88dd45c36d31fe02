// The second view: a hand derivation, its lines marked right or wrong.
import { complaint, copier, el, excerpt, fill, later, say } from "./dom.js";
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
     = 2 W : dX + 2 lambda U : dU
     = 2 W : (dU V') + 2 lambda U : dU
     = 2 (W V' + lambda U) : dU
`;
const LATEX = /\\(?:begin|frac|partial|mathrm|mathbf|top|odot|lambda|operatorname|\[)|\$|&=/;
const MARKS = { "right in another convention": "~", undecided: "?" };

export function show(root, parameters, keep) {
  const text = el("textarea", {
    id: "document", rows: 14, spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-describedby": "document-help",
  });
  text.value = parameters.get("d") ?? EXAMPLE;
  const result = el("section", { class: "found", "aria-label": "Lines" });
  fill(root, el("h1", {}, "Check"),
    el("form", { onsubmit: (event) => event.preventDefault() },
      el("label", { for: "document" }, "Declarations, definitions, and a derivation by hand: plain or LaTeX"), text,
      el("p", { id: "document-help", class: "hint" }, "Every line is held against the truth, and against the line before.")),
    result);

  async function check() {
    keep(text.value === EXAMPLE ? {} : { d: text.value });
    result.setAttribute("aria-busy", "true");
    if (!result.hasChildNodes()) fill(result, el("p", { class: "hint" }, "checking …"));
    try {
      answered(await ask("check", { document: text.value, syntax: LATEX.test(text.value) ? "latex" : "plain" }));
    } catch (failure) {
      if (failure.name === "AbortError") return;
      fill(result, complaint(failure instanceof Fault ? failure.error : { message: String(failure), hint: "", source: "", spans: [] }));
    } finally {
      result.removeAttribute("aria-busy");
    }
  }

  function answered(found) {
    const bad = found.lines.filter((line) => !line.is_right).length;
    const first = found.first_bad === null ? null : found.lines[found.first_bad];
    const summary = !found.lines.length ? (found.answers.length ? "" : "Nothing to check yet.")
      : first === null ? `All ${found.lines.length} lines are right.`
        : `${found.lines.length} lines, ${bad} not right; the first of these is line ${first.number}.`;
    fill(result,
      el("p", { class: first ? "summary bad" : "summary good", role: "status" }, summary),
      found.problems.map(complaint),
      found.answers.map(answer),
      el("ol", { class: "checked" }, found.lines.map((one, k) => line(one, found.lines[k + 1]?.chain !== one.chain))),
      found.inferred.length ? el("p", { class: "note" }, el("b", {}, "Inferred "), el("code", {}, found.inferred.join("; "))) : null,
      el("p", { class: "copies" }, copier("Copy link", () => location.href)));
    say(summary);
  }

  const soon = later(400, check);
  text.addEventListener("input", soon);
  check();
  return () => {
    soon.cancel();
    stop("check");
  };
}

function answer(one) {
  if (one.error) return el("div", {}, el("p", {}, el("code", {}, one.asked)), complaint(one.error));
  return el("p", { class: "answer", "data-plain": one.plain }, math(one.left), " = ", math(one.right));
}

function line(one, last) {
  const typeset = one.right !== null;
  return el("li", { class: one.is_right ? "right" : one.verdict === "undecided" ? "unsure" : "wrong", "data-verdict": one.verdict, "data-line": one.number },
    el("span", { class: "verdict" }, el("span", { "aria-hidden": "true" }, one.is_right ? "✓ " : `${MARKS[one.verdict] ?? "✗"} `), one.verdict,
      one.cause ? el("span", { class: "cause" }, ` (${one.cause})`) : null),
    el("div", { class: "right" }, typeset ? [one.left ? [math(one.left), " "] : null, "= ", math(one.right)] : el("code", { class: "typed" }, one.text)),
    one.reason ? el("p", { class: "why" }, one.reason[0].toUpperCase() + one.reason.slice(1) + ".") : null,
    one.corrected ? el("p", { class: "why" }, "It should be ", math(one.corrected)) : one.correction ? el("p", { class: "why" }, "It should be ", el("code", {}, one.correction)) : null,
    one.example ? el("p", { class: "why hint" }, `For example with ${one.example}`) : null,
    one.error ? el("div", { class: "why" }, one.reason ? excerpt(one.error) : complaint(one.error)) : null,
    one.follows === true && !one.is_right ? el("p", { class: "why hint" }, "It follows from the line before.") : null,
    one.by.length ? el("p", { class: "why by" }, one.by.map((identity, k) => [k ? ", " : "",
      el("a", { href: "#/reference?q=" + encodeURIComponent(identity.name) }, identity.name), " ", math(identity.reading, false)])) : null,
    one.notices.length ? el("p", { class: "why hint" }, one.notices.join("; ")) : null,
    last && one.held.length ? el("p", { class: "why hint" }, `with ${one.held.join(", ")} held fixed`) : null);
}
