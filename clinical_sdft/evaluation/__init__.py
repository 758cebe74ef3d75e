"""Suites, and what models score on them."""
