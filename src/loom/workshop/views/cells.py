"""What can stand in a table: text, numbers, links, badges, marks. Each also says itself plainly, for CSV and JSON."""

from dataclasses import dataclass

from loom.core.jsonvalue import JsonValue
from loom.workshop.pages.format import iso
from loom.workshop.views.actions import Action
from loom.workshop.views.badges import Badge
from loom.workshop.views.diff import Words
from loom.workshop.views.marks import IntervalMark, Meter

__all__ = ["Act", "Badges", "Cell", "Changed", "Link", "Moment", "Number", "Range", "Score", "Text"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words on one line; what does not fit is cut with an ellipsis."""

    text: str
    title: str = ""
    muted: bool = False
    strong: bool = False
    mono: bool = False

    @property
    def plain(self) -> JsonValue:
        """The words."""
        return self.text


@dataclass(frozen=True, slots=True)
class Number:
    """A number as people read it, with the number itself."""

    text: str
    value: float | None = None
    title: str = ""
    strong: bool = False
    muted: bool = False

    @property
    def plain(self) -> JsonValue:
        """The number, else what is shown."""
        return self.text if self.value is None else self.value


@dataclass(frozen=True, slots=True)
class Link:
    """The way to the thing itself."""

    text: str
    href: str
    mono: bool = False
    note: str = ""
    """Muted words after it."""

    @property
    def plain(self) -> JsonValue:
        """The words."""
        return self.text


@dataclass(frozen=True, slots=True)
class Badges:
    """States."""

    badges: tuple[Badge, ...]

    @property
    def plain(self) -> JsonValue:
        """Their words."""
        return ", ".join(badge.text for badge in self.badges)


@dataclass(frozen=True, slots=True)
class Range:
    """An interval on the scale of its column."""

    mark: IntervalMark | None
    missing: str = ""
    """What stands where there is none."""

    @property
    def plain(self) -> JsonValue:
        """Its ends and its value."""
        mark = self.mark
        return None if mark is None else {"low": mark.low, "value": mark.point, "high": mark.high}


@dataclass(frozen=True, slots=True)
class Score:
    """A score as a bar with its number."""

    meter: Meter
    text: str

    @property
    def plain(self) -> JsonValue:
        """The score."""
        return self.meter.value


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, in epoch microseconds."""

    at_us: int | None

    @property
    def plain(self) -> JsonValue:
        """ISO 8601, UTC."""
        return None if self.at_us is None else iso(self.at_us)


@dataclass(frozen=True, slots=True)
class Changed:
    """Words of which some are marked as changed."""

    words: Words

    @property
    def plain(self) -> JsonValue:
        """The words without marks."""
        return self.words.text


@dataclass(frozen=True, slots=True)
class Act:
    """What can be done with the row."""

    actions: tuple[Action, ...]

    @property
    def plain(self) -> JsonValue:
        """Nothing: actions are no data."""
        return None


Cell = Text | Number | Link | Badges | Range | Score | Moment | Changed | Act
