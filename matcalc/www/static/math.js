// MathML from the server, copied element by element: only these elements, and only these attributes, reach the page.
import { el } from "./dom.js";

const SPACE = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(
  ("math mrow mi mn mo mtext mspace mfrac msqrt msub msup msubsup munder mover munderover mstyle mtable mtr mtd").split(" "),
);
const ATTRIBUTES = new Set(
  ("accent display displaystyle form lspace mathcolor mathvariant movablelimits rspace stretchy width").split(" "),
);
const policy = globalThis.trustedTypes?.createPolicy("mathml", { createHTML: (text) => text });

function copied(node) {
  if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
  if (node.nodeType !== Node.ELEMENT_NODE || !ELEMENTS.has(node.localName)) return null;
  const made = document.createElementNS(SPACE, node.localName);
  for (const { name, value } of node.attributes) if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  for (const child of node.childNodes) {
    const inner = copied(child);
    if (inner) made.append(inner);
  }
  return made;
}

// The terms of a formula one after the other: a line may break between them.
export function math(shown, block = true) {
  if (!shown.terms.length) return el("code", { class: "formula" }, shown.latex);
  const text = `<m xmlns="${SPACE}">${shown.terms.join("")}</m>`;
  const parsed = new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "application/xml");
  const terms = [...parsed.documentElement.children].map(copied);
  if (block) for (const term of terms) term?.setAttribute("displaystyle", "true");
  return el("span", { class: "formula" }, terms.map((term, k) => (k ? [el("wbr"), term] : term)));
}
