"""What each scorer said of each case of a run, added up by the database. Rows do not leave this file."""

from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from loom.engine.tables import execution
from loom.evaluation.reading.run_material import RunMaterial
from loom.evaluation.reading.verdict_store import whole_run
from loom.evaluation.tables import score

__all__ = ["ScorerSum", "scorer_sums"]

_E, _S = execution.c, score.c


class ScorerSum(NamedTuple):
    """The scores that one scorer gave to the executions of one case."""

    scorer: bytes
    item: bytes
    mean: float
    number: int
    passed: int
    """How many reach the scorer's threshold."""


def scorer_sums(connection: Connection, run: RunMaterial) -> list[ScorerSum]:
    """By scorer and case; what could not be scored is left out."""
    passed = func.sum(case((_S.value >= run.judges.threshold(), 1), else_=0))
    query = (
        select(_S.scorer, _E.item_key, func.avg(_S.value), func.count(_S.value), passed)
        .join(score, _S.execution == _E.id)
        .where(whole_run(connection, run.run.id), _S.value.is_not(None))
        .group_by(_S.scorer, _E.item_key)
    )
    return [ScorerSum(*row) for row in connection.execute(query).all()]
