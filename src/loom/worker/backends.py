"""The documented model interface for scripts and custom backends, in dictionaries. Knows no jobs and costs."""

import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from loom.calls.anthropic import AnthropicBackend as AnthropicCalls
from loom.calls.backend import Backend
from loom.calls.models import Message, ModelAnswer, ModelRequest, Role
from loom.calls.ollama import OllamaBackend as OllamaCalls
from loom.calls.openai import OpenAIBackend
from loom.core.endpoint_config import EndpointConfig, EndpointKind
from loom.core.errors import ConfigError, Fault, ProviderError
from loom.core.jsonvalue import Json
from loom.core.settings import Settings, load_settings
from loom.core.worker_config import Tier
from loom.worker.asking import Asker
from loom.worker.dialogue import answer_to_dict, message_from_dict
from loom.worker.tools import spec_of

__all__ = [
    "AnthropicBackend",
    "LLMBackend",
    "OllamaBackend",
    "OpenAICompatibleBackend",
    "build_backends_from_env",
]

_ANTHROPIC = "https://api.anthropic.com"
_DROPPABLE = frozenset({"temperature", "max_tokens"})


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
        `{"_raw": text}`), and `stop_reason` (`end_turn`, `tool_use`, `max_tokens`, `refusal`). A `thinking` besides
        belongs into the assistant's entry of `messages`, unchanged.
        """


class _ApiBackend(LLMBackend):
    """Any endpoint of `loom.calls`. Used in one event loop."""

    def __init__(self, backend: Backend, base_url: str, model: str, system: str) -> None:
        self.base_url = base_url
        self.model = model
        self._system = system
        self._asker = Asker(backend, model)
        self._rejected: tuple[str, ...] = ()
        """Parameters that the model has refused."""

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
        `gen_ai_request_max_tokens`; `dropped` names what of it the model refused and was asked without.

        Raises:
            ProviderError: when the endpoint does not answer, refuses, or answers nonsense.
        """
        history = messages or [{"role": "user", "content": user_message}]
        request = ModelRequest(
            model=self.model,
            messages=(Message.of(Role.SYSTEM, system_prompt), *map(message_from_dict, history)),
            tools=tuple(map(spec_of, tools or ())),
            temperature=temperature,
            max_tokens=max_tokens,
        )
        reply = answer_to_dict(await self._answer(request), self.model)
        return {
            **reply,
            "gen_ai_system": self._system,
            "gen_ai_request_model": self.model,
            "gen_ai_response_model": reply["model"],
            "gen_ai_request_temperature": temperature,
            "gen_ai_request_max_tokens": max_tokens,
            **({"dropped": list(self._rejected)} if self._rejected else {}),
        }

    async def _answer(self, request: ModelRequest) -> ModelAnswer:
        backend = self._asker.backend
        while True:
            sent = self._rejected
            try:
                spoken = structs.replace(request, **dict.fromkeys(sent))
                return await self._asker.ask(backend.encode(spoken), backend.read)
            except ProviderError as error:
                name = error.parameter
                if error.fault is not Fault.PARAMETER or name not in _DROPPABLE or name in sent:
                    raise
                self._rejected = (*sent, name)

    async def aclose(self) -> None:
        """Release connections."""
        await self._asker.backend.aclose()


class AnthropicBackend(_ApiBackend):
    """Claude, over Anthropic's Messages API."""

    def __init__(
        self, api_key: str, model: str = "claude-sonnet-4-20250514", *, base_url: str = _ANTHROPIC
    ) -> None:
        """`base_url` with or without `/v1`.

        Raises:
            InputError: when `base_url` is no address, or the key cannot be sent.
        """
        super().__init__(AnthropicCalls(base_url, api_key), base_url, model, "anthropic")


class OllamaBackend(_ApiBackend):
    """Models of an Ollama server, over its own API."""

    def __init__(self, model: str = "llama3.2:3b", base_url: str = "http://localhost:11434") -> None:
        """
        Raises:
            InputError: when `base_url` is no address.
        """
        super().__init__(OllamaCalls(base_url), base_url, model, "ollama")


class OpenAICompatibleBackend(_ApiBackend):
    """Any endpoint that speaks the OpenAI API: OpenAI, vLLM, llama.cpp, LM Studio, OpenRouter, LiteLLM."""

    def __init__(self, base_url: str, api_key: str = "not-needed", model: str = "default") -> None:
        """`base_url` with or without `/v1`.

        Raises:
            InputError: when `base_url` is no address, or the key cannot be sent.
        """
        super().__init__(OpenAIBackend(base_url, api_key), base_url, model, "openai")


def build_backends_from_env() -> dict[str, LLMBackend]:
    """The backends by tier that the environment and `~/.loom/config.yaml` describe; may be empty.

    `local` is Ollama with `OLLAMA_URL`, `standard` and `frontier` are Anthropic with `ANTHROPIC_API_KEY`, and
    `OPENAI_BASE_URL` or `OPENAI_API_KEY` serves what is left; `tiers` of the file comes before all. A file that is
    wrong is passed over with a warning.

    Raises:
        ConfigError: when a variable is wrong.
    """
    settings = _settings()
    backends: dict[str, LLMBackend] = {}
    for tier in Tier:
        found = _mapped(settings, tier) or _otherwise(settings)
        if found is not None:
            endpoint, model = found
            key = endpoint.key.value if endpoint.key else None
            backends[tier.value] = _FACES[endpoint.kind](endpoint.url, key, model)
    return backends


def _settings() -> Settings:
    try:
        return load_settings()
    except ConfigError as error:
        settings = load_settings(config_path=Path(os.devnull))
        logging.getLogger(__name__).warning("the settings file is passed over: %s", error)
        return settings


_Found = tuple[EndpointConfig, str]
"""An endpoint and a model."""


def _mapped(settings: Settings, tier: Tier) -> _Found | None:
    target = settings.tiers.get(tier)
    endpoints = {endpoint.name: endpoint for endpoint in settings.endpoints}
    endpoint = endpoints.get(target.endpoint) if target else None
    return (endpoint, target.model) if target and endpoint and _usable(endpoint) else None


def _otherwise(settings: Settings) -> _Found | None:
    model = settings.openai_model or "default"
    named = (endpoint for endpoint in settings.endpoints if endpoint.name in ("default", "openai"))
    return next(((endpoint, model) for endpoint in named if _usable(endpoint)), None)


def _usable(endpoint: EndpointConfig) -> bool:
    return endpoint.key is None or endpoint.key.value is not None


def _anthropic(url: str, key: str | None, model: str) -> LLMBackend:
    return AnthropicBackend(key or "", model, base_url=url)


def _ollama(url: str, _key: str | None, model: str) -> LLMBackend:
    return OllamaBackend(model, url)


def _openai(url: str, key: str | None, model: str) -> LLMBackend:
    return OpenAICompatibleBackend(url, key or "not-needed", model)


_FACES: dict[EndpointKind, Callable[[str, str | None, str], LLMBackend]] = {
    EndpointKind.ANTHROPIC: _anthropic,
    EndpointKind.OLLAMA: _ollama,
    EndpointKind.OPENAI: _openai,
}
