"""What every worker does around its work: check the input, process, check the output, reset. Knows no bus."""

from abc import ABC, abstractmethod
from os import PathLike

from loom.core.contracts import validate_input, validate_output
from loom.core.errors import ContractError
from loom.core.jsonvalue import Json
from loom.core.worker_config import WorkerConfig, load_worker

__all__ = ["DEFAULT_NATS_URL", "TaskWorker"]

DEFAULT_NATS_URL = "nats://localhost:4222"


class TaskWorker(ABC):
    """A stateless worker: whatever `process` sets up, `reset` clears."""

    def __init__(
        self, actor_id: str, config_path: str | PathLike[str], nats_url: str = DEFAULT_NATS_URL
    ) -> None:
        """
        Raises:
            ConfigError: naming everything that is wrong with the file at `config_path`.
        """
        self.actor_id = actor_id
        self.config_path = config_path
        self.nats_url = nats_url
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

    async def perform(self, payload: Json, metadata: Json) -> Json:
        """`process` between its two contracts; `token_usage` always has its two counts.

        Raises:
            ContractError: when `payload` or the output does not fit.
        """
        try:
            _require("Input validation", validate_input(payload, self.definition.input_schema or {}))
            result = await self.process(payload, metadata)
            _require(
                "Output validation", validate_output(result["output"], self.definition.output_schema or {})
            )
        finally:
            await self.reset()
        usage: Json = result.get("token_usage") or {}
        return {**result, "token_usage": {"prompt_tokens": 0, "completion_tokens": 0, **usage}}


def _require(what: str, problems: list[str]) -> None:
    if problems:
        raise ContractError(f"{what}: {problem}" for problem in problems)
