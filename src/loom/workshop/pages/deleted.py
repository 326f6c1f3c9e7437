"""What was deleted and can be brought back, as the lists of workers and pipelines show it."""

from collections.abc import Sequence

from loom.catalog.models import Ref, Version
from loom.core.kinds import Kind
from loom.workshop.pages.definitions import address, list_address
from loom.workshop.views.actions import Action
from loom.workshop.views.cells import Act, Link, Moment, Text
from loom.workshop.views.feedback import Empty
from loom.workshop.views.tables import Card, Column, Row, Shape, Table

__all__ = ["DELETED", "deleted_table"]

DELETED = "deleted"
"""What the filter "source" says for them."""

_COLUMNS = (
    Column("name", "Name", shape=Shape.GROWING),
    Column("change", "What became of it", card=Card.CORNER),
    Column("when", "When"),
    Column("by", "By", priority=2),
    Column("", "", card=Card.LINE),
)


def deleted_table(kind: Kind, gone: Sequence[tuple[Ref, Version]]) -> Table:
    """Each of `gone` with its last version, and the way back."""
    empty = Empty(f"No deleted {kind} fits.", Action("Show all", href=list_address(kind)))
    return Table(f"Deleted {kind}s", _COLUMNS, tuple(_row(*one) for one in gone), empty=empty)


def _row(ref: Ref, last: Version) -> Row:
    here = address(ref, "/history")
    return Row(
        ref.name,
        (
            Link(ref.name, here, mono=True),
            Text(last.change.value),
            Moment(last.at_us),
            Text(last.author or "on disk"),
            Act((Action("Bring it back", post=address(ref, "/undo")),)),
        ),
        here,
    )
