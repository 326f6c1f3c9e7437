"""Every page there is: at three widths, light and dark, with high contrast, on paper; axe finds nothing serious.

With `SHOTS` naming a folder, a picture of each is kept there.
"""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from loom.workshop.policy import POLICY

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web

KNOWN = {
    "/workers/{name}": "/workers/classifier",
    "/workers/{name}/eval/{run_id}": "/workers/{worker}/eval/{run}",
    "/pipelines/{name}": "/pipelines/letter_desk",
    "/suites/{name}": "/suites/classifier",
    "/settings/endpoints/{name}": "/settings/endpoints/simulated",
    "/runs/{run_id}": "/runs/{run}",
    "/compare": "/compare?a={before}&b={run}",
    "/find": "/find?q=class",
    "/jobs/{job}": "/jobs/{job}",
}
"""A page of each kind, by the beginning of its route."""

NO_PAGE = re.compile(
    r"^/(api/|static/|events/|health$|$)|\.(json|csv)$|/(graph|validate|progress|impact|impact-panel)$"
)
"""What programs read, and parts of pages."""

NOT_THERE = ("/login", "/apps/{name}")
"""Without people, and without apps."""


def _routes() -> list[str]:
    paths = [path for method, path in POLICY if method == "GET"]
    return sorted(path for path in paths if not NO_PAGE.search(path) and path not in NOT_THERE)


def _address(route: str, ids: dict[str, str]) -> str:
    beginning = max((known for known in KNOWN if route.startswith(known)), key=len, default="")
    rest = route.removeprefix(beginning).replace("{case}", ids["case"])
    return KNOWN.get(beginning, "").format(**ids) + rest


@pytest.fixture(scope="session")
def ids(workshop) -> dict[str, str]:
    """Of things that the demonstration has made."""

    def got(path: str) -> dict[str, list[dict[str, str]]]:
        with urllib.request.urlopen(workshop.url(path), timeout=20) as answer:
            return json.load(answer)

    runs = [one for one in got("/api/v1/runs")["items"] if one["suite"] == "entity_extractor"]
    cases = got(f"/api/v1/runs/{runs[0]['id']}/cases")["items"]
    return {
        "run": runs[0]["id"],
        "before": runs[-1]["id"],
        "worker": runs[0]["worker"],
        "job": runs[0]["job"],
        "case": cases[0]["key"],
    }


def _open(page: "Page", address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address


@pytest.mark.parametrize("route", _routes())
class TestEveryPage:
    def test_it_fits_and_says_what_it_is(
        self, route: str, new_page: "Callable[..., Page]", ids: dict[str, str], overflow, shot, width: int
    ) -> None:
        theme = "dark" if width == 768 else "light"
        page = new_page(width, theme)
        _open(page, _address(route, ids))
        assert page.locator("h1").count() == 1
        assert page.title().endswith("Loom")
        assert overflow(page) == 0
        shot(page, f"{route.strip('/').replace('/', '-') or 'root'}-{width}-{theme}")

    def test_axe_finds_nothing_serious(
        self, route: str, new_page: "Callable[..., Page]", ids: dict[str, str], axe, theme: str
    ) -> None:
        page = new_page(1440, theme, bypass_csp=True)  # axe itself is an inline script
        _open(page, _address(route, ids))
        assert axe(page) == []

    def test_it_stands_high_contrast_still_motion_and_paper(
        self, route: str, new_page: "Callable[..., Page]", ids: dict[str, str], overflow
    ) -> None:
        page = new_page(1440, "dark", contrast="more", reduced_motion="reduce")
        _open(page, _address(route, ids))
        assert overflow(page) == 0
        page.emulate_media(media="print")
        assert page.locator("header nav").first.is_hidden()
        assert page.locator("h1").is_visible()
