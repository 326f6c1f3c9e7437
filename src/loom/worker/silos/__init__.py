"""Folders of knowledge: what of them a model is given, what it may change in them, and how that is undone."""
