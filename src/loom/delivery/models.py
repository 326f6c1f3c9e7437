"""The values of delivery: an event, and the names of streams. Knows nothing of what the events are about."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from loom.core.errors import NotFoundError
from loom.core.ids import JobId, parse, text
from loom.core.jsonvalue import Json

__all__ = ["JOBS", "LETTERS", "STANDING", "Event", "EventType", "job_stream", "stream_named"]

JOBS = "jobs"
"""The stream of all jobs: what a dashboard follows."""

LETTERS = "dead-letters"
"""The stream of what the mesh could not hand to any worker."""

STANDING = (JOBS, LETTERS)
"""The streams that never end."""

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
    LETTER_ARRIVED = "letter.arrived"
    LETTER_REPLAYED = "letter.replayed"
    LETTERS_CLEARED = "letters.cleared"
    LETTERS_RESTORED = "letters.restored"


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
    """The stream that a caller calls `name`: one that never ends, or `job:` and the id of a job.

    Raises:
        NotFoundError: when that can be no stream.
        InputError: when what follows `job:` is no id.
    """
    if name in STANDING:
        return name
    if not name.startswith(_OF_A_JOB):
        raise NotFoundError(
            f"there is no stream '{name[:80]}'; follow `jobs`, `dead-letters`, or `job:` and an id"
        )
    return job_stream(JobId(parse(name.removeprefix(_OF_A_JOB))))
