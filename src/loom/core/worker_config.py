"""A worker as a typed, frozen value, built from a definition that was checked; runs nothing."""

from dataclasses import dataclass, field
from enum import StrEnum
from os import PathLike
from typing import Any

from loom.core.contracts import too_deep
from loom.core.errors import ConfigError, Problem
from loom.core.findings import Findings
from loom.core.hashing import hash_json
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind, detect_kind
from loom.core.schema_refs import followed
from loom.core.worker_rules import check_worker, write_modes
from loom.core.yamlfile import Document, load_yaml

__all__ = [
    "Example",
    "FolderSilo",
    "InjectAs",
    "KnowledgeSource",
    "Tier",
    "ToolSilo",
    "WorkerConfig",
    "WorkerKind",
    "WriteBack",
    "load_worker",
]


class Tier(StrEnum):
    """Which class of model does the work."""

    LOCAL = "local"
    STANDARD = "standard"
    FRONTIER = "frontier"


class WorkerKind(StrEnum):
    """What does the work: a language model, or code."""

    LLM = "llm"
    PROCESSOR = "processor"


class InjectAs(StrEnum):
    """How a knowledge file enters the prompt."""

    REFERENCE = "reference"
    FEW_SHOT = "few_shot"


class WriteBack(StrEnum):
    """What happens to a change the model wants in a folder: done at once, or shown to a person first."""

    APPLY = "apply"
    PROPOSE = "propose"


@dataclass(frozen=True, slots=True)
class KnowledgeSource:
    """One file that is read into the prompt."""

    path: str
    inject_as: InjectAs = InjectAs.REFERENCE


@dataclass(frozen=True, slots=True)
class FolderSilo:
    """A folder whose files are read into the prompt."""

    name: str
    path: str
    writable: bool = False
    """Whether the model may ask for changes (`mode: readwrite`)."""

    write_back: WriteBack = WriteBack.APPLY


@dataclass(frozen=True, slots=True)
class ToolSilo:
    """A tool the model may call."""

    name: str
    provider: str
    """Dotted path of a ToolProvider class."""

    config: Json = field(default_factory=dict[str, Any])
    """Keyword arguments of its constructor."""


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example, part of the prompt."""

    input: Json | str
    output: Json | str


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """The definition of a worker, defaults filled in. Fields are named as their YAML keys."""

    name: str
    version_hash: bytes
    """SHA-256 of the canonical definition, schema references resolved; 32 bytes."""

    mapping: Json = field(repr=False, compare=False)
    """The definition as written, schema references resolved, for processing backends. Not to be changed."""

    description: str = ""
    worker_kind: WorkerKind = WorkerKind.LLM
    system_prompt: str = ""
    processing_backend: str | None = None
    backend_config: Json = field(default_factory=dict[str, Any])
    input_schema: Json | None = None
    output_schema: Json | None = None
    default_model_tier: Tier = Tier.STANDARD
    max_input_tokens: int | None = None
    """None when the definition sets none: then nothing is enforced (the documented 4000 is advice)."""

    max_output_tokens: int = 2000
    knowledge_sources: tuple[KnowledgeSource, ...] = ()
    knowledge_silos: tuple[FolderSilo | ToolSilo, ...] = ()
    workspace_dir: str | None = None
    resolve_file_refs: tuple[str, ...] = ()
    timeout_seconds: float = 60.0
    temperature: float | None = None
    """None: 0.0, so that the same case gets the same answer as far as the model can."""

    top_p: float | None = None
    """None of this and the next three: the choice is the endpoint's, or the tier's."""

    seed: int | None = None
    model: str | None = None
    endpoint: str | None = None
    few_shot: tuple[Example, ...] = ()
    file: str | None = field(default=None, compare=False)

    @staticmethod
    def from_mapping(config: Json, file: str | None = None) -> "WorkerConfig":
        """The worker that `config` defines; `config` itself is left as it is.

        Raises:
            ConfigError: naming everything that is wrong with it.
        """
        return _from_document(Document(file, config))


def load_worker(path: str | PathLike[str]) -> WorkerConfig:
    """The worker defined in the file at `path`.

    Raises:
        ConfigError: naming everything that is wrong with it, and where.
    """
    return _from_document(load_yaml(path))


def _from_document(document: Document) -> WorkerConfig:
    if too_deep(document.value):
        raise ConfigError(Problem("is nested too deep", file=document.file, remedy="make it flatter"))
    found = check_worker(document)
    if found.errors:
        _refuse_other_kind(document)
    found.require_valid()
    config, errors = followed(document)
    Findings(errors).require_valid()
    return _build(config, _version(config, document.file), document.file)


def _refuse_other_kind(document: Document) -> None:
    """A list of what a suite lacks of a worker mends nothing."""
    kind = detect_kind(document.value)
    if kind not in (Kind.WORKER, Kind.UNKNOWN):
        remedy = "give the file of a worker"
        raise ConfigError(Problem(f"is a {kind}, not a worker", file=document.file, remedy=remedy))


def _version(config: Json, file: str | None) -> bytes:
    try:
        return hash_json({key: value for key, value in _renamed(config).items() if key != "schema"})
    except (TypeError, ValueError) as error:
        raise ConfigError(
            Problem(
                f"holds what JSON cannot: {error}",
                file=file,
                remedy="use text, finite numbers, lists and mappings",
            )
        ) from error


def _build(config: Json, version: bytes, file: str | None) -> WorkerConfig:
    same = {key: config[key] for key in _TAKEN_AS_THEY_ARE if key in config}
    return WorkerConfig(
        **same,
        version_hash=version,
        mapping=config,
        worker_kind=WorkerKind(config.get("worker_kind", "llm")),
        default_model_tier=Tier(_renamed(config).get("default_model_tier", "standard")),
        max_input_tokens=int(config["max_input_tokens"]) if "max_input_tokens" in config else None,
        max_output_tokens=int(config.get("max_output_tokens", 2000)),
        timeout_seconds=float(config.get("timeout_seconds", 60)),
        knowledge_sources=tuple(_source(item) for item in config.get("knowledge_sources", ())),
        knowledge_silos=tuple(_silo(item) for item in config.get("knowledge_silos", ())),
        resolve_file_refs=tuple(config.get("resolve_file_refs", ())),
        few_shot=tuple(Example(item["input"], item["output"]) for item in config.get("few_shot", ())),
        file=file,
    )


_TAKEN_AS_THEY_ARE = (
    "name",
    "description",
    "system_prompt",
    "processing_backend",
    "backend_config",
    "input_schema",
    "output_schema",
    "workspace_dir",
    "temperature",
    "top_p",
    "seed",
    "model",
    "endpoint",
)


def _renamed(config: Json) -> Json:
    return {("default_model_tier" if key == "default_tier" else key): value for key, value in config.items()}


def _source(item: Json) -> KnowledgeSource:
    return KnowledgeSource(item["path"], InjectAs(item.get("inject_as", "reference")))


def _silo(item: Json) -> FolderSilo | ToolSilo:
    if item["type"] == "tool":
        provider = item.get("tool_provider") or item["provider"]
        return ToolSilo(item["name"], provider, item.get("tool_config") or item.get("config") or {})
    return FolderSilo(
        item["name"], item["path"], True in write_modes(item), WriteBack(item.get("write_back", "apply"))
    )
