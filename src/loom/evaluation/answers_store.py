"""Where the answers are that a run was scored by: its own, or those of the run that a re-scoring goes back to."""

from collections.abc import Collection

from sqlalchemy import Connection, and_, select

from loom.calls.backend import Received
from loom.calls.models import Purpose
from loom.calls.tables import attempt, call
from loom.core.ids import JobId, RunId
from loom.engine.store import load_job
from loom.engine.tables import execution, run
from loom.storage.blobs import unpack

__all__ = ["answered_in", "answers_in"]

_E, _T = execution.c, attempt.c


def answered_in(connection: Connection, name: RunId) -> RunId:
    """The run whose worker gave the outputs of `name`: that one, or by way of re-scorings the one they began at."""
    while True:
        owner = connection.execute(select(run.c.job).where(run.c.id == name)).scalar_one_or_none()
        source = None if owner is None else load_job(connection, JobId(owner)).spec.get("source")
        if source is None:
            return name
        name = RunId(bytes.fromhex(source))


def answers_in(
    connection: Connection, name: RunId, items: Collection[bytes]
) -> dict[tuple[bytes, int], Received]:
    """The model's last answers in a run for `items`, at most a few hundred; by item and repetition."""
    query = (
        select(_E.item_key, _E.repetition, _T.answer, _T.streamed)
        .join(call, and_(call.c.execution == _E.id, call.c.purpose == Purpose.GENERATE))
        .join(attempt, _T.id == call.c.served_by)
        .where(_E.run == name, _E.item_key.in_(items), _T.answer.is_not(None))
        .order_by(call.c.row)
    )
    return {
        (item, repetition): Received(unpack(answer), bool(streamed))
        for item, repetition, answer, streamed in connection.execute(query)
    }
