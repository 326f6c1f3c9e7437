"""Caps of API keys hold, whatever is started side by side; over every kind of database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loom.access.keys import NewKey
from loom.access.models import LOCAL, Credentials, Principal, Role
from loom.access.service import Access, AccessSecrets
from loom.calls.store import account_state, reserve, settle
from loom.core.clock import FakeClock
from loom.core.errors import LimitError
from loom.core.ids import JobId
from loom.engine.claims import claim
from loom.engine.jobs import JobPlan, open_job
from loom.engine.models import JobKind, JobState
from loom.engine.spending import Spending, Spent, new_budget
from loom.engine.store import end_job, load_job
from loom.storage.database import Database, open_database

CAP = 100


@dataclass
class Desk:
    """Jobs that a capped key opens."""

    database: Database
    clock: FakeClock
    access: Access
    key: Principal

    async def open(self, limit: int | None = None, kind: JobKind = JobKind.EVALUATION) -> JobId:
        return await open_job(self.database, self.clock, JobPlan(kind, {}, (), limit), self.key)

    async def account(self, job: JobId):
        return (await self.database.read(lambda connection: load_job(connection, job))).account

    async def limit(self, job: JobId) -> int | None:
        account = await self.account(job)
        return (await self.database.read(lambda connection: account_state(connection, account))).limit_nano

    async def spend(self, job: JobId, cost: int, *, reserved: int = 0) -> None:
        account = await self.account(job)
        await self.database.writer.commit(reserve(account, cost + reserved), settle(account, cost, cost))

    async def end(self, job: JobId, state: JobState = JobState.COMPLETED) -> None:
        claimed = await claim(self.database, self.clock, job)
        now = self.clock.now_us()
        await self.database.writer.commit(end_job(job, claimed.epoch, state, None, now))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    database, clock = open_database(url), FakeClock()
    access = Access(database, clock, AccessSecrets(tmp_path))
    made = await access.keys.add(NewKey("ci", Role.RUN, cap_nano=CAP), LOCAL)
    key = await access.identify(Credentials(bearer=made.secret))
    yield Desk(database, clock, access, key)
    await database.aclose()


async def test_a_job_gets_what_it_asks_for_and_never_more_than_is_left(desk: Desk) -> None:
    assert desk.key.capped
    assert await desk.limit(await desk.open(30)) == 30
    assert await desk.limit(await desk.open(500)) == 70


async def test_what_ended_jobs_did_not_spend_is_there_again(desk: Desk) -> None:
    job = await desk.open()
    await desk.spend(job, 40)
    with pytest.raises(LimitError, match=r"is spent, and .* is held by jobs that go on"):
        await desk.open()
    await desk.end(job)
    assert await desk.limit(await desk.open()) == 60


async def test_what_may_have_been_paid_when_a_job_ended_counts_as_spent(desk: Desk) -> None:
    job = await desk.open()
    await desk.spend(job, 10, reserved=30)
    await desk.database.writer.commit(
        end_job(job, (await claim(desk.database, desk.clock, job)).epoch, "stopped", None, 0)
    )
    spent = (await Spending(desk.database, desk.clock).by_key())[desk.key.key]
    assert spent.held_nano == 0
    assert await desk.limit(await desk.open()) == CAP - spent.spent_nano


async def test_a_spent_cap_opens_nothing_until_it_is_raised(desk: Desk) -> None:
    job = await desk.open()
    await desk.spend(job, CAP)
    await desk.end(job)
    with pytest.raises(LimitError, match=r"nothing is left of the cap .* of the key 'ci': .* raise the cap"):
        await desk.open(1)
    await desk.access.keys.set_cap(desk.key.key, CAP + 7, LOCAL)
    assert await desk.limit(await desk.open()) == 7


async def test_jobs_opened_at_once_do_not_share_the_same_rest(desk: Desk) -> None:
    jobs = await asyncio.gather(*(desk.open(40) for _ in range(4)), return_exceptions=True)
    limits = sorted([await desk.limit(job) for job in jobs if isinstance(job, bytes)])
    assert limits == [20, 40, 40]
    assert sum(isinstance(job, LimitError) for job in jobs) == 1


async def test_a_budget_that_is_raised_later_stays_within_the_cap(desk: Desk) -> None:
    first, _second = await desk.open(10), await desk.open(50)
    await claim(desk.database, desk.clock, first, limit_nano=80)
    assert await desk.limit(first) == 50
    await desk.database.writer.commit(
        *await new_budget(desk.database, await desk.account(first), 20, desk.clock.now_us())
    )
    assert await desk.limit(first) == 20


async def test_an_interrupted_test_does_not_hold_its_budget_for_ever(desk: Desk) -> None:
    await desk.spend(await desk.open(kind=JobKind.TEST), 5)
    with pytest.raises(LimitError):
        await desk.open()
    await desk.clock.advance(61)
    assert await desk.limit(await desk.open()) == 95


async def test_what_keys_have_spent_is_shown(desk: Desk) -> None:
    done, going = await desk.open(30), await desk.open(50)
    await desk.spend(done, 10)
    await desk.spend(going, 20)
    await desk.end(done)
    assert await Spending(desk.database, desk.clock).by_key() == {desk.key.key: Spent(30, 30)}


async def test_a_key_without_a_cap_and_people_have_the_budget_they_ask_for(desk: Desk) -> None:
    made = await desk.access.keys.add(NewKey("free", Role.RUN), LOCAL)
    free = await desk.access.identify(Credentials(bearer=made.secret))
    for asker in (free, LOCAL):
        plan = JobPlan(JobKind.EVALUATION, {}, (), None)
        assert await desk.limit(await open_job(desk.database, desk.clock, plan, asker)) is None
