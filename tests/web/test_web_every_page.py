"""Every page there is: at four widths, light and dark, with high contrast, on paper; axe finds nothing serious.

With `SHOTS` naming a folder, a picture of each is kept there. Those of `docs/workshop-pages.md` are made by

PICTURES=docs/img .venv/bin/pytest -n0 -m web tests/web/test_web_every_page.py -k picture
"""

import json
import os
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from controls import controls

from loom.access.models import Role
from loom.workshop.guard.policy import POLICY, asked_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web

WIDTHS = (1440, 1280, 1024, 768, 360)
DOCS = Path(__file__).parents[2] / "docs"

KNOWN = {
    "/workers/{name}": "/workers/classifier",
    "/workers/{name}/eval/{run_id}": "/workers/{worker}/eval/{run}",
    "/pipelines/{name}": "/pipelines/letter_desk",
    "/suites/{name}": "/suites/classifier",
    "/settings/endpoints/{name}": "/settings/endpoints/simulated",
    "/runs/{run_id}": "/runs/{run}",
    "/compare": "/compare?a={before}&b={run}",
    "/leaderboard": "/leaderboard?run={before}&run={other}&run={third}",
    "/evaluate": "/evaluate?suite=classifier",
    "/find": "/find?q=class",
    "/jobs/{job}": "/jobs/{job}",
}
"""A page of each kind, by the beginning of its route."""

NO_PAGE = re.compile(
    r"^/(api/|static/|events/|health$|$)|\.(json|csv|\{ending\})$|/(download|live)/"
    r"|/(graph|validate|progress|impact|impact-panel|fields)$"
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
        "other": runs[-2]["id"],
        "third": runs[-3]["id"],
        "worker": runs[0]["worker"],
        "job": runs[0]["job"],
        "case": cases[0]["key"],
    }


def _open(page: "Page", address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address


@pytest.fixture
def opened(request, new_page: "Callable[..., Page]", ids: dict[str, str]) -> "Page":
    """The page of the route, wide, light, and still, so that colours are judged where they end; axe is an inline script,
    which our policy forbids.
    """
    page = new_page(1440, bypass_csp=True, reduced_motion="reduce")
    _open(page, _address(request.getfixturevalue("route"), ids))
    return page


STANDS_OUT = """() => [...document.querySelectorAll(".card :is(.badge, .button)")].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width && box.right > one.closest(".card").getBoundingClientRect().right + 1;
}).map(one => one.textContent.trim())"""
"""What reaches beyond its card."""


@pytest.mark.parametrize("route", _routes())
def test_every_page_stands(route: str, opened: "Page", axe, overflow, shot) -> None:
    assert opened.locator("h1").count() == 1
    assert opened.title().endswith("Loom")
    for width in WIDTHS:
        opened.set_viewport_size({"width": width, "height": 900})
        assert overflow(opened) == 0, f"{width} pixels wide"
        assert opened.evaluate(STANDS_OUT) == [], f"{width} pixels wide"
        if "SHOTS" in os.environ:
            shot(opened, f"{route.strip('/').replace('/', '-')}-{width}")
    for theme in ("light", "dark"):
        opened.emulate_media(color_scheme=theme)
        assert axe(opened) == [], theme
    opened.emulate_media(color_scheme="light", contrast="more")
    assert overflow(opened) == 0, "high contrast"
    opened.emulate_media(media="print")
    assert opened.locator("header nav").first.is_hidden()
    assert opened.locator("h1").is_visible()


NAMES_NO_FOLDER = """folder => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder, "/home/ann/.loom");
}"""


def _picture(route: str) -> str:
    return re.sub(r"[^a-z]+", "-", route).strip("-") + ".png"


@pytest.mark.parametrize("route", _routes())
def test_every_page_has_a_picture_in_the_docs(
    route: str, new_page: "Callable[..., Page]", workshop, ids: dict[str, str], tmp_path: Path
) -> None:
    page, name = new_page(1024, reduced_motion="reduce"), f"pages/{_picture(route)}"
    page.set_viewport_size({"width": 1024, "height": 680})
    _open(page, _address(route, ids))
    page.evaluate(NAMES_NO_FOLDER, str(workshop.configs.parents[1]))
    page.screenshot(path=Path(os.environ.get("PICTURES") or tmp_path) / name)
    assert f"](img/{name})" in (DOCS / "workshop-pages.md").read_text("utf-8")
    assert (DOCS / "img" / name).exists()


@pytest.fixture(scope="session")
def keys(workshop) -> dict[Role, str]:
    """One for each role that may not do everything."""

    def made(role: Role) -> str:
        wish = json.dumps({"name": f"may {role}", "role": role}).encode()
        asked = urllib.request.Request(
            workshop.url("/api/v1/keys"), wish, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.load(answer)["key"]

    return {role: made(role) for role in (Role.READ, Role.RUN)}


def _may(role: Role, method: str, path: str) -> bool:
    asked = asked_of(method, path)
    return asked is None or role.covers(asked)


@pytest.mark.parametrize(
    ("role", "route"),
    [(role, route) for role in (Role.READ, Role.RUN) for route in _routes() if _may(role, "GET", route)],
)
def test_a_page_offers_nobody_what_they_may_not_do(
    role: Role, route: str, workshop, keys: dict[Role, str], ids: dict[str, str]
) -> None:
    address, shown = _address(route, ids), {"Authorization": f"Bearer {keys[role]}"}
    with urllib.request.urlopen(
        urllib.request.Request(workshop.url(address), headers=shown), timeout=20
    ) as answer:
        offered = controls(answer.read().decode(), address)
    assert offered
    assert [one for one in sorted(offered) if not _may(role, *one)] == []
