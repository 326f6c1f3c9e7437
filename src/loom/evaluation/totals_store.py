"""A run added up by the database, case by case: no execution leaves it, so a run of any size is read fast.

The outer loop goes through executions in the order in which they were written, between the first and the last of the
run: beside them in the file lie their calls and scores. By the index on run and item key, every look-up would be in a
place of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import ceil
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from loom.calls.models import Purpose
from loom.calls.tables import attempt, call
from loom.core.ids import RunId
from loom.engine.models import ExecutionState
from loom.engine.tables import execution
from loom.evaluation.case_scorers import CaseScorer, ScorerSet
from loom.evaluation.case_sums import Found, Group, Money, Outcomes, ScorerSum
from loom.evaluation.case_totals import Outcome
from loom.evaluation.models import Case
from loom.evaluation.scoring import verdict
from loom.evaluation.tables import score

__all__ = ["RunSums"]

_E, _T = execution.c, attempt.c
_TIMED = and_(_E.latency_us > 0, _E.cached.is_not(true()))
_CASE = (_E.number, _E.item_key)
"""What a case is grouped by: its key, after a number that is quicker to sort."""


class RunSums:
    """What the executions of a run that have ended add up to."""

    def __init__(self, connection: Connection, run: RunId) -> None:
        ends = connection.execute(select(func.min(_E.row), func.max(_E.row)).where(_E.run == run)).one()
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
        return Outcomes(cases, self._groups(cases, scorers, by_scorer=by_scorer))

    def money(self) -> dict[bytes, Money]:
        """What the answers for each case cost; none for a case without an answer of its own."""
        query = (
            select(
                _E.item_key,
                _whole(func.sum(_T.cost_nano)),
                func.count() == func.count(_T.cost_nano),
                _whole(func.coalesce(func.sum(_T.input_tokens), 0)),
                _whole(func.coalesce(func.sum(_T.output_tokens), 0)),
            )
            .select_from(execution)
            .join(call, and_(call.c.execution == _E.id, call.c.purpose == Purpose.GENERATE))
            .join(attempt, _T.id == call.c.served_by)
            .where(self._within)
            .group_by(*_CASE)
        )
        return {
            item: Money(cost if known else None, tokens_in, tokens_out)
            for item, cost, known, tokens_in, tokens_out in self._connection.execute(query).all()
        }

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
        """The commonest reasons of scorers for outputs that none of them could judge, with how often."""
        given, count = score.alias(), func.count()
        judged = exists().where(given.c.execution == _E.id, given.c.value.is_not(None))
        query = (
            select(score.c.reason, count)
            .select_from(execution)
            .join(score, score.c.execution == _E.id)
            .where(self._within, ~judged, score.c.reason.is_not(None))
            .group_by(score.c.reason)
            .order_by(count.desc(), score.c.reason)
            .limit(most)
        )
        return tuple((reason, number) for reason, number in self._connection.execute(query).all())

    def _groups(self, cases: Mapping[bytes, Case], scorers: ScorerSet, *, by_scorer: bool) -> Iterable[Found]:
        if any(one.scorers for one in cases.values()):
            return self._one_by_one(cases, scorers, by_scorer=by_scorer)
        return self._grouped(scorers.common, by_scorer=by_scorer)

    def _grouped(self, scorers: Sequence[CaseScorer], *, by_scorer: bool) -> Iterator[Found]:
        """By case, state and validity: where the same scorers judge every case."""
        said, names = _Judgement.by(scorers), [one.hash for one in scorers if by_scorer]
        query = (
            select(
                _E.item_key,
                _E.state,
                _E.problems.is_(None),
                func.count(),
                _number(said.judged),
                _number(said.satisfied),
                func.sum(said.mean),
                _number(_E.cached.is_(true())),
                _number(_TIMED),
                _whole(func.coalesce(func.sum(_E.latency_us).filter(_TIMED), 0)),
                *(said.each if by_scorer else ()),
            )
            .select_from(said.tables)
            .where(self._within)
            .group_by(*_CASE, _E.state, _E.problems.is_(None))
        )
        own = 1 + len(Group._fields)
        for row in self._connection.execute(query).all():
            yield row[0], Group._make(row[1:own]), _said(names, row[own:])

    def _one_by_one(
        self, cases: Mapping[bytes, Case], scorers: ScorerSet, *, by_scorer: bool
    ) -> Iterator[Found]:
        """The same an execution at a time: where single cases have scorers of their own."""
        columns = (_E.row, _E.item_key, _E.state, _E.problems, _E.cached, _E.latency_us)
        query = (
            select(*columns, score.c.scorer, score.c.value)
            .outerjoin(score, score.c.execution == _E.id)
            .where(self._within)
            .order_by(_E.row)
        )
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
            passed, judged = outcome is Outcome.PASSED, outcome in (Outcome.PASSED, Outcome.FAILED)
            took_us = 0 if cached else latency_us or 0
            group = Group(
                state, problems is None, 1, judged, passed, mean, bool(cached), took_us > 0, took_us
            )
            said = [(values.get(one.hash), one) for one in chosen if by_scorer]
            yield (
                item,
                group,
                [
                    ScorerSum(one.hash, value, 1, value >= one.scorer.threshold)
                    for value, one in said
                    if value is not None
                ],
            )


class _Judgement(NamedTuple):
    """`scoring.verdict` in SQL, over executions joined with the scores of each scorer."""

    tables: FromClause
    judged: ColumnElement[bool]
    satisfied: ColumnElement[bool]
    mean: ColumnElement[float | None]
    each: list[ColumnElement[Any]]
    """Per scorer: the sum of its scores, how many there are, how many reach its threshold."""

    @staticmethod
    def by(scorers: Sequence[CaseScorer]) -> "_Judgement":
        tables: FromClause = execution
        each: list[ColumnElement[Any]] = []
        judged: ColumnElement[bool] = false()
        satisfied: ColumnElement[bool] = true()
        total: ColumnElement[float] = literal(0.0)
        weight: ColumnElement[float] = literal(0.0)
        for scorer, name, _ in scorers:
            given = score.alias()
            tables = tables.outerjoin(given, and_(given.c.execution == _E.id, given.c.scorer == name))
            known, reached = given.c.value.is_not(None), given.c.value >= scorer.threshold
            each += [func.sum(given.c.value), func.count(given.c.value), _number(reached)]
            judged = or_(judged, known)
            satisfied = and_(satisfied, or_(~known, reached))
            total = total + case((known, given.c.value * scorer.weight), else_=0.0)
            weight = weight + case((known, scorer.weight), else_=0.0)
        mean = case((judged, total / func.nullif(weight, 0.0)), else_=null())
        return _Judgement(tables, judged, and_(judged, satisfied), mean, each)


def _said(scorers: Sequence[bytes], values: Sequence[Any]) -> Iterator[ScorerSum]:
    """From three of `values` for each of `scorers`; nothing of those that could judge none."""
    for place, scorer in enumerate(scorers):
        total, number, passed = values[3 * place : 3 * place + 3]
        if number:
            yield ScorerSum(scorer, total, number, passed)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows it holds for."""
    return func.count().filter(condition)


def _whole(total: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum that stays an integer on PostgreSQL too."""
    return cast(total, BigInteger)
