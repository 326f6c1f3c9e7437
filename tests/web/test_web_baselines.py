"""Baselines in a browser: a run is made one, later ones are held against it, and it is taken away again."""

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web
WORKER, SUITE = "by_baseline", "classifier"


@pytest.fixture
def pair(page: "Page") -> tuple[str, str]:
    """Two runs of one worker, by their addresses, the newer one last."""
    page.request.post("/workers", form={"start": "classifier", "new_name": WORKER})
    made: list[str] = []
    for model in ("sim-small", "sim-large"):
        body = {"worker": WORKER, "suite": SUITE, "model": model, "limit": 12}
        run = page.request.post("/api/v1/evaluations", data=body).json()
        made.append(f"/runs/{run['id'].replace('-', '')}")
        page.goto(made[-1])
        expect(page.locator("#progress")).to_have_count(0)
    return made[0], made[1]


@pytest.mark.does("/workers/{name}/eval/{run_id}/promote-baseline", "/baselines/remove")
def test_a_baseline_is_set_held_against_and_taken_away(page: "Page", pair: tuple[str, str]) -> None:
    page.goto(pair[0])
    page.get_by_role("button", name="Make baseline").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why this one").fill("released in May")
    dialog.get_by_role("button", name="Make baseline").click()
    expect(page.locator(".page-head .badges")).to_contain_text("baseline")

    page.goto(pair[1])
    expect(page.locator("main")).to_contain_text("baseline")
    chip = page.get_by_role("navigation", name="Result").get_by_role("link", name="Changed since baseline")
    number = int("".join(sign for sign in chip.inner_text() if sign.isdigit()))
    chip.click()
    page.wait_for_url("**/*changed=yes*")
    expect(page.locator("#cases tr[data-row]")).to_have_count(number)
    page.get_by_role("link", name="Compare with baseline").click()
    page.wait_for_url("**/compare?a=*")

    page.goto("/baselines")
    row = page.locator("[data-row]", has_text=WORKER)
    expect(row).to_contain_text("released in May")
    row.get_by_role("button", name="Remove").click()
    expect(page.locator("[data-row]", has_text=WORKER)).to_have_count(0)
    page.goto(pair[1])
    expect(page.get_by_role("link", name="Changed since baseline")).to_have_count(0)
