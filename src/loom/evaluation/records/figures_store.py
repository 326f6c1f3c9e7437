"""What runs took on average, and what scorers said besides their score; for those who want plain numbers of any run."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from loom.calls.models import Purpose
from loom.calls.tables import attempt, call
from loom.core.ids import ExecutionId, RunId
from loom.core.jsonvalue import Json
from loom.engine.models import ExecutionState
from loom.engine.tables import execution
from loom.evaluation.tables import score
from loom.storage.blobs import unpack

__all__ = ["Averages", "averages", "details_of"]

_E, _T = execution.c, attempt.c


class Averages(NamedTuple):
    """Per execution that has ended; None where there is none, or no answer."""

    latency_ms: float | None = None
    prompt_tokens: float | None = None
    completion_tokens: float | None = None


def averages(connection: Connection, run: RunId) -> Averages:
    """Of one run."""
    ended = and_(_E.run == run, _E.state != ExecutionState.RUNNING)
    number, took_us = connection.execute(
        select(func.count(), func.avg(_E.latency_us)).select_from(execution).where(ended)
    ).one()
    if not number:
        return Averages()
    tokens = (
        select(func.sum(_T.input_tokens), func.sum(_T.output_tokens))
        .select_from(execution)
        .join(call, and_(call.c.execution == _E.id, call.c.purpose == Purpose.GENERATE))
        .join(attempt, _T.id == call.c.served_by)
        .where(ended)
    )
    given, said = connection.execute(tokens).one()
    return Averages(
        None if took_us is None else float(took_us) / 1000,
        None if given is None else float(given) / number,
        None if said is None else float(said) / number,
    )


def details_of(connection: Connection, executions: Sequence[ExecutionId]) -> dict[ExecutionId, Json]:
    """What the scorers of `executions`, at most a few hundred, found besides their scores."""
    query = select(score.c.execution, score.c.details).where(
        score.c.execution.in_(executions), score.c.details.is_not(None)
    )
    found: dict[ExecutionId, Json] = {}
    for name, details in connection.execute(query):
        found.setdefault(ExecutionId(name), {}).update(json.loads(unpack(details)))
    return found
