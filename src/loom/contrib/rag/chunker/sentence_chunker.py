"""Cuts a post where sentences end, in Persian, Arabic and languages like English. Loses no word. Knows no vectors."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

from loom.contrib.rag.schemas import ChunkStrategy, MuxEntry, NormalizedPost, TextChunk
from loom.core.errors import Problem, UsageError

__all__ = ["ChunkConfig", "chunk_mux_entry", "chunk_post"]

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]»”]*\s+|(?<=[؟\u06d4؛…])[\"')\]»”]*\s*|\n+|(?=[•▪◾‣])")
_PARAGRAPH_END = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class ChunkConfig:
    """How long pieces shall be, in characters."""

    strategy: ChunkStrategy = ChunkStrategy.SENTENCE
    target_chars: int = 400
    """Sentences are put together up to here."""

    max_chars: int = 600
    """No piece is longer, but a whole post may be."""

    overlap_chars: int = 50
    """A piece repeats at most so much of the end of the one before, in whole words."""

    min_chars: int = 20
    """A shorter piece joins its neighbour where that leaves room for it."""

    @classmethod
    def of_size(cls, target_chars: int, max_chars: int) -> Self:
        """The usual, at another size: a target above the most is the most, and the rest becomes as short as it must."""
        usual = cls()
        overlap, least = min(usual.overlap_chars, max_chars - 1), min(usual.min_chars, max_chars)
        return cls(
            target_chars=min(target_chars, max_chars),
            max_chars=max_chars,
            overlap_chars=overlap,
            min_chars=least,
        )

    def __post_init__(self) -> None:
        rules = (
            (self.max_chars >= 1, "max_chars", "must be at least 1", self.max_chars),
            (
                1 <= self.target_chars <= self.max_chars,
                "target_chars",
                "must be from 1 to max_chars",
                self.target_chars,
            ),
            (
                0 <= self.overlap_chars < self.max_chars,
                "overlap_chars",
                "must be from 0 to below max_chars",
                self.overlap_chars,
            ),
            (
                0 <= self.min_chars <= self.max_chars,
                "min_chars",
                "must be from 0 to max_chars",
                self.min_chars,
            ),
        )
        problems = [Problem(what, field, value=value) for holds, field, what, value in rules if not holds]
        if problems:
            raise UsageError(problems)


class _Span(NamedTuple):
    """A stretch of the post's clean text."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def chunk_post(post: NormalizedPost, config: ChunkConfig | None = None) -> list[TextChunk]:
    """The pieces of `post`'s clean text; none of a blank one."""
    config = config or ChunkConfig()
    text = post.text_clean
    spans = list(_spans(text, config))
    chunks: list[TextChunk] = []
    reached = 0
    for number, span in enumerate(spans):
        chunk = TextChunk(
            chunk_id=f"{post.global_id}:{number}",
            source_global_id=post.global_id,
            source_channel_id=post.source_channel_id,
            source_channel_name=post.source_channel_name,
            timestamp_unix=post.timestamp_unix or int(post.timestamp.timestamp()),
            text=text[span.start : span.end],
            char_start=span.start,
            char_end=span.end,
            chunk_index=number,
            total_chunks=len(spans),
            strategy=config.strategy,
            overlap_chars=max(0, reached - span.start),
        )
        chunks.append(chunk)
        reached = span.end
    return chunks


def chunk_mux_entry(entry: MuxEntry, config: ChunkConfig | None = None) -> list[TextChunk]:
    """The pieces of the entry's post."""
    return chunk_post(entry.post, config)


def _spans(text: str, config: ChunkConfig) -> Iterator[_Span]:
    whole = _trimmed(text, _Span(0, len(text)))
    match config.strategy:
        case _ if not whole.length:
            return
        case ChunkStrategy.WHOLE_POST:
            yield whole
        case ChunkStrategy.FIXED_CHAR:
            step = config.max_chars - config.overlap_chars
            for start in range(whole.start, max(whole.start + 1, whole.end - config.overlap_chars), step):
                yield _Span(start, min(start + config.max_chars, whole.end))
        case ChunkStrategy.PARAGRAPH | ChunkStrategy.SENTENCE:
            ends = _PARAGRAPH_END if config.strategy is ChunkStrategy.PARAGRAPH else _SENTENCE_END
            pieces = (small for piece in _split(text, ends) for small in _cut(text, piece, config.max_chars))
            yield from _overlapping(text, _merged(pieces, config), config)


def _split(text: str, ends: re.Pattern[str]) -> Iterator[_Span]:
    start = 0
    for found in ends.finditer(text):
        yield from _if_any(text, _Span(start, found.end()))
        start = found.end()
    yield from _if_any(text, _Span(start, len(text)))


def _if_any(text: str, span: _Span) -> Iterator[_Span]:
    trimmed = _trimmed(text, span)
    if trimmed.length:
        yield trimmed


def _trimmed(text: str, span: _Span) -> _Span:
    piece = text[span.start : span.end]
    start = span.start + len(piece) - len(piece.lstrip())
    return _Span(start, start + len(piece.strip()))


def _cut(text: str, span: _Span, most: int) -> Iterator[_Span]:
    """`span` in pieces of at most `most` characters, between words where there is a blank to cut at."""
    while span.length > most:
        blank = max(text.rfind(sign, span.start + 1, span.start + most + 1) for sign in " \n")
        end = blank if blank > span.start else span.start + most
        yield _trimmed(text, _Span(span.start, end))
        span = _trimmed(text, _Span(end, span.end))
    if span.length:
        yield span


def _merged(pieces: Iterable[_Span], config: ChunkConfig) -> Iterator[_Span]:
    """Neighbours put together up to the target, and up to the most where one alone would be too short."""
    held: _Span | None = None
    for piece in pieces:
        if held is None:
            held = piece
            continue
        together = _Span(held.start, piece.end)
        short = min(held.length, piece.length) < config.min_chars
        if together.length <= (config.max_chars if short else config.target_chars):
            held = together
        else:
            yield held
            held = piece
    if held is not None:
        yield held


def _overlapping(text: str, spans: Iterable[_Span], config: ChunkConfig) -> Iterator[_Span]:
    """Each span, begun some words earlier: where the one before ends, and as far as there is room."""
    before: _Span | None = None
    for span in spans:
        start = span.start
        if before is not None:
            earliest = max(before.end - config.overlap_chars, before.start + 1, span.end - config.max_chars)
            start = _word_start(text, earliest, span.start)
        yield _Span(start, span.end)
        before = span


def _word_start(text: str, earliest: int, latest: int) -> int:
    """The first beginning of a word from `earliest` on; `latest` when there is none before."""
    for place in range(earliest, latest):
        if text[place - 1].isspace() and not text[place].isspace():
            return place
    return latest
