"""From a suite to a leaderboard in a browser: the worker that fits, a scorer filled in by its form, three runs in order."""

import json
import re
import urllib.request
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.web


@pytest.fixture(scope="session")
def three(workshop) -> list[str]:
    """The first three runs on a suite that the demonstration has made."""
    return runs_on(workshop, "entity_extractor")[-3:]


def runs_on(workshop, suite: str) -> list[str]:
    with urllib.request.urlopen(workshop.url(f"/api/v1/runs?suite={suite}"), timeout=20) as answer:
        return [one["id"].replace("-", "") for one in json.load(answer)["items"]]


def tick(page: "Page", runs: list[str]) -> None:
    page.goto("/runs?suite=entity_extractor")
    for run in runs:
        page.locator(f"#row-{run} input[type=checkbox]").check()


def test_three_ticked_runs_are_put_in_order_by_the_button(page: "Page", three: list[str]) -> None:
    tick(page, three)
    page.get_by_role("button", name="Compare runs 3").click()
    page.wait_for_url(re.compile(r"/leaderboard\?run="))
    expect(page.get_by_role("heading", level=1)).to_have_text("3 runs in order")
    ranks = page.get_by_role("table", name="Leaderboard").locator("tbody tr")
    expect(ranks).to_have_count(3)
    expect(ranks.first).to_have_class(re.compile("row-marked"))


def test_they_are_by_the_key_too_and_by_another_measure_in_place(page: "Page", three: list[str]) -> None:
    tick(page, three)
    page.keyboard.press("c")
    page.wait_for_url(re.compile(r"/leaderboard\?run="))
    heading = page.get_by_role("heading", level=1).element_handle()
    page.get_by_role("navigation", name="Measure").get_by_role("link", name="Score").click()
    page.wait_for_url(re.compile("measure=score"))
    assert heading.is_visible()  # the page itself was not loaded anew
    expect(page.get_by_role("columnheader", name="Score")).to_be_visible()
    page.get_by_role("link", name="Leave").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 runs in order")


def test_without_script_ticks_lead_there_as_well(new_page, three: list[str]) -> None:
    page = new_page(java_script_enabled=False)
    tick(page, three)
    page.get_by_role("button", name="Compare runs").click()
    assert "/leaderboard?run=" in page.url


def tick_of(page: "Page", scorer: str) -> "Locator":
    return page.get_by_role("checkbox", name=re.compile(f"^{scorer} "))


@pytest.mark.does("/workers/{name}/eval/run")
def test_a_suite_leads_to_the_worker_that_fits_and_a_scorer_is_filled_in_by_its_form(new_page, axe) -> None:
    page = new_page(bypass_csp=True, reduced_motion="reduce")
    page.goto("/suites/classifier")
    page.get_by_role("link", name="Evaluate", exact=True).last.click()
    row = page.locator("#row-classifier")
    expect(row).to_contain_text("fits")
    row.get_by_role("link", name="Evaluate").click()
    expect(page.get_by_label("Suite")).to_have_value("classifier")
    regex, pattern = tick_of(page, "regex"), page.get_by_label("Pattern", exact=True)
    expect(pattern).to_have_count(0)
    regex.press("Space")
    expect(page.locator("#run-button")).to_contain_text("regex, Pattern")
    expect(regex).to_be_focused()
    page.keyboard.press("Tab")
    expect(pattern).to_be_focused()
    pattern.fill("billing|technical")
    regex.uncheck()
    expect(pattern).to_be_hidden()
    regex.check()
    expect(pattern).to_have_value("billing|technical")
    assert axe(page) == []
    page.get_by_label("At most").fill("3")
    page.keyboard.press("Tab")
    page.get_by_role("button", name=re.compile("Run 3 cases")).click()
    page.wait_for_url(re.compile(r"/workers/classifier/eval/\w+"))
    expect(page.locator("main")).to_contain_text("regex")


def test_what_was_ticked_and_typed_is_restored_with_its_fields(page: "Page") -> None:
    page.goto("/workers/classifier/eval")
    tick_of(page, "regex").check()
    page.get_by_label("Pattern", exact=True).fill("billing")
    page.wait_for_function("() => Object.values(sessionStorage).some((kept) => kept.includes('billing'))")
    page.on("dialog", lambda asked: asked.accept())
    page.reload()
    expect(tick_of(page, "regex")).not_to_be_checked()
    page.get_by_role("button", name="Restore").click()
    expect(tick_of(page, "regex")).to_be_checked()
    expect(page.get_by_label("Pattern", exact=True)).to_have_value("billing")


def test_a_tick_that_is_taken_back_leaves_nothing_unsaved(page: "Page") -> None:
    page.goto("/workers/classifier/eval")
    tick_of(page, "regex").check()
    expect(page.get_by_label("Pattern", exact=True)).to_be_visible()
    tick_of(page, "regex").uncheck()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto("/workers")
    assert asked == []


@pytest.mark.does("/runs/{run_id}/rescore", "/runs/{run_id}/rescore/estimate")
def test_a_mistake_in_a_scorers_field_is_mended_there(page: "Page", workshop, expected: list[str]) -> None:
    expected.append("400")
    page.goto(f"/runs/{runs_on(workshop, 'extractor')[-1]}")
    page.get_by_role("link", name="Re-score").click()
    expect(page.locator("input[name=scoring]:checked")).to_have_count(1)
    page.get_by_role("checkbox", name=re.compile("^length")).check()
    page.get_by_label("Max words").fill("5")
    page.get_by_label("Min words").focus()
    expect(page.locator("#run-button")).to_contain_text("length from")
    page.get_by_label("Min words").fill("50")
    page.get_by_role("button", name=re.compile("Re-score")).click()
    wrong = page.get_by_label("Min words")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_value("50")
    wrong.fill("1")
    page.get_by_role("button", name=re.compile("Re-score")).click()
    page.wait_for_url(re.compile(r"/runs/\w+$"))
    expect(page.locator("main")).to_contain_text("re-scored")
