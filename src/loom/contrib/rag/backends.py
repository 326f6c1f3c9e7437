"""The room as processors, so that a pipeline of workers can bring in, merge, cut, store and search."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from loom.contrib.rag.chunker import ChunkConfig, chunk_post
from loom.contrib.rag.ingestion import Ingestor, TelegramIngestor
from loom.contrib.rag.mux import StreamMux
from loom.contrib.rag.opening import StoreChoice, open_store
from loom.contrib.rag.schemas import MuxWindowConfig, NormalizedPost, TextChunk
from loom.contrib.rag.searching import Question
from loom.contrib.rag.vectorstore.base import VectorStore
from loom.core.jsonvalue import Json
from loom.core.reach import require_readable
from loom.worker.classpath import load_class
from loom.worker.processor import SyncProcessingBackend

__all__ = ["ChunkerBackend", "IngestorBackend", "MuxBackend", "VectorStoreBackend"]


class IngestorBackend(SyncProcessingBackend):
    """`{source_path}` -> `{posts, channel_id, channel_name, post_count}`."""

    def __init__(self, source_path: str | None = None, ingestor_class: str | None = None) -> None:
        """`source_path` where the payload names none; `ingestor_class` is the dotted path of an `Ingestor`."""
        self._source_path = source_path
        self._class = load_class(ingestor_class, Ingestor) if ingestor_class else TelegramIngestor

    def process_sync(self, payload: Json, config: Json) -> Json:
        """As `SyncProcessingBackend.process_sync`.

        Raises:
            ValueError: without a path.
            FileRefusedError: when others may not have it read.
        """
        del config
        path = payload.get("source_path") or self._source_path
        if not path:
            raise ValueError("source_path is required: in the payload, or in backend_config")
        require_readable(path)
        ingestor = self._class(path).load()
        posts = ingestor.ingest_all()
        output = {
            "posts": [post.model_dump(mode="json") for post in posts],
            "channel_id": ingestor.channel_id,
            "channel_name": ingestor.channel_name,
            "post_count": len(posts),
        }
        return {"output": output, "model_used": None}


class MuxBackend(SyncProcessingBackend):
    """`{posts_by_channel, window_hours?, sliding_step_hours?}` -> `{stream, total_entries, window_count}`."""

    def __init__(self) -> None:
        """Takes nothing."""

    def process_sync(self, payload: Json, config: Json) -> Json:
        """As `SyncProcessingBackend.process_sync`.

        Raises:
            ValueError: when there is no post, or a window is impossible.
        """
        del config
        mux = StreamMux()
        for posts in payload["posts_by_channel"].values():
            mux.add_stream(_posts(posts))
        step = payload.get("sliding_step_hours")
        stream = mux.merge(
            MuxWindowConfig(
                window_duration=timedelta(hours=payload.get("window_hours", 6.0)),
                step=None if step is None else timedelta(hours=step),
            )
        )
        output = {
            "stream": stream.model_dump(mode="json"),
            "total_entries": stream.total_entries,
            "window_count": len(stream.window_ids),
        }
        return {"output": output, "model_used": None}


class ChunkerBackend(SyncProcessingBackend):
    """`{posts}` -> `{chunks, chunk_count}`."""

    def __init__(self, target_chars: int = 400, max_chars: int = 600) -> None:
        """Sizes as `ChunkConfig` has them."""
        self._config = ChunkConfig.of_size(target_chars, max_chars)

    def process_sync(self, payload: Json, config: Json) -> Json:
        """As `SyncProcessingBackend.process_sync`."""
        del config
        chunks = [
            chunk.model_dump(mode="json")
            for post in _posts(payload["posts"])
            for chunk in chunk_post(post, self._config)
        ]
        return {"output": {"chunks": chunks, "chunk_count": len(chunks)}, "model_used": None}


class VectorStoreBackend(SyncProcessingBackend):
    """By `action`: `store` `{chunks}` -> `{stored_count, total}`; `search` `{query, limit?, min_score?, channel_ids?}`
    -> `{results, count}`; `stats` -> the store's figures."""

    serialize_writes = True

    def __init__(
        self,
        db_path: str,
        embedding_model: str | None = None,
        ollama_url: str | None = None,
        store_class: str | None = None,
    ) -> None:
        """The store, as `loom rag` opens it."""
        self._choice = StoreChoice(
            Path(db_path).expanduser(), store_class or "duckdb", embedding_model, ollama_url
        )

    def process_sync(self, payload: Json, config: Json) -> Json:
        """As `SyncProcessingBackend.process_sync`.

        Raises:
            ValueError: for an action that is none of these.
            FileRefusedError: when others may not have the store opened.
        """
        del config
        require_readable(self._choice.db_path)
        acts = {"store": _store, "search": _search, "stats": _stats}
        act = acts.get(payload.get("action", ""))
        if act is None:
            raise ValueError(f"Unknown action {payload.get('action')!r}; use one of {', '.join(acts)}")
        store = open_store(self._choice)
        try:
            return {"output": act(store, payload), "model_used": store.stats().get("embedding_model")}
        finally:
            store.close()


def _posts(written: Sequence[Any]) -> list[NormalizedPost]:
    return [NormalizedPost.model_validate(one) for one in written]


def _store(store: VectorStore, payload: Json) -> Json:
    chunks = [TextChunk.model_validate(one) for one in payload["chunks"]]
    return {"stored_count": store.initialize().add_chunks(chunks), "total": store.count()}


def _search(store: VectorStore, payload: Json) -> Json:
    question = Question(
        payload["query"],
        payload.get("limit", 10),
        payload.get("min_score", 0.0),
        tuple(payload.get("channel_ids") or ()),
    )
    found = store.search(question.query, question.limit, question.min_score, question.channel_ids)
    return {"results": [one.model_dump(mode="json") for one in found], "count": len(found)}


def _stats(store: VectorStore, payload: Json) -> Json:
    del payload
    return dict(store.stats())
