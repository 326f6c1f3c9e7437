"""From export files to stored chunks: the one way in, for the command line and whoever else. Shows nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from loom.contrib.rag.chunker import ChunkConfig, chunk_mux_entry
from loom.contrib.rag.ingestion import TelegramIngestor
from loom.contrib.rag.mux import merge_from_ingestors
from loom.contrib.rag.schemas import EmbeddedChunk, MuxedStream, MuxWindowConfig, TextChunk
from loom.contrib.rag.vectorstore.base import VectorStore
from loom.core.errors import InputError, NotFoundError, Problem

__all__ = ["Ingested", "IngestedChannel", "Ingestion", "exports_in"]

_AT_ONCE = 1024
"""Chunks handed to the store between two reports of progress."""


@dataclass(frozen=True, slots=True)
class IngestedChannel:
    """What came of one channel."""

    channel_id: int
    name: str
    posts: int
    unreadable: int
    """Messages that could not be read."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of it all."""

    channels: tuple[IngestedChannel, ...]
    posts: int
    windows: int
    """Stretches of time in which more than one channel wrote."""

    chunks: int
    stored: int
    """New or changed; the others were there."""


@dataclass(frozen=True, slots=True)
class Ingestion:
    """How exports become chunks."""

    chunking: ChunkConfig = field(default_factory=ChunkConfig)
    window: timedelta = timedelta(hours=6)
    embed: bool = True
    """Without, chunks are kept but cannot be searched."""

    def run(
        self, files: Sequence[Path], store: VectorStore, on_progress: Callable[[int, int], None]
    ) -> Ingested:
        """Bring `files` in, each read once; `on_progress` is told how many of how many chunks are done.

        What is stored when it fails stays, and is not embedded again the next time.

        Raises:
            InputError: naming every file that is no export, or all when none has a post; then nothing is stored.
            ProviderError: when vectors cannot be had.
        """
        ingestors = _loaded(files)
        stream = _merged(ingestors, files, MuxWindowConfig(window_duration=self.window))
        chunks = [chunk for entry in stream.entries for chunk in chunk_mux_entry(entry, self.chunking)]
        store.initialize()
        stored = 0
        for start in range(0, len(chunks), _AT_ONCE):
            on_progress(start, len(chunks))
            stored += self._store(store, chunks[start : start + _AT_ONCE])
        on_progress(len(chunks), len(chunks))
        channels = _channels(ingestors, stream)
        return Ingested(channels, stream.total_entries, len(stream.window_ids), len(chunks), stored)

    def _store(self, store: VectorStore, chunks: Sequence[TextChunk]) -> int:
        if self.embed:
            return store.add_chunks(chunks)
        return store.add_embedded_chunks([EmbeddedChunk.of(chunk) for chunk in chunks])


def exports_in(paths: Iterable[Path]) -> list[Path]:
    """The files that `paths` name: themselves, and the JSON files in those that are folders.

    Raises:
        NotFoundError: when a path leads nowhere, or there is no JSON file in a folder.
    """
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        if not inside or not path.exists():
            raise NotFoundError(f"{path}: {'File not found' if not path.exists() else 'no JSON file in it'}")
        found += inside
    return list(dict.fromkeys(found))


def _loaded(files: Iterable[Path]) -> list[TelegramIngestor]:
    loaded: list[TelegramIngestor] = []
    problems: list[Problem] = []
    for file in files:
        try:
            loaded.append(TelegramIngestor(file).load())
        except InputError as error:
            problems += error.problems
        except OSError as error:
            problems.append(Problem(f"cannot be read: {error.strerror}", file=str(file)))
    if problems:
        raise InputError(problems)
    return loaded


def _merged(
    ingestors: Sequence[TelegramIngestor], files: Sequence[Path], window: MuxWindowConfig
) -> MuxedStream:
    try:
        return merge_from_ingestors(ingestors, window)
    except ValueError:
        if any(True for one in ingestors for _ in one.ingest()):
            raise
    remedy = "give an export with messages that have text"
    raise InputError(Problem("has no post that can be used", file=str(file), remedy=remedy) for file in files)


def _channels(ingestors: Iterable[TelegramIngestor], stream: MuxedStream) -> tuple[IngestedChannel, ...]:
    posts: dict[int, int] = {}
    for entry in stream.entries:
        posts[entry.channel_id] = posts.get(entry.channel_id, 0) + 1
    unreadable: dict[int, int] = {}
    for one in ingestors:
        unreadable[one.channel_id] = unreadable.get(one.channel_id, 0) + one.unreadable
    names = {one.channel_id: one.channel_name for one in ingestors}
    return tuple(
        IngestedChannel(number, name, posts.get(number, 0), unreadable[number])
        for number, name in names.items()
    )
