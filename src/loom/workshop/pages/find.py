"""What Find shows: everything whose name or description has the words, in one table."""

from collections.abc import Iterable
from dataclasses import dataclass

from loom.catalog.models import Entry
from loom.core.ids import short, text
from loom.evaluation.store import RunRow
from loom.workshop.views.actions import Header
from loom.workshop.views.cells import Link, Text
from loom.workshop.views.feedback import Empty
from loom.workshop.views.tables import Card, Column, Filter, Row, Shape, Table

__all__ = ["FindPage", "Hit", "find_page", "of_entry", "of_run", "of_suite"]

_COLUMNS = (
    Column("name", "Name", card=Card.TITLE),
    Column("kind", "Kind", card=Card.CORNER),
    Column("about", "About", priority=2, shape=Shape.GROWING),
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found."""

    name: str
    href: str
    kind: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class FindPage:
    """The page."""

    header: Header
    words: Filter
    table: Table


def of_entry(entry: Entry) -> Hit:
    """A worker or a pipeline."""
    ref = entry.ref
    return Hit(ref.name, f"/{ref.kind}s/{ref.name}", ref.kind, entry.description)


def of_suite(name: str) -> Hit:
    """A suite."""
    return Hit(name, f"/suites/{name}", "suite")


def of_run(run: RunRow) -> Hit:
    """A run."""
    return Hit(short(run.id), f"/runs/{text(run.id)}", "run", f"{run.target} on {run.suite}, {run.model}")


def find_page(words: str, hits: Iterable[Hit]) -> FindPage:
    """The page for `words`."""
    rows = tuple(
        Row(hit.href, (Link(hit.name, hit.href), Text(hit.kind), Text(hit.about, muted=True)), hit.href)
        for hit in hits
    )
    nothing = f"Nothing is called '{words}'." if words else "Type a word of a name."
    return FindPage(
        Header("Find"),
        Filter("/find", words, "Find", "a worker, a pipeline, a suite, a run", region="found"),
        Table(
            "What was found",
            _COLUMNS,
            rows,
            region="found",
            empty=Empty(nothing, command="loom catalog list"),
        ),
    )
