"""The list of workers: what each is, and how good it was when it was last evaluated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loom.catalog.library import Source
from loom.catalog.models import Entry, Query, Ref, Version
from loom.core.kinds import Kind
from loom.core.worker_config import Tier, WorkerKind
from loom.evaluation.reading.runs import RunItem
from loom.workshop.pages.addresses import address, run_address, worker_address
from loom.workshop.pages.deleted import DELETED, deleted_table
from loom.workshop.pages.format import VERSION_DIGITS, count, exact, percent
from loom.workshop.pages.run_names import part_of_suite
from loom.workshop.pages.runs import rate_mark, scale_label, scale_of
from loom.workshop.views.actions import Action, ActionTone, Header
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Act, Badges, Cell, Link, Moment, Number, Range, Text
from loom.workshop.views.feedback import Empty, Toast
from loom.workshop.views.marks import Scale
from loom.workshop.views.tables import PAGE_ROWS, Card, Column, Filter, Pager, Row, Shape, Sort, Table, sort
from loom.workshop.views.tones import Tone

__all__ = [
    "OWN_FIRST",
    "WorkerList",
    "WorkersPage",
    "deleted_workers_page",
    "in_order",
    "workers_page",
    "workers_table",
]

OWN_FIRST = "own"
"""The order of a list for which nobody asks for another: one's own workers, then those of apps, then Loom's."""

_HOME = "/workers"
_KEYS = ((("j", "k"), "move"), (("Enter",), "open"))


@dataclass(frozen=True, slots=True)
class WorkerList:
    """Some of the workers that were asked for, each with its last evaluation."""

    names: Sequence[str]
    """Of all that were asked for."""

    shown: Sequence[Entry]
    """Of those the ones from number `begin` on, in order."""

    begin: int
    last: Mapping[str, RunItem]
    numbers: Mapping[Ref, int]
    """Which version each is, of those that have a history."""

    query: Query
    order: str
    """As `in_order` has it."""


def in_order(names: Sequence[str], last: Mapping[str, RunItem], order: str) -> list[str]:
    """`names` by `name`, `rate` or `used`, with a `-` before it downwards; what was never evaluated comes last.

    `OWN_FIRST` leaves them as they come.
    """
    if order == OWN_FIRST:
        return list(names)
    by, downwards = order.removeprefix("-"), order.startswith("-")
    if by == "name":
        return sorted(names, reverse=downwards)
    places = {name: _place(last.get(name), by) for name in names}
    known_ones = [name for name in names if places[name] is not None]
    others = [name for name in names if places[name] is None]
    return sorted(known_ones, key=lambda name: places[name] or 0.0, reverse=downwards) + others


def _place(item: RunItem | None, by: str) -> float | None:
    if item is None:
        return None
    return item.run.created_us if by == "used" else item.rate.value if item.rate else None


@dataclass(frozen=True, slots=True)
class WorkersPage:
    """The list."""

    header: Header
    filter: Filter
    table: Table
    toasts: tuple[Toast, ...] = ()


def workers_page(listed: WorkerList, toasts: tuple[Toast, ...] = ()) -> WorkersPage:
    """The list with what surrounds it."""
    query, order = listed.query, listed.order
    header = _header((_counted(listed),) if listed.names else (), _asked(listed))
    table = workers_table(listed, linked=True)
    return WorkersPage(header, _filter(query, order, query.source), table, toasts)


def deleted_workers_page(gone: Sequence[tuple[Ref, Version]], search: str) -> WorkersPage:
    """Those that were deleted, in place of the list."""
    header = _header((f"{exact(len(gone))} deleted",), {"q": search, "source": DELETED})
    return WorkersPage(header, _filter(Query(search), OWN_FIRST, DELETED), deleted_table(Kind.WORKER, gone))


def _header(meta: tuple[str, ...], asked: Mapping[str, str | None]) -> Header:
    return Header(
        "Workers",
        meta=meta,
        actions=(Action("New worker", href=f"{_HOME}/new", tone=ActionTone.FILLED, icon="plus"),),
        more=(
            Action("As JSON", href=address(f"{_HOME}.json", asked), icon="download"),
            Action("As CSV", href=address(f"{_HOME}.csv", asked), icon="download"),
        ),
    )


def workers_table(listed: WorkerList, *, linked: bool = False) -> Table:
    """The same as a table, for its twins too; `linked`: rates lead to their runs, and are no numbers for programs."""
    found = [listed.last.get(one.ref.name) for one in listed.shown]
    scale = scale_of([item.rate if item else None for item in found])
    rows = tuple(_row(listed, entry, scale, linked=linked) for entry in listed.shown)
    pager = _pager(listed) if len(listed.names) > len(listed.shown) else None
    return Table(
        "Workers", _columns(listed, scale, linked=linked), rows, pager, _empty(listed.query), region="workers"
    )


def _counted(listed: WorkerList) -> str:
    total = len(listed.names)
    evaluated = sum(name in listed.last for name in listed.names)
    return f"{exact(total)} worker{'s' * (total != 1)}, {exact(evaluated)} evaluated"


def _columns(listed: WorkerList, scale: Scale, *, linked: bool) -> tuple[Column, ...]:
    start = address(_HOME, {**_asked(listed), "sort": None})
    start += ("&" if "?" in start else "?") + "sort="

    def sorting(key: str, *, descending_first: bool = False) -> Sort:
        return sort(listed.order, key, start, descending_first=descending_first)

    return (
        Column("name", "Worker", sort=sorting("name")),
        Column("description", "What it does", priority=3, shape=Shape.GROWING, card=Card.LINE),
        Column("kind", "Kind", priority=3),
        Column("tier", "Tier", priority=2),
        Column("version", "Version", priority=3),
        Column("source", "Source", priority=2),
        Column("state", "State", card=Card.CORNER),
        Column("pass_rate", "Last rate", shape=Shape.NUMBER, sort=sorting("rate", descending_first=True)),
        Column("interval", scale_label(scale), card=Card.LINE),
        Column("n", "n", shape=Shape.NUMBER),
        *(() if linked else (Column("suite", "On suite"),)),
        Column("evaluated", "Evaluated", priority=2, sort=sorting("used", descending_first=True)),
        Column("", ""),
    )


def _row(listed: WorkerList, entry: Entry, scale: Scale, *, linked: bool) -> Row:
    item = listed.last.get(entry.ref.name)
    name, rate = entry.ref.name, item.rate if item else None
    value = rate.value if rate else None
    here = worker_address(name)
    return Row(
        name,
        (
            Link(name, here, mono=True),
            Text(entry.description, muted=True),
            Text(entry.worker_kind or ""),
            Text(entry.tier or ""),
            Text(_version(entry, listed.numbers.get(entry.ref)), mono=True),
            Text(entry.source.value),
            Badges(_badges(entry, item)),
            _rate(item, value, linked=linked),
            Range(rate_mark(rate, scale) if rate else None),
            Number(count(rate.n), rate.n) if rate else None,
            *(() if linked else (Text(item.run.suite or "") if item else None,)),
            Moment(item.run.created_us) if item else None,
            Act((Action("Test", href=f"{here}/test"),)),
        ),
        here,
        failed=entry.problem is not None,
    )


def _version(entry: Entry, number: int | None) -> str:
    """`v3 · 9f86d081a`; digits alone of a text that Loom has not yet seen."""
    digits = entry.hash.hex()[:VERSION_DIGITS] if entry.hash else "–"
    return digits if number is None else f"v{number} · {digits}"


def _rate(item: RunItem | None, value: float | None, *, linked: bool) -> Cell | None:
    if not linked:
        return None if value is None else Number(percent(value), value)
    if item is None:
        return Text("not evaluated", muted=True)
    if item.rate is None:
        return Link(percent(value), run_address(item.run), note="no answer counts")
    suite = () if item.run.suite in (None, item.run.target) else (f"on {item.run.suite}",)
    part = part_of_suite(item.terms.selection) if item.terms else ()
    return Link(percent(value), run_address(item.run), note=", ".join((*suite, *part)))


def _badges(entry: Entry, item: RunItem | None) -> tuple[Badge, ...]:
    wrong = (Badge("invalid", Tone.FAIL, "cross", title=str(entry.problem)),) if entry.problem else ()
    simulated = (known("simulated"),) if item and item.run.simulated else ()
    return (*wrong, *simulated)


def _filter(query: Query, order: str, source: str | None) -> Filter:
    return Filter(
        _HOME,
        query.search,
        "Find workers",
        "Name or description",
        "workers",
        hidden=(("sort", order),) if order != OWN_FIRST else (),
        choices=(
            ("tier", _options("any tier", tuple(Tier), query.tier)),
            ("kind", _options("any kind", tuple(WorkerKind), query.kind)),
            ("source", _options("any source", (*Source, DELETED), source)),
        ),
    )


def _options(every: str, values: Sequence[str], chosen: str | None) -> tuple[tuple[str, str, bool], ...]:
    return (("", every, chosen is None), *((str(one), str(one), one == chosen) for one in values))


def _pager(listed: WorkerList) -> Pager:
    def there(start: int) -> str:
        return address(_HOME, _asked(listed), cursor=str(start) if start else None)

    begin, total = listed.begin, len(listed.names)
    end = begin + len(listed.shown)
    return Pager(
        begin + 1,
        end,
        total,
        there(max(0, begin - PAGE_ROWS)) if begin else None,
        there(end) if end < total else None,
        keys=_KEYS,
    )


def _asked(listed: WorkerList) -> dict[str, str | None]:
    query = listed.query
    order = None if listed.order == OWN_FIRST else listed.order
    return {"q": query.search, "tier": query.tier, "kind": query.kind, "source": query.source, "sort": order}


def _empty(query: Query) -> Empty:
    if query != Query():
        return Empty("No worker fits.", Action("Show all", href=_HOME))
    new = Action("New worker", href=f"{_HOME}/new", tone=ActionTone.FILLED)
    return Empty(
        "No workers yet: a worker says what goes in, what comes out, and how.", new, "loom new worker"
    )
