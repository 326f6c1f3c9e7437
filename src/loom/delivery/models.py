"""The values of delivery: an event, and the names of streams. Knows nothing of what the events are about."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from loom.core.errors import NotFoundError
from loom.core.ids import JobId, parse, text
from loom.core.jsonvalue import Json

__all__ = ["JOBS", "Event", "EventType", "job_stream", "stream_named"]

JOBS = "jobs"
"""The stream of all jobs: what a dashboard follows."""

_OF_A_JOB = "job:"


class EventType(StrEnum):
    """What can happen."""

    JOB_STARTED = "job.started"
    JOB_PROGRESS = "job.progress"
    """How far it is, now and then."""

    JOB_PAUSED = "job.paused"
    JOB_STOPPED = "job.stopped"
    JOB_COMPLETED = "job.completed"
    JOB_FAILED = "job.failed"
    EXECUTION_ENDED = "execution.ended"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    seq: int
    """Its place in its stream, from 1; there are no gaps."""

    type: str
    at_us: int
    data: Json

    def to_json(self) -> Json:
        """As it is sent."""
        at = datetime.fromtimestamp(self.at_us / 1e6, UTC).isoformat(timespec="milliseconds")
        return {"seq": self.seq, "type": self.type, "at": at.replace("+00:00", "Z"), "data": self.data}


def job_stream(job: JobId) -> str:
    """The stream of everything that happens in `job`."""
    return _OF_A_JOB + text(job)


def stream_named(name: str) -> str:
    """The stream that a caller calls `name`: `jobs`, or `job:` and the id of a job.

    Raises:
        NotFoundError: when that can be no stream.
        InputError: when what follows `job:` is no id.
    """
    if name == JOBS:
        return JOBS
    if not name.startswith(_OF_A_JOB):
        raise NotFoundError(f"there is no stream '{name[:80]}'; follow `jobs`, or `job:` and the id of a job")
    return job_stream(JobId(parse(name.removeprefix(_OF_A_JOB))))
