"""Suites, scorers, honest rates and paired comparison; this room never asks a model itself."""
