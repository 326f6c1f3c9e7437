"""Our scripts in a real browser, on pages that the tests write, under the policy that the Workshop sends."""

import itertools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from script_site import Asked, ScriptSite

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web

ROWS = '<form data-compare="/compare"><table data-rows>' + "".join(
    f'<tr data-row {"data-failed" if number == 3 else ""}><td><input type="checkbox" name="run" value="r{number}">'
    f'<a href="/row/{number}" id="row{number}">row {number}</a></td></tr>'
    for number in range(1, 5)
)
TABLE = f"{ROWS}</table><button data-compare-button>Compare <b data-selected-count></b></button></form>"


def focused(page: "Page") -> str:
    return page.evaluate("document.activeElement.id")


def press(page: "Page", keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


@pytest.mark.parametrize(
    ("keys", "row"), [("j j", "row2"), ("j j j k", "row2"), ("n", "row3"), ("k p", "row3")]
)
def test_letters_move_through_rows_and_failures(show: Any, keys: str, row: str) -> None:
    page = show(TABLE)
    press(page, keys)
    assert focused(page) == row


def test_a_key_does_nothing_that_its_button_may_not(show: Any, site: ScriptSite) -> None:
    button = '<button disabled title="Asks for the role run">Save</button>'
    page = show(f'<form method="post" action="/save" data-save><input name="a">{button}</form>')
    press(page, "Control+s")
    expect(page.get_by_text("Asks for the role run")).to_be_visible()
    page.locator("input").focus()
    press(page, "Enter")
    assert site.posted == []


def test_two_selected_rows_are_compared_by_keyboard_alone(show: Any, site: ScriptSite) -> None:
    site.pages["/compare"] = "<h1>compared</h1>"
    page = show(TABLE)
    assert page.locator("[data-compare-button]").is_disabled()
    press(page, "j x j j x c")
    page.wait_for_url("**/compare?run=r1&run=r3")


def test_letters_are_text_where_one_types(show: Any) -> None:
    page = show(f'<input id="name">{TABLE}')
    page.focus("#name")
    press(page, "j x ?")
    assert page.input_value("#name") == "jx?"


def test_letters_can_be_switched_off(show: Any) -> None:
    page = show(TABLE)
    press(page, "?")
    page.get_by_label("Single letters are keys").uncheck()
    press(page, "Escape j")
    assert not focused(page)


def test_g_and_a_letter_go_to_a_section_that_is_there(show: Any, site: ScriptSite) -> None:
    site.pages["/workers"] = "<h1>Workers</h1>"
    page = show('<a href="/workers" data-go="w">Build</a>')
    press(page, "g l g w")
    page.wait_for_url("**/workers")


def test_the_help_lists_the_keys_of_this_page(show: Any) -> None:
    page = show('<a href="/workers" data-go="w">Build</a>')
    press(page, "?")
    assert page.locator("#keys dd").filter(has_text="Build").count() == 1


def test_slash_goes_to_the_filter(show: Any) -> None:
    page = show('<input data-find id="find"><input data-filter id="filter">')
    press(page, "/")
    assert focused(page) == "filter"


def test_escape_closes_the_panel_and_the_menu_first(show: Any, site: ScriptSite) -> None:
    site.pages["/closed"] = "closed"
    page = show(
        '<a data-close href="/closed">Close</a><details data-menu open><summary>More</summary>x</details>'
    )
    press(page, "Escape")
    assert page.locator("details[open]").count() == 0
    press(page, "Escape")
    page.wait_for_url("**/closed")


def test_control_enter_runs_and_control_s_saves(show: Any, site: ScriptSite) -> None:
    site.pages["/run"] = site.pages["/save"] = "done"
    forms = '<form method="post" action="/{0}" {1}><input name="what" value="{0}"></form>'
    body = forms.format("run", "data-primary") + forms.format("save", "data-save")
    page = show(body)
    press(page, "Control+Enter")
    page.wait_for_url("**/run")
    press(show(body), "Control+s")
    page.wait_for_url("**/save")
    assert [posted["what"] for posted in site.posted] == ["run", "save"]


def test_the_theme_goes_round_and_is_there_before_the_next_page_paints(
    show: Any, expected: list[str]
) -> None:
    expected.append("ERR_FAILED")
    body = "<button data-theme-switch></button>"
    page = show(body)
    seen = []
    for _ in range(3):
        page.click("[data-theme-switch]")
        seen.append(page.get_attribute("html", "data-theme"))
    assert seen == ["light", "dark", None]
    page.click("[data-theme-switch]")
    page.route("**/main.js", lambda route: route.abort())
    assert show(body).get_attribute("html", "data-theme") == "light"


def slowly(asked: Asked) -> str:
    time.sleep(0.6)
    return "done"


OBSERVE = """
    const button = document.getElementById("go");
    const observer = new MutationObserver(() => sessionStorage.setItem("busy", button.getAttribute("aria-busy")));
    observer.observe(button, { attributes: true });
    button.click();
    button.click();
"""


def test_a_slow_form_is_marked_busy_and_sent_once(show: Any, site: ScriptSite) -> None:
    site.pages["/run"] = slowly
    page = show('<form method="post" action="/run"><button id="go" name="a" value="1">Run</button></form>')
    page.evaluate(f"() => {{{OBSERVE}}}")
    page.wait_for_url("**/run")
    assert page.evaluate("sessionStorage.getItem('busy')") == "true"
    assert site.posted == [{"a": "1"}]


def test_each_answered_wish_of_a_form_has_a_key_of_its_own(show: Any, site: ScriptSite) -> None:
    site.pages["/run"] = "<p>done</p>"
    key = '<input type="hidden" name="idempotency_key" value="first">'
    page = show(f'<form hx-post="/run" hx-target="#out">{key}<button>Run</button></form><div id="out"></div>')
    for _ in range(2):
        with page.expect_response("**/run"):
            page.click("button")
        page.wait_for_selector("#out p")
    first, second = (posted["idempotency_key"] for posted in site.posted)
    assert first == "first"
    assert len(second) == 32


def test_copying_puts_text_on_the_clipboard_and_says_so(show: Any) -> None:
    page = show('<button data-copy="one &amp; two">Copy</button>')
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("button")
    page.wait_for_selector(".toast")
    assert page.evaluate("navigator.clipboard.readText()") == "one & two"


def test_a_message_leaves_by_itself_but_not_under_the_hand(show: Any) -> None:
    page = show(
        '<div data-toast data-seconds="1" id="a">kept</div><div data-toast data-seconds="1" id="b">leaves</div>'
    )
    page.hover("#a")
    page.wait_for_selector("#b", state="detached")
    assert page.locator("#a").count() == 1


LIVE = (
    '<section data-live="/events" data-after="7"><b data-live-state></b><p id="count" data-refresh="/block" '
    'data-on="execution.">0</p><button data-new="execution.ended" data-new-target="rows" hidden></button>'
    '<details id="rows" data-refresh="/rows" data-on="never"><summary>0</summary>x</details></section>'
)


def test_what_is_new_where_nothing_was_yet_is_shown_by_drawing_the_page_again(
    show: Any, site: ScriptSite
) -> None:
    site.pages["/block"] = '<p id="count" data-refresh="/block" data-on="execution.">1</p>'
    page = show(LIVE.replace('id="rows"', 'id="others"'))
    site.tell(8, "execution.ended")
    with page.expect_navigation():
        page.get_by_role("button", name="1 new").click()


def numbered(template: str) -> Callable[[Asked], str]:
    numbers = itertools.count(1)
    return lambda _: template.format(next(numbers))


def test_a_live_block_follows_a_burst_with_few_requests(show: Any, site: ScriptSite) -> None:
    asked = []

    def block(_: Asked) -> str:
        asked.append(site.sent)
        return f'<p id="count" data-refresh="/block" data-on="execution.">{site.sent}</p>'

    site.pages["/block"] = block
    page = show(LIVE)
    for seq in range(8, 508):
        site.tell(seq, "execution.ended")
    expect(page.locator("#count")).to_have_text("507")
    assert len(asked) <= 6
    assert site.cursors == ["after=7"]


def test_a_cut_connection_is_taken_up_at_the_last_event(show: Any, site: ScriptSite) -> None:
    site.pages["/block"] = numbered('<p id="count" data-refresh="/block" data-on="execution.">{}</p>')
    page = show(LIVE)
    site.tell(8, "execution.ended")
    expect(page.locator("#count")).to_have_text("1")
    site.cut()
    site.tell(9, "execution.ended")
    expect(page.locator("#count")).to_have_text("2")
    assert site.cursors == ["after=7", "8"]


def test_a_page_whose_stream_is_gone_says_so_and_goes_on_by_itself(
    show: Any, site: ScriptSite, expected: list[str]
) -> None:
    expected.append("503")
    site.pages["/block"] = numbered('<p id="count" data-refresh="/block" data-on="execution.">{}</p>')
    page = show(LIVE)
    state = page.locator("[data-live-state]")
    expect(state).to_have_text("live")
    site.refused = True
    site.cut()
    expect(state).to_have_text("not live: trying again")
    assert page.locator("#count").text_content() == "0"
    site.refused = False
    expect(state).to_have_text("live")
    expect(page.locator("#count")).to_have_text("1")  # what nobody told of meanwhile
    assert page.locator("#rows summary").text_content() == "0"


def test_new_rows_wait_behind_a_number(show: Any, site: ScriptSite) -> None:
    site.pages["/block"] = "<p id='count'></p>"
    site.pages["/rows"] = '<details id="rows"><summary>3</summary>x</details>'
    page = show(LIVE)
    page.evaluate("document.getElementById('rows').open = true")
    for seq in (8, 9, 10):
        site.tell(seq, "execution.ended")
    page.get_by_role("button", name="3 new").click()
    expect(page.locator("#rows summary")).to_have_text("3")
    assert page.evaluate("document.getElementById('rows').open")


def test_a_dot_holds_every_update(show: Any, site: ScriptSite) -> None:
    site.pages["/block"] = numbered('<p id="count" data-refresh="/block" data-on="execution.">{}</p>')
    page = show(LIVE)
    page.wait_for_selector("[data-state=live]")
    press(page, ".")
    site.tell(8, "execution.ended")
    page.get_by_role("button", name="1 new").wait_for()
    assert page.text_content("#count") == "0"
    assert page.text_content("[data-live-state]") == "held"
    press(page, ".")
    expect(page.locator("#count")).to_have_text("1")


def test_a_live_block_leads_on_when_it_says_so(show: Any, site: ScriptSite) -> None:
    site.pages["/block"] = '<p id="count" data-leads-to="/result">done</p>'
    site.pages["/result"] = "<h1>result</h1>"
    page = show(LIVE)
    site.tell(8, "execution.ended")
    page.wait_for_url("**/result")


STREAM = '<article data-stream-root id="root"><pre data-stream="/events"></pre></article>'


def test_an_answer_appears_as_it_is_written_and_ends_in_its_result(show: Any, site: ScriptSite) -> None:
    site.pages["/result"] = '<article id="root">result</article>'
    page = show(STREAM)
    site.tell(1, "text", text="<b>one ")
    site.tell(2, "text", text="two")
    expect(page.locator("pre")).to_have_text("<b>one two")
    site.tell(3, "end", url="/result")
    expect(page.locator("#root")).to_have_text("result")


def test_an_answer_that_begins_again_does_so_on_a_line_of_its_own(show: Any, site: ScriptSite) -> None:
    page = show(STREAM)
    site.tell(1, "text", text='{"a": ')
    site.tell(2, "restart", text="<i>it was cut off")
    site.tell(3, "text", text='{"a": 1}')
    written = '{"a": \ntried again: <i>it was cut off\n{"a": 1}'
    expect(page.locator("pre")).to_have_js_property("textContent", written)


def test_a_closed_panel_gives_the_focus_back(show: Any, site: ScriptSite) -> None:
    site.pages["/panel"] = (
        '<h2 data-focus>Case</h2><a href="/" hx-get="/none" hx-target="#panel" data-close>Close</a>'
    )
    site.pages["/none"] = " "
    page = show(
        '<a href="/panel" hx-get="/panel" hx-target="#panel" id="opener">open</a><div id="panel"></div>'
    )
    page.click("#opener")
    expect(page.locator("h2")).to_be_focused()
    press(page, "Escape")
    expect(page.locator("#opener")).to_be_focused()
