"""Loom: the whole life of an LLM worker. Importing this package loads nothing heavy."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib import metadata

        return metadata.version("loom-ai")
    raise AttributeError(name)
