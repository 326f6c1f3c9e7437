"""What the database and the bill have to say of one run, as they stand. Judges nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from loom.calls.store import AccountState, account_state
from loom.calls.tables import attempt, cache, call
from loom.core.errors import Look, NotFoundError
from loom.core.ids import AccountId
from loom.engine.models import JobKind, JobState
from loom.engine.store import load_job
from loom.engine.tables import execution, job, run
from loom.evaluation.tables import score
from loom.sim import bill as billing

__all__ = ["Attempt", "Evidence", "gather"]

_MANY = 500
_UUID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, as journaled."""

    id: bytes
    execution: bytes
    cache_key: bytes
    state: str
    fault: str | None
    reserved_nano: int
    cost_nano: int
    opened_us: int
    closed_us: int

    @property
    def well_answered(self) -> bool:
        """It brought an answer that could be used."""
        return self.state == "answered" and self.fault is None

    @property
    def booked_nano(self) -> int:
        """What the account holds against it."""
        return self.reserved_nano if self.state == "open" else self.cost_nano


@dataclass(frozen=True, slots=True)
class Evidence:
    """One run."""

    run: bytes
    state: str
    planned: int
    scorers: int
    money: AccountState
    items: Mapping[tuple[bytes, int, bytes], Sequence[str]]
    """By item, repetition and parent: the states of its executions."""

    executions: Mapping[bytes, str]
    scores: Mapping[bytes, Counter[bytes]]
    """By execution: how often each scorer has given one."""

    attempts: Mapping[bytes, Attempt]
    """In the order in which they were opened."""

    kept: frozenset[bytes]
    """Cache keys of the run whose answers are kept for everyone; empty when the run does not use the cache."""

    requests: int
    billed: Mapping[bytes, Sequence[billing.Row]]
    """By attempt of this run: the requests that were charged for."""

    strangers: Sequence[billing.Row]
    """Charged requests that belong to no attempt in the whole database."""

    @property
    def final(self) -> bool:
        """Whether nothing may be open any more."""
        return JobState(self.state).final

    def calls(self) -> Mapping[tuple[bytes, bytes], Sequence[Attempt]]:
        """Attempts by execution and content: what was wanted once."""
        found: dict[tuple[bytes, bytes], list[Attempt]] = defaultdict(list)
        for one in self.attempts.values():
            found[one.execution, one.cache_key].append(one)
        return found

    def paid_for(self) -> Mapping[tuple[bytes, bytes], Sequence[Attempt]]:
        """The charged ones of `calls`, each as often as it was charged."""
        found = {
            name: [one for one in attempts for _ in self.billed.get(one.id, ())]
            for name, attempts in self.calls().items()
        }
        return {name: paid for name, paid in found.items() if paid}


def gather(connection: Connection, run_or_job: str, bill: Sequence[billing.Row]) -> Evidence:
    """Everything about the run that `run_or_job` names: an id, its last digits, or `last`.

    Raises:
        NotFoundError: when there is no such run.
    """
    found = _find(connection, run_or_job)
    spec = load_job(connection, found.job).spec
    attempts = {one.id: one for one in _attempts(connection, found.account)}
    rows = _by_attempt(bill)
    billed = {name: paid for name, sent in rows.items() if (paid := [row for row in sent if row.billed])}
    items: dict[tuple[bytes, int, bytes], list[str]] = defaultdict(list)
    executions: dict[bytes, str] = {}
    for row in connection.execute(select(execution).where(execution.c.run == found.id)):
        items[row.item_key, row.repetition, row.parent].append(row.state)
        executions[row.id] = row.state
    return Evidence(
        run=found.id,
        state=found.state,
        planned=found.planned,
        scorers=len(spec["scorers"]),
        money=account_state(connection, AccountId(found.account)),
        items=items,
        executions=executions,
        scores=_scores(connection, found.id),
        attempts=attempts,
        kept=_kept(connection, found) if spec["use_cache"] else frozenset(),
        requests=sum(len(sent) for name, sent in rows.items() if name in attempts),
        billed={name: paid for name, paid in billed.items() if name in attempts},
        strangers=_strangers(connection, billed),
    )


def _by_attempt(bill: Sequence[billing.Row]) -> dict[bytes, list[billing.Row]]:
    found: dict[bytes, list[billing.Row]] = defaultdict(list)
    for row in bill:
        try:
            name = bytes.fromhex(row.request_id[:_UUID_LENGTH].replace("-", ""))
        except ValueError:  # somebody else's way to name requests
            name = row.request_id.encode()
        found[name].append(row)
    return found


def _find(connection: Connection, name: str) -> Any:
    query = (
        select(run.c.id, run.c.job, run.c.planned, job.c.state, job.c.account, job.c.project)
        .join(job, job.c.id == run.c.job)
        .where(job.c.kind == JobKind.EVALUATION)
        .order_by(run.c.row.desc())
    )
    tail = name.replace("-", "").lower()
    for row in connection.execute(query):
        if name == "last" or row.id.hex().endswith(tail) or row.job.hex().endswith(tail):
            return row
    raise NotFoundError(f"there is no evaluation '{name}'", Look("runs"))


def _attempts(connection: Connection, account: bytes) -> Iterator[Attempt]:
    columns = attempt.c
    query = (
        select(
            columns.id,
            call.c.execution,
            call.c.cache_key,
            columns.state,
            columns.fault,
            columns.reserved_nano,
            func.coalesce(columns.cost_nano, 0),
            columns.opened_us,
            func.coalesce(columns.closed_us, 0),
        )
        .join(call, call.c.id == columns.call)
        .where(columns.account == account)
        .order_by(columns.opened_us, columns.row)
    )
    for row in connection.execute(query):
        yield Attempt(*row)


def _scores(connection: Connection, name: bytes) -> dict[bytes, Counter[bytes]]:
    ours = select(execution.c.id).where(execution.c.run == name)
    found: dict[bytes, Counter[bytes]] = defaultdict(Counter)
    query = select(score.c.execution, score.c.scorer).where(score.c.execution.in_(ours))
    for owner, scorer in connection.execute(query):
        found[owner][scorer] += 1
    return found


def _kept(connection: Connection, found: Any) -> frozenset[bytes]:
    ours = select(attempt.c.id).where(attempt.c.account == found.account)
    query = select(cache.c.key).where(cache.c.project == found.project, cache.c.attempt.in_(ours))
    return frozenset(connection.execute(query).scalars())


def _strangers(connection: Connection, billed: Mapping[bytes, Sequence[billing.Row]]) -> list[billing.Row]:
    names = list(billed)
    known: set[bytes] = set()
    for start in range(0, len(names), _MANY):
        query = select(attempt.c.id).where(attempt.c.id.in_(names[start : start + _MANY]))
        known.update(connection.execute(query).scalars())
    return [row for name, paid in billed.items() if name not in known for row in paid]
