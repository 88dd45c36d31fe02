// The gallery: the documents of derivations/, which are tests as well.
import { complaint, el, fill } from "./dom.js";
import { once } from "./api.js";

export function show(root, parameters, keep) {
  const list = el("div", {}, el("p", { class: "hint" }, "reading …"));
  fill(root, el("h1", {}, "Gallery"), list);
  once("gallery").then((found) => {
    const subjects = [...new Set(found.documents.map((one) => one.subject))];
    fill(list, subjects.length ? null : el("p", {}, "There are no documents."), subjects.map((subject) => el("section", {},
      el("h2", {}, subject || "documents"),
      el("ul", { class: "documents" }, found.documents.filter((one) => one.subject === subject).map((one) => el("li", {},
        el("a", { href: "#/check?" + new URLSearchParams({ d: one.text }) }, one.title),
        el("details", {
          open: parameters.get("title") === one.title,
          ontoggle: (event) => event.target.open && keep({ title: one.title }),
        }, el("summary", {}, "text"), el("pre", { tabindex: "0" }, one.text))))))));
  }, (failure) => failure.error && fill(list, complaint(failure.error)));
}
