"""All that determines what a worker asks and accepts, as one value to store and hash. Runs nothing."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from loom.calls.models import ToolSpec
from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.core.worker_config import ToolSilo, WorkerConfig, WorkerKind
from loom.worker.prompt import system_text

__all__ = ["Recipe"]


_TEMPERATURE = 0.0
"""Of a worker that names none: the same case should get the same answer, as far as the model can."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A worker with its files read and its tools described. Nothing in it refers to what may change later.

    Exceptions, on purpose: the workspace, which holds data of cases, and what tools do when they run.
    """

    system: str
    tools: tuple[ToolSpec, ...]
    tool_silos: tuple[ToolSilo, ...]
    """How to load the tools again."""

    input_schema: Json
    output_schema: Json
    temperature: float | None
    top_p: float | None
    seed: int | None
    max_tokens: int
    max_input_tokens: int | None
    """None: not checked."""

    file_fields: tuple[str, ...]
    workspace_dir: str | None
    timeout_s: float

    @classmethod
    def of(cls, config: WorkerConfig, tools: tuple[ToolSpec, ...]) -> "Recipe":
        """The recipe of `config` as the files it names are now.

        Raises:
            ConfigError: when the worker is a processor, or its knowledge cannot be read.
        """
        if config.worker_kind is not WorkerKind.LLM:
            what, remedy = "asks no model", "run it with ProcessorWorker"
            raise ConfigError(Problem(what, "worker_kind", config.file, value="processor", remedy=remedy))
        return cls(
            system=system_text(config),
            tools=tools,
            tool_silos=tuple(silo for silo in config.knowledge_silos if isinstance(silo, ToolSilo)),
            input_schema=config.input_schema or {},
            output_schema=config.output_schema or {},
            temperature=_TEMPERATURE if config.temperature is None else config.temperature,
            top_p=config.top_p,
            seed=config.seed,
            max_tokens=config.max_output_tokens,
            max_input_tokens=config.max_input_tokens,
            file_fields=config.resolve_file_refs,
            workspace_dir=config.workspace_dir,
            timeout_s=config.timeout_seconds,
        )

    def to_json(self) -> Json:
        """The recipe as it is stored; its canonical hash names the configuration."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Json) -> "Recipe":
        """The recipe that `to_json` stored."""
        known: dict[str, Any] = {field.name: stored[field.name] for field in fields(cls)}
        known["tools"] = tuple(ToolSpec(**tool) for tool in known["tools"])
        known["tool_silos"] = tuple(ToolSilo(**silo) for silo in known["tool_silos"])
        known["file_fields"] = tuple(known["file_fields"])
        return cls(**known)
