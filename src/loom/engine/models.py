"""The values of the engine: what is worked on, how it stands, how it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from loom.core.ids import AccountId, ExecutionId, JobId, RunId
from loom.core.jsonvalue import Json, JsonValue
from loom.core.value import Value
from loom.storage.statements import Write

__all__ = [
    "Begun",
    "ExecutionState",
    "Finished",
    "Fork",
    "Job",
    "JobKind",
    "JobState",
    "NewJob",
    "NewRun",
    "Outcome",
    "Steer",
    "WorkItem",
]


class JobKind(StrEnum):
    """What a job is for."""

    TEST = "test"
    EVALUATION = "evaluation"
    RESCORE = "rescore"
    """The stored outputs of a run, judged by other scorers."""

    JUDGING = "judging"
    """The stored outputs of two runs, compared by a judge."""

    RECORD = "record"
    """Results that were measured elsewhere, written down here."""


class JobState(StrEnum):
    """How a job stands. The last three are final."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    """Nobody works on it; `--resume` goes on. `reason` says why."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether nothing may change any more."""
        return self in (JobState.COMPLETED, JobState.STOPPED, JobState.FAILED)


class Steer(StrEnum):
    """What a person asks of a running job."""

    PAUSE = "pause"
    """Start nothing more, finish what is in flight, keep the rest for later."""

    STOP = "stop"
    """The same, and never go on."""


class ExecutionState(StrEnum):
    """How an execution stands. All but the first are final."""

    RUNNING = "running"
    COMPLETED = "completed"
    """The worker ran to its end; whether its output is any good is for scorers to say."""

    ERRORED = "errored"
    """It could not be carried out: the endpoint, a tool, a limit, an input that breaks the contract."""

    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be created."""

    id: JobId
    kind: JobKind
    spec: Json
    """Everything needed to carry it out again elsewhere; stored by hash."""

    account: AccountId

    project: str = "default"
    principal: str = "local"


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be created: one configuration over the items of a job."""

    id: RunId
    config: Json
    """What determines the requests; stored by hash, which names the configuration."""

    target: str
    """The worker's name."""

    suite: str | None
    suite_hash: bytes | None
    model: str
    endpoint: str
    simulated: bool
    planned: int
    """Executions this run will have when it is complete."""

    folder: str | None = None
    """The folder that was worked in; None: not known."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as stored."""

    id: JobId
    kind: JobKind
    state: JobState
    spec: Json
    epoch: int
    account: AccountId
    project: str
    principal: str
    """The name of who opened it."""

    reason: str | None


class WorkItem(Value):
    """One case and repetition of a run: what becomes an execution."""

    run: RunId
    key: bytes
    """Names the case within its suite by content (32 bytes)."""

    number: int
    """Its place among the selected cases, from 0; for people."""

    repetition: int
    payload: Json
    fork: "Fork | None" = None


@dataclass(frozen=True, slots=True)
class Fork:
    """Where an execution branches off another."""

    parent: ExecutionId
    at: int
    """How many of the parent's steps it keeps; they are replayed, not paid again."""


class Outcome(Value):
    """How an execution ended."""

    state: ExecutionState
    stop_reason: str
    output: JsonValue | None = None
    raw_text: str | None = None
    problems: tuple[str, ...] = ()
    """Why `output` is None although the worker ran: the model's words did not fit the output contract."""

    error: str | None = None
    cached: bool = False
    """No call of it went to the wire."""

    latency_us: int = 0
    """The time its calls spent on the wire; 0 when served from the cache."""

    cost_nano: int | None = 0
    """What the answers of its calls cost its job; None when nobody can tell."""

    receipts: tuple[Write, ...] = ()
    """To be committed together with the outcome: that stored answers were served, and, from a runner with a journal of
    its own, what it paid."""


class Begun:
    """What is called before the first call of an execution that may cost: `tell` is told then, and once."""

    __slots__ = ("_tell", "asked")

    def __init__(self, tell: Callable[[], None] = lambda: None) -> None:
        self._tell = tell
        self.asked = False
        """Something was asked for it since this process took it up, whatever it was answered before."""

    def __call__(self) -> None:
        if not self.asked:
            self.asked = True
            self._tell()


class Finished(Value):
    """An execution that has just ended, for those who score or watch it."""

    execution: ExecutionId
    item: WorkItem
    outcome: Outcome
    begin: Begun
    """To be called before the first call that this may cost: from then on the execution is known to be under way."""
