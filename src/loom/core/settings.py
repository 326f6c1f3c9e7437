"""What this Loom is told: environment, then `~/.loom/config.yaml`, then defaults. Opens nothing, never shows a key.

The CLI lays its own options over the result with `dataclasses.replace`.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from loom.core.address import shown_url, url_fault
from loom.core.endpoint_config import EndpointConfig, Secret, TierTarget, secret_from
from loom.core.endpoint_env import addressed, at_home, implied_tiers, setting_of
from loom.core.errors import ConfigError, Problem
from loom.core.findings import Steps
from loom.core.key_reference import reference_problem
from loom.core.settings_file import SettingsFile, read_settings_file
from loom.core.worker_config import Tier

__all__ = ["Origin", "Settings", "load_settings"]

_GUESSED_BELOW = 20
"""Characters."""

_NATS = re.compile(r"(nats|tls|wss?)://[^\s/]+/?")


class Origin(StrEnum):
    """Where a setting came from."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    config_path: Path
    """The file that was looked for; it need not exist."""

    data_dir: Path
    apps_dir: Path
    """Where deployed apps are."""

    database_url: str = field(repr=False)
    """May hold a password. When not set: SQLite in the `data_dir` of the moment of loading."""

    endpoints: tuple[EndpointConfig, ...] = ()
    """The first is asked when nothing says which: `DEFAULT_ENDPOINT_URL`, `OPENAI_BASE_URL`, `OLLAMA_URL`,
    `ANTHROPIC_BASE_URL`, the file's in their order, and last the providers' own addresses where only a key is set."""

    tiers: Mapping[Tier, TierTarget] = field(default_factory=dict[Tier, TierTarget])
    host: str = "127.0.0.1"
    port: int = 8080
    max_concurrent_runs: int = 4
    nats_url: str | None = field(default=None, repr=False)
    """Where the mesh is; may hold a password. Several servers with commas between."""

    outbound_allow: tuple[str, ...] = ()
    """Hosts, or `host:port`, that webhooks may reach though they are private, and may be sent keys."""

    import_allow: tuple[str, ...] = ()
    """Classes, or all of a package as `package.*`, that files may name also when who asks is not at this machine."""

    files_allow: tuple[Path, ...] = ()
    """Folders whose files definitions may name also when who asks is not at this machine."""

    allowed_hosts: tuple[str, ...] = ()
    """Names besides its own under which the server may be asked."""

    api_key: Secret | None = None
    """Whoever shows it is an administrator."""

    jwt_secret: Secret | None = None
    """Signs tokens; when not set, one is made and kept in `data_dir`."""

    openai_base_url: str | None = None
    openai_api_key: Secret | None = None
    openai_model: str | None = None
    """The model to ask of the endpoints named `openai` and `default` when none is named."""

    default_endpoint_url: str | None = None
    default_endpoint_key: Secret | None = None
    ollama_url: str | None = None
    ollama_model: str = "llama3.2:3b"
    anthropic_base_url: str | None = None
    anthropic_api_key: Secret | None = None
    embedding_model: str | None = None
    """Of Ollama, or `hashed-384`; when not set, what is there decides."""

    rag_channel_registry: Path | None = None
    """What is known of channels, for the Workshop to show."""

    rag_data_dir: Path | None = None
    """Where `loom rag ingest` finds exports when none is named."""

    rag_db_path: Path | None = None
    """When not set, `rag.duckdb` in `data_dir`."""

    rag_vector_store: str = "duckdb"
    """`duckdb`, or the dotted path of a class."""

    standard_model: str = "claude-sonnet-4-20250514"
    frontier_model: str = "claude-opus-4-20250514"
    origins: Mapping[str, Origin] = field(default_factory=dict[str, Origin])
    """By field; by `endpoints.<name>` for each endpoint."""

    warnings: tuple[Problem, ...] = ()


def load_settings(env: Mapping[str, str] | None = None, config_path: Path | None = None) -> Settings:
    """The settings of `env` and of the file at `config_path`; by default the process's and `~/.loom/config.yaml`.

    A missing file is an empty one.

    Raises:
        ConfigError: naming everything that is wrong in both.
    """
    env = os.environ if env is None else env
    path = config_path or Path.home() / ".loom" / "config.yaml"
    file = read_settings_file(path)
    given = _given(file, env)
    endpoints, tiers = ((), {}) if file.report.errors else _endpoints(given, file, env)
    findings = file.report.findings()
    problems = (*given.problems, *findings.errors)
    if problems:
        raise ConfigError(problems)
    data_dir: Path = given.values.pop("data_dir", Path.home() / ".loom")
    apps_dir: Path = given.values.pop("apps_dir", data_dir / "apps")
    database_url: str = given.values.pop("database_url", f"sqlite:///{data_dir / 'loom.db'}")
    return Settings(
        config_path=path,
        data_dir=data_dir,
        apps_dir=apps_dir,
        database_url=database_url,
        endpoints=endpoints,
        tiers=tiers,
        origins={**dict.fromkeys(_SOURCES, Origin.DEFAULT), **given.origins},
        warnings=(*_notes(given.values, env), *findings.warnings),
        **given.values,
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """Where one setting may stand, and how its text is read."""

    variable: str
    places: tuple[Steps, ...] = ()
    """In the file; the first that is there counts."""

    read: Callable[[Any], Any] = str
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class _Given:
    """What someone has set, by field."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    origins: dict[str, Origin] = field(default_factory=dict[str, Origin])
    problems: list[Problem] = field(default_factory=list[Problem])


def _given(file: SettingsFile, env: Mapping[str, str]) -> _Given:
    given = _Given()
    for name, source in _SOURCES.items():
        text = env.get(source.variable, "").strip()
        value = text or (None if file.report.errors else file.value(*source.places))
        if value is None:
            continue
        given.origins[name] = Origin.ENVIRONMENT if text else Origin.FILE
        try:
            read = _secret(source.variable, env) if source.is_secret else source.read
            given.values[name] = read(value)
        except ValueError as fault:
            remedy = "correct it, or unset it"
            shown = None if source.is_secret else shown_url(text)
            given.problems.append(Problem(str(fault), source.variable, value=shown, remedy=remedy))
    return given


def _secret(variable: str, env: Mapping[str, str]) -> Callable[[str], Secret]:
    def read(written: str) -> Secret:
        problem = reference_problem(written) if written.startswith("env:") else None
        if problem is not None:
            raise ValueError(f"{problem.what}; {problem.remedy}")
        return secret_from(written, env, variable)

    return read


def _endpoints(
    given: _Given, file: SettingsFile, env: Mapping[str, str]
) -> tuple[tuple[EndpointConfig, ...], dict[Tier, TierTarget]]:
    """An address of a single setting comes before the file's endpoints, and replaces the one of that name; a key alone
    does neither, since many people have one set for other programs.
    """
    first = addressed(given.values)
    filed = file.endpoints(env, first)
    replaced = {endpoint.name: endpoint.url for endpoint in first}
    for index, endpoint in enumerate(filed):
        if endpoint.url != replaced.get(endpoint.name, endpoint.url):
            file.report.warn(("endpoints", index), "is replaced by the environment's", endpoint.name)
    described = tuple(endpoint for endpoint in filed if endpoint.name not in replaced)
    last = at_home(given.values, (*first, *described))
    defined = (*first, *last)
    for endpoint in defined:
        source = next(name for name in setting_of(endpoint.name) if name in given.origins)
        given.origins[f"endpoints.{endpoint.name}"] = given.origins[source]
    given.origins.update({f"endpoints.{endpoint.name}": Origin.FILE for endpoint in described})
    chosen = (*first, *described, *last)
    tiers = file.tiers({endpoint.name: endpoint for endpoint in chosen})
    implied = implied_tiers(defined, _tier_models(given.values), described=bool(described))
    return chosen, {**implied, **tiers}


def _tier_models(values: Mapping[str, Any]) -> dict[Tier, str]:
    names = {Tier.LOCAL: "ollama_model", Tier.STANDARD: "standard_model", Tier.FRONTIER: "frontier_model"}
    return {tier: values.get(name) or _DEFAULTS[name] for tier, name in names.items()}


def _notes(values: Mapping[str, Any], env: Mapping[str, str]) -> list[Problem]:
    notes: list[Problem] = []
    if env.get("REDIS_URL"):
        notes.append(Problem("is not used: NATS took the place of Redis", "REDIS_URL", remedy="set NATS_URL"))
    if "default_endpoint_key" in values and "default_endpoint_url" not in values:
        what = "is not used without DEFAULT_ENDPOINT_URL"
        notes.append(Problem(what, "DEFAULT_ENDPOINT_KEY", remedy="set the address, or unset the key"))
    for variable, secret in (("API_KEY", values.get("api_key")), ("JWT_SECRET", values.get("jwt_secret"))):
        if secret is not None and len(secret.value or "") < _GUESSED_BELOW:
            remedy = 'make one: python -c "import secrets; print(secrets.token_urlsafe(32))"'
            notes.append(Problem("is so short that it can be guessed", variable, remedy=remedy))
    return notes


def _path(written: str) -> Path:
    return Path(written).expanduser()


def _url(written: str) -> str:
    fault = url_fault(written)
    if fault:
        raise ValueError(fault)
    return written.strip()


def _nats_url(written: str) -> str:
    for one in written.split(","):
        if not _NATS.fullmatch(one.strip()):
            raise ValueError("is no address of a NATS server, as nats://localhost:4222")
    return ",".join(one.strip() for one in written.split(","))


def _names(written: str | list[str]) -> tuple[str, ...]:
    names = written.split(",") if isinstance(written, str) else written
    return tuple(name.strip() for name in names if name.strip())


def _folders(written: str | list[str]) -> tuple[Path, ...]:
    return tuple(map(_path, _names(written)))


def _whole(least: int, most: int) -> Callable[[str | float], int]:
    def read(written: str | float) -> int:
        try:
            number = int(written)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ValueError(f"is not a whole number from {least} to {most}")
        return number

    return read


def _in_backends(key: str) -> tuple[Steps, ...]:
    return ((key,), ("backends", key))


def _in_rag(key: str) -> tuple[Steps, ...]:
    return ((key,), ("rag", key))


_SOURCES: dict[str, _Source] = {
    "data_dir": _Source("DATA_DIR", (("data_dir",),), _path),
    "apps_dir": _Source("APPS_DIR", (("apps_dir",),), _path),
    "database_url": _Source("DATABASE_URL", (("database_url",),)),
    "host": _Source("HOST", (("host",),)),
    "port": _Source("PORT", (("port",), ("workshop_port",), ("workshop", "workshop_port")), _whole(0, 65535)),
    "max_concurrent_runs": _Source("MAX_CONCURRENT_RUNS", (("max_concurrent_runs",),), _whole(1, 10_000)),
    "nats_url": _Source("NATS_URL", (("nats_url",),), _nats_url),
    "outbound_allow": _Source("OUTBOUND_ALLOW", (("outbound_allow",),), _names),
    "import_allow": _Source("IMPORT_ALLOW", (("import_allow",),), _names),
    "files_allow": _Source("FILES_ALLOW", (("files_allow",),), _folders),
    "allowed_hosts": _Source("ALLOWED_HOSTS", (("allowed_hosts",),), _names),
    "api_key": _Source("API_KEY", is_secret=True),
    "jwt_secret": _Source("JWT_SECRET", is_secret=True),
    "openai_base_url": _Source("OPENAI_BASE_URL", read=_url),
    "openai_api_key": _Source("OPENAI_API_KEY", is_secret=True),
    "openai_model": _Source("OPENAI_MODEL"),
    "default_endpoint_url": _Source("DEFAULT_ENDPOINT_URL", read=_url),
    "default_endpoint_key": _Source("DEFAULT_ENDPOINT_KEY", is_secret=True),
    "ollama_url": _Source("OLLAMA_URL", _in_backends("ollama_url"), _url),
    "ollama_model": _Source("OLLAMA_MODEL", _in_backends("ollama_model")),
    "anthropic_base_url": _Source("ANTHROPIC_BASE_URL", read=_url),
    "anthropic_api_key": _Source("ANTHROPIC_API_KEY", _in_backends("anthropic_api_key"), is_secret=True),
    "embedding_model": _Source("EMBEDDING_MODEL", _in_backends("embedding_model")),
    "rag_channel_registry": _Source("RAG_CHANNEL_REGISTRY", read=_path),
    "rag_data_dir": _Source("RAG_DATA_DIR", _in_rag("rag_data_dir"), _path),
    "rag_db_path": _Source("RAG_DB_PATH", _in_rag("rag_db_path"), _path),
    "rag_vector_store": _Source("RAG_VECTOR_STORE", _in_rag("rag_vector_store")),
    "standard_model": _Source("STANDARD_MODEL", _in_backends("standard_model")),
    "frontier_model": _Source("FRONTIER_MODEL", _in_backends("frontier_model")),
}
_DEFAULTS: dict[str, Any] = {item.name: item.default for item in fields(Settings)}
