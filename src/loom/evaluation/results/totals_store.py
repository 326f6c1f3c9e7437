"""A run added up by the database, case by case: no execution leaves it, so a run of any size is read fast.

The outer loop goes through executions in the order in which they were written, between the first and the last of the
run: beside them in the file lie their calls and scores. By the index on run and item key, every look-up would be in a
place of its own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from math import ceil
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from loom.calls.models import Purpose
from loom.calls.store import UNPRICED, AttemptState
from loom.calls.tables import attempt, call
from loom.core.ids import RunId
from loom.engine.models import ExecutionState
from loom.engine.tables import execution
from loom.evaluation.models import Case
from loom.evaluation.results.case_sums import Ended, Mark, Money, Outcomes, ScorerSum
from loom.evaluation.scoring.case_scorers import CaseScorer, ScorerSet
from loom.evaluation.scoring.executions import verdict
from loom.evaluation.tables import score

__all__ = ["Ends", "Lost", "RunSums", "ends_of", "unpriced"]

_E, _T = execution.c, attempt.c
_TIMED = and_(_E.latency_us > 0, _E.cached.is_not(true()))
_CASE = (_E.number, _E.item_key)
"""What a case is grouped by: its key, after a number that is quicker to sort."""

Ends: TypeAlias = tuple[int | None, int | None]
"""The first and the last row of a run; none where it has none."""


def ends_of(connection: Connection, run: RunId) -> Ends:
    """Between which rows the executions of `run` lie."""
    first, last = connection.execute(select(func.min(_E.row), func.max(_E.row)).where(_E.run == run)).one()
    return first, last


def unpriced(connection: Connection, run: RunId) -> int:
    """How many attempts of `run` may have been paid, and nobody knows how much."""
    return RunSums(connection, run, ends_of(connection, run)).unpriced()


class Lost(NamedTuple):
    """Attempts that left and never came back."""

    attempts: int = 0
    cost_nano: int = 0
    """What they are charged at: their worst case."""


class RunSums:
    """What the executions of a run that have ended add up to."""

    def __init__(self, connection: Connection, run: RunId, ends: Ends) -> None:
        # A bare comparison of `run` would bring SQLite's planner back to the index.
        own = func.coalesce(_E.run, _E.run) == run
        self._own = and_(_E.row.between(*ends), own)
        self._within = and_(self._own, _E.state != ExecutionState.RUNNING)
        self._connection = connection

    def outcomes(
        self, cases: Mapping[bytes, Case], scorers: ScorerSet, *, by_scorer: bool = False
    ) -> Outcomes:
        """The totals of each of `cases`, judged by `scorers` as `scoring.verdict` judges one execution.

        `by_scorer`: also what each scorer said of each case.
        """
        if any(map(attrgetter("scorers"), cases.values())):
            return self._one_by_one(cases, scorers, by_scorer=by_scorer)
        return self._grouped(cases, scorers.common, by_scorer=by_scorer)

    def money(self) -> dict[bytes, Money]:
        """What the answers for each case cost; none for a case without an answer of its own."""
        rows = self._connection.execute(self._paid(_E.item_key).group_by(*_CASE)).all()
        return {row[0]: Money._make(row[1:]) for row in rows}

    def spent(self) -> Money:
        """What the answers for all cases together cost."""
        return Money._make(self._connection.execute(self._paid()).one())

    def _paid(self, *of: ColumnElement[Any]) -> Select[Any]:
        cost = func.coalesce(func.sum(_T.cost_nano), 0)
        return (
            select(
                *of,
                _whole(case((func.count() == func.count(_T.cost_nano), cost))),
                _whole(func.coalesce(func.sum(_T.input_tokens), 0)),
                _whole(func.coalesce(func.sum(_T.output_tokens), 0)),
            )
            .select_from(execution)
            .join(call, and_(call.c.execution == _E.id, call.c.purpose == Purpose.GENERATE))
            .join(attempt, _T.id == call.c.served_by)
            .where(self._within)
        )

    def unpriced(self) -> int:
        """How many attempts may have been paid at a price nobody knows, of executions that have not ended too."""
        query = (
            select(func.count())
            .select_from(execution)
            .join(call, call.c.execution == _E.id)
            .join(attempt, _T.call == call.c.id)
            .where(self._own, UNPRICED)
        )
        return self._connection.execute(query).scalar_one()

    def lost(self) -> Lost:
        """What never came back, of executions that have not ended too."""
        query = (
            select(func.count(), _whole(func.coalesce(func.sum(_T.cost_nano), 0)))
            .select_from(execution)
            .join(call, call.c.execution == _E.id)
            .join(attempt, _T.call == call.c.id)
            .where(self._own, _T.state == AttemptState.UNKNOWN)
        )
        return Lost._make(self._connection.execute(query).one())

    def judges_nano(self) -> int:
        """What was paid for judgements, of executions that have not ended too."""
        query = (
            select(_whole(func.coalesce(func.sum(_T.cost_nano), 0)))
            .select_from(execution)
            .join(call, and_(call.c.execution == _E.id, call.c.purpose == Purpose.JUDGE))
            .join(attempt, _T.call == call.c.id)
            .where(self._own)
        )
        return self._connection.execute(query).scalar_one()

    def latency_ms(self) -> tuple[float, float] | None:
        """Median and 95th percentile by nearest rank, over what was not cached; None when all was."""
        query = select(func.aggregate_strings(cast(_E.latency_us, Text), ",")).where(self._within, _TIMED)
        times = self._connection.execute(query).scalar()
        if not times:
            return None
        ordered = sorted(map(int, times.split(",")))
        median, late = (ordered[ceil(share * len(ordered)) - 1] / 1000 for share in (0.5, 0.95))
        return median, late

    def errors(self, most: int) -> tuple[tuple[str, int], ...]:
        """The errors that ended executions most often, with how often."""
        count = func.count()
        query = (
            select(_E.error, count)
            .where(self._within, _E.error.is_not(None))
            .group_by(_E.error)
            .order_by(count.desc(), _E.error)
            .limit(most)
        )
        return tuple((error, number) for error, number in self._connection.execute(query).all())

    def unscored(self, most: int) -> tuple[tuple[str, int], ...]:
        """The commonest reasons of scorers for sound outputs that none of them could judge, with how often."""
        given, count = score.alias(), func.count()
        judged = exists().where(given.c.execution == _E.id, given.c.value.is_not(None))
        query = (
            select(score.c.reason, count)
            .select_from(execution)
            .join(score, score.c.execution == _E.id)
            .where(self._within, ~judged, _E.problems.is_(None), score.c.reason.is_not(None))
            .group_by(score.c.reason)
            .order_by(count.desc(), score.c.reason)
            .limit(most)
        )
        return tuple((reason, number) for reason, number in self._connection.execute(query).all())

    def _grouped(
        self, cases: Mapping[bytes, Case], scorers: Sequence[CaseScorer], *, by_scorer: bool
    ) -> Outcomes:
        """Where the same scorers judge every case."""
        said = _Judgement.by(scorers)
        asked = list(zip(scorers, said.values, strict=True)) if by_scorer else []
        query = (
            select(
                _E.item_key,
                func.aggregate_strings(said.marks, ""),
                func.coalesce(func.sum(said.mean).filter(_E.state == ExecutionState.COMPLETED), 0.0),
                _whole(func.coalesce(func.sum(_E.latency_us).filter(_TIMED), 0)),
                *(column for one, value in asked for column in _sums(one, value)),
            )
            .select_from(said.tables)
            .where(self._within)
            .group_by(*_CASE)
        )
        rows = self._connection.execute(query).all()
        own = 1 + len(Ended._fields)
        given: dict[bytes, dict[bytes, ScorerSum]] = {}
        for place, (one, _) in enumerate(asked):
            mine = slice(own + 3 * place, own + 3 * place + 3)
            sums = ((row[0], ScorerSum(one.hash, *row[mine])) for row in rows)
            given[one.hash] = {item: total for item, total in sums if total.number}
        return Outcomes(cases, {row[0]: Ended._make(row[1:own]) for row in rows}, given)

    def _one_by_one(self, cases: Mapping[bytes, Case], scorers: ScorerSet, *, by_scorer: bool) -> Outcomes:
        """The same an execution at a time: where single cases have scorers of their own."""
        columns = (_E.row, _E.item_key, _E.state, _E.problems, _E.cached, _E.latency_us)
        query = (
            select(*columns, score.c.scorer, score.c.value)
            .outerjoin(score, score.c.execution == _E.id)
            .where(self._within)
            .order_by(_E.row)
        )
        ended: defaultdict[bytes, Ended] = defaultdict(Ended)
        said: defaultdict[bytes, dict[bytes, ScorerSum]] = defaultdict(dict)
        rows = self._connection.execute(query)
        for head, given in groupby(rows, lambda row: tuple(row[: len(columns)])):
            _, item, state, problems, cached, latency_us = head
            values: dict[bytes, float | None] = {one.scorer: one.value for one in given}
            chosen = scorers.of(cases[item])
            outcome, mean = verdict(
                ExecutionState(state),
                valid=problems is None,
                scorers=[one.scorer for one in chosen],
                values=[values.get(one.hash) for one in chosen],
            )
            invalid = state == ExecutionState.COMPLETED and problems is not None
            how = Mark.INVALID if invalid else Mark[outcome.name]
            took_us = 0 if cached else latency_us or 0
            way = Mark.CACHED if cached else Mark.TIMED if took_us > 0 else ""
            ended[item] = ended[item].plus(Ended(how + way, mean or 0.0, took_us))
            for scorer, name, _ in chosen if by_scorer else ():
                value = values.get(name)
                if value is not None:
                    one = ScorerSum(name, value, 1, value >= scorer.threshold)
                    before = said[name].get(item)
                    said[name][item] = one if before is None else before.plus(one)
        return Outcomes(cases, ended, said)


class _Judgement(NamedTuple):
    """`scoring.verdict` in SQL, over executions joined with the scores of each scorer."""

    tables: FromClause
    marks: ColumnElement[str]
    """As of `Ended`, of one execution."""

    mean: ColumnElement[Any]
    """The weighted score; NULL where no scorer could judge."""

    values: list[ColumnElement[float | None]]
    """What each scorer gave."""

    @staticmethod
    def by(scorers: Sequence[CaseScorer]) -> "_Judgement":
        tables: FromClause = execution
        values: list[ColumnElement[float | None]] = []
        judged: ColumnElement[bool] = false()
        short: ColumnElement[bool] = false()
        total: ColumnElement[float] = literal(0.0)
        weight: ColumnElement[float] = literal(0.0)
        for scorer, name, _ in scorers:
            given = score.alias()
            tables = tables.outerjoin(given, and_(given.c.execution == _E.id, given.c.scorer == name))
            value = given.c.value
            values.append(value)
            judged = or_(judged, value.is_not(None))
            short = or_(short, value < scorer.threshold)
            total = total + func.coalesce(value * scorer.weight, 0.0)
            weight = weight + case((value.is_not(None), scorer.weight), else_=0.0)
        how = case(
            (_E.state == ExecutionState.ERRORED, Mark.ERRORED.value),
            (_E.state == ExecutionState.ABORTED, Mark.ABORTED.value),
            (_E.problems.is_not(None), Mark.INVALID.value),
            (~judged, Mark.UNSCORED.value),
            (short, Mark.FAILED.value),
            else_=Mark.PASSED.value,
        )
        way = case(
            (_E.cached.is_(true()), Mark.CACHED.value), (_E.latency_us > 0, Mark.TIMED.value), else_=""
        )
        return _Judgement(tables, how + way, total / func.nullif(weight, 0.0), values)


def _sums(one: CaseScorer, value: ColumnElement[float | None]) -> tuple[ColumnElement[Any], ...]:
    """Of its scores: what they add up to, how many there are, how many reach its threshold."""
    return func.sum(value), func.count(value), func.count().filter(value >= one.scorer.threshold)


def _whole(total: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum that stays an integer on PostgreSQL too."""
    return cast(total, BigInteger)
