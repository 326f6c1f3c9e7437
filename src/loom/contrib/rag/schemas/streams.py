"""Posts of several channels in one order of time, in windows if wished."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, computed_field, model_validator

from loom.contrib.rag.schemas.posts import NormalizedPost

__all__ = ["UNWINDOWED", "MuxEntry", "MuxWindowConfig", "MuxedStream"]

UNWINDOWED = "__unwindowed__"
_MOST_WINDOWS = 1000


class MuxWindowConfig(BaseModel):
    """How a stream is cut into windows of time."""

    model_config = ConfigDict(extra="allow")

    window_duration: timedelta = timedelta(hours=6)
    step: timedelta | None = None
    """How far each window begins after the last; None: they neither overlap nor leave gaps."""

    align_to_midnight: bool = True
    """Windows begin at midnight, not at the first post."""

    min_entries: int = 1
    require_multi_channel: bool = True
    """A window of one channel alone is none: its posts stay in the stream, outside the windows."""

    tz_offset_hours: float = 3.5
    """Whose midnight: hours east of Greenwich."""

    @property
    def is_sliding(self) -> bool:
        """Whether windows overlap, so that a post may be in several."""
        return self.step is not None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        step = self.window_duration if self.step is None else self.step
        if step <= timedelta(0) or self.window_duration <= timedelta(0):
            raise ValueError("windows and steps must be longer than nothing")
        if self.window_duration / step > _MOST_WINDOWS:
            raise ValueError(f"a step so short puts each post into more than {_MOST_WINDOWS} windows")
        return self


class MuxEntry(BaseModel):
    """A post at its place in the stream."""

    mux_seq: int
    window_id: str | None = None
    window_seq: int | None = None
    post: NormalizedPost

    @computed_field
    @property
    def channel_id(self) -> int:
        """Whose post it is."""
        return self.post.source_channel_id

    @computed_field
    @property
    def channel_name(self) -> str:
        """Whose post it is, in words."""
        return self.post.source_channel_name

    @computed_field
    @property
    def text(self) -> str:
        """What it says, cleaned."""
        return self.post.text_clean

    @computed_field
    @property
    def global_id(self) -> str:
        """Which post it is."""
        return self.post.global_id

    @property
    def timestamp(self) -> datetime:
        """When it was posted."""
        return self.post.timestamp


class MuxedStream(BaseModel):
    """Several channels as one stream."""

    source_ids: list[int]
    source_names: list[str]
    start_time: datetime
    end_time: datetime
    total_entries: int
    entries: list[MuxEntry] = Field(default_factory=list[MuxEntry])
    window_config: MuxWindowConfig | None = None

    @property
    def channel_count(self) -> int:
        """How many channels flow into it."""
        return len(self.source_ids)

    @property
    def time_span_hours(self) -> float:
        """From the first post to the last."""
        return (self.end_time - self.start_time) / timedelta(hours=1)

    @property
    def window_ids(self) -> list[str]:
        """Its windows, in order of time."""
        return list(dict.fromkeys(one.window_id for one in self.entries if one.window_id is not None))

    def window(self, window_id: str) -> list[MuxEntry]:
        """The entries of one window."""
        return [one for one in self.entries if one.window_id == window_id]

    def windows(self) -> dict[str, list[MuxEntry]]:
        """All entries by window; those of none under `__unwindowed__`."""
        found: dict[str, list[MuxEntry]] = {}
        for one in self.entries:
            found.setdefault(one.window_id or UNWINDOWED, []).append(one)
        return found
