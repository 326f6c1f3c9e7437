"""Numbers and names as reports spell them."""

from loom.evaluation.comparing.comparison import Verdict
from loom.evaluation.scoring.calls import Judge
from loom.evaluation.statistics.intervals import Interval

__all__ = ["JOINED", "NO_REAL_MODEL", "interval", "judge_words", "percent", "points"]

NO_REAL_MODEL = " (simulated: no real model)"
"""What follows the name of a model of the embedded family."""

JOINED = {
    Verdict.BETTER: "than",
    Verdict.WORSE: "than",
    Verdict.NOT_SEPARABLE: "from",
    Verdict.NONE: "against",
}
"""What stands between a verdict and the run that it is beside."""


def percent(share: float | None) -> str:
    """`86.5 %`; a dash for None."""
    return "–" if share is None else f"{100 * share:.1f} %"


def points(share: float) -> str:
    """A difference of rates: `+4.0`, with a true minus."""
    return f"{100 * share:+.1f}".replace("-", "−")


def judge_words(judge: Judge) -> str:
    """`large-1 at acme`; of one that is simulated, that it is."""
    return judge.model + (NO_REAL_MODEL if judge.simulated else f" at {judge.endpoint}")


def interval(found: Interval) -> str:
    """`[80.1, 91.0]`, in percent."""
    return f"[{100 * found.low:.1f}, {100 * found.high:.1f}]"
