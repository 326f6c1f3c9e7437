"""The documented way to try a worker on one input, from a script: a short driver of the one loop. Stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter

from loom.calls.backend import Wire
from loom.calls.models import ModelRequest
from loom.core.config import validate_worker_config
from loom.core.contracts import validate_input
from loom.core.errors import LoomError
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig
from loom.worker.adapted import AdaptedBackend
from loom.worker.backends import LLMBackend
from loom.worker.driver import drive
from loom.worker.processor_task import ProcessorTask
from loom.worker.target import target_of
from loom.worker.task import TaskOutput, WorkerTask
from loom.worker.transcript import ModelTurn, Transcript

__all__ = ["WorkerTestResult", "WorkerTestRunner"]

_NO_TOKENS = {"prompt_tokens": 0, "completion_tokens": 0}


@dataclass(frozen=True, slots=True)
class WorkerTestResult:
    """What a worker made of one input."""

    output: Json | None = None
    raw_response: str | None = None
    """The model's last words as they came."""

    validation_errors: list[str] = field(default_factory=list[str])
    """Where `output` breaks the output schema."""

    input_validation_errors: list[str] = field(default_factory=list[str])
    """Where the input broke the input schema; the model was asked all the same."""

    token_usage: dict[str, int] = field(default_factory=dict[str, int])
    """`prompt_tokens` and `completion_tokens`, of all turns."""

    latency_ms: int = 0
    model_used: str | None = None
    error: str | None = None
    """Why there is no result, or none that counts."""

    @property
    def success(self) -> bool:
        """There is an output, and nothing is wrong."""
        wrong = self.error or self.validation_errors or self.input_validation_errors
        return self.output is not None and not wrong


class WorkerTestRunner:
    """Tries workers on the backends of a script; what wants to change folders (`silo_updates`) changes none."""

    def __init__(self, backends: Mapping[str, LLMBackend]) -> None:
        """`backends` by tier, as `loom.worker.backends.build_backends_from_env` gives them."""
        self.backends = backends

    async def run(self, config: Json, payload: Json, tier: str | None = None) -> WorkerTestResult:
        """What the worker that `config` defines makes of `payload`, on the backend of `tier` or of its own tier.

        Never raises: what goes wrong is in the result.
        """
        started = perf_counter()
        try:
            result = await self._run(config, payload, tier)
        except Exception as error:  # noqa: BLE001 - the promise of this door, whoever wrote backend and tools
            result = WorkerTestResult(error=str(error) or type(error).__name__)
        return replace(result, latency_ms=round((perf_counter() - started) * 1000))

    def backend(self, tier: str) -> LLMBackend:
        """The backend of `tier`.

        Raises:
            LoomError: when there is none.
        """
        if tier not in self.backends:
            known = ", ".join(self.backends) or "none"
            raise LoomError(f"No backend for tier '{tier}'; there are backends for: {known}")
        return self.backends[tier]

    async def _run(self, config: Json, payload: Json, tier: str | None) -> WorkerTestResult:
        problems = validate_worker_config(config)
        if problems:
            return WorkerTestResult(error="Invalid config: " + "; ".join(problems))
        unfit = validate_input(payload, WorkerConfig.from_mapping(config).input_schema or {})
        if unfit:  # recorded, and the worker is tried all the same
            config = {key: value for key, value in config.items() if not key.startswith("input_schema")}
        worker = WorkerConfig.from_mapping(config)
        task = target_of(worker)
        if isinstance(task, ProcessorTask):
            result = await _computed(task, payload)
        else:
            result = await _asked(task, payload, self.backend(tier or worker.default_model_tier))
        return replace(result, input_validation_errors=unfit)


async def _computed(task: ProcessorTask, payload: Json) -> WorkerTestResult:
    done = await task.process(payload)
    return _result(task.close(done), _NO_TOKENS, done.model_used)


async def _asked(task: WorkerTask, payload: Json, backend: LLMBackend) -> WorkerTestResult:
    adapted, turns = AdaptedBackend(backend), list[ModelTurn]()

    async def ask(request: ModelRequest) -> ModelTurn:
        received = await adapted.send(Wire(adapted.encode(request), "", task.timeout_s))
        turns.append(ModelTurn(adapted.read(received)))
        return turns[-1]

    opened = task.open(payload)
    await drive(opened, task.plan(""), model=ask, tools=task.toolbox, timeout_s=task.timeout_s)
    last, usage = turns[-1].answer, Transcript(opened.opening, tuple(turns)).usage
    tokens = (
        {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens}
        if usage
        else _NO_TOKENS
    )
    if last.text is None:
        return WorkerTestResult(
            token_usage=tokens, model_used=last.model or None, error="the model gave no text response"
        )
    return _result(task.close(last), tokens, last.model or None)


def _result(closed: TaskOutput, tokens: dict[str, int], model: str | None) -> WorkerTestResult:
    problems = list(closed.problems)
    if closed.output is None:
        return WorkerTestResult(
            None, closed.raw_text, token_usage=tokens, model_used=model, error=problems[0]
        )
    return WorkerTestResult(closed.output, closed.raw_text, problems, token_usage=tokens, model_used=model)
