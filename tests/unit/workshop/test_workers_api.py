"""Workers over REST: listed, made, read, saved."""

import pytest

WORKER = (
    "name: sorter\nsystem_prompt: Sort it.\ninput_schema: {type: object}\noutput_schema: {type: object}\n"
)
HERE = "/api/v1/workers"
FIELDS = {"does": "Greets", "inputs": ["name"], "outputs": ["greeting", "tone:calm|merry"]}


async def test_a_worker_is_made_from_its_text_and_read_back(visitor):
    made = await visitor.json("POST", HERE, {"name": "sorter", "yaml": WORKER}, 201)
    assert (made["name"], made["version"]["number"]) == ("sorter", 1)
    found = await visitor.json("GET", f"{HERE}/sorter")
    assert (found["yaml"], found["source"], found["valid"]) == (WORKER, "own", True)
    assert found["definition"]["system_prompt"] == "Sort it."


async def test_a_worker_is_made_of_answers(visitor):
    await visitor.json("POST", HERE, {"name": "greeter", **FIELDS}, 201)
    found = await visitor.json("GET", f"{HERE}/greeter")
    assert found["definition"]["output_schema"]["required"] == ["greeting", "tone"]


async def test_every_wrong_answer_is_told(visitor):
    body = {"name": "No Name", **FIELDS, "inputs": ["1a"]}
    error = (await visitor.json("POST", HERE, body, 400))["error"]
    assert {problem["field"] for problem in error["problems"]} == {"inputs", "name"}


@pytest.mark.parametrize(
    "body", [{}, {"name": "x"}, {"name": "x", "wrong": 1}, {"name": "x", "yaml": "a: ["}, []]
)
async def test_what_makes_no_worker_is_refused(visitor, body):
    answer = await visitor.client.post(HERE, json=body)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


async def test_the_list_goes_on_at_its_cursor(visitor):
    for name in ("aa", "ab", "ac"):
        visitor.write(f"workers/{name}.yaml", WORKER.replace("sorter", name))
    first = await visitor.json("GET", f"{HERE}?source=own&size=2")
    assert [one["name"] for one in first["items"]] == ["aa", "ab"]
    second = await visitor.json("GET", f"{HERE}?source=own&size=2&cursor={first['next']}")
    assert ([one["name"] for one in second["items"]], second["next"]) == (["ac"], None)


async def test_saving_asks_for_the_text_that_was_edited(visitor):
    visitor.write("workers/sorter.yaml", WORKER)
    base = (await visitor.json("GET", f"{HERE}/sorter"))["version"]["hash"]
    saved = await visitor.json("PUT", f"{HERE}/sorter", {"yaml": WORKER + "# a\n", "base": base, "note": "a"})
    assert (saved["changed"], saved["version"]["note"]) == (True, "a")
    await visitor.json("PUT", f"{HERE}/sorter", {"yaml": WORKER + "# b\n", "base": base}, 409)
    await visitor.json("PUT", f"{HERE}/sorter", {"yaml": WORKER, "base": "zz"}, 400)


async def test_impact_is_there_for_programs(visitor):
    visitor.write("workers/sorter.yaml", WORKER)
    assert (await visitor.json("GET", f"{HERE}/sorter/impact"))["risk_level"] == "low"


async def test_a_parameter_that_an_operation_does_not_know_is_refused_with_those_it_does(visitor) -> None:
    answer = await visitor.client.get("/api/v1/workers?limit=1")
    (problem,) = answer.json()["error"]["problems"]
    assert (answer.status_code, problem["field"]) == (400, "limit")
    assert problem["remedy"].startswith("use ")
    assert (await visitor.client.get("/workers?limit=1")).status_code == 200


async def test_a_body_that_is_no_json_says_where_it_stops_being_any(visitor) -> None:
    headers = {"content-type": "application/json"}
    answer = await visitor.client.post("/api/v1/endpoints", content=b"{bad", headers=headers)
    (problem,) = answer.json()["error"]["problems"]
    assert (answer.status_code, "is not JSON" in problem["what"]) == (422, True)
