"""What can be typed after ``matcalc``, with its help."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

DESCRIPTION = "Derivatives of matrix formulas, with the derivation."
EXAMPLES = """\
examples:
  matcalc derive "norm(X w - y)^2" --wrt w
  matcalc derive "norm(X w - y)^2" --wrt w --steps
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
RULES = "The functions of the language and the identities that steps cite; with a NAME, one in full."
RULES_EXAMPLES = """\
examples:
  matcalc rules                       every function: what it takes and gives, its rule, its source
  matcalc rules logdet                one function in full
  matcalc rules --identities          every identity
  matcalc rules hadamard-frobenius    one identity in full
  matcalc rules --json                all functions as JSON
"""


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The parsed arguments; ``run`` is the command. Exits with status 2 and a line on standard error where they are wrong."""
    parser = _parser()
    found = parser.parse_args([_protected(argument) for argument in argv])
    if found.run is None:
        parser.print_help(sys.stderr)
        raise SystemExit(2)
    return found


def _protected(argument: str) -> str:
    """A formula may begin with a minus: a space before it keeps it from being read as an option."""
    return " " + argument if re.match(r"-(?!h$)[^-]", argument) else argument


def _parser() -> argparse.ArgumentParser:
    parser = _described(argparse.ArgumentParser, DESCRIPTION, EXAMPLES, prog="matcalc", allow_abbrev=False)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _derive(_described(commands.add_parser, DERIVE, DERIVE_EXAMPLES, name="derive", help="the gradient of a formula"))
    _rules(_described(commands.add_parser, RULES, RULES_EXAMPLES, name="rules", help="functions and identities"))
    return parser
