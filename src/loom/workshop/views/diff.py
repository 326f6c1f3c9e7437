"""What changed between two texts, as components show it. The comparing itself is the catalog's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from loom.catalog.diff import DiffLine as ComparedLine
from loom.catalog.diff import Hunk, Mark, TextDiff, compare_texts

__all__ = ["Change", "Diff", "DiffLine", "Part", "Words", "diff_view", "plain_words", "word_change"]

_BEGINS = re.compile(r"@@ -(\d+)[^+]*\+(\d+)")


class Change(StrEnum):
    """What became of a line or a word."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    SKIPPED = "skipped"


_CHANGES = {
    Mark.SAME: Change.SAME,
    Mark.GONE: Change.REMOVED,
    Mark.NEW: Change.ADDED,
    Mark.NOTE: Change.SKIPPED,
}
_SIGNS = {Change.ADDED: "+", Change.REMOVED: "−"}


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of words."""

    text: str
    change: Change = Change.SAME


@dataclass(frozen=True, slots=True)
class Words:
    """A text, in stretches."""

    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The text without marks."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a unified diff."""

    change: Change
    number: int | None
    """Of the line in its own text; None for skipped ones."""

    words: Words

    @property
    def sign(self) -> str:
        """The second channel beside the colour."""
        return _SIGNS.get(self.change, "")


@dataclass(frozen=True, slots=True)
class Diff:
    """A unified diff."""

    lines: tuple[DiffLine, ...]
    label: str = "What changed"

    @property
    def added(self) -> int:
        """Lines that are new."""
        return sum(line.change is Change.ADDED for line in self.lines)

    @property
    def removed(self) -> int:
        """Lines that are gone."""
        return sum(line.change is Change.REMOVED for line in self.lines)


def plain_words(text: str) -> Words:
    """`text` with nothing marked."""
    return Words((Part(text),))


def diff_view(diff: TextDiff, label: str = "What changed") -> Diff:
    """`diff` with the number of each line in its own text."""
    lines: list[DiffLine] = []
    for hunk in diff.hunks:
        if lines:
            lines.append(DiffLine(Change.SKIPPED, None, plain_words("⋯")))
        lines += _numbered(hunk)
    return Diff(tuple(lines), label)


def word_change(before: str, after: str) -> tuple[Words, Words]:
    """`before` with what is gone marked, and `after` with what is new: all of it, where they have little in common."""
    if before == after:
        return plain_words(before), plain_words(after)
    gone: list[Part] = []
    come: list[Part] = []
    for line in (line for hunk in compare_texts(before, after).hunks for line in hunk.lines):
        parts = _parts(line)
        if line.mark in (Mark.SAME, Mark.GONE):
            gone += [*parts, Part("\n")]
        if line.mark in (Mark.SAME, Mark.NEW):
            come += [*parts, Part("\n")]
    if all(part.change is Change.SAME for part in (*gone, *come)):
        return Words((Part(before, Change.REMOVED),)), Words((Part(after, Change.ADDED),))
    return Words(tuple(gone[:-1])), Words(tuple(come[:-1]))


def _numbered(hunk: Hunk) -> Iterator[DiffLine]:
    begins = _BEGINS.match(hunk.header)
    old, new = (int(begins[1]), int(begins[2])) if begins else (1, 1)
    for line in hunk.lines:
        change = _CHANGES[line.mark]
        if change is Change.SKIPPED:
            yield DiffLine(change, None, plain_words(line.text.strip("\\ ")))
            continue
        yield DiffLine(change, old if line.mark is Mark.GONE else new, Words(_parts(line)))
        old += line.mark is not Mark.NEW
        new += line.mark is not Mark.GONE


def _parts(line: ComparedLine) -> tuple[Part, ...]:
    changed = _CHANGES[line.mark]
    return tuple(Part(piece.text, changed if piece.changed else Change.SAME) for piece in line.pieces)
