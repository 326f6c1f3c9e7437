"""The vector store and the channels that an editor knows, as the Workshop shows them. Changes neither."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from loom.contrib.rag.opening import open_store, store_choice
from loom.contrib.rag.registry import ChannelInfo, Registry, read_registry
from loom.contrib.rag.searching import Found, Question, ask
from loom.contrib.rag.vectorstore.base import StoredChannel, VectorStore
from loom.core.errors import LoomError, NotFoundError, UsageError
from loom.core.jsonvalue import Json
from loom.core.settings import Settings

__all__ = ["ChannelInfo", "RAGManager", "manager_of"]

_log = logging.getLogger(__name__)


class RAGManager:
    """A store, or none, and a registry, or none. Its methods may block."""

    def __init__(
        self,
        store: VectorStore | None = None,
        channel_registry_path: str | Path | None = None,
        problem: str = "",
    ) -> None:
        """`problem` is why there is no store."""
        self.store = store
        self.problem = problem
        self.registry = read_registry(Path(channel_registry_path)) if channel_registry_path else Registry()
        for one in self.registry.problems:
            _log.warning("%s", one)

    @property
    def channels(self) -> list[ChannelInfo]:
        """Those of the registry."""
        return list(self.registry.channels)

    def get_store_stats(self) -> Json:
        """Figures by name; `status` says when there is no store, `error` why it cannot be read."""
        if self.store is None:
            return {"total_chunks": 0, "status": "not_configured"}
        try:
            return dict(self.store.stats())
        except LoomError as error:
            return {"total_chunks": 0, "status": "error", "error": str(error)}

    def stored_channels(self) -> list[StoredChannel]:
        """Those that have chunks in the store; none when it cannot be read."""
        try:
            return [] if self.store is None else self.store.channels()
        except LoomError as error:
            _log.warning("%s", error)
            return []

    def search(
        self, query: str, limit: int = 10, min_score: float = 0.0, channel_ids: Sequence[int] | None = None
    ) -> list[Json]:
        """What is near `query`, nearest first; nothing without a store.

        Raises:
            LoomError: when it cannot be asked, or not answered.
        """
        if self.store is None:
            return []
        found = self.ask(Question(query, limit, min_score, tuple(channel_ids or ())))
        return [one.model_dump() for one in found.results]

    def ask(self, question: Question) -> Found:
        """The answer, with what to know about it.

        Raises:
            NotFoundError: when there is no store, or nothing in it can be searched.
            ProviderError: when the question cannot be embedded.
        """
        if self.store is None:
            raise NotFoundError(
                f"there is no vector store to search{f': {self.problem}' if self.problem else ''}"
            )
        return ask(self.store, question)

    def get_channels_by_faction(self) -> dict[str, list[ChannelInfo]]:
        """The registry by faction."""
        return self._by(lambda one: one.faction)

    def get_channels_by_priority(self) -> dict[str, list[ChannelInfo]]:
        """The registry by how closely channels are watched."""
        return self._by(lambda one: one.monitoring_priority)

    def get_channel(self, handle: str) -> ChannelInfo | None:
        """One of the registry."""
        return next((one for one in self.registry.channels if one.handle == handle), None)

    def channel_count(self) -> int:
        """How many the registry has."""
        return len(self.registry.channels)

    def verified_channel_count(self) -> int:
        """How many of them somebody has looked at."""
        return sum(one.status == "verified" for one in self.registry.channels)

    def _by(self, key: Callable[[ChannelInfo], str]) -> dict[str, list[ChannelInfo]]:
        found: dict[str, list[ChannelInfo]] = {}
        for one in self.registry.channels:
            found.setdefault(key(one), []).append(one)
        return found


def manager_of(settings: Settings) -> RAGManager:
    """The store and the registry of `settings`; a store that cannot be had is warned of, and left out."""
    try:
        return RAGManager(open_store(store_choice(settings)), settings.rag_channel_registry)
    except UsageError as error:
        _log.warning("%s", error)
        return RAGManager(None, settings.rag_channel_registry, str(error))
