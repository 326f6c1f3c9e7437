"""The settings in a browser: an endpoint added, tried, removed and brought back; tiers; retention."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.web
PARTS = ("endpoints", "endpoints/new", "endpoints/simulated", "tiers", "retention", "system")


@pytest.mark.parametrize("part", PARTS)
def test_every_part_fits_its_window_and_hides_nothing(new_page, width, theme, part, axe, overflow):
    page = new_page(width, theme)
    page.goto(f"/settings/{part}")
    assert axe(page) == []
    assert overflow(page) == 0


def test_a_busy_button_shows_that_in_the_colour_of_its_words(page):
    page.goto("/settings/endpoints/new")
    button = page.get_by_role("button", name="Test connection")
    button.evaluate("it => it.setAttribute('aria-busy', 'true')")
    ring = button.evaluate(
        "it => ((ring) => [ring.filter, ring.borderRightColor])(getComputedStyle(it, '::before'))"
    )
    assert ring == ["none", button.evaluate("it => getComputedStyle(it).color")]


@pytest.mark.does(
    "/settings/endpoints",
    "/settings/endpoints/new/test",
    "/settings/endpoints/{name}/default",
    "/settings/endpoints/{name}/remove",
    "/settings/endpoints/{name}/restore",
)
def test_an_endpoint_is_added_tried_removed_and_brought_back(page, shot, expected):
    expected.append("409")
    page.goto("/settings")
    page.get_by_role("link", name="Add endpoint").click()
    page.get_by_label("Name").fill("web-lab")
    page.get_by_label("Address").fill("http://127.0.0.1:9/v1")
    page.get_by_label("Key", exact=True).fill("sk-web-1234")
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("It cannot be used.")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
    assert page.get_by_label("Name").input_value() == "web-lab"
    shot(page, "settings-endpoint")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert "sk-web" not in page.content()
    page.get_by_role("button", name="Ask it all the same").click()
    page.get_by_text("web-lab does not answer, and workers of tier").wait_for()
    page.get_by_role("button", name="Ask simulated meanwhile").click()
    page.get_by_text("workers go on asking simulated").wait_for()
    page.get_by_role("button", name="Remove").click()
    page.wait_for_url("**/settings/endpoints?removed=*")
    assert page.get_by_role("link", name="web-lab").count() == 0
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="web-lab", level=1).wait_for()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Put it back").first.click()
    page.get_by_role("heading", name="web-lab", level=1).wait_for()
    page.get_by_label("Workers that name nothing ask").select_option("web-lab")
    page.get_by_role("button", name="Ask this by default").click()
    page.get_by_text("Saved.").wait_for()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Ask simulated instead, and remove it").click()
    page.get_by_role("button", name="Undo").wait_for()


@pytest.mark.does("/settings/tiers")
def test_tiers_are_saved_together_by_their_button_and_no_letter_is_lost(page, shot):
    page.goto("/settings/tiers")
    page.get_by_label("Standard").focus()
    for words in ("simulated/sim-small", "simulated/sim-medium"):
        page.keyboard.type(words, delay=20)
        page.keyboard.press("Tab")
    page.get_by_text("Unsaved changes").wait_for()
    shot(page, "settings-tiers")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved", exact=True).wait_for()
    page.reload()
    assert page.get_by_label("Standard").input_value() == "simulated/sim-small"
    assert page.get_by_label("Frontier").input_value() == "simulated/sim-medium"
    page.get_by_label("Standard").fill("")
    page.get_by_label("Frontier").fill("")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved", exact=True).wait_for()


def test_a_tier_that_cannot_be_stays_in_its_field_with_the_reason(page, expected):
    expected.append("400")
    page.goto("/settings/tiers")
    page.get_by_label("Local").fill("simulated/sim-huge")
    page.get_by_label("Local").press("Enter")
    page.get_by_text("names a model that 'simulated' does not list").wait_for()
    assert page.get_by_label("Local").input_value() == "simulated/sim-huge"


@pytest.mark.does("/settings/system")
def test_everything_is_looked_at_on_one_click(page, shot):
    page.goto("/settings/system")
    page.get_by_role("button", name="Check everything now").click()
    page.get_by_role("rowheader", name="tier standard").wait_for()
    shot(page, "settings-system")


def test_the_demo_says_at_its_next_start_what_was_connected_to_it(page, workshop):
    endpoints = workshop.url("/api/v1/endpoints")
    said = {"label": "kept", "url": "http://127.0.0.1:9/v1", "enabled": False}
    made = page.request.post(endpoints, data=said).json()
    taken = workshop.address.rpartition(":")[2]  # so that it starts, speaks, and ends
    home = str(workshop.configs.parents[1])
    try:
        again = subprocess.run(
            [sys.executable, "-m", "loom", "workshop", "--demo", "--port", taken],
            env={"PATH": os.environ["PATH"], "HOME": home, "DATA_DIR": home},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    finally:
        page.request.delete(f"{endpoints}/{made['id']}")
    assert "endpoints were added to this demo: kept; its workers ask simulated" in again.stdout, again


@pytest.mark.does(
    "/settings/endpoints/{name}", "/settings/endpoints/{name}/test", "/settings/endpoints/rotate"
)
def test_an_endpoint_is_changed_and_tried_and_its_key_spelled_anew(page):
    body = {"label": "changed", "url": "http://127.0.0.1:9/v1", "api_key": "sk-web-5678"}
    assert page.request.post("/api/v1/endpoints", data=body).ok
    page.goto("/settings/endpoints/changed")
    page.get_by_label("Address").fill("http://127.0.0.1:10/v1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Address")).to_have_value("http://127.0.0.1:10/v1")
    page.get_by_role("button", name="Test connection").first.click()
    expect(page.locator("main")).to_contain_text("It cannot be used. Tested at")
    page.goto("/settings/endpoints")
    page.get_by_role("button", name="Encrypt them with a new key").click()
    expect(page.locator(".toast")).to_contain_text("encrypted with a new key")
    assert page.request.delete("/api/v1/endpoints/changed").ok


@pytest.mark.does("/settings/retention", "/settings/retention/prune")
def test_a_shorter_period_holds_once_one_agrees_to_what_it_deletes(empty_workshop, open_window, expected):
    expected.append("409")
    page = open_window(base_url=empty_workshop.address)
    page.goto("/settings/retention")
    days = page.get_by_label("Days to keep the audit log")
    days.fill("5")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved", exact=True).wait_for()
    with closing(sqlite3.connect(empty_workshop.configs.parent / "loom.db")) as store, store:
        store.execute("update audit set at_us = at_us - 2 * 86400 * 1000000")
    days.fill("1")
    days.press("Enter")
    page.get_by_text("Not saved yet").wait_for()
    days.press("Enter")
    page.get_by_text("Not saved yet").wait_for()
    page.get_by_role("button", name="Save, and delete 0 tests, 0 runs and").click()
    page.get_by_text("Saved", exact=True).wait_for()
    expect(days).to_have_value("1")
    page.get_by_role("button", name="Delete what is older").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("main")).to_contain_text("Nothing is older than it is kept")
