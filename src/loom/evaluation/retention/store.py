"""What is read and deleted of old jobs. Rows do not leave this file.

Jobs that go are marked in the commit that deletes them, so the mark is never seen. What others need stays: answers that
the cache keeps or that served calls of other jobs, and accounts, which keep what was spent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    except_,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.engine import Dialect

from loom.calls.tables import attempt, cache, call
from loom.catalog.tables import version
from loom.core.ids import JobId
from loom.delivery.models import job_stream
from loom.delivery.store import forget_stream
from loom.engine.models import JobKind, JobState
from loom.engine.tables import execution, hosted, job, once, run, step
from loom.evaluation.tables import baseline, rating, score
from loom.storage.blobs import blob
from loom.storage.statements import Phase, Statement, Write

__all__ = ["OldJob", "collect", "delete_jobs", "old_jobs"]

_J, _R, _E, _C, _T, _B = job.c, run.c, execution.c, call.c, attempt.c, blob.c
_GOING = "going"
_FINAL = [state for state in JobState if state.final]
_READING = (JobKind.RESCORE, JobKind.JUDGING)
"""Kinds of job that read the runs of others while they work."""

_jobs_going = select(_J.id).where(_J.state == _GOING)
_runs_going = select(_R.id).where(_R.job.in_(_jobs_going))
_executions_going = select(_E.id).where(_E.run.in_(_runs_going))
_needless = except_(
    select(_T.id).join(call, _C.id == _T.call).where(_C.execution.in_(_executions_going)),
    select(cache.c.attempt),
    select(_C.served_by).where(
        _C.served_by.is_not(None), or_(_C.execution.is_(None), _C.execution.not_in(_executions_going))
    ),
)

_mark = Statement(
    "retention.mark",
    update(job)
    .where(_J.id == bindparam("job_id"), or_(*(_J.state == state.value for state in _FINAL)))
    .values(state=_GOING),
    params=("job_id",),
    phase=Phase.UPDATE,
)

_SWEEPS = tuple(
    Statement(f"retention.sweep_{number}", construct, params=(), phase=Phase.SWEEP)
    for number, construct in enumerate(
        (
            delete(score).where(score.c.execution.in_(_executions_going)),
            delete(step).where(step.c.execution.in_(_executions_going)),
            delete(attempt).where(_T.id.in_(_needless)),
            delete(call).where(_C.execution.in_(_executions_going)),
            delete(execution).where(_E.run.in_(_runs_going)),
            delete(run).where(_R.job.in_(_jobs_going)),
            delete(hosted).where(hosted.c.job.in_(_jobs_going)),
            delete(once).where(once.c.job.in_(_jobs_going)),
            delete(job).where(_J.state == _GOING),
        )
    )
)
"""In the order in which they must happen, which is that of their names."""

_lock_content = Statement(
    "retention.collect_1_lock",
    text("LOCK TABLE blob IN SHARE ROW EXCLUSIVE MODE"),
    params=(),
    phase=Phase.SWEEP,
)

_collect = Statement(
    "retention.collect_2_blob",
    delete(blob).where(
        _B.hash == bindparam("name"),
        *(
            ~exists().where(column == bindparam("name"))
            for column in (_J.spec, _R.config_hash, _R.suite_hash, version.c.hash)
        ),
    ),
    params=("name",),
    phase=Phase.SWEEP,
)


@dataclass(frozen=True, slots=True)
class OldJob:
    """A job that may go."""

    id: JobId
    is_test: bool
    content: tuple[bytes, ...]
    """The hashes of what it refers to."""


def old_jobs(
    connection: Connection, tests_before_us: int | None, runs_before_us: int | None, limit: int | None = None
) -> list[OldJob]:
    """The oldest jobs that ended before then, tests and others; None keeps them all.

    Runs stay that are a baseline, that people have rated, and all of them while a job reads the runs of others.
    """
    ended = func.coalesce(_J.finished_us, _J.created_us)
    wanted: list[ColumnElement[bool]] = []
    if tests_before_us is not None:
        wanted.append((_J.kind == JobKind.TEST) & (ended < tests_before_us))
    if runs_before_us is not None and not _is_being_read(connection):
        wanted.append((_J.kind != JobKind.TEST) & (ended < runs_before_us))
    if not wanted:
        return []
    query = select(_J.id, _J.kind, _J.spec).where(_J.state.in_(_FINAL), or_(*wanted), _J.id.not_in(_kept()))
    rows = connection.execute(query.order_by(_J.row).limit(limit)).all()
    content = _content(connection, [row.id for row in rows])
    return [
        OldJob(JobId(row.id), row.kind == JobKind.TEST, (row.spec, *content.get(row.id, ()))) for row in rows
    ]


def delete_jobs(jobs: Sequence[OldJob]) -> list[Write]:
    """The writes that delete `jobs`, and all that belongs to nothing else, but for their content."""
    told = (write for one in jobs for write in forget_stream(job_stream(one.id)))
    return [*(_mark(one.id) for one in jobs), *(sweep() for sweep in _SWEEPS), *told]


def collect(jobs: Iterable[OldJob], dialect: Dialect) -> list[Write]:
    """The writes that delete the content of deleted `jobs` that nothing else refers to.

    Where several may write at once, the others wait: one of them could be about to refer to it.
    """
    names = sorted({name for one in jobs for name in one.content})
    lock = [_lock_content()] if dialect.name == "postgresql" else []
    return [*lock, *(_collect(name) for name in names)]


def _is_being_read(connection: Connection) -> bool:
    query = select(_J.id).where(_J.kind.in_(_READING), _J.state.not_in(_FINAL)).limit(1)
    return connection.execute(query).first() is not None


def _kept() -> Select[bytes]:
    of = (baseline.c.worker, baseline.c.suite, baseline.c.folder)
    newest = select(func.max(baseline.c.row)).group_by(*of)
    baselines = select(baseline.c.run).where(baseline.c.row.in_(newest), baseline.c.run.is_not(None))
    rated = select(_E.run).where(_E.id.in_(select(rating.c.execution)))
    return select(_R.job).where(or_(_R.id.in_(baselines), _R.id.in_(rated)))


def _content(connection: Connection, jobs: Sequence[bytes]) -> dict[bytes, list[bytes]]:
    query = select(_R.job, _R.config_hash, _R.suite_hash).where(_R.job.in_(jobs))
    found: dict[bytes, list[bytes]] = {}
    for owner, *names in connection.execute(query):
        found.setdefault(owner, []).extend(name for name in names if name is not None)
    return found
