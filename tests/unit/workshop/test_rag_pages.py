"""`/rag` and its REST face: what is in the store, the channels, searching; and what is said when there is nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from loom.contrib.rag.chunker import chunk_post
from loom.contrib.rag.schemas import NormalizedPost
from loom.contrib.rag.vectorstore.duckdb_store import DuckDBVectorStore
from loom.workshop.rag_manager import RAGManager, manager_of

GAZETTE = 5_000_000_000
POSTS = ("The river rose after three days of rain.", "باران شدید باعث سیل شد.", "A library opens on Monday.")
REGISTRY = """
categories:
  - faction: local press
    source_tier: 2
    monitoring_priority: high
    channels:
      - {handle: gazette, name_en: Harbour Gazette, channel_id: 5000000000, bias: independent, trust_weight: 0.8}
      - {handle: quiet, name_en: Quiet Channel, status: unverified}
  - {faction: council, channels: [{handle: council, name_en: Council, name_fa: شورا}]}
"""


@pytest.fixture
def store(tmp_path, monkeypatch) -> DuckDBVectorStore:
    monkeypatch.delenv("OLLAMA_URL", raising=False)
    return DuckDBVectorStore(tmp_path / "rag.duckdb")


@pytest.fixture
def registry(tmp_path):
    path = tmp_path / "channels.yaml"
    path.write_text(REGISTRY, encoding="utf-8")
    return path


@pytest.fixture
def show(visitor, application):
    """Has the Workshop show a store and a registry."""

    def shown(store=None, registry=None, problem=""):
        application.state.rag = RAGManager(store, registry, problem)
        return visitor

    return shown


@pytest.fixture
def filled(store):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for number, text in enumerate(POSTS):
        post = NormalizedPost(
            global_id=f"{GAZETTE}:{number}",
            source_channel_id=GAZETTE,
            source_channel_name="Harbour Gazette",
            message_id=number,
            timestamp=at,
            text_clean=text,
        )
        store.add_chunks(chunk_post(post))
    return store


async def test_the_dashboard_says_what_is_there_and_who_made_its_vectors(show, filled):
    page = (await show(filled).get("/rag")).text

    assert "RAG Pipeline" in page
    assert "Harbour Gazette" in page
    assert "hashed-384: shared words and spellings, no model" in page
    assert '<dd class="figure-value">3</dd>' in page


async def test_a_script_gets_the_figures_alone(show, filled):
    part = await show(filled).get("/rag/store/stats", headers={"HX-Request": "true"})

    assert part.text.lstrip().startswith('<section class="stack" id="rag-stats">')


async def test_nothing_yet_says_what_to_do_and_makes_no_file(show, store, tmp_path):
    page = (await show(store).get("/rag")).text

    assert "Nothing has been brought in yet" in page
    assert "loom rag ingest result.json" in page
    assert list(tmp_path.glob("rag*")) == []


async def test_a_store_that_cannot_be_had_is_warned_of_and_the_pages_open(show, visitor, application):
    settings = replace(application.state.options.settings, rag_vector_store="nowhere.Store")
    application.state.rag = manager_of(settings)

    assert "nowhere.Store" in (await visitor.get("/rag")).text
    assert (await visitor.json("GET", "/api/v1/rag/stats")) == {"total_chunks": 0, "status": "not_configured"}
    refused = await visitor.json("POST", "/api/v1/rag/search", {"query": "rain"}, 404)
    assert "nowhere.Store" in refused["error"]["message"]


async def test_a_store_that_cannot_be_read_is_an_error_on_the_page(show, store, tmp_path):
    (tmp_path / "rag.duckdb").write_text("no database " * 200)

    assert "cannot be opened" in (await show(store).get("/rag")).text
    assert "error" in (await show(store).json("GET", "/api/v1/rag/stats"))


async def test_an_address_is_a_question_and_its_answer(show, filled):
    page = (await show(filled).get("/rag/search", params={"query": "rain river", "limit": 1})).text

    assert "Semantic Search" in page
    assert "The river rose after three days of rain." in page
    assert "1 passage<" in page
    assert "A library" not in page
    assert 'href="/rag/search.csv?query=rain+river&amp;limit=1' in page


async def test_passages_can_be_had_as_json_and_csv(show, filled):
    visitor = show(filled)
    (row,) = (await visitor.get("/rag/search.json?query=library&limit=1")).json()

    assert (row["channel"], row["text"]) == ("Harbour Gazette", "A library opens on Monday.")
    assert "A library opens on Monday." in (await visitor.get("/rag/search.csv?query=library&limit=1")).text


async def test_a_form_is_answered_with_the_passages(show, filled):
    answer = await show(filled).post("/rag/search/run", 200, query="سیل", channel_ids=str(GAZETTE), limit="1")

    assert "باران شدید" in answer.text


async def test_a_store_with_nothing_in_it_says_how_to_bring_something_in(show, store):
    visitor = show(store)
    page = (await visitor.get("/rag/search?query=rain")).text
    assert "Nothing has been brought in yet." in page
    assert "loom rag ingest result.json" in page
    assert "Ask with other words" not in page
    told = await visitor.json("POST", "/api/v1/rag/search", {"query": "rain"})
    assert (told["results"], told["notes"]) == ([], ["Nothing has been brought in yet."])


async def test_a_form_is_told_that_there_is_nothing(show, filled):
    answer = await show(filled).post("/rag/search/run", 200, query="rain", min_score="1")

    assert "No results" in answer.text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"query": " "}, "Question is empty; write what to look for"),
        ({"query": "a", "limit": "many"}, "At most is not a number"),
        ({"query": "a", "limit": "1001"}, "At most is too large; give a number from 1 to 1,000"),
        ({"query": "a", "min_score": "2"}, "Score from is not from 0 to 1"),
        ({"query": "a", "channel_ids": "1,two"}, "Channel is not a number"),
        ({"query": "a", "channel_ids": "9" * 40}, "too large"),
    ],
)
async def test_what_is_wrong_with_a_question_is_said_in_its_place(show, filled, form, said):
    assert said in (await show(filled).post("/rag/search/run", 200, **form)).text
    await show(filled).get("/rag/search", 400, params=form)


async def test_what_a_post_says_is_not_obeyed(show, store):
    post = NormalizedPost(
        global_id="1:1",
        source_channel_id=1,
        source_channel_name="<b>x</b>",
        message_id=1,
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        text_clean="<script>alert(1)</script> rain",
    )
    store.add_chunks(chunk_post(post))

    page = (await show(store).get("/rag/search?query=rain")).text

    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


async def test_channels_show_what_an_editor_says_and_what_was_brought_in(show, filled, registry):
    page = (await show(filled, registry).get("/rag/channels")).text

    assert "Telegram Channels" in page
    for words in ("tier 2", "trust 0.8", "independent", "unverified", "Council · شورا", "3 in the registry"):
        assert words in page
    assert f'href="/rag/search?channel_ids={GAZETTE}"' in page


async def test_channels_are_filtered_by_faction_priority_and_word(show, filled, registry):
    visitor = show(filled, registry)

    async def names(query):
        return [row["channel"] for row in (await visitor.get(f"/rag/channels.json?{query}")).json()]

    assert await names("faction=council") == ["Council · شورا"]
    assert await names("priority=high") == ["Harbour Gazette", "Quiet Channel"]
    assert await names("q=quiet") == ["Quiet Channel"]


async def test_a_channel_that_nobody_described_is_listed_too(show, filled):
    rows = (await show(filled).get("/rag/channels.json")).json()

    assert [(row["channel"], row["posts"], row["status"]) for row in rows] == [
        ("Harbour Gazette", 3, "not in the registry")
    ]
    assert "not in the registry" in (await show(filled).get("/rag/channels.csv")).text


async def test_a_registry_that_is_wrong_is_empty_and_says_why(show, tmp_path):
    path = tmp_path / "channels.yaml"
    path.write_text("categories:\n  - channels:\n      - {handle: x, name_en: X, bias: evil}\n")

    page = (await show(None, path).get("/rag/channels")).text

    assert "channels.yaml:3" in page
    assert "is no bias" in page


async def test_programs_search_and_list_over_rest(show, filled, registry):
    visitor = show(filled, registry)

    found = await visitor.json("POST", "/api/v1/rag/search", {"query": "library", "limit": 1})
    listed = await visitor.json("GET", "/api/v1/rag/channels")

    assert found["results"][0]["text"] == "A library opens on Monday."
    assert [one["posts"] for one in listed["items"]] == [3]
    assert listed["next"] is None
    assert listed["registry"][0]["handle"] == "gazette"
    await visitor.json("POST", "/api/v1/rag/search", {"query": ""}, 422)


def test_the_manager_answers_as_it_always_did(filled, registry):
    manager = RAGManager(filled, registry)

    assert manager.search("library", limit=1)[0]["source_channel_id"] == GAZETTE
    assert (manager.channel_count(), manager.verified_channel_count()) == (3, 2)
    assert {key: len(found) for key, found in manager.get_channels_by_faction().items()} == {
        "local press": 2,
        "council": 1,
    }
    assert list(manager.get_channels_by_priority()) == ["high", "low"]
    assert manager.get_channel("gazette").source_tier == 2
    assert manager.get_channel("nobody") is None


def test_a_manager_of_nothing_has_nothing(tmp_path):
    manager = RAGManager(channel_registry_path=tmp_path / "missing.yaml")

    assert manager.get_store_stats() == {"total_chunks": 0, "status": "not_configured"}
    assert (manager.search("x"), manager.channels, manager.channel_count()) == ([], [], 0)
