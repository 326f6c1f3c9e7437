"""Marks that fit into a line: interval, meter, stacked shares. Positions are percent, so that text never scales."""

from collections.abc import Sequence
from dataclasses import dataclass

from loom.workshop.pages.format import exact
from loom.workshop.views.tones import Fill, Tone

__all__ = ["IntervalMark", "Meter", "Scale", "Segment", "Share", "Shares", "outcomes", "percentage"]

_SMALLEST = 0.6
"""Percent of the bar that the rarest outcome is given: it must be seen."""


def percentage(number: float) -> str:
    """An SVG length."""
    return f"{number:.2f}%"


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`."""

    low: float
    high: float

    def part(self, value: float) -> float:
        """Where `value` lies, 0 to 1; outside values stick to the ends."""
        if self.high <= self.low:
            return 0.5
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def at(self, value: float) -> str:
        """The same as an SVG length."""
        return percentage(100 * self.part(value))

    def between(self, first: float, last: float) -> str:
        """The SVG length of a stretch."""
        return percentage(100 * max(0.0, self.part(last) - self.part(first)))


@dataclass(frozen=True, slots=True)
class IntervalMark:
    """A value and how sure it is, on a scale shared by its column."""

    low: float
    point: float
    high: float
    scale: Scale
    label: str
    """In words, for those who do not see it: `86.5 %, 95 % interval 82.8 to 89.5 %`."""

    tone: Tone = Tone.ACCENT
    line: float | None = None
    """Where the whole suite, or no difference, stands."""

    @property
    def left(self) -> str:
        """Where the interval begins."""
        return self.scale.at(self.low)

    @property
    def right(self) -> str:
        """Where it ends."""
        return self.scale.at(self.high)

    @property
    def middle(self) -> str:
        """Where the value stands."""
        return self.scale.at(self.point)

    @property
    def width(self) -> str:
        """How far the interval reaches."""
        return self.scale.between(self.low, self.high)

    @property
    def reference(self) -> str | None:
        """Where the line stands."""
        return None if self.line is None else self.scale.at(self.line)


@dataclass(frozen=True, slots=True)
class Meter:
    """A score in [0, 1] as a short bar; hatched where it failed."""

    value: float | None
    threshold: float | None = 0.5
    passed: bool | None = None
    """None: by the threshold alone."""

    @property
    def fill(self) -> Fill:
        """What its length says."""
        if self.passed is not None:
            return Fill.PASS if self.passed else Fill.FAIL
        if self.threshold is None:
            return Fill.ACCENT
        return Fill.PASS if (self.value or 0.0) >= self.threshold else Fill.FAIL

    @property
    def width(self) -> str:
        """Its length."""
        return percentage(100 * (self.value or 0.0))

    @property
    def mark(self) -> str | None:
        """Where the threshold stands."""
        return None if self.threshold is None else percentage(100 * self.threshold)


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a whole."""

    label: str
    count: int
    fill: Fill | None = None
    """None: named, not drawn."""

    href: str | None = None
    tail: str = ""
    """Words after the number."""

    @property
    def text(self) -> str:
        """Its number."""
        return exact(self.count)


@dataclass(frozen=True, slots=True)
class Segment:
    """A share where it is drawn."""

    share: Share
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Shares:
    """A whole and its parts, as one stacked bar with a legend of counts."""

    label: str
    parts: tuple[Share, ...]

    @property
    def words(self) -> str:
        """For those who do not see it."""
        return f"{self.label}: " + ", ".join(f"{part.text} {part.label.lower()}" for part in self.parts)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The drawn parts that are not empty, side by side; a rare one is still wide enough to be seen."""
        drawn = [part for part in self.parts if part.fill is not None and part.count > 0]
        total = sum(part.count for part in drawn)
        widths = [max(_SMALLEST, 100 * part.count / total) for part in drawn]
        stretch = 100 / sum(widths) if widths else 1.0
        return tuple(_placed(drawn, [width * stretch for width in widths]))


def _placed(parts: Sequence[Share], widths: Sequence[float]) -> list[Segment]:
    edges = [sum(widths[:number]) for number in range(len(widths))]
    rows = zip(parts, edges, widths, strict=True)
    return [Segment(part, percentage(edge), percentage(width)) for part, edge, width in rows]


def outcomes(
    *, passed: int, failed: int, errored: int, unscored: int, aborted: int = 0, planned: int | None = None
) -> Shares:
    """What became of the executions of a run; `planned`: of how many."""
    attempted = passed + failed + errored + unscored + aborted
    of = f"of {exact(planned)}" if planned is not None else ""
    return Shares(
        "Outcomes",
        (
            Share("Passed", passed, Fill.PASS),
            Share("Failed", failed, Fill.FAIL),
            Share("Errored", errored, Fill.ERROR),
            Share("Unscored", unscored, Fill.UNSCORED),
            Share("Aborted", aborted, Fill.NEITHER if aborted else None),
            Share("Attempted", attempted, tail=of),
        ),
    )
