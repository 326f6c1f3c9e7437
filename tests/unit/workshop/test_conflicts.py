"""Two people change the same thing: both sides are shown, nothing typed is lost, and one of them decides."""

from html import unescape

import pytest

from loom.evaluation.suites.files import load_suite

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


@pytest.fixture
async def apart(visitor, files):
    """Two people changed different lines: what the one who was later is shown, what is both, and what only his."""

    async def meet(here):
        before = f"# first\n{files[here].read_text()}# last\n"
        files[here].write_text(before)
        base = await base_of(visitor, here)
        theirs, mine = before.replace("# first", "# theirs"), before.replace("# last", "# mine")
        await visitor.post(here, yaml_content=theirs, base=base)
        page = (await visitor.post(here, 409, yaml_content=mine, base=base, description="slower")).text
        return page, theirs.replace("# last", "# mine"), mine

    return meet


def sent_by(form: str) -> dict[str, str]:
    """What the fields of a form hold that are not seen."""
    names = ("yaml_content", "base", "description")
    parts = {name: form.split(f'name="{name}" value="')[1] for name in names}
    return {name: unescape(part.split('"', maxsplit=1)[0]) for name, part in parts.items()}


@BOTH
async def test_changes_of_different_lines_are_offered_together_and_saved_by_the_form(
    visitor, files, apart, here
):
    page, both, _ = await apart(here)
    assert ("<ins>mine</ins>" in card(page), "<del>theirs</del>" in card(page)) == (True, False)
    assert (
        card(page).index("Save both") < card(page).index("Take theirs") < card(page).index("Save only mine")
    )
    form = page.split('id="definition"')[1]
    shown = unescape(form.split("<textarea")[1].split(">\n", 1)[1].split("</textarea>")[0])
    await visitor.post(here, yaml_content=shown, base=form.split('name="base" value="')[1].split('"')[0])
    assert files[here].read_text() == both


@BOTH
async def test_of_both_changes_only_mine_is_saved_when_that_is_wanted(visitor, files, apart, here):
    page, _, mine = await apart(here)
    sent = sent_by(page.split('data-instead="definition"')[1].split("</form>")[0])
    await visitor.post(here, **sent)
    assert (files[here].read_text(), sent["description"]) == (mine, "slower")


async def test_two_changes_that_are_invalid_together_are_not_offered_together(visitor, files):
    here = "/workers/sorter"
    base = await base_of(visitor, here)
    await visitor.post(here, yaml_content=f"timeout_seconds: 30\n{WORKER}", base=base)
    page = (await visitor.post(here, 409, yaml_content=f"{WORKER}timeout_seconds: 90\n", base=base)).text
    assert "Save both" not in card(page)
    assert "Save mine anyway" in card(page)


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


async def form_of(visitor, number):
    """What the form of a case of the suite holds that is not seen."""
    page = (await visitor.get(f"/suites/mine?open={number}")).text
    hidden = {name: page.split(f'name="{name}" value="')[-1].split('"')[0] for name in ("base", "was")}
    return {**hidden, "number": str(number), "split": "train"}


async def test_two_people_save_different_cases_of_one_suite(visitor, files):
    first, second = await form_of(visitor, 0), await form_of(visitor, 1)
    await visitor.post("/suites/mine/cases", **second, name="b", input='{"text": "hers"}')
    await visitor.post("/suites/mine/cases", **first, name="a", input='{"text": "his"}')
    assert "his" in files["/suites/mine"].read_text()
    assert "hers" in files["/suites/mine"].read_text()


async def test_a_case_is_saved_and_taken_out_where_it_stands_by_now(visitor, files):
    first, second = await form_of(visitor, 0), await form_of(visitor, 1)
    await visitor.post("/suites/mine/cases", number="", name="c", input='{"text": "three"}')
    await visitor.post("/suites/mine/cases/0/remove", **first)
    await visitor.post("/suites/mine/cases", **second, name="b", input='{"text": "moved"}')
    assert [one.name for one in load_suite(files["/suites/mine"]).cases] == ["b", "c"]
    await visitor.post("/suites/mine/cases/1/remove", **await form_of(visitor, 0))
    assert [one.name for one in load_suite(files["/suites/mine"]).cases] == ["c"]


async def test_a_case_that_was_taken_out_is_not_compared_with_the_one_in_its_place(visitor, files):
    first = await form_of(visitor, 0)
    await visitor.post("/suites/mine/cases/0/remove", **first)
    page = (await visitor.post("/suites/mine/cases", 409, **first, name="a", input='{"text": "x"}')).text
    assert "took this case out" in card(page)
    assert "<del>" not in card(page)
    assert 'name="number" value=""' in page


async def test_a_case_is_added_whatever_else_was_changed(visitor, files):
    base = await base_of(visitor, "/suites/mine?open=new")
    files["/suites/mine"].write_text(SUITE + "# by hand\n")
    form = {"number": "", "name": "c", "input": '{"text": "three"}', "split": "train", "base": base}
    await visitor.post("/suites/mine/cases", **form)
    assert "three" in files["/suites/mine"].read_text()
