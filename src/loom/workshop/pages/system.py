"""The page of the system: what it has done, what it is made of, and what a look at everything found."""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loom import __version__
from loom.core.settings import Settings
from loom.engine.stats import Stats
from loom.wiring.checkup import Finding
from loom.workshop.pages.format import count, exact, money, percent
from loom.workshop.pages.settings import Frame, frame
from loom.workshop.views.actions import Action
from loom.workshop.views.badges import known
from loom.workshop.views.cells import Badges, Text
from loom.workshop.views.figures import Figure
from loom.workshop.views.tables import Card, Column, Row, Shape, Table

__all__ = ["HOME", "SystemPage", "system_page"]

HOME = "/settings/system"
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class SystemPage:
    """All of it."""

    frame: Frame
    figures: tuple[Figure, ...]
    facts: tuple[tuple[str, str], ...]
    check: Action
    findings: Table | None = None
    care: Mapping[str, str] = field(default_factory=dict[str, str])
    """By row, what is to be done where something is not as it should be."""

    found: str = ""


def system_page(
    stats: Stats, settings: Settings, database: str, findings: Iterable[Finding] | None = None
) -> SystemPage:
    """The page; `findings` are of a look that was just taken."""
    seen = None if findings is None else list(findings)
    care = {_row_id(number): one.detail for number, one in enumerate(seen or ()) if not one.good}
    return SystemPage(
        frame=frame("System", HOME),
        figures=_figures(stats),
        facts=(
            ("Loom", __version__),
            ("Python", platform.python_version()),
            ("Database", f"{stats.database_version}, {_bytes(stats.database_bytes)}"),
            ("At", database),
            ("Data directory", str(settings.data_dir)),
            ("Settings file", str(settings.config_path)),
            ("Runs at once", exact(settings.max_concurrent_runs)),
        ),
        check=Action("Check everything now", icon="lightning"),
        care=care,
        findings=None if seen is None else _table(seen),
        found="" if seen is None else _summed_up(len(care), len(seen)),
    )


def _summed_up(bad: int, every: int) -> str:
    return f"{bad} of {every} {'needs' if bad == 1 else 'need'} care" if bad else "All is well"


def _figures(stats: Stats) -> tuple[Figure, ...]:
    states = ", ".join(f"{number:,} {state}" for state, number in stats.jobs.items())
    return (
        Figure("Runs", exact(stats.runs), f"{exact(stats.tests)} tests"),
        Figure("Jobs waiting", exact(stats.queue), states or "none yet"),
        Figure("Executions", count(stats.executions)),
        Figure("Model calls", count(stats.calls), f"{count(stats.attempts)} tries on the wire"),
        Figure("From the cache", percent(stats.cache_hit_rate), f"of n = {count(stats.calls)} calls"),
        Figure("Spent", money(stats.spent_nano), "where the price is known"),
    )


def _table(findings: Iterable[Finding]) -> Table:
    columns = (
        Column("what", "What"),
        Column("state", "State", card=Card.CORNER),
        Column("detail", "Found", shape=Shape.GROWING, card=Card.LINE),
    )
    rows = (
        Row(
            _row_id(number),
            (
                Text(one.what, strong=True),
                Badges((known("pass" if one.good else "fail"),)),
                Text(one.detail if one.good else "", title=one.detail, muted=True),
            ),
            open=not one.good,
        )
        for number, one in enumerate(findings)
    )
    return Table("What was looked at", columns, tuple(rows))


def _row_id(number: int) -> str:
    return f"finding-{number}"


def _bytes(number: float) -> str:
    for unit in _UNITS[:-1]:
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} {_UNITS[-1]}"
