"""Documents checked: what was found out, and how it is shown."""
