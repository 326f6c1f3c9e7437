"""An evaluation followed in a browser: from the form to its result, steered on the way, at any pace."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from conftest import serving as workshop_at
from harness import serving as model_at

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web
_LONG_MS = 60_000
FORM = "/workers/classifier/eval"


@pytest.fixture(scope="module")
def slow_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Workshop whose model takes 100 ms for each answer."""
    folder: Path = tmp_path_factory.mktemp("live")
    (folder / "model").mkdir()
    with model_at(folder / "model", "--latency-ms", "100", answer='{"category": "billing"}') as model:
        given = {"OPENAI_BASE_URL": f"{model.url}/v1", "OPENAI_API_KEY": "none", "OPENAI_MODEL": "sim-small"}
        with workshop_at(folder, **given) as address:
            yield address


def begin(page: "Page", repetitions: int, at_once: int) -> None:
    page.goto(FORM)
    page.get_by_label("Repetitions").fill(str(repetitions))
    page.get_by_label("Calls at once").fill(str(at_once))
    page.get_by_label("Calls at once").press("Tab")
    each = "twice" if repetitions == 2 else f"{repetitions} times"
    expect(page.locator("#run-button")).to_contain_text(f"Run 63 cases, {each} each, about $")
    page.locator("#run-button").get_by_role("button").click()
    page.wait_for_url(f"**{FORM}/*")


def done(page: "Page") -> int:
    words = page.locator("#progress .progress-words").inner_text()
    return int(re.findall(r"([\d,]+) of", words)[0].replace(",", ""))


@pytest.mark.does("/workers/{name}/eval/estimate", "/workers/{name}/eval/run")
def test_an_evaluation_leads_from_the_form_to_its_result_without_a_reload(
    open_window: Any, slow_site: str, axe: Any, shot: Any
) -> None:
    page = open_window(base_url=slow_site)
    begin(page, 2, 8)
    expect(page.locator("#progress")).to_contain_text("running")
    expect(page.locator("#progress")).to_contain_text("left")
    first = done(page)
    page.wait_for_function(f"() => !document.body.innerText.includes('{first} of 126')")
    assert done(page) > first
    assert axe(page) == []
    shot(page, "evaluate-live")
    page.wait_for_url("**/runs/*", timeout=_LONG_MS)
    expect(page.locator("main")).to_contain_text("126")
    expect(page.locator("#progress")).to_have_count(0)


@pytest.mark.does("/jobs/{job}/pause", "/jobs/{job}/budget", "/jobs/{job}/resume", "/jobs/{job}/stop")
def test_a_running_job_is_paused_given_a_budget_resumed_and_stopped(open_window: Any, slow_site: str) -> None:
    page = open_window(base_url=slow_site)
    begin(page, 20, 2)
    progress = page.locator("#progress")
    progress.get_by_role("button", name="Pause").click()
    expect(progress).to_contain_text("Paused by a person")
    progress.get_by_label("Budget in USD").fill("3")
    progress.get_by_role("button", name="Change").click()
    progress.get_by_role("button", name="Resume").click()
    expect(progress).to_contain_text("running")
    expect(progress).to_contain_text("of $3.00")
    before = done(page)
    progress.get_by_role("button", name="Stop").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Stop .* for good"))
    expect(dialog).to_contain_text("a stopped one cannot")
    until = time.monotonic() + 20
    while done(page) <= before:  # it goes on meanwhile
        page.wait_for_timeout(100)
        assert time.monotonic() < until
    dialog.get_by_role("button", name="Cancel").click()
    page.goto("/jobs")
    row = page.locator("#jobs [data-row]").first
    expect(row).to_contain_text("running")
    row.get_by_role("button", name="Stop").click()
    dialog.get_by_role("button", name="Stop for good").click()
    expect(page.locator("#jobs [data-row]").first).to_contain_text("stopped")


def test_thousands_of_results_arrive_whole_though_the_page_is_reloaded_and_cut_off(
    page: "Page", expected: list[str]
) -> None:
    expected.append("ERR_INTERNET_DISCONNECTED")
    begin(page, 60, 64)  # the embedded model answers at once: far more than 500 a second
    page.reload()
    page.context.set_offline(True)
    page.wait_for_timeout(300)
    page.context.set_offline(False)
    page.wait_for_url("**/runs/*", timeout=_LONG_MS)
    expect(page.locator("main")).to_contain_text("3,780")


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong_where_it_is(
    page: "Page", expected: list[str]
) -> None:
    expected.append("400")
    page.goto(FORM)
    page.get_by_label("Budget in USD").fill("much")
    page.locator("#scorer-exact_match").check()
    page.locator("#run-button").get_by_role("button").click()
    field = page.get_by_label("Budget in USD")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("much")
    expect(page.locator("#scorer-exact_match")).to_be_checked()


def test_the_form_and_the_jobs_are_sound_at_every_width_and_theme(
    new_page: Any, width: int, theme: str, axe: Any, overflow: Any, shot: Any
) -> None:
    page = new_page(width=width, theme=theme)
    for path, name in ((FORM, "evaluate-form"), ("/jobs", "jobs")):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        assert overflow(page) == 0
        assert axe(page) == []
        shot(page, f"{name}-{width}-{theme}")


def test_the_form_works_without_a_script(open_window: Any, workshop: Any) -> None:
    page = open_window(base_url=workshop.address, java_script_enabled=False)
    page.goto(FORM)
    page.locator("[name=limit]").fill("2")
    page.locator("#run-button button").click()
    page.wait_for_url(f"**{FORM}/*")
    page.goto("/jobs")
    expect(page.locator("main")).to_contain_text("2 of 2")
