"""The endpoints and tiers that single settings define, as `OLLAMA_URL` does. Reads no environment and no file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from loom.core.endpoint_config import EndpointConfig, EndpointKind, Secret, TierTarget
from loom.core.worker_config import Tier

__all__ = ["ANTHROPIC", "OLLAMA", "OPENAI", "addressed", "at_home", "implied_tiers", "setting_of"]

OPENAI, OLLAMA, ANTHROPIC = "openai", "ollama", "anthropic"
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class _Defined:
    """An endpoint, and the settings it is made of."""

    name: str
    kind: EndpointKind
    url: str
    key: str = ""
    home: str = ""
    """The provider's own address, which the key alone means."""


_DEFINED = (
    _Defined(_DEFAULT, EndpointKind.OPENAI, "default_endpoint_url", "default_endpoint_key"),
    _Defined(OPENAI, EndpointKind.OPENAI, "openai_base_url", "openai_api_key", "https://api.openai.com/v1"),
    _Defined(OLLAMA, EndpointKind.OLLAMA, "ollama_url"),
    _Defined(
        ANTHROPIC,
        EndpointKind.ANTHROPIC,
        "anthropic_base_url",
        "anthropic_api_key",
        "https://api.anthropic.com",
    ),
)


def addressed(values: Mapping[str, Any]) -> tuple[EndpointConfig, ...]:
    """The endpoints whose address is set."""
    return tuple(
        EndpointConfig(one.name, values[one.url], one.kind, values.get(one.key))
        for one in _DEFINED
        if one.url in values
    )


def at_home(values: Mapping[str, Any], others: Iterable[EndpointConfig]) -> tuple[EndpointConfig, ...]:
    """The providers' own addresses, where only a key is set, unless one of `others` has that name or that key."""
    taken = {other.name for other in others} | {other.key.source for other in others if other.key}
    found: list[EndpointConfig] = []
    for one in _DEFINED:
        key: Secret | None = values.get(one.key)
        if one.home and key and key.value and not taken & {one.name, key.source}:
            found.append(EndpointConfig(one.name, one.home, one.kind, key))
    return tuple(found)


def setting_of(endpoint: str) -> tuple[str, ...]:
    """The settings that the endpoint of that name is made of; the first that is set says where it came from."""
    return next(((one.url, one.key) for one in _DEFINED if one.name == endpoint), ())


def implied_tiers(
    defined: Iterable[EndpointConfig], models: Mapping[Tier, str], *, described: bool
) -> dict[Tier, TierTarget]:
    """What tiers mean where nothing says so: local is Ollama, standard and frontier are Anthropic.

    Anthropic only where no other endpoint was `described` in the file or made the default: many people have its key
    set for other programs. `defined` are the endpoints of single settings.
    """
    names = {endpoint.name for endpoint in defined}
    tiers: dict[Tier, TierTarget] = {}
    if OLLAMA in names:
        tiers[Tier.LOCAL] = TierTarget(OLLAMA, models[Tier.LOCAL])
    if ANTHROPIC in names and _DEFAULT not in names and not described:
        tiers |= {tier: TierTarget(ANTHROPIC, models[tier]) for tier in (Tier.STANDARD, Tier.FRONTIER)}
    return tiers
