"""Chunks as DuckDB takes many at once, and the SQL that takes them in."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from loom.contrib.rag.schemas import EmbeddedChunk

if TYPE_CHECKING:
    import duckdb

__all__ = ["CREATE", "read_chunk", "write_chunks"]

CREATE = """
CREATE TABLE IF NOT EXISTS rag_chunks (
    chunk_id VARCHAR PRIMARY KEY,
    source_global_id VARCHAR NOT NULL,
    source_channel_id BIGINT NOT NULL,
    source_channel_name VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    char_start BIGINT NOT NULL,
    char_end BIGINT NOT NULL,
    chunk_index BIGINT NOT NULL,
    total_chunks BIGINT NOT NULL,
    strategy VARCHAR NOT NULL,
    timestamp_unix BIGINT NOT NULL,
    embedding FLOAT[],
    embedding_model VARCHAR,
    embedding_dim BIGINT,
    embedded_at TIMESTAMP
)
"""
_PLAIN = {
    "chunk_id": "VARCHAR",
    "source_global_id": "VARCHAR",
    "source_channel_id": "BIGINT",
    "source_channel_name": "VARCHAR",
    "text": "VARCHAR",
    "char_start": "BIGINT",
    "char_end": "BIGINT",
    "chunk_index": "BIGINT",
    "total_chunks": "BIGINT",
    "strategy": "VARCHAR",
    "timestamp_unix": "BIGINT",
}
_SHAPE = json.dumps(
    [{"slot": "BIGINT", **_PLAIN, "model": "VARCHAR", "dimensions": "BIGINT", "embedded_us": "BIGINT"}]
)
_INCOMING = """
CREATE OR REPLACE TEMP TABLE incoming AS SELECT unnest(from_json($rows, $shape), recursive := true)
"""
_OVERTAKEN = """
DELETE FROM rag_chunks USING incoming WHERE rag_chunks.source_global_id = incoming.source_global_id
    AND incoming.total_chunks > 0 AND rag_chunks.chunk_index >= incoming.total_chunks
"""
"""What a post had more of, before it was edited."""

_REPLACED = """
DELETE FROM rag_chunks USING incoming WHERE rag_chunks.chunk_id = incoming.chunk_id
    AND (incoming.dimensions > 0 OR rag_chunks.embedding IS NULL OR rag_chunks.text <> incoming.text)
"""
"""A vector is not given up for none, as long as it is of the same text."""

_INSERT = """
INSERT INTO rag_chunks
SELECT chunk_id, source_global_id, source_channel_id, source_channel_name, text, char_start, char_end, chunk_index,
    total_chunks, strategy, timestamp_unix, vector, CASE WHEN vector IS NOT NULL THEN model END,
    CASE WHEN vector IS NOT NULL THEN dimensions END, CASE WHEN vector IS NOT NULL THEN make_timestamp(embedded_us) END
FROM incoming
LEFT JOIN (SELECT slot, list(number ORDER BY place) AS vector FROM numbers GROUP BY slot) USING (slot)
WHERE NOT EXISTS (SELECT 1 FROM rag_chunks WHERE rag_chunks.chunk_id = incoming.chunk_id)
"""


def write_chunks(connection: "duckdb.DuckDBPyConnection", chunks: Sequence[EmbeddedChunk]) -> int:
    """Store `chunks`, whose vectors are all of one length; how many were new or changed."""
    connection.execute(_INCOMING, {"rows": _rows(chunks), "shape": _SHAPE})
    connection.execute(_OVERTAKEN)
    connection.execute(_REPLACED)
    connection.register("numbers", _numbers(chunks))
    try:
        found = connection.execute(_INSERT).fetchone()
    finally:
        connection.unregister("numbers")
    return found[0] if found else 0


def read_chunk(row: dict[str, Any]) -> EmbeddedChunk:
    """A row of the table as a chunk; `embedded_us` in place of its column."""
    embedded_us: int | None = row["embedded_us"]
    more = {} if embedded_us is None else {"embedded_at": datetime.fromtimestamp(embedded_us / 1e6, UTC)}
    made = {"model": row["embedding_model"] or "", "dimensions": row["embedding_dim"] or 0}
    known = {name: row[name] for name in (*_PLAIN, "embedding")}
    return EmbeddedChunk.model_validate({**known, **made, **more})


def _rows(chunks: Sequence[EmbeddedChunk]) -> str:
    """All but the vectors as one text: DuckDB looks for pandas anew at each text among many parameters."""
    rows = [
        {name: getattr(chunk, name) for name in (*_PLAIN, "model", "dimensions")}
        | {"slot": slot, "embedded_us": int(chunk.embedded_at.timestamp() * 1e6)}
        for slot, chunk in enumerate(chunks)
    ]
    return json.dumps(rows, ensure_ascii=False)


def _numbers(chunks: Sequence[EmbeddedChunk]) -> dict[str, Any]:
    """All numbers of all vectors, one below the other, which DuckDB reads where they are."""
    import numpy as np

    vectors = [(slot, one.embedding) for slot, one in enumerate(chunks) if one.embedding is not None]
    size = len(vectors[0][1]) if vectors else 0
    return {
        "slot": np.repeat(np.array([slot for slot, _ in vectors], np.int64), size),
        "place": np.tile(np.arange(size), len(vectors)),
        "number": np.array([vector for _, vector in vectors], np.float32).reshape(-1),
    }
