"""What is needed to read the executions of a run: its specification, its suite, its scorers. Reads no execution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection

from loom.core.errors import Problem, UsageError
from loom.core.ids import short
from loom.core.jsonvalue import Json
from loom.engine.models import JobState
from loom.engine.store import load_job
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.reading.verdict_store import Judges
from loom.evaluation.results.case_results import Results
from loom.evaluation.running.specification import Evaluation
from loom.evaluation.scorers.rating import HumanRating
from loom.evaluation.scoring.case_scorers import ScorerSet
from loom.evaluation.sealed.cases import SealedCases, sealed_among
from loom.evaluation.store import RunRow
from loom.evaluation.suites.store import SuiteStore

__all__ = ["RunMaterial", "material_from", "material_of"]

_ENDED = frozenset((JobState.COMPLETED, JobState.STOPPED, JobState.FAILED))


@dataclass(frozen=True)
class RunMaterial:
    """A run over a suite, ready to be read."""

    run: RunRow
    evaluation: Evaluation
    suite: Suite
    cases: Mapping[bytes, Case]
    """Those of the whole suite, by key, in its order."""

    scorers: ScorerSet

    @cached_property
    def judges(self) -> Judges:
        """Every scorer that judges any of the cases."""
        return Judges(self.scorers.every(self.cases.values()), self.scorers.otherwise(self.cases))

    @property
    def sealed(self) -> bool:
        """Whether it ran over sealed cases; no run mixes them with others."""
        return self.evaluation.selection.split is Split.SEALED

    @cached_property
    def sealed_cases(self) -> SealedCases:
        """Those of its suite."""
        return sealed_among(self.suite.name, self.cases)

    @cached_property
    def in_order(self) -> Sequence[bytes]:
        """The keys of the cases, in the order of the suite."""
        return tuple(self.cases)

    @cached_property
    def by_name(self) -> Sequence[bytes]:
        """The same by name."""
        return tuple(sorted(self.cases, key=lambda key: self.cases[key].name.casefold()))

    @property
    def results(self) -> Results:
        """What makes results of stored executions."""
        return Results(self.run.id, self.cases, self.scorers)

    @property
    def settled(self) -> bool:
        """Whether what it came to can no longer change: it has ended, and no person's word counts in it."""
        rated = any(isinstance(one.scorer, HumanRating) for one in self.judges.scorers)
        return self.run.state in _ENDED and not rated


def material_of(connection: Connection, run: RunRow, suites: SuiteStore) -> RunMaterial:
    """What reading `run` needs.

    Raises:
        UsageError: when it is not a run over a suite.
    """
    return material_from(connection, run, load_job(connection, run.job).spec, suites)


def material_from(connection: Connection, run: RunRow, spec: Json, suites: SuiteStore) -> RunMaterial:
    """The same where the specification of its job is at hand.

    Raises:
        UsageError: when it is not a run over a suite.
    """
    if run.suite_hash is None:
        raise UsageError(Problem("has no suite", field=short(run.id), remedy="choose a run of `loom eval`"))
    evaluation = Evaluation.from_json(spec)
    kept = suites.load(connection, run.suite_hash)
    return RunMaterial(run, evaluation, kept.suite, kept.cases, evaluation.scorer_set())
