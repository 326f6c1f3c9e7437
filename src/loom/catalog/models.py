"""The values of the catalog: definitions as they stand, and the versions they have had."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from loom.catalog.library import Source
from loom.core.errors import Problem
from loom.core.kinds import Kind

__all__ = ["Change", "Entry", "History", "Query", "Ref", "Saved", "Text", "Version"]


class Change(StrEnum):
    """How a version came about."""

    FOUND = "found"
    """The file was made or edited outside Loom."""

    CREATED = "created"
    SAVED = "saved"
    COPIED = "copied"
    """From another definition; `note` names it."""

    RESTORED = "restored"
    DELETED = "deleted"
    GONE = "gone"
    """The file was removed outside Loom."""

    UNDONE = "undone"

    @property
    def outside(self) -> bool:
        """Whether it was done outside Loom, by nobody Loom knows of."""
        return self in (Change.FOUND, Change.GONE)

    @property
    def leaves_nothing(self) -> bool:
        """Whether there is no file any more. The version then holds the last text there was."""
        return self in (Change.DELETED, Change.GONE)


@dataclass(frozen=True, slots=True)
class Ref:
    """Which definition is meant."""

    kind: Kind
    """Worker or pipeline."""

    name: str
    """As the file is called, without its ending."""

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}'"


@dataclass(frozen=True, slots=True)
class Version:
    """A text that a definition has had."""

    number: int
    """From 1, in the order in which Loom saw them."""

    hash: bytes
    """SHA-256 of the file's bytes."""

    definition: bytes | None
    """The same for two texts that differ only in comments and layout; None when the text is invalid."""

    change: Change
    file: str
    """Path below `home`."""

    home: str
    """The folder of definitions, or `shipped`."""

    principal: str
    """Who made it; of a change outside Loom, who was there when it was seen."""

    at_us: int
    note: str | None = None

    @property
    def author(self) -> str | None:
        """Who made it; None: someone outside Loom."""
        return None if self.change.outside else self.principal


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition as its file says now."""

    ref: Ref
    path: Path
    source: Source
    hides: tuple[Source, ...]
    description: str = ""
    tier: str | None = None
    worker_kind: str | None = None
    """`llm` or `processor`; None for a pipeline."""

    stages: int | None = None
    """How many a pipeline has; None for a worker."""

    problem: Problem | None = None
    """The first thing that is wrong with it."""

    hash: bytes | None = None
    """SHA-256 of the file's bytes; None when it cannot be read."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which definitions to list; what is None or empty excludes nothing."""

    search: str = ""
    """In name and description, whatever the case; several words must all be there."""

    kind: str | None = None
    """`worker`, `pipeline`, or of workers `llm` or `processor`."""

    tier: str | None = None
    source: Source | None = None
    names: frozenset[str] | None = None
    """Only those called so: no other is read."""


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a version."""

    ref: Ref
    label: str
    """For people: `v3`, `shipped`."""

    version: Version
    content: bytes


@dataclass(frozen=True, slots=True)
class History:
    """The versions of a definition, oldest first."""

    ref: Ref
    versions: tuple[Version, ...]
    path: Path | None
    """None when it is deleted."""

    source: Source
    elsewhere: tuple[Version, ...] = ()
    """Versions of the same name in other folders."""

    def used(self, text: bytes, at_us: int) -> Version | None:
        """Which version was meant by the hash `text` at a time: what was put back later is another of the same text."""
        for versions in (self.versions, self.elsewhere):
            alike = [one for one in versions if one.hash == text]
            if alike:
                return next((one for one in reversed(alike) if one.at_us <= at_us), alike[0])
        return None


@dataclass(frozen=True, slots=True)
class Saved:
    """What a change of a definition came to."""

    ref: Ref
    version: Version
    path: Path
    changed: bool
    """False when the text was the same already: then there is no new version."""

    hides: tuple[Source, ...] = ()
    """Whose definitions of that name the file stands before."""

    warnings: tuple[Problem, ...] = ()
