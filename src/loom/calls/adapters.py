"""From an endpoint's configuration to the backend that speaks its API. Sends nothing, chooses nothing."""

from collections.abc import Callable

from loom.calls.backend import Backend
from loom.calls.credential import Credential
from loom.calls.http import HttpClient
from loom.calls.openai import OpenAIBackend
from loom.core.clock import Clock
from loom.core.endpoint_config import EndpointConfig, EndpointKind
from loom.core.errors import Problem, UsageError

__all__ = ["ADAPTERS", "adapter"]

_KEY_VARIABLES = {
    "openai": "OPENAI_API_KEY",
    "default": "DEFAULT_ENDPOINT_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
}
"""By the endpoints that environment variables define."""


def adapter(config: EndpointConfig, http: HttpClient, clock: Clock) -> Backend:
    """What speaks to `config`.

    Raises:
        UsageError: when the variable that holds its key is not set.
        InputError: when its address or key cannot be used.
    """
    return ADAPTERS[config.kind](config, http, clock)


def _credential(config: EndpointConfig) -> Credential:
    key = config.key
    if key is None:
        return Credential(None, _KEY_VARIABLES.get(config.name, f"the endpoint '{config.name}'"))
    if key.value is None:
        what = f"is not set, and endpoint '{config.name}' takes its key from it"
        raise UsageError(Problem(what, field=key.source, remedy=f"export {key.source}=..."))
    return Credential(key.value, key.source)


def _openai(config: EndpointConfig, http: HttpClient, clock: Clock) -> Backend:
    return OpenAIBackend(config.url, _credential(config), http=http, clock=clock)


def _anthropic(config: EndpointConfig, http: HttpClient, clock: Clock) -> Backend:
    from loom.calls.anthropic import AnthropicBackend

    return AnthropicBackend(config.url, _credential(config), http=http, clock=clock)


def _ollama(config: EndpointConfig, http: HttpClient, clock: Clock) -> Backend:
    from loom.calls.ollama import OllamaBackend

    return OllamaBackend(config.url, _credential(config), http=http, clock=clock)


def _simulated(_config: EndpointConfig, _http: HttpClient, clock: Clock) -> Backend:
    from loom.calls.simulated.backend import SimulatedBackend

    return SimulatedBackend(clock)


ADAPTERS: dict[EndpointKind, Callable[[EndpointConfig, HttpClient, Clock], Backend]] = {
    EndpointKind.OPENAI: _openai,
    EndpointKind.ANTHROPIC: _anthropic,
    EndpointKind.OLLAMA: _ollama,
    EndpointKind.SIMULATED: _simulated,
}
