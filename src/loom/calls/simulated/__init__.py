"""The simulated family: a small deterministic non-neural model that works on the text it is given.

It never sees what a suite expects, and whatever shows one of its results must label it *simulated*. The family itself
is loaded when it is first asked, so that its prices and sizes can be had without it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loom.calls.simulated.embedding import embed
    from loom.calls.simulated.family import Simulated, simulate

__all__ = ["Simulated", "embed", "simulate"]


def __getattr__(name: str) -> Any:
    if name == "embed":
        from loom.calls.simulated.embedding import embed

        return embed
    if name in __all__:
        from loom.calls.simulated import family

        return getattr(family, name)
    raise AttributeError(name)
