"""From a syntax tree to its derivative: resolve, infer, build, differentiate, make compact, spell, derive in steps."""
