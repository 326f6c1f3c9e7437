"""What pages read of runs, cases and tests, over every kind of database; compared with what evaluation itself says."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

from loom.access.models import LOCAL
from loom.calls.scripted import ScriptedBackend
from loom.core.errors import ContractError, Fault, NotFoundError, ProviderError, UsageError
from loom.core.ids import text
from loom.core.settings import load_settings
from loom.core.worker_config import load_worker
from loom.engine.bench import TestWish
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.reading.cases import CaseQuery
from loom.evaluation.reading.changes import ChangeKind, ChangeQuery
from loom.evaluation.reading.runs import RunItem, RunQuery
from loom.evaluation.reading.runs_store import RunFilter
from loom.evaluation.running.rescoring import RescoreWish
from loom.evaluation.running.service import Wish
from loom.evaluation.running.specification import Selection
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.store import RunRow
from loom.wiring.app import App, open_app
from loom.worker.target import target_of

WORKER = Path(__file__).parents[2] / "configs" / "workers" / "classifier.yaml"
EXPECTED = {"category": "billing", "urgency": "normal"}
SUITE = Suite(
    "texts",
    (
        Case(
            "bill", {"text": "My invoice is wrong, I was charged twice for one order."}, EXPECTED, ("money",)
        ),
        Case("own", {"text": "The parcel has not arrived."}, EXPECTED, ("late",), scorers=("exact_match",)),
        Case("open", {"text": "Where is my refund for the broken bowl?"}, tags=("money",)),
        Case("broken", {"word": 1}, EXPECTED),
        *(Case(f"more-{number}", {"text": f"Invoice {number}, please."}, EXPECTED) for number in range(6)),
        Case("sealed", {"text": "An invoice, please."}, EXPECTED, split=Split.SEALED),
    ),
)
STRICT = (
    {"scorer": "field_match", "threshold": 0.9, "weight": 2},
    {"scorer": "format", "format": "json_object"},
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def app(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[App]:
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", url)
    async with open_app(load_settings()) as opened:
        yield opened


@pytest.fixture
def evaluated(app: App):
    async def run(model: str = "sim-large", **wish) -> RunRow:
        route = await app.endpoints.route(model=model)
        suite = wish.pop("suite", SUITE)
        wanted = Wish("classifier", target_of(load_worker(WORKER)), suite, route, **wish)
        job = await app.evaluations.open(wanted, LOCAL)
        await (await app.evaluations.work(job)).run()
        return await app.reading.find(text(job), LOCAL)

    return run


@pytest.mark.parametrize("scorers", [(), STRICT])
async def test_the_list_of_runs_says_what_the_report_says(app: App, evaluated, scorers) -> None:
    run = await evaluated(repetitions=2, scorers=scorers)
    (item,) = (await app.reading.runs(RunQuery(), LOCAL)).items
    report = await app.reports.report(run)
    assert item.rate == report.pass_rate
    assert (await app.reading.last_runs(LOCAL))["classifier"].rate == report.pass_rate
    assert [one.run.id for one in await app.reading.trend("classifier", "texts", LOCAL)] == [run.id]


@pytest.mark.parametrize("reverse", [False, True])
async def test_cases_that_ask_different_things_of_one_scorer_count_alike_at_every_door(
    app: App, evaluated, reverse: bool
) -> None:
    half, weighty = "field_match", {"scorer": "exact_match", "weight": 3}
    own = [(), (half,), (half, weighty), (half, {"scorer": "exact_match"})]
    cases = [
        Case(
            f"{at}", {"text": f"Invoice {at}, please."}, {**EXPECTED, "urgency": "none"}, scorers=own[at % 4]
        )
        for at in range(12)
    ]
    suite = Suite("texts", tuple(cases[::-1] if reverse else cases))
    run = await evaluated(suite=suite)
    report = await app.reports.report(run)
    assert 0 < report.pass_rate.passed < len(cases)
    (item,) = (await app.reading.runs(RunQuery(), LOCAL)).items
    (point,) = await app.reading.trend("classifier", "texts", LOCAL)
    assert item.rate == point.rate == report.pass_rate
    for outcome in Outcome:
        found = await app.reading.cases(run, CaseQuery(outcome=outcome), LOCAL)
        assert found.matching == sum(one.outcome is outcome for one in report.results)
    below = await app.reading.cases(run, CaseQuery("scorer:field_match"), LOCAL)
    assert {row.result.case.name for row in below.rows} == {f"{at}" for at in (0, 4, 8)}
    every = await app.reading.cases(run, CaseQuery(sort="score"), LOCAL)
    scores = [row.result.score for row in every.rows]
    assert scores == sorted(scores)


@pytest.mark.parametrize("sort", ["case", "-case", "name", "score", "-score", "latency", "-cost"])
@pytest.mark.parametrize("scorers", [(), STRICT])
async def test_pages_of_cases_hold_every_execution_once_and_in_order(
    app: App, evaluated, sort: str, scorers
) -> None:
    run = await evaluated(repetitions=2, scorers=scorers)
    query, seen = CaseQuery(sort=sort, size=3), []
    while True:
        page = await app.reading.cases(run, query, LOCAL)
        assert page.first == len(seen) + 1
        seen += page.rows
        if page.next is None:
            break
        query = replace(query, cursor=page.next)
    assert len({row.result.execution for row in seen}) == len(seen) == page.matching == 20
    scores = [row.result.score for row in seen if row.result.score is not None]
    if sort == "score":
        assert scores == sorted(scores)
    if sort == "name":
        assert [row.result.case.name for row in seen] == sorted(row.result.case.name for row in seen)


async def test_filters_in_sql_agree_with_what_results_say(app: App, evaluated) -> None:
    run = await evaluated(repetitions=2, scorers=STRICT)
    results = list((await app.reports.report(run)).results)
    for outcome in Outcome:
        found = await app.reading.cases(run, CaseQuery(outcome=outcome), LOCAL)
        assert found.matching == len(found.rows) == sum(one.outcome is outcome for one in results)
    low = await app.reading.cases(run, CaseQuery("score<0.9 tag:money", sort="-latency"), LOCAL)
    wanted = [
        one for one in results if one.score is not None and one.score < 0.9 and "money" in one.case.tags
    ]
    assert {row.result.execution for row in low.rows} == {one.execution for one in wanted}
    missed = await app.reading.cases(run, CaseQuery("scorer:field_match"), LOCAL)
    assert len(missed.rows) == sum((one.scores["field_match"][0] or 1) < 0.9 for one in results)


async def test_the_head_adds_up_and_a_case_is_told_whole(app: App, evaluated) -> None:
    run = await evaluated(repetitions=2)
    head = await app.reading.head(run, LOCAL)
    assert {one.tag: one.rate.attempted for one in head.tags} == {"money": 4, "late": 2}
    scored = [case for case in head.report.cases if case.passed + case.failed]
    assert sum(one.passed + one.failed for one in head.histogram) == len(scored)
    detail = await app.reading.case(run, "bill", LOCAL)
    assert [row.result.repetition for row in detail.rows] == [0, 1]
    told = await app.reading.told(run, detail.rows[0].result.execution, LOCAL)
    assert told.transcript is not None
    assert "charged twice" in told.transcript.messages[1].text
    with pytest.raises(NotFoundError):
        await app.reading.case(run, "nobody", LOCAL)


async def test_what_was_said_is_told_of_a_re_scoring_of_a_re_scoring_too(app: App, evaluated) -> None:
    first = run = await evaluated()
    for _ in range(2):
        job = await app.rescorings.open(RescoreWish(run, ("exact_match",)), LOCAL)
        await (await app.rescorings.work(job)).run()
        run = await app.reading.find(text(job), LOCAL)
    said = []
    for one in (first, run):
        (row,) = (await app.reading.case(one, "bill", LOCAL)).rows
        said.append(await app.reading.told(one, row.result.execution, LOCAL))
    assert said[0].transcript is not None
    assert said[0].transcript.steps
    assert said[0] == said[1]


async def test_two_runs_are_compared_case_by_case_with_what_was_configured(app: App, evaluated) -> None:
    a, b = await evaluated(model="sim-small"), await evaluated(model="sim-large")
    found = await app.reading.compare(a, b, LOCAL)
    assert found.comparison == replace(
        await app.reports.compare(a, b), a=found.comparison.a, b=found.comparison.b
    )
    assert (found.fixed, found.broken) == (len(found.comparison.fixed), len(found.comparison.broken))
    assert [change.path for change in found.configuration] == ["model"]
    page = await app.reading.changes(a, b, ChangeQuery(ChangeKind.FIXED), LOCAL)
    assert [one.case.name for one in page.items] == list(found.comparison.fixed)


async def test_runs_are_filtered_and_paged(app: App, evaluated) -> None:
    for _ in range(3):
        await evaluated(use_cache=False)
    first = await app.reading.runs(RunQuery(RunFilter(worker="classifier"), size=2), LOCAL)
    rest = await app.reading.runs(RunQuery(RunFilter(worker="classifier"), size=2, cursor=first.next), LOCAL)
    assert (first.total, len(first.items), len(rest.items), rest.next) == (3, 2, 1, None)
    assert (await app.reading.runs(RunQuery(RunFilter(text="nobody")), LOCAL)).total == 0
    with pytest.raises(UsageError, match="cursor"):
        await app.reading.runs(RunQuery(cursor="nonsense"), LOCAL)


async def test_the_last_run_of_a_worker_is_one_over_a_whole_suite_where_there_is_one(
    app: App, evaluated
) -> None:
    few = await evaluated(selection=Selection(limit=1))
    assert (await app.reading.last_runs(LOCAL))["classifier"].run.id == few.id
    whole = await evaluated()
    await evaluated(selection=Selection(limit=1), use_cache=False)
    last = (await app.reading.last_runs(LOCAL))["classifier"]
    assert (last.run.id, last.whole) == (whole.id, True)


async def test_a_run_in_which_nothing_was_answered_is_no_rate_of_its_worker(
    app: App, evaluated: Any, route_to: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failed() -> RunRow:
        refusals = ScriptedBackend([ProviderError("there is no such model", Fault.REFUSED)] * 10)
        with monkeypatch.context() as patch:
            patch.setattr(app.endpoints, "route", AsyncMock(return_value=route_to(refusals)))
            return await evaluated(use_cache=False)

    async def last() -> RunItem:
        return (await app.reading.last_runs(LOCAL))["classifier"]

    first = await failed()
    assert ((await last()).run.id, (await last()).rate) == (first.id, None)
    few = await evaluated(selection=Selection(limit=1))
    await failed()
    assert ((await last()).run.id, (await last()).answered) == (few.id, True)
    assert [one.run.id for one in await app.reading.trend("classifier", "texts", LOCAL)] == [few.id]


async def test_what_was_read_before_shows_what_was_done_since(app: App, evaluated) -> None:
    async def seen():
        page, last = await app.reading.runs(RunQuery(), LOCAL), await app.reading.last_runs(LOCAL)
        return page.total, page.counted.models, last["classifier"].run.id, (await app.stats.read()).runs

    first = await evaluated()
    assert await seen() == await seen() == (1, (("sim-large", 1),), first.id, 1)
    second = await evaluated("sim-small")
    assert await seen() == (2, (("sim-large", 1), ("sim-small", 1)), second.id, 2)
    await app.baselines.set(first, None, LOCAL)
    assert [one.baseline for one in (await app.reading.runs(RunQuery(), LOCAL)).items] == [False, True]
    assert (await app.reading.runs(RunQuery(counted=False), LOCAL)).total is None


async def test_an_earlier_test_is_shown_again_as_it_was(app: App) -> None:
    route = await app.endpoints.route(model="sim-large")
    payload = {"text": "My invoice is wrong."}
    wish = TestWish("classifier", target_of(load_worker(WORKER)), payload, route)
    result = await app.bench.test(wish, LOCAL)
    with pytest.raises(ContractError) as refused:
        await app.bench.test(replace(wish, payload={"word": 1}), LOCAL)
    page = await app.reading.tests("classifier", LOCAL)
    assert [item.payload for item in page.items] == [{"word": 1}, payload]
    again = (await app.reading.test(page.items[1].id.hex(), LOCAL)).result
    assert again is not None
    assert (again.outcome.output, again.outcome.raw_text, again.usage, again.cost_nano, again.transcript) == (
        result.outcome.output,
        result.outcome.raw_text,
        result.usage,
        result.cost_nano,
        result.transcript,
    )
    assert page.items[0].error == str(refused.value)
