"""The list of baselines: for each worker and suite the run that later ones are held against, and how it did."""

from collections.abc import Sequence
from dataclasses import dataclass

from loom.core.ids import short
from loom.evaluation.comparing.baselines import Baseline
from loom.evaluation.reading.runs import RunItem
from loom.workshop.pages.addresses import comparison_address, run_address, suite_address, worker_address
from loom.workshop.pages.format import percent
from loom.workshop.pages.runs import rate_mark, scale_label, scale_of
from loom.workshop.views.actions import Action, ActionTone, Header
from loom.workshop.views.cells import Act, Link, Moment, Number, Range, Text
from loom.workshop.views.feedback import Empty
from loom.workshop.views.marks import Scale
from loom.workshop.views.tables import Card, Column, Row, Shape, Table

__all__ = ["Baselined", "BaselinesPage", "baselines_page", "baselines_table"]


@dataclass(frozen=True, slots=True)
class Baselined:
    """A baseline with its run, and the last run that was held against it."""

    baseline: Baseline
    run: RunItem
    last: RunItem | None
    """The newest completed evaluation of its worker on its suite; None when that is the baseline itself."""


@dataclass(frozen=True, slots=True)
class BaselinesPage:
    """All of them."""

    header: Header
    table: Table


def baselines_page(found: Sequence[Baselined], *, may_run: bool) -> BaselinesPage:
    """The list of `found`."""
    return BaselinesPage(
        Header("Baselines", meta=("The runs that later runs of a worker on a suite are held against",)),
        baselines_table(found, may_run=may_run),
    )


def baselines_table(found: Sequence[Baselined], *, may_run: bool = False) -> Table:
    """The same as a table, for its twins too."""
    scale = scale_of([one.run.rate for one in found])
    empty = Empty(
        "No baseline yet. Open a run and make it the baseline: later runs are told better, worse or not separable.",
        Action("Choose a run", href="/runs", tone=ActionTone.FILLED),
        "loom baseline set last",
    )
    return Table(
        "Baselines",
        (
            Column("worker", "Worker"),
            Column("suite", "Suite"),
            Column("run", "Run"),
            Column("pass_rate", "Pass rate", shape=Shape.NUMBER),
            Column("interval", scale_label(scale), shape=Shape.GROWING, priority=2),
            Column("note", "Note", priority=3, shape=Shape.GROWING),
            Column("by", "Set by", priority=3),
            Column("set", "Set", priority=2),
            Column("last", "Last run"),
            Column("acts", "", card=Card.LINE),
        ),
        tuple(_row(one, scale, may_run=may_run) for one in found),
        empty=empty,
    )


def _row(one: Baselined, scale: Scale, *, may_run: bool) -> Row:
    baseline, rate = one.baseline, one.run.rate
    value = rate.value if rate else None
    return Row(
        baseline.run.hex(),
        (
            Link(baseline.worker, worker_address(baseline.worker)),
            Link(baseline.suite, suite_address(baseline.suite)),
            Link(short(baseline.run), run_address(baseline.run), mono=True),
            Number(percent(value), value),
            Range(rate_mark(rate, scale) if rate else None),
            Text(baseline.note or "", muted=True),
            Text(baseline.principal),
            Moment(baseline.set_us),
            _beside(one),
            Act(_acts(one, may_run=may_run)),
        ),
    )


def _beside(one: Baselined) -> Link | Text:
    if one.last is None:
        return Text("this one", muted=True)
    return Link("compare", comparison_address(one.baseline.run, one.last.run.id), note=short(one.last.run.id))


def _acts(one: Baselined, *, may_run: bool) -> tuple[Action, ...]:
    fields = (("worker", one.baseline.worker), ("suite", one.baseline.suite))
    return (Action("Remove", post="/baselines/remove", fields=fields),) if may_run else ()
