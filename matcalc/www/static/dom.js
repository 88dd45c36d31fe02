// Elements without markup: nothing that a user typed is ever read as HTML.

export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return parent;
}

// What a screen reader is told, politely.
export function say(text) {
  document.getElementById("said").textContent = text;
}

export function later(milliseconds, work) {
  let timer = 0;
  const run = (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), milliseconds);
  };
  run.cancel = () => clearTimeout(timer);
  return run;
}

// A button that copies what `text` gives, now or as a promise.
export function copier(label, text) {
  const button = el("button", { type: "button", class: "quiet" }, label);
  button.addEventListener("click", async () => {
    const given = await text();
    if (given === null) return;
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(given);
    } catch {
      done = "Copy it from here:";
      button.after(el("textarea", { class: "copied", readonly: true, "aria-label": label }, given));
      button.nextSibling.select();
    }
    button.textContent = done;
    say(`${label}: ${done}`);
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

// The line of an error's text, with its places marked.
export function excerpt(error) {
  if (!error.source || !error.spans.length) return null;
  const start = Math.min(...error.spans.map(([low]) => low));
  const letters = Array.from(error.source); // spans count code points
  let begin = start;
  while (begin > 0 && letters[begin - 1] !== "\n") begin -= 1;
  let end = start;
  while (end < letters.length && letters[end] !== "\n") end += 1;
  const line = el("code", { class: "excerpt" });
  let here = begin;
  for (const [low, high] of [...error.spans].sort((a, b) => a[0] - b[0])) {
    if (low < here || low > end) continue;
    line.append(letters.slice(here, low).join(""), el("mark", {}, letters.slice(low, Math.min(Math.max(high, low + 1), end)).join("") || " "));
    here = Math.min(Math.max(high, low + 1), end);
  }
  line.append(letters.slice(here, end).join(""));
  return line;
}

export function complaint(error) {
  return el("div", { class: "complaint" }, excerpt(error), el("p", {}, error.message), error.hint ? el("p", { class: "hint" }, error.hint) : null);
}

// What can be scrolled sideways can be reached by the keyboard.
export function reachable(root) {
  for (const one of root.querySelectorAll(".answer, .answer-form, .beside p, .right, .says")) {
    if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline") one.tabIndex = 0;
    else one.removeAttribute("tabindex");
    one.classList.toggle("scrolls", one.hasAttribute("tabindex"));
  }
}
