"""What is written and read of looks at sealed cases. A look counts for every suite that has one of the cases seen."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select

from loom.core.ids import RunId
from loom.evaluation.sealed.cases import SealedCases
from loom.evaluation.tables import peek, sealed_case
from loom.storage.statements import Phase, Statement, Write

__all__ = ["NO_RUN", "add_look", "looked_at", "looks_at"]

_P, _C = peek.c, sealed_case.c
_MANY = 500

NO_RUN = RunId(bytes(16))
"""In a look: a person opened the cases."""

_add_peek = Statement(
    "peek.add",
    insert(peek),
    params=("project", "suite", "run", "principal", "at_us", "sealed"),
    phase=Phase.INSERT,
)

_keep_case = Statement("sealed_case.keep", insert(sealed_case), params=("sealed", "item"), phase=Phase.KEEP)


def add_look(seen: SealedCases, run: RunId, principal: str, at_us: int) -> Iterator[Write]:
    """What counts as a look at `seen`, by `run` or, with `NO_RUN`, by a person."""
    name = seen.hash
    yield _add_peek("default", seen.suite, run, principal, at_us, name)
    yield from (_keep_case(name, item) for item in seen.items)


def looks_at(connection: Connection, sealed: SealedCases) -> int:
    """How often any of `sealed` was looked at: once by each run over them, and by people."""
    by_people = func.count().filter(_P.run == NO_RUN)
    by_runs = func.count(_P.run.distinct()).filter(_P.run != NO_RUN)
    return connection.execute(select(by_people + by_runs).where(_at(connection, sealed))).scalar_one()


def looked_at(connection: Connection, sealed: SealedCases, principal: str) -> int | None:
    """When a person last opened any of `sealed`; None: never."""
    query = select(func.max(_P.at_us)).where(
        _at(connection, sealed), _P.run == NO_RUN, _P.principal == principal
    )
    return connection.execute(query).scalar_one()


def _at(connection: Connection, sealed: SealedCases) -> ColumnElement[bool]:
    """Whether a look was at one of `sealed`; one that does not say at which, at those of the suite of that name."""
    sets: set[bytes] = set()
    for start in range(0, len(sealed.items), _MANY):
        within = _C.item.in_(sealed.items[start : start + _MANY])
        sets.update(connection.execute(select(_C.sealed).where(within).distinct()).scalars())
    by_name = and_(_P.sealed.is_(None), _P.suite == sealed.suite)
    return or_(_P.sealed.in_(sorted(sets)), by_name)
