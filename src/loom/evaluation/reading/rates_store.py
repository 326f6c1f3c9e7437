"""How the executions of several runs ended, added up by case in one query. Rows do not leave this file."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, cast, func, literal, or_, select

from loom.core.ids import RunId
from loom.engine.models import ExecutionState
from loom.engine.tables import execution
from loom.evaluation.models import ItemKey
from loom.evaluation.reading.run_material import RunMaterial
from loom.evaluation.reading.verdict_store import whole_run
from loom.evaluation.scorers.base import DEFAULT_THRESHOLD
from loom.evaluation.statistics.case_totals import CaseTotal
from loom.evaluation.tables import score
from loom.storage.blobs import blob, unpack

__all__ = ["case_totals_of", "contents"]

_E, _S = execution.c, score.c
_LARGE = 5_000
"""Executions from which on a run is read by itself, in the order in which it was written."""


def contents(connection: Connection, names: Iterable[bytes]) -> dict[bytes, bytes]:
    """The contents named `names`, in one query."""
    query = select(blob.c.hash, blob.c.bytes).where(blob.c.hash.in_(list(names)))
    return {name: unpack(packed) for name, packed in connection.execute(query).all()}


def case_totals_of(connection: Connection, runs: Sequence[RunMaterial]) -> dict[RunId, list[CaseTotal]]:
    """For each of `runs` how its cases came out, without scores, money and time."""
    small = [one for one in runs if one.run.planned < _LARGE]
    found: dict[RunId, list[CaseTotal]] = {one.run.id: [] for one in runs}
    if small:
        among = _E.run.in_([one.run.id for one in small])
        _add(connection, small, and_(among, _E.state != ExecutionState.RUNNING), found)
    for one in runs:
        if one.run.planned >= _LARGE:
            _add(connection, [one], whole_run(connection, one.run.id), found)
    return found


def _add(
    connection: Connection,
    runs: Sequence[RunMaterial],
    within: ColumnElement[bool],
    found: dict[RunId, list[CaseTotal]],
) -> None:
    known = {one.run.id: one for one in runs}
    for row in connection.execute(_query(within, _threshold(connection, runs))).all():
        found[RunId(row.run)].append(_total(row, known[RunId(row.run)]))


def _total(row: Any, run: RunMaterial) -> CaseTotal:
    one = run.cases[row.item_key]
    return CaseTotal(
        ItemKey(row.item_key),
        one.name,
        row.passed,
        row.ended - row.passed - row.unscored - row.errored - row.aborted,
        row.errored,
        row.unscored,
        row.aborted,
        0.0,
        one.cluster,
        one.weight,
        one.split,
    )


def _query(within: ColumnElement[bool], threshold: ColumnElement[float]) -> Any:
    short = func.sum(case((_S.value < threshold, 1), else_=0))
    each = (
        select(
            _E.run,
            _E.item_key,
            _E.state,
            _E.problems.is_(None).label("valid"),
            func.count(_S.value).label("given"),
            short.label("short"),
        )
        .outerjoin(score, _S.execution == _E.id)
        .where(within)
        .group_by(_E.row)
        .subquery("each")
    )
    ended = each.c.state == ExecutionState.COMPLETED
    return select(
        each.c.run,
        each.c.item_key,
        func.count().label("ended"),
        _number(and_(ended, each.c.valid, each.c.given > 0, each.c.short == 0)).label("passed"),
        _number(and_(ended, each.c.valid, each.c.given == 0)).label("unscored"),
        _number(each.c.state == ExecutionState.ERRORED).label("errored"),
        _number(each.c.state == ExecutionState.ABORTED).label("aborted"),
    ).group_by(each.c.run, each.c.item_key)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.sum(case((condition, 1), else_=0)), Integer)


def _threshold(connection: Connection, runs: Sequence[RunMaterial]) -> ColumnElement[float]:
    """What the scorer of a score asks of it, in the run at hand."""
    others: dict[float, list[ColumnElement[bool]]] = {}
    for one in runs:
        unusual: dict[float, list[bytes]] = {}
        for scorer in one.judges.scorers:
            if scorer.threshold != DEFAULT_THRESHOLD:
                unusual.setdefault(scorer.threshold, []).append(scorer.scorer_hash)
        for value, hashes in unusual.items():
            mine = and_(_E.run == one.run.id, _S.scorer.in_(hashes))
            others.setdefault(value, []).append(mine)
    branches = [
        *((such, literal(value)) for value, such in _of_single_cases(connection, runs)),
        *((or_(*mine), literal(value)) for value, mine in others.items()),
    ]
    usual = literal(DEFAULT_THRESHOLD)
    return case(*branches, else_=usual) if branches else usual


def _of_single_cases(
    connection: Connection, runs: Sequence[RunMaterial]
) -> Iterator[tuple[float, ColumnElement[bool]]]:
    """Where the cases of a run ask different things of one scorer: which threshold for which of its scores."""
    for one in runs:
        for scorer, such in one.judges.exceptions(connection, _E.item_key):
            yield scorer.threshold, and_(_E.run == one.run.id, such)
