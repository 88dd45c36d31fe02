"""How an expression in normal form is best spelled: candidates for each node, and the cheapest of them.

A form says which nodes it spells (``parts``) and what it adds of its own, in tokens; its cost is the sum. Nothing is built
here but costs, so that compaction can compare thousands of candidates; ``spell`` builds the syntax tree from the choices.

    cost(n)    tokens · 16 + style;  style is what people avoid at equal length: turned sums, transposed words
    form(n)    the cheapest form
"""

from matcalc.expr import Add, Call, Constant, Hadamard, Named, Scaled, Symbol, Total, Transpose, Word
from matcalc.steps.forms import calls, leaves, products, sums, terms, totals
from matcalc.steps.forms.form import FORMS, Form, cost, form
from matcalc.steps.forms.norms import norm_of
from matcalc.steps.forms.powers import powers
from matcalc.steps.forms.turned import turned_round

FORMS.update({
    Symbol:    leaves.symbol,
    Named:     leaves.named,
    Constant:  leaves.constant,
    Transpose: leaves.transposed,
    Scaled:    terms.scaled,
    Add:       lambda node: sums.added(node) + turned_round(node),
    Hadamard:  lambda node: [powers(node.factors, entrywise=True), *turned_round(node)],
    Word:      lambda node: products.word(node) + turned_round(node),
    Call:      calls.call,
    Total:     totals.total,
})  # fmt: skip

__all__ = ["Form", "cost", "form", "norm_of"]
