"""Providers of a promptfoo configuration: which model with which parameters. Takes no key and asks nobody."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import is_number
from loom.evaluation.suites.promptfoo.models import Source
from loom.evaluation.suites.promptfoo.reading import Reading, is_file, listed, mapping

__all__ = ["Provider", "read_providers"]

_KINDS = ("openai", "anthropic", "ollama", "openrouter", "vllm", "llamafile", "localai")
_WAYS = ("chat", "completion", "messages", "responses")
_SECRET = ("key", "token", "secret", "password", "authorization", "headers", "env")
_TAKEN = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "max_output_tokens": "max_output_tokens",
    "num_predict": "max_output_tokens",
}
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (1e-9, 1),
    "seed": (-(2**63), 2**63 - 1),
    "max_output_tokens": (1, 1e9),
}
_WHOLE = ("seed", "max_output_tokens")


@dataclass(frozen=True, slots=True)
class Provider:
    """A model that Loom can ask."""

    kind: str
    model: str
    settings: Json = field(default_factory=dict[str, Any])
    """Keys of a worker."""

    wants_json: bool = False


def read_providers(value: JsonValue, reading: Reading) -> list[Provider]:
    """The providers under `providers`, but for those that are no models Loom can ask."""
    found: list[Provider] = []
    for at, item in enumerate(listed(value)):
        where = ("providers", at) if isinstance(value, list) else ("providers",)
        for source in _followed(Source(item, where), reading):
            provider = _provider(source, reading)
            if provider is not None:
                found.append(provider)
    for provider in found[1:]:
        remedy = "a worker has one model; evaluate with --model for each of the others"
        reading.leave(Source(None, ("providers",)), f"{provider.kind}:{provider.model}", remedy)
    return found


def _followed(source: Source, reading: Reading) -> Iterator[Source]:
    is_config = is_file(source.value) and str(source.value).lower().endswith((".yaml", ".yml", ".json"))
    if not is_config:
        yield source
        return
    for read in reading.followed(source):
        for at, item in enumerate(listed(read.value)):
            yield Source(item, (at,), read.file)


def _provider(source: Source, reading: Reading) -> Provider | None:
    name, options = _name_and_options(source.value)
    if not isinstance(name, str) or not name:
        reading.error(source, "is not a provider", None, "write it as openai:gpt-4o, or {id, config}")
        return None
    kind, _, rest = name.partition(":")
    way, _, model = rest.partition(":")
    model = model if way in _WAYS else rest
    if kind not in _KINDS or not model or way in ("embedding", "embeddings", "moderation", "image"):
        why = "Loom takes over models of openai, anthropic, ollama and openrouter; name a model with --model"
        reading.leave(source, name if kind in _KINDS or "://" not in name else "a provider by address", why)
        return None
    for key in options.keys() - {"id", "label", "config", "env"}:
        reading.leave(source, f"provider {key}", "Loom has nothing like it; edit the worker")
    return _configured(kind, model, options, source, reading)


def _name_and_options(value: JsonValue) -> tuple[JsonValue, Json]:
    if not isinstance(value, dict):
        return value, {}
    options = cast("Json", value)
    if "id" in options:
        # With `provider`, the id is only a name.
        return options.get("provider", options["id"]), {k: v for k, v in options.items() if k != "provider"}
    if len(options) == 1:
        (name, inner), *_ = options.items()
        return name, mapping(inner)
    return None, options


def _configured(kind: str, model: str, options: Json, source: Source, reading: Reading) -> Provider:
    settings: Json = {}
    wants_json = False
    for key, value in mapping(options.get("config")).items():
        if key in _TAKEN and _is_setting(_TAKEN[key], value):
            settings[_TAKEN[key]] = value
        elif key == "response_format":
            wants_json = True
        elif any(sign in key.lower() for sign in _SECRET):
            why = "secrets are not copied; put it in an environment variable, see docs/endpoints.md"
            reading.leave(source, f"config.{key}", why)
        elif key.lower() in ("apibaseurl", "apihost", "baseurl", "organization"):
            why = (
                "addresses belong to endpoints: set OPENAI_BASE_URL, or add an endpoint to the settings file"
            )
            reading.leave(source, f"config.{key}", why)
        else:
            reading.leave(source, f"config.{key}", "a worker has no such key, or not with this value")
    return Provider(kind, model, settings, wants_json)


def _is_setting(key: str, value: JsonValue) -> bool:
    low, high = _RANGES[key]
    return is_number(value) and low <= value <= high and (key not in _WHOLE or isinstance(value, int))
