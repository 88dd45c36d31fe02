// Reads {katex, formulas} as JSON, and prints those that KaTeX does not set in strict mode, with its reason.
const { katex, formulas } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const { renderToString } = require(katex);
const refused = [];
for (const formula of formulas) {
  try {
    renderToString(formula, { displayMode: true, strict: "error", throwOnError: true, trust: false });
  } catch (error) {
    refused.push([formula, error.message]);
  }
}
console.log(JSON.stringify(refused));
