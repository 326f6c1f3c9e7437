"""The difference of two texts: lines as `diff -u` has them, and in changed lines the words. Prints nothing."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

__all__ = ["DiffLine", "Hunk", "Mark", "Piece", "TextDiff", "compare_texts"]

_CONTEXT = 3
_MOST_PAIRS = 60_000
"""Pairs of equal words in two changed passages: what comparing them costs. Above it, only lines are compared."""

_ALIKE = 0.3
"""How alike two passages must be for their words to be compared."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_NO_END = "\\ No newline at end of file"


class Mark(StrEnum):
    """What became of a line."""

    SAME = " "
    GONE = "-"
    NEW = "+"
    NOTE = "\\"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line."""

    text: str
    changed: bool = False
    """Whether the other side has other words here."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line, without its end."""

    mark: Mark
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The whole line."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Hunk:
    """Changed lines with a few around them."""

    header: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class TextDiff:
    """What must be done to one text to get the other."""

    hunks: tuple[Hunk, ...]
    """Empty when the texts are the same."""

    added: int
    """Lines."""

    removed: int

    def unified(self, old: str, new: str) -> str:
        """As `patch` takes it; `old` and `new` name the two."""
        if not self.hunks:
            return ""
        lines = [f"--- {old}", f"+++ {new}"]
        for hunk in self.hunks:
            lines.append(hunk.header)
            lines += [f"{'' if line.mark is Mark.NOTE else line.mark}{line.text}" for line in hunk.lines]
        return "\n".join(lines) + "\n"


def compare_texts(old: str, new: str) -> TextDiff:
    """From `old` to `new`."""
    a, b = _lines(old), _lines(new)
    matcher = SequenceMatcher(None, a, b)
    hunks = tuple(_hunk(group, a, b) for group in matcher.get_grouped_opcodes(_CONTEXT))
    lines = [line for hunk in hunks for line in hunk.lines]
    return TextDiff(
        hunks, sum(line.mark is Mark.NEW for line in lines), sum(line.mark is Mark.GONE for line in lines)
    )


def _lines(text: str) -> list[str]:
    """With their ends; only a newline ends one."""
    lines = text.split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([last] if last else [])


_Opcode = tuple[str, int, int, int, int]


def _hunk(group: Sequence[_Opcode], a: Sequence[str], b: Sequence[str]) -> Hunk:
    first, last = group[0], group[-1]
    header = f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
    lines: list[DiffLine] = []
    for tag, i, j, k, m in group:
        if tag == "equal":
            lines += _shown(Mark.SAME, [(Piece(line),) for line in a[i:j]])
        else:
            gone, come = _words(a[i:j], b[k:m])
            lines += _shown(Mark.GONE, gone)
            lines += _shown(Mark.NEW, come)
    return Hunk(header, tuple(lines))


def _range(begin: int, end: int) -> str:
    length = end - begin
    if length == 1:
        return str(begin + 1)
    return f"{begin + 1 if length else begin},{length}"


def _shown(mark: Mark, lines: Sequence[tuple[Piece, ...]]) -> Iterator[DiffLine]:
    for pieces in lines:
        last = pieces[-1]
        if last.text.endswith("\n"):
            rest = Piece(last.text[:-1], last.changed)
            yield DiffLine(mark, (*pieces[:-1], rest) if rest.text or len(pieces) == 1 else pieces[:-1])
        else:
            yield DiffLine(mark, pieces)
            yield DiffLine(Mark.NOTE, (Piece(_NO_END),))


_Lines = list[tuple[Piece, ...]]


def _words(gone: Sequence[str], come: Sequence[str]) -> tuple[_Lines, _Lines]:
    """Both passages with the words marked in which they differ; unmarked where that would not help."""
    a, b = _WORD.findall("".join(gone)), _WORD.findall("".join(come))
    unmarked = [(Piece(line),) for line in gone], [(Piece(line),) for line in come]
    if not a or not b or _pairs(a, b) > _MOST_PAIRS:
        return unmarked
    matcher = SequenceMatcher(str.isspace, a, b, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return unmarked
    opcodes = matcher.get_opcodes()
    left = [Piece("".join(a[i:j]), tag != "equal") for tag, i, j, _, _ in opcodes]
    right = [Piece("".join(b[k:m]), tag != "equal") for tag, _, _, k, m in opcodes]
    return _split(left), _split(right)


def _pairs(a: Sequence[str], b: Sequence[str]) -> int:
    others = Counter(b)
    return sum(times * others[word] for word, times in Counter(a).items() if not word.isspace())


def _split(pieces: Sequence[Piece]) -> _Lines:
    """Pieces cut into lines."""
    lines: _Lines = []
    line: list[Piece] = []
    for piece in pieces:
        for text in _lines(piece.text):
            line.append(Piece(text, piece.changed))
            if text.endswith("\n"):
                lines.append(tuple(line))
                line = []
    return [*lines, tuple(line)] if line else lines
