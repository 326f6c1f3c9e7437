"""What a browser transfers: little on the first visit, less on every page after it, whatever the page is."""

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web

FIRST, LATER = 150_000, 20_000
PAGES = (
    "/workers", "/workers/extractor", "/workers/new", "/workers/extractor/test", "/workers/extractor/eval",
    "/pipelines", "/pipelines/letter_desk", "/pipelines/new", "/suites", "/suites/classifier", "/runs", "/runs/{run}",
    "/jobs", "/settings/endpoints",
)  # fmt: skip


def transferred(page: "Page") -> dict[str, int]:
    """Bytes by address, headers included, as they come; without what is in the browser's cache."""
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session = page.context.new_cdp_session(page)
    session.on(
        "Network.requestWillBeSent", lambda sent: names.update({sent["requestId"]: sent["request"]["url"]})
    )
    session.on(
        "Network.loadingFinished",
        lambda end: sizes.update({names[end["requestId"]]: int(end["encodedDataLength"])}),
    )
    session.send("Network.enable")
    return sizes


def test_a_first_visit_and_every_page_after_it_transfer_little(workshop: Any, page: "Page") -> None:
    with urllib.request.urlopen(workshop.url("/api/v1/runs?size=1"), timeout=20) as answer:
        run = json.load(answer)["items"][0]["id"]
    sizes = transferred(page)
    found: dict[str, int] = {}
    for path in PAGES:
        sizes.clear()
        page.goto(path.format(run=run), wait_until="networkidle")
        found[path] = sum(sizes.values())
    assert found["/workers"] > LATER, "the first visit was not measured"
    assert {path: size for path, size in found.items() if size > (FIRST if path == PAGES[0] else LATER)} == {}
