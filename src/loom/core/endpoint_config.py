"""What is configured of model endpoints, as values; opens nothing, checks nothing, knows no provider's API."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from loom.core.jsonvalue import Json
from loom.core.money import Price, nano_usd

__all__ = [
    "SIMULATED_ENDPOINT",
    "EndpointConfig",
    "EndpointKind",
    "EndpointLimits",
    "Secret",
    "TierTarget",
    "endpoint_from",
    "secret_from",
    "target_from",
]

_REFERENCE = "env:"

_IN_FILE = "the settings file"

SIMULATED_ENDPOINT = "simulated"
"""The name of the embedded family's endpoint, which is always there."""


class EndpointKind(StrEnum):
    """Which API an endpoint speaks."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    OLLAMA = "ollama"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Secret:
    """A key, and the name of what holds it. Only the name is ever shown."""

    source: str
    """An environment variable, or a key of the settings file."""

    value: str | None = field(default=None, repr=False)
    """None when the variable is not set."""


@dataclass(frozen=True, slots=True)
class EndpointLimits:
    """What each model of an endpoint is allowed. None means that nothing is known."""

    max_concurrent: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """One model address."""

    name: str
    url: str
    kind: EndpointKind = EndpointKind.OPENAI
    key: Secret | None = None
    """None for an endpoint that asks for no key."""

    models: tuple[str, ...] = ()
    """The models it has; empty when that is for the endpoint to say."""

    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])
    """By model; others are looked up."""

    limits: EndpointLimits = EndpointLimits()
    headers: Mapping[str, Secret] = field(default_factory=dict[str, Secret])
    """Sent beside the key."""

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """What its secrets are in: of each `key` or `headers`, and the name of the variable."""
        key = (("key", self.key.source),) if self.key else ()
        return (*key, *(("headers", one.source) for one in self.headers.values() if one.source != _IN_FILE))

    def may_serve(self, model: str) -> bool:
        """Whether `model` is configured for it, or nothing is."""
        return not self.models or model in self.models


@dataclass(frozen=True, slots=True)
class TierTarget:
    """What a tier means."""

    endpoint: str
    model: str
    """Empty: for the endpoint to say."""

    def __str__(self) -> str:
        return f"{self.endpoint}/{self.model}" if self.model else self.endpoint


def endpoint_from(entry: Json, env: Mapping[str, str]) -> EndpointConfig:
    """The endpoint that a checked entry of the settings file describes, its secrets read from `env`."""
    limits: Json = entry.get("limits") or {}
    prices: Json = entry.get("prices") or {}
    headers: Json = entry.get("headers") or {}
    key = entry.get("key")
    return EndpointConfig(
        entry["name"],
        entry["url"].strip(),
        EndpointKind(entry.get("kind") or EndpointKind.OPENAI),
        secret_from(key, env, entry["name"]) if key else None,
        tuple(entry.get("models") or ()),
        {model: _price(price) for model, price in prices.items()},
        EndpointLimits(*(limits.get(item.name) for item in fields(EndpointLimits))),
        {name: secret_from(value.strip(), env, _IN_FILE) for name, value in headers.items()},
    )


def secret_from(written: str, env: Mapping[str, str], source: str) -> Secret:
    """The key that `env:NAME` refers to, or `written` itself, which then comes from `source`."""
    if not written.startswith(_REFERENCE):
        return Secret(source, written)
    name = written.removeprefix(_REFERENCE)
    return Secret(name, env.get(name, "").strip() or None)


def target_from(value: str | Json) -> TierTarget:
    """What a tier means: `endpoint/model`, where the model may hold further slashes, or a mapping of both."""
    if isinstance(value, str):
        endpoint, _, model = value.partition("/")
        return TierTarget(endpoint, model)
    return TierTarget(value["endpoint"], value["model"])


def _price(price: Json) -> Price:
    cached = price.get("cached")
    return Price(
        nano_usd(price["input"]), nano_usd(price["output"]), None if cached is None else nano_usd(cached)
    )
