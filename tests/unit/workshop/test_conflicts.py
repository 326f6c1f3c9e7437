"""Two people change the same thing: both sides are shown, nothing typed is lost, and one of them decides."""

from html import unescape

import pytest

WORKER = "name: sorter\ndescription: Sorts letters\nsystem_prompt: Sort the mail.\n"
PIPELINE = """name: intake
pipeline_stages:
  - {name: sort, worker_type: sorter}
  - {name: brief, worker_type: summarizer}
"""
SUITE = "name: mine\ncases:\n  - name: a\n    input: {text: one}\n  - name: b\n    input: {text: two}\n"
BOTH = pytest.mark.parametrize("here", ["/workers/sorter", "/pipelines/intake"])


@pytest.fixture
def files(visitor):
    return {
        "/workers/sorter": visitor.write("workers/sorter.yaml", WORKER),
        "/pipelines/intake": visitor.write("pipelines/intake.yaml", PIPELINE),
        "/suites/mine": visitor.write("suites/mine.yaml", SUITE),
    }


async def base_of(visitor, here):
    page = (await visitor.get(here)).text
    return page.split('name="base" value="')[-1].split('"')[0]


def card(page: str) -> str:
    """What the page says of the conflict, as people read it."""
    inside = page.split('class="conflict"')[1].split("</section>", maxsplit=1)[0]
    return unescape(inside)


@BOTH
async def test_a_save_over_the_text_of_another_shows_what_differs_and_keeps_both(visitor, files, here):
    base, text = await base_of(visitor, here), files[here].read_text()
    await visitor.post(here, yaml_content=text + "# theirs\n", base=base, description="mended")
    page = (await visitor.post(here, 409, yaml_content=text + "# mine\n", base=base)).text
    assert "v2 came between: saved now by local, mended." in card(page)
    assert "<del>theirs</del>" in card(page)
    assert "<ins>mine</ins>" in card(page)
    assert "# mine\n</textarea>" in page
    assert "loom " not in card(page)
    assert files[here].read_text().endswith("# theirs\n")


@BOTH
async def test_mine_is_saved_anyway_by_the_form_that_is_shown(visitor, files, here):
    base, text = await base_of(visitor, here), files[here].read_text()
    files[here].write_text(text + "# theirs\n")
    page = (await visitor.post(here, 409, yaml_content=text + "# mine\n", base=base)).text
    assert "the file was changed outside Loom" in card(page)
    assert '<button class="button button-danger" form="definition">' in card(page)
    assert f'href="{here}" data-leaves' in card(page)
    shown = page.split('id="definition"')[1].split('name="base" value="')[1].split('"')[0]
    await visitor.post(here, yaml_content=text + "# mine\n", base=shown)
    assert files[here].read_text().endswith("# mine\n")


@BOTH
async def test_what_both_wrote_alike_is_no_conflict(visitor, files, here):
    base, text = await base_of(visitor, here), files[here].read_text()
    for _ in range(2):
        await visitor.post(here, yaml_content=text + "# the same\n", base=base)
    assert "2 versions" in (await visitor.get(f"{here}/history")).text


@BOTH
async def test_what_is_invalid_says_so_and_leads_to_its_first_line(visitor, files, here):
    base, text = await base_of(visitor, here), files[here].read_text()
    page = (await visitor.post(here, 400, yaml_content=text + "timeout_seconds: soon\n", base=base)).text
    line = text.count("\n") + 1
    assert f'data-line="{line}" aria-describedby' in page
    assert f"Nothing was saved: line {line}: timeout_seconds" in page
    assert "badge-fail" in page.split("</h1>")[1].split("</p>")[0]
    assert "Unsaved changes</p>" in page


async def test_a_stage_changed_on_an_older_picture_shows_what_came_between(visitor, files):
    here = "/pipelines/intake"
    base = await base_of(visitor, here)
    await visitor.post(here, yaml_content=PIPELINE.replace("summarizer", "writer"), base=base)
    edit = {"action": "rename", "stage_name": "sort", "new_name": "order", "base": base}
    page = (await visitor.post(f"{here}/stage", 409, **edit)).text
    assert "<ins>writer</ins>" in card(page)
    assert 'value="order"' in page
    await visitor.post(f"{here}/stage", **{**edit, "base": await base_of(visitor, here)})
    assert "name: order" in files[here].read_text()


async def test_a_stage_changed_on_a_picture_that_nobody_knows_is_a_conflict_too(visitor, files):
    edit = {"action": "rename", "stage_name": "sort", "new_name": "order", "base": "0" * 64}
    page = (await visitor.post("/pipelines/intake/stage", 409, **edit)).text
    assert "came between" in card(page)
    assert 'value="order"' in page


async def test_a_case_shows_both_sides_of_what_two_people_made_of_it(visitor, files):
    here = "/suites/mine"
    base = await base_of(visitor, f"{here}?open=0")
    form = {"number": "0", "name": "a", "split": "train", "base": base}
    await visitor.post(f"{here}/cases", **form, input='{"text": "theirs"}')
    page = (await visitor.post(f"{here}/cases", 409, **form, input='{"text":"mine"}')).text
    assert "<del>theirs</del>" in card(page)
    assert "<ins>mine</ins>" in card(page)
    shown = page.split('name="base" value="')[1].split('"')[0]
    await visitor.post(f"{here}/cases", **{**form, "base": shown}, input='{"text":"mine"}')
    assert "mine}" in files[here].read_text()


async def test_a_case_that_was_taken_out_meanwhile_is_kept_as_a_new_one(visitor, files):
    here = "/suites/mine"
    base = await base_of(visitor, f"{here}?open=1")
    await visitor.post(f"{here}/cases/1/remove", base=base)
    form = {"number": "1", "name": "b", "input": '{"text": "mine"}', "split": "train", "base": base}
    page = (await visitor.post(f"{here}/cases", 409, **form)).text
    assert "took this case out" in card(page)
    assert "mine" in page.split("<textarea")[1]
    assert 'name="number" value=""' in page


async def test_a_case_is_added_whatever_else_was_changed(visitor, files):
    base = await base_of(visitor, "/suites/mine?open=new")
    files["/suites/mine"].write_text(SUITE + "# by hand\n")
    form = {"number": "", "name": "c", "input": '{"text": "three"}', "split": "train", "base": base}
    await visitor.post("/suites/mine/cases", **form)
    assert "three" in files["/suites/mine"].read_text()
