"""What is written and read of dead letters. Rows do not leave this file."""

import json
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from loom.core.errors import NotFoundError
from loom.core.ids import LetterId
from loom.core.jsonvalue import Json
from loom.router.models import Clearing, Counts, Letter, LetterPage, LetterState, Replay, ReplayPage
from loom.router.tables import letter, letter_box, letter_replay
from loom.storage.blobs import unpack
from loom.storage.statements import Merge, Phase, Statement

__all__ = [
    "add_letter",
    "begin_replay",
    "box",
    "clear",
    "drop_replay",
    "evict",
    "evict_replays",
    "finish_replay",
    "leave",
    "letter_of",
    "letter_page",
    "letters_ending",
    "newest_clearing",
    "replay_page",
    "restore",
    "task_of",
]

_L, _R = letter.c, letter_replay.c
_SHOWN = [column for column in letter.c if column.name not in ("task", "clearing")]

add_letter = Statement(
    "letter.add",
    insert(letter),
    params=("id", "state", "at_us", "reason", "task_id", "worker_type", "size", "task"),
    phase=Phase.INSERT,
)

evict = Statement(
    "letter.evict",
    delete(letter).where(
        _L.state == bindparam("of_state"),
        _L.row
        <= select(_L.row)
        .where(_L.state == bindparam("of_state"))
        .order_by(_L.row.desc())
        .offset(bindparam("kept"))
        .limit(1)
        .scalar_subquery(),
    ),
    params=("of_state", "kept"),
    phase=Phase.SWEEP,
    merge=Merge.LAST,
    key=1,
)
"""Keeps only the newest `kept` of a state."""

leave = Statement(
    "letter.leave",
    update(letter)
    .where(_L.id == bindparam("letter_id"))
    .values(
        state=LetterState.REPLAYED.value,
        left_us=bindparam("now_us"),
        left_by=bindparam("by"),
        clearing=None,
    ),
    params=("letter_id", "now_us", "by"),
    phase=Phase.SWEEP,
)

clear = Statement(
    "letter.clear",
    update(letter)
    .where(_L.state == LetterState.WAITING.value, _L.row <= bindparam("newest"))
    .values(
        state=LetterState.CLEARED.value,
        left_us=bindparam("now_us"),
        left_by=bindparam("by"),
        clearing=bindparam("clearing_id"),
    ),
    params=("newest", "now_us", "by", "clearing_id"),
    phase=Phase.SWEEP,
)

restore = Statement(
    "letter.restore",
    update(letter)
    .where(_L.clearing == bindparam("clearing_id"))
    .values(state=LetterState.WAITING.value, left_us=None, left_by=None, clearing=None),
    params=("clearing_id",),
    phase=Phase.SWEEP,
)

begin_replay = Statement(
    "letter_replay.begin",
    insert(letter_replay),
    params=("id", "letter", "task_id", "worker_type", "reason", "principal", "begun_us"),
    phase=Phase.INSERT,
)

finish_replay = Statement(
    "letter_replay.finish",
    update(letter_replay).where(_R.id == bindparam("replay_id")).values(sent_us=bindparam("now_us")),
    params=("replay_id", "now_us"),
    phase=Phase.UPDATE,
)

drop_replay = Statement(
    "letter_replay.drop",
    delete(letter_replay).where(_R.id == bindparam("replay_id")),
    params=("replay_id",),
    phase=Phase.UPDATE,
)

evict_replays = Statement(
    "letter_replay.evict",
    delete(letter_replay).where(
        _R.row <= select(_R.row).order_by(_R.row.desc()).offset(bindparam("kept")).limit(1).scalar_subquery()
    ),
    params=("kept",),
    phase=Phase.SWEEP,
)


def letter_of(connection: Connection, letter_id: LetterId) -> Letter:
    """One of them, wherever it is.

    Raises:
        NotFoundError: when there is none, or it is not kept any more.
    """
    row = connection.execute(select(*_SHOWN).where(_L.id == letter_id)).one_or_none()
    if row is None:
        raise NotFoundError("there is no such dead letter; it may have made room for newer ones")
    return _letter(row)


def letters_ending(connection: Connection, digits: str) -> list[LetterId]:
    """Those whose id ends in these hexadecimal digits."""
    ids = connection.execute(select(_L.id)).scalars()
    return [LetterId(one) for one in map(bytes, ids) if digits and one.hex().endswith(digits)]


def task_of(connection: Connection, letter_id: LetterId) -> Json:
    """What the letter asks for; of one that `letter_of` has found.

    Raises:
        NotFoundError: as `letter_of`.
    """
    packed = connection.execute(select(_L.task).where(_L.id == letter_id)).scalar()
    if packed is None:
        raise NotFoundError("there is no such dead letter; it may have made room for newer ones")
    return json.loads(unpack(packed))


def letter_page(connection: Connection, state: LetterState, before: int | None, size: int) -> LetterPage:
    """The newest `size` letters of `state` that came before row `before`."""
    query = select(*_SHOWN).where(_L.state == state.value).order_by(_L.row.desc()).limit(size + 1)
    newer = 0
    if before is not None:
        query = query.where(_L.row < before)
        behind = select(func.count()).where(_L.state == state.value, _L.row >= before)
        newer = connection.execute(behind).scalar_one()
    found = [_letter(row) for row in connection.execute(query)]
    shown = tuple(found[:size])
    return LetterPage(shown, newer, shown[-1].row if len(found) > size else None, _counts(connection))


def _counts(connection: Connection) -> Counts:
    query = select(_L.state, func.count()).group_by(_L.state)
    found = {row[0]: row[1] for row in connection.execute(query)}
    return Counts(*(found.get(state.value, 0) for state in LetterState))


def newest_clearing(connection: Connection) -> Clearing | None:
    """The last one whose letters are still kept as cleared; None when there is none."""
    query = (
        select(_L.clearing, func.count(), func.max(_L.left_us), func.max(_L.left_by))
        .where(_L.clearing.is_not(None))
        .group_by(_L.clearing)
        .order_by(func.max(_L.left_us).desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return Clearing(*row) if row is not None else None


def replay_page(connection: Connection, before: int | None, size: int) -> ReplayPage:
    """The newest `size` replays that were begun before row `before`."""
    query = select(letter_replay).order_by(_R.row.desc()).limit(size + 1)
    if before is not None:
        query = query.where(_R.row < before)
    found = [_replay(row) for row in connection.execute(query)]
    shown = tuple(found[:size])
    return ReplayPage(shown, shown[-1].row if len(found) > size else None)


def box(connection: Connection) -> str:
    """The name of this store among those that listen for dead letters."""
    return bytes(connection.execute(select(letter_box.c.id)).scalar_one()).hex()


def _letter(row: Any) -> Letter:
    return Letter(
        LetterId(row.id),
        row.row,
        LetterState(row.state),
        row.at_us,
        row.reason,
        row.task_id,
        row.worker_type,
        row.size,
        row.left_us,
        row.left_by,
    )


def _replay(row: Any) -> Replay:
    return Replay(
        row.id,
        row.row,
        LetterId(row.letter),
        row.task_id,
        row.worker_type,
        row.reason,
        row.principal,
        row.begun_us,
        row.sent_us,
    )
