"""Which worker to evaluate on a suite: those whose contract fits it first, with how each did on it last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loom.evaluation.reading.runs import RunItem
from loom.workshop.desks.fitting import Fit, FittingWorker
from loom.workshop.pages.addresses import address, size_word, suite_address, worker_address
from loom.workshop.pages.format import exact, percent
from loom.workshop.pages.runs import rate_mark, scale_label, scale_of
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Act, Badges, Link, Number, Range, Text
from loom.workshop.views.feedback import Empty
from loom.workshop.views.marks import Scale
from loom.workshop.views.tables import PAGE_ROWS, Card, Column, Filter, Pager, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = ["ChooseWorkerPage", "Choosing", "choose_worker_page"]

_HOME = "/evaluate"
_KEYS = ((("j", "k"), "move"), (("Enter",), "open"))
_BADGES = {
    Fit.FITS: Badge("fits", Tone.PASS, "check", "Its contract takes the cases of the suite"),
    Fit.UNKNOWN: Badge("no contract", title="It says nothing of its input"),
    Fit.MISFIT: Badge("does not fit", Tone.WARNING, "triangle"),
    Fit.BROKEN: Badge("broken", Tone.FAIL, "cross"),
}


@dataclass(frozen=True, slots=True)
class Choosing:
    """What there is to choose from, and what was asked for."""

    suites: Sequence[str]
    suite: str
    """Empty: none is chosen yet."""

    workers: Sequence[FittingWorker]
    last: Mapping[str, RunItem]
    """Of each worker the evaluation that was completed last, on whatever suite."""

    q: str = ""
    begin: int = 0
    size: int = PAGE_ROWS

    @property
    def found(self) -> list[FittingWorker]:
        """Those that have `q` in their name."""
        word = self.q.casefold()
        return [one for one in self.workers if word in one.name.casefold()]


@dataclass(frozen=True, slots=True)
class ChooseWorkerPage:
    """A suite, and the workers beside it."""

    header: Header
    filter: Filter
    table: Table
    title: str
    note: str


def choose_worker_page(choosing: Choosing) -> ChooseWorkerPage:
    """The page of `choosing`: first the suite, then the worker."""
    suite = choosing.suite
    if not suite:
        return ChooseWorkerPage(
            Header("Evaluate", (Crumb("Runs", "/runs"), Crumb("Evaluate"))),
            Filter(_HOME, choosing.q, "Filter suites", "Name of a suite", "choosing"),
            _suites(choosing),
            "On which suite",
            "then with which worker",
        )
    options = tuple((one, one, one == suite) for one in choosing.suites)
    crumbs = (Crumb("Suites", "/suites"), Crumb(suite, suite_address(suite)), Crumb("Evaluate"))
    fit = sum(one.fit is Fit.FITS for one in choosing.workers)
    return ChooseWorkerPage(
        Header(f"Evaluate on {suite}", crumbs),
        Filter(
            _HOME, choosing.q, "Filter workers", "Name of a worker", "choosing", choices=(("suite", options),)
        ),
        _workers(choosing),
        "Which worker",
        f"{exact(fit)} of {exact(len(choosing.workers))} fit by their contracts",
    )


def _suites(choosing: Choosing) -> Table:
    word = choosing.q.casefold()
    rows = [
        Row(name, (Link(name, here, mono=True), Act((Action("Choose", href=here),))))
        for name in choosing.suites
        if word in name.casefold()
        for here in [address(_HOME, suite=name)]
    ]
    words = "No suite is like that." if choosing.suites else "There is no suite yet to evaluate on."
    return Table(
        "Suites",
        (Column("suite", "Suite", shape=Shape.GROWING), Column("", "", shape=Shape.NUMBER, card=Card.CORNER)),
        tuple(rows),
        Pager(1 if rows else 0, len(rows), len(rows), keys=_KEYS),
        Empty(words, Action("Suites", href="/suites")),
        region="choosing",
    )


def _workers(choosing: Choosing) -> Table:
    found, end = choosing.found, choosing.begin + choosing.size
    shown = found[choosing.begin : end]
    last = {one.name: item for one in shown if (item := _last_on(choosing, one.name)) is not None}
    scale = scale_of([item.rate for item in last.values()])
    here = {"suite": choosing.suite, "q": choosing.q, "size": size_word(choosing.size)}
    pager = Pager(
        choosing.begin + 1 if shown else 0,
        choosing.begin + len(shown),
        len(found),
        address(_HOME, here) if choosing.begin else None,
        address(_HOME, here, cursor=str(end)) if end < len(found) else None,
        choosing.size,
        keys=_KEYS,
    )
    return Table(
        "Workers",
        (
            Column("worker", "Worker"),
            Column("fit", "Contract", card=Card.CORNER),
            Column("why", "Note", shape=Shape.GROWING),
            Column("tier", "Tier", priority=3),
            Column("pass_rate", "Last pass rate", shape=Shape.NUMBER, priority=2, card=Card.LINE),
            Column("last", scale_label(scale) if last else "", priority=2, card=Card.LINE),
            Column("", "", card=Card.LINE),
        ),
        tuple(
            _row(choosing.suite, one, last.get(one.name), scale, first=not number and not choosing.begin)
            for number, one in enumerate(shown)
        ),
        pager,
        Empty(
            "No worker is like that.", Action("Show all workers", href=address(_HOME, suite=choosing.suite))
        ),
        region="choosing",
    )


def _last_on(choosing: Choosing, worker: str) -> RunItem | None:
    item = choosing.last.get(worker)
    return item if item is not None and item.run.suite == choosing.suite and item.rate is not None else None


def _row(suite: str, one: FittingWorker, last: RunItem | None, scale: Scale, *, first: bool) -> Row:
    tone = ActionTone.FILLED if first and one.fit is Fit.FITS else ActionTone.PLAIN
    go = Action("Evaluate", href=address(worker_address(one.name, "/eval"), suite=suite), tone=tone)
    mark = rate_mark(last.rate, scale) if last and last.rate else None
    return Row(
        one.name,
        (
            Link(one.name, worker_address(one.name), mono=True),
            Badges((_BADGES[one.fit],)),
            Text(one.why, one.why, muted=True),
            Text(one.tier),
            Number(percent(last.rate.value), last.rate.value) if last and last.rate else None,
            Range(mark),
            Act((go,) if one.fit is not Fit.BROKEN else ()),
        ),
    )
