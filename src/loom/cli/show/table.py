"""Aligned columns. On a terminal the last is wrapped; where that is not enough names are shortened, then numbers."""

from collections.abc import Collection, Sequence
from itertools import zip_longest

from rich.text import Text

from loom.cli.show.console import Part, console, styled

__all__ = ["show_table"]

_GAP = 2
_LEAST = 8
_LEAST_LAST = 24


def show_table(
    rows: Sequence[Sequence[Part]], head: Sequence[str] = (), *, right: Collection[int] = (), indent: int = 0
) -> None:
    """Print `rows` under `head`. The columns numbered in `right` are flush right; all rows are of one length."""
    out = console()
    cells = [[styled((name, "muted")) for name in head]] if head else []
    cells += [[*(_one_line(part) for part in row[:-1]), styled(row[-1])] for row in rows]
    if not cells:
        return
    widths = [max(cell.cell_len for cell in column) for column in zip(*cells, strict=True)]
    _fit(widths, out.width - indent, right)
    begin = indent + sum(widths[:-1]) + _GAP * (len(widths) - 1)
    for row in cells:
        line = Text(" " * indent)
        for number, cell in enumerate(row[:-1]):
            line.append(_padded(cell, widths[number], flush_right=number in right)).append(" " * _GAP)
        last = row[-1]
        if len(row) - 1 in right:
            last = _padded(last, widths[-1], flush_right=True)
        wrapped = last.wrap(out, max(out.width - begin, _LEAST_LAST)) if last else [last]
        for first, rest in zip_longest([line], wrapped, fillvalue=Text(" " * begin)):
            whole = Text.assemble(first, rest)
            whole.rstrip()
            out.print(whole, soft_wrap=True)


def _one_line(part: Part) -> Text:
    words, style = (part, "") if isinstance(part, str) else part
    return styled((" ".join(words.split()), style))


def _fit(widths: list[int], room: int, numbers: Collection[int]) -> None:
    """Shorten the widest columns but the last until all stand in `room`; those of `numbers` after the others."""
    room -= _GAP * (len(widths) - 1) + min(widths[-1], _LEAST_LAST)
    while sum(widths[:-1]) > room:
        long = [number for number, width in enumerate(widths[:-1]) if width > _LEAST]
        if not long:
            return
        widths[max(long, key=lambda number: (number not in numbers, widths[number]))] -= 1


def _padded(cell: Text, width: int, *, flush_right: bool) -> Text:
    cell = cell.copy()
    cell.truncate(width, overflow="ellipsis")
    space = width - cell.cell_len
    if flush_right:
        cell.pad_left(space)
    else:
        cell.pad_right(space)
    return cell
