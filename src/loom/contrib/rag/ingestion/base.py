"""What every source of posts promises."""

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import Self

from loom.contrib.rag.schemas import NormalizedPost

__all__ = ["Ingestor"]


class Ingestor(ABC):
    """One channel of posts. Load it, then take from it as often as you like."""

    @abstractmethod
    def load(self) -> Self:
        """Read the source, once."""

    @abstractmethod
    def ingest(self) -> Generator[NormalizedPost]:
        """Its posts, in its order. RuntimeError before `load`."""

    def ingest_all(self) -> list[NormalizedPost]:
        """Its posts, as a list."""
        return list(self.ingest())

    @property
    @abstractmethod
    def channel_id(self) -> int:
        """Which channel it is. RuntimeError before `load`."""

    @property
    @abstractmethod
    def channel_name(self) -> str:
        """What it is called. RuntimeError before `load`."""
