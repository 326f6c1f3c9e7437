"""Carrying out executions in this process: the worker's loop over the call path, resumed where it stood."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

from loom.calls.backend import OnDelta
from loom.calls.models import ModelRequest
from loom.calls.path import CallPath, Served, Wanted
from loom.calls.store import StoredAnswer, answered_calls
from loom.core.errors import ContractError, EndpointDownError, Fault, ProviderError
from loom.core.ids import ExecutionId
from loom.core.jsonvalue import Json, canonical
from loom.core.value import Value
from loom.engine import store
from loom.engine.models import ExecutionState, Outcome, WorkItem
from loom.storage.blobs import pack
from loom.storage.database import Database
from loom.storage.statements import Write
from loom.worker.driver import drive
from loom.worker.loop import AwaitHuman, CallModel, Plan, StopReason, next_step
from loom.worker.task import WorkerTask
from loom.worker.transcript import (
    HumanAnswer,
    ModelTurn,
    Step,
    ToolResult,
    Transcript,
    step_from_json,
    step_to_json,
)

__all__ = ["Begin", "Executor", "LocalExecutor", "Ready", "Task"]

Begin: TypeAlias = Callable[[], None]
"""Called before the first paid call of an execution: from then on it is known to be under way."""

Ready: TypeAlias = Callable[[Begin], Awaitable[Outcome]]
"""What carries a prepared task out.

May raise `EndpointDownError`, `ProviderError` with `UNAUTHORIZED`, `LimitError` and `StorageError`: the job cannot go
on now, and the task is still to do. Everything else that can go wrong is an outcome.
"""


class Task(Value):
    """An execution to carry out."""

    execution: ExecutionId
    item: WorkItem
    begun: bool = False
    """It was begun before: its steps and answers are in the store."""


class Executor(Protocol):
    """Carries out executions: in this process, or on a runner elsewhere that answers with receipts."""

    async def prepare(self, tasks: Sequence[Task]) -> Sequence[Ready]:
        """What carries out each task. Looks things up in bulk; starts nothing."""
        ...


class _Past(Value):
    """What the store knows of a task from before."""

    steps: tuple[Step, ...] = ()
    answers: Mapping[bytes, StoredAnswer] | None = None
    """Answers received for it, by cache key, whether or not a step was made of them."""


_NO_PAST = _Past()


class LocalExecutor:
    """Executes tasks of one worker on one route."""

    def __init__(
        self,
        worker: WorkerTask,
        plan: Plan,
        path: CallPath,
        database: Database,
        on_delta: OnDelta | None = None,
    ) -> None:
        self.worker = worker
        self.plan = plan
        self.path = path
        self.on_delta = on_delta
        self.database = database

    async def prepare(self, tasks: Sequence[Task]) -> list[Ready]:
        past = await self._past(tasks)
        opened = [_Execution(self, task, past.get(task.execution, _NO_PAST)) for task in tasks]
        found = await self.path.look_up([one.first.key for one in opened if one.first])
        for one in opened:
            if one.first and (hit := found.get(one.first.key)):
                one.answers.setdefault(one.first.key, hit)
        return [one.run for one in opened]

    async def transcript(self, execution: ExecutionId, payload: Json) -> Transcript:
        """What was said in an execution that has run.

        Raises:
            ContractError: when `payload` was refused, so nothing was said.
        """
        stored = await self.database.read(lambda connection: store.stored_steps(connection, (execution,)))
        opening = self.worker.open(payload).opening
        return Transcript(opening, tuple(self._step(one) for one in stored.get(execution, ())))

    async def _past(self, tasks: Sequence[Task]) -> dict[ExecutionId, _Past]:
        begun = [task.execution for task in tasks if task.begun]
        forks = {task.execution: task.item.fork for task in tasks if task.item.fork and not task.begun}
        if not begun and not forks:
            return {}
        origins = [*begun, *(fork.parent for fork in forks.values())]
        stored = await self.database.read(lambda connection: store.stored_steps(connection, origins))
        answers = await self.database.read(lambda connection: answered_calls(connection, begun))
        steps = {name: tuple(self._step(one) for one in found) for name, found in stored.items()}
        past = {name: _Past(steps.get(name, ()), answers.get(name)) for name in begun}
        return past | {name: _Past(steps.get(fork.parent, ())[: fork.at]) for name, fork in forks.items()}

    def _step(self, stored: store.StoredStep) -> Step:
        if stored.received is not None:
            return ModelTurn(self.path.route.backend.read(stored.received), stored.call)
        assert stored.content is not None
        return step_from_json(json.loads(stored.content))


class _Execution:
    """One task under way. Opened without a call; `run` carries it to its outcome."""

    def __init__(self, owner: LocalExecutor, task: Task, past: _Past) -> None:
        self._owner = owner
        self._task = task
        self._begin: Begin | None = None
        self._latency_us = 0
        self._cost_nano: int | None = 0
        self._unwritten: list[Write] = []
        """That stored answers were served: in one commit with what comes next, which is often the outcome."""
        own = past.steps[task.item.fork.at :] if task.item.fork else past.steps
        self._on_the_wire = False
        self._inherited = past.steps if task.item.fork and not task.begun else ()
        self._recorded = 0 if self._inherited else len(past.steps)
        self._transcript: Transcript | None = None
        self._refusal: ContractError | None = None
        self.answers: dict[bytes, StoredAnswer] = dict(past.answers or {})
        if self.answers:
            self._recall(own)
        self.first: Wanted | None = None
        """What the model will be asked first; None when it will not be asked."""
        try:
            opened = owner.worker.open(task.item.payload)
        except ContractError as refusal:
            self._refusal = refusal
            return
        self._transcript = Transcript(opened.opening, past.steps)
        following = next_step(self._transcript, owner.plan)
        if isinstance(following, CallModel):
            self.first = self._want(following.request)

    async def run(self, begin: Begin) -> Outcome:
        """Carry the task out; see `Ready`."""
        self._begin = begin
        if self._transcript is None:
            return Outcome(ExecutionState.ERRORED, StopReason.ERRORED, error=str(self._refusal))
        for step in self._inherited:
            self._record(step)
        owner = self._owner
        try:
            transcript = self._transcript
            if self.first is not None:
                turn = self._recalled(self.first) or await self._call(self.first, looked_up=True)
                self._record(turn)
                transcript = transcript.append(turn)
            ended = await drive(
                transcript, owner.plan, model=self._ask, tools=owner.worker.toolbox, record=self._record
            )
        except ProviderError as error:
            if error.fault is Fault.UNAUTHORIZED or isinstance(error, EndpointDownError):
                raise
            return self._outcome(ExecutionState.ERRORED, StopReason.ERRORED, error=str(error))
        if isinstance(ended.outcome, AwaitHuman):
            return self._outcome(ExecutionState.ERRORED, StopReason.ERRORED, error=ended.outcome.reason)
        answer = ended.outcome.answer
        if answer is None:
            return self._outcome(ExecutionState.ERRORED, ended.outcome.stop, error="the model never answered")
        result = owner.worker.close(answer)
        return Outcome(
            ExecutionState.COMPLETED,
            ended.outcome.stop,
            result.output,
            result.raw_text,
            result.problems,
            cached=not self._on_the_wire,
            latency_us=self._latency_us,
            cost_nano=self._cost_nano,
            receipts=tuple(self._unwritten),
        )

    def _outcome(self, state: ExecutionState, stop: StopReason, *, error: str) -> Outcome:
        return Outcome(
            state,
            stop,
            error=error,
            latency_us=self._latency_us,
            cost_nano=self._cost_nano,
            receipts=tuple(self._unwritten),
        )

    def _want(self, request: ModelRequest) -> Wanted:
        task = self._task
        timeout = self._owner.worker.timeout_s
        return self._owner.path.want(
            request, task.execution, repetition=task.item.repetition, timeout_s=timeout
        )

    async def _ask(self, request: ModelRequest) -> ModelTurn:
        wanted = self._want(request)
        return self._recalled(wanted) or await self._call(wanted, looked_up=False)

    def _recalled(self, wanted: Wanted) -> ModelTurn | None:
        """The answer to `wanted` when it is stored: nothing has to be waited for."""
        known = self.answers.pop(wanted.key, None)
        return None if known is None else self._turn(self._owner.path.serve_stored(wanted, known))

    async def _call(self, wanted: Wanted, *, looked_up: bool) -> ModelTurn:
        self._go_on_the_wire()
        return self._turn(await self._owner.path.call(wanted, self._owner.on_delta, looked_up=looked_up))

    def _turn(self, served: Served) -> ModelTurn:
        if not served.cached:
            self._take(served.latency_us, served.cost_nano)
        self._unwritten += served.writes
        return ModelTurn(served.answer, served.call)

    def _recall(self, steps: Sequence[Step]) -> None:
        """Count in the answers that `steps` were made of; any other when it is served."""
        said = {step.call_id for step in steps if isinstance(step, ModelTurn)}
        for answer in self.answers.values():
            if (own := answer.call) is not None and own.id in said:
                self._take(own.latency_us, own.cost_nano)

    def _take(self, latency_us: int, cost_nano: int | None) -> None:
        """Count in a call of this execution that was on the wire, now or before it was interrupted."""
        self._on_the_wire = True
        self._latency_us += latency_us
        if self._cost_nano is not None:
            self._cost_nano = None if cost_nano is None else self._cost_nano + cost_nano

    def _go_on_the_wire(self) -> None:
        if self._begin is not None:
            self._begin()
            self._begin = None
        self._write()

    def _write(self, *writes: Write) -> None:
        """Write what is still unwritten, then `writes`."""
        if self._unwritten or writes:
            self._owner.path.journal.post(*self._unwritten, *writes)
            self._unwritten.clear()

    def _record(self, step: Step) -> None:
        """Write `step` down. A model turn of this execution is written already: it is its call."""
        inherited = self._recorded < len(self._inherited)
        if inherited or not isinstance(step, ModelTurn):
            call, content = None, None
            if isinstance(step, ModelTurn):
                call = step.call_id
            else:
                content = pack(canonical(step_to_json(step)))
            self._write(store.add_step(self._task.execution, self._recorded, _kind(step), call, content))
        self._recorded += 1


def _kind(step: Step) -> str:
    match step:
        case ModelTurn():
            return "model"
        case ToolResult():
            return "tool"
        case HumanAnswer():
            return "human"
