"""The test bench: forms, JSON, scripts and programs get the same test; what was tested stays."""

import asyncio
import json
from html import unescape

import pytest

from loom.core.clock import SystemClock
from loom.core.errors import LimitError
from loom.core.ids import RunId, new_id
from loom.workshop.live.tests import LiveTests

TEXT = "My invoice is wrong, I was charged twice."
RUN = "/workers/classifier/test/run"
STRICT = """name: strict
system_prompt: "Answer as JSON: category and urgency."
input_schema: {type: object}
output_schema: {type: object, required: [category], properties: {category: {enum: [never]}}}
"""
COUNTING = """name: count
worker_kind: processor
processing_backend: counting.Count
input_schema: {type: object, properties: {text: {type: string}}}
output_schema: {type: object, properties: {words: {type: integer}}}
"""


async def test_a_form_leads_to_the_page_of_its_test_with_the_exact_prompt(visitor) -> None:
    answer = await visitor.post(RUN, **{"input.text": TEXT, "model": "sim-large"})
    page = (await visitor.get(answer.headers["location"])).text
    assert "PASS" in page
    assert TEXT in page
    assert "System prompt" in page


async def test_a_script_gets_the_card_and_says_what_is_no_json(visitor) -> None:
    script = {"HX-Request": "true"}
    card = await visitor.client.post(RUN, data={"payload": json.dumps({"text": TEXT})}, headers=script)
    assert card.status_code == 200
    assert card.text.strip().splitlines()[0].startswith('<section class="card" id="test-result"')
    assert "PASS" in card.text
    assert TEXT in card.text.split('id="earlier" hx-swap-oob="true"')[1]
    wrong = await visitor.client.post(RUN, data={"payload": "{"}, headers=script)
    assert (wrong.status_code, "Invalid JSON" in wrong.text) == (200, True)
    assert (wrong.headers["HX-Reswap"], "test-result" in wrong.text) == ("none", False)


async def test_going_back_in_the_history_gives_the_whole_page_of_that_test(visitor) -> None:
    first = (await visitor.post(RUN, **{"input.text": TEXT})).headers["location"]
    await visitor.post(RUN, **{"input.text": "Another question"})
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    page = await visitor.client.get(first, headers=back)
    assert (page.status_code, "<html" in page.text, TEXT in page.text) == (200, True, True)


async def test_an_answer_streams_and_ends_with_where_its_result_is(visitor) -> None:
    script = {"HX-Request": "true"}
    form = {"payload": json.dumps({"text": TEXT}), "stream": "yes", "no_cache": "true"}
    started = await visitor.client.post(RUN, data=form, headers=script)
    address = started.headers["HX-Push-Url"]
    events = (await visitor.get(f"/workers/classifier/test/live/{address.partition('test=')[2]}")).text
    told = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: ")]
    assert [one["seq"] for one in told] == sorted({one["seq"] for one in told})
    assert (told[-1]["type"], told[-1]["data"]["url"]) == ("end", address)
    said = "".join(one["data"]["text"] for one in told if one["type"] == "text")
    output = (await visitor.json("GET", f"/api/v1/tests/{address.partition('test=')[2]}"))["raw_response"]
    assert said == output


async def test_an_input_that_breaks_the_contract_is_a_result_with_its_field(visitor) -> None:
    made = await visitor.json("POST", "/api/v1/tests", {"worker": "classifier", "input": {"word": 1}}, 201)
    assert (made["success"], made["state"]) == (False, "errored")
    assert "missing required field 'text'" in made["error"]
    page = (await visitor.get(f"/workers/classifier/test?test={made['id'].replace('-', '')}")).text
    assert "FAIL" in page
    assert "missing required field" in page


@pytest.mark.parametrize("text", ["NaN", "[1e999]", r'"\ud800"'])
async def test_an_input_that_is_no_sound_json_is_refused_with_its_place(visitor, text: str) -> None:
    body = f'{{"worker": "classifier", "input": {{"text": {text}}}}}'
    headers = {"Content-Type": "application/json"}
    refused = await visitor.client.post("/api/v1/tests", content=body, headers=headers)
    assert (refused.status_code, "'input.text" in refused.text) == (400, True), refused.text


async def test_without_an_input_nothing_is_tested(visitor) -> None:
    await visitor.post(RUN, status=400)
    await visitor.post("/workers/nobody/test/run", status=404, payload="{}")
    assert (await visitor.json("GET", "/api/v1/tests"))["items"] == []


async def test_a_processor_is_told_every_field_that_names_a_model(visitor) -> None:
    """As at the command line: it once let an endpoint pass in silence."""
    visitor.write("workers/count.yaml", COUNTING)
    sent = {"payload": '{"text": "one"}', "model": "sim-small", "endpoint": "simulated"}
    page = (await visitor.post("/workers/count/test/run", status=400, **sent)).text
    assert all(f"'{field}' names a model" in unescape(page) for field in ("model", "endpoint"))


async def test_tests_are_listed_newest_first_page_by_page(visitor) -> None:
    for number in range(3):
        body = {"worker": "classifier", "input": {"text": f"{TEXT} {number}"}}
        await visitor.json("POST", "/api/v1/tests", body, 201)
    first = await visitor.json("GET", "/api/v1/tests?size=2&worker=classifier")
    rest = await visitor.json("GET", f"/api/v1/tests?size=2&cursor={first['next']}")
    texts = [one["input"]["text"][-1] for one in (*first["items"], *rest["items"])]
    assert (texts, rest["next"]) == (["2", "1", "0"], None)


async def test_a_test_becomes_a_case_of_a_new_suite_and_then_of_the_same(visitor) -> None:
    for number, text in enumerate(("one", "two")):
        made = await visitor.json(
            "POST", "/api/v1/tests", {"worker": "classifier", "input": {"text": text}}, 201
        )
        path = f"/workers/classifier/test/{made['id'].replace('-', '')}/save"
        chosen = {"suite": "mine"} if number else {"new_suite": "mine"}
        await visitor.post(path, expected=json.dumps(made["output"]), tags="a, b", **chosen)
    cases = (await visitor.json("GET", "/api/v1/suites/mine/cases"))["items"]
    assert [(one["name"], one["input"], one["tags"]) for one in cases] == [
        ("case-1", {"text": "one"}, ["a", "b"]),
        ("case-2", {"text": "two"}, ["a", "b"]),
    ]
    assert cases[0]["expected_output"].keys() == {"category", "urgency"}


def form_of(page: str) -> str:
    """The form that makes a case, as people read it."""
    return unescape(page.split("Save as case</summary>")[1].split("</form>", maxsplit=1)[0])


async def test_a_case_expects_the_answer_until_someone_corrects_it(visitor) -> None:
    answer = await visitor.post(RUN, **{"input.text": TEXT})
    form = form_of((await visitor.get(answer.headers["location"])).text)
    written = form.split('name="expected"')[1].split(">\n", 1)[1].split("</textarea>")[0]
    assert json.loads(written).keys() == {"category", "urgency"}


async def test_an_answer_that_breaks_the_contract_is_no_expectation_until_it_is_corrected(visitor) -> None:
    visitor.write("workers/strict.yaml", STRICT)
    answer = await visitor.post("/workers/strict/test/run", **{"input.text": TEXT})
    test = answer.headers["location"].partition("test=")[2]
    output = (await visitor.json("GET", f"/api/v1/tests/{test}"))["output"]
    path = f"/workers/strict/test/{test}/save"
    sent = {"new_suite": "mine", "expected": json.dumps(output)}
    assert "breaks the contract" in form_of((await visitor.post(path, 400, **sent)).text)
    await visitor.post(path, **{**sent, "expected": '{"category": "never"}'})


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({"new_suite": "walk suite"}, "new_suite", "is no name"),
        ({"suite": "classifier"}, "suite", "comes with Loom"),
        ({}, "new_suite", "is missing"),
        ({"new_suite": "mine", "expected": "{oops"}, "expected", "is no JSON"),
        ({"suite": "there", "name": "first"}, "name", "is in the suite already"),
    ],
)
async def test_a_case_that_cannot_be_made_is_said_at_its_field_with_the_test_and_all_that_was_sent(
    visitor, sent, field, said
) -> None:
    visitor.write("suites/there.yaml", "name: there\ncases:\n  - {name: first, input: {text: one}}\n")
    answer = await visitor.post(RUN, **{"input.text": TEXT})
    test = answer.headers["location"].partition("test=")[2]
    page = (await visitor.post(f"/workers/classifier/test/{test}/save", 400, tags="late", **sent)).text
    form = form_of(page)
    control = form.split(f'name="{field}"')[1]
    assert 'aria-invalid="true"' in control.split(">")[0]
    assert said in control.split('class="field"')[0]
    assert 'name="tags" type="text" value="late"' in form
    assert all(value in form for value in sent.values())
    assert (TEXT in page, "PASS" in page, 'class="fold" open><summary>Save as case' in page) == (True,) * 3


async def test_a_test_is_run_again_where_it_was_asked_while_that_is_there(visitor, listening) -> None:
    listening.listed = ["sim-small"]
    draft = {"label": "gw", "url": listening.url}
    made = await visitor.json("POST", "/api/v1/endpoints", draft, 201)
    body = {"worker": "classifier", "input": {"text": TEXT}, "model": "sim-small", "endpoint": "gw"}
    test = (await visitor.json("POST", "/api/v1/tests", body, 201))["id"].replace("-", "")
    page = (await visitor.get(f"/workers/classifier/test?test={test}")).text
    assert '<option value="gw" selected' in page
    assert 'type="hidden" name="endpoint" value="gw"' in page
    again = await visitor.post(RUN, payload=json.dumps({"text": TEXT}), model="sim-small", endpoint="gw")
    ended = again.headers["location"].partition("test=")[2]
    assert (await visitor.json("GET", f"/api/v1/tests/{ended}"))["endpoint"] == "gw"
    await visitor.json("DELETE", f"/api/v1/endpoints/{made['id']}", status=204)
    page = (await visitor.get(f"/workers/classifier/test?test={test}")).text
    assert 'name="model" value="sim-small"' in page
    assert 'value="gw"' not in page


async def test_a_suite_that_comes_with_loom_takes_no_case_and_names_stay_in_their_folder(visitor) -> None:
    made = await visitor.json(
        "POST", "/api/v1/tests", {"worker": "classifier", "input": {"text": "one"}}, 201
    )
    path = f"/workers/classifier/test/{made['id'].replace('-', '')}/save"
    for name in ("classifier", "../evil", "a/b", "..", ".hidden"):
        await visitor.post(path, status=400, new_suite=name)
    assert not list(visitor.configs.rglob("*"))


async def test_only_so_many_tests_are_under_way_at_once(visitor) -> None:
    live, never = LiveTests(SystemClock()), asyncio.Event()
    names = [RunId(new_id()) for _ in range(17)]
    for name in names[:16]:
        live.carry_out(name, live.start(name, "/"), never.wait())
    with pytest.raises(LimitError, match="under way"):
        live.start(names[16], "/")
    await asyncio.sleep(0)
    await live.aclose()
    assert live.failure(names[0]) == "it was broken off"
    await visitor.get("/workers/classifier/test/live/00", status=204)


async def test_a_case_of_a_run_fills_the_form(visitor) -> None:
    body = {"worker": "classifier", "suite": "classifier", "limit": 1}
    job = (await visitor.json("POST", "/api/v1/evaluations", body, 201))["job"]
    page = (await visitor.get(f"/workers/classifier/test?run={job}&case=gift-card-balance")).text
    assert "I found an old gift" in page
