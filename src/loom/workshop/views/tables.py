"""Tables: columns that sort, rows that open, chips and a filter above, a pager below."""

from dataclasses import dataclass
from enum import StrEnum

from loom.workshop.views.actions import Action
from loom.workshop.views.cells import Cell
from loom.workshop.views.feedback import Empty

__all__ = [
    "PAGE_ROWS",
    "Card",
    "Chip",
    "Column",
    "Direction",
    "Filter",
    "Pager",
    "Row",
    "Shape",
    "Sort",
    "Table",
    "sort",
]

PAGE_ROWS = 25
"""Of a list on one page, where nothing else is asked for."""


class Card(StrEnum):
    """Where a cell goes when a narrow screen turns the row into a card."""

    TITLE = "title"
    CORNER = "corner"
    LINE = "line"
    NAMED = "named"
    """A line that says what it is: its words alone could mean anything."""

    HIDDEN = "hidden"


class Shape(StrEnum):
    """How a column takes its room. The words are its classes."""

    TEXT = ""
    NUMBER = "numeric"
    """At the right, whole."""

    GROWING = "grow"
    """Takes what room is left, and is cut where there is none."""

    WHOLE = "whole"
    """Is never cut, however little room is left."""

    WRAPPING = "wraps"
    """Takes what room is left, and as many lines as it needs: what one came to read."""


class Direction(StrEnum):
    """As `aria-sort` has it."""

    UP = "ascending"
    DOWN = "descending"


@dataclass(frozen=True, slots=True)
class Sort:
    """What the header's link leads to, and how the table is sorted by this column now."""

    href: str
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    key: str
    """Its name in CSV and JSON."""

    label: str
    shape: Shape = Shape.TEXT
    priority: int = 1
    """1 always stays, 3 leaves first."""

    sort: Sort | None = None
    card: Card | None = None
    """None: the first column is the title, others of priority 1 a line, the rest is left out."""

    def place(self, number: int) -> Card:
        """Where it goes on a card; a number never without its name."""
        usual = Card.TITLE if number == 0 else Card.LINE if self.priority == 1 else Card.HIDDEN
        card = self.card or usual
        return Card.NAMED if card is Card.LINE and self.shape is Shape.NUMBER else card


@dataclass(frozen=True, slots=True)
class Row:
    """One thing; `group` instead of cells starts a new part of the table."""

    id: str
    cells: tuple[Cell | None, ...] = ()
    href: str | None = None
    """Opens or closes the row below it; with a list of things, leads to the thing."""

    open: bool = False
    expands: bool = False
    marker: bool = False
    """One of a tied set."""

    last_marked: bool = False
    failed: bool = False
    """Where `n` and `p` stop."""

    group: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pager:
    """`1 to 50 of 400`, and the ways on."""

    first: int
    last: int
    total: int | None = None
    previous: str | None = None
    next: str | None = None
    step: int = PAGE_ROWS
    keys: tuple[tuple[tuple[str, ...], str], ...] = ()
    """Key hints: `(("j", "k"), "move")`."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A list."""

    label: str
    """What it lists, for those who do not see the heading above it."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    pager: Pager | None = None
    empty: Empty | None = None
    region: str = ""
    """The id of the element that a script swaps when a link of the table is followed; none: whole pages."""

    select: str = ""
    """The name of the checkbox with which a row can be chosen; none: rows cannot be."""

    @property
    def opens(self) -> bool:
        """Whether rows can be opened."""
        return any(row.expands for row in self.rows)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter with its count."""

    label: str
    href: str
    count: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A search field over a list."""

    action: str
    value: str = ""
    label: str = "Filter"
    placeholder: str = "Filter"
    region: str = ""
    hidden: tuple[tuple[str, str], ...] = ()
    """What else the address must keep."""

    problem: str = ""
    name: str = "q"
    choices: tuple[tuple[str, tuple[tuple[str, str, bool], ...]], ...] = ()
    """Select fields beside it: a name, and its options as value, label, chosen."""

    buttons: tuple[Action, ...] = ()


def sort(current: str, key: str, address: str, *, descending_first: bool = False) -> Sort:
    """The sort link of column `key` where `current` is `key` or `-key`; `address` ends where the key goes."""
    up, down = key, f"-{key}"
    direction = {up: Direction.UP, down: Direction.DOWN}.get(current)
    following = {up: down, down: up}.get(current, down if descending_first else up)
    return Sort(address + following, direction)
