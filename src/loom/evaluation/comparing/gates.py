"""The rule that refuses a significant regression, or a rate below a minimum. Knows nothing of stores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from loom.calls.models import Purpose
from loom.core.errors import Problem, UsageError
from loom.evaluation.comparing.comparison import Comparison, Difference, Measure
from loom.evaluation.scorers import ConfiguredScorer
from loom.evaluation.statistics.agreement import GATE_LABELS, calibrate
from loom.evaluation.statistics.intervals import LEVEL, cases_needed
from loom.evaluation.statistics.rates import Rate

__all__ = ["Gate", "GateResult", "Standing", "is_judge", "pass_gate", "refuse_uncalibrated"]


_ENDED = "gate against a run that is completed"
_COMMENSURATE = "gate against a run with the same scorers: set a new baseline, or score the old one anew"


class Standing(StrEnum):
    """What a gate says of a run. Only the first two close it."""

    REGRESSED = "regressed"
    BELOW = "below the minimum"
    CANNOT_TELL = "cannot tell"
    """No significant regression was seen, and one cannot be ruled out either."""

    HELD = "held"
    """Better, or shown to be no worse than the tolerance; or the minimum is reached and nothing else was asked."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What must hold of a run."""

    measure: Measure = Measure.PASS_RATE
    tolerance: float = 0.0
    """By how much the run may be worse, as a share."""

    minimum: float | None = None
    """What the pass rate must be at least on these very cases: a rule about them, so no test."""

    def __post_init__(self) -> None:
        """A gate that nothing can close is none: NaN is neither above nor below.

        Raises:
            UsageError: when a number is no share.
        """
        for name, share in (("tolerance", self.tolerance), ("minimum", self.minimum)):
            if share is not None and not 0 <= share <= 1:
                raise UsageError(Problem("is not a share from 0 to 1", name, value=share))


@dataclass(frozen=True, slots=True)
class GateResult:
    """What a gate says of a run, and why."""

    standing: Standing
    reason: str
    cases_needed: int | None = None
    """About how many more cases would tell; None when it is told, or cannot be estimated."""

    @property
    def failed(self) -> bool:
        """Whether the run must not pass."""
        return self.standing in (Standing.REGRESSED, Standing.BELOW)


def pass_gate(gate: Gate, rate: Rate, comparison: Comparison | None) -> GateResult:
    """What `gate` says of a run with this pass rate, compared with its baseline where there is one.

    Raises:
        UsageError: when there is nothing to judge by: no case was scored, none in both runs, or by other scorers,
            or the baseline is not completed.
    """
    if rate.value is None:
        raise UsageError(_nothing("no case of the run was scored"))
    if gate.minimum is not None and rate.value < gate.minimum:
        reason = f"pass rate {_percent(rate.value)} is below {_percent(gate.minimum)}"
        return GateResult(Standing.BELOW, reason)
    if comparison is None:
        if gate.minimum is None:
            raise UsageError(_nothing("there is no baseline and no minimum"))
        reached = f"pass rate {_percent(rate.value)} is at least {_percent(gate.minimum)}"
        return GateResult(Standing.HELD, reached)
    if comparison.unfinished:
        raise UsageError(Problem(comparison.reason, "--gate", remedy=_ENDED))
    if comparison.scored_differently:
        raise UsageError(Problem(comparison.reason, "--gate", remedy=_COMMENSURATE))
    main = comparison.main
    if main is None:
        raise UsageError(_nothing("the run and its baseline share no case that was scored in both"))
    return _against(gate, main)


def _nothing(what: str) -> Problem:
    return Problem(what, "--gate", remedy="set a baseline with `loom baseline set RUN`, or check the scorers")


def _against(gate: Gate, main: Difference) -> GateResult:
    change, allowed = main.change, -gate.tolerance
    low, high = change.interval.low, change.interval.high
    seen = (
        f"{gate.measure} {_points(change.mean)} points [{_points(low)}, {_points(high)}], n = {main.cases:,}"
    )
    within = f", allowed {_points(allowed)}" if gate.tolerance else ""
    if high < allowed and change.p_value <= 1 - LEVEL:
        return GateResult(Standing.REGRESSED, f"{seen}{within}")
    if low >= allowed and (gate.tolerance or change.mean > 0 or low == high):
        return GateResult(Standing.HELD, f"{seen}{within}")
    more = cases_needed(change.mean - allowed, change.standard_error, main.cases)
    doubt = f"{seen}{within}; a drop of {_points(-low).lstrip('+')} points cannot be ruled out"
    hint = f"; about {more:,} more cases would tell" if more else ""
    return GateResult(Standing.CANNOT_TELL, doubt + hint, more)


def is_judge(scorer: ConfiguredScorer) -> bool:
    """Whether a model decides its score."""
    return any(wish.purpose is Purpose.JUDGE for wish in scorer.routes)


def refuse_uncalibrated(
    scorers: Sequence[ConfiguredScorer],
    labelled: Mapping[bytes, Sequence[tuple[float, float]]],
    run: str | None = None,
) -> None:
    """Let a judge gate only where it was held against people.

    `labelled` has, by scorer hash, the outputs that both judged: the judge's value and people's. `run` is the one to
    label; None when it is still to be made.

    Raises:
        UsageError: naming each judge that may not gate, why, and how to label.
    """
    problems = [
        Problem(f"may not decide a gate: {refusal}", scorer.name, remedy=_how_to_label(run))
        for scorer in scorers
        if is_judge(scorer) and (refusal := _refusal(scorer, labelled.get(scorer.scorer_hash, ())))
    ]
    if problems:
        raise UsageError(problems)


def _refusal(scorer: ConfiguredScorer, pairs: Sequence[tuple[float, float]]) -> str | None:
    if not pairs:
        return f"no human labels, and a judge gates from {GATE_LABELS} on"
    return calibrate(pairs, judge_threshold=scorer.threshold).refusal


def _how_to_label(run: str | None) -> str:
    if run is None:
        return f"evaluate without --gate first; then {_how_to_label('last')}"
    return f"write labels with `loom label export {run} -o labels.csv`, fill them in, `loom label import labels.csv`"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")
