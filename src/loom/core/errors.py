"""Every error Loom raises on purpose, branched by who must act.

    LoomError
    ├── InputError            the caller: a file, an argument, a value is wrong
    │   ├── ConfigError       a worker, pipeline, suite or settings file
    │   └── UsageError        the command or call itself
    ├── NotFoundError         the caller: no such thing
    ├── ConflictError         the caller, later: someone else holds it, or it is already finished
    │   └── TakenError        the caller: another name
    ├── AccessError           the caller: who they are, or an administrator
    │   ├── UnauthenticatedError  nobody knows who asks
    │   ├── ForbiddenError    whoever asks may not
    │   │   └── SealedError   or not before they say so
    │   └── ThrottledError    too many wrong passwords: later
    ├── ContractError         the author of the worker: data does not fit a schema
    ├── LimitError            the owner of the budget
    ├── TaskTimeoutError      the author of the worker: its time was up
    ├── ProviderError         the provider, or nobody: `fault` says which
    │   └── EndpointDownError whoever runs the endpoint
    ├── BusError              the operator: the message bus
    └── StorageError          the operator: the database or the disk

Every message says what, where, the value, and how to mend it. `EXIT_CODES` maps the tree for the terminal.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

__all__ = [
    "EXIT_CODES",
    "AccessError",
    "BusError",
    "ConfigError",
    "ConflictError",
    "ContractError",
    "EndpointDownError",
    "Fault",
    "ForbiddenError",
    "InputError",
    "LimitError",
    "Look",
    "LoomError",
    "NotFoundError",
    "Problem",
    "ProviderError",
    "SealedError",
    "StorageError",
    "TakenError",
    "TaskTimeoutError",
    "ThrottledError",
    "UnauthenticatedError",
    "UsageError",
    "exit_code",
]

_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where, the value, and how to mend it."""

    what: str
    """What is wrong, as the rest of a sentence that begins with the field."""

    field: str | None = None
    """Dotted path to the field, list items as `stages[2].name`."""

    file: str | None = None
    line: int | None = None
    """1-based."""

    column: int | None = None
    """1-based."""

    value: object = None
    """The offending value; None when there is none to show."""

    remedy: str | None = None
    """What to do about it, as an imperative."""

    def at(self, file: str) -> "Problem":
        """The same problem, placed in `file`."""
        return replace(self, file=file)

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        subject = f"'{self.field}' {self.what}" if self.field else self.what
        shown = f" (got {_shown(self.value)})" if self.value is not None else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{place}: {subject}{shown}{remedy}" if place else f"{subject}{shown}{remedy}"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python converts
        text = f"an enormous {type(value).__name__}"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


class LoomError(Exception):
    """The root of every error raised on purpose."""


class InputError(LoomError):
    """What the caller gave is wrong. Carries every problem found, not only the first."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ConfigError(InputError):
    """A file that defines something is wrong."""


class UsageError(InputError):
    """The command or call itself is wrong."""


@dataclass(frozen=True, slots=True)
class Look:
    """Where to look for what was not found. Each door says it in words of its own: as a command, or as a link."""

    among: str
    """The noun of a list: runs, workers, pipelines, suites, baselines, dead-letters."""

    name: str = ""
    """Of the one worker or pipeline whose versions are to be looked at."""

    gone: bool = False
    """That one is deleted, and can be brought back."""


class NotFoundError(LoomError):
    """There is no such thing."""

    def __init__(self, message: str, look: Look | None = None) -> None:
        super().__init__(message)
        self.look = look


class ConflictError(LoomError):
    """Someone else holds it, it is already finished, or it was made by a newer Loom."""


class TakenError(ConflictError):
    """There is something of this name, and it stays."""


class AccessError(LoomError):
    """Whoever asks is not let in."""


class UnauthenticatedError(AccessError):
    """It is not known who asks: nothing, or nothing that holds, was shown."""


class ForbiddenError(AccessError):
    """It is known who asks, and they may not."""


class SealedError(ForbiddenError):
    """Sealed cases are closed until someone opens them, which counts as a look."""

    def __init__(self, suite: str, looks: int) -> None:
        remedy = f"open them at /suites/{suite}: it is counted, and tells what it costs"
        super().__init__(f"the sealed cases of the suite '{suite}' are closed to you; {remedy}")
        self.suite = suite
        self.looks = looks
        """How often they were looked at so far."""


class ThrottledError(AccessError):
    """Too many wrong attempts; the right one is not looked at either until `retry_after_s` have passed."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ContractError(LoomError):
    """Data does not fit the schema it promised to fit."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class LimitError(LoomError):
    """A budget, a cap or a deadline refuses this."""


class TaskTimeoutError(LoomError):
    """The worker's own time was up."""


class Fault(StrEnum):
    """How a try at a model endpoint went wrong: decides what it may have cost and whether to try again."""

    UNSENT = "unsent"
    """It never left: no connection. Costs nothing; another try is safe."""

    NO_ANSWER = "no_answer"
    """It left and no complete answer came back: timed out, cut off. May have been paid; another try may pay again."""

    THROTTLED = "throttled"
    """Refused for a rate or quota limit (429). Costs nothing; waits, never fails."""

    SERVER = "server"
    """The provider failed (5xx, overloaded). Another try may succeed."""

    MALFORMED = "malformed"
    """Bytes came back that are not an answer. May have been paid; another try may succeed."""

    PARAMETER = "parameter"
    """The provider does not know a parameter; without it another try may succeed."""

    UNAUTHORIZED = "unauthorized"
    """The key is missing, wrong or not allowed. Nothing succeeds until a person acts."""

    REFUSED = "refused"
    """The request itself was refused (other 4xx). The same request fails again."""


class ProviderError(LoomError):
    """A model endpoint refused, failed, or answered nonsense."""

    def __init__(
        self,
        message: str,
        fault: Fault,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        parameter: str | None = None,
    ) -> None:
        super().__init__(message)
        self.fault = fault
        self.status = status
        self.retry_after_s = retry_after_s
        self.parameter = parameter
        """With `Fault.PARAMETER`: the name of the parameter to leave out."""


class EndpointDownError(ProviderError):
    """An endpoint has not answered anything for so long that only waiting for it makes no sense any more."""


class BusError(LoomError):
    """The message bus cannot be reached, or cannot carry this."""

    def __init__(self, message: str, *, doubtful: bool = False) -> None:
        super().__init__(message)
        self.doubtful = doubtful
        """What was to be sent may have been sent all the same."""


class StorageError(LoomError):
    """The database or the disk cannot do what was asked."""


EXIT_CODES: tuple[tuple[type[LoomError], int], ...] = (
    (UsageError, 2),
    (InputError, 1),
    (NotFoundError, 2),
    (AccessError, 2),
    (ContractError, 1),
    (LimitError, 1),
    (TaskTimeoutError, 1),
    (TakenError, 2),
    (ConflictError, 3),
    (ProviderError, 3),
    (BusError, 3),
    (StorageError, 3),
)


def exit_code(error: LoomError) -> int:
    """The process exit status for `error`: 1 what was checked is wrong, 2 wrong use, 3 provider or infrastructure."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 3)
