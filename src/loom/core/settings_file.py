"""`~/.loom/config.yaml`: read, checked, looked into. Knows no environment variable and no default."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from loom.core.bounded import MAX_CONFIG_BYTES
from loom.core.endpoint_config import EndpointConfig, TierTarget, endpoint_from, target_from
from loom.core.endpoint_rules import (
    a_url,
    check_endpoints,
    check_tier_targets,
    endpoint_list,
    tier_targets,
    unshown,
)
from loom.core.findings import Report, Steps
from loom.core.jsonvalue import Json
from loom.core.key_reference import a_key
from loom.core.keys import Rule, a_number, check_keys, dict_of, list_of, may_be_null, schema_version, text
from loom.core.rule import described, object_schema
from loom.core.worker_config import Tier
from loom.core.yamlfile import Document, load_yaml

__all__ = ["SettingsFile", "read_settings_file", "settings_schema"]


def settings_schema() -> Json:
    """The rules of the settings file as a JSON Schema."""
    return object_schema(_RULES)


def read_settings_file(path: Path) -> "SettingsFile":
    """The settings at `path`; none at all when there is no file, or nothing but comments in it.

    Raises:
        YamlError: when the file cannot be read.
    """
    return SettingsFile(load_yaml(path) if _has_content(path) else Document(str(path), {}))


def _has_content(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            lines = stream.read(MAX_CONFIG_BYTES).splitlines()
    except FileNotFoundError:
        return False
    except OSError:
        return True  # reading it as YAML says what is wrong
    return any(line.strip() and not line.lstrip().startswith(b"#") for line in lines)


class SettingsFile:
    """A settings file, checked as it is opened. What it holds is asked only when `report` has no errors."""

    def __init__(self, document: Document) -> None:
        self.report: Report = document.report()
        self._config = document.mapping or {}
        if document.mapping is None:
            self.report.error((), "expected dict: settings are a mapping", remedy="start with 'endpoints:'")
        check_keys(self.report, (), self._config, _RULES)

    def endpoints(
        self, env: Mapping[str, str], others: Sequence[EndpointConfig] = ()
    ) -> tuple[EndpointConfig, ...]:
        """Its endpoints, their keys read from `env`. Reports doubles of names and of keys, `others` included."""
        endpoints = tuple(endpoint_from(entry, env) for entry in self._config.get("endpoints") or ())
        check_endpoints(self.report, endpoints, others)
        return endpoints

    def tiers(self, endpoints: Mapping[str, EndpointConfig]) -> dict[Tier, TierTarget]:
        """What its tiers mean. Reports those that lead to none of `endpoints`."""
        mapped: dict[str, Any] = self._config.get("tiers") or {}
        tiers = {Tier(tier): target_from(value) for tier, value in mapped.items()}
        check_tier_targets(self.report, tiers, endpoints)
        return tiers

    def value(self, *places: Steps) -> Any:
        """The first value that stands at one of `places`; None when none does."""
        return next((found for steps in places if (found := self._at(steps)) is not None), None)

    def _at(self, steps: Steps) -> Any:
        value: Any = self._config
        for step in steps:
            value = cast("dict[str | int, Any]", value).get(step) if isinstance(value, dict) else None
        return value


@described({"type": "string", "pattern": r"^(?!env:)\S|^env:(\w+_API_KEY|LLM_\w+)$"})
def _provider_key(report: Report, steps: Steps, value: Any) -> None:
    """As 0.9 kept it: the key itself, or `env:NAME`."""
    if isinstance(value, str) and value.startswith("env:"):
        a_key(report, steps, value)
    elif not isinstance(value, str) or not value.strip():
        report.error(steps, "is not a key", remedy="write env:ANTHROPIC_API_KEY")


_text = may_be_null(text)
_url = may_be_null(a_url)
_port = may_be_null(a_number(0, 65535, whole=True, what="is not a port"))
_BACKENDS: dict[str, Rule] = {
    "ollama_url": _url,
    "ollama_model": _text,
    "anthropic_api_key": may_be_null(_provider_key),
    "standard_model": _text,
    "frontier_model": _text,
    "embedding_model": _text,
}
_RAG: dict[str, Rule] = {"rag_data_dir": _text, "rag_vector_store": _text, "rag_db_path": _text}
_WORKSHOP: dict[str, Rule] = {"workshop_port": _port}


def _section(rules: Mapping[str, Rule]) -> Rule:
    wrong = "must be a dict of settings"
    return may_be_null(unshown(dict, wrong, dict_of(rules, wrong=wrong)))


_RULES: dict[str, Rule] = {
    "schema": schema_version,
    "endpoints": endpoint_list,
    "tiers": tier_targets,
    "data_dir": _text,
    "database_url": _text,
    "host": _text,
    "port": _port,
    "max_concurrent_runs": may_be_null(a_number(1, 10_000, whole=True, what="must be from 1 to 10000")),
    "nats_url": _text,
    "allowed_hosts": may_be_null(list_of(text, wrong="must be a list of hosts")),
    "import_allow": may_be_null(list_of(text, wrong="must be a list of classes")),
    "files_allow": may_be_null(list_of(text, wrong="must be a list of folders")),
    "outbound_allow": may_be_null(list_of(text, wrong="must be a list of hosts")),
    "backends": _section(_BACKENDS),
    "rag": _section(_RAG),
    "workshop": _section(_WORKSHOP),
    **_BACKENDS,
    **_RAG,
    **_WORKSHOP,
}
"""The sections are 0.9's, and so is that each of their keys may stand at the top as well."""
