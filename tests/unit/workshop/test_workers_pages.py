"""The pages of workers over HTTP: the list, the text and its saving, new ones, and what a change reaches."""

import re
from hashlib import sha256
from html import unescape

import pytest
from fastapi import FastAPI

from loom.access.models import LOCAL
from loom.core.worker_config import load_worker
from loom.evaluation.models import Case, Suite
from loom.evaluation.running.service import Wish
from loom.evaluation.running.specification import Selection
from loom.worker.target import target_of

WORKER = """# Sorts mail.
name: sorter
description: Sorts messages
system_prompt: Sort the message.   # short on purpose
input_schema:
  type: object
  required: [text]
  properties:
    text: {type: string, description: the message}
    hint: {type: string}
output_schema:
  type: object
  required: [label]
  properties:
    label: {enum: [order, other]}
default_model_tier: local
"""
PIPELINE = """name: intake
pipeline_stages:
  - name: sort
    worker_type: sorter
    input_mapping: {text: goal.context.text}
  - name: answer
    worker_type: summarizer
    input_mapping: {text: sort.output.label}
"""
HERE = "/workers/sorter"
ANSWERS = {
    "name": "greeter", "does": "Greets people", "inputs": "name, age:integer", "outputs": "greeting, tone:calm|merry",
}  # fmt: skip


@pytest.fixture
def sorter(visitor):
    return visitor.write("workers/sorter.yaml", WORKER)


async def base_of(visitor, name="sorter"):
    answer = await visitor.get(f"/api/v1/workers/{name}")
    return answer.json()["version"]["hash"]


async def names(visitor, query):
    return [row["name"] for row in (await visitor.get(f"/workers.json?{query}")).json()]


async def test_the_list_finds_by_words_tier_kind_and_source(visitor, sorter):
    assert await names(visitor, "q=sorts+messages") == ["sorter"]
    assert "sorter" in await names(visitor, "tier=local&kind=llm&source=own")
    assert "sorter" not in await names(visitor, "tier=frontier")
    assert await names(visitor, "source=own") == ["sorter"]
    assert "summarizer" in await names(visitor, "source=shipped")


async def test_the_list_says_what_is_invalid_and_goes_either_way(visitor, sorter):
    visitor.write("workers/broken.yaml", "name: broken\n")
    [broken, good] = (await visitor.get("/workers.json?source=own")).json()
    assert "invalid" in broken["state"]
    assert "invalid" not in good["state"]
    assert await names(visitor, "source=own&sort=-name") == ["sorter", "broken"]


async def test_a_long_list_has_pages_of_25(visitor):
    for number in range(60):
        visitor.write(f"workers/w{number:02}.yaml", WORKER.replace("sorter", f"w{number:02}"))
    first = (await visitor.get("/workers?source=own")).text
    assert "1 to 25 of 60" in first
    assert "w24" in first
    assert "w25" not in first
    assert "51 to 60 of 60" in (await visitor.get("/workers?source=own&cursor=50")).text
    assert len(await names(visitor, "source=own")) == 60


async def test_a_later_page_goes_on_in_the_order_that_was_asked_for(visitor):
    for number in range(30):
        visitor.write(f"workers/w{number:02}.yaml", WORKER.replace("sorter", f"w{number:02}"))
    page = (await visitor.get("/workers?source=own&sort=-name&cursor=25")).text
    shown = [number for number in range(30) if f'id="row-w{number:02}"' in page]
    assert shown == [0, 1, 2, 3, 4]
    assert page.index('id="row-w04"') < page.index('id="row-w00"')


async def test_a_script_gets_the_rows_alone(visitor, sorter):
    part = (await visitor.get("/workers", headers={"HX-Request": "true"})).text
    assert part.strip().startswith('<div id="workers">')


async def test_a_worker_is_shown_with_its_text_and_its_contract(visitor, sorter):
    page = (await visitor.get(HERE)).text
    assert "# Sorts mail." in page
    assert "order, other" in page
    assert "the message" in page
    assert "It was never evaluated." in page
    assert "not used in any pipeline" in page


async def test_saving_keeps_every_byte_and_becomes_a_version(visitor, sorter):
    changed = WORKER.replace("Sort the message.", "Sort it well.").replace("\n", "\r\n")
    answer = await visitor.post(
        HERE, yaml_content=changed, description="clearer", base=await base_of(visitor)
    )
    assert answer.headers["location"] == HERE
    assert sorter.read_bytes() == WORKER.replace("Sort the message.", "Sort it well.").encode()
    page = (await visitor.get(HERE)).text
    assert "clearer" in page
    assert "2 versions" in page


async def test_an_invalid_text_is_shown_again_with_its_problems_at_their_lines(visitor, sorter):
    wrong = WORKER.replace("default_model_tier: local", "default_model_tier: huge")
    page = (await visitor.post(HERE, 400, yaml_content=wrong, base=await base_of(visitor))).text
    assert "default_model_tier: huge" in page
    assert "<b>line 16</b>" in page
    assert "data-unsaved" in page
    assert sorter.read_text() == WORKER


async def test_a_text_that_changed_meanwhile_is_not_overwritten_unseen(visitor, sorter):
    base = await base_of(visitor)
    sorter.write_text(WORKER.replace("messages", "letters"))
    page = (await visitor.post(HERE, 409, yaml_content=WORKER + "# mine\n", base=base)).text
    assert "Changed meanwhile, so nothing was saved" in page
    assert "# mine" in page
    assert "letters" in sorter.read_text()
    await visitor.post(HERE, yaml_content=WORKER + "# mine\n", base=await base_of(visitor))
    assert sorter.read_text().endswith("# mine\n")


async def test_saving_a_shipped_worker_makes_an_own_copy(visitor):
    text = (await visitor.get("/api/v1/workers/summarizer")).json()["yaml"]
    await visitor.post("/workers/summarizer", yaml_content=text + "# mine\n")
    assert (visitor.configs / "workers/summarizer.yaml").read_text() == text + "# mine\n"


async def test_a_worker_is_made_of_a_few_answers(visitor):
    answer = await visitor.post("/workers", **ANSWERS, tier="standard")
    assert answer.headers["location"] == "/workers/greeter"
    made = (await visitor.get("/api/v1/workers/greeter")).json()
    assert made["valid"]
    assert made["definition"]["default_model_tier"] == "standard"
    assert made["definition"]["output_schema"]["properties"]["tone"] == {"enum": ["calm", "merry"]}


async def test_what_a_made_prompt_leaves_open_is_said_at_its_line_until_it_is_filled_in(visitor):
    await visitor.post("/workers", **ANSWERS)
    text = (visitor.configs / "workers/greeter.yaml").read_text()
    lines = [
        n for n, line in enumerate(text.split("\n"), 1) if "<say what" in line or "<what belongs" in line
    ]
    page = unescape((await visitor.get("/workers/greeter")).text)
    assert lines
    assert [f"<b>line {n}</b>" in page for n in lines] == [True] * len(lines)
    assert page.count("is still to be filled in") == len(lines)
    told = text.replace("<say what it is>", "Who it is").replace("<what belongs here>", "<a word>")
    await visitor.post("/workers/greeter", yaml_content=told)
    assert "to be filled in" not in (await visitor.get("/workers/greeter")).text


async def test_every_wrong_answer_is_told_and_all_are_kept(visitor):
    page = (
        await visitor.post("/workers", 400, **{**ANSWERS, "name": "../x", "does": "", "inputs": "1a"})
    ).text
    for field, said in (
        ("name", "is no name"),
        ("does", "is empty; say in a"),
        ("inputs", "&#x27;1a&#x27; is not"),
    ):
        assert re.search(rf'id="field-{field}-help">.{{,300}}{said}', page, re.DOTALL)
    assert "banner-fail" not in page
    assert 'value="greeting, tone:calm|merry"' in page
    assert 'value="../x"' in page


async def test_a_worker_is_made_from_the_template_or_from_another(visitor, sorter):
    await visitor.post("/workers", start="template", new_name="from_template")
    await visitor.post("/workers", start="sorter", new_name="from_sorter")
    assert "# Sorts mail.\nname: from_sorter\n" in (visitor.configs / "workers/from_sorter.yaml").read_text()
    assert (visitor.configs / "workers/from_template.yaml").is_file()


@pytest.mark.parametrize("name", ["..", "../up", "%2e%2e", "a/b", "con", "x" * 300, "\x00", "Sorter"])
async def test_names_never_leave_their_folder(visitor, sorter, name):
    before = sorted(visitor.configs.parent.rglob("*.yaml"))
    await visitor.post("/workers", 400, start="sorter", new_name=name)
    assert sorted(visitor.configs.parent.rglob("*.yaml")) == before


@pytest.mark.parametrize("name", ["%2e%2e", "%2e%2e%2fworkers%2fsorter", "sorter.yaml", "%00", "ghost"])
async def test_a_name_that_is_none_is_not_found(visitor, sorter, name):
    for path in (f"/workers/{name}", f"/api/v1/workers/{name}"):
        answer = await visitor.client.get(path)
        assert answer.status_code in (307, 404), answer.text
        assert "Sorts mail" not in answer.text


async def test_impact_names_pipelines_stages_and_what_waits(visitor, sorter):
    visitor.write("pipelines/intake.yaml", PIPELINE)
    panel = (await visitor.get(f"{HERE}/impact-panel")).text
    for said in (
        "intake",
        "sort",
        "answer",
        "downstream",
        "HIGH RISK",
        "an output schema guards what they get",
    ):
        assert said in panel
    found = (await visitor.get(f"{HERE}/impact")).json()
    assert found["affected_pipelines"] == ["intake"]
    assert found["risk_level"] == "medium"
    assert (found["total_pipelines"], found["total_stages"], found["total_downstream"]) == (1, 1, 1)
    assert found["risk"] == "high"


async def test_impact_of_a_worker_that_nobody_knows_is_none(visitor):
    found = (await visitor.get("/workers/ghost/impact")).json()
    assert (found["total_pipelines"], found["risk_level"]) == (0, "low")
    assert "not used in any pipeline" in (await visitor.get("/workers/ghost/impact-panel")).text


async def test_a_deleted_worker_is_said_with_the_way_back(visitor, sorter):
    await visitor.post(f"{HERE}/delete")
    page = (await visitor.get("/workers?deleted=sorter")).text
    assert "Deleted worker" in page
    assert 'action="/workers/sorter/undo"' in page
    await visitor.get(HERE, 404)
    await visitor.post(f"{HERE}/undo")
    assert sorter.read_text() == WORKER


async def test_the_list_says_which_version_each_is(visitor) -> None:
    place = visitor.write("workers/mine.yaml", 'schema: loom/v1\nname: mine\nsystem_prompt: "Be kind."\n')
    digits = sha256(place.read_bytes()).hexdigest()[:9]

    async def version() -> str:
        [listed] = (await visitor.get("/workers.json?q=mine&source=own")).json()
        return listed["version"]

    assert await version() == digits  # Loom has not seen it yet
    await visitor.get("/workers/mine")
    assert await version() == f"v1 · {digits}"
    place.write_text(place.read_text() + "# by hand\n")
    assert await version() == sha256(place.read_bytes()).hexdigest()[:9]


async def test_nobody_is_the_author_of_what_was_found_on_disk(visitor, sorter) -> None:
    assert "v1, found on disk now" in (await visitor.get("/workers/sorter")).text
    history = (await visitor.get("/workers/sorter/history")).text
    assert ("on disk" in history, ">local<" in history) == (True, False)
    assert (await visitor.json("GET", "/api/v1/workers/sorter"))["version"]["by"] is None


async def test_no_worker_is_called_as_the_page_that_makes_one(visitor) -> None:
    page = (await visitor.post("/workers", status=400, start="template", new_name="New")).text
    assert re.search(r'id="field-new-name-help">.{,300}is where the Workshop makes another', page, re.DOTALL)
    visitor.write("workers/mine.yaml", WORKER.replace("sorter", "mine"))
    await visitor.post("/workers/mine/clone", status=400, name="new")
    await visitor.json("PUT", "/api/v1/workers/new", {"yaml": WORKER}, 404)
    await visitor.json("POST", "/api/v1/workers", {"name": "new", "yaml": WORKER}, 400)
    assert not (visitor.configs / "workers" / "new.yaml").exists()


async def test_a_last_rate_over_a_part_of_a_suite_is_marked(visitor, sorter, application: FastAPI) -> None:
    app = application.state.services
    suite = Suite(
        "mails", (Case("a", {"text": "An order"}, {"label": "order"}), Case("b", {"text": "Hello"}))
    )
    for selection, mark in ((Selection(limit=1), 1), (Selection(), 0), (Selection(limit=1), 0)):
        route = await app.endpoints.route(model="sim-small")
        wish = Wish("sorter", target_of(load_worker(sorter)), suite, route, selection, use_cache=False)
        await (await app.evaluations.work(await app.evaluations.open(wish, LOCAL))).run()
        assert (await visitor.get("/workers?source=own")).text.count("at most 1") == mark


async def test_lists_begin_with_ones_own_and_programs_page_by_name(visitor) -> None:
    visitor.write("workers/zebra.yaml", "name: zebra\nsystem_prompt: hi\ndefault_model_tier: local\n")
    listed = [row["name"] for row in (await visitor.get("/workers.json")).json()]
    assert listed == ["zebra", *sorted(listed[1:])]
    by_name = [row["name"] for row in (await visitor.get("/workers.json?sort=name")).json()]
    assert by_name == sorted(listed)
    first = await visitor.json("GET", f"/api/v1/workers?size={len(listed) - 1}")
    rest = await visitor.json("GET", f"/api/v1/workers?cursor={first['next']}")
    assert [one["name"] for one in rest["items"]] == ["zebra"]
