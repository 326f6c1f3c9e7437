"""`scoring.verdict` of each execution as a query, for lists that the database filters and sorts."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Subquery,
    and_,
    any_,
    case,
    cast,
    exists,
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
from loom.evaluation.reading.filters import Field, Sign, Term
from loom.evaluation.scorers import ConfiguredScorer
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.tables import score

__all__ = ["SCORE_UNIT", "Judges", "condition", "cost_of", "items_in", "judged", "whole_run"]

SCORE_UNIT = 1_000_000_000
"""Scores are compared as whole billionths: a sum of floats may end in another digit each time it is made."""

_E, _S, _T = execution.c, score.c, attempt.c


@dataclass(frozen=True, slots=True)
class Judges:
    """The scorers of a run, by what they ask of a score."""

    scorers: tuple[ConfiguredScorer, ...]
    otherwise: Mapping[ConfiguredScorer, Sequence[bytes]] = field(
        default_factory=dict[ConfiguredScorer, Sequence[bytes]]
    )
    """What some cases ask otherwise, and the keys of these."""

    def threshold(self, connection: Connection, item: ColumnElement[bytes]) -> ColumnElement[float]:
        """The threshold of the scorer that gave the score at hand, of an output for `item`."""
        usual = self._chosen([one.threshold for one in self.scorers])
        return self._unless(connection, item, [one.threshold for one in self.otherwise], usual)

    def weight(self, connection: Connection, item: ColumnElement[bytes]) -> ColumnElement[float]:
        """The weight of the scorer that gave the score at hand, of an output for `item`."""
        usual = self._chosen([one.weight for one in self.scorers])
        return self._unless(connection, item, [one.weight for one in self.otherwise], usual)

    def named(self, name: str) -> "Judges":
        """Those with this name."""
        return Judges(
            tuple(one for one in self.scorers if one.name == name),
            {one: keys for one, keys in self.otherwise.items() if one.name == name},
        )

    def exceptions(
        self, connection: Connection, item: ColumnElement[bytes]
    ) -> list[tuple[ConfiguredScorer, ColumnElement[bool]]]:
        """Each scorer that counts otherwise for some cases, and that the score at hand is such a one."""
        return [
            (one, and_(_S.scorer == one.scorer_hash, items_in(connection, item, keys)))
            for one, keys in self.otherwise.items()
        ]

    def _unless(
        self,
        connection: Connection,
        item: ColumnElement[bytes],
        values: Sequence[float],
        usual: ColumnElement[float],
    ) -> ColumnElement[float]:
        branches = [
            (such, literal(value))
            for (_, such), value in zip(self.exceptions(connection, item), values, strict=True)
        ]
        return case(*branches, else_=usual) if branches else usual

    def _chosen(self, values: Sequence[float]) -> ColumnElement[float]:
        """By scorer; the commonest value needs no look."""
        if not values:
            return literal(0.5)
        usual = Counter(values).most_common(1)[0][0]
        others: dict[float, list[bytes]] = {}
        for one, value in zip(self.scorers, values, strict=True):
            if value != usual:
                others.setdefault(value, []).append(one.scorer_hash)
        branches = [(_S.scorer.in_(hashes), literal(value)) for value, hashes in others.items()]
        return case(*branches, else_=literal(usual)) if branches else literal(usual)


def whole_run(connection: Connection, run: RunId) -> ColumnElement[bool]:
    """That an execution is of `run` and has ended, looked for in the order in which they were written.

    By the index on run and case, each would be in a place of its own.
    """
    ends = connection.execute(select(func.min(_E.row), func.max(_E.row)).where(_E.run == run)).one()
    own = func.coalesce(_E.run, _E.run) == run  # bare, it would bring SQLite's planner back to the index
    return and_(_E.row.between(*ends), own, _E.state != ExecutionState.RUNNING)


def items_in(
    connection: Connection, column: ColumnElement[bytes], keys: Collection[bytes]
) -> ColumnElement[bool]:
    """That `column` is among `keys`: one parameter however many they are, and no index is used."""
    if connection.dialect.name == "sqlite":
        listed = func.json_each(json.dumps([key.hex().upper() for key in keys])).table_valued("value")
        return func.hex(column).in_(select(listed.c.value))
    return column == any_(literal(list(keys), ARRAY(LargeBinary)))


def judged(connection: Connection, within: ColumnElement[bool], judges: Judges) -> Subquery:
    """The executions `within`, with outcome and score, the latter in `SCORE_UNIT`."""
    known = _S.value.is_not(None)
    threshold, weighs = judges.threshold(connection, _E.item_key), judges.weight(connection, _E.item_key)
    short = func.sum(case((and_(known, _S.value < threshold), 1), else_=0))
    weight = func.sum(case((known, weighs), else_=0.0))
    total = func.sum(case((known, _S.value * weighs), else_=0.0))
    valid, given = _E.problems.is_(None), func.count(_S.value)
    outcome = case(
        (_E.state == ExecutionState.ERRORED, Outcome.ERRORED.value),
        (_E.state == ExecutionState.ABORTED, Outcome.ABORTED.value),
        (and_(given == 0, valid), Outcome.UNSCORED.value),
        (and_(valid, short == 0), Outcome.PASSED.value),
        else_=Outcome.FAILED.value,
    )
    mean = cast(func.round(SCORE_UNIT * total / func.nullif(weight, 0.0)), BigInteger)
    scored = _E.state == ExecutionState.COMPLETED
    value = case((and_(scored, given > 0), mean), (and_(scored, ~valid), 0), else_=null())
    columns = (_E.row, _E.id, _E.item_key, _E.number, _E.repetition, _E.latency_us, _E.cached, _E.error)
    query = (
        select(*columns, _E.problems, outcome.label("outcome"), value.label("score"))
        .outerjoin(score, _S.execution == _E.id)
        .where(within)
        .group_by(_E.row)
    )
    return query.subquery("judged")


def cost_of(ids: ColumnElement[bytes]) -> ColumnElement[int | None]:
    """What the answers for an execution cost when first given, in 1e-9 USD; NULL when unknown or without any."""
    known = func.count() == func.count(_T.cost_nano)
    query: Select[Any] = (
        select(case((known, cast(func.sum(_T.cost_nano), BigInteger)), else_=null()))
        .select_from(call)
        .join(attempt, _T.id == call.c.served_by)
        .where(call.c.execution == ids, call.c.purpose == Purpose.GENERATE)
    )
    return query.scalar_subquery()


def condition(connection: Connection, term: Term, found: Subquery, judges: Judges) -> ColumnElement[bool]:
    """What a measured `term` asks of the executions `found`."""
    holds = _condition(connection, term, found, judges)
    return func.coalesce(holds, literal(value=False)).is_not(true()) if term.negated else holds


def _condition(connection: Connection, term: Term, found: Subquery, judges: Judges) -> ColumnElement[bool]:
    columns = found.c
    match term.field:
        case Field.OUTCOME:
            return columns.outcome == term.text
        case Field.CACHED:
            return columns.cached.is_(true()) if term.text == "yes" else columns.cached.is_not(true())
        case Field.ERROR:
            return or_(_contains(columns.error, term.text), _contains(columns.problems, term.text))
        case Field.SCORER:
            return _scored(connection, term, found, judges.named(term.text))
        case _:
            return _compared(_measured(term.field, found), term, _UNITS.get(term.field, 1.0))


_UNITS = {Field.SCORE: SCORE_UNIT}
"""What one of a term's numbers is in what a query counts, where that differs."""


def _measured(field: Field, found: Subquery) -> ColumnElement[Any]:
    match field:
        case Field.REPETITION:
            return found.c.repetition + 1
        case Field.LATENCY:
            return found.c.latency_us
        case Field.COST:
            return cost_of(found.c.id)
        case _:
            return found.c.score


def _scored(connection: Connection, term: Term, found: Subquery, chosen: Judges) -> ColumnElement[bool]:
    """That one of the `chosen` scorers gave such a score; without one: a score below its threshold."""
    below = _S.value < chosen.threshold(connection, found.c.item_key)
    wanted = below if term.sign is Sign.HAS else _compared(_S.value, term, 1.0)
    names = [one.scorer_hash for one in chosen.scorers]
    return exists(select(_S.row).where(_S.execution == found.c.id, _S.scorer.in_(names), wanted))


def _compared(column: ColumnElement[Any], term: Term, unit: float) -> ColumnElement[bool]:
    number = term.number * unit
    match term.sign:
        case Sign.LESS:
            return column < number
        case Sign.AT_MOST:
            return column <= number
        case Sign.MORE:
            return column > number
        case Sign.AT_LEAST:
            return column >= number
        case _:
            return column.between(number - term.digits * unit, number + term.digits * unit)


def _contains(column: ColumnElement[str | None], text: str) -> ColumnElement[bool]:
    return func.lower(func.coalesce(column, "")).contains(text, autoescape=True)
