"""The scorer for anyone's Python: a function that is given the case and the output, and runs in a sandbox."""

from pathlib import Path
from typing import ClassVar

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.core.reach import FileRefusedError, require_readable
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers.base import ScoreContext, ScoreInput, ScoreResult
from loom.evaluation.scorers.calling import RouteWish
from loom.evaluation.scorers.verdicts import verdict_of
from loom.sandbox import Engine, Failure, FailureKind, Limits, Outcome, Program, Sandbox, open_sandbox

__all__ = ["Custom", "inline", "make"]

_LARGEST = 256 * 2**10
_OPTIONAL = "raw_text"
_HOPELESS = frozenset({FailureKind.SYNTAX, FailureKind.MISSING, FailureKind.REFUSED})
"""Failures that no output could change."""


def make(  # noqa: PLR0917 - called with keywords, by the registry
    code: str | None = None,
    file: str | None = None,
    function: str = "score",
    engine: str = Engine.MONTY,
    time_s: float = 2.0,
    memory_mb: int = 128,
) -> "Custom":
    """The scorer, its code given or in a file.

    Raises:
        ConfigError: when there is no code, or it is there twice, or cannot be read.
    """
    if (code is None) == (file is None):
        what = "and `file` are both given" if code else "is missing"
        raise ConfigError(
            Problem(what, "code", remedy="give `code: |` with the function under it, or `file`")
        )
    program = Program(_read(Path(file)) if file is not None else str(code), function)
    return Custom(program, Engine(engine), Limits(time_s, memory_mb * 2**20))


def inline(spec: Json, folder: Path) -> Json:
    """`spec` with the code of its `file`, relative to `folder`, in the place of the file.

    Raises:
        ConfigError: when it cannot be read.
    """
    file = spec.get("file")
    if not isinstance(file, str) or "code" in spec:
        return spec
    rest = {key: value for key, value in spec.items() if key != "file"}
    return {**rest, "code": _read(folder / file)}


class Custom:
    """What the function returns: a number, true or false, or a mapping with `score`, `reason` and `details`.

    It is called with `input`, `output`, `expected` (None when nothing is) and, where it takes it, `raw_text`.
    """

    name: ClassVar[str] = "custom"
    version: ClassVar[int] = 1
    routes: ClassVar[tuple[RouteWish, ...]] = ()
    own_time_bound: ClassVar[bool] = True

    def __init__(self, program: Program, engine: Engine, limits: Limits) -> None:
        self._program = program
        self._engine = engine
        self._limits = limits
        self._sandbox: Sandbox | None = None
        self._takes_raw_text = True

    @property
    def params(self) -> Json:
        """The code itself, wherever it was read, and how it is run."""
        return {
            "code": self._program.code,
            "function": self._program.function,
            "engine": self._engine.value,
            "time_s": self._limits.time_s,
            "memory_mb": self._limits.memory_bytes // 2**20,
        }

    async def score(self, item: ScoreInput, context: ScoreContext) -> ScoreResult:  # noqa: ARG002 - it asks no model
        """Run the function on one case."""
        outcome = await self._run(item)
        if isinstance(outcome, Failure):
            refused = outcome.kind is FailureKind.REFUSED
            return ScoreResult.unscored(str(outcome) if refused else f"the code {outcome}")
        return verdict_of(_as_number(outcome.value), "the function")

    async def try_out(self) -> list[Problem]:
        """Whether the code compiles, defines the function, and can be run here."""
        sandbox = open_sandbox(self._engine, self._program, self._limits)
        try:
            outcome = await sandbox.run({})
        finally:
            await sandbox.aclose()
        if not isinstance(outcome, Failure) or outcome.kind not in _HOPELESS:
            return []  # whatever else it does without its arguments says nothing of what it does with them
        what, _, remedy = str(outcome).partition("; ")
        if outcome.kind is FailureKind.REFUSED:
            return [Problem(what, "engine", value=self._engine.value, remedy=remedy)]
        return [Problem(what, "code", remedy=remedy or "mend the code")]

    async def aclose(self) -> None:
        """End the sandbox."""
        if self._sandbox is not None:
            await self._sandbox.aclose()

    async def _run(self, item: ScoreInput) -> Outcome:
        arguments: Json = {
            "input": item.input,
            "output": item.output,
            "expected": None if item.expected is ABSENT else item.expected,
        }
        self._sandbox = self._sandbox or open_sandbox(self._engine, self._program, self._limits)
        if self._takes_raw_text:
            outcome = await self._sandbox.run({**arguments, _OPTIONAL: item.raw_text})
            if not self._declines(outcome):
                return outcome
            self._takes_raw_text = False
        return await self._sandbox.run(arguments)

    def _declines(self, outcome: Outcome) -> bool:
        """Whether the function has no such parameter, in the words in which both engines say so."""
        said = f"{self._program.function}() got an unexpected keyword argument '{_OPTIONAL}'"
        return isinstance(outcome, Failure) and said in outcome.message


def _as_number(value: JsonValue) -> JsonValue:
    return float(value) if isinstance(value, bool) else value


def _read(path: Path) -> str:
    try:
        require_readable(path)
        if path.stat().st_size > _LARGEST:
            problem = Problem(f"is larger than {_LARGEST // 2**10} kB", "file", remedy="make it shorter")
            raise ConfigError(problem.at(str(path)))
        return path.read_text(encoding="utf-8")
    except FileRefusedError as error:
        raise ConfigError(error.problem("file")) from None
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        problem = Problem(f"cannot be read: {said}", "file", value=str(path), remedy="check the path")
        raise ConfigError(problem) from None
