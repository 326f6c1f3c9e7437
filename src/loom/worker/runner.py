"""The documented way to run a worker on an `LLMBackend`: short drivers of the one loop. Stores nothing."""

from collections.abc import Mapping
from os import PathLike

from loom.calls.models import Message, ModelRequest, Role
from loom.core.jsonvalue import Json
from loom.worker.backends import LLMBackend
from loom.worker.base import DEFAULT_NATS_URL, Bus, TaskWorker
from loom.worker.dialogue import answer_from_dict, message_to_dict, tool_to_dict
from loom.worker.driver import drive
from loom.worker.extract import extract_json
from loom.worker.knowledge import apply_silo_updates, checked_silos
from loom.worker.loop import Generation, LoopLimits, Plan
from loom.worker.task import WorkerTask
from loom.worker.tools import MAX_TOOL_ROUNDS, Toolbox, ToolProvider, load_tool_providers, spec_of
from loom.worker.transcript import ModelTurn, Opening, Transcript

__all__ = ["MAX_TOOL_ROUNDS", "LLMWorker", "execute_with_tools"]

_extract_json = extract_json
"""The name under which scripts written for Loom 0.9 import it."""


class _Conversation:
    """Asks an `LLMBackend` what the loop wants asked, and adds up what it says."""

    def __init__(self, backend: LLMBackend) -> None:
        self._backend = backend
        self._prompt_tokens = 0
        self._completion_tokens = 0
        self._last: Json = {}

    async def ask(self, request: ModelRequest) -> ModelTurn:
        system, *history = request.messages
        options: Json = {"tools": [tool_to_dict(tool) for tool in request.tools] or None}
        if request.temperature is not None:
            options["temperature"] = request.temperature
        if request.max_tokens is not None:
            options["max_tokens"] = request.max_tokens
        if len(history) > 1:
            options["messages"] = [message_to_dict(message) for message in history]
        self._last = await self._backend.complete(system.text, history[0].text, **options)
        self._prompt_tokens += self._last.get("prompt_tokens") or 0
        self._completion_tokens += self._last.get("completion_tokens") or 0
        return ModelTurn(answer_from_dict(self._last))

    @property
    def reply(self) -> Json:
        """The last response, with the tokens of all."""
        return {
            "content": None,
            "model": None,
            "tool_calls": None,
            "stop_reason": None,
            **self._last,
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": self._completion_tokens,
        }


async def execute_with_tools(  # noqa: PLR0917 - the signature that guides show
    backend: LLMBackend,
    system_prompt: str,
    user_message: str,
    tool_providers: dict[str, ToolProvider],
    tool_defs: list[Json] | None,
    max_tokens: int = 2000,
) -> Json:
    """Ask `backend`, run the tools it calls, and ask again, for at most `MAX_TOOL_ROUNDS` rounds of tools.

    An unknown tool or one that fails is reported to the model as `{"error": ...}`. Returns the last response
    of `LLMBackend.complete`, with the tokens of all.
    """
    specs = tuple(map(spec_of, tool_defs or ()))
    messages = (Message.of(Role.SYSTEM, system_prompt), Message.of(Role.USER, user_message))
    plan = Plan(Generation("", max_tokens=max_tokens), LoopLimits(max_turns=MAX_TOOL_ROUNDS + 1))
    conversation = _Conversation(backend)
    await drive(
        Transcript(Opening(messages, specs)),
        plan,
        model=conversation.ask,
        tools=Toolbox(tool_providers, specs),
    )
    return conversation.reply


class LLMWorker(TaskWorker):
    """A worker that asks a model, chosen by tier."""

    def __init__(
        self,
        actor_id: str,
        config_path: str | PathLike[str],
        backends: Mapping[str, LLMBackend],
        nats_url: str = DEFAULT_NATS_URL,
        *,
        bus: Bus | None = None,
    ) -> None:
        """`backends` by tier.

        Raises:
            ConfigError: naming everything that is wrong with the definition, its knowledge or its tools.
        """
        super().__init__(actor_id, config_path, nats_url, bus=bus)
        self.backends = backends
        self._load()

    async def on_reload(self) -> None:
        """As `TaskWorker.on_reload`; tools are loaded again."""
        await super().on_reload()
        self._load()

    async def process(self, payload: Json, metadata: Json) -> Json:
        """As `TaskWorker.process`. `silo_updates` are taken out of the output, and made when the rest of it fits.

        Raises:
            RuntimeError: when there is no backend for the tier.
            ConfigError: when knowledge can no longer be read.
            ValueError: when the model gives no text, or text that holds no JSON object.
            TaskTimeoutError: after the worker's `timeout_seconds`.
        """
        task, conversation = self._task(), _Conversation(self._backend(metadata))
        await drive(
            task.open(payload),
            task.plan(""),
            model=conversation.ask,
            tools=task.toolbox,
            timeout_s=task.timeout_s,
        )
        reply = conversation.reply
        closed = task.close(answer_from_dict(reply))
        if closed.output is None:
            raise ValueError(closed.problems[0])
        if closed.silo_updates and not closed.problems:
            apply_silo_updates(list(closed.silo_updates), self.config.get("knowledge_silos", []))
        usage = {key: reply[key] for key in ("prompt_tokens", "completion_tokens")}
        return {"output": closed.output, "model_used": reply["model"], "token_usage": usage}

    def _load(self) -> None:
        self._providers = _load_tool_providers(self.config.get("knowledge_silos", []))
        self._loaded = WorkerTask(self.definition, self._providers)

    def _task(self) -> WorkerTask:
        """The task with its knowledge as it is now: this worker, another one or a person may have changed it."""
        worker = self.definition
        if not worker.knowledge_sources and len(worker.knowledge_silos) == len(self._providers):
            return self._loaded
        return WorkerTask(worker, self._providers)

    def _backend(self, metadata: Json) -> LLMBackend:
        tier = metadata.get("routed_tier") or metadata.get("model_tier") or self.definition.default_model_tier
        if tier not in self.backends:
            known = ", ".join(self.backends) or "none"
            raise RuntimeError(f"No backend for tier '{tier}'; there are backends for: {known}")
        return self.backends[tier]


def _load_tool_providers(silos: list[Json]) -> dict[str, ToolProvider]:
    return load_tool_providers(checked_silos(silos))
