"""On which terms a rate was measured: by which scorers, over which cases. Measures nothing."""

from dataclasses import dataclass, field

from loom.evaluation.reading.run_material import RunMaterial
from loom.evaluation.results.case_results import Results
from loom.evaluation.running.specification import Selection
from loom.evaluation.scoring.case_scorers import passes_by

__all__ = ["Terms", "terms_of"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Rates on other terms do not compare."""

    yardstick: tuple[tuple[str, str], ...]
    """As `Results.yardstick`."""

    selection: Selection
    passes_by: tuple[str, ...] = field(compare=False)
    """The yardstick in words, with the scorers that single cases have."""


def terms_of(run: RunMaterial) -> Terms:
    """Those of `run`."""
    results = Results(run.run.id, run.cases, run.scorers, judges=run.evaluation.judges)
    return Terms(tuple(results.yardstick.items()), run.evaluation.selection, passes_by(run.judges.scorers))
