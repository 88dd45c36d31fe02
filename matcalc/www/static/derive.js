// The first view: a formula is read as it is typed, and derived.
import { complaint, copier, el, fill, later, say } from "./dom.js";
import { ask, Fault, once, stop } from "./api.js";
import { math } from "./math.js";
import { chips } from "./letters.js";

const EXAMPLES = [
  { name: "least squares", f: "norm(X w - y)^2", wrt: "w" },
  {
    name: "masked factorisation",
    f: "norm(W)^2 + lambda_u norm(U)^2 + lambda_v norm(V)^2",
    let: "M : matrix(I, J), binary\nU : matrix(I, K)\nX := U V' - Y\nW := M .* X",
    wrt: "U,V",
  },
  { name: "Gaussian likelihood", f: "n/2 * logdet(S) + 1/2 tr(inv(S) X X')", let: "S : matrix(d, d), spd\nX : matrix(d, n)", wrt: "S" },
  { name: "logistic regression", f: "sum(log(1 + exp(-y .* (X w))))", wrt: "w" },
  { name: "softmax layer", f: "softmax(W x + b)", wrt: "x" },
  { name: "a Hessian", f: "logsumexp(A x + b)", wrt: "x", order: "2" },
];
const KINDS = { gradient: "Gradient", jacobian: "Jacobian", hessian: "Hessian", higher: "Third derivative" };
const NAMES = { numpy: "NumPy", jax: "JAX", torch: "PyTorch", cupy: "CuPy", matlab: "MATLAB", julia: "Julia" };

export function show(root, parameters, keep) {
  const state = {
    f: parameters.get("f") ?? EXAMPLES[0].f,
    let: parameters.get("let") ?? "",
    wrt: (parameters.get("wrt") ?? (parameters.has("f") ? "" : EXAMPLES[0].wrt)).split(/,(?![^[]*\])/).filter(Boolean),
    order: Number(parameters.get("order") ?? 1),
    steps: parameters.get("steps") !== "0",
    layout: parameters.get("layout") ?? "gradient",
    free: parameters.has("free"), // by the free entries of a structured variable
    forms: parameters.has("forms"),
    open: new Set((parameters.get("open") ?? "").split(",").filter(Boolean).map(Number)), // lines whose identities are shown
  };

  const formula = el("textarea", {
    id: "formula", rows: 2, spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-describedby": "formula-fault reading",
    placeholder: "norm(X w - y)^2   or   \\lVert X w - y \\rVert^2",
  });
  const declared = el("textarea", {
    id: "let", rows: 2, spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-describedby": "let-fault",
    placeholder: "U : matrix(I, K)   or   X := U V' - Y, one a line",
  });
  formula.value = state.f;
  declared.value = state.let;
  const formulaFault = el("div", { id: "formula-fault" });
  const letFault = el("div", { id: "let-fault" });
  const reading = el("div", { id: "reading", class: "reading" });
  const letters = el("div", { class: "letters" });
  const wrt = el("div", { class: "choices" });
  const order = el("div", { class: "choices" });
  const asks = el("fieldset", { hidden: true });
  const layout = el("select", { id: "layout", onchange: () => {
    state.layout = layout.value;
    update();
  } }, ["gradient", "numerator", "denominator"].map((name) => el("option", { value: name, selected: name === state.layout }, name)));
  const free = el("input", { type: "checkbox", id: "free", checked: state.free, onchange: () => {
    state.free = free.checked;
    update();
  } });
  const freely = el("label", {
    class: "choice", hidden: true, title: "the derivatives by the free entries of the variable: G + G' - I ⊙ G for a symmetric one",
  }, free, " by free entries");
  let structured = new Set(); // the variables that have fewer free entries than places
  const isFree = () => state.free && !freely.hidden;
  const result = el("section", { class: "result", "aria-label": "Result" });
  const derivation = el("section", { class: "derivation", "aria-label": "Derivation" });

  fill(root,
    el("h1", {}, "Derive"),
    el("form", { onsubmit: (event) => event.preventDefault() },
      el("label", { for: "formula" }, "Formula, plain or LaTeX"), formula, formulaFault, reading,
      el("label", { for: "let" }, "Declarations and definitions"), declared, letFault,
      letters,
      fill(asks, el("legend", {}, "Differentiate by"), wrt, order, el("label", { class: "layout" }, "layout ", layout), freely)),
    result, derivation,
    el("section", { class: "examples", "aria-label": "Examples" }, el("h2", {}, "Examples"),
      el("ul", {}, EXAMPLES.map(({ name, ...given }) => el("li", {}, el("a", { href: "#/derive?" + new URLSearchParams(given) }, name))))));

  const fit = () => {
    for (const area of [formula, declared]) {
      area.rows = Math.min(14, Math.max(area === formula ? 1 : 2, area.value.split("\n").length));
    }
  };
  const lines = () => state.let.split("\n").map((line) => line.replace(/#.*$/, "").trim()).filter(Boolean);
  const question = () => ({ formula: state.f, declare: lines(), syntax: isLatex(state.f) ? "latex" : "plain" });
  const asked = () => ({ ...question(), wrt: state.wrt, order: state.order });
  const laidOut = () => ({ ...asked(), ...(isFree() ? { convention: "free" } : { layout: state.layout }) });

  function remember() {
    const kept = { f: state.f };
    if (state.let) kept.let = state.let;
    if (state.wrt.length) kept.wrt = state.wrt.join(",");
    if (state.order !== 1) kept.order = state.order;
    if (!state.steps) kept.steps = 0;
    if (state.layout !== "gradient") kept.layout = state.layout;
    if (state.free) kept.free = 1;
    if (state.forms) kept.forms = 1;
    if (state.open.size) kept.open = [...state.open].sort((a, b) => a - b).join(",");
    keep(kept);
  }

  function fault(failure) {
    if (failure.name === "AbortError") return;
    const error = failure instanceof Fault ? failure.error : { message: String(failure), hint: "", source: "", spans: [] };
    const where = error.source && error.source !== state.f && lines().includes(error.source.trim()) ? letFault : formulaFault;
    const area = where === letFault ? declared : formula;
    area.setAttribute("aria-invalid", "true");
    fill(where, complaint(error));
    root.classList.add("stale");
    say(error.message);
  }

  function clear() {
    for (const area of [formula, declared]) area.removeAttribute("aria-invalid");
    fill(formulaFault);
    fill(letFault);
  }

  // LaTeX where a command says so; Greek letters with a backslash are plain spelling too.
  let greek = new Set();
  const isLatex = (text) => [...text.matchAll(/\\(?:([A-Za-z]+)|\S)/g)].some(([, name]) => !greek.has(name));

  async function read() {
    remember();
    stop("derive", "steps", "numbers", "forms");
    if (!state.f.trim()) {
      clear();
      for (const part of [reading, letters, wrt, order, result, derivation]) fill(part);
      asks.hidden = true;
      return;
    }
    try {
      greek = new Set((await once("language")).greek);
      const found = await ask("read", question());
      clear();
      fill(reading, math(found.reading), el("span", { class: "shape" }, found.shape));
      fill(letters, chips(found.letters, (letter, declaration) => declare(found, letter, declaration)),
        found.definitions.map((definition) => el("p", { class: "definition" }, math(definition.reading))));
      choose(found);
      await derive(found);
    } catch (failure) {
      fault(failure);
    }
  }

  // Every declared letter on a line of its own, with the change; then the definitions.
  function declare(found, changed, declaration) {
    const kept = found.letters.filter((letter) => !letter.inferred && letter.name !== changed.name).map((letter) => letter.declaration);
    if (declaration) {
      const place = found.letters.filter((letter) => !letter.inferred).findIndex((letter) => letter.name === changed.name);
      kept.splice(place < 0 ? kept.length : place, 0, declaration);
    }
    state.let = [...kept, ...found.definitions.map((one) => one.definition)].join("\n");
    declared.value = state.let;
    fit();
    read().then(() => root.querySelector(`[data-letter="${CSS.escape(changed.name)}"]`)?.focus());
  }

  function choose(found) {
    const symbols = new Map(found.variables.map((one) => [one.name, math(one.reading, false)]));
    for (const name of state.wrt) if (/[([]/.test(name)) symbols.set(name, name); // conj(Z), W[1,2]: from a link
    const offered = [...symbols.keys()];
    state.wrt = state.wrt.filter((name) => offered.includes(name));
    if (!state.wrt.length && offered.length) state.wrt = [offered[0]];
    fill(wrt, offered.map((name) => el("label", { class: "choice" }, el("input", {
      type: "checkbox", name: "wrt", value: name, checked: state.wrt.includes(name),
      onchange: (event) => {
        state.wrt = event.target.checked ? [...state.wrt, name] : state.wrt.filter((other) => other !== name);
        update();
      },
    }), el("span", { class: "unseen" }, name), " ", el("span", { "aria-hidden": "true" }, symbols.get(name)))), part(found));
    asks.hidden = offered.length === 0;
    structured = new Set(found.scalar ? found.variables.filter((one) => one.structured).map((one) => one.name) : []);
    if (!found.scalar) state.order = 1;
    const kinds = found.scalar ? { 1: "gradient", 2: "Hessian", 3: "third derivative" } : { 1: "Jacobian" };
    fill(order, Object.entries(kinds).map(([value, name]) => el("label", { class: "choice" }, el("input", {
      type: "radio", name: "order", value, checked: state.order === Number(value),
      onchange: () => {
        state.order = Number(value);
        update();
      },
    }), " ", name)));
  }

  // By an entry, a row or a column, or by the conjugate of a complex letter: typed, and then among the choices.
  function part(found) {
    const typed = el("input", {
      type: "text", size: 7, placeholder: "W[i,j]", spellcheck: "false", autocapitalize: "off", autocomplete: "off",
      title: "an entry W[i,j], a row W[i,:], a column W[:,j], or conj(Z)",
      onchange: () => {
        if (!typed.value.trim()) return;
        state.wrt = [typed.value.trim()];
        choose(found);
        update();
        wrt.querySelector("input:checked")?.focus();
      },
      onkeydown: (event) => event.key === "Enter" && typed.blur(),
    });
    return el("label", { class: "choice part" }, "a part ", typed);
  }

  async function update() {
    remember();
    clear();
    try {
      await derive();
    } catch (failure) {
      fault(failure);
    }
  }

  async function derive() {
    if (!state.wrt.length) {
      fill(result, el("p", { class: "hint" }, "Choose a variable to differentiate by."));
      fill(derivation);
      return;
    }
    result.setAttribute("aria-busy", "true");
    freely.hidden = state.order !== 1 || !state.wrt.every((name) => structured.has(name));
    layout.disabled = isFree();
    try {
      const found = await ask("derive", laidOut());
      root.classList.remove("stale");
      answered(found);
    } finally {
      result.removeAttribute("aria-busy");
    }
    await Promise.all([numbers(), steps()]);
  }

  function answered(found) {
    const copied = [copier("LaTeX", () => found.latex), copier("plain", () => found.plain),
      ...found.targets.map((target) => copier(NAMES[target] ?? target, () => code(target)))];
    fill(result,
      el("h2", {}, KINDS[found.kind] ?? found.kind),
      el("div", { class: "answers" }, found.results.map((one) => el("p", { class: "answer", "data-plain": one.plain },
        math(one.left), " = ", math(one.right), el("span", { class: "shape" }, one.shape)))),
      el("div", { class: "beside" }, found.beside.map((one) => el("p", {},
        one.left.latex ? [math(one.left), " = "] : null, math(one.right), el("span", { class: "about" }, one.about)))),
      notes("Holds where", found.conditions), notes("Read so", found.notices), notes("Layout", [found.layout]),
      el("p", { class: "held", role: "status" }),
      forms(),
      el("p", { class: "copies" }, "Copy as ", copied, copier("link", () => location.href)));
    say(`${found.kind}: ${found.plain}`);
  }

  function notes(word, texts) {
    return texts.length ? el("p", { class: "note" }, el("b", {}, word + " "), texts.join("; ")) : null;
  }

  // The three forms, asked for when they are opened.
  function forms() {
    const body = el("div");
    const details = el("details", { class: "forms", open: state.forms }, el("summary", {}, "Forms: differential, Jacobian, entries"), body);
    details.addEventListener("toggle", async () => {
      state.forms = details.open;
      remember();
      if (!details.open || body.hasChildNodes()) return;
      try {
        const found = await ask("forms", asked());
        fill(body, found.forms.length ? null : "There are no other forms.", found.forms.map((one) => el("p", { class: "answer-form", "data-form": one.kind },
          el("span", { class: "about" }, one.kind), math(one.left), " = ", math(one.right), copier("LaTeX", () => one.latex))));
      } catch (failure) {
        if (failure.name !== "AbortError") fill(body, complaint(failure.error ?? { message: String(failure), hint: "", source: "", spans: [] }));
      }
    });
    return details;
  }

  async function code(target) {
    try {
      return (await ask("code", { ...laidOut(), target })).source;
    } catch (failure) {
      fault(failure);
      return null;
    }
  }

  async function numbers() {
    const place = result.querySelector(".held");
    fill(place, "comparing with numbers …");
    try {
      const found = await ask("numbers", asked());
      const sizes = found.draws.map((draw) => Object.entries(draw).map(([name, size]) => `${name} = ${size}`).join(", ")).filter(Boolean);
      const said = {
        true: ["good", "✓ agrees with difference quotients", sizes.length ? ` at ${sizes.join(" · ")}` : ""],
        false: ["bad", "✗ differs from difference quotients: please report this formula", ""],
        null: ["unsure", "not compared: no values were found at which everything is finite and smooth", ""],
      }[String(found.agrees)];
      place.className = `held ${said[0]}`;
      fill(place, said[1], el("span", { class: "sizes" }, said[2]));
    } catch (failure) {
      if (failure.name !== "AbortError") fill(place, `not compared: ${failure.message}`);
    }
  }

  async function steps() {
    const toggle = el("button", {
      type: "button", class: "quiet", "aria-expanded": String(state.steps), "aria-controls": "lines",
      onclick: () => {
        state.steps = !state.steps;
        remember();
        steps().catch(fault);
      },
    }, state.steps ? "hide" : "show");
    const body = el("div", { id: "lines" });
    fill(derivation, el("h2", {}, "Derivation ", toggle), body);
    if (!state.steps) return;
    try {
      const found = await ask("steps", laidOut());
      fill(body,
        el("ol", { class: "lines" }, found.lines.map(line)),
        found.verified ? null : el("p", { class: "note" }, "Not verified on numbers: no values were found at which every line is finite."),
        el("p", { class: "copies" }, "Copy as ", copier("LaTeX", () => found.latex), copier("plain", () => found.plain)));
    } catch (failure) {
      if (failure.name === "AbortError") return;
      fill(body, complaint(failure.error ?? { message: String(failure), hint: "", source: "", spans: [] }));
    }
  }

  function line(one, place) {
    const [first] = one.identities;
    const toggled = (event) => {
      state.open[event.target.open ? "add" : "delete"](place);
      remember();
    };
    return el("li", {},
      el("span", { class: "left" }, one.left.latex ? math(one.left) : null),
      el("span", { class: "right" }, "= ", math(one.right)),
      first ? el("details", { class: "reason", open: state.open.has(place), ontoggle: toggled },
        el("summary", {}, el("span", { class: "unseen" }, first.name + " "), math(first.reading, false)),
        one.identities.map((identity) => el("div", { class: "identity" },
          el("a", { href: "#/reference?q=" + encodeURIComponent(identity.name) }, identity.name),
          identity === first ? null : [" ", math(identity.reading, false)],
          identity.about ? el("p", {}, identity.about) : null,
          identity.given ? el("p", {}, "for ", el("code", {}, identity.given)) : null,
          el("p", {}, "source: ", identity.source)))) : null);
  }

  const soon = later(150, read);
  formula.addEventListener("input", () => {
    state.open.clear();
    state.f = formula.value.trim();
    fit();
    soon();
  });
  declared.addEventListener("input", () => {
    state.let = declared.value;
    fit();
    soon();
  });
  fit();
  read();
  return () => {
    soon.cancel();
    stop("read", "derive", "steps", "numbers", "forms", "code");
  };
}
