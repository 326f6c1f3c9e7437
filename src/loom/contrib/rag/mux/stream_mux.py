"""Merges posts of several channels in order of time, and cuts the stream into windows. Reads no files."""

from collections.abc import Iterable, Sequence
from typing import Self

from loom.contrib.rag.ingestion.base import Ingestor
from loom.contrib.rag.schemas import MuxedStream, MuxEntry, MuxWindowConfig, NormalizedPost
from loom.contrib.rag.tools.windows import WindowBatch, sliding_windows

__all__ = ["StreamMux", "merge_from_ingestors"]


class StreamMux:
    """Takes channels one by one, and merges them. A post that comes twice counts once, as it came last."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._posts: dict[str, NormalizedPost] = {}

    def add_stream(
        self,
        posts: Iterable[NormalizedPost],
        channel_id: int | None = None,
        channel_name: str | None = None,
    ) -> Self:
        """Add the posts of a channel, which by default is the one they name; a channel without posts is left out."""
        for post in posts:
            number = post.source_channel_id if channel_id is None else channel_id
            name = channel_name or post.source_channel_name
            own = number == post.source_channel_id and name == post.source_channel_name
            renamed = {"source_channel_id": number, "source_channel_name": name}
            self._names[number] = name
            self._posts[post.global_id] = post if own else post.model_copy(update=renamed)
        return self

    def merge(self, window_config: MuxWindowConfig | None = None) -> MuxedStream:
        """All posts in order of time, then of channel and message; in overlapping windows, once in each.

        Raises:
            ValueError: when there are none.
        """
        if not self._posts:
            raise ValueError("No streams registered: add_stream() was given no post")
        posts = sorted(
            self._posts.values(), key=lambda one: (one.timestamp, one.source_channel_id, one.message_id)
        )
        placed = _placed(posts, window_config)
        return MuxedStream(
            source_ids=list(self._names),
            source_names=list(self._names.values()),
            start_time=posts[0].timestamp,
            end_time=posts[-1].timestamp,
            total_entries=len(placed),
            entries=[_entry(number, *one) for number, one in enumerate(placed)],
            window_config=window_config,
        )


def merge_from_ingestors(
    ingestors: Iterable[Ingestor], window_config: MuxWindowConfig | None = None
) -> MuxedStream:
    """The posts of loaded ingestors as one stream.

    Raises:
        ValueError: when there are none.
    """
    mux = StreamMux()
    for one in ingestors:
        mux.add_stream(one.ingest())
    return mux.merge(window_config)


_Window = WindowBatch[NormalizedPost]


def _placed(
    posts: Sequence[NormalizedPost], config: MuxWindowConfig | None
) -> list[tuple[NormalizedPost, _Window | None]]:
    """Each post with its window, by the window's beginning; those outside come where their time is."""
    windows = _windows(posts, config) if config else []
    inside = {post.global_id for window in windows for post in window.items}
    placed: list[tuple[NormalizedPost, _Window | None]] = [
        *((post, window) for window in windows for post in window.items),
        *((post, None) for post in posts if post.global_id not in inside),
    ]
    return sorted(placed, key=lambda one: one[1].window_start if one[1] else one[0].timestamp)


def _windows(posts: Sequence[NormalizedPost], config: MuxWindowConfig) -> list[_Window]:
    return sliding_windows(
        posts,
        config.window_duration,
        config.step or config.window_duration,
        min_items=config.min_entries,
        require_unique_channels=2 if config.require_multi_channel else 0,
        midnight_at=config.tz_offset_hours if config.align_to_midnight else None,
    )


def _entry(number: int, post: NormalizedPost, window: _Window | None) -> MuxEntry:
    if window is None:
        return MuxEntry(mux_seq=number, post=post)
    return MuxEntry(mux_seq=number, window_id=window.window_id, window_seq=window.window_index, post=post)
