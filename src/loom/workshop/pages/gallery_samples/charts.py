"""Sample charts: a spread, a trend, the price of quality, a difference; each also with nothing in it."""

from dataclasses import dataclass

from loom.workshop.views.charts import Difference, Histogram, LineChart, Point, Scatter

__all__ = ["Charts", "samples"]


@dataclass(frozen=True, slots=True)
class Charts:
    """All of them."""

    histogram: Histogram
    flat: Histogram
    line: LineChart
    lines: LineChart
    single: LineChart
    scatter: Scatter
    difference: Difference


_PASSED = (0, 0, 0, 0, 0, 13, 17, 38, 88, 190)
_FAILED = (9, 6, 7, 8, 11, 2, 1, 0, 0, 0)


def samples() -> Charts:
    """The charts."""
    rates = (0.71, 0.74, 0.79, 0.78, 0.825, 0.865)
    points = tuple(
        Point(number, rate, f"v{number + 9}: {100 * rate:.1f} %", rate - 0.05, rate + 0.04, href="#")
        for number, rate in enumerate(rates)
    )
    return Charts(
        histogram=Histogram(
            "Distribution of weighted score, 387 scored cases",
            tuple(zip(_PASSED, _FAILED, strict=True)),
            threshold=0.5,
        ),
        flat=Histogram("No scored case", ((0, 0),) * 10),
        line=LineChart(
            "Pass rate over six versions",
            points,
            y_label="pass rate",
            x_label="version",
            x_names=tuple(f"v{number + 9}" for number in range(len(rates))),
        ),
        lines=_lines(),
        single=LineChart("Pass rate of one version", points[:1], x_names=("v9",)),
        scatter=_scatter(),
        difference=Difference(
            0.7,
            4.0,
            7.3,
            10.0,
            "v12 better",
            "v14 better",
            "Difference +4.0 points, 95 % interval +0.7 to +7.3",
            "difference in pass rate, percentage points",
        ),
    )


def _lines() -> LineChart:
    return LineChart(
        "Pass rate over time, by model",
        tuple(
            Point(number, rate, f"{100 * rate:.1f} %", rate - 0.03, rate + 0.03, href="#", line=number % 6)
            for number, rate in enumerate(0.4 + 0.1 * (number % 6) for number in range(18))
        ),
        y_label="pass rate",
        names=tuple(f"model-{number}" for number in range(6)),
        shares=True,
    )


def _scatter() -> Scatter:
    costs = ((0.1, 0.7), (0.13, 0.74), (0.28, 0.8), (0.36, 0.87), (0.79, 0.89))
    others = tuple((0.1 + 0.037 * (number % 23), 0.58 + 0.011 * (number % 19)) for number in range(40))
    return Scatter(
        "Score against cost",
        (
            *(Point(x, y, f"{y:.3f} at ${x:.2f}") for x, y in others),
            *(Point(x, y, f"{y:.3f} at ${x:.2f}", marked=True) for x, y in costs),
        ),
        y_label="score",
        x_label="$ per 1,000 cases",
    )
