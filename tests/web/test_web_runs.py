"""Runs in a browser: choosing two to compare, filtering cases in place, opening one, rating it; the gallery."""

import json
import re
import urllib.request
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web


@pytest.fixture(scope="session")
def pair(workshop) -> tuple[str, str]:
    """Two finished runs of one worker on one suite, the newer one last."""
    with urllib.request.urlopen(workshop.url("/runs.json?state=completed"), timeout=20) as answer:
        found = json.load(answer)["items"]
    by_suite: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in found:
        by_suite[one["worker"], one["suite"]].append(one["id"])
    newest, before = next(ids for ids in by_suite.values() if len(ids) > 1)[:2]
    return before, newest


def outcomes(page: "Page") -> set[str]:
    return set(page.locator("#cases td .badge").all_inner_texts()) - {"cached"}


def test_two_ticked_runs_are_compared(page: "Page", pair: tuple[str, str]) -> None:
    page.goto("/runs")
    button = page.get_by_role("button", name="Compare runs")
    assert button.is_disabled()
    for run in pair:
        page.locator(f"#row-{run} input[type=checkbox]").check()
    button.click()
    page.wait_for_url(re.compile(r"/compare\?a=\w+&b=\w+"))
    assert page.get_by_role("heading", level=1).is_visible()
    assert "points" in page.locator(".verdict-value").inner_text()


def test_cases_are_filtered_in_place_and_the_address_keeps_it(page: "Page", pair: tuple[str, str]) -> None:
    page.goto(f"/runs/{pair[1]}")
    heading = page.get_by_role("heading", level=1).element_handle()
    page.get_by_role("navigation", name="Result").get_by_role("link", name=re.compile("Failed")).click()
    page.wait_for_url("**/*outcome=failed*")
    assert heading.is_visible()  # the page itself was not loaded anew
    assert outcomes(page) == {"fail"}
    page.reload()
    assert outcomes(page) == {"fail"}
    page.go_back()
    page.wait_for_url(re.compile(rf"/runs/{pair[1]}$"))


def test_a_filter_is_typed_and_a_wrong_one_says_why(page: "Page", pair: tuple[str, str]) -> None:
    page.goto(f"/runs/{pair[1]}")
    field = page.get_by_role("searchbox", name="Filter cases")
    field.fill("scroe<0.5")
    page.get_by_role("alert").filter(has_text="scroe").wait_for()
    field = page.get_by_role("searchbox", name="Filter cases")
    assert field.input_value() == "scroe<0.5"
    field.fill("outcome:failed")
    page.locator("#cases tr[data-row]").first.wait_for()
    assert outcomes(page) == {"fail"}


@pytest.mark.does("/runs/{run_id}/cases/{case}/rate")
def test_a_case_is_opened_by_keyboard_then_its_transcript_is_read_and_rated(
    page: "Page", pair: tuple[str, str]
) -> None:
    page.goto(f"/runs/{pair[1]}?outcome=failed")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Field by field").wait_for()
    page.get_by_role("link", name="Open transcript").click()
    page.get_by_role("heading", name="Transcript").wait_for()
    assert page.get_by_text("System prompt").is_visible()
    page.get_by_label("Rating").select_option("pass")
    page.get_by_label("Note").fill("close enough")
    page.get_by_role("button", name="Rate").click()
    page.get_by_text("pass: close enough").wait_for()


def test_the_reason_of_a_scorer_is_shown_whole(new_page, pair: tuple[str, str]) -> None:
    page = new_page(768)
    page.goto(f"/runs/{pair[1]}?outcome=failed")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Open transcript").click()
    reason = page.locator("table[aria-label='What scorers say'] tbody td").last
    reason.evaluate("cell => { cell.firstChild.textContent = 'why '.repeat(200) }")
    assert reason.evaluate("cell => cell.clientHeight > 60 && cell.scrollWidth <= cell.clientWidth")


def test_a_page_of_runs_works_without_script(new_page, pair: tuple[str, str]) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/runs")
    for run in pair:
        page.locator(f"#row-{run} input[type=checkbox]").check()
    page.get_by_role("button", name="Compare runs").click()
    assert re.search(r"/compare\?a=\w+&b=\w+", page.url)
    page.goto(f"/runs/{pair[1]}")
    page.get_by_role("button", name="Make baseline").first.click()
    assert page.get_by_role("heading", name=re.compile("Compare later runs")).is_visible()


def test_the_gallery_fits_every_width_and_axe_finds_nothing_serious(
    new_page, width: int, theme: str, axe, overflow, shot
) -> None:
    page = new_page(width, theme)
    page.goto("/gallery")
    assert overflow(page) == 0
    assert axe(page) == []
    shot(page, f"gallery-{width}-{theme}")


@pytest.mark.parametrize("contrast", ["more", "no-preference"])
def test_paper_shows_rows_and_no_controls(new_page, pair: tuple[str, str], contrast: str) -> None:
    page = new_page(contrast=contrast)
    page.goto(f"/runs/{pair[1]}")
    page.emulate_media(media="print")
    assert not page.locator(".bar").is_visible()
    assert not page.locator(".filter").is_visible()
    assert page.locator("#cases tr[data-row]").first.is_visible()


@pytest.mark.does("/runs/{run_id}/look")
def test_sealed_cases_of_a_run_are_opened_knowingly(page: "Page") -> None:
    body = {"worker": "translator", "suite": "translator", "tier": "local", "split": "sealed"}
    run = page.request.post("/api/v1/evaluations", data=body).json()
    page.goto(f"/runs/{run['id']}")
    expect(page.locator("#progress")).to_have_count(0)
    page.get_by_role("button", name="Open them").click()
    page.get_by_role("dialog").get_by_role("button", name="Open: look").click()
    expect(page.locator("main")).to_contain_text("open to you until")
