"""How the judgement of a run looks: the comparison, the gate, and where its reports are."""

from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.show.comparison import show_comparison
from loom.cli.show.console import console, put
from loom.evaluation.results.run_scores import unfinished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loom.cli.gating import Judged
    from loom.evaluation.comparing.gates import GateResult
    from loom.evaluation.store import RunRow

__all__ = ["show_judged", "show_unjudged"]

_STYLES = {"regressed": "fail", "below the minimum": "fail", "held": "pass", "cannot tell": "warn"}
_SIMULATED = (
    "warning: simulated answers: this gate says nothing about a real model; configure an endpoint, or its key"
)
_MARKS = {"fail": "✗", "pass": "✓", "warn": "="}


def show_judged(run: "RunRow", judged: "Judged", files: "Sequence[Path]" = ()) -> None:
    """What was asked for: nothing else."""
    if judged.against is not None and judged.comparison is not None:
        show_comparison(judged.comparison, judged.against, run, hint=False)
    if judged.gate is not None:
        _show_gate(judged.gate)
        if run.simulated:
            put((_SIMULATED, "warn"))
    for path in files:
        put((f"Written: {path}", "muted"))


def show_unjudged(run: "RunRow", *, gated: bool) -> None:
    """That there is no verdict of `run`, and no gate where one was wanted."""
    console().print()
    put(unfinished(run), label=("○ GATE NOT JUDGED  " if gated else "○ NO VERDICT  ", "warn"), hang=0)


def _show_gate(result: "GateResult") -> None:
    style = _STYLES[result.standing]
    console().print()
    put(result.reason, label=(f"{_MARKS[style]} GATE {result.standing.upper()}  ", style), hang=0)
