"""Static charts as positions in percent across and pixels down: they stretch with the page, their text does not."""

from collections import Counter
from dataclasses import dataclass
from math import ceil, floor, log10

from loom.workshop.views.axes import HEIGHT, Tick, across_ticks, down_ticks, nice_ticks, place_down
from loom.workshop.views.marks import Scale, percentage
from loom.workshop.views.tones import Fill

__all__ = [
    "Bar",
    "Difference",
    "Dot",
    "Histogram",
    "Line",
    "LineChart",
    "Point",
    "Scatter",
    "Whisker",
]

_LOOKS = 6
"""Of lines that can be told apart: by colour, and by how they are dashed."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram."""

    x: str
    width: str
    y: str
    height: str
    fill: Fill
    label: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """How a score is spread: what passed and what failed in equal stretches of [low, high], failures hatched below."""

    label: str
    counts: tuple[tuple[int, int], ...]
    """Passed and failed, from the lowest stretch up."""

    low: float = 0.0
    high: float = 1.0
    threshold: float | None = None
    height: int = HEIGHT

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Those that are not empty."""
        stacks = (
            [(Fill.FAIL, 0, failed) for _, failed in self.counts],
            [(Fill.PASS, failed, passed) for passed, failed in self.counts],
        )
        scale = self._scale
        return tuple(
            self._bar(scale, number, *part)
            for stack in stacks
            for number, part in enumerate(stack)
            if part[2]
        )

    @property
    def across(self) -> tuple[Tick, ...]:
        """The axis below."""
        quarters = [self.low + (self.high - self.low) * part / 4 for part in range(5)]
        return across_ticks(quarters, Scale(self.low, self.high))

    @property
    def down(self) -> tuple[Tick, ...]:
        """The axis at the side."""
        return down_ticks(self._ticks, self._scale, self.height)

    @property
    def mark(self) -> str | None:
        """Where the threshold stands."""
        return None if self.threshold is None else Scale(self.low, self.high).at(self.threshold)

    @property
    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """The same as a table."""
        return tuple(
            (self._stretch(number), f"{passed:,}", f"{failed:,}")
            for number, (passed, failed) in enumerate(self.counts)
        )

    @property
    def _ticks(self) -> list[float]:
        most = max((sum(pair) for pair in self.counts), default=0)
        return [float(one) for one in range(most + 1)] if most < 4 else nice_ticks(0, most)

    @property
    def _scale(self) -> Scale:
        return Scale(0, max(self._ticks[-1], 1.0))

    def _stretch(self, number: int) -> str:
        size = (self.high - self.low) / len(self.counts)
        return f"{self.low + number * size:.2f} to {self.low + (number + 1) * size:.2f}"

    def _bar(self, scale: Scale, number: int, fill: Fill, below: int, count: int) -> Bar:
        width = 100 / len(self.counts)
        top, bottom = (float(place_down(scale, value, self.height)) for value in (below + count, below))
        word = "passed" if fill is Fill.PASS else "failed"
        return Bar(
            percentage(number * width + 0.4),
            percentage(width - 0.8),
            f"{top:.1f}",
            f"{bottom - top:.1f}",
            fill,
            f"{self._stretch(number)}: {count:,} {word}",
        )


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval, in the order of the chart."""

    x: float
    y: float
    label: str
    low: float | None = None
    high: float | None = None
    href: str | None = None
    marked: bool = False
    line: int = 0
    """To which line it belongs, where there are several."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point where it is drawn."""

    x: str
    y: str
    label: str
    href: str | None
    marked: bool
    look: int = 0
    """That of its line."""


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined, in a box of 100 by the height of the chart."""

    name: str
    look: int
    path: str
    band: str
    """The interval around it, as a closed shape; empty where no point has one, or a point is alone."""


@dataclass(frozen=True, slots=True)
class Whisker:
    """The interval of a point that is alone on its line."""

    x: str
    top: str
    bottom: str
    look: int


@dataclass(frozen=True, slots=True)
class _Axes:
    """Points on two axes."""

    label: str
    points: tuple[Point, ...]
    x_label: str = ""
    y_label: str = ""
    height: int = HEIGHT
    y_from: float | None = None
    y_to: float | None = None
    shares: bool = False
    """The axis at the side is of shares, shown as percents."""

    @property
    def dots(self) -> tuple[Dot, ...]:
        """Every point."""
        return tuple(
            Dot(
                self._x.at(one.x),
                place_down(self._y, one.y, self.height),
                one.label,
                one.href,
                marked=one.marked,
                look=one.line % _LOOKS,
            )
            for one in self.points
        )

    @property
    def down(self) -> tuple[Tick, ...]:
        """The axis at the side."""
        return down_ticks(self._y_ticks, self._y, self.height, shares=self.shares)

    @property
    def across(self) -> tuple[Tick, ...]:
        """The axis below."""
        return across_ticks(self._x_ticks, self._x)

    @property
    def _y_ticks(self) -> list[float]:
        lows = [one.y if one.low is None else one.low for one in self.points]
        highs = [one.y if one.high is None else one.high for one in self.points]
        low = min(lows, default=0.0) if self.y_from is None else self.y_from
        return nice_ticks(low, max(highs, default=1.0) if self.y_to is None else self.y_to)

    @property
    def _x_ticks(self) -> list[float]:
        found = [one.x for one in self.points]
        return nice_ticks(min(found, default=0.0), max(found, default=1.0))

    @property
    def _y(self) -> Scale:
        return Scale(self._y_ticks[0], self._y_ticks[-1])

    @property
    def _x(self) -> Scale:
        return Scale(self._x_ticks[0], self._x_ticks[-1])


@dataclass(frozen=True, slots=True)
class LineChart(_Axes):
    """Better over time: lines with their bands. `x_names` labels the points themselves, evenly spread."""

    x_names: tuple[str, ...] = ()
    names: tuple[str, ...] = ("",)
    """What the lines are, for the legend; a single one needs none."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """One for each name."""
        return tuple(self._line(number, name) for number, name in enumerate(self.names))

    @property
    def whiskers(self) -> tuple[Whisker, ...]:
        """One for each point of which no line can be drawn."""
        return tuple(
            Whisker(
                self._x.at(one.x),
                place_down(self._y, one.high, self.height),
                place_down(self._y, one.low, self.height),
                one.line % _LOOKS,
            )
            for one in self.points
            if one.line in self._alone and one.low is not None and one.high is not None
        )

    @property
    def _alone(self) -> frozenset[int]:
        """The lines that have one point."""
        several = Counter(one.line for one in self.points)
        return frozenset(line for line, points in several.items() if points == 1)

    def _line(self, number: int, name: str) -> Line:
        points = [one for one in self.points if one.line == number]
        if len(points) == 1:
            return Line(name, number % _LOOKS, "", "")
        known = [one for one in points if one.low is not None and one.high is not None]
        there = [self._place(one.x, one.high or 0) for one in known]
        back = [self._place(one.x, one.low or 0) for one in reversed(known)]
        path = " ".join(self._place(one.x, one.y) for one in points)
        return Line(name, number % _LOOKS, path, " ".join(there + back))

    @property
    def across(self) -> tuple[Tick, ...]:
        """The axis below: names where given, else numbers."""
        if not self.x_names:
            return across_ticks(self._x_ticks, self._x)
        last = len(self.x_names) - 1
        every = max(1, ceil(len(self.x_names) / 6))
        shown = sorted({*range(0, last, every), last} - ({last - 1} if every > 1 else set()))
        anchors = {} if self._alone else {0: "start", last: "end"}
        return tuple(
            Tick(self._x.at(number), self.x_names[number], anchors.get(number, "middle")) for number in shown
        )

    @property
    def _x(self) -> Scale:
        if self.x_names:
            last, margin = len(self.x_names) - 1, 0.5 if self._alone else 0
            return Scale(-margin, max(last, 1 - 2 * margin) + margin)
        return Scale(self._x_ticks[0], self._x_ticks[-1])

    def _place(self, x: float, y: float) -> str:
        return f"{100 * self._x.part(x):.2f},{place_down(self._y, y, self.height)}"


@dataclass(frozen=True, slots=True)
class Scatter(_Axes):
    """The price of quality: one dot a thing; the marked ones are joined (the Pareto front)."""

    @property
    def front(self) -> str:
        """The line through the marked dots, in a box of 100 by `height`."""
        marked = sorted((one for one in self.points if one.marked), key=lambda one: one.x)
        return " ".join(
            f"{100 * self._x.part(one.x):.2f},{place_down(self._y, one.y, self.height)}" for one in marked
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A on an axis around zero: one half says A, the other B."""

    low: float
    point: float
    high: float
    reach: float
    """The axis goes from -reach to +reach."""

    left: str
    right: str
    label: str
    unit: str

    @staticmethod
    def reaching(*values: float) -> float:
        """A round reach that holds all `values`."""
        most = max((abs(value) for value in values), default=0.0) or 1.0
        size = 10.0 ** floor(log10(most))
        return next(size * one for one in (1, 2, 4, 5, 8, 10) if size * one >= most - 1e-12)

    @property
    def scale(self) -> Scale:
        """The axis."""
        return Scale(-self.reach, self.reach)

    @property
    def across(self) -> tuple[Tick, ...]:
        """Five labels, with signs."""
        ticks = across_ticks([self.reach * part / 2 for part in range(-2, 3)], self.scale)
        return tuple(Tick(one.at, _plus(one.text), one.anchor) for one in ticks)

    @property
    def marks(self) -> tuple[str, str, str, str]:
        """Left end, value, right end and width of the interval."""
        scale = self.scale
        return (
            scale.at(self.low),
            scale.at(self.point),
            scale.at(self.high),
            scale.between(self.low, self.high),
        )


def _plus(text: str) -> str:
    zero = not text.strip("0.,")
    return "0" if zero else text if text.startswith("−") else f"+{text}"
