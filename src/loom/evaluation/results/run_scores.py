"""A stored run as comparisons see it: its cases added up, by what it was judged, and whether it is whole."""

from collections.abc import Sequence

from loom.core.ids import short
from loom.engine.models import JobState
from loom.evaluation.comparing.comparison import RunScores
from loom.evaluation.results.case_results import Results
from loom.evaluation.statistics.case_totals import CaseTotal
from loom.evaluation.store import RunRow

__all__ = ["scores_of", "unfinished"]


def scores_of(run: RunRow, cases: Sequence[CaseTotal], results: Results) -> RunScores:
    """`run`, whose executions `results` judges and `cases` add up."""
    name = f"{run.target} {short(run.id)}"
    return RunScores(name, tuple(cases), run.id, results.yardstick, results.own_scorers, unfinished(run))


def unfinished(run: RunRow) -> str:
    """That `run` has not ended or was ended before all was done, and how far it is; empty when it is whole."""
    state = JobState(run.state)
    if state is JobState.COMPLETED:
        return ""
    if state.final:
        far = f"{run.done:,} of {run.planned:,}"
        return f"run {short(run.id)} was {state} at {far}: the cases done are no sample of them all"
    return f"run {short(run.id)} has not ended: {run.done:,} of {run.planned:,} done"
