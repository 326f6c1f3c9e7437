"""Runs that were measured elsewhere, kept and compared as any other."""
