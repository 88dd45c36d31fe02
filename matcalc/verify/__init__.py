"""Expressions against numbers: sample, evaluate, agree."""
