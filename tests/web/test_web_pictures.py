"""The pictures of `docs/workshop.md`: the way from a worker to a verdict, as it is shown. `PICTURES` names their folder.

PICTURES=docs/img .venv/bin/pytest -n0 -m web tests/web/test_web_pictures.py
"""

import json
import os
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.web

_LEAST_BYTES = 20_000
_LETTER = "I was charged twice for the kettle I bought on Sunday. Please refund one of the payments today."


@pytest.fixture
def wide(new_page) -> Page:
    return new_page(1280, reduced_motion="reduce")


@pytest.fixture
def keep(tmp_path: Path):
    folder = Path(os.environ.get("PICTURES") or tmp_path)

    def kept(page: Page, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        page.set_viewport_size({"width": 1280, "height": 860})
        page.screenshot(path=folder / f"{name}.png")
        assert (folder / f"{name}.png").stat().st_size > _LEAST_BYTES

    return kept


@pytest.fixture(scope="session")
def runs(workshop) -> list[str]:
    """Of the careful and of the brief worker, newest first."""
    with urllib.request.urlopen(workshop.url("/api/v1/runs?suite=entity_extractor"), timeout=20) as answer:
        return [one["id"] for one in json.load(answer)["items"]]


def test_define(wide: Page, keep) -> None:
    wide.goto("/workers")
    keep(wide, "workers")
    wide.goto("/workers/classifier")
    expect(wide.locator(".editor-ink")).to_be_visible()
    keep(wide, "worker")
    wide.goto("/pipelines/letter_desk")
    expect(wide.locator(".editor-ink")).to_be_visible()
    keep(wide, "pipeline")


def test_test(wide: Page, keep) -> None:
    wide.goto("/workers/classifier/test")
    wide.locator("main form textarea").first.fill(_LETTER)
    wide.keyboard.press("Control+Enter")
    expect(wide.locator("#test-result")).to_contain_text("PASS")
    keep(wide, "bench")


def test_evaluate(wide: Page, keep, runs: list[str]) -> None:
    wide.goto("/workers/classifier/eval")
    keep(wide, "evaluate")
    wide.goto(f"/runs/{runs[0]}")
    keep(wide, "run")
    wide.goto("/suites/classifier")
    keep(wide, "suite")


def test_compare(wide: Page, keep, runs: list[str]) -> None:
    wide.goto(f"/compare?a={runs[-1]}&b={runs[0]}")
    keep(wide, "compare")


def test_connect(wide: Page, keep) -> None:
    wide.goto("/settings/endpoints/new")
    keep(wide, "endpoint")
