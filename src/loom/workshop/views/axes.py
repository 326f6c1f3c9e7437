"""Axes of static charts: round numbers, where they stand in percent across and pixels down, how they are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from loom.workshop.views.marks import Scale

__all__ = ["HEIGHT", "TOP", "Tick", "across_ticks", "down_ticks", "nice_ticks", "place_down"]

HEIGHT = 196
"""Pixels from the top gridline to the axis."""

TOP = 8
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis: `at` is a percentage across or pixels down."""

    at: str
    text: str
    anchor: str = "middle"


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from at most `low` to at least `high`."""
    span = (high - low) or 1.0
    rough = span / max(1, most - 1)
    size = 10.0 ** floor(log10(rough))
    step = next(size * one for one in _STEPS if size * one >= rough - 1e-12)
    return [step * number for number in range(floor(low / step + 1e-9), ceil(high / step - 1e-9) + 1)]


def _show(number: float, step: float) -> str:
    size = floor(log10(step) + 1e-9) if step else 0
    halved = step and abs(step / 10.0**size - 2.5) < 1e-6
    return f"{number + 0.0:,.{max(0, bool(halved) - size)}f}".replace("-", "−")


def across_ticks(ticks: Sequence[float], scale: Scale) -> tuple[Tick, ...]:
    """The labels of the axis below."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    anchors = {0: "start", len(ticks) - 1: "end"}
    return tuple(
        Tick(scale.at(one), _show(one, step), anchors.get(number, "middle"))
        for number, one in enumerate(ticks)
    )


def down_ticks(
    ticks: Sequence[float], scale: Scale, height: int = HEIGHT, *, shares: bool = False
) -> tuple[Tick, ...]:
    """The labels of the axis at the side; `shares` are shown as percents."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    size, unit = (100, " %") if shares else (1, "")
    return tuple(Tick(place_down(scale, one, height), _show(one * size, step * size) + unit) for one in ticks)


def place_down(scale: Scale, value: float, height: int = HEIGHT) -> str:
    """How many pixels below the top `value` stands."""
    return f"{height - (height - TOP) * scale.part(value):.1f}"
