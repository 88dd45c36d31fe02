"""Text to what it says as written: formulas, declarations, definitions. No name has a meaning here yet."""
