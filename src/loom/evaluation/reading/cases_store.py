"""Pages of the executions of a run that fulfil a filter, found by the database. Rows do not leave this file."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Subquery, and_, cast, func, or_, select

from loom.core.errors import NotFoundError
from loom.core.ids import ExecutionId, short
from loom.engine.models import ExecutionState
from loom.engine.tables import execution
from loom.evaluation.reading.filters import CaseFilter
from loom.evaluation.reading.run_material import RunMaterial
from loom.evaluation.reading.verdict_store import condition, cost_of, items_in, judged, whole_run

__all__ = ["Executions", "Found", "Order", "Position"]

_E = execution.c
_MOST_KEYS = 500
_MOST_OF_A_CASE = 1_000
_NEVER = 2**62
"""Behind every value that is known: what has none comes last, whichever way the list runs."""


class Found(NamedTuple):
    """An execution on a page, and where it stands."""

    row: int
    value: int
    """What the list is sorted by; of one sorted by case its place."""

    repetition: int = 0


class Position(NamedTuple):
    """An execution in a list of cases: the place of its case, and its repetition."""

    place: int
    repetition: int


@dataclass(frozen=True, slots=True)
class Order:
    """By a measured value."""

    by: str
    """score, latency or cost."""

    descending: bool
    after: tuple[int, int] | None
    """The value and the row of the last one that was shown."""


class Executions:
    """The executions of a run that have ended."""

    def __init__(self, connection: Connection, run: RunMaterial) -> None:
        self._connection = connection
        self._run = run
        self._own = and_(_E.run == run.run.id, _E.state != ExecutionState.RUNNING)

    def by_value(
        self, wanted: CaseFilter, keys: Collection[bytes] | None, order: Order, size: int
    ) -> list[Found]:
        """The next `size` that fulfil `wanted`; with `keys` only those of these cases."""
        found, conditions = self._matching(wanted, keys)
        valued = select(found.c.row, _value(found, order).label("value")).where(*conditions)
        once = valued.cte("valued").prefix_with("MATERIALIZED")  # a value may take look-ups to find
        query = select(once.c.row, once.c.value).order_by(once.c.value, once.c.row).limit(size)
        if order.after is not None:
            last, row = order.after
            query = query.where(or_(once.c.value > last, and_(once.c.value == last, once.c.row > row)))
        return [Found(row, value) for row, value in self._connection.execute(query).all()]

    def count(self, wanted: CaseFilter, keys: Collection[bytes] | None) -> int:
        """How many fulfil `wanted`."""
        found, conditions = self._matching(wanted, keys)
        query = select(func.count()).select_from(found).where(*conditions)
        return self._connection.execute(query).scalar_one()

    def by_case(
        self, wanted: CaseFilter, keys: Iterator[tuple[int, bytes]], after: Position | None, size: int
    ) -> list[Found]:
        """The next `size` of the cases `keys`, each with its place: in this order, repetition by repetition."""
        found: list[Found] = []
        chunk = max(1, 2 * size // max(1, self._run.evaluation.repetitions))
        while len(found) < size:
            places = {key: place for place, key in islice(keys, chunk)}
            if not places:
                break
            for place, repetition, row in sorted(self._of_cases(wanted, places)):
                if after is None or (place, repetition) > after:
                    found.append(Found(row, place, repetition))
            chunk = min(_MOST_KEYS, 2 * chunk)
        return found[:size]

    def of_case(self, key: bytes) -> list[int]:
        """Where those of one case are, repetition by repetition."""
        query = select(_E.row).where(self._own, _E.item_key == key).order_by(_E.repetition, _E.row)
        return list(self._connection.execute(query.limit(_MOST_OF_A_CASE)).scalars())

    def first_of(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Where the first repetition of each of the cases `keys` is, of those that have one."""
        query = (
            select(_E.item_key, _E.row)
            .where(self._own, _E.item_key.in_(keys))
            .order_by(_E.repetition.desc(), _E.row.desc())
        )
        found = self._connection.execute(query).all()
        return dict(found)  # of several of one case the last stays

    def alike(self, key: bytes, repetition: int) -> ExecutionId:
        """The one of this case and repetition.

        Raises:
            NotFoundError: when there is none.
        """
        query = select(_E.id).where(self._own, _E.item_key == key, _E.repetition == repetition)
        found = self._connection.execute(query.limit(1)).scalar()
        if found is None:
            raise NotFoundError(f"run {short(self._run.run.id)} has no such execution any more")
        return ExecutionId(found)

    def place_of(self, name: ExecutionId) -> int | None:
        """Where one is; None when this run has none of this id."""
        return self._connection.execute(select(_E.row).where(self._own, _E.id == name)).scalar()

    def _matching(
        self, wanted: CaseFilter, keys: Collection[bytes] | None
    ) -> tuple[Subquery, list[ColumnElement[bool]]]:
        within = whole_run(self._connection, self._run.run.id)
        if keys is not None:
            within = and_(within, items_in(self._connection, _E.item_key, keys))
        found = judged(self._connection, within, self._run.judges)
        return found, [condition(self._connection, term, found, self._run.judges) for term in wanted.measured]

    def _of_cases(self, wanted: CaseFilter, places: Mapping[bytes, int]) -> Iterator[tuple[int, int, int]]:
        within = and_(self._own, _E.item_key.in_(places))
        query = select(_E.item_key, _E.repetition, _E.row).where(within)
        if wanted.measured:
            found = judged(self._connection, within, self._run.judges)
            conditions = [
                condition(self._connection, term, found, self._run.judges) for term in wanted.measured
            ]
            query = select(found.c.item_key, found.c.repetition, found.c.row).where(*conditions)
        for key, repetition, row in self._connection.execute(query).all():
            yield places[key], repetition, row


def _value(found: Subquery, order: Order) -> ColumnElement[int]:
    """What rises along the list."""
    match order.by:
        case "latency":
            column: ColumnElement[int] = found.c.latency_us
        case "cost":
            column = cast(cost_of(found.c.id), BigInteger)
        case _:
            column = found.c.score
    return cast(func.coalesce(-column if order.descending else column, _NEVER), BigInteger)
