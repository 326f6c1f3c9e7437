"""What an administrator may set while Loom runs: one table of all there is. Stores nothing.

Where Loom listens, keeps its data and finds its database is for `settings`: it is needed before anything can be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from loom.core.errors import ConfigError
from loom.core.findings import Report, Steps
from loom.core.jsonvalue import Json, JsonValue
from loom.core.keys import Rule, a_number, check_keys, may_be_null
from loom.core.rule import about, described, object_schema
from loom.core.yamlfile import Document

__all__ = ["MOST_DAYS", "SystemSettings", "check_system_settings", "system_settings_schema"]

MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSettings:
    """What holds; the defaults are those of a Loom in which nothing was set."""

    allow_guest_access: bool = False
    retention_test_days: int | None = None
    """None keeps tests for ever."""

    retention_run_days: int | None = None
    """None keeps runs for ever."""

    retention_audit_days: int | None = 1_095
    """Three years; None keeps for ever what was done."""

    @classmethod
    def of(cls, values: Mapping[str, JsonValue]) -> "SystemSettings":
        """The settings with `values`, which were checked when they were set; others are ignored."""
        return cls(**{item.name: values[item.name] for item in fields(cls) if item.name in values})


@described({"type": "boolean"})
def _yes_or_no(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, bool):
        report.error(steps, "must be true or false", value)


_days = may_be_null(
    a_number(1, MOST_DAYS, whole=True, what=f"must be a number of days from 1 to {MOST_DAYS}")
)
_RULES: dict[str, Rule] = {
    "allow_guest_access": about(
        "Who is not logged in may read everything but settings, and change nothing.", _yes_or_no
    ),
    "retention_test_days": about("Tests on the bench are deleted after so many days; null: never.", _days),
    "retention_run_days": about(
        "Runs that no baseline names are deleted after so many days; null: never.", _days
    ),
    "retention_audit_days": about(
        "What the audit log says is forgotten after so many days; null: never.", _days
    ),
}


def system_settings_schema() -> Json:
    """What may be set, as a JSON Schema."""
    return object_schema(_RULES)


def check_system_settings(values: Json) -> None:
    """Refuse `values` when one of them may not be set.

    Raises:
        ConfigError: naming each that is wrong or unknown.
    """
    report = Document(None, values).report()
    check_keys(report, (), values, _RULES)
    found = report.findings()
    if problems := (*found.errors, *found.warnings):
        raise ConfigError(problems)
