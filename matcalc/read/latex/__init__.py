"""LaTeX to what it says as written: formulas with their left sides and definitions, and documents."""
