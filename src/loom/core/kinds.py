"""What a configuration file may define, and the keys by which that is told."""

from enum import StrEnum
from typing import cast

from loom.core.jsonvalue import Json, JsonValue

__all__ = ["SIGNS", "Kind", "detect_kind"]


class Kind(StrEnum):
    """What a configuration file defines."""

    WORKER = "worker"
    PIPELINE = "pipeline"
    ORCHESTRATOR = "orchestrator"
    ROUTER = "router"
    SUITE = "suite"
    SCHEDULER = "scheduler"
    MCP = "mcp"
    UNKNOWN = "unknown"


_KINDS: tuple[tuple[tuple[str, ...], Kind], ...] = (
    (("pipeline_stages",), Kind.PIPELINE),
    (("available_workers",), Kind.ORCHESTRATOR),  # before workers: an orchestrator has a system_prompt too
    (("system_prompt",), Kind.WORKER),
    (("processing_backend",), Kind.WORKER),
    (("worker_kind",), Kind.WORKER),
    (("input_schema", "output_schema"), Kind.WORKER),
    (("cases",), Kind.SUITE),
    (("tier_overrides",), Kind.ROUTER),
    (("rate_limits",), Kind.ROUTER),
    (("schedules",), Kind.SCHEDULER),
    (("tools",), Kind.MCP),
    (("resources",), Kind.MCP),
)
SIGNS = tuple(sign for signs, _ in _KINDS for sign in signs)
"""The keys by which kinds are told."""


def detect_kind(value: JsonValue) -> Kind:
    """What a value defines, by the keys that only that kind has; a list is one of cases."""
    if isinstance(value, list):
        return Kind.SUITE
    keys: set[str] = set(cast("Json", value)) if isinstance(value, dict) else set()
    return next((kind for signs, kind in _KINDS if keys.issuperset(signs)), Kind.UNKNOWN)
