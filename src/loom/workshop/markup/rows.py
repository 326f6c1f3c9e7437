"""The rows of a table and their cells."""

from collections.abc import Callable
from html import escape
from typing import Any

from loom.workshop.markup.buttons import button
from loom.workshop.markup.marks import badge, icon, interval, meter, time, words
from loom.workshop.markup.reach import beyond, reachable
from loom.workshop.views.cells import (
    Act,
    Badges,
    Cell,
    Changed,
    Link,
    Moment,
    Number,
    Range,
    Score,
    Text,
)
from loom.workshop.views.tables import Card, Column, Direction, Row, Table

__all__ = ["head", "rows", "swaps"]

_NOTHING = '<span class="nothing">–</span>'


def swaps(region: str) -> str:
    """Attributes of a link that a script answers by swapping one region; without one, a plain link."""
    if not region:
        return ""
    return f' hx-boost="true" hx-target="#{escape(region)}" hx-swap="outerHTML show:none"'


def head(it: Table) -> str:
    """The row of what the columns are called."""
    select = '<td class="row-select"></td>' if it.select else ""
    return f"<tr>{select}{''.join([_head(column, it.region) for column in it.columns])}</tr>"


def rows(it: Table, detail: Callable[[Row], str] | None = None) -> str:
    """All rows; below one that is open stands what `detail` makes of it: HTML."""
    tags = _tags(it)
    drawn: list[str] = []
    for one in it.rows:
        if one.group is not None:
            drawn.append(_group(one.group, it))
            continue
        drawn.append(_row(one, it, tags))
        if one.open and detail is not None:
            width = len(it.columns) + bool(it.select)
            drawn.append(
                f'<tr class="row-detail" data-row-detail><td colspan="{width}">{detail(one)}</td></tr>'
            )
    return "\n".join(drawn)


def _head(it: Column, region: str) -> str:
    label, ordered = escape(it.label).replace("_", "_<wbr>"), ""  # a name of a worker breaks at its words
    if it.sort is not None:
        arrow = ""
        if it.sort.direction is not None:
            ordered = f' aria-sort="{it.sort.direction}"'
            arrow = icon("up" if it.sort.direction is Direction.UP else "down")
        label = f'<a href="{escape(it.sort.href)}"{swaps(region)}>{label}{arrow}</a>'
    tag, scope = ("th", " scope=col") if it.label else ("td", "")
    return f'<{tag}{scope} class="{_place(it)}"{ordered}>{label}</{tag}>'


def _place(it: Column) -> str:
    """The classes of a column's head and cells."""
    return f"priority-{it.priority} {it.shape}".rstrip()


def _tags(it: Table) -> list[tuple[str, str]]:
    """The tags around the cells of each column, the same in every row."""
    found: list[tuple[str, str]] = []
    for number, column in enumerate(it.columns):
        card = column.place(number)
        label = f' data-label="{escape(column.label)}"' if card is Card.NAMED else ""
        drawn = Card.LINE if card is Card.NAMED else card
        classes = f'class="card-{drawn} {_place(column)}"{label}'
        found.append((f"<td {classes}>", "</td>") if number else (f"<th scope=row {classes}>", "</th>"))
    return found


def _group(words_of: tuple[str, ...], it: Table) -> str:
    cells = ["<td></td>"] if it.select else []
    for number, column in enumerate(it.columns):
        hidden = " card-hidden" if number else ""
        text = escape(words_of[number]) if number < len(words_of) else ""
        cells.append(f'<td class="{_place(column)}{hidden}">{text}</td>')
    return f'<tr class="row-group">{"".join(cells)}</tr>'


def _row(it: Row, table: Table, tags: list[tuple[str, str]]) -> str:
    states = ((" row-open", it.open), (" row-marked", it.marker), (" row-last-marked", it.last_marked))
    state = "".join(name for name, holds in states if holds)
    failed = " data-failed" if it.failed else ""
    select = _select(it, table.select) if table.select else ""
    held = [_cell(cell) for cell in it.cells]
    if it.expands:
        held[0] = _toggle(it, table.region)
    cells = [f"{opens}{cell}{closes}" for cell, (opens, closes) in zip(held, tags, strict=True)]
    return f'<tr id="row-{escape(it.id)}" class="row{state}" data-row{failed}>{select}{"".join(cells)}</tr>'


def _select(it: Row, name: str) -> str:
    label = f"Select {_words_of(it.cells[0]) or it.id}"
    box = (
        f'<input type="checkbox" name="{escape(name)}" value="{escape(it.id)}" aria-label="{escape(label)}">'
    )
    return f'<td class="row-select">{box}</td>'


def _toggle(it: Row, region: str) -> str:
    cell = it.cells[0]
    mono = ' class="mono"' if isinstance(cell, (Text, Link)) and cell.mono else ""
    return (
        f'<a class="row-toggle" href="{escape(it.href or "")}"{swaps(region)} '
        f'aria-expanded="{"true" if it.open else "false"}">{icon("opened" if it.open else "right")}'
        f"<span{mono}>{escape(_words_of(cell))}</span></a>"
    )


def _words_of(cell: Cell | None) -> str:
    return cell.text if isinstance(cell, (Text, Number, Link)) else ""


def _cell(it: Cell | None) -> str:
    return _NOTHING if it is None else _DRAWN[type(it)](it)


def _text(it: Text) -> str:
    return _span(it.text, it.title, "muted" * it.muted, "strong" * it.strong, "mono" * it.mono)


def _number(it: Number) -> str:
    return _span(it.text, it.title, "muted" * it.muted, "strong" * it.strong)


def _span(text: str, title: str, *looks: str) -> str:
    chosen = " ".join(filter(None, looks))
    classes = f' class="{chosen}"' if chosen else ""
    behind = f' title="{escape(title)}"' if title else ""
    return f"<span{classes}{behind}>{escape(text)}</span>"


def _link(it: Link) -> str:
    note = f' <span class="muted">{escape(it.note)}</span>' if it.note else ""
    mono = ' class="mono"' if it.mono else ""
    if beyond(it.href):
        return f"<span{mono}>{escape(it.text)}</span>{note}"
    return f'<a{mono} href="{escape(it.href)}">{escape(it.text)}</a>{note}'


def _badges(it: Badges) -> str:
    return " ".join(map(badge, it.badges))


def _range(it: Range) -> str:
    return interval(it.mark) if it.mark else f'<span class="muted">{escape(it.missing)}</span>'


def _score(it: Score) -> str:
    if it.meter.value is None:
        held = f'<span class="muted score-none">{escape(it.text)}</span>'
    else:
        held = f'{meter(it.meter)}<span class="score-number">{escape(it.text)}</span>'
    return f'<span class="score">{held}</span>'


def _moment(it: Moment) -> str:
    return _NOTHING if it.at_us is None else time(it.at_us)


def _changed(it: Changed) -> str:
    return words(it.words)


def _act(it: Act) -> str:
    return f'<span class="row-actions">{"".join(map(button, reachable(it.actions)))}</span>'


_DRAWN: dict[type[Cell], Callable[[Any], str]] = {
    Text: _text,
    Number: _number,
    Link: _link,
    Badges: _badges,
    Range: _range,
    Score: _score,
    Moment: _moment,
    Changed: _changed,
    Act: _act,
}
