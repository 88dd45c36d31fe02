"""Syntax trees to text: plain, Unicode, LaTeX, NumPy, and whole derivations."""
