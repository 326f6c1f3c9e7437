"""Rooms beside the house: each serves one kind of source, and the rest of Loom does without it."""
