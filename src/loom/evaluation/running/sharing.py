"""Whether what is about to be paid for can be held against a run: whether they have a case in common."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from loom.core.errors import Problem, UsageError
from loom.core.ids import short
from loom.engine.models import JobKind
from loom.engine.store import load_job
from loom.evaluation.models import Case, Split
from loom.evaluation.running.specification import Evaluation
from loom.evaluation.store import RunRow
from loom.evaluation.suites.store import SuiteStore

__all__ = ["cases_of", "refuse_apart"]


def cases_of(connection: Connection, run: RunRow, suites: SuiteStore) -> Mapping[bytes, Case]:
    """The cases of `run` by key, also those that it has not come to yet.

    Raises:
        UsageError: when it is not a run over a suite.
    """
    if run.suite_hash is None:
        raise UsageError(Problem("has no suite", field=short(run.id), remedy="choose a run of `loom eval`"))
    kept = suites.load(connection, run.suite_hash)
    if run.kind == JobKind.RECORD:
        return kept.cases
    chosen = Evaluation.from_json(load_job(connection, run.job).spec).selection
    names = {one.name for one in kept.suite.select(split=chosen.split, tags=chosen.tags, limit=chosen.limit)}
    return {key: case for key, case in kept.cases.items() if case.name in names}


def refuse_apart(connection: Connection, cases: Collection[bytes], other: RunRow, suites: SuiteStore) -> None:
    """Refuse to hold a run over `cases` against `other` where that can say nothing.

    Raises:
        UsageError: when they share no case, or `other` is not a run over a suite.
    """
    there = cases_of(connection, other, suites)
    if there.keys().isdisjoint(cases):
        sealed = any(case.split is Split.SEALED for case in there.values())
        over = f"{'sealed ' if sealed else ''}cases of '{other.suite}'"
        what = f"is over {over}, and shares none of them with what is to be run"
        remedy = "name a run over the same suite and split, or leave it out"
        raise UsageError(Problem(what, "against", value=short(other.id), remedy=remedy))
