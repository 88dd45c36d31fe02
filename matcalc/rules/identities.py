"""The identities that the steps of a derivation cite: each has a name, a condition and a source.

>>> lookup("hadamard-frobenius").statement
'C : (A ⊙ B) = (C ⊙ A) : B'
>>> lookup("inv-rule").statement
'd(inv(X)) = -inv(X) dX inv(X)'

An identity holds wherever both sides are defined. Those that say what a function of the tables is, or how it is
differentiated, are read off its record; those that say what a property means, off the table of properties.
"""

from __future__ import annotations

import re
from functools import cache

from matcalc.rules import functions, properties
from matcalc.rules.record import Function, Identity

AB = "A : matrix(m, n); B : matrix(m, n)"
ABC = "A : matrix(m, n); B : matrix(m, n); C : matrix(m, n)"
XY = "x : vector(n); y : vector(n)"
SQUARES = "A : matrix(n, n); B : matrix(n, n)"
INVERTIBLE = "A : matrix(n, n), invertible"
INVERTIBLES = "A : matrix(n, n), invertible; B : matrix(n, n), invertible"
ANY = "A : matrix(m, n)"
POSITIVE = "A : matrix(m, n), positive"
POSITIVES = "A : matrix(m, n), positive; B : matrix(m, n), positive"
KRON = "A : matrix(m, n); B : matrix(p, q)"
MN8 = "Magnus & Neudecker 2019, ch. 8.2"
MN3 = "Magnus & Neudecker 2019, ch. 3.6"
HJ = "Horn & Johnson 1991, lemma 5.1.3"
TRACE = "A : B = tr(A' B)"
SUM = "A : B = sum(A ⊙ B)"
ENTRIES = "entry by entry"
NEURAL = "Goodfellow, Bengio & Courville 2016, ch. 3.10"

# fmt: off
TABLE: tuple[Identity, ...] = (
    # --- differentials
    Identity("constant-rule",    "d(A) = zeros(m, n)",                        "A : matrix(m, n), constant", "Matrix Cookbook (33)"),
    Identity("scaling-rule",     "d(s A) = ds A + s dA",                      "s : scalar; A : matrix(m, n)", MN8),
    Identity("sum-rule",         "d(A + B) = dA + dB",                        AB, "Matrix Cookbook (35)"),
    Identity("transpose-rule",   "d(A') = dA'",                               ANY, "Matrix Cookbook (44)"),
    Identity("product-rule",     "d(A B) = dA B + A dB",                      "A : matrix(m, n); B : matrix(n, p)",
             "Matrix Cookbook (37)"),
    Identity("entry-sum-rule",   "d(sum(A)) = ones(m, n) : dA",               ANY, SUM),
    Identity("hadamard-rule",    "d(A ⊙ B) = dA ⊙ B + A ⊙ dB",                AB, "Matrix Cookbook (38)"),
    Identity("kronecker-rule",   "d(A ⊗ B) = dA ⊗ B + A ⊗ dB",                KRON, "Matrix Cookbook (39)"),
    Identity("frobenius-rule",   "d(A : B) = dA : B + A : dB",                AB, MN8),
    Identity("square-rule",      "d(A : A) = 2 A : dA",                       ANY, "Matrix Cookbook (115)"),
    Identity("norm-rule",        "d(norm(A)) = A / norm(A) : dA",             ANY, "Matrix Cookbook (129)"),
    Identity("quadratic-rule",   "d(x' A x) = (A + A') x : dx",               "A : matrix(n, n), constant; x : vector(n)",
             "Matrix Cookbook (81)"),
    Identity("quotient-rule",    "d(A / s) = dA / s - ds A / s^2",            "s : scalar; A : matrix(m, n)", MN8),
    Identity("hadamard-quotient-rule", "d(A ./ B) = dA ./ B - A ⊙ dB ./ B.^2", AB, ENTRIES),
    Identity("power-rule",       "d(s^p) = p s^(p-1) ds",                     "s : scalar, positive; p : scalar, constant",
             "DLMF 4.7(ii)"),
    Identity("exponent-rule",    "d(s^p) = p s^(p-1) ds + log(s) s^p dp",     "s : scalar, positive; p : scalar", "DLMF 4.7(ii)"),
    Identity("hadamard-power-rule", "d(A.^p) = p A.^(p-1) ⊙ dA",              "A : matrix(m, n), positive; p : scalar, constant",
             "DLMF 4.7(ii)"),
    Identity("chain-rule",       "d(f(A)) = f'(A) ⊙ dA",                      "f : function; A : matrix(m, n)", MN8,
             "for an entrywise function"),
    Identity("trace-rule",       "d(tr(A)) = tr(dA)",                         "A : matrix(n, n)", "Matrix Cookbook (36)"),
    Identity("adjugate-rule",    "d(det(A)) = adj(A)' : dA",                  "A : matrix(n, n)", "Matrix Cookbook (41)",
             "Jacobi's formula, for every square matrix"),
    Identity("commuting-rule",   "tr(expm_frechet(A, B)) = tr(expm(A) B)",    SQUARES, "Higham 2008, sec. 3.2",
             "under a trace a power series is differentiated as if dX commuted with X"),

    # --- the Frobenius product
    Identity("frobenius-trace",      "A : B = tr(A' B)",                      AB, "Matrix Cookbook (521)"),
    Identity("frobenius-sum",        "A : B = sum(A ⊙ B)",                    AB, MN3),
    Identity("frobenius-vec",        "A : B = vec(A)' vec(B)",                AB, "Matrix Cookbook (521)"),
    Identity("frobenius-vector",     "x : y = x' y",                          XY, TRACE),
    Identity("frobenius-norm",       "A : A = norm(A)^2",                     ANY, "Matrix Cookbook (541)"),
    Identity("frobenius-commutes",   "A : B = B : A",                         AB, SUM),
    Identity("frobenius-transpose",  "A : B' = A' : B",                       "A : matrix(m, n); B : matrix(n, m)", SUM),
    Identity("frobenius-right",      "A : (B C) = (A C') : B",
             "A : matrix(m, n); B : matrix(m, p); C : matrix(p, n)", TRACE),
    Identity("frobenius-left",       "A : (B C) = (B' A) : C",
             "A : matrix(m, n); B : matrix(m, p); C : matrix(p, n)", TRACE),
    Identity("frobenius-both",       "C : (A X B) = (A' C B') : X",
             "A : matrix(m, n); X : matrix(n, p); B : matrix(p, q); C : matrix(m, q)", TRACE),
    Identity("hadamard-frobenius",   "C : (A ⊙ B) = (C ⊙ A) : B",             ABC, SUM),
    Identity("frobenius-scaling",    "A : (s B) = s (A : B)",                 "s : scalar; A : matrix(m, n); B : matrix(m, n)", SUM),
    Identity("frobenius-distribute", "C : (A + B) = C : A + C : B",           ABC, SUM),
    Identity("frobenius-collect",    "A : C + B : C = (A + B) : C",           ABC, SUM, "terms with one differential"),
    Identity("projected-symmetric",  "C : S = sym(C) : S",                         "C : matrix(n, n); S : matrix(n, n), symmetric", "Magnus & Neudecker 2019, ch. 3.8"),
    Identity("projected-skew",       "C : S = skew(C) : S",                        "C : matrix(n, n); S : matrix(n, n), skew", "Magnus & Neudecker 2019, ch. 3.8"),
    Identity("projected-diagonal",   "C : D = (eye(n) ⊙ C) : D",                   "C : matrix(n, n); D : matrix(n, n), diagonal", ENTRIES),
    Identity("projected-lower",      "C : L = tril(C) : L",                        "C : matrix(n, n); L : matrix(n, n), lower", ENTRIES),
    Identity("riemannian-orthogonal", "G : (Q skew(B)) = ((G - Q G' Q) / 2) : (Q skew(B))", "G, B : matrix(n, n); Q : matrix(n, n), orthogonal",
             "Edelman, Arias & Smith 1998, sec. 2.2.1", "every direction in which Q can move is Q skew(B)"),
    Identity("riemannian-unit",      "g : (b - (u' b) u) = (g - (u' g) u) : (b - (u' b) u)", "g, b : vector(n); u : vector(n), unit",
             "Edelman, Arias & Smith 1998, sec. 2.1", "every direction in which u can move is b - (u' b) u"),
    Identity("projected-upper",      "C : U = triu(C) : U",                        "C : matrix(n, n); U : matrix(n, n), upper", ENTRIES),
    Identity("kronecker-frobenius",  "(A ⊗ B) : (C ⊗ D) = (A : C) * (B : D)",
             "A : matrix(m, n); C : matrix(m, n); B : matrix(p, q); D : matrix(p, q)", "Matrix Cookbook (511), (515)"),

    # --- the trace
    Identity("trace-frobenius",  "tr(A) = eye(n) : A",                        "A : matrix(n, n)", TRACE),
    Identity("trace-cyclic",     "tr(A B) = tr(B A)",                         "A : matrix(m, n); B : matrix(n, m)",
             "Matrix Cookbook (14)"),
    Identity("trace-transpose",  "tr(A) = tr(A')",                            "A : matrix(n, n)", "Matrix Cookbook (13)"),
    Identity("trace-sum",        "tr(A + B) = tr(A) + tr(B)",                 SQUARES, "Matrix Cookbook (15)"),
    Identity("trace-scalar",     "tr(s) = s",                                 "s : scalar", "Matrix Cookbook (11)"),
    Identity("trace-outer",      "tr(x y') = y' x",                           XY, "Matrix Cookbook (17)"),
    Identity("trace-kronecker",  "tr(A ⊗ B) = tr(A) tr(B)",                   "A : matrix(m, m); B : matrix(n, n)",
             "Matrix Cookbook (515)"),
    Identity("trace-diagonal",   "tr(Diag(x)) = sum(x)",                      "x : vector(n)", "Matrix Cookbook (11)"),

    # --- transposes, inverses, identities, ones
    Identity("transpose-sum",      "(A + B)' = A' + B'",                      AB, "Matrix Cookbook (4)"),
    Identity("transpose-product",  "(A B)' = B' A'",                          "A : matrix(m, n); B : matrix(n, p)", "Matrix Cookbook (5)"),
    Identity("transpose-hadamard", "(A ⊙ B)' = A' ⊙ B'",                      AB, ENTRIES),
    Identity("transpose-inverse",  "inv(A') = inv(A)'",                       INVERTIBLE, "Matrix Cookbook (3)"),
    Identity("transpose-twice",    "A'' = A",                                 ANY, ENTRIES),
    Identity("scalar-transpose",   "x' A y = y' A' x",                        "A : matrix(m, n); x : vector(m); y : vector(n)",
             "Matrix Cookbook (5)"),
    Identity("inverse-left",       "inv(A) A = eye(n)",                       INVERTIBLE, "Matrix Cookbook (145)"),
    Identity("inverse-right",      "A inv(A) = eye(n)",                       INVERTIBLE, "Matrix Cookbook (145)"),
    Identity("inverse-product",    "inv(A B) = inv(B) inv(A)",                INVERTIBLES, "Matrix Cookbook (1)"),
    Identity("inverse-twice",      "inv(inv(A)) = A",                         INVERTIBLE, "Matrix Cookbook (145)"),
    Identity("inverse-orthogonal", "inv(Q) = Q'",                             "Q : matrix(n, n), orthogonal", "Matrix Cookbook, sec. 9.6"),
    Identity("inverse-update",     "inv(A + B C) = inv(A) - inv(A) B inv(eye(p) + C inv(A) B) C inv(A)",
             "A : matrix(n, n), invertible; B : matrix(n, p); C : matrix(p, n)", "Matrix Cookbook (159)", "the Kailath variant of Woodbury"),
    Identity("inverse-push",       "inv(eye(m) + A B) A = A inv(eye(n) + B A)",
             "A : matrix(m, n); B : matrix(n, m)", "Matrix Cookbook (167)"),
    Identity("identity-product",   "eye(m) A = A",                            ANY, ENTRIES),
    Identity("product-identity",   "A eye(n) = A",                            ANY, ENTRIES),
    Identity("ones-hadamard",      "ones(m, n) ⊙ A = A",                      ANY, ENTRIES),
    Identity("sum-ones",           "sum(A) = ones(m)' A ones(n)",             ANY, "definition"),
    Identity("sum-hadamard",       "sum(x ⊙ y) = x' y",                       XY, "definition"),

    # --- sums and products
    Identity("product-distribute",  "A (B + C) = A B + A C",
             "A : matrix(m, n); B : matrix(n, p); C : matrix(n, p)", ENTRIES),
    Identity("factor-left",         "A B + A C = A (B + C)",
             "A : matrix(m, n); B : matrix(n, p); C : matrix(n, p)", ENTRIES),
    Identity("factor-right",        "A C + B C = (A + B) C",
             "A : matrix(m, n); B : matrix(m, n); C : matrix(n, p)", ENTRIES),
    Identity("factor-hadamard",     "A ⊙ B + A ⊙ C = A ⊙ (B + C)",            ABC, ENTRIES),
    Identity("factor-scalar",       "s A + s B = s (A + B)",                  "s : scalar; A : matrix(m, n); B : matrix(m, n)", ENTRIES),
    Identity("hadamard-commutes",   "A ⊙ B = B ⊙ A",                          AB, ENTRIES),
    Identity("hadamard-square",     "A ⊙ A = A.^2",                           ANY, ENTRIES),
    Identity("hadamard-outer",      "(x y') ⊙ (u v') = (x ⊙ u) (y ⊙ v)'",
             "x : vector(m); u : vector(m); y : vector(n); v : vector(n)", ENTRIES),
    Identity("hadamard-quadratic",  "x' (A ⊙ B) y = tr(Diag(x) A Diag(y) B')",
             "x : vector(m); y : vector(n); A : matrix(m, n); B : matrix(m, n)", HJ),

    # --- powers of a scalar
    Identity("power-product",  "s^p s^q = s^(p + q)",        "s : scalar, positive; p : scalar; q : scalar", "DLMF 4.8(ii)"),
    Identity("power-power",    "(s^p)^q = s^(p q)",          "s : scalar, positive; p : scalar; q : scalar", "DLMF 4.8(ii)"),
    Identity("power-scalars",  "(s t)^p = s^p t^p",          "s : scalar, positive; t : scalar, positive; p : scalar", "DLMF 4.8(ii)"),
    Identity("root-square",    "(A.^2).^(1/2) = abs(A)",     ANY, "abs(x) = (x^2)^(1/2)"),

    # --- diagonals
    Identity("entry-product",     "A[i,j] = unit(i, m)' A unit(j, n)",       "A : matrix(m, n); i : size; j : size", "definition"),
    Identity("entry-expansion",   "A = sum(i=1..m, sum(j=1..n, A[i,j] unit(i, m) unit(j, n)'))", ANY, "Magnus & Neudecker 2019, ch. 2.2",
             "so only A[i,j] moves along the product of two unit vectors"),
    Identity("column-expansion",  "A = sum(j=1..n, A[:,j] unit(j, n)')",      ANY, "Magnus & Neudecker 2019, ch. 2.2"),
    Identity("row-expansion",     "A = sum(i=1..m, unit(i, m) A[i,:])",       ANY, "Magnus & Neudecker 2019, ch. 2.2"),
    Identity("diagonal-vector",   "Diag(x) y = x ⊙ y",                       XY, ENTRIES),
    Identity("diagonal-left",     "Diag(x) A = (x ones(n)') ⊙ A",            "x : vector(m); A : matrix(m, n)", ENTRIES),
    Identity("diagonal-right",    "A Diag(y) = A ⊙ (ones(m) y')",            "y : vector(n); A : matrix(m, n)", ENTRIES),
    Identity("diagonal-hadamard", "(x y') ⊙ A = Diag(x) A Diag(y)",          "x : vector(m); y : vector(n); A : matrix(m, n)", ENTRIES),
    Identity("diagonal-product",  "Diag(x) Diag(y) = Diag(x ⊙ y)",           XY, ENTRIES),
    Identity("diagonal-inverse",  "inv(Diag(x)) = Diag(1 ./ x)",             "x : vector(n)", ENTRIES),
    Identity("diagonal-det",      "det(Diag(x)) = prod(x)",                  "x : vector(n)", "Matrix Cookbook (18)"),
    Identity("diagonal-ones",     "Diag(ones(n)) = eye(n)",                  "n : size", "definition"),
    Identity("diagonal-of",       "diag(Diag(x)) = x",                       "x : vector(n)", "definition"),
    Identity("diagonal-part",     "Diag(diag(A)) = eye(n) ⊙ A",              "A : matrix(n, n)", ENTRIES),
    Identity("diagonal-of-product", "diag(A B') = rowsum(A ⊙ B)",            AB, ENTRIES),

    # --- determinants
    Identity("det-product",   "det(A B) = det(A) det(B)",                    SQUARES, "Matrix Cookbook (21)"),
    Identity("det-transpose", "det(A') = det(A)",                            "A : matrix(n, n)", "Matrix Cookbook (20)"),
    Identity("det-inverse",   "det(inv(A)) = 1 / det(A)",                    INVERTIBLE, "Matrix Cookbook (22)"),
    Identity("det-scaling",   "det(s A) = s^n det(A)",                       "s : scalar; A : matrix(n, n)", "Matrix Cookbook (19)"),
    Identity("det-update",    "det(A + x y') = det(A) * (1 + y' inv(A) x)",
             "A : matrix(n, n), invertible; x : vector(n); y : vector(n)", "Matrix Cookbook (24)"),
    Identity("det-kronecker", "det(A ⊗ B) = det(A)^n det(B)^m",              "A : matrix(m, m); B : matrix(n, n)", "Matrix Cookbook (516)"),
    Identity("log-det",       "log(det(A)) = logdet(A)",                     "A : matrix(n, n), spd", "definition", "where det(A) > 0"),
    Identity("log-abs-det",   "log(abs(det(A))) = logdet(A)",                INVERTIBLE, "definition"),
    Identity("logdet-product", "logdet(A B) = logdet(A) + logdet(B)",        INVERTIBLES, "Matrix Cookbook (21)"),
    Identity("logdet-inverse", "logdet(inv(A)) = -logdet(A)",                INVERTIBLE, "Matrix Cookbook (22)"),
    Identity("adjugate-inverse", "adj(A) = det(A) inv(A)",                   INVERTIBLE, "Matrix Cookbook (151)"),

    # --- vec and Kronecker products
    Identity("vec-product",     "vec(A X B) = kron(B', A) vec(X)",
             "A : matrix(m, n); X : matrix(n, p); B : matrix(p, q)", "Matrix Cookbook (520)"),
    Identity("vec-sum",         "vec(A + B) = vec(A) + vec(B)",              AB, "Matrix Cookbook (522)"),
    Identity("vec-scaling",     "vec(s A) = s vec(A)",                       "s : scalar; A : matrix(m, n)", "Matrix Cookbook (523)"),
    Identity("vec-transpose",   "vec(A') = commutation(m, n) vec(A)",        ANY, "Magnus & Neudecker 2019, ch. 3.7"),
    Identity("vec-hadamard",    "vec(A ⊙ B) = Diag(vec(A)) vec(B)",          AB, MN3),
    Identity("vec-outer",       "vec(x y') = kron(y, x)",                    "x : vector(m); y : vector(n)", "Magnus & Neudecker 2019, ch. 2.4"),
    Identity("vec-diagonal",    "vec(Diag(x)) = khatrirao(eye(n), eye(n)) x", "x : vector(n)", "Khatri & Rao 1968"),
    Identity("unvec-vec",       "unvec(vec(A), m, n) = A",                   ANY, "definition"),
    Identity("vech-duplication", "duplication(n) vech(S) = vec(S)",          "S : matrix(n, n), symmetric", "Magnus & Neudecker 2019, ch. 3.8"),
    Identity("commutation-transpose", "commutation(m, n)' = commutation(n, m)", "m : size; n : size", "Magnus & Neudecker 2019, ch. 3.7"),
    Identity("commutation-kronecker", "commutation(p, m) kron(A, B) = kron(B, A) commutation(q, n)", KRON,
             "Magnus & Neudecker 2019, ch. 3.7"),
    Identity("kronecker-transpose",  "(A ⊗ B)' = A' ⊗ B'",                   KRON, "Matrix Cookbook (510)"),
    Identity("kronecker-product",    "kron(A, B) kron(C, D) = kron(A C, B D)",
             "A : matrix(m, n); B : matrix(p, q); C : matrix(n, k); D : matrix(q, m)", "Matrix Cookbook (511)"),
    Identity("kronecker-inverse",    "inv(A ⊗ B) = inv(A) ⊗ inv(B)",
             "A : matrix(m, m), invertible; B : matrix(n, n), invertible", "Matrix Cookbook (512)"),
    Identity("kronecker-distribute", "A ⊗ (B + C) = A ⊗ B + A ⊗ C",
             "A : matrix(p, q); B : matrix(m, n); C : matrix(m, n)", "Matrix Cookbook (506)"),
    Identity("kronecker-scaling",    "(s A) ⊗ B = s (A ⊗ B)",                "s : scalar; " + KRON, "Matrix Cookbook (509)"),
    Identity("kronecker-identity",   "eye(m) ⊗ eye(n) = eye(m*n)",           "m : size; n : size", "Matrix Cookbook (505)"),

    # --- exponentials and their companions
    Identity("log-exp",         "log(exp(A)) = A",                           ANY, "DLMF 4.8(i)"),
    Identity("exp-log",         "exp(log(A)) = A",                           POSITIVE, "DLMF 4.8(i)"),
    Identity("exp-sum",         "exp(A + B) = exp(A) ⊙ exp(B)",              AB, "DLMF 4.8(ii)"),
    Identity("log-product",     "log(A ⊙ B) = log(A) + log(B)",              POSITIVES, "DLMF 4.8(i)"),
    Identity("sigmoid-definition",  "1 ./ (1 + exp(-A)) = sigmoid(A)",       ANY, NEURAL),
    Identity("sigmoid-exp",         "exp(A) ./ (1 + exp(A)) = sigmoid(A)",   ANY, NEURAL),
    Identity("sigmoid-reflect",     "sigmoid(-A) = 1 - sigmoid(A)",          ANY, NEURAL),
    Identity("sigmoid-log",         "log(sigmoid(A)) = -softplus(-A)",       ANY, NEURAL),
    Identity("softplus-definition", "log(1 + exp(A)) = softplus(A)",         ANY, NEURAL),
    Identity("softmax-definition",  "exp(x) / sum(exp(x)) = softmax(x)",     "x : vector(n)", "Goodfellow, Bengio & Courville 2016, ch. 6.2.2.3"),
    Identity("softmax-sum",         "sum(softmax(x)) = 1",                   "x : vector(n)", "Goodfellow, Bengio & Courville 2016, ch. 6.2.2.3"),
    Identity("softmax-shift",       "softmax(x + s ones(n)) = softmax(x)",   "x : vector(n); s : scalar", "exp(x + s) = exp(x) exp(s)"),
    Identity("softmax-log",         "log(softmax(x)) = x - logsumexp(x) ones(n)", "x : vector(n)", "definition"),
    Identity("softmax-shifted",     "exp(x - logsumexp(x) ones(n)) = softmax(x)", "x : vector(n)", "definition"),
    Identity("logsumexp-definition", "log(sum(exp(A))) = logsumexp(A)",      ANY, "definition"),
    Identity("logsumexp-shift",     "logsumexp(x + s ones(n)) = logsumexp(x) + s", "x : vector(n); s : scalar", "exp(x + s) = exp(x) exp(s)"),

    # --- signs and corners
    Identity("abs-sign",       "abs(A) ⊙ sign(A) = A",                       ANY, ENTRIES),
    Identity("sign-abs",       "A ⊙ sign(A) = abs(A)",                       ANY, ENTRIES),
    Identity("abs-square",     "abs(A).^2 = A.^2",                           ANY, ENTRIES),
    Identity("abs-product",    "abs(A ⊙ B) = abs(A) ⊙ abs(B)",               AB, ENTRIES),
    Identity("relu-step",      "A ⊙ step(A) = relu(A)",                      ANY, ENTRIES),
    Identity("relu-abs",       "relu(A) = (A + abs(A)) / 2",                 ANY, ENTRIES),
    Identity("step-square",    "step(A).^2 = step(A)",                       ANY, ENTRIES),
    Identity("max-relu",       "max(A, B) = A + relu(B - A)",                AB, ENTRIES),
    Identity("min-max",        "min(A, B) = -max(-A, -B)",                   AB, ENTRIES),

    # --- circular and hyperbolic
    Identity("sin-cos",        "sin(A).^2 + cos(A).^2 = ones(m, n)",         ANY, "DLMF 4.21.12"),
    Identity("tan-quotient",   "sin(A) ./ cos(A) = tan(A)",                  ANY, "DLMF 4.14.4"),
    Identity("sinh-cosh",      "cosh(A).^2 - sinh(A).^2 = ones(m, n)",       ANY, "DLMF 4.35.11"),
    Identity("tanh-quotient",  "sinh(A) ./ cosh(A) = tanh(A)",               ANY, "DLMF 4.28.4"),
    Identity("tanh-sigmoid",   "tanh(A) = 2 sigmoid(2 A) - 1",               ANY, "DLMF 4.28.4"),

    # --- matrix functions
    Identity("expm-inverse",   "inv(expm(A)) = expm(-A)",                    "A : matrix(n, n)", "Matrix Cookbook (499)"),
    Identity("expm-det",       "det(expm(A)) = exp(tr(A))",                  "A : matrix(n, n)", "Higham 2008, thm 10.2"),
    Identity("expm-logm",      "expm(logm(S)) = S",                          "S : matrix(n, n), spd", "Higham 2008, ch. 11"),
    Identity("expm-symmetric", "logm(expm(S)) = S",                          "S : matrix(n, n), symmetric", "Higham 2008, ch. 11"),
    Identity("expm-direction", "expm_frechet(A, A) = A expm(A)",             "A : matrix(n, n)", "Higham 2008, sec. 10.2"),
    Identity("sqrtm-square",   "sqrtm(S) sqrtm(S) = S",                      "S : matrix(n, n), spd", "Higham 2008, ch. 6"),
    Identity("sqrtm-power",    "sqrtm(S) = S^(1/2)",                         "S : matrix(n, n), spd", "definition"),
    Identity("pinv-full-rank", "pinv(A) = inv(A' A) A'",                     "A : matrix(n+p, n)", "Matrix Cookbook, sec. 3.6"),
    Identity("cross-product",  "crossmat(x) y = -crossmat(y) x",             "x : vector(3); y : vector(3)", "Murray, Li & Sastry 1994, ch. 2"),
)
# fmt: on


def lookup(name: str) -> Identity | None:
    """The identity of this name, ``hadamard-frobenius`` or that of a function, ``logdet-rule``; None for an unknown one."""
    own = _own().get(name)
    return own or next((identity for identity in of_functions() if identity.name == name), None)


def every() -> tuple[Identity, ...]:
    """Every identity: the table, then those of the properties, then those of the functions."""
    return (*_own().values(), *of_functions())


def of_functions() -> tuple[Identity, ...]:
    """What the records of the functions say, those that were registered later too."""
    named = [record for record in functions.records() if record.name.isidentifier()]
    return tuple(identity for identity in map(of_function, named) if identity is not None)


def of_function(record: Function) -> Identity | None:
    """How a function is differentiated, moved across the colon, or defined; None for a constant one.

    >>> of_function(functions.lookup("tanh")[0]).statement
    'd(tanh(X)) = (1 - tanh(X).^2) .* dX'
    """
    letters = re.findall(r"(\w+)\s*:", record.takes) + ([str(record.axis)] if record.axis else [])
    own = f"{record.name}({', '.join(letters)})"
    if record.rule:
        statement = re.sub(r"\bdY\b", f"d({own})", re.sub(r"\bY\b", own, record.rule))
        return Identity(_name(record, "rule"), statement, record.takes, record.source, record.where)
    if record.adjoint:
        given = f"C : {re.split(r',(?![^(]*[)])', record.gives)[0]}; {record.takes}"
        return Identity(_name(record, "adjoint"), record.adjoint, given, record.source)
    if record.means:
        return Identity(_name(record, "definition"), f"{own} = {record.means}", record.takes, record.source)
    return None


def _name(record: Function, what: str) -> str:
    """``softmax-rule`` for the first overload, ``softmax-row-rule`` and ``softmax-matrix-2-rule`` for others."""
    first = [other for other in functions.lookup(record.name) if other.name == record.name][:1]
    kinds = re.findall(r":\s*(?:complex )?(\w+)", record.takes) + ([str(record.axis)] if record.axis else [])
    kinds = ["complex", *kinds] if "complex" in record.takes else kinds
    return "-".join([record.name, *([] if first == [record] else kinds), what])


def _of_property(word: properties.Property) -> list[Identity]:
    """``symmetric``, ``orthogonal``, ``orthogonal-2``: the equations that a property means."""
    equations = [statement for statement in word.means if " = " in statement]
    return [
        Identity(word.name + (f"-{k}" if k > 1 else ""), statement, word.given, word.source)
        for k, statement in enumerate(equations, 1)
    ]


@cache
def _own() -> dict[str, Identity]:
    found = {identity.name: identity for identity in TABLE}
    for word in properties.TABLE:
        found.update((identity.name, identity) for identity in _of_property(word))
    return found
