"""Aligned columns; a list where they do not fit. Names are shortened for the columns to fit, numbers never."""

from collections.abc import Collection, Sequence
from itertools import zip_longest

from rich.text import Text

from loom.cli.show.console import Part, console, put, styled

__all__ = ["show_table"]

_GAP = 2
_LEAST = 8
_LEAST_FIRST = 24
"""The first name is what a row is called by: rather a list than less of it than this."""

_LEAST_LAST = 24
_MARK = 3
"""A first column that is no wider holds signs."""


def show_table(
    rows: Sequence[Sequence[Part]], head: Sequence[str] = (), *, right: Collection[int] = (), indent: int = 0
) -> None:
    """Print `rows` under `head`. The columns numbered in `right` are flush right; all rows are of one length.

    On a terminal the last column is wrapped. Where that and shorter names are not enough each row is a list of its own.
    """
    cells = [[*(_one_line(part) for part in row[:-1]), styled(row[-1])] for row in rows]
    if not cells:
        return
    titles = [styled((name, "muted")) for name in head]
    columns = zip(*((titles, *cells) if head else cells), strict=True)
    widths = [max(cell.cell_len for cell in column) for column in columns]
    title = 1 if widths[0] <= _MARK and len(widths) > 2 else 0
    if _fit(widths, console().width - indent, {*right, len(widths) - 1}, title):
        for row in (titles, *cells) if head else cells:
            _show_row(row, widths, right, indent)
    else:
        told = titles if len(widths) > title + 2 else ()  # a single value needs no name
        for row in cells:
            _show_list(row, told, title + 1, indent)


def _show_row(row: Sequence[Text], widths: Sequence[int], right: Collection[int], indent: int) -> None:
    out, begin = console(), indent + sum(widths[:-1]) + _GAP * (len(widths) - 1)
    line = Text(" " * indent)
    for number, cell in enumerate(row[:-1]):
        line.append(_padded(cell, widths[number], flush_right=number in right)).append(" " * _GAP)
    last = row[-1]
    if len(row) - 1 in right:
        last = _padded(last, widths[-1], flush_right=True)
    wrapped = last.wrap(out, out.width - begin) if last else [last]
    for first, rest in zip_longest([line], wrapped, fillvalue=Text(" " * begin)):
        whole = Text.assemble(first, rest)
        whole.rstrip()
        out.print(whole, soft_wrap=True)


def _show_list(row: Sequence[Text], head: Sequence[Text], named: int, indent: int) -> None:
    """What the row is called by, which its first cells say, and below it the others with their heads."""
    begin = " " * indent
    put(Text(" " * _GAP).join(row[:named]), label=begin)
    label = max((cell.cell_len for cell in head[named:]), default=0)
    for number, cell in enumerate(row[named:], named):
        if cell.plain.strip():
            title = f"{begin}  {head[number].plain}" if head else f"{begin}  "
            put(cell, label=(title, "muted"), hang=indent + 2 + label + _GAP * bool(label))


def _one_line(part: Part) -> Text:
    words, style = (part, "") if isinstance(part, str) else part
    return styled((" ".join(words.split()), style))


def _fit(widths: list[int], room: int, whole: Collection[int], title: int) -> bool:
    """Shorten the widest columns but those of `whole` until all stand in `room`; whether that is enough."""
    room -= _GAP * (len(widths) - 1) + min(widths[-1], _LEAST_LAST)
    while sum(widths[:-1]) > room:
        least = {title: _LEAST_FIRST}
        long = [n for n, width in enumerate(widths) if n not in whole and width > least.get(n, _LEAST)]
        if not long:
            return False
        widths[max(long, key=widths.__getitem__)] -= 1
    return True


def _padded(cell: Text, width: int, *, flush_right: bool) -> Text:
    cell = cell.copy()
    cell.truncate(width, overflow="ellipsis")
    space = width - cell.cell_len
    if flush_right:
        cell.pad_left(space)
    else:
        cell.pad_right(space)
    return cell
