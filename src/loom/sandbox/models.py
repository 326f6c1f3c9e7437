"""What goes into a sandbox and what comes out, as values; runs nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from loom.core.jsonvalue import Json, JsonValue

__all__ = ["Engine", "Failure", "FailureKind", "Limits", "Outcome", "Program", "Sandbox", "Value"]


class Engine(StrEnum):
    """What runs the code."""

    MONTY = "monty"
    """A Python subset with an interpreter of its own, which has no way out. The default."""

    PYTHON = "python"
    """Full Python with its standard library, in a bubblewrap jail. Linux only."""


@dataclass(frozen=True, slots=True)
class Program:
    """Code that defines `function`. It is run anew for each input, so its globals carry nothing over."""

    code: str
    function: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one input may take."""

    time_s: float = 2.0
    memory_bytes: int = 128 * 2**20
    """What the program may allocate; with `Engine.PYTHON` on top of the interpreter itself."""

    answer_bytes: int = 256 * 2**10
    """The returned value as JSON."""

    printed_bytes: int = 2**20
    """What it prints is thrown away; more than this ends it."""


class FailureKind(StrEnum):
    """Why there is no value."""

    SYNTAX = "syntax"
    MISSING = "missing"
    """It does not define the function."""

    RAISED = "raised"
    TIMED_OUT = "timed_out"
    MEMORY = "memory"
    OUTPUT = "output"
    """It printed or returned too much."""

    ANSWER = "answer"
    """What it returned is not JSON."""

    CRASHED = "crashed"
    """Its process ended."""

    REFUSED = "refused"
    """It was not run: the sandbox does not work here, or the arguments cannot be passed."""


@dataclass(frozen=True, slots=True)
class Value:
    """What the function returned."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class Failure:
    """Why it returned nothing, in words for the author of the code."""

    kind: FailureKind
    message: str
    line: int | None = None
    """Where in the code, 1-based."""

    def __str__(self) -> str:
        return self.message if self.line is None else f"{self.message} (line {self.line})"


Outcome: TypeAlias = Value | Failure


class Sandbox(Protocol):
    """One program for many inputs, one at a time. A promise:

    Whatever the program does, `run` ends within its time and a second of grace, with a `Failure` at worst; this
    process keeps its files, environment, network, memory and speed to itself; nothing of the program is alive after
    `aclose`, after this process, or after a `run` that was cancelled. Processes start with the first `run` and are
    replaced when they fail.
    """

    async def run(self, arguments: Json) -> Outcome:
        """Call the function with `arguments` as keywords."""
        ...

    async def aclose(self) -> None:
        """End its processes. Idempotent; a later `run` starts others."""
        ...
