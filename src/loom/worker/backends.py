"""The documented model interface for scripts and custom backends, in dictionaries. Knows no jobs and costs."""

from abc import ABC, abstractmethod

from loom.calls.backend import Wire
from loom.calls.limits import Limiter, LimitKeys, retrying
from loom.calls.models import Message, ModelAnswer, ModelRequest, Role
from loom.calls.openai import OpenAIBackend
from loom.core.clock import SystemClock
from loom.core.ids import new_id, text
from loom.core.jsonvalue import Json
from loom.worker.dialogue import answer_to_dict, message_from_dict
from loom.worker.tools import spec_of

__all__ = ["LLMBackend", "OpenAICompatibleBackend"]

_TIMEOUT_S = 120.0


class LLMBackend(ABC):
    """A model that answers. Used by several tasks at once."""

    @abstractmethod
    async def complete(
        self,
        system_prompt: str,
        user_message: str,
        max_tokens: int = 2000,
        temperature: float = 0.0,
        *,
        tools: list[Json] | None = None,
        messages: list[Json] | None = None,
    ) -> Json:
        """Ask once.

        `tools` are definitions as `ToolProvider.get_definition` gives them. `messages`, the history without
        the system prompt, replaces `user_message`: `{"role": "user", "content"}`, `{"role": "assistant",
        "tool_calls", "content"?}`, `{"role": "tool", "tool_call_id", "content"}`.

        Returns `content` (None with tool calls alone), `model`, `prompt_tokens`, `completion_tokens`,
        `tool_calls` (`[{"id", "name", "arguments"}]`, or None; arguments that are no JSON object as
        `{"_raw": text}`), and `stop_reason` (`end_turn`, `tool_use`, `max_tokens`, `refusal`).
        """


class OpenAICompatibleBackend(LLMBackend):
    """Any endpoint that speaks the OpenAI API. Used in one event loop."""

    def __init__(self, base_url: str, api_key: str = "not-needed", model: str = "default") -> None:
        """`base_url` with or without `/v1`.

        Raises:
            InputError: when `base_url` is no address.
        """
        self.base_url = base_url
        self.model = model
        self._backend = OpenAIBackend(base_url, api_key)
        self._limiter = Limiter(SystemClock())

    async def complete(
        self,
        system_prompt: str,
        user_message: str,
        max_tokens: int = 2000,
        temperature: float = 0.0,
        *,
        tools: list[Json] | None = None,
        messages: list[Json] | None = None,
    ) -> Json:
        """As `LLMBackend.complete`, with the request in OpenTelemetry's words besides: `gen_ai_system`,
        `gen_ai_request_model`, `gen_ai_response_model`, `gen_ai_request_temperature` and
        `gen_ai_request_max_tokens`. Limits are waited out, other passing failures tried again.

        Raises:
            ProviderError: when the endpoint does not answer, or answers nonsense.
        """
        history = messages or [{"role": "user", "content": user_message}]
        request = ModelRequest(
            model=self.model,
            messages=(Message.of(Role.SYSTEM, system_prompt), *map(message_from_dict, history)),
            tools=tuple(map(spec_of, tools or ())),
            temperature=temperature,
            max_tokens=max_tokens,
        )
        reply = answer_to_dict(await self._answer(self._backend.encode(request)), self.model)
        return {
            **reply,
            "gen_ai_system": "openai",
            "gen_ai_request_model": self.model,
            "gen_ai_response_model": reply["model"],
            "gen_ai_request_temperature": temperature,
            "gen_ai_request_max_tokens": max_tokens,
        }

    async def _answer(self, body: bytes) -> ModelAnswer:
        request_id = text(new_id())

        async def attempt(number: int) -> ModelAnswer:
            wire = Wire(body, f"{request_id}-{number}", _TIMEOUT_S)
            return self._backend.read(await self._backend.send(wire))

        return await retrying(self._limiter, LimitKeys(self._backend.origin, self.model), 0, attempt)

    async def aclose(self) -> None:
        """Release connections."""
        await self._backend.aclose()
