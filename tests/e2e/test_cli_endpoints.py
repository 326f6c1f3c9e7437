"""Endpoints that were added in a browser, from the terminal; and deleting what is old."""

import asyncio

import pytest

from loom.access.models import LOCAL
from loom.core.settings import load_settings
from loom.wiring.app import open_app


@pytest.fixture
def added(home, endpoint):
    def add(**said) -> None:
        async def main() -> None:
            async with open_app(load_settings()) as app:
                body = {"label": "lab", "url": endpoint(require_key="sk-lab-1234"), "api_key": "sk-lab-1234"}
                await app.endpoint_book.add({**body, **said}, LOCAL)

        asyncio.run(main())

    return add


def test_an_endpoint_added_in_the_browser_is_asked_by_name_from_the_terminal(loom, added):
    added()
    ended = loom("eval", "classifier", "--suite", "classifier", "--endpoint", "lab", "--limit", "2", "--json")
    assert ended.status == 0, ended.errors
    assert ended.json["endpoint"] == "lab"


def test_with_a_real_endpoint_in_the_book_the_embedded_one_is_not_asked(loom, added):
    added(models=["sim-large"])
    found = loom("test", "classifier", "--input", '{"text": "Where is it?"}', "--json")
    assert found.json["model_used"] == "sim-large"


def test_doctor_looks_at_it_and_shows_no_key(loom, added):
    added()
    said = loom("doctor")
    assert "endpoint lab" in said.out
    assert "sk-lab" not in said.out + said.errors


def test_an_unknown_endpoint_is_refused_with_those_there_are(loom, added):
    added()
    refused = loom("eval", "classifier", "--suite", "classifier", "--endpoint", "lap")
    assert refused.status == 2
    assert "did you mean 'lab'?" in refused.errors


def test_nothing_is_pruned_that_nobody_wants_pruned(loom):
    loom("test", "classifier", "--input", '{"text": "Where is it?"}', "--json")
    assert "kept for ever" in loom("prune").out
    assert loom("prune", "--tests-older-than", "1", "--json").json == {
        "tests": 0,
        "runs": 0,
        "entries": 0,
        "dry_run": False,
    }
    assert loom("prune", "--tests-older-than", "0").status == 2
