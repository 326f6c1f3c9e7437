"""The page of what was done, by whom."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from loom.access.audit import Page
from loom.workshop.pages.settings import Frame, frame
from loom.workshop.views.actions import Action
from loom.workshop.views.cells import Link, Moment, Text
from loom.workshop.views.feedback import Empty
from loom.workshop.views.tables import Card, Column, Filter, Pager, Row, Shape, Table

__all__ = ["AuditPage", "audit_page", "audit_table"]

_AUDIT = "/settings/audit"


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Who did what, newest first."""

    frame: Frame
    filter: Filter
    table: Table


def audit_page(page: Page, by: str, *, first: bool) -> AuditPage:
    """The page; `first` unless newer entries are on one before it."""
    kept = {"by": by} if by else {}
    older = f"{_AUDIT}?{urlencode({**kept, 'before': page.before})}" if page.before is not None else None
    newest = None if first else f"{_AUDIT}?{urlencode(kept)}".rstrip("?")
    pager = Pager(1, len(page.entries), previous=newest, next=older) if older or newest else None
    return AuditPage(
        frame(
            "Audit log",
            _AUDIT,
            actions=(
                Action("As JSON", href=f"{_AUDIT}.json?{urlencode(kept)}", icon="download"),
                Action("As CSV", href=f"{_AUDIT}.csv?{urlencode(kept)}", icon="download"),
            ),
        ),
        Filter(_AUDIT, by, "Of one user or key", "ann, or key:nightly", "audit", name="by"),
        replace(audit_table(page), pager=pager, region="audit"),
    )


def audit_table(page: Page) -> Table:
    """The same as a table, for its twins too."""
    columns = (
        Column("at", "When", card=Card.CORNER),
        Column("by", "Who"),
        Column("action", "Did", card=Card.TITLE),
        Column("subject", "To", shape=Shape.GROWING),
        Column("detail", "More", priority=2, card=Card.LINE),
    )
    rows = tuple(
        Row(
            str(entry.row),
            (
                Moment(entry.at_us),
                Link(entry.principal, f"{_AUDIT}?{urlencode({'by': entry.principal})}"),
                Text(entry.action, mono=True),
                Text(entry.subject),
                Text(entry.detail or "", muted=True),
            ),
        )
        for entry in page.entries
    )
    return Table("What was done", columns, rows, empty=Empty("Nothing was done yet."))
