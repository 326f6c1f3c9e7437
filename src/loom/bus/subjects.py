"""The subjects of the mesh, as Loom 0.9 has them."""

__all__ = ["DEAD_LETTERS", "INCOMING_TASKS", "RELOAD"]

INCOMING_TASKS = "loom.tasks.incoming"
"""Tasks on their way to a router."""

DEAD_LETTERS = "loom.tasks.dead_letter"
"""Tasks that could not be handed to any worker, each with its reason."""

RELOAD = "loom.control.reload"
"""Tells every actor to read its definition again."""
