"""From an endpoint's configuration to the backend that speaks its API. Sends nothing, chooses nothing."""

from collections.abc import Callable

from loom.calls.backend import Backend
from loom.calls.credential import Credential
from loom.calls.http import HttpClient
from loom.calls.openai import OpenAIBackend
from loom.core.clock import Clock
from loom.core.endpoint_config import EndpointConfig, EndpointKind, Secret
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
    beside = {name: _value(value, config, f"its header {name}") for name, value in config.headers.items()}
    if key is None:
        source = _KEY_VARIABLES.get(config.name, f"the endpoint '{config.name}'")
        return Credential(None, source, beside)
    return Credential(_value(key, config, "its key"), key.source, beside)


def _value(secret: Secret, config: EndpointConfig, what: str) -> str:
    if secret.value is None:
        problem = f"is not set, and endpoint '{config.name}' takes {what} from it"
        raise UsageError(Problem(problem, field=secret.source, remedy=f"export {secret.source}=..."))
    return secret.value


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
