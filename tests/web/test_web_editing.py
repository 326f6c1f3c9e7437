"""Definitions edited in a browser: read before the editor is loaded, saved, refused, and changed by two at once."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web

PROMPT = "".join(
    f"  Line {number} of what it is told, which is long enough to be broken.\n" for number in range(90)
)
WORKER = "name: {0}\ndescription: Sorts letters\nsystem_prompt: |\n" + PROMPT
PIPELINE = "name: {0}\npipeline_stages:\n  - name: sort\n    worker_type: classifier\n" + "# note\n" * 90
TEXTS = {"workers": WORKER, "pipelines": PIPELINE}
BOTH = pytest.mark.parametrize("noun", ["workers", "pipelines"])


@pytest.fixture
def made(workshop: Any, request: pytest.FixtureRequest) -> Callable[[str, str], Path]:
    """Makes a definition of this test's own; gives its file."""

    def make(noun: str, name: str) -> Path:
        file = workshop.configs / noun / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TEXTS[noun].format(name))
        request.addfinalizer(lambda: file.unlink(missing_ok=True))
        return file

    return make


def begin(page: "Page", noun: str, name: str) -> None:
    page.goto(f"/{noun}/{name}")
    page.locator("textarea[data-editor]").focus()
    page.locator(".cm-content").wait_for()


def type_at_the_end(page: "Page", text: str) -> None:
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def save(page: "Page") -> None:
    with page.expect_navigation():
        page.keyboard.press("Control+s")


def tops(page: "Page", lines: str) -> list[int]:
    return page.locator(lines).evaluate_all(
        "(all) => all.map((one) => Math.round(one.getBoundingClientRect().top))"
    )


@BOTH
def test_a_definition_is_read_in_colours_without_the_editor(made: Any, page: "Page", noun: str) -> None:
    made(noun, "only_read")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/{noun}/only_read", wait_until="networkidle")
    expect(page.locator(".ink-line .tok-propertyName").first).to_have_text("name")
    assert [url for url in asked if "vendor/editor.js" in url or "codemirror.js" in url] == []


@pytest.mark.parametrize("width", [1440, 360])
def test_nothing_moves_when_the_editor_comes_and_the_caret_is_where_one_clicked(
    made: Any, new_page: Any, width: int
) -> None:
    made("workers", "clicked")
    page = new_page(width)
    page.goto("/workers/clicked")
    page.locator(".ink-line").nth(60).evaluate("(line) => line.scrollIntoView({ block: 'center' })")
    before = dict(zip(page.locator(".ink-line").all_inner_texts(), tops(page, ".ink-line"), strict=True))
    box = page.locator(".ink-line").nth(60).bounding_box()
    page.mouse.click(box["x"] + 30, box["y"] + 5)
    page.locator(".cm-activeLine").filter(has_text="Line 57 of").wait_for()
    after = dict(zip(page.locator(".cm-line").all_inner_texts(), tops(page, ".cm-line"), strict=True))
    # The editor guesses how high the lines above are; browsers round that differently, by up to a fifth of a line.
    assert {line: top for line, top in after.items() if abs(before.get(line, top) - top) > 4} == {}
    page.keyboard.insert_text("@")
    expect(page.locator(".cm-activeLine")).to_have_text(re.compile(r"^\s*L?i?n?@"))


def test_nothing_is_exchanged_under_a_pointer_that_is_down(made: Any, page: "Page") -> None:
    made("workers", "dragged")
    page.goto("/workers/dragged")
    box = page.locator(".ink-line").nth(3).bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 8)
    with page.expect_response("**/vendor/editor.js"):
        page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 8)
    assert page.locator(".cm-content").count() == 0
    page.mouse.up()
    page.locator(".cm-content").wait_for()
    page.keyboard.insert_text("@")
    expect(page.locator(".cm-activeLine")).to_have_text(re.compile(r"^\s*L?i?n?e?@$"))


@BOTH
def test_save_is_in_reach_and_says_what_is_not_saved(made: Any, page: "Page", noun: str) -> None:
    made(noun, "reached")
    page.goto(f"/{noun}/reached")
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)
    begin(page, noun, "reached")
    type_at_the_end(page, "# typed\n")
    expect(page.get_by_text("Unsaved changes")).to_be_in_viewport(ratio=1)
    save(page)
    expect(page.locator(".meta")).to_contain_text("v2, saved")
    expect(page.get_by_text("Unsaved changes")).to_have_count(0)


@BOTH
def test_after_a_refused_save_one_is_at_the_line_that_is_wrong(
    made: Any, page: "Page", expected: list[str], noun: str
) -> None:
    expected.append("status of 400")
    made(noun, "wrong")
    begin(page, noun, "wrong")
    type_at_the_end(page, "timeout_seconds: soon\n# below\n")
    save(page)
    expect(page.locator(".cm-activeLine")).to_have_text("timeout_seconds: soon")
    expect(page.locator(".cm-activeLine")).to_be_in_viewport()
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator(".page-title .badge", has_text="invalid")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("timeout_seconds")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()


@pytest.fixture
def clash(made: Any, page: "Page", expected: list[str]) -> Callable[[str], Path]:
    """A page on which someone else was faster; gives the file."""

    def meet(noun: str) -> Path:
        expected.append("status of 409")
        file = made(noun, "clash")
        begin(page, noun, "clash")
        file.write_text(file.read_text() + "# theirs\n")
        type_at_the_end(page, "# mine\n")
        save(page)
        expect(page.locator(".conflict del")).to_have_text("theirs")
        expect(page.locator(".conflict ins")).to_have_text("mine")
        return file

    return meet


@BOTH
def test_mine_is_saved_anyway_when_one_has_seen_what_goes(
    clash: Any, page: "Page", axe: Any, noun: str
) -> None:
    file = clash(noun)
    assert axe(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name="Save mine anyway").click()
    assert file.read_text().endswith("# mine\n")
    assert "theirs" not in file.read_text()
    expect(page.locator(".conflict")).to_have_count(0)


@BOTH
def test_theirs_is_taken_and_that_can_be_undone_for_a_moment(clash: Any, page: "Page", noun: str) -> None:
    file = clash(noun)
    page.get_by_role("link", name="Take theirs").click()
    page.wait_for_url(f"**/{noun}/clash")
    expect(page.locator("textarea[data-editor]")).to_have_value(file.read_text())
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("textarea[data-editor]")).to_have_value(re.compile("# mine\n$"))
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    assert file.read_text().endswith("# theirs\n")


def test_what_was_given_up_is_not_offered_again(clash: Any, page: "Page") -> None:
    clash("workers")
    page.get_by_role("link", name="Take theirs").click()
    expect(page.get_by_text("Theirs is taken, what you wrote is not.")).to_be_visible()
    page.reload()
    expect(page.locator("textarea[data-editor]")).to_have_value(re.compile("# theirs\n$"))
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)


@pytest.fixture
def apart(made: Any, page: "Page", expected: list[str]) -> Callable[[str], Path]:
    """A page on which someone else was faster with another line; gives the file."""

    def meet(noun: str) -> Path:
        expected.append("status of 409")
        file = made(noun, "apart")
        begin(page, noun, "apart")
        file.write_text("# theirs\n" + file.read_text())
        page.get_by_placeholder("What changed, optional").fill("mine")
        page.locator(".cm-content").click()
        type_at_the_end(page, "# mine\n")
        save(page)
        expect(page.locator(".conflict")).to_contain_text("You changed other lines")
        expect(page.get_by_role("button", name="Restore")).to_have_count(0)
        return file

    return meet


@BOTH
def test_changes_of_different_lines_are_both_saved(apart: Any, page: "Page", axe: Any, noun: str) -> None:
    file = apart(noun)
    assert axe(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name="Save both").click()
    assert (file.read_text()[:9], file.read_text()[-7:]) == ("# theirs\n", "# mine\n")
    expect(page.locator(".meta")).to_contain_text("mine")
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)


@BOTH
def test_only_mine_is_saved_without_a_question_and_nothing_is_left_over(
    apart: Any, page: "Page", noun: str
) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    file = apart(noun)
    with page.expect_navigation():
        page.get_by_role("button", name="Save only mine").click()
    assert (file.read_text()[:5], file.read_text()[-7:], asked) == ("name:", "# mine\n", [])
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)


def test_a_letter_typed_over_several_lines_takes_their_place(made: Any, page: "Page") -> None:
    """The browser's own way makes elements with styles, which the page's policy forbids."""
    made("workers", "replaced")
    begin(page, "workers", "replaced")
    for keys in ("Control+Home", "Shift+ArrowDown", "Shift+ArrowDown", "#"):
        page.keyboard.press(keys)
    expect(page.locator(".cm-line").first).to_have_text("#system_prompt: |")
    page.keyboard.press("Control+z")
    expect(page.locator(".cm-line").first).to_have_text("name: replaced")
