"""What every worker does around its work: check the input, process, check the output, publish, reset."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from os import PathLike
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from loom.bus.base import DEFAULT_NATS_URL
from loom.core.contracts import validate_input, validate_output
from loom.core.errors import ContractError, LoomError
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig, load_worker

if TYPE_CHECKING:
    from loom.core.messages import TaskResult

__all__ = ["DEFAULT_NATS_URL", "Bus", "TaskWorker"]

_NO_TOKENS = {"prompt_tokens": 0, "completion_tokens": 0}


class Bus(Protocol):
    """Carries messages to whoever listens."""

    async def publish(self, subject: str, data: Json) -> None:
        """Send `data` to the listeners of `subject`."""
        ...


@dataclass(frozen=True, slots=True)
class _Done:
    result: Json
    problems: tuple[str, ...]
    """Why its output does not fit."""


class TaskWorker(ABC):
    """A stateless worker: whatever `process` sets up, `reset` clears."""

    def __init__(
        self,
        actor_id: str,
        config_path: str | PathLike[str],
        nats_url: str = DEFAULT_NATS_URL,
        *,
        bus: Bus | None = None,
    ) -> None:
        """
        Raises:
            ConfigError: naming everything that is wrong with the file at `config_path`.
        """
        self.actor_id = actor_id
        self.config_path = config_path
        self.nats_url = nats_url
        self.bus = bus
        self.definition: WorkerConfig = load_worker(config_path)

    @property
    def config(self) -> Json:
        """The definition as written, schema references resolved."""
        return self.definition.mapping

    @abstractmethod
    async def process(self, payload: Json, metadata: Json) -> Json:
        """Do the work.

        `payload` fits the input schema; `metadata` holds routing hints such as `model_tier`. Returns `output`
        (fits the output schema), `model_used` (what did it, or None) and `token_usage` (`prompt_tokens` and
        `completion_tokens`, or None).
        """

    async def reset(self) -> None:
        """Release what `process` took. Called after every task, whether it went well or not."""
        return

    async def on_reload(self) -> None:
        """Read the definition again.

        Raises:
            ConfigError: when it is wrong now; the worker then keeps the one it has.
        """
        self.definition = load_worker(self.config_path)

    async def handle_message(self, data: Json) -> None:
        """Carry out the `TaskMessage` in `data` and publish its `TaskResult`; a task that fails has one too.

        Raises:
            ValueError: when `data` is no task message.
        """
        from loom.core.messages import TaskMessage, TaskResult, TaskStatus

        task = TaskMessage.model_validate(data)
        result, error, started = {}, None, monotonic()
        try:
            done = await self._carried_out(
                task.payload, {**task.metadata, "model_tier": task.model_tier.value}
            )
            result, error = done.result, "; ".join(done.problems) or None
        except Exception as caught:  # noqa: BLE001 - the actor loop: whatever happened is the result of the task
            error = str(caught) or type(caught).__name__
        await self.publish(
            f"loom.results.{task.parent_task_id or 'default'}",
            TaskResult(
                task_id=task.task_id,
                parent_task_id=task.parent_task_id,
                worker_type=task.worker_type,
                status=TaskStatus.FAILED if error else TaskStatus.COMPLETED,
                output=None if error else result["output"],
                error=error,
                model_used=result.get("model_used"),
                token_usage=result.get("token_usage", _NO_TOKENS),
                processing_time_ms=round((monotonic() - started) * 1000),
            ),
        )

    async def publish(self, subject: str, message: "TaskResult") -> None:
        """Send `message` over the bus.

        Raises:
            LoomError: when the worker was given no bus.
        """
        if self.bus is None:
            raise LoomError(
                f"worker '{self.definition.name}' has no bus to publish on; give it one with bus="
            )
        await self.bus.publish(subject, message.model_dump(mode="json"))

    async def perform(self, payload: Json, metadata: Json) -> Json:
        """`process` between its two contracts; `token_usage` always has its two counts.

        Raises:
            ContractError: when `payload` or the output does not fit.
        """
        done = await self._carried_out(payload, metadata)
        if done.problems:
            raise ContractError(done.problems)
        return done.result

    async def _carried_out(self, payload: Json, metadata: Json) -> _Done:
        try:
            wrong = validate_input(payload, self.definition.input_schema or {})
            if wrong:
                raise ContractError(f"Input validation: {problem}" for problem in wrong)
            result = await self.process(payload, metadata)
        finally:
            await self.reset()
        usage: Json = result.get("token_usage") or {}
        unfit = validate_output(result["output"], self.definition.output_schema or {})
        return _Done(
            {**result, "token_usage": _NO_TOKENS | usage},
            tuple(f"Output validation: {problem}" for problem in unfit),
        )
