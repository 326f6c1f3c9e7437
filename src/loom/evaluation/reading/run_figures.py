"""A run added up, and how it was made: what its page and every comparison with it begin with."""

from dataclasses import dataclass

from sqlalchemy import Connection

from loom.calls.store import account_state
from loom.core.ids import RunId
from loom.engine.store import load_job
from loom.evaluation.comparing.comparison import Comparison, Measure, RunScores, compare
from loom.evaluation.people_store import Baseline
from loom.evaluation.reading.head import (
    Bin,
    Means,
    RunAbout,
    RunHead,
    ScorerFigure,
    TagRate,
    histogram,
    scorer_figures,
    scorer_means,
    tag_rates,
)
from loom.evaluation.reading.run_material import RunMaterial
from loom.evaluation.reading.runs_store import job_heads
from loom.evaluation.results.report import RunReport
from loom.evaluation.results.run_scores import scores_of
from loom.evaluation.scoring.case_scorers import passes_by

__all__ = ["RunFigures", "about_of", "beside", "figures_of", "head_of"]


@dataclass(frozen=True, slots=True)
class RunFigures:
    """A run added up."""

    material: RunMaterial
    report: RunReport
    about: RunAbout
    means: Means
    tags: tuple[TagRate, ...]
    scorers: tuple[ScorerFigure, ...]
    histogram: tuple[Bin, ...]

    @property
    def scores(self) -> RunScores:
        """The run as a comparison sees it."""
        return scores_of(self.report.run, self.report.cases, self.report.results)

    @property
    def size(self) -> int:
        """How much there is to hold."""
        return len(self.report.cases) + sum(map(len, self.means.values()))


def about_of(connection: Connection, run: RunMaterial) -> RunAbout:
    """How `run` was made."""
    made = run.evaluation
    spec = load_job(connection, run.run.job).spec
    head = job_heads(connection, [run.run.job])[run.run.job]
    return RunAbout(
        version=made.version.hex() if made.version else None,
        snapshot=made.snapshot,
        split=made.selection.split,
        tags=made.selection.tags,
        limit=made.selection.limit,
        repetitions=made.repetitions,
        concurrency=made.concurrency,
        use_cache=made.use_cache,
        scorers=made.scorers,
        passes=passes_by(run.judges.scorers),
        judge=made.judge,
        source=RunId(bytes.fromhex(source)) if (source := spec.get("source")) else None,
        budget_nano=account_state(connection, run.run.account).limit_nano,
        principal=head.principal,
        finished_us=head.finished_us,
    )


def figures_of(material: RunMaterial, report: RunReport, about: RunAbout) -> RunFigures:
    """What `report` comes to."""
    totals, means = report.cases, scorer_means(material, report.by_scorer)
    return RunFigures(
        material,
        report,
        about,
        means,
        tag_rates(totals, material),
        scorer_figures(material, means, totals),
        histogram(totals),
    )


def head_of(found: RunFigures, baseline: Baseline | None) -> RunHead:
    """What stands above the cases."""
    return RunHead(found.report, found.about, found.tags, found.scorers, found.histogram, baseline)


def beside(a: RunFigures, b: RunFigures, measure: Measure = Measure.PASS_RATE) -> Comparison:
    """`b` beside `a`.

    Raises:
        UsageError: when they cannot be compared.
    """
    return compare(a.scores, b.scores, measure)
