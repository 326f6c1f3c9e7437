"""The values of dead letters."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

from loom.core.ids import LetterId, text
from loom.core.jsonvalue import Json, JsonValue

__all__ = ["Clearing", "Counts", "Letter", "LetterPage", "LetterState", "Replay", "ReplayPage", "Undelivered"]

_LONGEST_REASON, _LONGEST_NAME = 2_000, 200


class LetterState(StrEnum):
    """Where a letter is."""

    WAITING = "waiting"
    REPLAYED = "replayed"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What a message on the subject of dead letters says, as Loom 0.9 sends it."""

    task: Json
    """What was to be done; the whole message where it does not say."""

    reason: str
    task_id: str | None
    worker_type: str | None

    @classmethod
    def of(cls, message: Json) -> "Undelivered":
        """Any JSON object is a letter; what is missing is looked for in its task."""
        given = message.get("original_task")
        task = cast("Json", given) if isinstance(given, dict) else message
        known: Json = {**task, **message}
        return cls(
            task,
            _words(message.get("reason"), _LONGEST_REASON) or "unknown",
            _words(known.get("task_id"), _LONGEST_NAME),
            _words(known.get("worker_type"), _LONGEST_NAME),
        )


def _words(value: JsonValue, most: int) -> str | None:
    """`value` in one column of a table, which holds no null character."""
    if value is None:
        return None
    words = value if isinstance(value, str) else json.dumps(value)
    return words.replace("\0", "�")[:most]


def _iso(at_us: int | None) -> str | None:
    return None if at_us is None else datetime.fromtimestamp(at_us / 1e6, UTC).isoformat()


@dataclass(frozen=True, slots=True)
class Letter:
    """A task that could not be handed to any worker."""

    id: LetterId
    row: int
    """Its place: later letters have higher ones."""

    state: LetterState
    at_us: int
    reason: str
    task_id: str | None
    worker_type: str | None
    size: int
    """Of its task, in bytes of JSON."""

    left_us: int | None
    """When it was replayed or cleared."""

    left_by: str | None

    def to_json(self) -> Json:
        """For programs; `timestamp` and the names of the task are as in Loom 0.9."""
        return {
            "id": text(self.id),
            "state": self.state.value,
            "timestamp": _iso(self.at_us),
            "reason": self.reason,
            "task_id": self.task_id,
            "worker_type": self.worker_type,
            "bytes": self.size,
            "left_at": _iso(self.left_us),
            "left_by": self.left_by,
        }


@dataclass(frozen=True, slots=True)
class Counts:
    """How many letters are where."""

    waiting: int
    replayed: int
    cleared: int


@dataclass(frozen=True, slots=True)
class LetterPage:
    """Some letters, newest first."""

    items: tuple[Letter, ...]
    newer: int
    """How many are before these."""

    next: int | None
    """Where the next page begins; None on the last."""

    counts: Counts
    """As of the same moment."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A task that was sent again."""

    id: bytes
    row: int
    letter: LetterId
    task_id: str | None
    worker_type: str | None
    reason: str
    """Why it was a dead letter."""

    principal: str
    begun_us: int
    sent_us: int | None
    """None: whoever sent it ended before they knew whether it was; it may be done twice."""

    def to_json(self) -> Json:
        """For programs, as in Loom 0.9."""
        return {
            "entry_id": text(self.letter),
            "task_id": self.task_id,
            "worker_type": self.worker_type,
            "original_reason": self.reason,
            "begun_at": _iso(self.begun_us),
            "replayed_at": _iso(self.sent_us),
            "by": self.principal,
        }


@dataclass(frozen=True, slots=True)
class ReplayPage:
    """Some replays, newest first."""

    items: tuple[Replay, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Clearing:
    """A clearing that can be taken back."""

    id: bytes
    letters: int
    at_us: int
    principal: str
