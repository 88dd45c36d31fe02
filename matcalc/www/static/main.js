// The views, and the link that each state has: #/view?name=value.
import { el, fill, later, reachable } from "./dom.js";

const VIEWS = { derive: "Derive", check: "Check", reference: "Reference", gallery: "Gallery" };
const main = document.getElementById("main");
let leave = () => {};
let shown = "";
let turns = 0;

function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return [path in VIEWS ? path : "derive", new URLSearchParams(query)];
}

function keep(view, parameters) {
  const query = new URLSearchParams(parameters).toString();
  history.replaceState(null, "", `#/${view}${query ? "?" + query : ""}`);
}

async function show() {
  if (location.hash === "#main") return;
  const [view, parameters] = place();
  leave();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#/${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${VIEWS[view]} – matcalc`;
  leave = () => {};
  const turn = (turns += 1);
  const module = await import(`./${view}.js`);
  if (turn !== turns) return; // another view was asked for meanwhile
  const root = el("div", { class: `view ${view}` });
  fill(main, root);
  leave = module.show(root, parameters, (changed) => keep(view, changed)) ?? (() => {});
  if (shown && shown !== view) main.focus();
  shown = view;
}

const look = later(100, () => reachable(main));
new MutationObserver(look).observe(main, { childList: true, subtree: true });
window.addEventListener("resize", look);
window.addEventListener("hashchange", show);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
show();
