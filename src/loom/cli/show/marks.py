"""The signs before the models of runs that are not what they look like: in front, where no width cuts them."""

from typing import TYPE_CHECKING

from loom.cli.show.console import Part, put
from loom.engine.models import JobKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loom.evaluation.store import RunRow

__all__ = ["marked_model", "show_legend"]

_MEANINGS = {
    "~": "simulated: answered by the embedded family, which is no real model",
    "↻": "re-scored: the outputs of another run, judged once more",
    "◆": "sealed: over the sealed cases",
}


def marked_model(run: "RunRow", *, sealed: bool = False) -> Part:
    """The model of `run` behind all signs that hold of the run, which was over sealed cases or not."""
    marks = _marks(run, sealed=sealed)
    return (f"{marks} {run.model}", "warn") if marks else run.model


def show_legend(runs: "Iterable[tuple[RunRow, bool]]") -> None:
    """What the signs of `runs`, each with whether it was over sealed cases, mean."""
    seen = {mark for run, sealed in runs for mark in _marks(run, sealed=sealed)}
    for mark, meaning in _MEANINGS.items():
        if mark in seen:
            put((f"{mark} {meaning}", "warn"))


def _marks(run: "RunRow", *, sealed: bool) -> str:
    held = (run.simulated, run.kind == JobKind.RESCORE, sealed)
    return "".join(mark for mark, holds in zip(_MEANINGS, held, strict=True) if holds)
