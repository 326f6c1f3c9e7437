"""Two changes of one text put together, line by line, where they do not meet. Knows no meaning of any line."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

__all__ = ["merge_texts"]

_Change = tuple[int, int, tuple[str, ...]]
"""What takes the place of which lines, from the first to before the second number."""


def merge_texts(base: str, mine: str, theirs: str) -> str | None:
    """`base` with what `mine` and `theirs` changed in it; None where both changed the same or neighbouring lines.

    What both changed alike is changed once.
    """
    lines = base.splitlines(keepends=True)
    changes = sorted({*_changes(lines, mine), *_changes(lines, theirs)})
    if any(after[0] <= before[1] for before, after in pairwise(changes)):
        return None
    for begin, end, come in reversed(changes):
        lines[begin:end] = come
    return "".join(lines)


def _changes(lines: Sequence[str], text: str) -> Iterator[_Change]:
    come = text.splitlines(keepends=True)
    for tag, begin, end, first, last in SequenceMatcher(None, lines, come).get_opcodes():
        if tag != "equal":
            yield begin, end, tuple(come[first:last])
