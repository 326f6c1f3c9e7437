"""What evaluation reads and writes in SQL of its own, over every kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loom.access.models import LOCAL
from loom.core.ids import text
from loom.core.settings import load_settings
from loom.core.worker_config import load_worker
from loom.evaluation.judging.label_files import Label
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.results.report import RunReport
from loom.evaluation.running.rescoring import RescoreWish
from loom.evaluation.running.service import Wish
from loom.evaluation.running.specification import Selection
from loom.wiring.app import App, open_app
from loom.worker.target import target_of

WORKER = Path(__file__).parents[2] / "configs" / "workers" / "classifier.yaml"
EXPECTED = {"category": "billing", "urgency": "normal"}
SUITE = Suite(
    "texts",
    (
        Case("bill", {"text": "My invoice is wrong, I was charged twice for one order."}, EXPECTED),
        Case("own", {"text": "The parcel has not arrived."}, EXPECTED, scorers=("exact_match",)),
        Case("open", {"text": "Where is my refund for the broken bowl?"}),
        Case("broken", {"word": 1}, EXPECTED),
        Case("sealed", {"text": "An invoice, please."}, EXPECTED, split=Split.SEALED),
    ),
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
    async def run(**wish) -> RunReport:
        route = await app.endpoints.route(model="sim-large")
        wanted = Wish("classifier", target_of(load_worker(WORKER)), SUITE, route, **wish)
        job = await app.evaluations.open(wanted, LOCAL)
        await (await app.evaluations.work(job)).run()
        return await app.reports.report(await app.reports.find(text(job)))

    return run


async def test_a_run_is_added_up_and_gone_through_alike(app: App, evaluated) -> None:
    report = await evaluated(repetitions=3)
    results = list(report.results)
    assert len(results) == report.pass_rate.attempted == 12
    assert sum(one.outcome == "passed" for one in results) == report.pass_rate.passed
    assert (report.pass_rate.errored, report.pass_rate.unscored) == (3, 3)
    assert report.errors[0][1] == 3
    assert report.worth_nano == report.paid_nano > 0
    assert [one.case.name for one in report.failures(99)][-1] == "broken"
    assert (await app.reports.runs())[0].done == 12


async def test_runs_are_compared_ranked_and_kept_as_baselines(app: App, evaluated) -> None:
    first, second, sealed = (
        await evaluated(),
        await evaluated(),
        await evaluated(selection=Selection(Split.SEALED)),
    )
    assert (await app.reports.compare(first.run, second.run)).pass_rate.change.mean == 0
    third = await evaluated(use_cache=False)
    board = await app.reports.leaderboard([first.run, second.run, third.run])
    assert (board.cases, board.best) == (3, None)
    for run in (first.run, second.run):
        await app.baselines.set(run, None, LOCAL)
    assert (await app.baselines.get("classifier", "texts")).run == second.run.id
    assert len(await app.baselines.all()) == 1
    assert sealed.sealed_looks == 1


async def test_outputs_are_scored_once_more_and_rated(app: App, evaluated) -> None:
    first = await evaluated(repetitions=2)
    wish = RescoreWish(first.run, ({"scorer": "human_rating", "scale": "share"},))
    job = await app.rescorings.open(wish, LOCAL)
    await (await app.rescorings.work(job)).run()
    again = await app.reports.find(text(job))
    outputs = [one for one in await app.reports.results(again) if one.output is not None]
    labels = [Label(one.execution, 1.0, "ann", None, 1) for one in outputs[:2]]
    assert (await app.labels.keep(labels, "sheet", LOCAL)).new == 2
    assert (await app.labels.keep(labels, "sheet", LOCAL)).new == 0
    assert await app.labels.apply(again) == 4
    report = await app.reports.report(again)
    assert (report.run.kind, report.run.done, report.rated[0].outputs) == ("rescore", 8, 2)
    assert report.pass_rate.errored == 2
    assert [one.scorer.name for one in await app.labels.agreement(first.run)]
