"""Workers in a browser: found, made, edited with problems at their lines, restored, deleted and brought back."""

import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.web
_numbers = itertools.count(1)


@pytest.fixture
def worker(page: "Page") -> str:
    """The name of an own worker that this test alone has."""
    name = f"web_worker_{next(_numbers)}"
    page.goto("/workers/new")
    page.get_by_label("Begin with").select_option("summarizer")
    page.locator("[name=new_name]").fill(name)
    page.get_by_role("button", name="Create the copy").click()
    page.wait_for_url(f"**/workers/{name}")
    return name


def typed_at_the_end(page: "Page", text: str) -> None:
    page.locator("textarea[data-editor]").focus()
    page.locator(".cm-content").wait_for()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


@pytest.mark.parametrize(
    "options", [{"contrast": "more"}, {"forced_colors": "active"}, {"reduced_motion": "reduce"}]
)
def test_a_worker_is_sound_for_those_who_see_otherwise(
    new_page: Any, axe: Any, options: dict[str, str]
) -> None:
    page = new_page(**options)
    page.goto("/workers/entity_extractor")
    assert axe(page) == []
    page.locator("textarea[data-editor]").focus()
    expect(page.locator(".cm-content")).to_be_visible()
    assert axe(page) == []


def test_the_list_shows_how_good_each_worker_was(page: "Page") -> None:
    page.goto("/workers")
    row = page.locator("#row-entity_extractor")
    expect(row.get_by_role("link", name=" %")).to_have_attribute("href", re.compile(r"^/runs/[0-9a-f]+$"))
    expect(row).to_contain_text("simulated")
    [listed] = page.request.get("/workers.json?q=people+places").json()
    assert listed["interval"]["low"] < listed["pass_rate"] < listed["interval"]["high"]
    assert "95 % interval" in row.locator("svg[role=img]").get_attribute("aria-label")


def test_the_list_is_filtered_while_one_types_and_the_address_follows(page: "Page") -> None:
    page.goto("/workers")
    page.get_by_label("Find workers").fill("invoice")
    expect(page.locator("#workers [data-row]")).to_have_count(1)
    expect(page.locator("#row-extractor")).to_be_visible()
    page.wait_for_url("**/workers?*q=invoice*")


@pytest.mark.does("/workers/{name}/validate")
def test_problems_are_shown_at_their_line_while_one_types(page: "Page", worker: str) -> None:
    typed_at_the_end(page, "\ntemprature: 1")
    expect(page.locator(".cm-lintRange-error")).to_contain_text("temprature")
    expect(page.locator(".editor-problems")).to_contain_text("did you mean 'temperature'?")


@pytest.mark.does("/workers/{name}")
def test_a_text_is_saved_by_keyboard_and_its_comment_kept(page: "Page", worker: str, workshop: Any) -> None:
    typed_at_the_end(page, "\n# kept as it is\n")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    expect(page.locator(".meta")).to_contain_text("v2")
    assert (workshop.configs / "workers" / f"{worker}.yaml").read_text().endswith("# kept as it is\n")


def test_a_refused_text_is_kept_and_says_where_it_is_wrong(
    page: "Page", worker: str, expected: list[str]
) -> None:
    expected.append("status of 400")
    typed_at_the_end(page, "\nworker_kind: dog\n")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(page.locator(".editor-problems")).to_contain_text("worker_kind")
    expect(page.locator("textarea[name=yaml_content]")).to_have_value(re.compile("worker_kind: dog\n$"))


@pytest.mark.does("/workers/{name}/delete", "/workers/{name}/undo")
def test_a_deleted_worker_comes_back_by_undo(page: "Page", worker: str, workshop: Any) -> None:
    path = workshop.configs / "workers" / f"{worker}.yaml"
    page.locator("summary", has_text="More").click()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(f"**/workers?deleted={worker}")
    assert not path.exists()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(f"**/workers/{worker}")
    assert path.exists()


@pytest.mark.does("/workers")
def test_a_worker_is_made_of_answers_by_keyboard_alone(page: "Page") -> None:
    name = f"web_worker_{next(_numbers)}"
    page.goto("/workers/new")
    page.locator("[name=name]").focus()
    for answer in (name, "Greets people", "name, age:integer", "greeting"):
        page.keyboard.type(answer)
        page.keyboard.press("Tab")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/workers/{name}")
    expect(page.locator(".editor-ink")).to_contain_text("Greets people")


def test_pages_work_without_script(new_page: Any, workshop: Any) -> None:
    page = new_page(java_script_enabled=False)
    name = f"web_worker_{next(_numbers)}"
    page.goto("/workers/new")
    page.locator("[name=new_name]").fill(name)
    page.get_by_role("button", name="Create the copy").click()
    text = page.locator("textarea[name=yaml_content]")
    text.fill(text.input_value() + "\n# without script\n")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".meta")).to_contain_text("v2")
    assert "# without script" in (workshop.configs / "workers" / f"{name}.yaml").read_text()


SCRIPTS = (
    "<script>window.hit = 1</script>",
    '"><img src=x onerror="window.hit=1">',
    "{{7*7}}",
    "javascript:hit=1",
)


def test_text_of_others_never_runs(page: "Page", workshop: Any) -> None:
    name = f"web_worker_{next(_numbers)}"
    texts = "".join(f"  {text}\n" for text in SCRIPTS)
    body = f"name: {name}\ndescription: |\n{texts}system_prompt: |\n{texts}"
    schema = "input_schema:\n  type: object\n  properties:\n    '<b onclick=hit=1>': {description: '<svg onload=hit=1>'}\n"
    (workshop.configs / "workers" / f"{name}.yaml").write_text(body + schema)
    for path in (f"/workers/{name}", "/workers", f"/workers/{name}/history", f"/workers/{name}/impact-panel"):
        page.goto(path)
        assert page.evaluate("typeof window.hit") == "undefined"
        assert "49" not in page.locator("h1").inner_text()


def test_a_printed_worker_has_no_controls(page: "Page") -> None:
    page.goto("/workers/entity_extractor")
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.get_by_role("button", name="Save")).to_be_hidden()
    expect(page.get_by_role("heading", name="entity_extractor")).to_be_visible()


@pytest.mark.does("/workers/{name}/clone")
def test_a_clone_begins_with_the_same_text(page: "Page", worker: str, workshop: Any) -> None:
    page.goto(f"/workers/{worker}")
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Clone").click()
    page.get_by_label("Name of the copy").fill(f"{worker}_again")
    page.get_by_role("button", name="Clone").click()
    page.wait_for_url(f"**/workers/{worker}_again")
    cloned = (workshop.configs / "workers" / f"{worker}_again.yaml").read_text()
    assert cloned == (workshop.configs / "workers" / f"{worker}.yaml").read_text().replace(
        f"name: {worker}", f"name: {worker}_again"
    )


@pytest.mark.does("/workers/{name}/restore")
def test_an_earlier_text_comes_back_from_the_history(page: "Page", worker: str, workshop: Any) -> None:
    path = workshop.configs / "workers" / f"{worker}.yaml"
    before = path.read_text()
    path.write_text(before + "# one line more\n")
    page.goto(f"/workers/{worker}/history")
    expect(page.locator("#difference")).to_contain_text("# one line more")
    page.get_by_role("button", name="Restore").first.click()
    expect(page.locator("h1")).to_have_text(worker)
    assert path.read_text() == before
