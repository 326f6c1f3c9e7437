"""What a job tells of itself, in the commit in which it happens: its own stream, and that of all jobs."""

from loom.core.clock import Clock
from loom.core.ids import text
from loom.core.jsonvalue import Json
from loom.delivery.models import JOBS, EventType, job_stream
from loom.delivery.store import close_stream, tell
from loom.engine.models import Job, JobKind, JobState
from loom.storage.statements import Write

__all__ = ["Telling"]

_ENDS = {
    JobState.PAUSED: EventType.JOB_PAUSED,
    JobState.STOPPED: EventType.JOB_STOPPED,
    JobState.COMPLETED: EventType.JOB_COMPLETED,
    JobState.FAILED: EventType.JOB_FAILED,
}


class Telling:
    """The events of one job, as writes to be committed with what they tell of."""

    def __init__(self, job: Job, clock: Clock) -> None:
        self._job = job
        self._clock = clock
        self._stream = job_stream(job.id)

    def started(self, *, resumed: bool) -> tuple[Write, ...]:
        """Someone works on it from now on."""
        return self._everywhere(EventType.JOB_STARTED, {"resumed": resumed})

    def progress(self, standing: Json) -> tuple[Write, ...]:
        """How far it is."""
        return self._everywhere(EventType.JOB_PROGRESS, standing)

    def execution_ended(self, data: Json) -> tuple[Write, ...]:
        """An execution of it has come to its end."""
        return tell(self._stream, EventType.EXECUTION_ENDED, self._clock.now_us(), data)

    def ended(self, state: JobState, reason: str | None) -> tuple[Write, ...]:
        """Nobody works on it any more, for now or for good."""
        told = self._everywhere(_ENDS[state], {"reason": reason})
        return (*told, close_stream(self._stream, self._clock.now_us())) if state.final else told

    def _everywhere(self, kind: EventType, data: Json) -> tuple[Write, ...]:
        """A test is over before anyone looks: the stream of all jobs hears nothing of it."""
        job, now = self._job, self._clock.now_us()
        data = {"job": text(job.id), "kind": job.kind, **data}
        own = tell(self._stream, kind, now, data)
        return own if job.kind is JobKind.TEST else (*own, *tell(JOBS, kind, now, data))
