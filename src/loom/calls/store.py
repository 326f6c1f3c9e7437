"""What the calls room writes and reads: accounts, calls, attempts, cache. Rows do not leave this file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import repeat

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, insert, or_, select, update

from loom.calls.backend import Received
from loom.calls.tables import account, attempt, call
from loom.calls.tables import cache as answers
from loom.core.errors import LimitError
from loom.core.ids import AccountId, AttemptId, CallId, ExecutionId
from loom.core.value import Value
from loom.storage.blobs import unpack
from loom.storage.statements import Merge, Phase, Statement

__all__ = [
    "UNPRICED",
    "AccountState",
    "AttemptState",
    "BudgetExhaustedError",
    "OwnCall",
    "StoredAnswer",
    "account_state",
    "answered_calls",
    "cached_answers",
    "keep_account",
    "keep_answer",
    "limit_account",
    "mark_unknown",
    "open_attempt",
    "open_call",
    "release_unknown",
    "reserve",
    "serve_call",
    "served_call",
    "settle",
    "settle_attempt",
    "unpriced_attempts",
]

_MANY = 512
"""Keys per query: below every engine's limit of bound parameters."""


class AttemptState(StrEnum):
    """What became of one try on the wire."""

    OPEN = "open"
    """Journaled, perhaps sent; nothing known to have come back."""

    ANSWERED = "answered"
    """Bytes came back and are stored. With a `fault` they are no usable answer."""

    FAILED = "failed"
    """Ended without an answer and without cost."""

    UNKNOWN = "unknown"
    """Sent, and nothing complete came back, or we died first: it stays charged at its reservation."""


class BudgetExhaustedError(LimitError):
    """The account has no room for what the call may cost at worst."""


_A, _T = account.c, attempt.c

keep_account = Statement(
    "account.keep",
    insert(account),
    params=("id", "scope", "parent", "limit_nano", "reserved_nano", "spent_nano"),
    phase=Phase.KEEP,
)

reserve = Statement(
    "account.reserve",
    update(account)
    .where(
        _A.id == bindparam("account_id"),
        or_(
            _A.limit_nano.is_(None),
            _A.spent_nano + _A.reserved_nano + bindparam("amount") <= _A.limit_nano,
        ),
    )
    .values(reserved_nano=_A.reserved_nano + bindparam("amount")),
    params=("account_id", "amount"),
    phase=Phase.RESERVE,
    merge=Merge.SUM,
    key=1,
    refusal=lambda: BudgetExhaustedError("the budget has no room for another call"),
)

settle = Statement(
    "account.settle",
    update(account)
    .where(_A.id == bindparam("account_id"))
    .values(
        reserved_nano=_A.reserved_nano - bindparam("released"),
        spent_nano=_A.spent_nano + bindparam("cost"),
    ),
    params=("account_id", "released", "cost"),
    phase=Phase.SETTLE,
    merge=Merge.SUM,
    key=1,
)

open_call = Statement(
    "call.open",
    insert(call),
    params=("id", "execution", "purpose", "cache_key", "model"),
    phase=Phase.INSERT,
)

served_call = Statement(
    "call.served",
    insert(call),
    params=("id", "execution", "purpose", "cache_key", "model", "served_by"),
    phase=Phase.INSERT,
)

serve_call = Statement(
    "call.serve",
    update(call)
    .where(call.c.id == bindparam("call_id"))
    .values(served_by=bindparam("attempt_id"), dropped=bindparam("dropped_names")),
    params=("call_id", "attempt_id", "dropped_names"),
    phase=Phase.UPDATE,
)

open_attempt = Statement(
    "attempt.open",
    insert(attempt),
    params=("id", "call", "account", "number", "epoch", "state", "reserved_nano", "opened_us"),
    phase=Phase.INSERT,
)

_SETTLED = (
    "state",
    "fault",
    "message",
    "cost_nano",
    "input_tokens",
    "output_tokens",
    "snapshot",
    "answer",
    "streamed",
    "closed_us",
)

settle_attempt = Statement(
    "attempt.settle",
    update(attempt)
    .where(_T.id == bindparam("attempt_id"), _T.state == bindparam("was_open"))
    .values({name: bindparam(f"new_{name}") for name in _SETTLED}),
    params=("attempt_id", "was_open", *(f"new_{name}" for name in _SETTLED)),
    phase=Phase.UPDATE,
)

keep_answer = Statement(
    "cache.keep",
    insert(answers),
    params=("project", "key", "attempt"),
    phase=Phase.KEEP,
)

limit_account = Statement(
    "account.limit",
    update(account).where(_A.id == bindparam("account_id")).values(limit_nano=bindparam("limit")),
    params=("account_id", "limit"),
    phase=Phase.UPDATE,
)

release_unknown = Statement(
    "account.release_unknown",
    update(account)
    .where(_A.id == bindparam("account_id"))
    .values(
        reserved_nano=0,
        spent_nano=_A.spent_nano
        + select(func.coalesce(func.sum(_T.reserved_nano), 0))
        .where(
            _T.account == bindparam("account_id"),
            _T.state == AttemptState.OPEN,
            _T.epoch < bindparam("epoch"),
        )
        .scalar_subquery(),
    ),
    params=("account_id", "epoch"),
    phase=Phase.SETTLE,
)

mark_unknown = Statement(
    "attempt.mark_unknown",
    update(attempt)
    .where(
        _T.account == bindparam("account_id"),
        _T.state == AttemptState.OPEN,
        _T.epoch < bindparam("before_epoch"),
    )
    .values(state=AttemptState.UNKNOWN.value, cost_nano=_T.reserved_nano, closed_us=bindparam("now_us")),
    params=("account_id", "before_epoch", "now_us"),
    phase=Phase.SWEEP,
)


class OwnCall(Value):
    """The call of an interrupted execution that an answer came to."""

    id: CallId
    dropped: str | None
    latency_us: int
    """From when it was journaled until its answer was back."""

    cost_nano: int | None


class StoredAnswer(Value):
    """An answer already paid for."""

    attempt: AttemptId
    received: Received
    """As it came in; `Backend.read` reads it."""

    call: OwnCall | None = None
    """What it was received for; None when it comes from the cache."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """Money of one account, in 1e-9 USD."""

    limit_nano: int | None
    reserved_nano: int
    spent_nano: int
    unpriced: int = 0
    """Attempts that `spent_nano` leaves out: they may have been paid, and nobody knows how much. Of a job alone."""


UNPRICED = and_(_T.cost_nano.is_(None), _T.state.in_((AttemptState.ANSWERED, AttemptState.UNKNOWN)))
"""Holds for an attempt that may have been paid, and nobody knows how much."""


def unpriced_attempts(connection: Connection, execution: ExecutionId) -> int:
    """How many attempts of `execution` may have been paid, and nobody knows how much."""
    query = select(func.count()).select_from(attempt).join(call, call.c.id == _T.call)
    return connection.execute(query.where(call.c.execution == execution, UNPRICED)).scalar_one()


def account_state(connection: Connection, account_id: AccountId) -> AccountState:
    """The account as last committed."""
    row = connection.execute(
        select(_A.limit_nano, _A.reserved_nano, _A.spent_nano).where(_A.id == account_id)
    ).one()
    return AccountState(row.limit_nano, row.reserved_nano, row.spent_nano)


def cached_answers(connection: Connection, project: str, keys: Sequence[bytes]) -> dict[bytes, StoredAnswer]:
    """The complete answers kept for `keys`."""
    found: dict[bytes, StoredAnswer] = {}
    for start in range(0, len(keys), _MANY):
        wanted = keys[start : start + _MANY]
        size = 1 << (len(wanted) - 1).bit_length()
        padded = (*wanted, *repeat(wanted[0], size - len(wanted)))
        named = {f"key_{place}": key for place, key in enumerate(padded)}
        rows = connection.execute(_kept_for(size), {"of_project": project, **named}).all()
        for key, attempt_id, answer, streamed in rows:
            found[key] = StoredAnswer(AttemptId(attempt_id), Received(unpack(answer), bool(streamed)))
    return found


@cache
def _kept_for(size: int) -> Select[bytes, bytes, bytes, bool]:
    """The query for `size` keys: spelled anew for every list of keys, it would cost as much as its answer."""
    keys: list[BindParameter[bytes]] = [bindparam(f"key_{place}") for place in range(size)]
    return (
        select(answers.c.key, _T.id, _T.answer, _T.streamed)
        .join(attempt, _T.id == answers.c.attempt)
        .where(answers.c.project == bindparam("of_project"), answers.c.key.in_(keys))
    )


def answered_calls(
    connection: Connection, executions: Iterable[ExecutionId]
) -> dict[ExecutionId, dict[bytes, StoredAnswer]]:
    """For each unfinished execution the answers it was already given, by cache key."""
    wanted = list(executions)
    found: dict[ExecutionId, dict[bytes, StoredAnswer]] = {}
    for start in range(0, len(wanted), _MANY):
        query = (
            select(
                call.c.execution,
                call.c.cache_key,
                call.c.id,
                call.c.dropped,
                _T.id.label("attempt_id"),
                _T.answer,
                _T.streamed,
                (_T.closed_us - _T.opened_us).label("latency_us"),
                _T.cost_nano,
            )
            .join(attempt, _T.call == call.c.id)
            .where(
                call.c.execution.in_(wanted[start : start + _MANY]),
                _T.state == AttemptState.ANSWERED,
                _T.fault.is_(None),
            )
            .order_by(_T.row)
        )
        for row in connection.execute(query):
            received = Received(unpack(row.answer), bool(row.streamed))
            own = OwnCall(CallId(row.id), row.dropped, row.latency_us, row.cost_nano)
            answer = StoredAnswer(AttemptId(row.attempt_id), received, own)
            found.setdefault(ExecutionId(row.execution), {})[row.cache_key] = answer
    return found
