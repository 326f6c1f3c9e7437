"""The manifest of an app: what a bundle of definitions says of itself. Opens no bundle, deploys nothing."""

import logging
import re
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from loom.core.errors import ConfigError
from loom.core.yamlfile import Document, load_yaml

__all__ = [
    "COMPATIBILITY",
    "KNOWN_EXTRAS",
    "AppManifest",
    "EntryConfigRef",
    "EntryConfigs",
    "PythonPackage",
    "ScriptRef",
    "load_manifest",
    "manifest_of",
    "validate_app_manifest",
]

COMPATIBILITY = (0, 9, 0)
"""The Loom whose apps this one runs; what `loom_version` is held against."""

KNOWN_EXTRAS = frozenset(
    {
        "dev",
        "docproc",
        "docs",
        "duckdb",
        "eval",
        "lancedb",
        "local",
        "mcp",
        "mdns",
        "nats",
        "otel",
        "parquet",
        "postgres",
        "rag",
        "redis",
        "scheduler",
        "telegram",
        "tui",
        "workshop",
    }
)
"""Parts of Loom that an app may ask for. Another name is said, not refused."""

_REQUIRED = ("name", "version", "description")
_ENDING = ".yaml"
_CLAUSE = re.compile(r"\s*(>=|<=|==|!=|~=|>|<)\s*(\d+(?:\.\d+){0,3})(?:\.\*)?\s*")
_log = logging.getLogger(__name__)


def _requirement(text: str) -> str:
    """Raises ValueError when `text` does not compare versions."""
    _clauses(text)
    return text


class PythonPackage(BaseModel):
    """Code that has to be installed beside the app."""

    name: str
    install_path: str = "src/"


class EntryConfigRef(BaseModel):
    """One definition of an app."""

    config: str
    """Its path in the bundle."""

    tier: str | None = None
    name: str | None = None
    description: str | None = None


class EntryConfigs(BaseModel):
    """The definitions of an app, by kind."""

    workers: list[EntryConfigRef] = []
    pipelines: list[EntryConfigRef] = []
    schedulers: list[EntryConfigRef] = []
    mcp: list[EntryConfigRef] = []

    def each(self) -> list[tuple[str, EntryConfigRef]]:
        """Every one with the name of its list."""
        return [(kind, one) for kind in EntryConfigs.model_fields for one in getattr(self, kind)]


class ScriptRef(BaseModel):
    """A script that comes with an app. Loom never runs it."""

    path: str
    description: str = ""


class AppManifest(BaseModel):
    """The `manifest.yaml` of an app."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=80)]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+", max_length=80)]
    description: str
    loom_version: Annotated[str, AfterValidator(_requirement)] = ">=0.4.0"
    required_extras: list[str] = []
    python_package: PythonPackage | None = None
    entry_configs: EntryConfigs = EntryConfigs()
    scripts: list[ScriptRef] = []

    @property
    def runs_here(self) -> bool:
        """Whether this Loom is one that the app asks for."""
        return all(_holds(sign, wanted) for sign, wanted in _clauses(self.loom_version))

    @property
    def unknown_extras(self) -> list[str]:
        """Extras that no Loom has."""
        return [one for one in self.required_extras if one not in KNOWN_EXTRAS]


def validate_app_manifest(data: Any) -> list[str]:
    """What is wrong with a manifest: missing fields, alone if there are any; else everything. Never raises."""
    if not isinstance(data, dict):
        return ["the manifest must be a YAML mapping"]
    given = cast("dict[str, Any]", data)
    missing = [f"missing field '{name}'" for name in _REQUIRED if name not in given]
    if missing:
        return missing
    try:
        manifest = AppManifest.model_validate(given)
    except ValidationError as error:
        return [f"'{_place(one['loc'])}' {one['msg']}" for one in error.errors(include_url=False)]
    for extra in manifest.unknown_extras:
        _log.warning("the app %s asks for the extra '%s', which no Loom has", manifest.name, extra)
    return [
        f"'entry_configs.{kind}' names '{one.config}', which does not end in {_ENDING}"
        for kind, one in manifest.entry_configs.each()
        if not one.config.endswith(_ENDING)
    ]


def manifest_of(document: Document) -> AppManifest:
    """The manifest that `document` holds.

    Raises:
        ValueError: saying everything that is wrong with it.
    """
    if document.mapping is None:
        raise ValueError(f"{document.file}: a manifest must be a YAML mapping")
    problems = validate_app_manifest(document.mapping)
    if problems:
        raise ValueError(f"Invalid manifest: {'; '.join(problems)}")
    return AppManifest.model_validate(document.mapping)


def load_manifest(path: str | PathLike[str]) -> AppManifest:
    """The manifest in the file at `path`.

    Raises:
        FileNotFoundError: when there is none.
        ValueError: saying everything that is wrong with it.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no manifest at {path}")
    try:
        document = load_yaml(path)
    except ConfigError as error:
        raise ValueError(f"Invalid manifest: {error}") from error
    return manifest_of(document)


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location))


def _clauses(text: str) -> list[tuple[str, tuple[int, ...]]]:
    found = [_CLAUSE.fullmatch(part) for part in text.split(",")]
    if not all(found):
        raise ValueError("must compare versions, as in >=0.4.0,<2")
    return [(one[1], tuple(map(int, one[2].split(".")))) for one in found if one]


def _holds(sign: str, wanted: tuple[int, ...]) -> bool:
    here = COMPATIBILITY
    there = (*wanted, 0, 0, 0)[: len(here)]
    match sign:
        case ">=":
            return here >= there
        case "<=":
            return here <= there
        case ">":
            return here > there
        case "<":
            return here < there
        case "~=":
            return here >= there and here[: max(1, len(wanted) - 1)] == wanted[: max(1, len(wanted) - 1)]
        case _:
            return (here[: len(wanted)] == wanted) is (sign == "==")
