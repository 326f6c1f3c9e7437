"""Suites of cases: read, checked, divided, edited and written in every format."""
