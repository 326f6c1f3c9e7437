"""Charts: round axes, bars on top of each other, points where they belong."""

import pytest

from loom.workshop.views.axes import nice_ticks
from loom.workshop.views.charts import Difference, Histogram, LineChart, Point, Scatter
from loom.workshop.views.tones import Fill


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 190, [0, 50, 100, 150, 200]),
        (0.66, 0.905, [0.6, 0.7, 0.8, 0.9, 1.0]),
        (0, 1, [0, 0.25, 0.5, 0.75, 1.0]),
    ],
)
def test_ticks_are_round_and_hold_both_ends(low: float, high: float, expected: list[float]) -> None:
    assert nice_ticks(low, high) == pytest.approx(expected)


def test_failures_stand_below_what_passed() -> None:
    bars = Histogram("scores", ((1, 3), (4, 0)), height=108).bars
    assert [(bar.fill, bar.height) for bar in bars] == [
        (Fill.FAIL, "75.0"), (Fill.PASS, "25.0"), (Fill.PASS, "100.0"),
    ]  # fmt: skip
    assert float(bars[1].y) + 25 == float(bars[0].y)


def test_a_histogram_of_nothing_has_no_bar_but_an_axis() -> None:
    empty = Histogram("nothing", ((0, 0),) * 10)
    assert not empty.bars
    assert [tick.text for tick in empty.across] == ["0.00", "0.25", "0.50", "0.75", "1.00"]


def test_a_line_runs_through_its_points_within_its_band() -> None:
    points = tuple(Point(number, 0.5 + number / 10, f"v{number}", 0.4, 0.9) for number in range(3))
    chart = LineChart("trend", points, x_names=("v1", "v2", "v3"))
    assert [dot.x for dot in chart.dots] == ["0.00%", "50.00%", "100.00%"]
    assert [len(line.band.split()) for line in chart.lines] == [6]
    assert [tick.text for tick in chart.across] == ["v1", "v2", "v3"]


def test_one_point_is_a_chart_too() -> None:
    assert len(LineChart("one", (Point(0, 0.7, "v1"),), x_names=("v1",)).dots) == 1
    assert Scatter("none", ()).front == ""


def test_a_difference_has_a_round_reach_and_signed_labels() -> None:
    assert Difference.reaching(0.7, 4.0, 7.3) == 8
    ticks = Difference(0.7, 4.0, 7.3, 8, "a", "b", "", "").across
    assert [tick.text for tick in ticks] == ["−8", "−4", "0", "+4", "+8"]


def test_halves_of_a_reach_have_no_digits_where_they_are_whole() -> None:
    ticks = Difference(14.5, 29.5, 44.5, 50, "a", "b", "", "").across
    assert [tick.text for tick in ticks] == ["−50", "−25", "0", "+25", "+50"]


def test_an_axis_of_shares_is_in_percent() -> None:
    chart = LineChart("trend", (Point(0, 0.2, "v1"), Point(1, 0.4, "v2")), shares=True)
    assert [tick.text for tick in chart.down] == ["20 %", "25 %", "30 %", "35 %", "40 %"]
