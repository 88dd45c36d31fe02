"""The page and the interface behind it: ``matcalc serve``."""
