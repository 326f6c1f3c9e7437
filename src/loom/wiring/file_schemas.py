"""The JSON Schemas of every kind of file that a person writes. Each is said by the room that checks the file."""

from collections.abc import Callable
from enum import StrEnum

from loom.core.jsonvalue import Json

__all__ = ["FileKind", "file_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class FileKind(StrEnum):
    """A kind of file with a schema."""

    WORKER = "worker"
    PIPELINE = "pipeline"
    SUITE = "suite"
    SETTINGS = "settings"
    ORCHESTRATOR = "orchestrator"
    ROUTER = "router"


def file_schema(kind: FileKind) -> Json:
    """The JSON Schema (2020-12) of `kind`; it refers to nothing outside itself."""
    from loom.core.schema_rule import CONTRACT_SCHEMA

    schema = _MAKERS[kind]()
    definitions: Json = {**schema.pop("$defs", {}), "contract": CONTRACT_SCHEMA}
    return {"$schema": _DIALECT, "title": f"Loom {kind}", **schema, "$defs": definitions}


def _worker() -> Json:
    from loom.core.worker_rules import worker_schema

    return worker_schema()


def _pipeline() -> Json:
    from loom.core.pipeline_config import pipeline_schema

    return pipeline_schema()


def _suite() -> Json:
    from loom.evaluation.suites.schema import suite_schema

    return suite_schema()


def _settings() -> Json:
    from loom.core.settings_file import settings_schema

    return settings_schema()


def _orchestrator() -> Json:
    from loom.core.orchestrator_config import orchestrator_schema

    return orchestrator_schema()


def _router() -> Json:
    from loom.core.router_config import router_schema

    return router_schema()


_MAKERS: dict[FileKind, Callable[[], Json]] = {
    FileKind.WORKER: _worker,
    FileKind.PIPELINE: _pipeline,
    FileKind.SUITE: _suite,
    FileKind.SETTINGS: _settings,
    FileKind.ORCHESTRATOR: _orchestrator,
    FileKind.ROUTER: _router,
}
