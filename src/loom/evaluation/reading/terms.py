"""On which terms a rate was measured: by which scorers, over which cases. Measures nothing."""

from dataclasses import dataclass, field

from loom.evaluation.reading.run_material import RunMaterial
from loom.evaluation.results import Results
from loom.evaluation.specification import Selection

__all__ = ["Terms", "passes_by", "terms_of"]


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
    return Terms(tuple(results.yardstick.items()), run.evaluation.selection, passes_by(run))


def passes_by(run: RunMaterial) -> tuple[str, ...]:
    """By what a case of `run` passes: each scorer that judges any, with its threshold, as `field_match from 1`."""
    return tuple(dict.fromkeys(f"{one.name} from {one.threshold:g}" for one in run.judges.scorers))
