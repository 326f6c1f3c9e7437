"""Pipelines and apps in a real browser: every page and action, at three widths, in two themes, by keyboard too."""

import io
import zipfile

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.web

PIPELINE = """# Incoming mail.
name: {name}
description: Sorts and answers
pipeline_stages:
  - name: sort
    worker_type: classifier   # a shipped one
    input_mapping: {{text: goal.context.text}}
  - name: brief
    worker_type: summarizer
    input_mapping: {{text: goal.context.text}}
  - name: answer
    worker_type: qa
    input_mapping: {{question: sort.output.category, context: brief.output.summary}}
"""
PAGES = ("/pipelines", "/pipelines/new", "/pipelines/{}", "/pipelines/{}?stage=sort", "/pipelines/{}/history", "/pipelines/{}/clone", "/apps")  # fmt: skip


@pytest.fixture
def made(workshop, request):
    """Makes a pipeline of this test's own; gives its file."""

    def make(name):
        file = workshop.configs / "pipelines" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PIPELINE.format(name=name))
        request.addfinalizer(lambda: file.unlink(missing_ok=True))
        return file

    return make


@pytest.mark.parametrize("path", PAGES)
def test_each_page_fits_its_window_and_is_for_everyone(made, new_page, axe, overflow, width, theme, path):
    made("fitting")
    page = new_page(width, theme)
    page.goto(path.format("fitting"))
    expect(page.locator("h1")).to_be_visible()
    assert overflow(page) <= 0
    assert axe(page) == []


@pytest.mark.does("/pipelines/{name}/stage")
def test_a_stage_is_chosen_in_the_picture_swapped_renamed_and_removed(made, page):
    file = made("chosen")
    page.goto("/pipelines/chosen")
    page.locator(".graph a", has_text="answer").click()
    page.get_by_label("Worker", exact=True).first.select_option("reviewer")
    page.get_by_role("button", name="Swap").click()
    expect(page.locator(".graph a", has_text="answer")).to_contain_text("reviewer")
    page.locator(".graph a", has_text="answer").click()
    page.locator("#stage").get_by_label("Name").fill("reply")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator(".graph a", has_text="reply")).to_be_visible()
    page.locator(".graph a", has_text="reply").click()
    page.get_by_role("button", name="Remove the stage").click()
    expect(page.locator(".graph a")).to_have_count(2)
    assert "# a shipped one" in file.read_text()
    assert "reply" not in file.read_text()


def test_a_stage_is_added_and_wired_and_one_that_is_waited_for_cannot_be_removed(made, page):
    file = made("added")
    page.goto("/pipelines/added?stage=sort")
    expect(page.get_by_role("button", name="Remove the stage")).to_be_disabled()
    adding = page.locator("form", has=page.get_by_role("button", name="Add the stage"))
    adding.get_by_label("Worker", exact=True).select_option("translator")
    adding.get_by_label("After").select_option("brief")
    adding.get_by_role("button", name="Add the stage").click()
    expect(page.locator(".graph a", has_text="translator")).to_have_count(1)
    assert "text: brief.output.summary" in file.read_text()


def test_what_is_refused_says_why_and_keeps_what_was_typed(made, page, expected):
    expected.append("status of 400")
    made("refused")
    page.goto("/pipelines/refused")
    page.get_by_label("Or the whole stage in YAML").fill("name: mine\n")
    page.get_by_role("button", name="Add the stage").click()
    expect(page.locator(".banner-fail").first).to_contain_text("worker_type")
    expect(page.get_by_label("Or the whole stage in YAML")).to_have_value("name: mine\n")


@pytest.mark.does("/pipelines/{name}", "/pipelines/{name}/validate")
def test_the_editor_marks_the_line_while_one_types_and_saves_by_keyboard(made, page):
    file = made("typed")
    page.goto("/pipelines/typed")
    page.locator("textarea[data-editor]").focus()
    page.locator(".cm-content").wait_for()
    page.keyboard.press("Control+End")
    page.keyboard.type("timeout_seconds: soon")
    expect(page.locator("[data-editor-problems]")).to_contain_text("timeout_seconds")
    for _ in "soon":
        page.keyboard.press("Backspace")
    page.keyboard.type("30")
    page.keyboard.press("Control+s")
    expect(page.locator(".meta")).to_contain_text("v2, saved")
    assert file.read_text().endswith("timeout_seconds: 30")


@pytest.mark.does("/pipelines/{name}/restore", "/pipelines/{name}/delete", "/pipelines/{name}/undo")
def test_history_compares_restores_and_a_deleted_pipeline_comes_back(made, page):
    file = made("restored")
    before = file.read_text()
    page.goto("/pipelines/restored")
    file.write_text(before + "# more\n")
    page.get_by_role("link", name="History").click()
    expect(page.locator("#difference")).to_contain_text("# more")
    page.get_by_role("button", name="Restore").first.click()
    expect(page.locator("h1")).to_have_text("restored")
    assert file.read_text() == before
    page.locator("summary", has_text="More").click()
    page.get_by_role("button", name="Delete").click()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("restored")
    assert file.read_text() == before


@pytest.mark.does("/pipelines")
def test_a_pipeline_is_made_of_workers_and_found_in_the_list(workshop, page):
    page.goto("/pipelines")
    page.get_by_role("link", name="New pipeline").click()
    page.get_by_label("Name").fill("made_here")
    page.get_by_label("Stage 1").select_option("summarizer")
    page.get_by_label("Stage 2").select_option("translator")
    page.get_by_role("button", name="Create the pipeline").click()
    expect(page.locator(".graph a")).to_have_count(2)
    page.goto("/pipelines")
    page.get_by_role("searchbox", name="Find pipelines").fill("made_h")
    expect(page.locator("#pipelines [data-row]")).to_have_count(1)
    expect(page).to_have_url(f"{workshop.address}/pipelines?source=&q=made_h")


def test_without_a_script_everything_can_still_be_done(made, new_page):
    file = made("plain")
    page = new_page(java_script_enabled=False)
    page.goto("/pipelines/plain?stage=answer")
    page.get_by_role("button", name="Remove the stage").click()
    expect(page.locator(".graph a")).to_have_count(2)
    page.get_by_role("textbox", name="YAML of plain").fill(PIPELINE.format(name="plain"))
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".graph a")).to_have_count(3)
    assert file.read_text() == PIPELINE.format(name="plain")


@pytest.mark.does("/apps/deploy", "/apps/{name}/remove", "/apps/{name}/restore")
def test_an_app_is_deployed_looked_at_removed_and_restored(page, axe, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("manifest.yaml", "name: helpdesk\nversion: 1.0.0\ndescription: Answers tickets\n")
        archive.writestr("configs/workers/triage.yaml", "name: triage\nsystem_prompt: Sort.\n")
    bundle = tmp_path / "helpdesk.zip"
    bundle.write_bytes(buffer.getvalue())
    page.goto("/apps")
    page.locator("input[type=file]").set_input_files(bundle)
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_role("link", name="triage")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Restore").click()
    expect(page.locator("h1")).to_have_text("helpdesk")
    page.get_by_role("button", name="Remove").click()


def test_a_file_that_is_no_bundle_is_refused_with_why(page, tmp_path, expected):
    expected.append("400 (Bad Request)")
    wrong = tmp_path / "wrong.zip"
    wrong.write_text("no zip")
    page.goto("/apps")
    page.locator("input[type=file]").set_input_files(wrong)
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_text("Nothing was deployed. Not a valid ZIP; pack the app again")).to_be_visible()


@pytest.mark.does("/pipelines/{name}/clone")
def test_a_clone_is_a_pipeline_of_its_own(made, page):
    made("cloned")
    page.goto("/pipelines/cloned")
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name="Clone").click()
    page.get_by_label("Name of the copy").fill("cloned_again")
    page.get_by_role("button", name="Clone").click()
    page.wait_for_url("**/pipelines/cloned_again")
    expect(page.locator(".graph a")).to_have_count(3)
