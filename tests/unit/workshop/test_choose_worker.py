"""Which worker to evaluate on a suite: by its contract, from the page of the suite and from the list of runs."""

import pytest

WORKER = """\
name: {name}
system_prompt: Answer in JSON.
input_schema: {{type: object, required: [{takes}], properties: {{{takes}: {{type: string}}}}}}
output_schema: {{type: object, properties: {{{gives}: {{type: string}}}}}}
"""
SUITE = """\
name: letters
cases:
- {name: one, input: {text: "a"}, expected_output: {tone: calm}}
- {name: two, input: {text: 5}, expected_output: {tone: calm}, split: sealed}
"""


@pytest.fixture
def letters(visitor) -> None:
    visitor.write("suites/letters.yaml", SUITE)
    for name, takes, gives in (
        ("a_fits", "text", "tone"),
        ("b_takes", "mail", "tone"),
        ("c_gives", "text", "mood"),
    ):
        visitor.write(f"workers/{name}.yaml", WORKER.format(name=name, takes=takes, gives=gives))


async def test_workers_that_fit_the_suite_come_first_and_the_others_say_why_not(visitor, letters) -> None:
    page = (await visitor.get("/evaluate?suite=letters")).text
    assert page.index("a_fits") < page.index("b_takes") < page.index("c_gives")
    assert "case one: input: missing required field &#x27;mail&#x27;" in page
    assert "case one: expects tone, which it does not answer" in page
    assert "two" not in page.partition('id="choosing"')[2]  # it is sealed
    assert 'href="/workers/a_fits/eval?suite=letters"' in page


async def test_a_worker_of_the_same_name_as_the_suite_comes_before_its_equals(visitor) -> None:
    part = (await visitor.get("/evaluate?suite=qa", headers={"HX-Request": "true"})).text
    assert part.strip().startswith('<section class="card" id="choosing">')
    assert part.index('id="row-qa"') < part.index('id="row-qa_brief"') < part.index('id="row-classifier"')


async def test_the_choice_arrives_filled_in_at_the_form(visitor, letters) -> None:
    form = (await visitor.get("/workers/a_fits/eval?suite=letters")).text
    assert '<option value="letters" selected>' in form


async def test_suites_and_runs_lead_there(visitor, letters) -> None:
    assert 'href="/evaluate?suite=letters"' in (await visitor.get("/suites/letters")).text
    assert 'href="/evaluate"' in (await visitor.get("/runs")).text
    assert 'href="/evaluate?suite=letters"' in (await visitor.get("/runs?suite=letters")).text
    assert 'href="/workers/a_fits/eval"' in (await visitor.get("/runs?worker=a_fits")).text
    assert 'href="/evaluate?suite=letters"' in (await visitor.get("/evaluate?q=lett")).text


async def test_long_lists_of_workers_are_paged(visitor, letters) -> None:
    first = (await visitor.get("/evaluate?suite=letters&size=1")).text
    assert "size=1&amp;cursor=1" in first
    second = (await visitor.get("/evaluate?suite=letters&cursor=1&size=1")).text
    assert second.count("data-row>") == first.count("data-row>") == 1
    assert 'id="row-a_fits"' in first
    assert 'id="row-a_fits"' not in second


async def test_a_broken_worker_is_no_choice(visitor, letters) -> None:
    visitor.write("workers/d_broken.yaml", "name: d_broken\nsystem_prompt: [1]\n")
    page = (await visitor.get("/evaluate?suite=letters&q=d_broken")).text
    assert "broken</span>" in page
    assert "/workers/d_broken/eval" not in page
    assert str(visitor.configs) not in page


async def test_a_suite_that_is_not_there_is_told(visitor) -> None:
    await visitor.get("/evaluate?suite=nobody", 404)
    await visitor.get("/evaluate?suite=..%2fqa", 404)


async def test_a_case_that_can_never_pass_is_told_beside_a_worker_that_fits(visitor, letters) -> None:
    chooses = WORKER.format(name="e_chooses", takes="text", gives="tone")
    chooses = chooses.replace("{tone: {type: string}}", "{tone: {type: string, enum: [Calm, angry]}}")
    visitor.write("workers/e_chooses.yaml", chooses)
    visitor.write(
        "suites/odd.yaml",
        SUITE.replace('"a"}, expected_output: {tone: calm}', '"a"}, expected_output: {tone: cold}'),
    )
    odd = (await visitor.get("/evaluate?suite=odd")).text
    assert "but case one: expects tone to be &#x27;cold&#x27;, which is not among its answers" in odd
    assert "but case" not in (await visitor.get("/evaluate?suite=letters")).text


async def test_a_model_that_the_endpoint_does_not_list_is_warned_of(visitor, listening) -> None:
    listening.listed = ["sim-small"]
    await visitor.json("POST", "/api/v1/endpoints", {"label": "gw", "url": listening.url}, 201)
    form = {"suite": "classifier", "model": "nope", "endpoint": "gw"}
    page = (await visitor.post("/workers/classifier/eval/estimate", 200, **form)).text
    assert "gw lists no model &#39;nope&#39;" in page
