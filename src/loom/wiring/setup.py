"""Finds the models there are to ask, on this machine and behind keys, and suggests what each tier should mean.

A key is only ever sent to the address of its own provider. Nothing is written here but what `save` is given.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from loom.calls.endpoints import Endpoints
from loom.core.clock import SystemClock
from loom.core.endpoint_config import EndpointConfig, EndpointKind, Secret, TierTarget
from loom.core.errors import ConfigError, LoomError, Problem
from loom.core.jsonvalue import Json
from loom.core.key_reference import reference_problem
from loom.core.private_file import write_private
from loom.core.settings import Origin, Settings
from loom.core.settings_edit import edited
from loom.core.worker_config import Tier

__all__ = ["LOCAL_SERVERS", "Found", "find", "save", "suggest"]

_LOCAL_WAIT_S = 2.0
_REMOTE_WAIT_S = 15.0

LOCAL_SERVERS = (
    EndpointConfig("ollama", "http://localhost:11434", EndpointKind.OLLAMA),
    EndpointConfig("lmstudio", "http://localhost:1234/v1"),
    EndpointConfig("llamacpp", "http://localhost:8080/v1"),
    EndpointConfig("vllm", "http://localhost:8000/v1"),
)
"""Where servers of one's own listen unless told otherwise."""

_PROVIDERS = (
    ("anthropic", EndpointKind.ANTHROPIC, "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
    ("openai", EndpointKind.OPENAI, "https://api.openai.com/v1", "OPENAI_API_KEY"),
    ("openrouter", EndpointKind.OPENAI, "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    ("mistral", EndpointKind.OPENAI, "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    ("groq", EndpointKind.OPENAI, "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    ("deepseek", EndpointKind.OPENAI, "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    ("together", EndpointKind.OPENAI, "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
)
_NOT_FOR_CHAT = re.compile(
    r"embed|whisper|tts|dall|image|moderation|rerank|audio|realtime|transcribe|search|guard|instruct-0914|davinci|babbage"
)
_LIKED: Mapping[Tier, tuple[str, ...]] = {
    Tier.LOCAL: (r"llama-?3", r"qwen", r"mistral|gemma|phi"),
    Tier.STANDARD: (r"sonnet", r"gpt-[\d.]+-mini$", r"flash", r"medium", r"mini|small"),
    Tier.FRONTIER: (r"opus", r"gpt-[\d.]+$", r"gpt-4o$", r"pro$|large"),
}
"""Names of models that people mean by a tier, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Found:
    """An endpoint that was looked at."""

    endpoint: EndpointConfig
    local: bool
    models: tuple[str, ...] = ()
    """Those that answer in words, as it lists them."""

    problem: str | None = None
    """Why it cannot be used; None when it can."""

    known: bool = False
    """The settings file has it already, or cannot have it."""


async def find(settings: Settings, env: Mapping[str, str]) -> list[Found]:
    """Every endpoint of `settings`, every server of one's own that answers, and the provider of every key in `env`."""
    wanted = _wanted(settings, env)
    asked = replace(settings, endpoints=tuple(one.endpoint for one in wanted))
    endpoints = Endpoints(asked, SystemClock(), concurrency=1)
    try:
        found = await asyncio.gather(*(_asked(endpoints, one, env) for one in wanted))
    finally:
        await endpoints.aclose()
    return [one for one in found if one.known or not one.local or one.problem is None]


def _wanted(settings: Settings, env: Mapping[str, str]) -> list[Found]:
    wanted = [Found(one, _is_local(one.url), known=_is_settled(one, settings)) for one in settings.endpoints]
    names = {one.name for one in settings.endpoints}
    keys = {one.key.source for one in settings.endpoints if one.key}
    places = {_place(one.url) for one in settings.endpoints}
    others = (one for one in LOCAL_SERVERS if one.name not in names and _place(one.url) not in places)
    wanted += [Found(server, local=True) for server in others]
    for name, kind, url, variable in _PROVIDERS:
        value = env.get(variable, "").strip()
        if value and name not in names and variable not in keys:
            wanted.append(Found(EndpointConfig(name, url, kind, Secret(variable, value)), local=False))
    return wanted


def _is_settled(endpoint: EndpointConfig, settings: Settings) -> bool:
    """One that only the environment defines would be missed once its variable is gone, unless its key has a name that
    the file may not refer to.
    """
    referable = endpoint.key is None or reference_problem(f"env:{endpoint.key.source}") is None
    return not referable or settings.origins.get(f"endpoints.{endpoint.name}") is Origin.FILE


def _is_local(url: str) -> bool:
    return re.match(r"https?://(?:localhost|127(?:\.\d+){3}|\[::1\])(?=[:/]|$)", url) is not None


def _place(url: str) -> str:
    """Host and port: one server under two names is one."""
    return re.sub(r"//(?:127\.0\.0\.1|\[::1\])", "//localhost", url).split("/")[2].lower()


async def _asked(endpoints: Endpoints, one: Found, env: Mapping[str, str]) -> Found:
    wait_s = _LOCAL_WAIT_S if one.local else _REMOTE_WAIT_S
    try:
        async with asyncio.timeout(wait_s):
            listed = await endpoints.models(one.endpoint.name)
    except TimeoutError:
        return replace(one, problem=f"did not answer within {wait_s:g} s")
    except LoomError as error:
        return replace(one, problem=_without_keys(str(error), env))
    allowed = filter(one.endpoint.may_serve, listed)
    models = tuple(model for model in allowed if not _NOT_FOR_CHAT.search(model.lower()))
    if models:
        return replace(one, models=models)
    pull = "; run: ollama pull llama3.2:3b" if one.endpoint.kind is EndpointKind.OLLAMA else ""
    return replace(one, problem=f"has no model that could answer{pull}")


def _without_keys(text: str, env: Mapping[str, str]) -> str:
    """A provider may quote the key that it refuses."""
    for variable, value in env.items():
        if value.strip() and variable.endswith("_KEY"):
            text = text.replace(value.strip(), f"${variable}")
    return text


def suggest(found: Iterable[Found], tier: Tier, settings: Settings) -> TierTarget | None:
    """What `tier` most likely should mean; None when there is no model to ask.

    Local means one's own server, the others a provider, where there is one.
    """
    usable = [one for one in found if one.problem is None]
    ranked = sorted(usable, key=lambda one: one.local is not (tier is Tier.LOCAL))
    if not ranked:
        return None
    best = ranked[0]
    wished = {Tier.LOCAL: settings.ollama_model, Tier.FRONTIER: settings.frontier_model}.get(tier)
    if wished in best.models:
        return TierTarget(best.endpoint.name, wished)
    liked = _LIKED[tier] if best.local is (tier is Tier.LOCAL) else _LIKED[Tier.STANDARD]
    for pattern in liked:
        matching = [model for model in best.models if re.search(pattern, model.lower())]
        if matching:
            return TierTarget(best.endpoint.name, max(matching))
    return TierTarget(best.endpoint.name, best.models[0])


def save(path: Path, chosen: Mapping[Tier, TierTarget], found: Iterable[Found]) -> bool:
    """Write what tiers mean, and the endpoints they lead to, into the settings file; whether anything had to change.

    What is in the file stays, comments too. Keys are written by the name of their variable.

    Raises:
        ConfigError: when the file cannot be written, or not without changing its layout.
    """
    try:
        target = path.resolve()
        text = target.read_text("utf-8") if target.exists() else ""
        needed = {one.endpoint.name: one for one in found if not one.known}
        names = dict.fromkeys(target.endpoint for target in chosen.values())
        entries = [_entry(needed[name].endpoint) for name in names if name in needed]
        tiers = {str(tier): f"{one.endpoint}/{one.model}" for tier, one in chosen.items()}
        new = edited(text, entries, tiers, str(path))
        if new == text:
            return False
        write_private(target, new.encode())
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise ConfigError(Problem(what, file=str(path), remedy="check its rights")) from None
    return True


def _entry(endpoint: EndpointConfig) -> Json:
    entry: Json = {"name": endpoint.name, "url": endpoint.url}
    if endpoint.kind is not EndpointKind.OPENAI:
        entry["kind"] = str(endpoint.kind)
    if endpoint.key is not None:
        entry["key"] = f"env:{endpoint.key.source}"
    return entry
