"""Principals: on whose behalf a service is called."""

from dataclasses import dataclass

__all__ = ["LOCAL", "Principal"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. What they may do is for the doors that let them in."""

    name: str


LOCAL = Principal("local")
"""The person at this machine's terminal."""
