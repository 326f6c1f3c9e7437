"""The room as processors: a pipeline's payloads go in and out as JSON."""

import json

import pytest
from rag_exports import HARBOUR, MARKET

from loom.contrib.rag.backends import ChunkerBackend, IngestorBackend, MuxBackend, VectorStoreBackend
from loom.core.reach import FileRefusedError, Reach, reaching
from loom.core.worker_config import WorkerConfig
from loom.worker.processor_task import ProcessorTask


def worker(backend: str, **config: object) -> ProcessorTask:
    return ProcessorTask(
        WorkerConfig.from_mapping(
            {
                "name": "w",
                "worker_kind": "processor",
                "processing_backend": f"loom.contrib.rag.backends.{backend}",
                "backend_config": config,
                "input_schema": {"type": "object"},
                "output_schema": {"type": "object"},
            }
        )
    )


async def output(task: ProcessorTask, **payload: object) -> dict:
    return json.loads(json.dumps((await task.process(payload)).output))


@pytest.fixture
def database(tmp_path, monkeypatch) -> str:
    monkeypatch.delenv("OLLAMA_URL", raising=False)
    return str(tmp_path / "rag.duckdb")


async def test_workers_bring_in_merge_cut_store_and_search(export, database):
    ingested = [
        await output(worker("IngestorBackend"), source_path=str(export(one))) for one in (HARBOUR, MARKET)
    ]
    assert [one["post_count"] for one in ingested] == [2, 2]

    muxed = await output(
        worker("MuxBackend"), posts_by_channel={str(one["channel_id"]): one["posts"] for one in ingested}
    )
    assert (muxed["total_entries"], muxed["window_count"]) == (4, 1)

    posts = [entry["post"] for entry in muxed["stream"]["entries"]]
    chunked = await output(worker("ChunkerBackend", target_chars=40, max_chars=60), posts=posts)
    assert chunked["chunk_count"] == len(chunked["chunks"]) > 4

    vectors = worker("VectorStoreBackend", db_path=database)
    stored = await output(vectors, action="store", chunks=chunked["chunks"])
    assert stored == {"stored_count": chunked["chunk_count"], "total": chunked["chunk_count"]}
    found = await output(vectors, action="search", query="river", limit=1, channel_ids=[HARBOUR])
    assert found["count"] == 1
    assert "river" in found["results"][0]["text"]
    assert (await output(vectors, action="stats"))["total_chunks"] == chunked["chunk_count"]


def test_what_is_missing_or_unknown_is_said(database):
    with pytest.raises(ValueError, match="source_path is required"):
        IngestorBackend().process_sync({}, {})
    with pytest.raises(ValueError, match="Unknown action 'drop'"):
        VectorStoreBackend(database).process_sync({"action": "drop"}, {})
    with pytest.raises(ValueError, match="No streams registered"):
        MuxBackend().process_sync({"posts_by_channel": {}}, {})
    assert ChunkerBackend().process_sync({"posts": []}, {})["output"]["chunk_count"] == 0


def test_others_have_no_file_read_that_is_not_theirs(export, database):
    path = str(export())

    with reaching(Reach()):
        with pytest.raises(FileRefusedError):
            IngestorBackend().process_sync({"source_path": path}, {})
        with pytest.raises(FileRefusedError):
            VectorStoreBackend(database).process_sync({"action": "stats"}, {})
