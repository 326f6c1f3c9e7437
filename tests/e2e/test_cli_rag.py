"""`loom rag`: from an export to a found passage, offline."""

import json
from pathlib import Path

import pytest

POSTS = {
    "Harbour Gazette": ("The river rose after three days of rain.", "باران شدید در شمال کشور باعث سیل شد."),
    "سوق المدينة": ("ارتفع سعر الخبز في المدينة اليوم.", "A new library opens in the customs house."),
}


@pytest.fixture
def exports(home: Path) -> Path:
    """A folder with the exports of two channels."""
    folder = home / "exports"
    for number, (name, texts) in enumerate(POSTS.items(), 1):
        messages = [
            {"id": at, "type": "message", "date_unixtime": str(1_767_225_600 + at), "text": text}
            for at, text in enumerate(texts)
        ]
        place = folder / f"ChatExport_{number}" / "result.json"
        place.parent.mkdir(parents=True)
        told = {"name": name, "type": "public_channel", "id": 3_000_000_000 + number, "messages": messages}
        place.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return folder


def test_exports_are_brought_in_searched_and_counted_without_network_or_key(loom, exports, home):
    brought = loom("rag", "ingest", str(exports))
    found = loom("rag", "search", "سيل شمال", "-n", "1")
    counted = loom("rag", "stats")

    assert brought.status == 0, brought.errors
    assert all(name in brought.out for name in POSTS)
    assert "2 channels" in brought.out
    assert "Embedded & stored by hashed-384: 4 chunks of 4 posts" in brought.out
    assert "باران شدید" in found.out
    assert "no model" in found.out
    assert "total_chunks        4\n" in counted.out
    assert str(home / "rag.duckdb") in counted.out


def test_programs_are_told_in_json(loom, exports):
    assert loom("rag", "ingest", str(exports), "--json").json["stored"] == 4
    again = loom("rag", "ingest", str(exports), "--json").json
    assert (again["chunks"], again["stored"]) == (4, 0)
    assert [one["name"] for one in again["channels"]] == list(POSTS)

    found = loom(
        "rag", "search", "bread الخبز", "--channel", "3000000002", "--min-score", "0.1", "--json"
    ).json
    assert [one["metadata"]["source_channel_name"] for one in found["results"]] == ["سوق المدينة"]
    assert loom("rag", "stats", "--json").json["unique_channels"] == 2


def test_without_vectors_nothing_is_searched_and_the_remedy_is_said(loom, exports):
    assert "Stored (no embeddings): 4 chunks" in loom("rag", "ingest", str(exports), "--no-embed").out

    refused = loom("rag", "search", "rain")

    assert refused.status == 2
    assert "without --no-embed" in refused.errors
    loom("rag", "ingest", str(exports))
    assert loom("rag", "search", "rain").status == 0


def test_an_export_without_a_post_is_told_with_a_remedy(loom, home):
    export = home / "result.json"
    export.write_text('{"name": "Quiet", "type": "public_channel", "id": 3000000001, "messages": []}')

    refused = loom("rag", "ingest", str(export))

    assert refused.status == 1, refused.errors
    assert "result.json: has no post that can be used; give an export" in refused.errors.replace("\n", "")


def test_nothing_near_enough_is_said(loom, exports):
    loom("rag", "ingest", str(exports))

    assert "No results found" in loom("rag", "search", "rain", "--min-score", "0.99").out


def test_options_of_the_group_hold_for_its_commands(loom, exports, home):
    options = ("--db-path", str(home / "other.duckdb"), "--embedding-model", "hashed-64")
    loom("rag", *options, "ingest", str(exports), "--chunk-target", "20", "--chunk-max", "30")

    figures = loom("rag", "stats", "--db-path", str(home / "other.duckdb"), "--json").json
    assert figures["embedding_dim"] == 64
    assert figures["total_chunks"] > 4


def test_a_folder_of_exports_can_be_set(loom, exports, monkeypatch):
    assert "RAG_DATA_DIR" in loom("rag", "ingest").errors

    monkeypatch.setenv("RAG_DATA_DIR", str(exports))
    assert loom("rag", "ingest").status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ingest", "nowhere.json"), "File not found"),
        (("ingest", "loom.db"), "is not JSON"),
        (("search", " "), "'query' is empty; write what to look for"),
        (("ingest", "loom.db", "--chunk-max", "0"), "'max_chars' must be at least 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(loom, home, arguments, said):
    refused = loom("rag", *arguments)

    assert refused.status != 0
    assert said in refused.errors


def test_a_search_before_anything_was_brought_in_says_how_to_bring_it(loom, home):
    assert "Nothing has been brought in yet: loom rag ingest" in loom("rag", "search", "rain").out


def test_a_store_that_is_not_there_is_named(loom, home):
    refused = loom("rag", "--store", "lancedb", "stats")

    assert refused.status == 2
    assert "loom.contrib.lancedb.store.LanceDBVectorStore" in refused.errors
