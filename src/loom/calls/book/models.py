"""The values of the address book: an entry as kept, as shown, and what a trial of it found."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from loom.calls.book.headers import KeptHeader
from loom.core.endpoint_config import EndpointConfig

__all__ = ["Entry", "EntryId", "KeyState", "Led", "Listed", "Place", "Trial", "Tried"]

EntryId = NewType("EntryId", bytes)


class Place(StrEnum):
    """Where an endpoint is defined."""

    BOOK = "book"
    """Added while Loom runs, by the browser or REST."""

    ENVIRONMENT = "environment"
    FILE = "file"
    BUILT_IN = "built in"


class KeyState(StrEnum):
    """How an endpoint comes by its key."""

    NONE = "none"
    READY = "ready"
    MISSING = "missing"
    """The variable that should hold it is not set in this process."""


@dataclass(frozen=True, slots=True)
class Led:
    """A tier that led to an endpoint when that was removed."""

    tier: str
    """As doors call it."""

    model: str
    instead: str
    """Where it has led since, as `endpoint/model` or an endpoint alone."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One endpoint of the book, as it is kept."""

    id: EntryId
    config: EndpointConfig
    """Without its key."""

    enabled: bool
    key_reference: str | None
    """The name of the variable that holds the key."""

    key_sealed: bytes | None = field(repr=False)
    """The key itself, encrypted."""

    revision: int
    principal: str
    """Who changed it last."""

    created_us: int
    changed_us: int
    headers: tuple[KeptHeader, ...] = ()
    """Sent beside the key."""

    led: tuple[Led, ...] = ()
    """Of one that was removed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One endpoint as people see it, wherever it is defined. Never holds a key."""

    config: EndpointConfig
    place: Place
    enabled: bool
    key: KeyState
    key_source: str | None
    """`env:NAME`, or `stored` for one that is kept here, encrypted."""

    entry: Entry | None = None
    """None for one that the settings define."""

    headers: tuple[tuple[str, str, KeyState], ...] = ()
    """Of each its name, `env:NAME`, `stored` or `file`, and whether its value is there."""

    hidden: bool = False
    """The settings define one of the same name, which comes first."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What an endpoint answered when it was asked for its models."""

    reached: bool
    """It answered, and took the key; that it lists no models does not matter."""

    latency_ms: int
    models: tuple[str, ...] = ()
    problem: str | None = None
    """What went wrong, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The last trial of an endpoint as it is now."""

    trial: Trial
    at_us: int
