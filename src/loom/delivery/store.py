"""What is written and read of events. Rows do not leave this file.

An event is a `Write` like any other, so it is committed with what it tells of or not at all. All that one commit tells
a stream becomes one row, numbered under the lock of the stream's own row: numbers have no gaps, and become visible in
their order, however many processes tell.
"""

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, exists, insert, select, update

from loom.core.jsonvalue import Json, canonical
from loom.delivery.models import STANDING, Event, EventType
from loom.delivery.tables import event, stream
from loom.storage.statements import Merge, Phase, Statement, Write

__all__ = [
    "Tip",
    "close_stream",
    "events_after",
    "forget_stream",
    "is_trimmed",
    "open_stream",
    "tell",
    "tips",
    "trim",
]

_S, _E = stream.c, event.c
_KEPT_US = 24 * 3600 * 1_000_000
_KEPT_OF_STANDING = 10_000
_AT_ONCE = 2_000
"""Rows that go in one commit, during which nobody else writes."""

_old = event.alias("old")
_is_old = exists().where(_S.name == _old.c.stream, _S.closed_us < bindparam("before_us"))

open_stream = Statement("stream.open", insert(stream), params=("name", "last"), phase=Phase.INSERT)

_number = Statement(
    "stream.number",
    update(stream).where(_S.name == bindparam("told")).values(last=_S.last + bindparam("more")),
    params=("told", "more"),
    phase=Phase.RESERVE,
    merge=Merge.SUM,
    key=1,
)

_add = Statement(
    "event.add",
    insert(event).values(
        stream=bindparam("told"),
        last=select(_S.last).where(_S.name == bindparam("told")).scalar_subquery(),
        count=bindparam("more"),
        lines=bindparam("said"),
    ),
    params=("told", "more", "said"),
    phase=Phase.INSERT,
    merge=Merge.SUM,
    key=1,
)

_close = Statement(
    "stream.close",
    update(stream).where(_S.name == bindparam("told")).values(closed_us=bindparam("now_us")),
    params=("told", "now_us"),
    phase=Phase.UPDATE,
)

_trim_closed = Statement(
    "event.trim",
    delete(event).where(_E.row.in_(select(_old.c.row).where(_is_old).limit(_AT_ONCE))),
    params=("before_us",),
    phase=Phase.SWEEP,
)

_trim_streams = Statement(
    "stream.trim",
    delete(stream).where(_S.closed_us < bindparam("before_us"), ~exists().where(_E.stream == _S.name)),
    params=("before_us",),
    phase=Phase.SWEEP,
)

_trim_standing = Statement(
    "event.trim_standing",
    delete(event).where(
        _E.stream == bindparam("told"),
        _E.last <= select(_S.last - bindparam("kept")).where(_S.name == bindparam("told")).scalar_subquery(),
    ),
    params=("told", "kept"),
    phase=Phase.SWEEP,
)


_forget_events = Statement(
    "event.forget", delete(event).where(_E.stream == bindparam("told")), params=("told",), phase=Phase.SWEEP
)

_forget_stream = Statement(
    "stream.forget", delete(stream).where(_S.name == bindparam("told")), params=("told",), phase=Phase.SWEEP
)


def tell(name: str, kind: EventType, at_us: int, data: Json) -> tuple[Write, Write]:
    """The writes that tell the stream `name`, which must be open, of something that happened."""
    line = canonical((kind.value, at_us, data)) + b"\n"
    return _number(name, 1), _add(name, 1, line)


def close_stream(name: str, now_us: int) -> Write:
    """Nothing more will happen in it, so it may go in a day."""
    return _close(name, now_us)


def trim(now_us: int) -> tuple[Write, ...]:
    """Let go of events that nobody resumes from any more: those of streams that were closed more than a day ago.

    At most so many at once: the rest goes with the next call.
    """
    before_us = now_us - _KEPT_US
    standing = (_trim_standing(name, _KEPT_OF_STANDING) for name in STANDING)
    return _trim_closed(before_us), *standing, _trim_streams(before_us)


def is_trimmed(connection: Connection, now_us: int) -> bool:
    """Whether `trim` would find nothing more to let go of."""
    query = select(_S.row).where(_S.closed_us < now_us - _KEPT_US).limit(1)
    return connection.execute(query).first() is None


def forget_stream(name: str) -> tuple[Write, Write]:
    """Let go of a stream whose subject is gone, and of its events."""
    return _forget_events(name), _forget_stream(name)


class Tip(NamedTuple):
    """How far a stream is."""

    last: int
    closed: bool
    """Nothing more will happen in it."""


def tips(connection: Connection, names: Sequence[str]) -> dict[str, Tip]:
    """How far each of `names` is; one that does not exist is left out."""
    query = select(_S.name, _S.last, _S.closed_us).where(_S.name.in_(names))
    return {name: Tip(last, closed is not None) for name, last, closed in connection.execute(query)}


def events_after(connection: Connection, name: str, after: int, limit: int) -> list[Event]:
    """At most `limit` events of the stream `name`, from the first whose number is above `after`."""
    query = select(_E.last, _E.count, _E.lines).where(_E.stream == name, _E.last > after).order_by(_E.last)
    found: list[Event] = []
    with connection.execute(query.execution_options(yield_per=100)) as rows:
        for row in rows:
            found += [one for one in _events(row) if one.seq > after]
            if len(found) >= limit:
                break
    return found[:limit]


def _events(row: Row[int, int, bytes]) -> Iterator[Event]:
    first = row.last - row.count + 1
    for seq, line in enumerate(row.lines.splitlines(), first):
        yield Event(seq, *json.loads(line))
