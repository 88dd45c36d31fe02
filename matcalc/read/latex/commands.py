r"""The commands of LaTeX by what they say; every command that is not here is a Greek letter, a function's name or unknown."""

from __future__ import annotations

# fmt: off
SIGNS = {  # a command that is one token: its kind and its text
    **dict.fromkeys((r"\cdot", r"\times", r"\ast", r"\cdotp"), ("TIMES", "*")),
    **dict.fromkeys((r"\odot", r"\circ", r"\bigodot", r"\circledast", r"\bigcirc"), ("HADAMARD", ".*")),
    **dict.fromkeys((r"\otimes", r"\bigotimes"), ("KRONECKER", "⊗")),
    **dict.fromkeys((r"\le", r"\leq", r"\leqslant"), ("COMPARE", "<=")),
    **dict.fromkeys((r"\ge", r"\geq", r"\geqslant"), ("COMPARE", ">=")),
    **dict.fromkeys((r"\{", r"\lbrace", r"\lgroup"), ("LPAR", "(")),
    **dict.fromkeys((r"\}", r"\rbrace", r"\rgroup"), ("RPAR", ")")),
    **dict.fromkeys((r"\|", r"\Vert", r"\lVert", r"\rVert", r"\parallel"), ("NORM", "‖")),
    **dict.fromkeys((r"\vert", r"\lvert", r"\rvert", r"\mid"), ("BAR", "|")),
    **dict.fromkeys((r"\dots", r"\ldots", r"\cdots", r"\vdots", r"\ddots", r"\dotsc", r"\dotsb"), ("DOTS", "…")),
    **dict.fromkeys((r"\coloneqq", r"\doteq", r"\triangleq", r"\equiv", r"\coloneq"), ("BECOMES", ":=")),
    r"\oslash": ("ENTRYWISE_OVER", "./"), r"\colon": ("COLON", ":"), r"\lt": ("COMPARE", "<"), r"\gt": ("COMPARE", ">"),
    r"\lbrack": ("LSQB", "["), r"\rbrack": ("RSQB", "]"), r"\langle": ("ANGLE", "⟨"), r"\rangle": ("ANGLE", "⟩"),
    r"\over": ("_OVER", "/"), r"\prime": ("QUOTE", "'"), r"\lparen": ("LPAR", "("), r"\rparen": ("RPAR", ")"),
    r"\partial": ("WORD", "d"), r"\&": ("STRAY", "&"),
}
SPACES = frozenset({  # what changes only how it looks
    r"\,", r"\;", r"\:", r"\!", r"\ ", r"\>", r"\/", "\\\n", "\\\t", r"\quad", r"\qquad", r"\enspace", r"\thinspace",
    r"\medspace", r"\thickspace", r"\negthinspace", r"\displaystyle", r"\textstyle", r"\scriptstyle", r"\limits",
    r"\nolimits", r"\middle", r"\nonumber", r"\notag", r"\mathstrut", r"\strut", r"\boxed", r"\ensuremath",
    r"\allowbreak", r"\nobreak", r"\protect", r"\noindent", r"\mathord", r"\mathbin", r"\mathrel", r"\mathop",
    r"\hfill", r"\smash", r"\bigl", r"\big", r"\Big", r"\Bigl", r"\bigg", r"\biggl", r"\Bigg", r"\Biggl",
    r"\bigr", r"\Bigr", r"\biggr", r"\Biggr", r"\bigm", r"\Bigm", r"\left", r"\right", r"\relax",
    r"\underline", r"\small", r"\large", r"\Large", r"\normalsize",
})
FONTS = frozenset({
    r"\mathbf", r"\textbf", r"\boldsymbol", r"\bm", r"\pmb", r"\mathrm", r"\rm", r"\bf", r"\it", r"\sf", r"\tt", r"\cal",
    r"\mathcal", r"\mathscr", r"\mathsf", r"\mathtt", r"\mathit", r"\mathfrak", r"\mathbb", r"\mathbbm", r"\mathds",
    r"\textrm", r"\textit", r"\textsf", r"\texttt", r"\text", r"\mbox", r"\hbox", r"\operatorname", r"\bold", r"\symbf",
    r"\vec", r"\boldmath", r"\mathnormal", r"\mit", r"\scr", r"\frak", r"\Bbb", r"\bb", r"\textnormal", r"\mathbfit",
    r"\operatornamewithlimits", r"\emph",
})
WORDS = frozenset({  # fonts in which a function's name may be set
    r"\operatorname", r"\operatornamewithlimits", r"\mathrm", r"\text", r"\textrm", r"\mbox", r"\hbox", r"\rm", r"\mathsf",
    r"\textsf", r"\sf", r"\textnormal", r"\mathtt", r"\texttt", r"\tt", r"\textbf", r"\mathbf", r"\bf", r"\mathit",
    r"\textit", r"\it", r"\boldsymbol", r"\emph",
})
NAMES = frozenset({  # fonts in which several letters are one name
    r"\operatorname", r"\operatornamewithlimits", r"\mathrm", r"\text", r"\textrm", r"\mbox", r"\hbox", r"\rm", r"\mathsf",
    r"\textsf", r"\textnormal", r"\mathtt", r"\texttt", r"\mathit", r"\textit",
})
PROSE = frozenset({r"\text", r"\textrm", r"\mbox", r"\hbox", r"\textit", r"\textbf", r"\textnormal", r"\textsf", r"\emph"})
ACCENTS = {
    r"\hat": "hat", r"\widehat": "hat", r"\tilde": "tilde", r"\widetilde": "tilde", r"\bar": "bar", r"\overline": "bar",
    r"\dot": "dot", r"\ddot": "ddot", r"\check": "check", r"\widecheck": "check", r"\breve": "breve", r"\acute": "acute",
    r"\grave": "grave", r"\mathring": "ring",
}
DROPPED = {  # commands that go with so many of their arguments
    r"\color": 1, r"\textcolor": 1, r"\label": 1, r"\tag": 1, r"\hspace": 1, r"\vspace": 1, r"\phantom": 1,
    r"\hphantom": 1, r"\vphantom": 1, r"\mspace": 1, r"\kern": 0, r"\ref": 1, r"\eqref": 1, r"\cite": 1, r"\href": 1,
    r"\class": 1, r"\bbox": 0, r"\colorbox": 1, r"\underset": 1, r"\require": 1, r"\cssId": 1, r"\style": 1,
}
FRACTIONS = frozenset({r"\frac", r"\tfrac", r"\dfrac", r"\cfrac", r"\nicefrac", r"\sfrac"})
GRIDS = {  # environments that hold rows: the bar that stands at their sides
    "matrix": "", "pmatrix": "", "bmatrix": "", "Bmatrix": "", "smallmatrix": "", "array": "", "vmatrix": "|", "Vmatrix": "‖",
    "psmallmatrix": "", "bsmallmatrix": "", "matrix*": "", "pmatrix*": "", "bmatrix*": "",
}
TRANSPOSES = ("T", r"\top", r"\intercal", "⊤", "⊺", r"\transpose", r"\tran")
MARKS = {  # superscripts that are no powers
    **dict.fromkeys((*TRANSPOSES[1:], r"\prime", "'", "′", "’"), "'"),
    **dict.fromkeys(("H", r"\dagger", r"\dag", "†", r"\ast", "*"), "^H"), "T": "^T", "+": "^+",
    **dict.fromkeys(("-" + mark for mark in TRANSPOSES), "^-T"),
}
COVERS = {r"\overline": "conj", r"\bar": "conj"}  # what an accent over more than a name is
OTHERWISE = {  # characters that stand for commands
    "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "√": r"\sqrt", "∈": r"\in", "→": r"\to", "↦": r"\mapsto", "⇒": r"\implies",
    "∞": r"\infty", "≠": r"\ne", "∏": r"\prod", "†": r"\dagger", "∫": r"\int", "≈": r"\approx", "≐": r"\doteq", "≡": r"\equiv",
    "⟹": r"\implies", "•": r"\bullet",
}
NO_MEANING = {  # what to type instead
    r"\int": "integrals are not read", r"\prod": "a product over an index is not read; prod(x) multiplies all entries",
    r"\pm": "write the two cases", r"\mp": "write the two cases", r"\infty": "there is no infinity here",
    r"\in": "declarations stand on their own: U \\in \\mathbb{R}^{m \\times n}", r"\approx": "an approximation is no formula",
    r"\sim": "distributions are not read", r"\lim": "limits are not read", r"\forall": "quantifiers are not read",
    r"\bullet": "write A \\odot B entry by entry, or A : B for the Frobenius product", r"\neq": "only < > \\le \\ge compare",
    r"\ne": "only < > \\le \\ge compare", r"\nabla": "what is differentiated needs a name: f = …, then \\nabla_x f",
    r"\propto": "proportions are no formulas", r"\lfloor": "rounding is not read", r"\lceil": "rounding is not read",
    r"\cup": "sets are not read", r"\cap": "sets are not read", r"\star": "the product is written \\cdot or side by side",
    r"\oplus": "a sum is written +", r"\wedge": "only products of matrices are read", r"\binom": "write it out",
}
# fmt: on
