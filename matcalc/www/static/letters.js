// The letters of a formula as chips, and the dialog in which one is declared.
import { el, fill } from "./dom.js";
import { math } from "./math.js";
import { once } from "./api.js";

export function chips(letters, change) {
  if (!letters.length) return null;
  return [el("ul", { class: "chips", "aria-label": "Letters" }, letters.map((letter) =>
    el("li", {}, el("button", {
      type: "button",
      class: letter.inferred ? "chip inferred" : "chip",
      title: `${letter.declaration} (${letter.inferred ? "inferred" : "declared"}); click to change`,
      "data-letter": letter.name,
      onclick: () => edit(letter, change),
    }, math(letter.reading, false), el("span", { class: "unseen" }, letter.inferred ? " inferred, change" : " declared, change"))),
  )), el("p", { class: "hint small" }, "What is dashed was inferred; choose a letter to say what it is.")];
}

async function edit(letter, change) {
  const language = await once("language");
  const form = el("form", { method: "dialog" });
  const dialog = el("dialog", { "aria-labelledby": "letter-title" }, form);
  const kind = el("select", { id: "letter-kind", name: "kind" }, Object.keys(language.kinds).map((name) => el("option", { value: name, selected: name === letter.kind }, name)));
  const [rows, columns] = letter.sizes;
  const first = field("Rows", rows === "1" && letter.kind !== "matrix" ? "m" : rows);
  const second = field("Columns", columns === "1" && letter.kind !== "matrix" ? "n" : columns);
  const length = field("Length", letter.kind === "row" ? columns : rows === "1" ? "n" : rows);
  const complex = el("input", { type: "checkbox", id: "letter-complex", checked: letter.complex });
  const words = el("div", { class: "words", role: "group", "aria-label": "Properties" });
  const chosen = new Set(letter.properties);

  function arrange() {
    const sizes = language.kinds[kind.value].split(",").length;
    const named = language.kinds[kind.value] !== "";
    first.hidden = second.hidden = sizes < 2;
    length.hidden = !named || sizes > 1;
    const shape = kind.value === "matrix" ? (value(first) === value(second) ? ["", "square"] : [""]) : kind.value === "vector" || kind.value === "row" ? ["", "vector"] : kind.value === "scalar" ? [""] : [];
    fill(words, Object.entries(language.properties).filter(([, asks]) => shape.includes(asks)).map(([word]) =>
      el("label", {}, el("input", {
        type: "checkbox", value: word, checked: chosen.has(word),
        onchange: (event) => (event.target.checked ? chosen.add(word) : chosen.delete(word)),
      }), " ", word)));
    complex.disabled = shape.length === 0;
  }
  kind.addEventListener("change", arrange);
  first.addEventListener("input", arrange);
  second.addEventListener("input", arrange);

  fill(form,
    el("h2", { id: "letter-title" }, `Declare ${letter.name}`),
    el("p", {}, el("label", { for: "letter-kind" }, "Kind "), kind),
    el("p", { class: "sizes" }, first, second, length),
    words,
    el("p", {}, el("label", {}, complex, " complex")),
    el("p", { class: "buttons" },
      el("button", { value: "declare", class: "main" }, "Declare"),
      letter.inferred ? null : el("button", { value: "forget" }, "Infer instead"),
      el("button", { value: "", formnovalidate: true }, "Cancel")));
  arrange();
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "declare") change(letter, declaration());
    if (dialog.returnValue === "forget") change(letter, null);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();

  function declaration() {
    const given = kind.value === "matrix" ? `(${value(first)}, ${value(second)})` : language.kinds[kind.value] ? `(${value(length)})` : "";
    const offered = [...words.querySelectorAll("input")].map((input) => input.value);
    const properties = offered.filter((word) => chosen.has(word));
    return [`${letter.name} : ${complex.checked && !complex.disabled ? "complex " : ""}${kind.value}${given}`, ...properties].join(", ");
  }
}

function field(label, value) {
  return el("label", {}, label + " ", el("input", { type: "text", value, size: 5, required: true, autocapitalize: "off", autocomplete: "off", spellcheck: "false" }));
}

function value(label) {
  return label.querySelector("input").value.trim();
}
