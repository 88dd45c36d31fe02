"""Entrywise functions: f(X) has the entries f(X_ij), so dY = f'(X) ⊙ dX."""

from __future__ import annotations

from math import inf

from matcalc.rules.record import Function

ANY = "matrix(m, n)"
POSITIVE = "matrix(m, n), positive"
NONNEGATIVE = "matrix(m, n), nonnegative"
BINARY = "matrix(m, n), binary"
PAIR = "A : matrix(m, n); B : matrix(m, n)"
LEFT = "A : matrix(m, n); b : scalar"
RIGHT = "a : scalar; B : matrix(m, n)"
IVERSON = "1 where it holds, else 0"
ABOVE_ZERO = (0.0, inf)
POLES = "no entry of X is 0 or a negative whole number"


def entrywise(
    name: str,
    rule: str,
    code: str,
    source: str,
    about: str,
    *,
    gives: str = ANY,
    domain: tuple[float, float] = (-inf, inf),
    parity: int = 0,
    zero: bool | None = None,
    where: str = "",
    latex: str = "",
    aliases: tuple[str, ...] = (),
) -> Function:
    """A row of the table below: of anything, of its own shape; a positive domain is declared as such.

    What is odd vanishes at 0 if nothing else is said.
    """
    takes = f"X : {POSITIVE if domain == ABOVE_ZERO else ANY}"
    return Function(
        name, takes, gives, rule=rule, code=code, source=source, about=about, domain=domain, parity=parity,
        zero=parity == -1 if zero is None else zero,
        where=where, latex=latex, aliases=aliases,
    )  # fmt: skip


# fmt: off
TABLE: tuple[Function, ...] = (
    # --- powers, exponential, logarithm
    Function("sqrt", "X : matrix(m, n), positive", NONNEGATIVE, means="X .^ (1/2)", code="np.sqrt(X)",
             domain=ABOVE_ZERO, where="every entry of X is > 0", source="DLMF 4.7(ii)",
             about="the square root of every entry", latex=r"\sqrt{#1}"),
    entrywise("exp",      "dY = Y .* dX",                              "np.exp(X)",            "DLMF 4.7(ii)",
              "e to the power of every entry", gives=POSITIVE, latex=r"\exp(#1)"),
    entrywise("log",      "dY = dX ./ X",                              "np.log(X)",            "DLMF 4.7(i)",
              "the natural logarithm of every entry", domain=ABOVE_ZERO, where="every entry of X is > 0",
              aliases=("ln",), latex=r"\log(#1)"),

    # --- with a corner or a jump
    entrywise("abs",      "dY = sign(X) .* dX",                        "np.abs(X)",            "abs(x) = (x^2)^(1/2)",
              "the absolute value of every entry", gives=NONNEGATIVE, parity=1, where="no entry of X is 0",
              aliases=("Abs",)),  # |X| would be a determinant, or a norm
    Function("abs", "Z : complex matrix(m, n)", NONNEGATIVE, means="(conj(Z) .* Z) .^ (1/2)", code="np.abs(Z)",
             where="no entry of Z is 0", source="DLMF 1.9(i)", about="the modulus of every entry"),
    Function("sign", "X : matrix(m, n)", ANY, constant=True, code="np.sign(X)", parity=-1, zero=True, where="no entry of X is 0",
             source="constant on either side of 0", about="1 above 0, -1 below, 0 at 0", latex=r"\operatorname{sign}(#1)"),
    Function("step", "X : matrix(m, n)", BINARY, constant=True, zero=True, code="np.where(X > 0, 1.0, 0.0)",
             where="no entry of X is 0", source="constant on either side of 0", about="1 above 0, else 0",
             aliases=("Heaviside", "heaviside"), latex=r"\operatorname{step}(#1)"),
    entrywise("relu",     "dY = step(X) .* dX",                        "np.maximum(X, 0)",
              "Goodfellow, Bengio & Courville 2016, ch. 6.3.1", "the positive part of every entry", gives=NONNEGATIVE, zero=True,
              where="no entry of X is 0", aliases=("ReLU",), latex=r"\operatorname{relu}(#1)"),
    # these forms are right, too, where the two are equal identically, as on the diagonal of max(A, A')
    Function("max", PAIR, ANY, rule="dY = dB + step(A - B) .* (dA - dB)", code="np.maximum(A, B)",
             transposed="max(A', B')", where="no entry of A is that of B", source="(A + B + |A - B|) / 2",
             about="the larger of two entries", latex=r"\max(#1, #2)"),
    Function("max", LEFT, ANY, code="np.maximum(A, b)", transposed="max(A', b)",
             rule="dY = db ones(m, n) + step(A - b ones(m, n)) .* (dA - db ones(m, n))", where="no entry of A is b",
             source="(A + B + |A - B|) / 2", about="every entry, or the number where that is larger", latex=r"\max(#1, #2)"),
    Function("max", RIGHT, ANY, means="max(B, a)", code="np.maximum(a, B)",
             where="no entry of B is a", source="max(a, b) = max(b, a)", about="as max(B, a)"),
    Function("min", PAIR, ANY, rule="dY = dB - step(B - A) .* (dB - dA)", code="np.minimum(A, B)",
             transposed="min(A', B')", where="no entry of A is that of B", source="(A + B - |A - B|) / 2",
             about="the smaller of two entries", latex=r"\min(#1, #2)"),
    Function("min", LEFT, ANY, code="np.minimum(A, b)", transposed="min(A', b)",
             rule="dY = db ones(m, n) - step(b ones(m, n) - A) .* (db ones(m, n) - dA)", where="no entry of A is b",
             source="(A + B - |A - B|) / 2", about="every entry, or the number where that is smaller", latex=r"\min(#1, #2)"),
    Function("min", RIGHT, ANY, means="min(B, a)", code="np.minimum(a, B)",
             where="no entry of B is a", source="min(a, b) = min(b, a)", about="as min(B, a)"),

    # --- comparisons, entry by entry
    Function(">",   PAIR,  BINARY, means="step(A - B)",                             source=IVERSON, about="A above B"),
    Function(">",   LEFT,  BINARY, means="step(A - b ones(m, n))",                  source=IVERSON, about="A above b"),
    Function(">",   RIGHT, BINARY, means="step(a ones(m, n) - B)",                  source=IVERSON, about="a above B"),
    Function("<",   PAIR,  BINARY, means="step(B - A)",                             source=IVERSON, about="A below B"),
    Function("<",   LEFT,  BINARY, means="step(b ones(m, n) - A)",                  source=IVERSON, about="A below b"),
    Function("<",   RIGHT, BINARY, means="step(B - a ones(m, n))",                  source=IVERSON, about="a below B"),
    Function(">=",  PAIR,  BINARY, means="ones(m, n) - step(B - A)",                source=IVERSON, about="A not below B"),
    Function(">=",  LEFT,  BINARY, means="ones(m, n) - step(b ones(m, n) - A)",     source=IVERSON, about="A not below b"),
    Function(">=",  RIGHT, BINARY, means="ones(m, n) - step(B - a ones(m, n))",     source=IVERSON, about="a not below B"),
    Function("<=",  PAIR,  BINARY, means="ones(m, n) - step(A - B)",                source=IVERSON, about="A not above B"),
    Function("<=",  LEFT,  BINARY, means="ones(m, n) - step(A - b ones(m, n))",     source=IVERSON, about="A not above b"),
    Function("<=",  RIGHT, BINARY, means="ones(m, n) - step(a ones(m, n) - B)",     source=IVERSON, about="a not above B"),

    # --- circular and hyperbolic
    entrywise("sin",      "dY = cos(X) .* dX",                         "np.sin(X)",            "DLMF 4.20.1",
              "the sine of every entry", parity=-1, latex=r"\sin(#1)"),
    entrywise("cos",      "dY = -sin(X) .* dX",                        "np.cos(X)",            "DLMF 4.20.2",
              "the cosine of every entry", parity=1, latex=r"\cos(#1)"),
    entrywise("tan",      "dY = (1 + Y.^2) .* dX",                     "np.tan(X)",            "DLMF 4.20.3",
              "the tangent of every entry", parity=-1, where="the cosine of no entry of X is 0", latex=r"\tan(#1)"),
    entrywise("asin",     "dY = (1 - X.^2) .^ (-1/2) .* dX",           "np.arcsin(X)",         "DLMF 4.24.7",
              "the inverse sine of every entry", domain=(-1.0, 1.0), parity=-1,
              where="every entry of X is between -1 and 1", aliases=("arcsin",), latex=r"\arcsin(#1)"),
    entrywise("acos",     "dY = -(1 - X.^2) .^ (-1/2) .* dX",          "np.arccos(X)",         "DLMF 4.24.8",
              "the inverse cosine of every entry", domain=(-1.0, 1.0), gives=NONNEGATIVE,
              where="every entry of X is between -1 and 1", aliases=("arccos",), latex=r"\arccos(#1)"),
    entrywise("atan",     "dY = dX ./ (1 + X.^2)",                     "np.arctan(X)",         "DLMF 4.24.9",
              "the inverse tangent of every entry", parity=-1, aliases=("arctan",), latex=r"\arctan(#1)"),
    entrywise("sinh",     "dY = cosh(X) .* dX",                        "np.sinh(X)",           "DLMF 4.34.1",
              "the hyperbolic sine of every entry", parity=-1, latex=r"\sinh(#1)"),
    entrywise("cosh",     "dY = sinh(X) .* dX",                        "np.cosh(X)",           "DLMF 4.34.2",
              "the hyperbolic cosine of every entry", gives=POSITIVE, parity=1, latex=r"\cosh(#1)"),
    entrywise("tanh",     "dY = (1 - Y.^2) .* dX",                     "np.tanh(X)",           "DLMF 4.34.3",
              "the hyperbolic tangent of every entry", parity=-1, latex=r"\tanh(#1)"),
    entrywise("asinh",    "dY = (1 + X.^2) .^ (-1/2) .* dX",           "np.arcsinh(X)",        "DLMF 4.38(ii)",
              "the inverse hyperbolic sine of every entry", parity=-1, aliases=("arcsinh", "arsinh"),
              latex=r"\operatorname{arsinh}(#1)"),
    entrywise("acosh",    "dY = (X.^2 - 1) .^ (-1/2) .* dX",           "np.arccosh(X)",        "DLMF 4.38(ii)",
              "the inverse hyperbolic cosine of every entry", domain=(1.0, inf), gives=NONNEGATIVE,
              where="every entry of X is > 1", aliases=("arccosh", "arcosh"), latex=r"\operatorname{arcosh}(#1)"),
    entrywise("atanh",    "dY = dX ./ (1 - X.^2)",                     "np.arctanh(X)",        "DLMF 4.38(ii)",
              "the inverse hyperbolic tangent of every entry", domain=(-1.0, 1.0), parity=-1,
              where="every entry of X is between -1 and 1", aliases=("arctanh", "artanh"),
              latex=r"\operatorname{artanh}(#1)"),
    entrywise("sec",      "dY = Y .* tan(X) .* dX",                    "1 / np.cos(X)",        "DLMF 4.20.5",
              "1 ./ cos(X)", parity=1, where="the cosine of no entry of X is 0", latex=r"\sec(#1)"),
    entrywise("csc",      "dY = -Y .* cot(X) .* dX",                   "1 / np.sin(X)",        "DLMF 4.20.4",
              "1 ./ sin(X)", parity=-1, zero=False, where="the sine of no entry of X is 0", latex=r"\csc(#1)"),
    entrywise("cot",      "dY = -csc(X).^2 .* dX",                     "1 / np.tan(X)",        "DLMF 4.20.6",
              "cos(X) ./ sin(X)", parity=-1, zero=False, where="the sine of no entry of X is 0", latex=r"\cot(#1)"),
    entrywise("sech",     "dY = -Y .* tanh(X) .* dX",                  "1 / np.cosh(X)",       "DLMF 4.34.5",
              "1 ./ cosh(X)", gives=POSITIVE, parity=1, latex=r"\operatorname{sech}(#1)"),
    entrywise("csch",     "dY = -Y .* coth(X) .* dX",                  "1 / np.sinh(X)",       "DLMF 4.34.4",
              "1 ./ sinh(X)", parity=-1, zero=False, where="no entry of X is 0", latex=r"\operatorname{csch}(#1)"),
    entrywise("coth",     "dY = -csch(X).^2 .* dX",                    "1 / np.tanh(X)",       "DLMF 4.34.6",
              "cosh(X) ./ sinh(X)", parity=-1, zero=False, where="no entry of X is 0", latex=r"\coth(#1)"),

    # --- of learning
    entrywise("sigmoid",  "dY = Y .* (1 - Y) .* dX",                   "np.where(X >= 0, 1, np.exp(-np.abs(X))) / (1 + np.exp(-np.abs(X)))",
              "Goodfellow, Bengio & Courville 2016, ch. 3.10", "1 ./ (1 + exp(-X)), the logistic function",
              gives=POSITIVE, aliases=("logistic", "sig"), latex=r"\sigma(#1)"),
    entrywise("softplus", "dY = sigmoid(X) .* dX",                     "np.maximum(X, 0) + np.log1p(np.exp(-np.abs(X)))",
              "Goodfellow, Bengio & Courville 2016, ch. 3.10", "log(1 + exp(X)), a smooth relu",
              gives=POSITIVE, latex=r"\operatorname{softplus}(#1)"),

    # --- special
    entrywise("erf",      "dY = 2 / sqrt(pi) * exp(-X.^2) .* dX",      "scipy.special.erf(X)", "DLMF 7.2.1",
              "the error function of every entry", parity=-1, latex=r"\operatorname{erf}(#1)"),
    entrywise("erfc",     "dY = -2 / sqrt(pi) * exp(-X.^2) .* dX",     "scipy.special.erfc(X)", "DLMF 7.2.2",
              "1 - erf(X), accurate for large entries", gives=POSITIVE, latex=r"\operatorname{erfc}(#1)"),
    entrywise("gamma",    "dY = Y .* digamma(X) .* dX",                "scipy.special.gamma(X)", "DLMF 5.2.2",
              "the gamma function of every entry", where=POLES, latex=r"\Gamma(#1)"),
    entrywise("lgamma",   "dY = digamma(X) .* dX",                     "scipy.special.gammaln(X)", "DLMF 5.2.2",
              "log abs gamma of every entry", where=POLES, aliases=("loggamma", "gammaln")),
    entrywise("digamma",  "dY = trigamma(X) .* dX",                    "scipy.special.digamma(X)", "DLMF 5.15",
              "the derivative of lgamma", where=POLES, latex=r"\psi(#1)"),
    entrywise("trigamma", "dY = polygamma(2, X) .* dX",                "scipy.special.polygamma(1, X)", "DLMF 5.15",
              "the derivative of digamma", gives=POSITIVE, where=POLES, latex=r"\psi_1(#1)"),
    Function("polygamma", "k : size; X : matrix(m, n)", ANY, rule="dY = polygamma(k + 1, X) .* dX",
             code="scipy.special.polygamma(k, X)", transposed="polygamma(k, X')", where=POLES, source="DLMF 5.15",
             about="the k-th derivative of digamma", latex=r"\psi_{#1}(#2)"),

    # --- complex
    Function("conj", "X : matrix(m, n)", ANY, means="X", code="np.conj(X)", source="a real number is its own conjugate",
             about="the conjugate of every entry", latex=r"\overline{#1}"),
    Function("conj", "Z : complex matrix(m, n)", "complex matrix(m, n)", rule="dY = conj(dZ)", code="np.conj(Z)",
             source="Matrix Cookbook (45)", about="the conjugate of every entry", latex=r"\overline{#1}"),
)
