"""Channels in a browser: brought in at a terminal while the Workshop is open, then searched."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from playwright.sync_api import Page


pytestmark = pytest.mark.web
POSTS = (
    "The river rose after three days of rain.",
    "باران شدید در شمال کشور باعث سیل شد.",
    "A library opens on Monday.",
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    messages = [
        {"id": at, "type": "message", "date_unixtime": str(1_767_225_600 + at), "text": text}
        for at, text in enumerate(POSTS)
    ]
    path = tmp_path / "result.json"
    told = {"name": "Harbour Gazette", "type": "public_channel", "id": 3_000_000_001, "messages": messages}
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return path


def ingest(export: Path) -> None:
    """As at a terminal, with the home of the Workshop."""
    home = str(export.parent)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
    command = [sys.executable, "-m", "loom", "rag", "ingest", str(export)]
    environment = {**kept, "HOME": home, "DATA_DIR": home}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)


def test_what_is_brought_in_beside_the_open_workshop_is_found_in_it(
    empty_workshop: "Any", export: Path, open_window: "Callable[..., Page]"
) -> None:
    page = open_window(base_url=empty_workshop.address)
    page.goto("/workers")
    page.get_by_role("link", name="RAG").click()
    expect(page.get_by_text("Nothing has been brought in yet")).to_be_visible()

    ingest(export)
    page.reload()
    expect(page.get_by_role("link", name="Harbour Gazette")).to_be_visible()

    page.get_by_role("searchbox", name="Search", exact=True).fill("سيل شمال")
    page.keyboard.press("Enter")
    expect(page.locator(".turn-text").first).to_have_text(POSTS[1])
    assert page.locator(".turn-text").first.evaluate("text => getComputedStyle(text).direction") == "rtl"

    page.get_by_label("Question").fill("library")
    page.get_by_label("At most").fill("1")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="1 passage")).to_be_focused()
    expect(page.locator(".turn-text")).to_have_text(POSTS[2])
    assert "query=library" in page.url


def test_a_question_that_cannot_be_asked_is_told_in_place(
    empty_workshop: "Any", export: Path, open_window: "Callable[..., Page]"
) -> None:
    ingest(export)
    page = open_window(base_url=empty_workshop.address)
    page.goto("/rag/search")
    page.get_by_label("Question").fill(" ")
    page.get_by_role("button", name="Search").click()

    expect(page.get_by_role("alert")).to_contain_text("write what to look for")


@pytest.mark.parametrize("path", ["/rag", "/rag/channels", "/rag/search?query=rain"])
def test_pages_over_a_filled_store_stand(
    path: str, empty_workshop, export, open_window, axe, overflow
) -> None:
    ingest(export)
    page = open_window(base_url=empty_workshop.address, bypass_csp=True, reduced_motion="reduce")
    page.goto(path)

    for width in (360, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == 0, f"{width} pixels wide"
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert axe(page) == [], theme
