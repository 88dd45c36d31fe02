"""What authors say of a line beforehand: that it must be refused, and perhaps why. ``wrong: factor`` in a comment at its end.

>>> said_of(" shapes do not fit : transpose ")
('shapes do not fit', 'transpose')
>>> said_of("wrong : vector(n)")
"""

from __future__ import annotations

import re

REFUSED = ("wrong", "shapes do not fit", "right in another convention", "undecided", "refused")
CAUSES = (
    "factor", "sign", "transpose", "order", "hadamard", "layout", "symmetric", "binary", "term", "index", "constant", "other",
)  # fmt: skip
MARK = rf"({'|'.join(REFUSED)})(?:\s*:\s*(\w+))?"


def said_of(comment: str) -> tuple[str, str] | None:
    """The verdict, and the cause or ""; None where the comment says something else."""
    found = _MARK(comment)
    return (found[1], found[2] or "") if found and found[2] in (None, *CAUSES) else None


_MARK = re.compile(rf"\s*{MARK}\s*").fullmatch
