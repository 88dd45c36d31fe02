"""What can be typed after ``matcalc``, with its help."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from matcalc import __version__
from matcalc.errors import CallError, shortened

WIDTH = 110  # of help; to ask the terminal takes an import
LONGEST = 200  # letters of a message, which repeats what was typed
DESCRIPTION = "Derivatives of matrix formulas, with the derivation. On a terminal, without arguments: a session."
EXAMPLES = """\
examples:
  matcalc derive "norm(X w - y)^2" --wrt w
  matcalc derive "norm(X w - y)^2" --wrt w --steps
  matcalc check derivation.mc
  matcalc rules logdet
"""
DERIVE = """\
The gradient of a scalar formula by one or several variables, with what was inferred about every name.
What is no scalar has a Jacobian; --order 2 asks for the Hessian of a scalar.
"""
DERIVE_EXAMPLES = """\
examples:
  matcalc derive "norm(X w - y)^2" --wrt w
  matcalc derive "logdet(A)" --wrt A --let "A : matrix(n, n), spd" --steps
  matcalc derive "norm(W)^2 + lambda norm(U)^2" --wrt U,V --let "M : matrix(I, J), binary" \\
                 --define "X := U V' - Y" --define "W := M .* X" --steps
  matcalc derive "x' A x" --wrt x --order 2
  matcalc derive "A X B" --wrt X --form all
  matcalc derive "(a W) .* (b W)" --wrt "W[i,j]" --let "a, b : row(m)"
  matcalc derive "\\|Xw - y\\|^2 + \\lambda w^\\top w" --wrt w
  matcalc derive "(a W) .* (b W)" --wrt W --taylor 2 --let "a, b : row(m)"
  echo "tr(A X B)" | matcalc derive - --wrt X --latex
  matcalc derive "norm(X w - y)^2" --wrt w --code numpy > gradient.py

the language in brief:
  A B, A * B  matrix product       A .* B  entrywise         A'      transpose      inv(A)     inverse
  A : B       tr(A' B)             A ./ B  entrywise         A .^ 2  entrywise      norm(A)    Frobenius
  Capital letters are matrices, small Latin letters vectors, small Greek letters (lambda, λ_u) scalars,
  unless --let declares them: "U : matrix(I, K)", "x : vector(n)", "r : row(n)", "s : scalar",
  and after commas symmetric, skew, diagonal, lower, upper, orthogonal, spd, psd, invertible, binary, positive, ...

exit status: 0 done, 1 the formula is at fault, 2 the call is at fault
"""
CHECK = "A hand derivation, held against the truth line by line: which is the first wrong one, why, what it should be."
RUN = "A document: what it asks with 'derive' is answered, what it claims with 'check' is held against the truth."
DOCUMENTS = """\
LaTeX (.tex) and Markdown (.md) are read too, with declarations in the text (U \\in \\mathbb{R}^{I \\times K}) or in comments
(% matcalc: M : matrix(I, J), binary). A document in plain spelling (.mc; - reads one from standard input):
  # Masked matrix factorisation             a comment; the first is the title
  Y : matrix(I, J)    M : matrix(I, J), binary
  X := U V' - Y                             a definition; what is not declared is inferred
  E := norm(M .* X)^2
  derive dE/dU, dE/dV                       a question
  check dE/dU = 2 (M .* X) V                a claim; or below it a chain, indented:
  check
    dE = 2 (M .* X) : dX
       = 2 (M .* X) V : dU + 2 (M .* X)' U : dV
  check dE/dU = (M .* X) V   # wrong: factor
  left sides: dE/dU, d2E/dx2, d2E/dx dy, ∇_U E, dE, E, or any formula: A : (B .* C) = (A .* B) : C
  A line that is meant to be refused says so at its end: # wrong, # shapes do not fit, # right in another convention,
  # undecided, # refused, each with a cause behind a colon where one is meant: factor, sign, transpose, order, hadamard,
  layout, symmetric, binary, term, index, constant, other.

exit status: 0 every line is right (or refused as it says), 1 something is wrong, 2 something could not be read
"""
RULES = "The functions of the language and the identities that steps cite; with a NAME, one in full."
RULES_EXAMPLES = """\
examples:
  matcalc rules                       every function: what it takes and gives, its rule, its source
  matcalc rules logdet                one function in full
  matcalc rules --identities          every identity
  matcalc rules hadamard-frobenius    one identity in full
  matcalc rules --json                all functions as JSON
"""
SERVE = "A page in the browser: derive, check, the reference and the gallery. No network is needed, and none is used."
SERVE_EXAMPLES = """\
examples:
  matcalc serve                the page, until Ctrl-C
  matcalc serve --port 8123    at this port

needs: pip install starlette uvicorn httptools
"""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The parsed arguments, ``run`` among them: the command. SystemExit where they are wrong, or only help was asked for."""
    parser = _parser()
    found, unknown = parser.parse_known_args([_protected(_decoded(argument)) for argument in argv])
    if unknown:
        raise CallError(_unknown(unknown[0], found.command))
    if found.run is None and sys.stdin.isatty() and sys.stdout.isatty():
        found.run = _converse
    if found.run is None:
        parser.print_help(sys.stderr)
        raise SystemExit(2)
    return found


def _unknown(argument: str, command: argparse.ArgumentParser) -> str:
    """What is said of an argument that is in the wrong place, or nowhere."""
    from difflib import get_close_matches
    from shlex import quote

    argument = argument.strip()
    options = re.findall(r"--[a-z-]+", command.format_help())
    near = get_close_matches(argument.partition("=")[0], options, 1)
    hint = f"see {command.prog} --help"
    if near:
        hint = f"did you mean {near[0]}?"
    elif ":" in argument and "--let" in options:
        hint = f"a declaration stands after --let: --let {quote(argument)}"
    return shortened(f"nothing is known of {argument!r} here", LONGEST) + f"\n  {shortened(hint, LONGEST)}"


def _converse(_: argparse.Namespace) -> int:
    from matcalc.cli.converse import converse

    return converse()


def _decoded(argument: str) -> str:
    """A formula is UTF-8 whatever the locale says."""
    try:
        return os.fsencode(argument).decode()
    except UnicodeError:
        return argument


def _protected(argument: str) -> str:
    """A formula may begin with a minus; a space before it keeps argparse from taking it for an option.

    >>> _protected("-x' A x"), _protected("-h"), _protected("-"), _protected("--wrt")
    (" -x' A x", '-h', '-', '--wrt')
    """
    return " " + argument if re.match("-[^-]", argument) and argument != "-h" else argument


class _Parser(argparse.ArgumentParser):
    """One line about what is wrong, as for a formula."""

    def error(self, message: str) -> NoReturn:
        hint = f"see {self.prog} --help"
        if found := re.match(r"argument COMMAND: invalid choice: (['\"])(.*)\1 \(choose", message):
            from difflib import get_close_matches

            near = get_close_matches(found[2], re.findall(r"'(\w+)'", message[found.end() :]), 1)
            hint = f"did you mean matcalc {near[0]}?" if near else "a formula stands after derive: matcalc derive …"
        raise CallError(f"{shortened(message, LONGEST)}\n  {shortened(hint, LONGEST)}")


def _parser() -> argparse.ArgumentParser:
    raw = partial(argparse.RawDescriptionHelpFormatter, width=WIDTH)
    parser = _Parser("matcalc", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=raw, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"matcalc {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, brief, description, epilog, fill in (
        ("derive", "the gradient of a formula", DERIVE, DERIVE_EXAMPLES, _derive),
        ("check", "a hand derivation, line by line", CHECK, DOCUMENTS, partial(_documents, answering=False)),
        ("run", "a document: its questions and its derivations", RUN, DOCUMENTS, partial(_documents, answering=True)),
        ("rules", "the functions and the identities", RULES, RULES_EXAMPLES, _rules),
        ("serve", "a page in the browser, on this machine only", SERVE, SERVE_EXAMPLES, _serve),
    ):
        fill(
            command := commands.add_parser(
                name, help=brief, description=description, epilog=epilog, formatter_class=raw, allow_abbrev=False
            )
        )
        command.set_defaults(command=command)
    return parser


def _derive(parser: argparse.ArgumentParser) -> None:
    def run(args: argparse.Namespace) -> int:
        from matcalc.cli.derive import run

        return run(args)

    parser.set_defaults(run=run)
    parser.add_argument("formula", metavar="FORMULA", help="the formula; - reads it from standard input")
    parser.add_argument(
        "--wrt",
        metavar="U",
        action="append",
        default=[],
        help="a variable to differentiate by; repeat it, or write U,V; or a part of one: W[i,j], W[:,j], W[i,:]",
    )
    parser.add_argument(
        "--let",
        "--declare",
        metavar="DECLARATION",
        action="append",
        dest="declare",
        default=[],
        help="declare a name: 'M : matrix(I, J), binary'",
    )
    parser.add_argument(
        "--define",
        metavar="DEFINITION",
        action="append",
        dest="declare",
        default=[],
        help="name a part: 'X := U V' - Y'; may use those before it",
    )
    parser.add_argument(
        "--from",
        dest="syntax",
        choices=("plain", "latex"),
        help="the formula's spelling; LaTeX is seen by its commands",
    )
    parser.add_argument(
        "--order", type=int, default=1, metavar="N", help="2 for the Hessian of a scalar, 3 and on for higher"
    )
    parser.add_argument(
        "--direction",
        metavar="H",
        action="append",
        default=[],
        help="the derivative along H, with --order 2 the Hessian applied to H; one for each --wrt",
    )
    parser.add_argument(
        "--taylor", type=int, metavar="N", help="the Taylor series up to order N, along --direction or H"
    )
    parser.add_argument(
        "--convention",
        choices=("space", "free"),
        default="space",
        help="by a symmetric, … variable: free for the derivatives by its free entries",
    )
    parser.add_argument(
        "--layout",
        choices=("gradient", "numerator", "denominator"),
        default="gradient",
        help="gradient: of a scalar the shape of the variable, else numerator layout (the default)",
    )
    parser.add_argument(
        "--form",
        choices=("differential", "jacobian", "entries", "all"),
        help="the derivative as dF = ..., as a Jacobian over vec, entry by entry with indices, or all three",
    )
    parser.add_argument("--explicit", metavar="SIZES", help="written out as matrices of entries: m=2,n=3 (needs SymPy)")
    parser.add_argument("--steps", action="store_true", help="show the derivation, each line verified on numbers")
    output = parser.add_mutually_exclusive_group()
    output.add_argument(
        "--latex", action="store_true", help="LaTeX for amsmath, KaTeX and MathJax, without dollar signs"
    )
    output.add_argument("--mathml", action="store_true", help="MathML, for pages that display it without a script")
    output.add_argument("--plain", action="store_true", help="the results only, one a line, as they can be typed again")
    output.add_argument("--json", action="store_true", help="everything, as JSON")
    output.add_argument(
        "--code",
        metavar="TARGET",
        help="a function that computes the result; TARGET is numpy, array-api, jax, torch or julia",
    )
    output.add_argument("--tex", metavar="FILE", help="write a LaTeX document that pdflatex compiles")
    output.add_argument("--picture", metavar="FILE", help="write a picture, FILE.svg, .png or .pdf; no TeX is needed")
    parser.add_argument(
        "--gives",
        metavar="WHAT",
        default="result",
        help="with --code: value, value_and_gradient, hessian, hvp, jvp or vjp in place of the result",
    )
    parser.add_argument(
        "--colour-steps",
        "--coloured",
        action="store_true",
        help="with --steps and typeset output: colour what a step rewrote",
    )
    _color(parser)


def _documents(parser: argparse.ArgumentParser, answering: bool) -> None:
    def run(args: argparse.Namespace) -> int:
        from matcalc.cli.check import run

        return run(args)

    parser.set_defaults(run=run, answering=answering)
    parser.add_argument("files", metavar="FILE", nargs="+", help="a document; - reads it from standard input")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="everything, as JSON")
    output.add_argument(
        "--latex", action="store_true", help="the chains in LaTeX, what is wrong in red, the right below it"
    )
    parser.add_argument(
        "--steps",
        action="store_true",
        help="every identity that takes a step, and our own derivation of each claim, and where a step is wrong",
    )
    parser.add_argument("--fix", metavar="OUT", help="write the document with its wrong lines put right to a new file")
    _color(parser)


def _rules(parser: argparse.ArgumentParser) -> None:
    def run(args: argparse.Namespace) -> int:
        from matcalc.cli.rules import run

        return run(args)

    parser.set_defaults(run=run)
    parser.add_argument("name", metavar="NAME", nargs="?", help="a function or an identity")
    parser.add_argument("--identities", action="store_true", help="list the identities")
    parser.add_argument("--json", action="store_true", help="as JSON")
    _color(parser)


def _serve(parser: argparse.ArgumentParser) -> None:
    def run(args: argparse.Namespace) -> int:
        from matcalc.www.server import run

        run(args.host, args.port)
        return 0

    parser.set_defaults(run=run)
    parser.add_argument("--port", type=int, help="8000, or where that is taken any that is free")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen at, and to be called by; others than 127.0.0.1 let others in",
    )


def _color(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--color", "--colour", choices=("auto", "always", "never"), default="auto",
        help="auto: on a terminal, unless NO_COLOR is set",
    )  # fmt: skip
