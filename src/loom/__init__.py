"""Loom: the whole life of an LLM worker. Importing this package loads nothing heavy."""

from importlib import metadata

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    if name == "__version__":
        return metadata.version("loom-ai")
    raise AttributeError(name)
