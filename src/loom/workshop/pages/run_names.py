"""What several runs are called beside each other."""

from collections.abc import Sequence

from loom.core.ids import short
from loom.evaluation.store import RunRow

__all__ = ["run_names"]


def run_names(runs: Sequence[RunRow], versions: Sequence[str | None]) -> tuple[str, ...]:
    """The shortest that tells them apart: versions of one worker, else workers, models, both, else ids."""
    targets, models = [run.target for run in runs], [run.model for run in runs]
    both = [f"{target} on {model}" for target, model in zip(targets, models, strict=True)]
    of_one = versions if len(set(targets)) == 1 else ()
    for names in (of_one, targets, models, both):
        if all(names) and len(set(names)) == len(runs):
            return tuple(str(name) for name in names)
    return tuple(short(run.id) for run in runs)
