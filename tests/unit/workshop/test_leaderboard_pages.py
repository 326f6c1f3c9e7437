"""Several runs in order: the page, its twins, the REST door; what cannot be put in order is said, and shown all the same."""

import re

import pytest

MODELS = ("sim-small", "sim-medium", "sim-large")
BODY = {"worker": "classifier", "suite": "classifier", "limit": 60}


async def evaluated(visitor, **changed: object) -> str:
    """The id of a run that has ended."""
    opened = await visitor.json("POST", "/api/v1/evaluations", {**BODY, **changed}, 201)
    await visitor.get(f"/events/job:{opened['job']}")  # which ends with it
    return opened["id"].replace("-", "")


@pytest.fixture
async def runs(visitor) -> list[str]:
    return [await evaluated(visitor, model=model) for model in MODELS]


def ask(runs: list[str], **more: str) -> str:
    return "&".join([*(f"run={run}" for run in runs), *(f"{name}={value}" for name, value in more.items())])


async def test_three_ticked_runs_lead_to_their_leaderboard(visitor, runs) -> None:
    answer = await visitor.get(f"/compare?{ask(runs)}", 303)
    assert answer.headers["location"] == f"/leaderboard?{ask(runs)}"
    page = (await visitor.get(answer.headers["location"])).text
    assert all(model in page for model in MODELS)
    assert "n = 60 cases" in page
    assert f"/compare?a={runs[2]}&amp;b={runs[0]}" in page  # each other beside the best


async def test_those_that_may_be_the_best_share_the_first_rank(visitor, runs) -> None:
    told = await visitor.json("GET", f"/api/v1/leaderboard?{ask(runs)}")
    rows = (await visitor.get(f"/leaderboard.json?{ask(runs)}")).json()["items"]
    values = [row["pass_rate"] for row in rows]
    assert values == sorted(values, reverse=True) == [place["value"] for place in told["places"]]
    assert 1 < len(told["tied"]) < 3
    assert [row["rank"] for row in rows] == ["1 =", "1 =", "3"]
    page = (await visitor.get(f"/leaderboard?{ask(runs)}")).text
    assert "2 of 3 may be the best" in page
    assert f"about {told['cases_needed']} more cases" in page
    assert page.count('class="row row-marked') == 2


async def test_it_is_a_table_for_spreadsheets_too(visitor, runs) -> None:
    lines = (await visitor.get(f"/leaderboard.csv?{ask(runs)}")).text.splitlines()
    assert lines[0] == "id,rank,run,worker,version,model,pass_rate,interval,cost,latency_ms"
    assert len(lines) == 4


async def test_another_measure_swaps_only_the_board(visitor, runs) -> None:
    part = (
        await visitor.get(f"/leaderboard?{ask(runs, measure='score')}", headers={"HX-Request": "true"})
    ).text
    assert part.strip().startswith('<div class="stack" id="board">')
    assert 'aria-current="true">Score' in part
    assert re.search(r">0\.\d{3}<", part)


async def test_cases_that_not_all_have_are_left_out_and_counted(visitor, runs) -> None:
    shorter = await evaluated(visitor, model="sim-small", limit=25)
    page = (await visitor.get(f"/leaderboard?{ask([*runs, shorter])}")).text
    assert "n = 25 cases" in page
    assert page.count("35 of classifier") == 3


async def test_runs_scored_otherwise_are_shown_but_not_put_in_order(visitor, runs) -> None:
    other = await evaluated(visitor, model="sim-small", scorers=["exact_match"])
    page = (await visitor.get(f"/leaderboard?{ask([*runs, other])}", 400)).text
    assert "scored differently" in page
    assert all(run[-8:] in page for run in (*runs, other))
    await visitor.get(f"/leaderboard.json?{ask([*runs, other])}", 400)
    told = await visitor.json("GET", f"/api/v1/leaderboard?{ask([*runs, other])}", status=400)
    like = f"loom rescore {other[-8:]} --like {runs[0][-8:]}"
    assert told["error"]["problems"][0]["remedy"] == f"compare runs with the same scorers: {like}"


async def test_runs_of_suites_that_share_nothing_are_not_put_in_order(visitor, runs) -> None:
    other = await evaluated(visitor, worker="qa", suite="qa", limit=3)
    page = (await visitor.get(f"/leaderboard?{ask([*runs, other])}", 400)).text
    assert "the runs share no case" in page


async def test_one_run_is_left_out_by_a_link_of_its_row(visitor, runs) -> None:
    page = (await visitor.get(f"/leaderboard?{ask(runs)}")).text
    assert f"/leaderboard?run={runs[0]}&amp;run={runs[2]}" in page
    two = (await visitor.get(f"/leaderboard?{ask(runs[:2])}")).text
    assert "Leave" not in two


async def test_the_best_alone_can_be_made_the_baseline(visitor, runs) -> None:
    best, worst = runs[2], runs[0]
    page = (await visitor.get(f"/leaderboard?{ask([worst, best])}")).text
    assert f"/workers/classifier/eval/{best}/promote-baseline" in page
    await visitor.post(f"/workers/classifier/eval/{best}/promote-baseline")
    assert "promote-baseline" not in (await visitor.get(f"/leaderboard?{ask([worst, best])}")).text


@pytest.mark.parametrize(
    ("query", "status"),
    [("run=last", 303), ("run=junk&run=last", 400), ("run=00000000&run=last", 404), ("", 422)],
)
async def test_what_is_no_choice_of_runs_is_told(visitor, runs, query: str, status: int) -> None:
    await visitor.get(f"/leaderboard?{query}", status)
