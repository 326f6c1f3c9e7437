"""How far something is: done of most, what it cost, when it will be over."""

from dataclasses import dataclass

from loom.workshop.views.figures import Figure
from loom.workshop.views.marks import percentage

__all__ = ["Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """A bar with its words."""

    label: str
    done: int
    most: int | None
    words: str
    """`3,412 calls of at most 6,000`."""

    left: str = ""
    """`about 90 s left, 50 s to 2 min`."""

    zone: tuple[float, float] | None = None
    """Where it usually stops by itself, as shares of `most`."""

    figures: tuple[Figure, ...] = ()
    id: str = ""
    """For updates to find it."""

    @property
    def width(self) -> str:
        """How much of the bar is full."""
        return percentage(100 * min(1.0, self.done / self.most)) if self.most else "0%"

    @property
    def zone_at(self) -> tuple[str, str] | None:
        """Where the zone begins and how wide it is."""
        if self.zone is None:
            return None
        low, high = self.zone
        return percentage(100 * low), percentage(100 * (high - low))
