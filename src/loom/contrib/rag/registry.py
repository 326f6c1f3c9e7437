"""What an editor has written down of channels: a YAML file. Knows no store."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loom.contrib.rag.schemas import ChannelBias
from loom.core.errors import ConfigError, Problem
from loom.core.findings import Findings
from loom.core.keys import (
    Rule,
    a_number,
    check_keys,
    dict_of,
    list_of,
    may_be_null,
    one_of,
    text,
    text_or_empty,
)
from loom.core.yamlfile import load_yaml

__all__ = ["ChannelInfo", "Registry", "read_registry"]


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """What is known of one channel."""

    handle: str
    name_en: str
    name_fa: str = ""
    faction: str = ""
    source_tier: int = 5
    """1: the first to be believed. 5: nothing is known."""

    monitoring_priority: str = "low"
    language: str = "fa"
    notes: str = ""
    status: str = "verified"
    channel_id: int | None = None
    """As exports have it; without, it is found by its name."""

    bias: str = ChannelBias.UNKNOWN
    trust_weight: float | None = None
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Registry:
    """All channels of a file, in its order."""

    channels: tuple[ChannelInfo, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Why there are none, or what else is doubtful."""


def read_registry(path: Path) -> Registry:
    """The registry at `path`; one that cannot be read is empty, and says why."""
    try:
        document = load_yaml(path)
    except (ConfigError, OSError) as error:
        found = error.problems if isinstance(error, ConfigError) else (Problem(str(error), file=str(path)),)
        return Registry(problems=found)
    report = document.report()
    if document.mapping is None:
        report.error((), "expected dict: a registry is a mapping", remedy="start with 'categories:'")
        return Registry(problems=_all(report.findings()))
    check_keys(report, (), document.mapping, _RULES, required=("categories",))
    findings = report.findings()
    if findings.errors:
        return Registry(problems=_all(findings))
    return Registry(_channels(document.mapping["categories"] or ()), _all(findings))


def _all(findings: Findings) -> tuple[Problem, ...]:
    return (*findings.errors, *findings.warnings)


def _channels(categories: Sequence[dict[str, Any]]) -> tuple[ChannelInfo, ...]:
    """A category says what holds for all of its channels, unless a channel says otherwise."""
    return tuple(
        ChannelInfo(**_UNSAID | _named(category) | _named(channel))
        for category in categories
        for channel in category.get("channels") or ()
    )


_UNSAID: dict[str, Any] = {"faction": "unknown"}


def _named(written: dict[str, Any]) -> dict[str, Any]:
    known = ChannelInfo.__slots__
    return {key: value for key, value in written.items() if key in known and value is not None}


_text = may_be_null(text_or_empty)
_SHARED: dict[str, Rule] = {
    "faction": _text,
    "source_tier": may_be_null(a_number(0, 100, whole=True, what="is no tier: 1 is the most to be believed")),
    "monitoring_priority": _text,
    "language": _text,
    "bias": may_be_null(one_of(tuple(ChannelBias), "is no bias")),
    "trust_weight": may_be_null(a_number(0, 1, what="must be from 0 to 1")),
    "notes": _text,
    "status": _text,
}
_CHANNEL: dict[str, Rule] = {
    "handle": text,
    "name_en": text,
    "name_fa": _text,
    "channel_id": may_be_null(a_number(1, 2**63 - 1, whole=True, what="is no number of a channel")),
    **_SHARED,
}
_CATEGORY: dict[str, Rule] = {
    **_SHARED,
    "channels": may_be_null(
        list_of(
            dict_of(_CHANNEL, required=("handle", "name_en"), wrong="must be a dict"), wrong="must be a list"
        )
    ),
}
_RULES: dict[str, Rule] = {
    "categories": may_be_null(list_of(dict_of(_CATEGORY, wrong="must be a dict"), wrong="must be a list")),
}
