"""The documented face of definition files, by plain dicts and without versions of its own; pages use `loom.catalog`.

A dict has no comments: what is saved here is laid out anew, unless it says what the file says already.
"""

import json
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Protocol

import yaml

from loom.catalog.definitions import renamed
from loom.catalog.files import Place
from loom.catalog.library import Found, Home, Library, Source
from loom.catalog.names import require_new, require_safe
from loom.core.config import load_config, validate_pipeline_config, validate_worker_config
from loom.core.errors import ConfigError, InputError
from loom.core.jsonvalue import Json, JsonValue
from loom.core.kinds import Kind
from loom.core.yamlfile import parse_yaml

__all__ = ["ConfigManager", "Versions"]

_STAGES = "pipeline_stages"


class Versions(Protocol):
    """What a manager asks of the database that keeps versions."""

    def save_worker_version(self, worker_name: str, config_yaml: str, description: str | None = None) -> str:
        """Keep a text; its id."""
        ...

    def get_worker_versions(self, worker_name: str) -> list[Json]:
        """Every version, newest first."""
        ...


class ConfigManager:
    """The definitions below `configs_dir`, and below those of apps, which are read only."""

    def __init__(
        self,
        configs_dir: str | PathLike[str] = "configs/",
        db: Versions | None = None,
        extra_config_dirs: Iterable[str | PathLike[str]] | None = None,
    ) -> None:
        """`db` keeps the versions of workers that are saved; without one there is no history."""
        self.configs_dir = Path(configs_dir)
        self.extra_config_dirs = [Path(one) for one in extra_config_dirs or ()]
        self._db = db

    def list_workers(self) -> list[Json]:
        """Name, description, path, tier, kind and app of every worker that can be read, own ones first."""
        return [
            {
                "name": found.name,
                "description": config.get("description", ""),
                "path": str(found.path),
                "default_model_tier": config.get("default_model_tier")
                or config.get("default_tier")
                or "standard",
                "worker_kind": config.get("worker_kind", "llm"),
                "app_name": _app(found),
            }
            for found, config in self._read(Kind.WORKER)
        ]

    def get_worker(self, name: str) -> Json:
        """The definition of a worker; raises FileNotFoundError when there is none."""
        return load_config(self._find(Kind.WORKER, name).path, resolve_refs=False)

    def get_worker_yaml(self, name: str) -> str:
        """Its text; raises FileNotFoundError when there is none."""
        return self._find(Kind.WORKER, name).path.read_text("utf-8")

    def save_worker(self, name: str, config: Json, description: str | None = None) -> list[str]:
        """Write a definition into the own folder; what is wrong with it, empty when it was saved."""
        problems = validate_worker_config(config, name)
        return problems or self._saved(Kind.WORKER, name, _text(config), description)

    def clone_worker(self, source_name: str, new_name: str) -> list[str]:
        """Copy a worker with its comments; what is wrong, empty when it was copied.

        Raises:
            FileNotFoundError: when there is no such worker.
        """
        source = self._find(Kind.WORKER, source_name)
        try:
            require_safe(new_name)
            require_new(new_name, (found.name for found in self._library().everywhere(Kind.WORKER)))
            content = renamed(Kind.WORKER, source.path.read_bytes(), new_name, str(source.path))
        except InputError as error:
            return [str(error)]
        return self._saved(Kind.WORKER, new_name, content.decode(), f"cloned from {source_name}")

    def delete_worker(self, name: str) -> None:
        """Remove the file of an own worker; raises FileNotFoundError when there is none."""
        found = self._find(Kind.WORKER, name)
        if found.source is not Source.OWN:
            raise FileNotFoundError(f"the worker '{name}' comes with the app '{_app(found)}'")
        Place(found.home.path, found.file).remove()

    def get_worker_version_history(self, name: str) -> list[Json]:
        """The versions that the database keeps, newest first; none without a database."""
        return self._db.get_worker_versions(name) if self._db else []

    def list_pipelines(self) -> list[Json]:
        """Name, path, number of stages and app of every pipeline that can be read, own ones first."""
        return [
            {
                "name": found.name,
                "path": str(found.path),
                "stage_count": len(config.get(_STAGES) or ()),
                "has_pipeline_stages": _STAGES in config,
                "app_name": _app(found),
            }
            for found, config in self._read(Kind.PIPELINE)
        ]

    def get_pipeline(self, name: str) -> Json:
        """The definition of a pipeline; raises FileNotFoundError when there is none."""
        return load_config(self._find(Kind.PIPELINE, name).path, resolve_refs=False)

    def save_pipeline(self, name: str, config: Json) -> list[str]:
        """Write a definition into the own folder; what is wrong with it, empty when it was saved."""
        return validate_pipeline_config(config, name) or self._saved(Kind.PIPELINE, name, _text(config))

    def _library(self) -> Library:
        library = Library(self.configs_dir)
        library.homes = [library.own, *(Home(one, Source.APP) for one in self.extra_config_dirs)]
        return library

    def _read(self, kind: Kind) -> Iterator[tuple[Found, Json]]:
        """Those that can be read, each name once."""
        seen: set[str] = set()
        for found in self._library().everywhere(kind):
            if found.name in seen:
                continue
            seen.add(found.name)
            try:
                yield found, load_config(found.path, resolve_refs=False)
            except ConfigError:
                continue

    def _find(self, kind: Kind, name: str) -> Found:
        for found in self._library().everywhere(kind):
            if found.name == name:
                return found
        raise FileNotFoundError(f"there is no {kind} '{name}'")

    def _saved(self, kind: Kind, name: str, text: str, description: str | None = None) -> list[str]:
        library = self._library()
        own = next(
            (one for one in library.everywhere(kind) if one.name == name and one.source is Source.OWN), None
        )
        try:
            if own is None:
                require_safe(name)
            place = Place(library.own.path, own.file if own else f"{library.own.folder(kind)}/{name}.yaml")
            before = place.read()
            if before is None or _value(before.decode(errors="replace")) != _value(text):
                place.folder.mkdir(parents=True, exist_ok=True)
                place.write(text.encode())
        except InputError as error:
            return [str(error)]
        if kind is Kind.WORKER and self._db:
            self._db.save_worker_version(name, text, description)
        return []


def _app(found: Found) -> str | None:
    return None if found.source is Source.OWN else found.home.path.parent.name


def _text(config: Json) -> str:
    """`config` in YAML that Loom reads back as it is: PyYAML leaves some words plain that are numbers here."""
    text = str(yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    return text if _value(text) == config else json.dumps(config, indent=2)


def _value(text: str) -> JsonValue:
    """What `text` says; None when it cannot be read."""
    try:
        return parse_yaml(text).value
    except ConfigError:
        return None
