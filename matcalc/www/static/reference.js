// The reference, made from the rule tables.
import { complaint, el, fill } from "./dom.js";
import { once } from "./api.js";
import { math } from "./math.js";

export function show(root, parameters, keep) {
  const search = el("input", { type: "search", id: "search", autocomplete: "off", spellcheck: "false", placeholder: "logdet, trace, cyclic …" });
  search.value = parameters.get("q") ?? "";
  const count = el("p", { class: "hint", role: "status" });
  const tables = el("div", {}, el("p", { class: "hint" }, "reading …"));
  fill(root, el("h1", {}, "Reference"), el("label", { for: "search" }, "Search the functions and identities"), search, count, tables);

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let seen = 0;
    for (const section of tables.children) {
      let here = 0;
      for (const record of section.querySelectorAll("li")) {
        record.hidden = !words.every((word) => record.dataset.text.includes(word));
        here += !record.hidden;
      }
      section.hidden = here === 0;
      seen += here;
    }
    count.textContent = words.length ? `${seen} found` : `${seen} records`;
    keep(search.value ? { q: search.value } : {});
  }

  function record(one) {
    const types = one.call ? [one.takes, one.gives].filter(Boolean).join(" → ") : one.given;
    const text = [one.name, one.call, one.says, one.about, one.source, types, ...(one.aliases ?? [])].join(" ").toLowerCase();
    return el("li", { "data-text": text },
      el("code", { class: "call" }, one.call ?? one.name),
      el("div", {},
        el("div", { class: "says" }, one.reading ? math(one.reading) : one.says),
        el("div", { class: "types" }, types),
        one.about && one.about !== one.says ? el("div", { class: "about" }, one.about) : null,
        one.where ? el("div", { class: "about" }, `where ${one.where}`) : null,
        one.aliases?.length ? el("div", { class: "about" }, `also ${one.aliases.join(", ")}`) : null),
      el("span", { class: "source" }, one.source));
  }

  once("reference").then((found) => {
    const all = [...found.functions, { title: "identities that steps cite", records: found.identities }];
    fill(tables, all.map((table) => el("section", {}, el("h2", {}, table.title), el("ul", { class: "records" }, table.records.map(record)))));
    filter();
    search.addEventListener("input", filter);
  }, (failure) => failure.error && fill(tables, complaint(failure.error)));
}
