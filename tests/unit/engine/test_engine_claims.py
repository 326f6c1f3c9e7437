"""Who may work on a job: one holder at a time, taken over when it is dead, shut out when it was thought so."""

import asyncio
import os
import socket
import subprocess
import sys

import pytest

from loom.calls.scripted import ScriptedBackend
from loom.calls.tables import attempt
from loom.core.clock import FakeClock
from loom.core.errors import ConflictError
from loom.engine import claims, store
from loom.engine.claims import LEASE_S
from loom.engine.models import JobState
from loom.engine.tables import execution, job, step
from loom.storage.database import open_database

LABEL = '{"label":"bug"}'
HERE = socket.gethostname()


@pytest.fixture
def clock():
    return FakeClock()


A_YEAR_S = 365 * 86_400


async def held_by(labelling, holder, epoch=0, ahead_s=0.0):
    """Someone else, whose clock is ahead of ours by so much, claims the job and gives one sign of life."""
    until_us = labelling.clock.now_us() + round((LEASE_S + ahead_s) * 1e6)
    await labelling.database.writer.commit(store.claim_job(labelling.job, epoch, holder, until_us))


def a_dead_process():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return f"{HERE}:{ended.pid}:1"


async def passing(clock, task, until, every_s=0.5):
    """What comes of `task` while time passes whenever it sleeps."""
    while not task.done():
        await until(lambda: task.done() or clock.next_wake_s is not None)
        await clock.advance(every_s)
    return (await asyncio.gather(task, return_exceptions=True))[0]


async def test_a_claim_is_a_new_epoch_and_says_whether_someone_was_here_before(labelling, as_another_process):
    first = await labelling.claim()
    as_another_process()
    second = await labelling.claim()
    assert [(one.epoch, one.resumed) for one in (first, second)] == [(1, False), (2, True)]


@pytest.mark.parametrize(
    ("holder", "ahead_s"),
    [
        (f"{HERE}:{os.getppid()}:1", 0),
        ("elsewhere:1:1", 0),
        ("elsewhere:1:1", A_YEAR_S),
        (claims._holder(), 0),
    ],
    ids=["on this machine", "elsewhere", "where the clock is wrong", "in this process"],
)
async def test_a_holder_that_gives_signs_of_life_keeps_its_job(make_labelling, clock, until, holder, ahead_s):
    labelling = await make_labelling(clock)
    await held_by(labelling, holder, ahead_s=ahead_s)
    claiming = asyncio.create_task(labelling.claim())
    for _ in range(50):
        await until(lambda: claiming.done() or clock.next_wake_s is not None)
        if claiming.done():
            break
        lease = store.fence_job(labelling.job, 1, clock.now_us() + round((LEASE_S + ahead_s) * 1e6))
        await labelling.database.writer.commit(lease)
        await clock.advance(0.5)
    with pytest.raises(ConflictError, match=f"being worked on by {holder}; pause it there first"):
        await claiming


@pytest.mark.parametrize("ahead_s", [0, A_YEAR_S])
async def test_a_holder_elsewhere_that_falls_silent_loses_its_job_when_its_lease_ends(
    make_labelling, clock, until, ahead_s
):
    labelling = await make_labelling(clock)
    await held_by(labelling, "elsewhere:1:1", ahead_s=ahead_s)
    before = clock.now_us()
    claimed = await passing(clock, asyncio.create_task(labelling.claim()), until)
    assert claimed.epoch == 2
    assert LEASE_S <= (clock.now_us() - before) / 1e6 < LEASE_S + 2


async def test_a_holder_on_this_machine_that_died_loses_its_job_at_once(make_labelling, clock):
    labelling = await make_labelling(clock)
    await held_by(labelling, a_dead_process())
    assert (await labelling.claim()).epoch == 2


async def test_a_holder_that_had_our_own_number_before_us_loses_its_job_at_once(make_labelling, clock):
    labelling = await make_labelling(clock)
    await held_by(labelling, f"{HERE}:{os.getpid()}:before")
    assert (await labelling.claim()).epoch == 2


async def test_a_paused_job_is_free_at_once_whoever_had_it(make_labelling, clock):
    labelling = await make_labelling(clock)
    await held_by(labelling, "elsewhere:1:1")
    await labelling.database.writer.commit(store.end_job(labelling.job, 1, JobState.PAUSED, "tired", 0))
    assert (await labelling.claim()).epoch == 2


async def test_of_two_who_found_the_job_free_only_the_first_gets_it(labelling):
    await held_by(labelling, "here:1:1", epoch=0)
    with pytest.raises(ConflictError, match="claimed this job at the same moment"):
        await held_by(labelling, "there:1:1", epoch=0)


async def test_of_two_who_claim_at_the_same_moment_one_waits_for_the_other(make_labelling, clock, until):
    labelling = await make_labelling(clock)
    before = clock.now_us()
    both = await passing(clock, asyncio.gather(labelling.claim(), labelling.claim()), until)
    assert sorted(one.epoch for one in both) == [1, 2]
    assert clock.now_us() - before >= LEASE_S * 1e6


async def test_what_a_dead_holder_left_open_is_unknown_stays_charged_and_is_done_again(
    labelling, database, rows, until, as_another_process
):
    lost = ScriptedBackend(LABEL, gate=asyncio.Event())
    working = asyncio.create_task(labelling.work(labelling.items("a", "b"), lost, concurrency=2))
    await until(lambda: len(lost.requests) == 2)
    as_another_process()
    elsewhere = open_database(database.url)
    ended = await labelling.work(labelling.items("a", "b"), ScriptedBackend(LABEL), database=elsewhere)
    assert ended.state is JobState.COMPLETED
    assert (await labelling.money()).spent_nano == 2 * 10 + 2
    assert [row.state for row in rows(database, attempt)] == ["unknown"] * 2 + ["answered"] * 2
    assert [row.state for row in rows(database, execution)] == ["completed"] * 2
    working.cancel()
    await asyncio.wait((working,))
    await elsewhere.aclose()


class TestAHolderThatWasShutOut:
    """It was taken for dead, and still runs."""

    @pytest.fixture
    async def shut_out(self, labelling, until, looking, as_another_process):
        """Its model has answered nothing yet; someone else holds the job by now."""
        gate = asyncio.Event()
        backend = ScriptedBackend([looking.call, LABEL], gate=gate)
        items = labelling.items("a")
        working = asyncio.create_task(labelling.work(items, backend, task=looking.task))
        await until(lambda: backend.requests)
        as_another_process()
        elsewhere = open_database(labelling.database.url)
        await labelling.claim(elsewhere)
        yield working, gate, elsewhere
        working.cancel()
        await asyncio.wait((working,))
        await elsewhere.aclose()

    async def test_stops_and_says_why(self, shut_out):
        working, gate, _ = shut_out
        gate.set()
        ended = await working
        assert ended.state is JobState.PAUSED
        assert isinstance(ended.cause, ConflictError)

    async def test_changes_nothing_of_the_job_its_executions_its_steps_and_its_money(
        self, labelling, shut_out, rows
    ):
        working, gate, elsewhere = shut_out
        before = [rows(elsewhere, table) for table in (job, execution, step, attempt)]
        gate.set()
        await working
        assert [rows(elsewhere, table) for table in (job, execution, step, attempt)] == before

    async def test_is_not_held_against_other_jobs_of_its_process(self, make_labelling, shut_out):
        working, gate, _ = shut_out
        gate.set()
        await working
        other = await make_labelling()
        ended = await other.work(other.items("a"), ScriptedBackend(LABEL))
        assert (ended.state, ended.reason) == (JobState.COMPLETED, None)
