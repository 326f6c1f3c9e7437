"""Old tests and runs go with all that belongs to nothing else, over every kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Table, delete, func, select

from loom.access.audit import noted
from loom.access.models import LOCAL, Principal, Role
from loom.calls.tables import account, attempt, cache, call
from loom.core.clock import FakeClock
from loom.core.errors import ForbiddenError, UsageError
from loom.core.ids import text
from loom.core.settings import load_settings
from loom.core.worker_config import load_worker
from loom.delivery.tables import event, stream
from loom.engine.bench import TestWish
from loom.engine.jobs import Once
from loom.engine.queue_store import host
from loom.engine.tables import execution, hosted, job, once, run, step
from loom.evaluation.comparing.baselines import Baselines
from loom.evaluation.judging.label_files import Label
from loom.evaluation.models import Case, Suite
from loom.evaluation.results.report import RunReport
from loom.evaluation.retention.service import Ages, Pruned, Retention
from loom.evaluation.running.rescoring import RescoreWish
from loom.evaluation.running.service import Wish
from loom.evaluation.tables import score
from loom.storage.blobs import blob
from loom.wiring.app import App, open_app
from loom.worker.target import target_of

WORKER = Path(__file__).parents[2] / "configs" / "workers" / "classifier.yaml"
SUITE = Suite(
    "texts",
    (
        Case("bill", {"text": "My invoice is wrong."}, {"category": "billing", "urgency": "normal"}),
        Case(
            "parcel", {"text": "The parcel has not arrived."}, {"category": "shipping", "urgency": "normal"}
        ),
    ),
)
DAY_S = 24 * 3600


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def app(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[App]:
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    monkeypatch.setenv("HOME", str(tmp_path))
    async with open_app(load_settings({"DATABASE_URL": url, "DATA_DIR": str(tmp_path)})) as opened:
        opened.clock = FakeClock()
        yield opened


@pytest.fixture
def evaluated(app: App):
    async def run_it(**wish) -> RunReport:
        route = await app.endpoints.route(model="sim-small")
        wanted = Wish("classifier", target_of(load_worker(WORKER)), SUITE, route, **wish)
        opened = await app.evaluations.open(wanted, LOCAL)
        await (await app.evaluations.work(opened)).run()
        return await app.reports.report(await app.reports.find(text(opened)))

    return run_it


@pytest.fixture
def later(app: App):
    async def wait(days: float) -> Retention:
        await app.clock.advance(days * DAY_S)
        await app.database.writer.flush()
        return app.retention

    return wait


async def counted(app: App, *tables: Table) -> list[int]:
    return await app.database.read(
        lambda connection: [
            connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        ]
    )


async def lost(app: App) -> set[bytes]:
    """What is referred to and not there."""
    columns = (job.c.spec, run.c.config_hash, run.c.suite_hash)
    wanted, kept = await app.database.read(
        lambda connection: (
            {name for column in columns for name in connection.execute(select(column)).scalars() if name},
            set(connection.execute(select(blob.c.hash)).scalars()),
        )
    )
    assert wanted
    return wanted - kept


async def test_an_old_run_goes_and_a_young_one_stays(app: App, evaluated, later) -> None:
    await evaluated()
    retention = await later(20)
    young = await evaluated(use_cache=False)
    await later(20)
    assert await retention.due(Ages(run_days=30)) == Pruned(runs=1)
    assert await retention.prune(Ages(run_days=30), LOCAL) == Pruned(runs=1)
    assert [one.id for one in await app.reports.runs()] == [young.run.id]
    assert await counted(app, job, run, execution, call, score) == [1, 1, 2, 2, 2]
    assert len(list((await app.reports.report(young.run)).results)) == 2


async def test_nothing_goes_that_is_kept_for_ever(app: App, evaluated, later) -> None:
    await evaluated()
    retention = await later(4000)
    assert await retention.prune(Ages(test_days=1), LOCAL) == Pruned()
    assert await counted(app, job) == [1]


async def test_answers_that_the_cache_keeps_stay_and_still_serve(app: App, evaluated, later) -> None:
    await evaluated()
    retention = await later(2)
    await retention.prune(Ages(run_days=1), LOCAL)
    assert await counted(app, execution, call, step, score, attempt, cache) == [0, 0, 0, 0, 2, 2]
    again = await evaluated()
    assert again.paid_nano == 0
    assert (await counted(app, attempt, account))[0] == 2


async def test_an_answer_that_serves_another_run_stays(app: App, evaluated, later) -> None:
    await evaluated()
    retention = await later(2)
    second = await evaluated()
    engine = app.database.backend.owner()
    with engine.begin() as connection:
        connection.execute(delete(cache))
    engine.dispose()
    assert await retention.prune(Ages(run_days=1), LOCAL) == Pruned(runs=1)
    assert len([one for one in (await app.reports.report(second.run)).results if one.output]) == 2
    assert await counted(app, call, attempt) == [2, 2]


async def test_answers_that_nobody_needs_go(app: App, evaluated, later) -> None:
    await evaluated(use_cache=False)
    await app.database.writer.flush()
    retention = await later(2)
    held = (await counted(app, cache))[0]
    await retention.prune(Ages(run_days=1), LOCAL)
    assert (await counted(app, attempt))[0] == held


async def test_the_content_of_a_deleted_run_goes_unless_another_refers_to_it(
    app: App, evaluated, later
) -> None:
    await evaluated()
    (alone,) = await counted(app, blob)
    retention = await later(2)
    await evaluated(repetitions=2)
    (both,) = await counted(app, blob)
    await retention.prune(Ages(run_days=1), LOCAL)
    assert alone < both
    assert (await counted(app, blob))[0] < both
    assert await lost(app) == set()
    await later(2)
    await retention.prune(Ages(run_days=1), LOCAL)
    assert await counted(app, blob, job) == [0, 0]


async def test_baselines_and_what_people_rated_stay(app: App, evaluated, later) -> None:
    first, rated, other = await evaluated(), await evaluated(), await evaluated()
    await app.baselines.set(first.run, None, LOCAL)
    outputs = [one for one in rated.results if one.output is not None]
    await app.labels.keep([Label(outputs[0].execution, 1.0, "ann", None, 1)], "sheet", LOCAL)
    retention = await later(2)
    assert await retention.prune(Ages(run_days=1), LOCAL) == Pruned(runs=1)
    assert other.run.id not in {one.id for one in await app.reports.runs()}
    await app.baselines.clear("classifier", "texts", LOCAL)
    assert await retention.due(Ages(run_days=1)) == Pruned(runs=1)


async def test_a_baseline_stays_whatever_is_set_or_cleared_in_another_folder(
    app: App, evaluated, later
) -> None:
    for cleared in (False, True):
        mine, other = await evaluated(), await evaluated()
        await Baselines(app.database, app.clock, "/mine").set(mine.run, None, LOCAL)
        elsewhere = Baselines(app.database, app.clock, "/other")
        await elsewhere.set(other.run, None, LOCAL)
        if cleared:
            await elsewhere.clear("classifier", "texts", LOCAL)
        await (await later(2)).prune(Ages(run_days=1), LOCAL)
        kept = {one.id for one in await app.reports.runs()}
        assert (mine.run.id in kept, other.run.id in kept) == (True, not cleared)


async def test_no_run_goes_while_its_outputs_are_being_scored_once_more(app: App, evaluated, later) -> None:
    first = await evaluated()
    opened = await app.rescorings.open(RescoreWish(first.run, ("exact_match",)), LOCAL)
    retention = await later(2)
    assert await retention.due(Ages(run_days=1)) == Pruned()
    await (await app.rescorings.work(opened)).run()
    await later(2)
    assert await retention.prune(Ages(run_days=1), LOCAL) == Pruned(runs=2)


async def test_tests_have_an_age_of_their_own(app: App, evaluated, later) -> None:
    await evaluated()
    route = await app.endpoints.route(model="sim-small")
    wish = TestWish("classifier", target_of(load_worker(WORKER)), {"text": "Hello"}, route)
    await app.bench.test(wish, LOCAL)
    retention = await later(2)
    assert await retention.prune(Ages(test_days=1), LOCAL) == Pruned(tests=1)
    assert await counted(app, job, run) == [1, 1]


async def test_only_an_administrator_deletes_and_never_what_is_of_today(app: App, evaluated) -> None:
    await evaluated()
    with pytest.raises(ForbiddenError):
        await app.retention.prune(Ages(run_days=1), Principal("rob", Role.RUN))
    with pytest.raises(UsageError, match="from 1 to 36500 days"):
        await app.retention.prune(Ages(run_days=0), LOCAL)


async def test_what_was_done_is_counted_and_what_was_spent_outlives_it(app: App, evaluated, later) -> None:
    await evaluated()
    await evaluated()
    before = await app.stats.read()
    assert (before.runs, before.tests, before.executions, before.calls, before.attempts) == (2, 0, 4, 4, 2)
    assert (before.cache_hit_rate, before.cached_answers, before.queue) == (0.5, 2, 0)
    assert before.database_bytes > 10_000
    await (await later(2)).prune(Ages(run_days=1), LOCAL)
    after = await app.stats.read()
    assert (after.runs, after.calls, after.cache_hit_rate) == (0, 0, None)
    assert after.spent_nano == before.spent_nano > 0


async def test_with_a_job_goes_what_was_told_of_it_and_who_asked_for_it(app: App, evaluated, later) -> None:
    report = await evaluated(once=Once("key", b"asked"))
    [(owner,)] = await app.database.read(lambda connection: connection.execute(select(job.c.id)).all())
    await app.database.writer.commit(host(owner))
    assert await counted(app, hosted, once) == [1, 1]
    assert report.run.state == "completed"
    await (await later(2)).prune(Ages(run_days=1), LOCAL)
    assert await counted(app, job, hosted, once) == [0, 0, 0]
    assert not await told(app, f"job:{text(owner)}")


async def test_events_and_keys_go_in_time_also_where_runs_are_kept_for_ever(
    app: App, evaluated, later
) -> None:
    await evaluated(once=Once("key", b"asked"))
    [(owner,)] = await app.database.read(lambda connection: connection.execute(select(job.c.id)).all())
    assert await told(app, f"job:{text(owner)}")
    await (await later(2)).prune(Ages(), LOCAL)
    assert not await told(app, f"job:{text(owner)}")
    assert await counted(app, job, once) == [1, 1]
    await (await later(6)).prune(Ages(), LOCAL)
    assert await counted(app, job, once) == [1, 0]


async def told(app: App, name: str) -> int:
    """The rows of a stream, its own and those of its events."""
    rows = (
        select(func.count()).where(event.c.stream == name),
        select(func.count()).where(stream.c.name == name),
    )
    return await app.database.read(
        lambda connection: sum(connection.execute(query).scalar_one() for query in rows)
    )


async def test_the_audit_log_is_trimmed_by_age_however_long_it_is(app: App, later) -> None:
    old = (noted(LOCAL, "test.old", str(number), app.clock.now_us()) for number in range(2_100))
    await app.database.writer.commit(*old)
    retention = await later(30)
    await app.database.writer.commit(noted(LOCAL, "test.young", "x", app.clock.now_us()))
    ages = Ages(audit_days=7)
    assert await retention.due(ages) == Pruned(entries=2_100)
    assert await retention.prune(ages, LOCAL) == Pruned(entries=2_100)
    entries = (await app.access.audit.page(LOCAL)).entries
    assert [one.action for one in entries] == ["retention.prune", "test.young"]
    assert entries[0].subject == "0 tests, 0 runs and 2,100 audit entries"
