"""What several runs are called beside each other, and which cases they were over."""

from collections.abc import Iterator, Sequence

from loom.core.ids import short
from loom.evaluation.running.specification import Selection
from loom.evaluation.store import RunRow
from loom.workshop.pages.format import exact

__all__ = ["part_of_suite", "run_names"]


def part_of_suite(selection: Selection) -> Iterator[str]:
    """What makes `selection` less than all but the sealed cases; nothing of one that is all."""
    if selection.split:
        yield selection.split
    if selection.tags:
        yield f"tagged {' or '.join(selection.tags)}"
    if selection.limit is not None:
        yield f"at most {exact(selection.limit)}"


def run_names(runs: Sequence[RunRow], versions: Sequence[str | None]) -> tuple[str, ...]:
    """The shortest that tells them apart: versions of one worker, else workers, models, both, else ids."""
    targets, models = [run.target for run in runs], [run.model for run in runs]
    both = [f"{target} on {model}" for target, model in zip(targets, models, strict=True)]
    of_one = versions if len(set(targets)) == 1 else ()
    for names in (of_one, targets, models, both):
        if all(names) and len(set(names)) == len(runs):
            return tuple(str(name) for name in names)
    return tuple(short(run.id) for run in runs)
