"""Executions that go on where they were cut off, branch off others, or were carried out elsewhere."""

import asyncio

import pytest
from msgspec import structs

from loom.calls import store as calls
from loom.calls.models import Purpose
from loom.calls.scripted import ScriptedBackend
from loom.calls.store import AttemptState
from loom.calls.tables import attempt, call
from loom.core.errors import ContractError
from loom.core.hashing import hash_json
from loom.core.ids import AttemptId, CallId, ExecutionId, new_id
from loom.engine import store
from loom.engine.models import ExecutionState, Fork, JobState, Outcome, Steer
from loom.engine.tables import execution, step
from loom.storage.blobs import pack
from loom.storage.database import open_database
from loom.worker.loop import next_step
from loom.worker.transcript import ToolResult

LABEL = '{"label":"bug"}'


class StuckAfter(ScriptedBackend):
    """Answers so many requests; the next is on its way for ever."""

    def __init__(self, script, answers):
        super().__init__(script)
        self.answers = answers

    async def send(self, wire, on_delta=None):
        if len(self.requests) == self.answers:
            self.requests.append(None)
            await asyncio.Event().wait()
        return await super().send(wire, on_delta)


@pytest.fixture
async def elsewhere(database):
    """Another handle on the same database, as another process has."""
    opened = open_database(database.url)
    yield opened
    await opened.aclose()


async def cut_off(labelling, backend, until, requests, **options):
    """A holder that will never be heard of again, with so many requests sent. Cancel what is returned."""
    working = asyncio.create_task(labelling.work(labelling.items("a"), backend, **options))
    await until(lambda: len(backend.requests) == requests)
    await labelling.database.writer.flush()
    return working


async def bury(working):
    working.cancel()
    await asyncio.wait((working,))


def looking_at(rows, database):
    [only] = rows(database, execution)
    return only.id


async def test_an_interrupted_execution_goes_on_behind_its_last_step(
    labelling, elsewhere, looking, rows, until, as_another_process
):
    working = await cut_off(labelling, StuckAfter([looking.call], 1), until, 2, task=looking.task)
    as_another_process()
    backend = ScriptedBackend([LABEL])
    ended = await labelling.work(labelling.items("a"), backend, database=elsewhere, task=looking.task)
    assert (ended.state, len(backend.requests), looking.tool.looked) == (JobState.COMPLETED, 1, 1)
    assert [message.role for message in backend.requests[0].messages] == [
        "system",
        "user",
        "assistant",
        "tool",
    ]
    assert [row.kind for row in rows(elsewhere, step)] == ["tool"]
    [steps] = elsewhere.read_now(lambda c: store.stored_steps(c, [looking_at(rows, elsewhere)])).values()
    assert [one.content is None for one in steps] == [True, False, True]
    assert len(rows(elsewhere, execution)) == 1
    await bury(working)


async def answered_but_not_recorded(labelling, item):
    """An execution whose answer came in, and whose holder died before a step was made of it."""
    journal = (await labelling.claim()).journal(labelling.database.writer)
    executor = labelling.executor(journal, ScriptedBackend(LABEL), use_cache=False)
    name = ExecutionId(new_id())
    place = (item.run, store.ROOT, item.key, item.number, item.repetition)
    journal.post(store.open_execution(name, *place, ExecutionState.RUNNING, 0))
    request = next_step(executor.worker.open(item.payload), executor.plan).request
    await executor.path.call(executor.path.want(request, name))
    await journal.flush()


async def test_an_answer_received_before_the_end_is_used_and_not_paid_again(
    labelling, database, rows, as_another_process
):
    [item] = labelling.items("a")
    await answered_but_not_recorded(labelling, item)
    as_another_process()
    ended = await labelling.work([item], backend := ScriptedBackend([]), use_cache=False)
    assert (ended.state, backend.requests) == (JobState.COMPLETED, [])
    assert (await labelling.money()).spent_nano == 1
    assert [row.served_by for row in rows(database, call)] == [rows(database, attempt)[0].id]


async def test_an_execution_that_was_paid_before_it_was_interrupted_is_not_shown_as_cached(
    labelling, database, rows, as_another_process
):
    [item] = labelling.items("a")
    await answered_but_not_recorded(labelling, item)
    as_another_process()
    await labelling.work([item], ScriptedBackend([]), use_cache=False)
    assert [row.cached for row in rows(database, execution)] == [False]


async def test_an_execution_served_from_the_cache_is_shown_as_cached_and_took_no_time(
    labelling, make_labelling, database, rows
):
    await labelling.work(labelling.items("a"), ScriptedBackend(LABEL))
    other = await make_labelling()
    await other.work(other.items("a"), backend := ScriptedBackend([]))
    row = rows(database, execution)[-1]
    assert (row.state, row.cached, row.latency_us, backend.requests) == ("completed", True, 0, [])
    assert (await other.money()).spent_nano == 0


async def test_what_was_said_is_read_back_from_the_database(labelling, make_labelling, looking, elsewhere):
    await labelling.work(labelling.items("a"), ScriptedBackend([looking.call, LABEL]), task=looking.task)
    [done] = labelling.finished
    journal = (await (await make_labelling()).claim()).journal(elsewhere.writer)
    executor = labelling.executor(journal, ScriptedBackend(), database=elsewhere, task=looking.task)
    transcript = await executor.transcript(done.execution, {"text": "a"})
    first, tool, last = transcript.steps
    assert (first.answer, tool) == (looking.call, ToolResult("1", "look", "seen"))
    assert (last.answer.text, transcript.usage.output_tokens) == (LABEL, 2)


async def test_nothing_was_said_about_an_input_that_was_refused(labelling):
    journal = (await labelling.claim()).journal(labelling.database.writer)
    executor = labelling.executor(journal, ScriptedBackend())
    with pytest.raises(ContractError, match="text"):
        await executor.transcript(ExecutionId(new_id()), {})


class TestAFork:
    """It keeps the beginning of another execution and goes on by itself."""

    @pytest.fixture
    async def parent(self, labelling, looking):
        await labelling.work(labelling.items("a"), ScriptedBackend([looking.call, LABEL]), task=looking.task)
        return labelling.finished[0]

    async def forked(self, labelling, looking, parent, at, backend):
        item = structs.replace(parent.item, run=labelling.run, fork=Fork(parent.execution, at))
        await labelling.work([item], backend, task=looking.task, use_cache=False)
        return labelling.finished[0]

    async def test_replays_the_steps_it_keeps_at_no_cost(
        self, parent, make_labelling, looking, database, rows
    ):
        other = await make_labelling()
        backend = ScriptedBackend(['{"label":"feature"}'])
        done = await self.forked(other, looking, parent, 2, backend)
        assert (done.outcome.output, len(backend.requests)) == ({"label": "feature"}, 1)
        assert ((await other.money()).spent_nano, looking.tool.looked) == (1, 1)
        names = [parent.execution, done.execution]
        stored = database.read_now(lambda c: store.stored_steps(c, names))
        assert [one.call for one in stored[names[1]]][:2] == [one.call for one in stored[names[0]]][:2]
        assert [one.content is None for one in stored[names[1]]] == [True, False, True]

    async def test_at_the_beginning_keeps_nothing(self, parent, make_labelling, looking):
        backend = ScriptedBackend([LABEL])
        done = await self.forked(await make_labelling(), looking, parent, 0, backend)
        assert (len(backend.requests), len(backend.requests[0].messages)) == (1, 2)
        assert done.outcome.state is ExecutionState.COMPLETED

    async def test_behind_the_last_step_asks_nothing(self, parent, make_labelling, looking):
        backend = ScriptedBackend([])
        done = await self.forked(await make_labelling(), looking, parent, 3, backend)
        assert (done.outcome.output, backend.requests) == ({"label": "bug"}, [])

    async def test_may_be_made_of_the_same_case_in_the_same_run(
        self, parent, make_labelling, looking, database, rows
    ):
        other = await make_labelling()
        forks = [
            structs.replace(parent.item, run=other.run, fork=fork)
            for fork in (None, Fork(parent.execution, 2))
        ]
        ended = await other.work(forks, ScriptedBackend([looking.call, LABEL, LABEL]), task=looking.task)
        assert ended.state is JobState.COMPLETED
        parents = {row.parent for row in rows(database, execution) if row.run == other.run}
        assert parents == {store.ROOT, parent.execution}


class Elsewhere:
    """Carries executions out with a journal of its own, and answers with the receipts of what it paid."""

    def __init__(self, account):
        self.account = account

    async def prepare(self, tasks):
        return [lambda begin, task=task: self.carry_out(task) for task in tasks]

    async def carry_out(self, task):
        name, wanted, made = task.execution, CallId(new_id()), AttemptId(new_id())
        key = hash_json(task.item.payload)
        answer = (None, None, 3, 5, 3, "m-1", pack(b"bytes"), 0, 9)
        receipts = (
            calls.open_call(wanted, name, Purpose.GENERATE, key, "m"),
            calls.open_attempt(made, wanted, self.account, 1, 1, AttemptState.OPEN, 3, 8),
            calls.settle(self.account, 0, 3),
            calls.settle_attempt(made, AttemptState.OPEN, AttemptState.ANSWERED, *answer),
            calls.serve_call(wanted, made, None),
            store.add_step(name, 0, "model", wanted, None),
        )
        return Outcome(ExecutionState.COMPLETED, "completed", {"label": "bug"}, receipts=receipts)


class TestAnExecutionCarriedOutElsewhere:
    async def work(self, labelling, **options):
        account = labelling.database.read_now(lambda c: store.load_job(c, labelling.job)).account
        return await labelling.work(labelling.items("a", "b", "c"), Elsewhere(account), **options)

    async def test_is_committed_with_its_receipts(self, labelling, database, rows):
        assert (await self.work(labelling)).state is JobState.COMPLETED
        assert (await labelling.money()).spent_nano == 9
        tries = [(row.state, row.cost_nano, row.output_tokens) for row in rows(database, attempt)]
        assert tries == [("answered", 3, 3)] * 3
        assert [row.state for row in rows(database, execution)] == ["completed"] * 3

    async def test_is_not_carried_out_again_on_resume(self, labelling):
        await self.work(labelling, concurrency=1, watch=lambda _: labelling.runner.steer(Steer.PAUSE))
        assert len(labelling.finished) == 1
        await self.work(labelling)
        assert (len(labelling.finished), (await labelling.money()).spent_nano) == (3, 9)

    async def test_reads_like_one_carried_out_here(self, labelling):
        await self.work(labelling)
        names = [one.execution for one in labelling.finished]
        found = labelling.database.read_now(lambda c: store.stored_steps(c, names))
        assert [found[name][0].received.body for name in names] == [b"bytes"] * 3
