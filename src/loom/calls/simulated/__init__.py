"""The simulated family: a small deterministic non-neural model that works on the text it is given.

It never sees what a suite expects, and whatever shows one of its results must label it *simulated*.
"""

from loom.calls.simulated.embed import embed
from loom.calls.simulated.family import Simulated, simulate

__all__ = ["Simulated", "embed", "simulate"]
