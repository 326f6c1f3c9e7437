"""Chunks and vectors in a DuckDB file; nearness is computed in SQL. Knows neither posts nor pages."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from loom.contrib.rag.schemas import EmbeddedChunk, SimilarityResult, TextChunk
from loom.contrib.rag.vectorstore.base import StoredChannel, VectorStore
from loom.contrib.rag.vectorstore.duckdb_file import DuckDBFile
from loom.contrib.rag.vectorstore.duckdb_rows import CREATE, read_chunk, write_chunks
from loom.contrib.rag.vectorstore.embedding import Embedder
from loom.core.errors import ConflictError, InputError, NotFoundError, Problem

if TYPE_CHECKING:
    import duckdb

__all__ = ["TABLE_NAME", "DuckDBVectorStore"]

TABLE_NAME = "rag_chunks"
_ROWS = 1024
"""Written at once: what is lost at most when a model stops answering."""

_MODEL = "SELECT embedding_model, embedding_dim FROM rag_chunks WHERE embedding IS NOT NULL LIMIT 1"
_SAME = """
SELECT chunk_id, text, char_start, total_chunks FROM rag_chunks
WHERE embedding IS NOT NULL AND chunk_id IN (SELECT unnest(from_json($ids, '["VARCHAR"]')))
"""
_NEAREST = """
SELECT chunk_id, text, greatest(0, least(1, list_cosine_similarity(embedding, $vector::VARCHAR::FLOAT[]))) AS score,
    source_channel_id, source_global_id, source_channel_name, timestamp_unix, strategy
FROM rag_chunks
WHERE embedding IS NOT NULL AND score >= $least
    AND (len($channels::BIGINT[]) = 0 OR source_channel_id IN (SELECT unnest($channels::BIGINT[])))
ORDER BY score DESC, timestamp_unix DESC, chunk_id
LIMIT $most
"""
_STATS = """
SELECT count(*) AS total_chunks, count(embedding) AS embedded_chunks,
    count(DISTINCT source_global_id) AS unique_posts, count(DISTINCT source_channel_id) AS unique_channels,
    min(timestamp_unix) AS earliest_timestamp, max(timestamp_unix) AS latest_timestamp,
    max(embedding_model) AS embedding_model, max(embedding_dim) AS embedding_dim
FROM rag_chunks
"""
_CHANNELS = """
SELECT source_channel_id, arg_max(source_channel_name, timestamp_unix), count(DISTINCT source_global_id), count(*),
    min(timestamp_unix), max(timestamp_unix)
FROM rag_chunks GROUP BY source_channel_id ORDER BY 3 DESC, 1
"""
_CHUNK = "SELECT *, epoch_us(embedded_at) AS embedded_us FROM rag_chunks WHERE chunk_id = $id"


_Row = dict[str, Any]
_Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Made:
    """How the vectors that are there were made."""

    model: str
    dimensions: int


class DuckDBVectorStore(VectorStore):
    """One file, one model. Safe in several threads and programs: the file is open only while something is done."""

    def __init__(
        self, db_path: str | Path, embedding_model: str | None = None, ollama_url: str | None = None
    ) -> None:
        """Vectors are made by the model that made those already there; in a new file by `embedding_model`, which is
        by default an Ollama's when `ollama_url` or `OLLAMA_URL` names one, else `hashed-384`, which needs nothing.
        """
        self._file = DuckDBFile(db_path)
        self._embedder = Embedder(embedding_model, ollama_url)
        self._counted: dict[str, tuple[tuple[int, int], list[_Row]]] = {}

    def initialize(self) -> Self:
        """As `VectorStore.initialize`. A file that is only read need not be initialised."""
        with self._file.writing() as connection:
            connection.execute(CREATE)
        return self

    def close(self) -> None:
        """Nothing is held."""

    def add_chunks(self, chunks: Sequence[TextChunk], batch_size: int = 64) -> int:
        """As `VectorStore.add_chunks`. What is there already, with its vector, is not embedded again."""
        made = self._made()
        model = self._model(made)
        missing = self._changed(chunks) if made else list(chunks)
        stored = 0
        for start in range(0, len(missing), _ROWS):
            rows = missing[start : start + _ROWS]
            stored += self.add_embedded_chunks(list(self._embedded(rows, model, batch_size)))
        return stored

    def add_embedded_chunks(self, chunks: Sequence[EmbeddedChunk]) -> int:
        """As `VectorStore.add_embedded_chunks`.

        Raises:
            InputError: when a vector is not what its chunk says.
            ConflictError: when they are of another model or length than those that are there.
        """
        if not chunks:
            return 0
        once = list({chunk.chunk_id: chunk for chunk in chunks}.values())
        ours = _made_by(once)
        with self._file.writing() as connection:
            connection.execute(CREATE)
            there = _found(connection)
            if ours and there and ours != there:
                raise self._other_model(there, ours.model, ours.dimensions)
            return write_chunks(connection, once)

    def search(
        self, query: str, limit: int = 10, min_score: float = 0.0, channel_ids: Sequence[int] | None = None
    ) -> list[SimilarityResult]:
        """As `VectorStore.search`."""
        made = self._made()
        if made is None:
            if chunks := self.count():
                raise NotFoundError(
                    f"none of the {chunks:,} chunks in {self._file.path} has a vector, so none can be found; "
                    "ingest again without --no-embed"
                )
            return []
        vector = self._embedder.question(query, self._model(made))
        if len(vector) != made.dimensions:
            raise self._other_model(made, made.model, len(vector))
        if not any(vector):
            return []
        parameters = {
            "vector": str(vector),
            "least": min_score,
            "channels": list(channel_ids or ()),
            "most": limit,
        }
        with self._file.reading() as connection:
            return [_result(row) for row in connection.execute(_NEAREST, parameters).fetchall()]

    def get(self, chunk_id: str) -> EmbeddedChunk | None:
        """As `VectorStore.get`."""
        rows = self._rows(_CHUNK, {"id": chunk_id})
        return read_chunk(rows[0]) if rows else None

    def delete(self, chunk_id: str) -> bool:
        """As `VectorStore.delete`."""
        return self._deleted("DELETE FROM rag_chunks WHERE chunk_id = $id", chunk_id) > 0

    def delete_by_source(self, gid: str) -> int:
        """As `VectorStore.delete_by_source`."""
        return self._deleted("DELETE FROM rag_chunks WHERE source_global_id = $id", gid)

    def count(self) -> int:
        """As `VectorStore.count`."""
        rows = self._rows("SELECT count(*) AS chunks FROM rag_chunks")
        return rows[0]["chunks"] if rows else 0

    def stats(self) -> dict[str, int | float | str | None]:
        """As `VectorStore.stats`. Times are seconds since 1970."""
        rows = self._rows(_STATS)
        if not rows or not rows[0]["total_chunks"]:
            return {"total_chunks": 0}
        return {**rows[0], "db_path": str(self._file.path)}

    def channels(self) -> list[StoredChannel]:
        """As `VectorStore.channels`, those with the most posts first."""
        return [StoredChannel(*row.values()) for row in self._rows(_CHANNELS)]

    def _rows(self, sql: str, parameters: _Parameters | None = None) -> list[_Row]:
        """What `sql` finds; nothing where nothing was ever stored. Figures are counted anew when the file changes."""
        if not self._file.exists():
            return []
        if parameters is not None:
            return self._read(sql, parameters)
        version = self._file.version()
        if sql not in self._counted or self._counted[sql][0] != version:
            self._counted[sql] = version, self._read(sql, {})
        return self._counted[sql][1]

    def _read(self, sql: str, parameters: _Parameters) -> list[_Row]:
        with self._file.reading() as connection:
            found = connection.execute(sql, parameters)
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _deleted(self, sql: str, name: str) -> int:
        if not self._file.exists():
            return 0
        with self._file.writing() as connection:
            found = connection.execute(sql, {"id": name}).fetchone()
        return found[0] if found else 0

    def _made(self) -> _Made | None:
        rows = self._rows(_MODEL)
        return _Made(rows[0]["embedding_model"], rows[0]["embedding_dim"]) if rows else None

    def _model(self, made: _Made | None) -> str:
        """Who embeds: the model of what is there, which is not mixed with another's."""
        asked_for = self._embedder.asked_for
        if made and asked_for and asked_for != made.model:
            raise self._other_model(made, asked_for)
        return made.model if made else self._embedder.model

    def _other_model(self, made: _Made, model: str, dimensions: int | None = None) -> ConflictError:
        ours = model if dimensions is None else f"{model} with {dimensions} numbers"
        return ConflictError(
            f"the vectors in {self._file.path} are of {made.model} with {made.dimensions} numbers, and cannot be "
            f"compared with those of {ours}; keep to the one model, or use another --db-path"
        )

    def _changed(self, chunks: Sequence[TextChunk]) -> list[TextChunk]:
        same = {
            (row["chunk_id"], row["text"], row["char_start"], row["total_chunks"])
            for row in self._rows(_SAME, {"ids": json.dumps([chunk.chunk_id for chunk in chunks])})
        }
        return [
            one for one in chunks if (one.chunk_id, one.text, one.char_start, one.total_chunks) not in same
        ]

    def _embedded(self, chunks: Sequence[TextChunk], model: str, batch_size: int) -> Iterable[EmbeddedChunk]:
        for start in range(0, len(chunks), batch_size):
            batch = chunks[start : start + batch_size]
            vectors = self._embedder.embed([chunk.text for chunk in batch], model)
            for chunk, vector in zip(batch, vectors, strict=True):
                yield EmbeddedChunk.of(chunk, vector, model)


def _found(connection: "duckdb.DuckDBPyConnection") -> _Made | None:
    row = connection.execute(_MODEL).fetchone()
    return _Made(*row) if row else None


def _made_by(chunks: Sequence[EmbeddedChunk]) -> _Made | None:
    """How all of `chunks` that have a vector were made."""
    first: _Made | None = None
    problems: list[Problem] = []
    for chunk in chunks:
        if chunk.embedding is None:
            continue
        made = _Made(chunk.model, chunk.dimensions)
        first = first or made
        if not chunk.embedding or len(chunk.embedding) != chunk.dimensions:
            what = f"has {len(chunk.embedding)} numbers, and says {chunk.dimensions}"
            problems.append(Problem(what, f"{chunk.chunk_id}.embedding"))
        elif not all(map(math.isfinite, chunk.embedding)):
            problems.append(Problem("has numbers that are not finite", f"{chunk.chunk_id}.embedding"))
        elif made != first:
            what = f"is of {made.model} with {made.dimensions} numbers, others of {first.model} with {first.dimensions}"
            problems.append(Problem(what, f"{chunk.chunk_id}.embedding", remedy="store them apart"))
    if problems:
        raise InputError(problems[:20])
    return first


def _result(row: tuple[Any, ...]) -> SimilarityResult:
    chunk_id, text, score, channel_id, post, channel_name, at, strategy = row
    return SimilarityResult(
        chunk_id=chunk_id,
        text=text,
        score=score,
        source_channel_id=channel_id,
        source_global_id=post,
        metadata={"source_channel_name": channel_name, "timestamp_unix": at, "strategy": strategy},
    )
