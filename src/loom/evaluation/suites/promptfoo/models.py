"""What is read from a promptfoo configuration, and what becomes of it; knows no files."""

from dataclasses import dataclass, field

from loom.core.findings import Steps
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.models import Suite

__all__ = ["Imported", "ImportedWorker", "LeftOut", "Prompt", "Source", "Test"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was not taken over."""

    where: str
    """As in `tests[2].assert[0]`; behind the name of the file when it is not the configuration itself."""

    what: str
    why: str
    """With what to do instead, where there is something."""


@dataclass(frozen=True, slots=True)
class Source:
    """A value, and the file and place it was read from."""

    value: JsonValue
    where: Steps
    file: str | None = None
    """None: the configuration itself."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt as it stands, variables not filled in."""

    label: str
    text: str
    examples: tuple[tuple[str, str], ...] = ()
    """What a user said and the assistant answered before the last message of a chat prompt."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test, the defaults merged in and no lists left in its variables."""

    __test__ = False

    where: Steps
    file: str | None
    """None: the configuration itself."""

    vars: Json
    description: str = ""
    asserts: tuple[Source, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedWorker:
    """A worker made of one prompt."""

    name: str
    definition: Json
    """As its YAML file holds it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a configuration became."""

    workers: tuple[ImportedWorker, ...]
    suite: Suite
    left_out: tuple[LeftOut, ...] = ()
    models: tuple[str, ...] = field(default=())
    """The models of all providers that Loom can ask, as `--model` takes them; the first is the workers'."""
