"""What pages say of runs beside each other: re-scored ones, those that share nothing, a worker's over time, failures."""

import re

import pytest

ALL = {"worker": "classifier", "suite": "classifier", "limit": 12}


async def evaluated(visitor, **changed: object) -> str:
    """The id of a run that has ended."""
    opened = await visitor.json("POST", "/api/v1/evaluations", {**ALL, **changed}, 201)
    await visitor.get(f"/events/job:{opened['job']}")  # which ends with it
    return opened["id"].replace("-", "")


@pytest.fixture
async def run(visitor) -> str:
    return await evaluated(visitor, model="sim-small")


async def test_runs_that_share_no_case_get_no_verdict_but_a_way_to_others(visitor, run: str) -> None:
    other = await evaluated(visitor, worker="qa", suite="qa", limit=3)
    page = (await visitor.get(f"/compare?a={run}&b={other}")).text
    assert "They share no case" in page
    assert "/runs?worker=qa&amp;suite=qa" in page
    assert "classifier and qa, 0 paired cases" in page
    for absent in ("not separable", "Measures", "Changed cases", "promote-baseline"):
        assert absent not in page


async def test_a_run_over_other_cases_than_its_baseline_is_not_held_against_it(visitor, run: str) -> None:
    await visitor.post(f"/workers/classifier/eval/{run}/promote-baseline")
    sealed = await evaluated(visitor, split="sealed")
    page = (await visitor.get(f"/runs/{sealed}")).text
    assert "not separable" not in page
    assert "Compare with baseline" not in page
    assert "Changed since baseline" not in page
    assert "Compare with baseline" in (await visitor.get(f"/runs/{await evaluated(visitor)}")).text


async def test_a_case_that_failed_in_both_is_counted_apart_from_those_whose_score_changed(visitor) -> None:
    a, b = [
        await evaluated(visitor, worker="entity_extractor", suite="entity_extractor", limit=40, model=model)
        for model in ("sim-small", "sim-medium")
    ]
    page = (await visitor.get(f"/compare?a={a}&b={b}")).text
    chips = dict(re.findall(r'class="chip"[^>]*>([^<]+?) <b>(\d+)</b>', page))
    legend = dict(re.findall(r"</svg>([^<]+?) <b>(\d+)</b>", page))
    assert int(chips["Failed in both, same score"]) < int(legend["Failed in both"])
    assert "Failed in both" not in chips


async def test_what_other_scorers_judged_gets_no_verdict_but_a_way_to_one(visitor, run: str) -> None:
    other = await evaluated(visitor, model="sim-large", scorers=[{"scorer": "field_match", "threshold": 0.1}])
    page = (await visitor.get(f"/compare?a={run}&b={other}")).text.partition('id="changed"')[0]
    assert "Scored differently" in page.partition('aria-label="Verdict"')[0]
    assert "sign-flip test" not in page
    rates = page.partition("Price and speed")[0]
    assert rates.count(">no verdict<") == 4, "the headline, both rates and the scorer"
    for verdict in ("not separable", "is better", ">better<", ">worse<"):
        assert verdict not in rates
    [form] = re.findall(rf'href="(/runs/{run}/rescore\?like={other})"', page)
    field = "scorer.field_match.threshold"
    assert re.search(rf'name="{field}"[^>]*value="0.1"', (await visitor.get(form)).text)
    sent = {"scoring": "field_match", field: "0.1"}
    made = (await visitor.post(f"/runs/{run}/rescore", **sent)).headers["location"]
    await visitor.get(f"/events/job:{(await visitor.get(f'{made}.json')).json()['job']}")
    page = (await visitor.get(f"/compare?a={made.rpartition('/')[2]}&b={other}")).text
    assert "sign-flip test" in page


async def test_rest_scores_a_run_as_another_was(visitor, run: str) -> None:
    other = await evaluated(visitor, scorers=["exact_match"])
    made = await visitor.json("POST", f"/api/v1/evaluations/{run}/rescore", {"like": other}, 201)
    await visitor.get(f"/events/job:{made['job']}")
    assert not (await visitor.json("GET", f"/api/v1/compare?a={made['id']}&b={other}"))["scored_differently"]
    for both in ({}, {"like": other, "scorers": ["exact_match"]}):
        await visitor.json("POST", f"/api/v1/evaluations/{run}/rescore", both, 400)


async def test_where_nothing_changed_every_measure_has_the_same_interval(visitor, run: str) -> None:
    page = (await visitor.get(f"/compare?a={run}&b={await evaluated(visitor, model='sim-small')}")).text
    intervals = re.findall(r"0, ([+-][\d.]+ to [+-][\d.]+) points", page)
    assert (len(intervals), len(set(intervals))) == (3, 1), intervals
    assert "tied" not in re.sub(r"tone-tied|badge-tied", "", page)


async def test_a_rescored_run_names_its_source_and_claims_no_time_of_its_own(visitor, run: str) -> None:
    answer = await visitor.post(f"/runs/{run}/rescore", scorers="- exact_match", idempotency_key="k")
    made = answer.headers["location"]
    head = (await visitor.get(f"{made}.json")).json()
    await visitor.get(f"/events/job:{head['job']}")
    page = (await visitor.get(made)).text
    assert re.search(rf'no worker was asked\.</p><a [^>]*href="/runs/{run}"', page)
    assert "of judges; no worker was asked" in page
    for absent in ("unknown", "0 ms", "Latency</dt>", "Cache</dt>"):
        assert absent not in page
    rows = (await visitor.get(f"{made}/cases.json")).json()["items"]
    assert {(one["latency_ms"], one["cost"]) for one in rows} == {(None, None)}


async def test_what_was_expected_and_came_begins_with_the_field_that_differs(visitor) -> None:
    run = await evaluated(visitor, worker="entity_extractor", suite="entity_extractor", limit=20)
    rows = (await visitor.get(f"/runs/{run}/cases.json?q=name:months-and-holidays")).json()["items"]
    assert rows[0]["expected"] == "people: [] · count: 0"
    assert rows[0]["got"] == 'people: ["New Year"] · count: 1'


async def test_a_wrong_filter_is_told_in_words_of_the_page(visitor, run: str) -> None:
    page = (await visitor.get(f"/runs/{run}?q=score%3Cabc")).text
    assert "&#39;score&lt;abc&#39; has no number that can be read; write for example score&lt;0.5" in page
    assert "The filter cannot be read." in page
    assert "No case is like that" not in page


async def test_the_page_of_a_case_leads_to_the_failures_beside_it(visitor, run: str) -> None:
    rows = (await visitor.get(f"/runs/{run}/cases.json")).json()["items"]
    names = [one["case"] for one in rows]
    failed = [one["case"] for one in rows if one["result"] == "fail"]
    assert len(failed) > 2
    page = (await visitor.get(f"/runs/{run}/cases/{failed[1]}")).text
    for key, other in (("p", failed[0]), ("n", failed[2])):
        [there] = re.findall(rf'href="(/runs/\w+/cases/\w+)" data-key="{key}"', page)
        assert f"<h1>{other}</h1>" in (await visitor.get(there)).text
    passed = next(name for name in names if name not in failed)
    assert "data-key" in (await visitor.get(f"/runs/{run}/cases/{passed}")).text
    assert 'data-key="n"' not in (await visitor.get(f"/runs/{run}/cases/{failed[-1]}")).text


async def test_a_worker_over_time_is_a_line_for_each_model_scorers_and_cases(visitor) -> None:
    for changed in (
        {"model": "sim-small"},
        {"model": "sim-medium"},
        {"model": "sim-small", "use_cache": False},
        {"model": "sim-small", "scorers": ["exact_match"]},
        {"model": "sim-small", "split": "sealed"},
    ):
        await evaluated(visitor, **{"limit": 5, **changed})
    page = (await visitor.get("/workers/classifier/trends")).text
    assert page.count('class="chart-line" points') == 1
    assert page.count('class="chart-whisker') == 3
    assert "Model and terms" in page
    names = re.findall(r'<span><svg class="swatch chart-look-\d"[^>]*>.*?</svg>([^<]+)</span>', page)
    assert names == [
        "sim-small, field_match from 1, sealed at most 5",
        "sim-small, exact_match from 0.5, train and validation at most 5",
        "sim-small, field_match from 1, train and validation at most 5",
        "sim-medium, field_match from 1, train and validation at most 5",
    ]


async def test_evaluations_of_which_no_two_compare_are_not_joined(visitor, run: str) -> None:
    await evaluated(visitor, model="sim-medium")
    page = (await visitor.get("/workers/classifier/trends")).text
    assert "2 evaluations" in page
    assert 'class="chart-line" points' not in page
    assert page.count('class="chart-whisker') == 2
    assert "No two of these compare." in page


async def test_a_single_evaluation_is_a_point_with_its_interval_and_what_will_come(visitor, run: str) -> None:
    page = (await visitor.get("/workers/classifier/trends")).text
    assert re.search(r'class="chart-whisker chart-look-0" x="50.00%"', page)
    assert "The next by the same model, scored alike, over the same cases, will be joined to it" in page
