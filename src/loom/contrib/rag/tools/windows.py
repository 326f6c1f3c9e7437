"""Cuts what has a time into windows of time. Knows nothing of texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Generic, Protocol, TypeVar

__all__ = [
    "Dated",
    "WindowBatch",
    "daily_windows",
    "describe_windows",
    "sliding_windows",
    "tumbling_windows",
]


class Dated(Protocol):
    """A post of a channel."""

    @property
    def timestamp(self) -> datetime:
        """When, with a time zone."""
        ...

    @property
    def channel_id(self) -> int:
        """Whose."""
        ...


T = TypeVar("T", bound=Dated)


@dataclass(frozen=True, slots=True)
class WindowBatch(Generic[T]):
    """A window, and what falls into it."""

    window_id: str
    """`{start}_{end}`, both ISO-8601."""

    window_index: int
    """Counts from 0, over the windows that are there."""

    window_start: datetime
    window_end: datetime
    """Exclusive."""

    items: tuple[T, ...]

    @property
    def duration(self) -> timedelta:
        """How long it is."""
        return self.window_end - self.window_start

    @property
    def count(self) -> int:
        """How much falls into it."""
        return len(self.items)

    def channel_ids(self) -> set[int]:
        """The channels it hears."""
        return {item.channel_id for item in self.items}


def tumbling_windows(
    items: Iterable[T],
    duration: timedelta,
    *,
    align_to_midnight: bool = False,
    min_items: int = 1,
    tz_offset_hours: float = 0.0,
) -> list[WindowBatch[T]]:
    """Windows that follow each other without overlap, from the first item or from the midnight before it."""
    ordered = _ordered(items)
    origin = _origin(ordered, tz_offset_hours if align_to_midnight else None)
    return _kept(_windows(ordered, duration, duration, origin), min_items)


def sliding_windows(
    items: Iterable[T],
    duration: timedelta,
    step: timedelta,
    *,
    min_items: int = 1,
    require_unique_channels: int = 0,
    midnight_at: float | None = None,
) -> list[WindowBatch[T]]:
    """Windows that begin every `step`, from the first item or, given hours east of Greenwich, from the midnight before.

    Only those with at least so many items, and with items of at least so many channels.
    """
    ordered = _ordered(items)
    found = _windows(ordered, duration, step, _origin(ordered, midnight_at))
    return _kept([one for one in found if len(one.channel_ids()) >= require_unique_channels], min_items)


def daily_windows(
    items: Iterable[T], tz_offset_hours: float = 0.0, min_items: int = 1
) -> list[WindowBatch[T]]:
    """A window for each day, from midnight to midnight."""
    day = timedelta(days=1)
    return tumbling_windows(
        items, day, align_to_midnight=True, min_items=min_items, tz_offset_hours=tz_offset_hours
    )


def describe_windows(batches: Sequence[WindowBatch[T]]) -> dict[str, int | float | str | None]:
    """How many there are, how full they are, and which are the first and the last."""
    counts = [batch.count for batch in batches]
    return {
        "total_windows": len(batches),
        "total_items": sum(counts),
        "avg_items_per_window": sum(counts) / len(counts) if counts else 0.0,
        "min_items": min(counts, default=0),
        "max_items": max(counts, default=0),
        "first_window": batches[0].window_id if batches else None,
        "last_window": batches[-1].window_id if batches else None,
    }


def _ordered(items: Iterable[T]) -> list[T]:
    return sorted(items, key=lambda item: item.timestamp)


def _origin(ordered: Sequence[Dated], midnight_at: float | None) -> datetime | None:
    """Where the first window begins; None when there is nothing."""
    if not ordered:
        return None
    first = ordered[0].timestamp
    if midnight_at is None:
        return first
    here = first.astimezone(timezone(timedelta(hours=midnight_at)))
    return here.replace(hour=0, minute=0, second=0, microsecond=0)


def _windows(
    ordered: Sequence[T], duration: timedelta, step: timedelta, origin: datetime | None
) -> list[WindowBatch[T]]:
    if origin is None:
        return []
    found: dict[int, list[T]] = {}
    for item in ordered:
        since = item.timestamp - origin
        first = max(0, (since - duration) // step + 1)
        for number in range(first, since // step + 1):
            found.setdefault(number, []).append(item)
    return [_batch(origin + number * step, duration, tuple(found[number])) for number in sorted(found)]


def _batch(start: datetime, duration: timedelta, items: tuple[T, ...]) -> WindowBatch[T]:
    end = start + duration
    return WindowBatch(f"{start.isoformat()}_{end.isoformat()}", 0, start, end, items)


def _kept(found: Iterable[WindowBatch[T]], min_items: int) -> list[WindowBatch[T]]:
    kept = [one for one in found if one.count >= min_items]
    return [replace(one, window_index=number) for number, one in enumerate(kept)]
