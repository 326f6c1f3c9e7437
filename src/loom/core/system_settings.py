"""What an administrator may set while Loom runs: one table of all there is. Stores nothing.

Where Loom listens, keeps its data and finds its database is for `settings`: it is needed before anything can be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from loom.core.bounds import DAYS
from loom.core.errors import ConfigError
from loom.core.findings import Report, Steps
from loom.core.jsonvalue import Json, JsonValue
from loom.core.keys import Rule, a_number, check_keys, may_be_null
from loom.core.yamlfile import Document

__all__ = ["SystemSettings", "check_system_settings"]


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


def _yes_or_no(report: Report, steps: Steps, value: Any) -> None:
    if not isinstance(value, bool):
        report.error(steps, "must be true or false", value, "write true or false, without quotes")


_days = may_be_null(
    a_number(*DAYS, whole=True, what=f"must be a number of days from {DAYS.least} to {DAYS.most}")
)
_RULES: dict[str, Rule] = {
    "allow_guest_access": _yes_or_no,
    "retention_test_days": _days,
    "retention_run_days": _days,
    "retention_audit_days": _days,
}


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
