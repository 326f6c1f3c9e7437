"""Suites in a browser: brought in from a file, changed as a table, taken back, out again; sealed cases opened."""

import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web
_numbers = itertools.count(1)

CASES = [
    {"name": "late", "input": {"text": "My parcel is late."}, "expected_output": {"category": "delivery"}},
    {"name": "lost", "input": {"text": "I lost my password."}, "expected_output": {"category": "account"}},
]
FILES = {
    "json": json.dumps({"cases": CASES}),
    "csv": "name,input.text,expected.category\nlate,My parcel is late.,delivery\nlost,I lost my password.,account\n",
}
SEALED = """name: {name}
cases:
- {{name: seen, input: {{text: one}}}}
- {{name: hidden, input: {{text: nobody saw this {name}}}, split: sealed}}
"""


def bring_in(page: "Page", file: Path) -> None:
    page.goto("/suites")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Bring in").click()
    page.wait_for_url(f"**/suites/{file.stem}")


@pytest.fixture
def mine(page: "Page", tmp_path: Path) -> str:
    """The name of a suite of this test alone."""
    file = tmp_path / f"web_suite_{next(_numbers)}.json"
    file.write_text(FILES["json"])
    bring_in(page, file)
    return file.stem


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.does("/suites/upload")
def test_a_file_is_brought_in(page: "Page", tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"brought_{kind}.{kind}"
    file.write_text(FILES[kind])
    bring_in(page, file)
    expect(page.locator("#cases [data-row]")).to_have_count(2)
    expect(page.locator("#cases")).to_contain_text("My parcel is late.")
    expect(page.locator("#cases")).to_contain_text("account")


def test_a_file_that_is_no_suite_is_refused_with_what_is_wrong(
    page: "Page", tmp_path: Path, expected: list[str]
) -> None:
    expected.append("400 (Bad Request)")
    (file := tmp_path / "none.json").write_text('{"cases": [{"name": "x"}]}')
    page.goto("/suites")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Bring in").click()
    expect(page.get_by_role("alert").first).to_contain_text("input")


@pytest.mark.does("/suites/{name}/cases", "/suites/{name}/undo")
def test_a_case_is_changed_in_its_row_and_taken_back(page: "Page", mine: str, workshop: Any) -> None:
    [file] = (workshop.configs / "suites").glob(f"{mine}.*")
    before = file.read_bytes()
    page.get_by_role("link", name="late").click()
    page.get_by_label("Input").fill('{"text": "Where is it?"}')
    page.get_by_role("textbox", name="Tags").fill("money, urgent")
    page.get_by_role("button", name="Save case").click()
    expect(page.locator("#cases")).to_contain_text("Where is it?")
    expect(page.locator("#cases")).to_contain_text("money, urgent")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#cases")).to_contain_text("My parcel is late.")
    assert file.read_bytes() == before


def test_a_case_that_is_wrong_keeps_what_was_typed(page: "Page", mine: str, expected: list[str]) -> None:
    expected.append("400 (Bad Request)")
    page.get_by_role("link", name="Add a case").click()
    page.get_by_label("Input").fill("{oops")
    page.get_by_role("button", name="Save case").click()
    expect(page.get_by_text("is no JSON")).to_be_visible()
    expect(page.get_by_label("Input")).to_have_value("{oops")


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_it_is_downloaded(page: "Page", mine: str, ending: str) -> None:
    page.locator("summary", has_text="More").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Download .{ending}", exact=True).click()
    text = download.value.path().read_text()
    assert download.value.suggested_filename == f"{mine}.{ending}"
    assert "My parcel is late." in text


@pytest.mark.does("/suites/{name}/look")
def test_sealed_cases_are_closed_until_someone_says_so(
    page: "Page", tmp_path: Path, axe: Any, shot: Any
) -> None:
    (file := tmp_path / "with_sealed.yaml").write_text(SEALED.format(name="with_sealed"))
    bring_in(page, file)
    expect(page.locator("main")).not_to_contain_text("nobody saw this")
    page.get_by_role("button", name="Open them").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("was not tested by them")
    assert axe(page) == []
    shot(page, "sealed-dialog")
    dialog.get_by_role("button", name="Open: look 1").click()
    expect(page.locator("#cases")).to_contain_text("nobody saw this")
    expect(page.locator("main")).to_contain_text(re.compile(r"looked at once: open to you until \d\d:\d\d"))


def test_sealed_cases_are_opened_without_script(new_page: Any, tmp_path: Path) -> None:
    page = new_page(java_script_enabled=False)
    (file := tmp_path / "with_sealed_too.yaml").write_text(SEALED.format(name="with_sealed_too"))
    bring_in(page, file)
    page.get_by_role("button", name="Open them").click()
    page.get_by_role("button", name="Open: look 1").click()
    expect(page.locator("#cases")).to_contain_text("nobody saw this")


@pytest.mark.does("/suites/{name}/copy")
def test_a_shipped_suite_is_copied_to_be_changed(page: "Page", workshop: Any) -> None:
    page.goto("/suites/summarizer")
    page.get_by_role("button", name="Copy, to change it").click()
    page.wait_for_url("**/suites/*")
    page.get_by_role("link", name="Add a case").wait_for()
    assert (workshop.configs / "suites" / "summarizer.yaml").exists()


@pytest.mark.does("/suites/{name}/cases/{number}/remove")
def test_a_case_is_removed(page: "Page", mine: str) -> None:
    page.get_by_role("link", name="late").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#cases [data-row]")).to_have_count(1)
    expect(page.locator("#cases")).not_to_contain_text("My parcel is late.")
