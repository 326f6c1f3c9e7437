"""What a person said of an endpoint, checked and made into an entry. Stores nothing, asks nobody.

Words and rules are those of `endpoints` in the settings file; beside them stand `api_key`, `api_key_env` and `enabled`.
"""

from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from loom.calls.book.headers import GivenHeader, header_problems, read_headers
from loom.core.endpoint_config import EndpointConfig, EndpointKind, endpoint_from
from loom.core.endpoint_rules import ENDPOINT_RULES, a_name
from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.core.key_reference import reference_problem
from loom.core.keys import check_keys
from loom.core.yamlfile import Document
from loom.net.addresses import metadata_kind
from loom.net.urls import read_url

__all__ = ["Draft", "GivenKey", "guessed_kind", "read_draft"]

_LONGEST_KEY: Final = 4096
_MOST_MODELS: Final = 1000
_OWN: Final = ("label", "api_key", "api_key_env", "headers", "enabled")
_OLLAMA_PORT: Final = 11434


@dataclass(frozen=True, slots=True)
class GivenKey:
    """What was said of the key: a variable, the key itself, or, without both, that there is none."""

    reference: str | None = None
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """An endpoint as it shall be."""

    config: EndpointConfig
    """Without its key."""

    enabled: bool = True
    key: GivenKey | None = None
    """None when nothing was said: one that is there stays, as long as it is sent to the same origin."""

    headers: tuple[GivenHeader, ...] | None = None
    """None when nothing was said: those that are there stay, as long as the key would."""


def read_draft(said: Json, before: Draft | None = None) -> Draft:
    """The endpoint that `said` describes; what it leaves out is as `before`.

    Keys: `label`, `url`, `kind` (guessed when left out), `api_key` or `api_key_env` (null: none), `headers` (a list of
    `name` and `value`; without a value that of before), `models`, `prices` (USD per million tokens), `limits`,
    `enabled`.

    Raises:
        ConfigError: naming everything that is wrong. A key is never shown.
    """
    report = Document(None, said).report()
    for key in () if before else ("label", "url"):
        if key not in said:
            report.error((), f"missing required key '{key}'", remedy=f"add '{key}'")
    rules = {key: rule for key, rule in ENDPOINT_RULES.items() if key not in ("name", "key", "headers")}
    check_keys(report, (), {key: value for key, value in said.items() if key not in _OWN}, rules)
    if "label" in said and (before is None or _trimmed(said["label"]) != before.config.name):
        a_name(report, ("label",), _trimmed(said["label"]))
    found = report.findings()
    problems = [*found.errors, *found.warnings, *_own_problems(said)]
    problems = problems or [
        Problem(f"has more than {_MOST_MODELS}", key, remedy="name those that are used")
        for key in ("models", "prices")
        if len(said.get(key) or ()) > _MOST_MODELS
    ]
    if not problems and "url" in said:
        problems += _address_problems(said["url"])
    if problems:
        raise ConfigError(problems)
    return _draft(said, before)


def guessed_kind(url: str) -> EndpointKind:
    """Which API most likely answers at `url`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "anthropic.com" or host.endswith(".anthropic.com"):
        return EndpointKind.ANTHROPIC
    own_path = parts.path.rstrip("/") not in ("", "/api")
    is_ollama = parts.port == _OLLAMA_PORT or host.split(".")[0] == "ollama"
    return EndpointKind.OLLAMA if is_ollama and not own_path else EndpointKind.OPENAI


def _draft(said: Json, before: Draft | None) -> Draft:
    config = _config(said, before.config if before else None)
    enabled = said.get("enabled", before.enabled if before else True)
    headers = read_headers(said["headers"] or ()) if "headers" in said else None
    return Draft(config, enabled, _given_key(said), headers)


def _config(said: Json, before: EndpointConfig | None) -> EndpointConfig:
    label = said["label"].strip() if "label" in said else before.name if before else ""
    url = said["url"].strip() if "url" in said else before.url if before else ""
    new = endpoint_from(
        {**{key: said[key] for key in said if key not in _OWN}, "name": label, "url": url}, {}
    )
    if said.get("kind") is None:
        same = before is not None and before.url == url
        new = replace(new, kind=before.kind if before and same else guessed_kind(url))
    if before is None:
        return new
    return replace(
        new,
        models=new.models if "models" in said else before.models,
        prices=new.prices if "prices" in said else before.prices,
        limits=new.limits if "limits" in said else before.limits,
    )


def _given_key(said: Json) -> GivenKey | None:
    if not {"api_key", "api_key_env"} & said.keys():
        return None
    if name := said.get("api_key_env"):
        return GivenKey(reference=_variable(name))
    key = (said.get("api_key") or "").strip()
    if key.startswith("env:"):
        return GivenKey(reference=_variable(key))
    return GivenKey(value=key or None)


def _variable(name: str) -> str:
    return name.strip().removeprefix("env:")


def _trimmed(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _own_problems(said: Json) -> list[Problem]:
    problems: list[Problem] = []
    if not isinstance(said.get("enabled", True), bool):
        problems.append(Problem("must be true or false", "enabled", value=said["enabled"]))
    problems += header_problems(said.get("headers") or [])
    return problems + _key_problems(said.get("api_key"), said.get("api_key_env"))


def _key_problems(key: object, variable: object) -> list[Problem]:
    if key and variable:
        return [Problem("is given, and so is a variable that holds it", "api_key", remedy="give one of them")]
    if not isinstance(key, str | None):
        return [Problem("is not text", "api_key")]
    if not isinstance(variable, str | None):
        return [Problem("is not text", "api_key_env")]
    is_reference = (key or "").strip().startswith("env:")
    name = _variable(key or "") if is_reference else _variable(variable or "")
    if name:
        wrong = reference_problem(f"env:{name}")
        field_ = "api_key" if is_reference else "api_key_env"
        return [replace(wrong, field=field_)] if wrong else []
    key = (key or "").strip()
    if len(key) > _LONGEST_KEY or not (key.isascii() and (key.isprintable() or not key)):
        what = f"is longer than {_LONGEST_KEY} characters, or has one that no HTTP header may carry"
        return [Problem(what, "api_key", remedy="copy the key again, without line breaks")]
    return []


def _address_problems(url: str) -> list[Problem]:
    try:
        host = read_url(url.strip()).host
    except ValueError as error:
        return [Problem(str(error), "url", value=url, remedy="write it as http://host:port")]
    kind = metadata_kind(host)
    if kind is None:
        return []
    return [Problem(f"is refused: that address is {kind}, never a model", "url", value=url)]
