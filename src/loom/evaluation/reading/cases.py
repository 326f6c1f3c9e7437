"""The cases of a run, a page at a time: filtered, sorted, one of them whole, and what was said in it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from loom.core.errors import NotFoundError, Problem, UsageError
from loom.core.ids import ExecutionId, short
from loom.evaluation import store
from loom.evaluation.models import Case
from loom.evaluation.reading.cases_store import Executions, Order, Position
from loom.evaluation.reading.cursors import read_cursor, write_cursor
from loom.evaluation.reading.filters import CaseFilter, Field, Sign, Term, parse_filter
from loom.evaluation.reading.run_material import RunMaterial
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.scorers.rating import HumanRating
from loom.evaluation.statistics.case_totals import CaseTotal, Outcome

__all__ = [
    "SORTS",
    "CaseDetail",
    "CasePage",
    "CasePlace",
    "CaseQuery",
    "CaseRow",
    "FailuresBeside",
    "first_rows",
    "read_case",
    "read_cases",
    "read_execution",
    "read_failures_beside",
]

SORTS = ("case", "name", "score", "latency", "cost")
_NOT_PASSED = CaseFilter((Term(Field.OUTCOME, Sign.HAS, Outcome.PASSED, negated=True),))
_COUNTED = 20_000
"""Executions up to which those that fulfil a filter are counted for each page."""


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which executions of a run, in which order."""

    filter: str = ""
    """In the language of `filters`."""

    outcome: Outcome | None = None
    changed: bool = False
    """Only those that came out otherwise than in the baseline."""

    sort: str = "case"
    """One of `SORTS`, with a `-` before it downwards; `case` is the order of the suite."""

    cursor: str | None = None
    size: int = 50


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One execution of a case."""

    result: CaseResult
    cost_nano: int | None
    """What its answers cost when they were first given; None when unknown, or without an answer."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class CasePage:
    """Executions, and where the list goes on."""

    rows: tuple[CaseRow, ...]
    next: str | None
    first: int
    """The number of the first row in the whole list, from 1."""

    matching: int | None
    """How long the whole list is; None where counting would mean a pass over a large run."""

    repeated: bool
    """Whether cases of the run ran more than once."""


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """A case with all its repetitions."""

    case: Case
    key: bytes
    rows: tuple[CaseRow, ...]
    rating: HumanRating | None
    """How people are asked to rate it; None when its scores do not wait for them."""


@dataclass(frozen=True, slots=True)
class CasePlace:
    """Where an execution is found."""

    key: bytes
    repetition: int


@dataclass(frozen=True, slots=True)
class FailuresBeside:
    """The cases before and after one, in the order of the suite, that have an execution that did not pass."""

    previous: CasePlace | None
    next: CasePlace | None


def read_cases(
    connection: Connection, run: RunMaterial, query: CaseQuery, only: Collection[bytes] | None = None
) -> CasePage:
    """The page that `query` asks for, of the cases whose keys are `only` these.

    Raises:
        UsageError: for a filter, a sort or a cursor that cannot be understood.
    """
    wanted = _filter(query)
    by, descending = _sort(query.sort)
    executions = Executions(connection, run)
    before = 0
    if by in ("case", "name"):
        after: Position | None = None
        if query.cursor:
            before, *place = map(int, read_cursor(query.cursor, int, int))
            after = Position(*place)
        order = run.by_name if by == "name" else run.in_order
        order = order[::-1] if descending else order
        ordered = _wanted(run, wanted, order, after.place if after else 0)
        if only is not None:
            ordered = (one for one in ordered if one[1] in only)
        found = executions.by_case(wanted, ordered, after, query.size + 1)
        ends = [(one.value, one.repetition) for one in found]
    else:
        place = None
        if query.cursor:
            before, value, row = map(int, read_cursor(query.cursor, int, int))
            place = (value, row)
        keys = _keys(run, wanted, only)
        found = executions.by_value(wanted, keys, Order(by, descending, place), query.size + 1)
        ends = [(one.value, one.row) for one in found]
    shown = found[: query.size]
    more = write_cursor((before + len(shown), *ends[query.size - 1])) if len(found) > query.size else None
    return CasePage(
        _rows(connection, run, [one.row for one in shown]),
        more,
        before + 1 if shown else 0,
        _matching(executions, run, wanted, only),
        run.evaluation.repetitions > 1,
    )


def first_rows(connection: Connection, run: RunMaterial, keys: Sequence[bytes]) -> dict[bytes, CaseRow]:
    """The first repetition of each of the cases `keys`, of those that have one."""
    places = Executions(connection, run).first_of(keys)
    return {row.result.key: row for row in _rows(connection, run, list(places.values()))}


def read_case(connection: Connection, run: RunMaterial, name: str) -> CaseDetail:
    """The case of this name, or whose key is `name` in hexadecimal digits, with all its repetitions.

    Raises:
        NotFoundError: when the suite of the run has no such case.
    """
    key = _key(run, name)
    rows = _rows(connection, run, Executions(connection, run).of_case(key))
    case = run.cases[key]
    asked = (one.scorer.scorer for one in run.scorers.of(case))
    return CaseDetail(case, key, rows, next((one for one in asked if isinstance(one, HumanRating)), None))


def read_failures_beside(
    connection: Connection, run: RunMaterial, totals: Sequence[CaseTotal], key: bytes
) -> FailuresBeside:
    """The failures beside the case `key`, of those that `totals` tell of."""
    failed = {one.key.item_hash for one in totals if one.passed < one.attempted}
    order = [one for one in run.in_order if one == key or one in failed]
    here = order.index(key)
    previous, following = order[:here][-1:], order[here + 1 :][:1]
    return FailuresBeside(*(_first_failure(connection, run, near) for near in (previous, following)))


def _first_failure(connection: Connection, run: RunMaterial, keys: Sequence[bytes]) -> CasePlace | None:
    found = Executions(connection, run).by_case(_NOT_PASSED, enumerate(keys), None, 1)
    return CasePlace(keys[0], found[0].repetition) if found else None


def read_execution(connection: Connection, run: RunMaterial, name: ExecutionId) -> CaseRow:
    """One execution of `run`.

    Raises:
        NotFoundError: when it has none of this id that ended.
    """
    row = Executions(connection, run).place_of(name)
    if row is None:
        raise NotFoundError(f"run {short(run.run.id)} has no execution {name.hex()} that ended")
    (found,) = _rows(connection, run, [row])
    return found


def _rows(connection: Connection, run: RunMaterial, rows: Sequence[int]) -> tuple[CaseRow, ...]:
    results = run.results
    return tuple(
        CaseRow(results.judged(row), row.worth_nano, row.input_tokens, row.output_tokens)
        for row in store.executions(connection, rows)
    )


def _key(run: RunMaterial, name: str) -> bytes:
    try:
        key = bytes.fromhex(name)
    except ValueError:
        key = b""
    if key in run.cases:
        return key
    for other, case in run.cases.items():
        if case.name == name:
            return other
    raise NotFoundError(f"the suite of run {short(run.run.id)} has no case '{name}'")


def _filter(query: CaseQuery) -> CaseFilter:
    wanted = parse_filter(query.filter)
    if query.outcome is None:
        return wanted
    return replace(wanted, terms=(*wanted.terms, Term(Field.OUTCOME, Sign.HAS, query.outcome)))


def _sort(sort: str) -> tuple[str, bool]:
    by = sort.removeprefix("-")
    if by not in SORTS:
        remedy = f"use one of {', '.join(SORTS)}, with - before it downwards"
        raise UsageError(Problem("is no order of cases", "sort", value=sort, remedy=remedy))
    return by, sort.startswith("-")


def _wanted(
    run: RunMaterial, wanted: CaseFilter, order: Sequence[bytes], begin: int
) -> Iterator[tuple[int, bytes]]:
    """The cases that `wanted` admits from `begin` on, each with its place in the list of all."""
    for place in range(max(0, begin), len(order)):
        key = order[place]
        if wanted.plain or wanted.admits(run.cases[key]):
            yield place, key


def _keys(run: RunMaterial, wanted: CaseFilter, only: Collection[bytes] | None) -> Collection[bytes] | None:
    """The cases that `wanted` admits, of `only` these; None for all."""
    if wanted.plain:
        return only
    return [key for key, case in run.cases.items() if (only is None or key in only) and wanted.admits(case)]


def _matching(
    executions: Executions, run: RunMaterial, wanted: CaseFilter, only: Collection[bytes] | None
) -> int | None:
    if not wanted.terms and only is None:
        return run.run.done
    if run.run.done > _COUNTED:
        return None
    return executions.count(wanted, _keys(run, wanted, only))
