"""The vector store: what is kept, found, replaced and refused, and how others share it."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rag_exports import HARBOUR, MARKET

from loom.contrib.rag.chunker import chunk_mux_entry
from loom.contrib.rag.ingestion import TelegramIngestor
from loom.contrib.rag.mux import merge_from_ingestors
from loom.contrib.rag.schemas import EmbeddedChunk, TextChunk
from loom.contrib.rag.vectorstore import duckdb_file, embedding
from loom.contrib.rag.vectorstore.duckdb_store import DuckDBVectorStore
from loom.core.errors import ConflictError, InputError, NotFoundError, ProviderError, StorageError
from loom.sim import serving


@pytest.fixture
def chunks(export) -> list[TextChunk]:
    stream = merge_from_ingestors([TelegramIngestor(export(one)).load() for one in (HARBOUR, MARKET)])
    return [chunk for entry in stream.entries for chunk in chunk_mux_entry(entry)]


@pytest.fixture
def store(tmp_path, monkeypatch) -> DuckDBVectorStore:
    monkeypatch.delenv("OLLAMA_URL", raising=False)
    return DuckDBVectorStore(tmp_path / "rag.duckdb")


def piece(number: int, text: str, total: int = 1) -> TextChunk:
    return TextChunk(
        chunk_id=f"7:1:{number}",
        source_global_id="7:1",
        source_channel_id=7,
        text=text,
        chunk_index=number,
        total_chunks=total,
    )


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("rain and the river", "river"),
        ("سيل شمال", "سیل"),  # asked with the Arabic form of a letter
        ("سعر الخبز", "الخبز"),
        ("LIBRARY", "library"),
    ],
)
def test_what_shares_words_is_found_first_in_each_language(store, chunks, query, word):
    store.add_chunks(chunks)

    first, *rest = store.search(query)

    assert word in first.text
    assert all(0 <= one.score <= first.score <= 1 for one in rest)


def test_a_chunk_keeps_where_it_comes_from(store, chunks):
    store.add_chunks(chunks)

    found = store.get(chunks[0].chunk_id)

    assert found is not None
    assert found.model_dump(include=set(TextChunk.model_fields)) == chunks[0].model_dump(
        exclude={"overlap_chars"}
    )
    assert (found.model, found.dimensions) == ("hashed-384", 384)


def test_channels_of_more_than_32_bits_are_told_apart(store, chunks):
    store.add_chunks(chunks)

    assert {one.source_channel_id for one in store.search("rain", channel_ids=[HARBOUR])} == {HARBOUR}
    assert {one.channel_id: one.posts for one in store.channels()} == {HARBOUR: 2, MARKET: 2}


def test_what_is_there_is_not_stored_again(store, chunks):
    assert store.add_chunks(chunks) == len(chunks)
    assert store.add_chunks(chunks) == 0
    assert store.count() == len(chunks)


def test_figures_follow_what_another_program_writes(store, chunks, tmp_path):
    store.add_chunks(chunks[:1])
    assert (store.count(), len(store.channels())) == (1, 1)

    DuckDBVectorStore(tmp_path / "rag.duckdb").add_chunks(chunks)

    assert store.count() == store.stats()["total_chunks"] == len(chunks)
    assert len(store.channels()) == 2


def test_a_post_that_became_shorter_leaves_nothing_behind(store):
    store.add_chunks([piece(0, "first part", 2), piece(1, "second part", 2)])

    assert store.add_chunks([piece(0, "first part", 1)]) == 1
    assert [one.text for one in store.search("part")] == ["first part"]


def test_without_vectors_a_search_says_so(store, chunks):
    assert store.add_embedded_chunks([EmbeddedChunk.of(chunk) for chunk in chunks]) == len(chunks)

    with pytest.raises(NotFoundError, match=f"none of the {len(chunks)} chunks .* has a vector"):
        store.search("rain")
    assert store.stats()["embedded_chunks"] == 0


def test_a_vector_is_not_given_up_for_none(store, chunks):
    store.add_chunks(chunks)

    assert store.add_embedded_chunks([EmbeddedChunk.of(chunk) for chunk in chunks]) == 0
    assert store.search("rain")


def test_vectors_of_two_models_are_not_mixed(store, chunks, tmp_path):
    store.add_chunks(chunks)
    other = DuckDBVectorStore(tmp_path / "rag.duckdb", embedding_model="hashed-64")

    for act in (lambda: other.add_chunks([piece(0, "new")]), lambda: other.search("rain")):
        with pytest.raises(ConflictError, match="hashed-384 with 384 numbers"):
            act()
    with pytest.raises(ConflictError, match="hashed-384 with 3 numbers"):
        store.add_embedded_chunks([EmbeddedChunk.of(piece(0, "new"), [1.0, 0.0, 0.0], "hashed-384")])


@pytest.mark.parametrize("vector", [[], [1.0, float("nan")]])
def test_a_vector_that_is_none_is_refused(store, vector):
    with pytest.raises(InputError, match="7:1:0"):
        store.add_embedded_chunks([EmbeddedChunk.of(piece(0, "a"), vector, "m")])


def test_a_vector_that_points_away_scores_nothing(store):
    (vector,) = embedding.Embedder().embed(["rain"], "hashed-384")
    away = [-number for number in vector]
    store.add_embedded_chunks([EmbeddedChunk.of(piece(0, "drought"), away, "hashed-384")])

    assert [one.score for one in store.search("rain")] == [0]


def test_a_model_that_does_not_answer_is_an_error_and_not_an_empty_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(embedding, "_QUESTION_S", 0.2)
    monkeypatch.setattr(embedding, "_BATCH_S", 0.2)
    store = DuckDBVectorStore(tmp_path / "rag.duckdb", "some-model", "http://127.0.0.1:9")

    with pytest.raises(ProviderError, match="ollama pull some-model"):
        store.add_chunks([piece(0, "new")])
    assert store.count() == 0

    store.add_embedded_chunks([EmbeddedChunk.of(piece(0, "new"), [1.0], "some-model")])
    with pytest.raises(ProviderError, match="ollama pull some-model"):
        store.search("new")


async def test_vectors_of_an_ollama_are_taken_and_asked_again_with_the_same_model(tmp_path):
    async with serving() as server:
        store = DuckDBVectorStore(tmp_path / "rag.duckdb", ollama_url=server.url)
        pieces = [piece(number, text, 3) for number, text in enumerate(("rain", "bread", "library"))]
        assert await asyncio.to_thread(store.add_chunks, pieces, 2) == 3
        found = await asyncio.to_thread(store.search, "bread")

    assert found[0].text == "bread"
    assert (store.stats()["embedding_model"], store.stats()["embedding_dim"]) == ("nomic-embed-text", 256)


def test_nothing_is_made_by_looking(store, tmp_path):
    assert (store.count(), store.stats(), store.search("x"), store.get("x")) == (
        0,
        {"total_chunks": 0},
        [],
        None,
    )
    assert (store.delete("x"), store.delete_by_source("x"), store.channels()) == (False, 0, [])
    assert list(tmp_path.glob("rag*")) == []


def test_chunks_and_posts_can_be_removed(store, chunks):
    store.add_chunks(chunks)

    assert store.delete(chunks[0].chunk_id)
    assert store.delete_by_source(chunks[-1].source_global_id) == 1
    assert store.count() == len(chunks) - 2


def test_the_file_is_for_its_owner_alone(store, tmp_path):
    store.initialize()

    assert (tmp_path / "rag.duckdb").stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_store_is_named(tmp_path):
    path = tmp_path / "notes.duckdb"
    path.write_text("not a database " * 200)

    with pytest.raises(StorageError, match=r"notes\.duckdb"):
        DuckDBVectorStore(path).count()


@contextmanager
def held(path) -> Iterator[None]:
    """Within: another program has the file open for writing."""
    program = f"import duckdb\nheld = duckdb.connect({str(path)!r})\nprint('open', flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        try:
            yield
        finally:
            other.communicate("\n", timeout=20)


def test_while_another_program_writes_one_waits_and_then_is_told(store, tmp_path, monkeypatch):
    monkeypatch.setattr(duckdb_file, "_PATIENCE_S", 0.2)
    store.initialize()

    with held(tmp_path / "rag.duckdb"), pytest.raises(ConflictError, match="in use by another program"):
        store.count()

    assert store.count() == 0
