"""Forms and editors by our scripts alone, on pages that the tests write: drafts, colours, the code editor when it comes."""

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from script_site import Asked, ScriptSite

pytestmark = pytest.mark.web


def drafts(page: "Page", wanted: int) -> None:
    """Waits until so many are kept."""
    deadline = time.monotonic() + 5
    while (
        page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('loom.')).length")
        != wanted
    ):
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def press(page: "Page", keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


DRAFT = '<form method="post" action="/save" data-draft="one"><textarea name="text" autocomplete="off">{}</textarea><button>Save</button></form>'


def test_what_was_typed_survives_a_reload(show: Any) -> None:
    page = show(DRAFT.format("old"))
    page.on("dialog", lambda dialog: dialog.accept())
    page.fill("textarea", "new")
    drafts(page, 1)
    page.reload()
    page.get_by_role("button", name="Restore").click()
    assert page.input_value("textarea") == "new"


def test_leaving_with_unsaved_input_is_asked_about(show: Any, site: "ScriptSite") -> None:
    site.pages["/other"] = "other"
    page = show(DRAFT.format("old") + '<a href="/other">Other</a>')
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.fill("textarea", "new")
    page.click("a")
    page.wait_for_url("**/other")
    assert asked == ["beforeunload"]


def test_a_saved_form_leaves_no_draft(show: Any, site: "ScriptSite") -> None:
    site.pages["/save"] = "<h1>saved</h1>"
    page = show(DRAFT.format("old"))
    page.fill("textarea", "new")
    page.click("button")
    page.wait_for_url("**/save")
    drafts(page, 0)


def test_a_refused_form_keeps_its_draft(show: Any, site: "ScriptSite") -> None:
    site.pages["/save"] = "<h1 data-error-page>no</h1>"
    page = show(DRAFT.format("old"))
    page.fill("textarea", "new")
    page.click("button")
    page.wait_for_url("**/save")
    page.goto(site.address)
    assert page.get_by_role("button", name="Restore").is_visible()


EDITOR = (
    '<form method="post" action="/save" data-save><label for="y">Text</label><textarea id="y" name="yaml_content" '
    'data-editor="yaml" data-validate="/validate">name: a\ntier: b\n</textarea><button>Save</button></form>'
)


def told_of_line_two(asked: "Asked") -> object:
    problem = {"line": 2, "column": 7, "severity": "error", "message": "there is no tier 'b'"}
    return {"problems": [problem]}


def begin_editing(page: "Page") -> None:
    page.focus("#y")
    page.locator(".cm-content").wait_for()


def test_the_editor_shows_problems_at_their_line(show: Any, site: "ScriptSite") -> None:
    site.pages["/validate"] = told_of_line_two
    page = show(EDITOR)
    begin_editing(page)
    mark = page.locator(".cm-lintRange-error")
    mark.wait_for()
    assert mark.text_content() == "b"
    assert site.posted[0] == {"yaml_content": "name: a\ntier: b\n"}


def test_the_editor_colours_and_its_text_is_what_the_form_sends(show: Any, site: "ScriptSite") -> None:
    site.pages["/validate"] = lambda _: {"problems": []}
    site.pages["/save"] = "saved"
    page = show(EDITOR)
    begin_editing(page)
    page.keyboard.press("Control+End")
    page.keyboard.type("note: typed")
    assert page.locator(".code-editor .tok-propertyName").count() == 3
    page.keyboard.press("Control+s")
    page.wait_for_url("**/save")
    assert site.posted[-1] == {"yaml_content": "name: a\r\ntier: b\r\nnote: typed"}


def test_tab_leaves_the_editor(show: Any, site: "ScriptSite") -> None:
    site.pages["/validate"] = lambda _: {"problems": []}
    page = show(EDITOR)
    begin_editing(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"


def test_what_is_typed_before_the_editor_has_come_is_in_it_and_can_be_undone(
    show: Any, site: "ScriptSite"
) -> None:
    site.pages["/validate"] = lambda _: {"problems": []}
    page, held = show(EDITOR), list[Any]()

    def hold(route: Any) -> None:
        held.append(route)

    page.route("**/vendor/editor.js", hold)
    with page.expect_request("**/vendor/editor.js"):
        page.focus("#y")
    press(page, "Control+Home # x")
    expect(page.locator(".ink-line .tok-comment")).to_have_text("#xname: a")
    held[0].continue_()
    expect(page.locator(".cm-line").first).to_have_text("#xname: a")
    press(page, "y Control+z Control+z")
    expect(page.locator(".cm-line").first).to_have_text("name: a")


def test_without_the_editor_the_text_area_does(show: Any, site: "ScriptSite", expected: list[str]) -> None:
    expected.append("ERR_FAILED")
    site.pages["/save"] = "saved"
    page = show(EDITOR)
    page.route("**/vendor/editor.js", lambda route: route.abort())
    with page.expect_request("**/vendor/editor.js"):
        page.focus("#y")
    press(page, "Control+Home #")
    expect(page.locator(".ink-line .tok-comment")).to_have_text("#name: a")
    press(page, "Control+s")
    page.wait_for_url("**/save")
    assert site.posted[-1] == {"yaml_content": "#name: a\r\ntier: b\r\n"}


STATED = DRAFT.replace("<button>", '<p role="status" data-draft-state></p><button>')


def test_a_form_says_that_something_is_not_saved_and_nothing_otherwise(show: Any) -> None:
    page = show(STATED.format("old"))
    state = page.locator("[data-draft-state]")
    page.fill("textarea", "new")
    expect(state).to_have_text("Unsaved changes")
    page.fill("textarea", "old")
    expect(state).to_have_text("")


def test_what_was_refused_is_given_up_without_being_asked(show: Any, site: "ScriptSite") -> None:
    site.pages["/other"] = "other"
    refused = STATED.replace("data-draft=", "data-unsaved data-draft=")
    page = show(refused.format("mine") + '<a href="/other" data-leaves>Take theirs</a>')
    expect(page.locator("[data-draft-state]")).to_have_text("Unsaved changes")
    page.on("dialog", lambda dialog: pytest.fail(dialog.type))
    page.click("a")
    page.wait_for_url("**/other")


YAML = """# top
name: a # note
"key": 'it''s'
url: http://x.y/#frag, don't
text: |
  name: none
  # none

list:
- "two": [b, 'c', *d]
  three: {text: "s", k: !t v}
after: >-   # folded
  x: y
"""


def test_a_line_separator_in_a_quoted_text_does_not_end_the_colours(show: Any) -> None:
    page = show(EDITOR.replace("name: a\ntier: b\n", 'name: "\\\u2028a"\ntier: b\n'))
    expect(page.locator(".ink-line")).to_have_count(3)
    expect(page.locator(".ink-line .tok-propertyName")).to_have_text(["name", "tier"])


def test_yaml_is_coloured_as_the_code_editor_does(show: Any, site: "ScriptSite") -> None:
    site.pages["/validate"] = lambda _: {"problems": []}
    page = show(EDITOR.replace("name: a\ntier: b\n", YAML))
    in_colour = """(lines) => lines.map((line) => [...line.querySelectorAll("[class^=tok-]")]
        .map((one) => one.className.split(" ")[0] + " " + one.textContent).filter((one) => !one.includes("unct")))"""
    page.locator(".ink-line").first.wait_for()
    before = page.locator(".ink-line").evaluate_all(in_colour)
    begin_editing(page)
    drawn = (
        f"(before) => JSON.stringify(({in_colour})([...document.querySelectorAll('.cm-line')])) === before"
    )
    page.wait_for_function(drawn, arg=json.dumps(before, separators=(",", ":"), ensure_ascii=False))
    assert before[1] == ["tok-propertyName name", "tok-comment # note"]
