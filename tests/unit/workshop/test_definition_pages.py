"""What workers and pipelines have in common over HTTP: history, differences, restore, clone, delete, undo, validate."""

import pytest

WORKER = "name: sorter\nsystem_prompt: Sort the mail.\n"
PIPELINE = "name: intake\npipeline_stages:\n  - {name: sort, worker_type: sorter}\n"


@pytest.fixture
def files(visitor):
    return {
        "workers": visitor.write("workers/sorter.yaml", WORKER),
        "pipelines": visitor.write("pipelines/intake.yaml", PIPELINE),
    }


BOTH = pytest.mark.parametrize("here", ["/workers/sorter", "/pipelines/intake"])


async def change(visitor, files, here, text="# more\n"):
    """Another version of the definition."""
    await visitor.get(f"{here}/history")
    file = files[here.split("/")[1]]
    file.write_text(file.read_text() + text)


@BOTH
async def test_the_history_shows_versions_and_how_the_last_two_differ(visitor, files, here):
    await change(visitor, files, here)
    page = (await visitor.get(f"{here}/history")).text
    assert "From v1 to v2" in page
    assert "1 added, 0 removed, comments and layout only" in page
    assert "# more" in page


@BOTH
async def test_an_earlier_version_is_restored(visitor, files, here):
    await change(visitor, files, here)
    answer = await visitor.post(f"{here}/restore", version="v1")
    assert answer.headers["location"] == here
    assert "# more" not in files[here.split("/")[1]].read_text()
    assert "restored" in (await visitor.get(f"{here}/history")).text


@BOTH
async def test_any_two_versions_are_compared_and_what_is_no_version_is_said(visitor, files, here):
    for number in range(2):
        await change(visitor, files, here, f"# {number}\n")
    assert "From v3 to v1" in (await visitor.get(f"{here}/history?a=v3&b=v1")).text
    await visitor.get(f"{here}/history?a=v9", 404)
    await visitor.get(f"{here}/history?a=!", 400)


@BOTH
async def test_a_long_history_is_shown_in_parts(visitor, files, here):
    for number in range(30):
        await change(visitor, files, here, f"# {number}\n")
    page = (await visitor.get(f"{here}/history")).text
    assert "1 to 25 of 31" in page
    older = page.split('rel="next" href="')[1].split('"')[0]
    assert "26 to 31 of 31" in (await visitor.get(older)).text


@BOTH
async def test_a_copy_is_made_under_another_name(visitor, files, here):
    assert "new_name" in (await visitor.get(f"{here}/clone")).text
    answer = await visitor.post(f"{here}/clone", new_name="second")
    noun = here.split("/")[1]
    assert answer.headers["location"] == f"/{noun}/second"
    assert (visitor.configs / noun / "second.yaml").read_text().startswith("name: second\n")


@BOTH
@pytest.mark.parametrize("name", ["", "..", "../up", "a/b", "%2e%2e", "con"])
async def test_a_name_that_no_copy_can_have_leaves_the_form_with_why(visitor, files, here, name):
    before = sorted(visitor.configs.rglob("*"))
    page = (await visitor.post(f"{here}/clone", 400, new_name=name)).text
    assert "field-problem" in page
    assert sorted(visitor.configs.rglob("*")) == before


async def test_a_deleted_pipeline_can_be_brought_back_from_the_list(visitor, files):
    answer = await visitor.post("/pipelines/intake/delete")
    assert answer.headers["location"] == "/pipelines?deleted=intake"
    assert not files["pipelines"].exists()
    page = (await visitor.get(answer.headers["location"])).text
    assert 'action="/pipelines/intake/undo"' in page
    page = (await visitor.get("/pipelines/intake", 404)).text
    assert "Bring it back" in page
    await visitor.post("/pipelines/intake/undo")
    assert files["pipelines"].read_text() == PIPELINE


@BOTH
async def test_the_deleted_are_a_filter_of_the_list_and_lead_back(visitor, files, here):
    _, noun, name = here.split("/")
    assert files[noun].exists()
    gone = f"/{noun}?source=deleted"
    assert "Bring it back" not in (await visitor.get(gone)).text
    await visitor.post(f"{here}/delete", force="true")
    page = (await visitor.get(gone)).text
    assert f'action="{here}/undo"' in page
    assert '<option value="deleted" selected' in page
    assert "Bring it back" in (await visitor.get(here, 404)).text
    twin = (await visitor.get(f"/{noun}.json?source=deleted")).json()
    assert [(one["name"], one["change"]) for one in twin] == [(name, "deleted")]
    assert "Bring it back" not in (await visitor.get(f"{gone}&q=other")).text


async def test_the_list_offers_to_undo_only_what_was_deleted(visitor, files):
    assert "/undo" not in (await visitor.get("/pipelines?deleted=intake")).text


async def test_a_worker_that_is_used_is_deleted_only_if_that_is_wanted_all_the_same(visitor, files):
    page = (await visitor.post("/workers/sorter/delete", 400)).text
    assert "intake.sort" in page
    assert files["workers"].exists()
    await visitor.post("/workers/sorter/delete", force="true")
    assert not files["workers"].exists()


async def test_what_comes_with_loom_is_not_deleted(visitor):
    assert "comes with Loom" in (await visitor.post("/workers/classifier/delete", 400)).text


@BOTH
async def test_what_is_stored_is_validated(visitor, files, here):
    found = (await visitor.get(f"{here}/validate")).json()
    assert (found["name"], found["valid"], found["errors"]) == (here.split("/")[2], True, [])
    await visitor.get(f"{here}x/validate", 404)


@BOTH
async def test_a_text_is_validated_while_it_is_written(visitor, files, here):
    answer = await visitor.client.post(
        f"{here}/validate", data={"yaml_content": "name: x\n\ttab\n"}, headers={"Accept": "application/json"}
    )
    [problem] = answer.json()["problems"]
    assert (problem["line"], problem["severity"]) == (2, "error")
    part = await visitor.client.post(
        f"{here}/validate", data={"yaml_content": ""}, headers={"HX-Request": "true"}
    )
    assert part.text.strip().startswith('<div class="findings">')


@BOTH
async def test_over_rest_versions_are_read_compared_restored_and_undone(visitor, files, here):
    await change(visitor, files, here)
    api = f"/api/v1{here}"
    versions = (await visitor.json("GET", f"{api}/history"))["items"]
    assert [one["number"] for one in versions] == [2, 1]
    first = await visitor.json("GET", f"{api}/history?size=1")
    assert (await visitor.json("GET", f"{api}/history?size=1&cursor={first['next']}"))["items"] == [
        versions[1]
    ]
    assert "# more" in (await visitor.json("GET", f"{api}/versions/{versions[0]['hash'][:12]}"))["yaml"]
    assert "+# more" in (await visitor.json("GET", f"{api}/diff"))["diff"]
    assert (await visitor.json("POST", f"{api}/restore", {"version": "v1"}))["version"][
        "change"
    ] == "restored"
    assert (await visitor.json("POST", f"{api}/undo"))["version"]["change"] == "undone"
    assert (await visitor.json("POST", f"{api}/clone", {"new_name": "second"}, 201))["name"] == "second"
    checked = await visitor.json("POST", f"{api}/validate", {"yaml": "name: [x"})
    assert not checked["valid"]
    await visitor.json("DELETE", f"{api}?force=true", status=204)
    assert (await visitor.json("GET", f"{api}/history"))["deleted"]
