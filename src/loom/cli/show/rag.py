"""What `loom rag` shows: how bringing in goes and what came of it, what was found, what there is."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loom.cli.show.console import console, error_console, put
from loom.cli.show.table import show_table

if TYPE_CHECKING:
    from loom.contrib.rag.ingest import Ingested
    from loom.contrib.rag.searching import Found
    from loom.core.jsonvalue import Json

__all__ = ["ingested_json", "progress", "show_found", "show_ingested", "show_stats"]

_TIMES = ("earliest_timestamp", "latest_timestamp")


@contextmanager
def progress(*, quiet: bool) -> Generator[Callable[[int, int], None]]:
    """Within: shows how many chunks are done, on a terminal."""
    if quiet or not error_console().is_interactive:
        yield _unseen
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Chunks"), BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=error_console(), transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _unseen(_done: int, _total: int) -> None:
    """Nobody watches."""


def ingested_json(came: "Ingested", model: str | None) -> "Json":
    """What came in, for programs. `model` made the vectors; None: there are none."""
    from dataclasses import asdict

    return {**asdict(came), "embedding_model": model}


def show_ingested(came: "Ingested", model: str | None) -> None:
    """What came in."""
    show_table(
        [(f"{one.posts:,}", one.name, (_unread(one.unreadable), "warn")) for one in came.channels],
        ("posts", "channel", ""),
        right={0},
    )
    console().print()
    known = came.chunks - came.stored
    parts = (
        f"{_count(came.stored, 'chunk')} of {_count(came.posts, 'post')}",
        _count(len(came.channels), "channel"),
        *((f"{_count(came.windows, 'window')} with several of them",) if came.windows else ()),
        *((f"{_count(known, 'chunk')} there already",) if known else ()),
    )
    how = f"Embedded & stored by {model}" if model else "Stored (no embeddings)"
    put(f"{how}: {', '.join(parts)}", label=("✓ ", "pass"))
    put(f"Next: {'loom rag search QUESTION' if model else 'ingest without --no-embed, to search'}")


def show_found(found: "Found") -> None:
    """The passages, nearest first."""
    for one in found.results:
        channel, at = one.metadata["source_channel_name"], one.metadata["timestamp_unix"]
        put((f"{one.score:.3f}", "accent"), f"  {channel}", (f"  {_day(at)}  {one.chunk_id}", "muted"))
        put(one.text, label="       ")
        console().print()
    if found.bare:
        put("Nothing has been brought in yet: loom rag ingest result.json")
        return
    if not found.results:
        put("No results found. Ask with other words, or with a lower --min-score.")
    for note in found.notes:
        put((note, "muted"))


def show_stats(stats: "Json") -> None:
    """Every figure."""
    show_table([((name, "muted"), _value(name, value)) for name, value in stats.items()])


def _value(name: str, value: object) -> str:
    if name in _TIMES and isinstance(value, int):
        return f"{value} ({_day(value)})"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _day(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%d %b %Y, %H:%M UTC")


def _unread(count: int) -> str:
    return f"{_count(count, 'message')} could not be read" if count else ""
