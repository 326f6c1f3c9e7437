"""The pages of pipelines over HTTP: what is shown, what is changed in the author's text, what is refused and kept."""

import re
from html import unescape

import pytest

PIPELINE = """# Incoming mail.
name: intake
description: Sorts and answers
pipeline_stages:
  # Sorts it.
  - name: sort
    worker_type: classifier   # a shipped one
    input_mapping: {text: goal.context.text}
  - name: answer
    worker_type: writer
    input_mapping: {topic: sort.output.category}
"""
HERE = "/pipelines/intake"


@pytest.fixture
def intake(visitor):
    return visitor.write("pipelines/intake.yaml", PIPELINE)


async def test_the_list_says_what_each_pipeline_is_and_whether_it_is_valid(visitor, intake):
    visitor.write("pipelines/broken.yaml", "name: broken\npipeline_stages: [{name: a}]\n")
    page = (await visitor.get("/pipelines")).text
    assert "Sorts and answers" in page
    assert page.index("broken") < page.index("intake")
    listed = (await visitor.get("/pipelines.json?q=answers")).json()
    assert [(row["name"], row["stages"], row["state"]) for row in listed] == [("intake", 2, "valid")]
    assert (
        (await visitor.get("/pipelines.csv?q=broken"))
        .text.splitlines()[1]
        .startswith("broken,broken,,1,own,invalid")
    )


async def test_a_script_gets_the_rows_alone(visitor, intake):
    part = (await visitor.get("/pipelines", headers={"HX-Request": "true"})).text
    assert part.strip().startswith('<div id="pipelines">')
    assert "<main" not in part


async def test_a_pipeline_is_shown_as_a_picture_a_list_and_its_text(visitor, intake):
    page = (await visitor.get(f"{HERE}?stage=answer")).text
    assert "2 stages on 2 levels" in page
    assert "answer reads topic from sort" in page
    assert "# Incoming mail." in page
    assert "Stage answer" in page


async def test_a_pipeline_that_is_not_there_is_not_found(visitor):
    assert "there is no pipeline &#39;ghost&#39;" in (await visitor.get("/pipelines/ghost", 404)).text


async def test_the_graph_is_there_for_programs(visitor, intake):
    graph = (await visitor.get(f"{HERE}/graph")).json()
    assert graph == {
        "dependencies": {"sort": [], "answer": ["sort"]},
        "levels": [["sort"], ["answer"]],
        "stage_count": 2,
    }
    assert "error" in (await visitor.get("/pipelines/ghost/graph", 404)).json()
    intake.write_text("name: intake\npipeline_stages: [{name: a, worker_type: w, depends_on: [a]}]\n")
    assert "depends on itself" in str((await visitor.get(f"{HERE}/graph", 400)).json()["error"])


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (
            {"action": "swap", "stage_name": "sort", "new_worker_type": "triage"},
            "worker_type: triage   # a shipped one",
        ),
        (
            {"action": "insert", "stage_yaml": "name: log\r\nworker_type: w # mine\r\n"},
            "  - name: log\n    worker_type: w # mine\n",
        ),
        ({"action": "insert", "worker_type": "summarizer", "after_stage": "sort"}, "  - name: summarizer\n"),
        (
            {"action": "branch", "stage_yaml": "{name: log, worker_type: w}"},
            "  - {name: log, worker_type: w}\n",
        ),
        ({"action": "rename", "stage_name": "sort", "new_name": "triage"}, "{topic: triage.output.category}"),
        ({"action": "insert", "worker_type": "summarizer", "parallel": "true"}, "text: goal.context.text"),
    ],
)
async def test_a_stage_form_changes_the_text_and_leads_back(visitor, intake, form, said):
    answer = await visitor.post(f"{HERE}/stage", **form)
    assert answer.headers["location"] == HERE
    assert said in intake.read_text()
    assert intake.read_text().startswith("# Incoming mail.\n")


async def test_what_comes_with_loom_is_changed_in_a_copy_of_ones_own(visitor):
    form = {"action": "swap", "stage_name": "sort", "new_worker_type": "triage"}
    await visitor.post("/pipelines/letter_desk/stage", **form)
    copy = (visitor.configs / "pipelines" / "letter_desk.yaml").read_text()
    assert "worker_type: triage" in copy
    assert "not here: triage" in (await visitor.get("/pipelines/letter_desk")).text


async def test_a_removed_stage_is_gone(visitor, intake):
    await visitor.post(f"{HERE}/stage", action="remove", stage_name="answer")
    assert "answer\n" not in intake.read_text()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"action": "remove", "stage_name": "sort"}, "depends on it"),
        ({"action": "swap", "stage_name": "ghost", "new_worker_type": "w"}, "not found among the stages"),
        ({"action": "swap", "stage_name": "sort"}, "new_worker_type"),
        ({"action": "insert", "stage_yaml": "name: [x"}, "Invalid YAML"),
        ({"action": "insert", "stage_yaml": "name: x"}, "worker_type"),
        (
            {"action": "branch", "stage_yaml": "{name: x, worker_type: w, depends_on: [sort]}"},
            "cannot depend",
        ),
        ({"action": "explode"}, "is no action"),
        ({"action": "remove", "stage_name": "answer", "base": "zz"}, "is no hash"),
        ({}, "is no action"),
    ],
)
async def test_a_stage_form_that_cannot_be_done_comes_back_with_why_and_changes_nothing(
    visitor, intake, form, said
):
    page = (await visitor.post(f"{HERE}/stage", 400, **form)).text
    assert said in page
    assert intake.read_text() == PIPELINE
    assert form.get("stage_yaml", "") in page


async def test_a_stage_of_a_pipeline_that_is_not_there_is_a_bad_request(visitor):
    await visitor.post("/pipelines/ghost/stage", 400, action="remove", stage_name="a")


async def test_a_text_is_saved_as_it_was_written(visitor, intake):
    new = PIPELINE.replace("Sorts and answers", "Sorts, then answers")
    answer = await visitor.post(HERE, yaml_content=new.replace("\n", "\r\n"), description="a better word")
    assert answer.headers["location"] == HERE
    assert intake.read_text() == new
    assert "a better word" in (await visitor.get(f"{HERE}/history")).text


async def test_a_text_with_an_error_comes_back_with_the_line_and_is_not_saved(visitor, intake):
    page = (await visitor.post(HERE, 400, yaml_content="name: intake\npipeline_stages: 3\nmine: 1\n")).text
    assert "<b>line 2</b>" in page
    assert "mine: 1" in page
    assert intake.read_text() == PIPELINE


async def test_a_text_that_was_changed_meanwhile_is_kept_and_may_be_saved_again(visitor, intake):
    old = (await visitor.json("GET", "/api/v1/pipelines/intake"))["version"]["hash"]
    intake.write_text(PIPELINE + "# theirs\n")
    page = (await visitor.post(HERE, 409, yaml_content=PIPELINE + "# mine\n", base=old)).text
    assert "Changed meanwhile" in page
    assert "# mine" in page
    new = page.split('name="base" value="')[-1].split('"')[0]
    await visitor.post(HERE, yaml_content=PIPELINE + "# mine\n", base=new)
    assert intake.read_text().endswith("# mine\n")


async def test_a_new_pipeline_is_wired_from_the_workers_that_were_chosen(visitor):
    answer = await visitor.post(
        "/pipelines", name="brief", text="Short.", stage_1="summarizer", stage_2="translator"
    )
    assert answer.headers["location"] == "/pipelines/brief"
    text = (visitor.configs / "pipelines" / "brief.yaml").read_text()
    assert "text: summarizer.output.summary" in text


async def test_the_stages_of_a_new_pipeline_stand_in_the_order_of_their_numbers(visitor):
    chosen = {f"stage_{number}": "summarizer" for number in range(1, 10)} | {"stage_10": "translator"}
    await visitor.post("/pipelines", name="long", text="Long.", **chosen)
    text = (visitor.configs / "pipelines" / "long.yaml").read_text()
    assert text.count("worker_type: ") == 10
    assert text.rpartition("worker_type: ")[2].startswith("translator")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "brief"}, "has no stage"),
        ({"name": "../up", "stage_1": "summarizer"}, "would lead to another folder"),
        ({"name": "brief", "stage_1": "../../etc/x.yaml"}, "there is no worker"),
        ({"name": "", "stage_1": "summarizer"}, "is empty"),
    ],
)
async def test_a_new_pipeline_that_cannot_be_made_comes_back_with_why(visitor, form, said):
    page = (await visitor.post("/pipelines", 400, **form)).text
    assert said in page.replace("&#x27;", "'")
    assert ("banner-fail" in page) is ("no worker" in said)
    assert list(visitor.configs.rglob("*.yaml")) == []


async def test_over_rest_a_pipeline_is_made_read_changed_and_saved(visitor):
    made = await visitor.json("POST", "/api/v1/pipelines", {"name": "intake", "yaml": PIPELINE}, 201)
    assert made["version"]["change"] == "created"
    shown = await visitor.json("GET", "/api/v1/pipelines/intake")
    assert (shown["yaml"], shown["graph"]["stage_count"], shown["valid"]) == (PIPELINE, 2, True)
    edit = {"action": "swap", "stage_name": "sort", "new_worker_type": "triage"}
    changed = await visitor.json(
        "POST", "/api/v1/pipelines/intake/stages", {**edit, "base": shown["version"]["hash"]}
    )
    assert changed["version"]["note"] == "stage 'sort' done by triage"
    stale = {"yaml": PIPELINE, "base": shown["version"]["hash"]}
    assert "changed meanwhile" in str(await visitor.json("PUT", "/api/v1/pipelines/intake", stale, 409))
    saved = await visitor.json("PUT", "/api/v1/pipelines/intake", {"yaml": PIPELINE, "note": "back"})
    assert saved["version"]["number"] == 3
    assert await visitor.json("GET", "/api/v1/pipelines?q=mail") == {"items": [], "next": None}
    assert (await visitor.json("GET", "/api/v1/pipelines/intake/graph"))["stage_count"] == 2


async def test_whatever_a_definition_says_is_shown_as_text(visitor):
    evil = "<script>alert(1)</script>"
    visitor.write(
        "pipelines/intake.yaml",
        f'name: intake\ndescription: "{evil}"\npipeline_stages:\n  - {{name: "{evil}", worker_type: "{evil}", tier: "{evil}"}}\n',
    )
    for path in (
        "/pipelines",
        HERE,
        f"{HERE}?stage={evil}",
        f"/pipelines?q={evil}",
        f"/pipelines?deleted={evil}",
    ):
        assert evil not in (await visitor.get(path)).text


async def test_a_worker_that_does_not_make_what_others_read_is_told_with_its_line(visitor, intake):
    swap = {"action": "swap", "stage_name": "sort", "new_worker_type": "qa"}
    answer = await visitor.post(f"{HERE}/stage", **swap)
    page = unescape((await visitor.get(answer.headers["location"])).text)
    assert "Line 8: pipeline_stages[0].input_mapping leaves out what 'qa' needs: question" in page
    assert "reads 'category', which 'qa' does not promise; it promises answer" in page
    checked = (await visitor.get(f"{HERE}/validate")).json()
    assert [one["line"] for one in checked["problems"]] == [8, 11]
    typed = await visitor.client.post(
        f"{HERE}/validate", data={"yaml_content": intake.read_text().replace("qa", "classifier")}
    )
    assert "promise" not in typed.text


async def test_a_stage_says_who_waits_for_it_and_for_what(visitor, intake):
    intake.write_text(PIPELINE + "  - name: third\n    worker_type: w\n    depends_on: [sort]\n")
    assert "kept: answer (topic), third wait for it" in (await visitor.get(f"{HERE}?stage=sort")).text


async def test_no_two_fields_of_a_page_have_one_id(visitor, intake):
    page = (await visitor.get(f"{HERE}?stage=sort")).text
    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
