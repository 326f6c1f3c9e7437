"""Working through a job: to its end, to a pause, or to what makes it impossible to go on."""

import asyncio
import signal
from itertools import count

import pytest
from msgspec import structs

from loom.calls.limits import BreakerPolicy
from loom.calls.scripted import ScriptedBackend
from loom.calls.tables import attempt
from loom.core.clock import FakeClock
from loom.core.errors import ConflictError, EndpointDownError, Fault, LimitError, NotFoundError, ProviderError
from loom.core.ids import JobId, new_id
from loom.engine.claims import LEASE_S, claim, steer
from loom.engine.models import ExecutionState, JobState, Outcome, Steer
from loom.engine.store import lease_of
from loom.engine.tables import execution, job
from loom.evaluation.store import add_score
from loom.evaluation.tables import score
from loom.storage.database import open_database

LABEL = '{"label":"bug"}'
TEXTS = [f"text {number}" for number in range(12)]


def fault(kind):
    return ProviderError(f"it was {kind}", kind)


def keys(database, rows):
    return [row.item_key for row in rows(database, execution)]


class Doing:
    """An executor that calls nothing: `act` is given each text and says what becomes of it."""

    def __init__(self, act):
        self.act = act

    async def prepare(self, tasks):
        async def ready(begin, task):
            done = self.act(task.item.payload["text"])
            return done if isinstance(done, Outcome) else await done

        return [lambda begin, task=task: ready(begin, task) for task in tasks]


DONE = Outcome(ExecutionState.COMPLETED, "completed", {"label": "bug"})


async def test_every_item_is_carried_out_once_and_the_job_is_completed(labelling, database, rows):
    ended = await labelling.work(labelling.items(*TEXTS), ScriptedBackend(LABEL))
    assert (ended.state, ended.reason, labelling.state) == (JobState.COMPLETED, None, "completed")
    assert sorted(keys(database, rows)) == sorted(one.key for one in labelling.items(*TEXTS))
    assert {row.state for row in rows(database, execution)} == {"completed"}
    assert (await labelling.money()).spent_nano == len(TEXTS)


async def test_no_more_than_the_wished_number_run_at_once(labelling):
    running, most = 0, 0

    async def act(text):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return DONE

    await labelling.work(labelling.items(*TEXTS), Doing(act), concurrency=3)
    assert most == 3


@pytest.fixture
def alarm():
    """Ends a loop that never waits, which no time-out of asyncio can."""

    def ring(_signal, _frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
async def test_more_workers_than_are_prepared_at_a_time_do_not_keep_each_other_from_waiting(labelling):
    async def turns(number):
        for _ in range(number):
            await asyncio.sleep(0)
        return DONE

    class LooksUp(Doing):
        async def prepare(self, tasks):
            await turns(3)
            return await super().prepare(tasks)

    texts = map(str, range(3_000))
    doing = LooksUp(lambda text: turns(int(text) % 7))
    ended = await labelling.work(labelling.items(*texts), doing, concurrency=1_024)
    assert (ended.state, len(labelling.finished)) == (JobState.COMPLETED, 3_000)


async def test_items_are_taken_as_they_are_needed_and_not_all_at_once(labelling):
    taken = count()

    def endless():
        while True:
            yield from labelling.items(str(next(taken)))

    def watch(_):
        if len(labelling.finished) == 300:
            labelling.runner.steer(Steer.STOP)

    ended = await labelling.work(endless(), Doing(lambda text: DONE), watch=watch)
    assert ended.state is JobState.STOPPED
    assert next(taken) < 1000


async def test_a_pause_finishes_what_is_in_flight_and_starts_nothing_more(labelling, until):
    gate = asyncio.Event()
    backend = ScriptedBackend(LABEL, gate=gate)
    working = asyncio.create_task(labelling.work(labelling.items(*TEXTS), backend, concurrency=3))
    await until(lambda: len(backend.requests) == 3)
    labelling.runner.steer(Steer.PAUSE)
    gate.set()
    ended = await working
    assert (ended.state, ended.reason, labelling.state) == (JobState.PAUSED, "paused by a person", "paused")
    assert (len(backend.requests), len(labelling.finished)) == (3, 3)


async def test_a_wish_that_comes_when_all_is_done_comes_too_late(labelling):
    def watch(_):
        if len(labelling.finished) == len(TEXTS):
            labelling.runner.steer(Steer.PAUSE)

    ended = await labelling.work(labelling.items(*TEXTS), ScriptedBackend(LABEL), watch=watch)
    assert (ended.state, labelling.state) == (JobState.COMPLETED, "completed")


async def test_a_paused_job_goes_on_with_what_is_left_and_pays_nothing_twice(labelling, database, rows):
    backend = ScriptedBackend(LABEL)
    await labelling.work(
        labelling.items(*TEXTS), backend, concurrency=2, watch=lambda _: labelling.runner.steer(Steer.PAUSE)
    )
    assert 0 < len(labelling.finished) < len(TEXTS)
    ended = await labelling.work(labelling.items(*TEXTS), backend)
    assert (ended.state, len(backend.requests)) == (JobState.COMPLETED, len(TEXTS))
    assert sorted(keys(database, rows)) == sorted(one.key for one in labelling.items(*TEXTS))


async def test_a_stopped_job_is_over_for_good(labelling):
    await labelling.work(
        labelling.items(*TEXTS), ScriptedBackend(LABEL), watch=lambda _: labelling.runner.steer(Steer.STOP)
    )
    assert labelling.state == "stopped"
    with pytest.raises(ConflictError, match="is stopped already; start a new one"):
        await labelling.claim()


@pytest.mark.parametrize(("wish", "state"), [(Steer.PAUSE, "paused"), (Steer.STOP, "stopped")])
async def test_a_job_is_steered_from_another_handle_on_the_database(make_labelling, until, wish, state):
    clock = FakeClock()
    labelling = await make_labelling(clock)
    backend = ScriptedBackend(LABEL, gate=(gate := asyncio.Event()))
    working = asyncio.create_task(labelling.work(labelling.items(*TEXTS), backend, concurrency=2))
    await until(lambda: len(backend.requests) == 2)
    elsewhere = open_database(labelling.database.url)
    await steer(elsewhere, labelling.job, wish)
    await clock.advance(5)
    await until(labelling.runner._halt.is_set)
    gate.set()
    assert ((await working).state, len(backend.requests)) == (state, 2)
    await elsewhere.aclose()


async def test_who_asks_for_a_pause_after_a_stop_does_not_undo_it(labelling, rows):
    await labelling.claim()
    for wish in (Steer.STOP, Steer.PAUSE):
        await steer(labelling.database, labelling.job, wish)
    assert [row.steer for row in rows(labelling.database, job)] == ["stop"]


async def test_a_pause_keeps_the_job_until_what_is_in_flight_has_ended(make_labelling, until):
    labelling = await make_labelling(clock := FakeClock())
    backend = ScriptedBackend(LABEL, gate=(gate := asyncio.Event()))
    working = asyncio.create_task(labelling.work(labelling.items("a", "b"), backend, concurrency=1))
    await until(lambda: backend.requests)
    labelling.runner.steer(Steer.PAUSE)
    for _ in range(8):
        await until(lambda: clock.next_wake_s is not None)
        await clock.advance(LEASE_S / 5)
    lease = labelling.database.read_now(lambda connection: lease_of(connection, labelling.job))
    assert lease.until_us > clock.now_us()
    gate.set()
    assert (await working).state is JobState.PAUSED


async def test_a_job_that_does_not_run_cannot_be_steered(labelling):
    with pytest.raises(ConflictError, match="not running"):
        await steer(labelling.database, labelling.job, Steer.PAUSE)


async def test_cancelling_the_run_pauses_the_job_and_what_was_on_its_way_is_unknown(
    labelling, database, rows, until
):
    backend = ScriptedBackend(LABEL, gate=asyncio.Event())
    working = asyncio.create_task(labelling.work(labelling.items(*TEXTS), backend, concurrency=2))
    await until(lambda: len(backend.requests) == 2)
    working.cancel()
    await asyncio.wait((working,))
    [row] = rows(database, job)
    assert (row.state, row.reason) == ("paused", "paused by a person")
    assert [row.state for row in rows(database, attempt)] == ["unknown"] * 2
    assert (await labelling.money()).spent_nano == 20


async def test_what_follows_from_an_outcome_is_written_with_it(labelling, database, rows):
    async def finish(finished):
        return [add_score(finished.execution, b"scorer", 1.0, None, None)]

    await labelling.work(labelling.items("one"), ScriptedBackend(LABEL), finish=finish)
    [row] = rows(database, score)
    assert row.execution == rows(database, execution)[0].id


async def test_an_execution_that_fails_is_an_outcome_and_the_others_go_on(labelling, database, rows):
    answers = [fault(Fault.REFUSED), LABEL, "no json"]
    ended = await labelling.work(labelling.items("a", "b", "c"), ScriptedBackend(answers), concurrency=1)
    assert ended.state is JobState.COMPLETED
    failed, good, invalid = rows(database, execution)
    assert (failed.state, failed.error) == ("errored", "it was refused")
    assert (good.state, good.problems, good.cached) == ("completed", None, False)
    assert (invalid.state, invalid.output) == ("completed", None)
    assert "JSON" in invalid.problems


async def test_an_input_that_breaks_its_contract_is_an_outcome_that_costs_nothing(labelling, database, rows):

    wrong = structs.replace(labelling.items("x")[0], payload={"txt": 1})
    await labelling.work([wrong], backend := ScriptedBackend(LABEL))
    [row] = rows(database, execution)
    assert (row.state, backend.requests) == ("errored", [])
    assert "text" in row.error


class TestWhenTheJobCannotGoOn:
    async def test_a_refused_key_pauses_it_and_nothing_is_lost(self, labelling):
        backend = ScriptedBackend([LABEL, fault(Fault.UNAUTHORIZED), LABEL, LABEL])
        ended = await labelling.work(labelling.items("a", "b", "c"), backend, concurrency=1)
        assert (ended.state, ended.cause.fault, labelling.state) == ("paused", Fault.UNAUTHORIZED, "paused")
        assert len(labelling.finished) == 1
        ended = await labelling.work(labelling.items("a", "b", "c"), backend, concurrency=1)
        assert (ended.state, len(labelling.finished)) == (JobState.COMPLETED, 3)

    async def test_an_endpoint_that_is_down_pauses_it_and_nothing_is_lost(self, make_labelling, until):
        labelling = await make_labelling(clock := FakeClock())
        working = asyncio.create_task(
            labelling.work(labelling.items(*TEXTS), ScriptedBackend(fault(Fault.UNSENT)))
        )
        while not working.done():
            await until(lambda: working.done() or clock.next_wake_s is not None)
            await clock.advance(min(clock.next_wake_s or 0, BreakerPolicy().longest_look_s))
        ended = await working
        assert ended.state is JobState.PAUSED
        assert isinstance(ended.cause, EndpointDownError)
        assert labelling.finished == []

    async def test_an_exhausted_budget_pauses_it_with_the_reason(self, make_labelling):
        labelling = await make_labelling(limit_nano=13)
        ended = await labelling.work(labelling.items(*TEXTS), ScriptedBackend(LABEL))
        assert ended.state is JobState.PAUSED
        assert isinstance(ended.cause, LimitError)
        assert "no room" in ended.reason
        assert (len(labelling.finished), (await labelling.money()).spent_nano) == (4, 4)

    async def test_a_bug_in_the_executor_surfaces_and_leaves_nobody_working(self, labelling):
        before, begun, broken = asyncio.all_tasks(), [], asyncio.Event()

        async def act(text):
            begun.append(text)
            if text == "text 1":
                broken.set()
                raise ZeroDivisionError("a bug")
            await broken.wait()
            return DONE

        with pytest.raises(ZeroDivisionError):
            await labelling.work(labelling.items(*TEXTS), Doing(act), concurrency=3)
        assert (labelling.state, asyncio.all_tasks(), len(begun) < len(TEXTS)) == ("paused", before, True)

    async def test_a_bug_while_preparing_surfaces_and_the_job_is_not_taken_for_complete(self, labelling):
        class Broken:
            async def prepare(self, tasks):
                raise ZeroDivisionError("a bug")

        with pytest.raises(ZeroDivisionError):
            await labelling.work(labelling.items(*TEXTS), Broken())
        assert labelling.state == "paused"

    async def test_a_bug_in_one_job_is_not_held_against_the_next(self, labelling, make_labelling):
        with pytest.raises(ZeroDivisionError):
            await labelling.work(labelling.items("a"), Doing(lambda text: 1 / 0))
        other = await make_labelling()
        assert (await other.work(other.items("a"), ScriptedBackend(LABEL))).state is JobState.COMPLETED


async def test_a_job_that_is_not_there_is_named(database, labelling):
    missing = JobId(new_id())
    with pytest.raises(NotFoundError, match=missing.hex()):
        await claim(database, labelling.clock, missing)


async def test_a_job_is_known_by_its_kind_its_reason_and_its_end(labelling, database, rows):
    await labelling.work(labelling.items("a"), ScriptedBackend(LABEL))
    [row] = rows(database, job)
    assert (row.kind, row.state, row.holder, row.principal) == ("evaluation", "completed", None, "local")
    assert row.finished_us >= row.created_us


async def test_a_cancellation_that_leaks_from_an_execution_is_a_bug_and_no_item_is_lost(labelling):
    async def act(text):
        if text == "text 1":
            raise asyncio.CancelledError
        return DONE

    with pytest.raises(RuntimeError, match="cancelled from within"):
        await labelling.work(labelling.items(*TEXTS), Doing(act))
    assert labelling.state == "paused"


async def test_a_stop_is_not_turned_into_a_pause(labelling):
    async def act(text):
        labelling.runner.steer(Steer.STOP)
        labelling.runner.steer(Steer.PAUSE)
        return DONE

    assert (await labelling.work(labelling.items(*TEXTS), Doing(act))).state is JobState.STOPPED
