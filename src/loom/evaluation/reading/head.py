"""What stands above the cases of a run: how it was made, what it came to, by tag, by scorer, and how scores spread."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loom.core.ids import RunId
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.models import Split
from loom.evaluation.people_store import Baseline
from loom.evaluation.reading.run_material import RunMaterial
from loom.evaluation.results.case_sums import ScorerSum
from loom.evaluation.results.report import RunReport
from loom.evaluation.scorers.base import JudgeChoice
from loom.evaluation.statistics.case_totals import CaseTotal
from loom.evaluation.statistics.intervals import Interval
from loom.evaluation.statistics.rates import Rate, mean_over_cases, pass_rate

__all__ = [
    "Bin",
    "Means",
    "RunAbout",
    "RunHead",
    "ScorerFigure",
    "TagRate",
    "histogram",
    "scorer_figures",
    "scorer_means",
    "tag_rates",
]

_BINS = 10
_MOST_TAGS = 50

Means = Mapping[str, Mapping[bytes, ScorerSum]]
"""By the name under which a scorer is shown, then by case."""


@dataclass(frozen=True, slots=True)
class TagRate:
    """The pass rate over the cases with one tag."""

    tag: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class ScorerFigure:
    """What one scorer said of a run: the mean over what it could score."""

    name: str
    """Numbered where several have the same; scorers of single cases stand together under their name."""

    threshold: float | None
    """None where several thresholds stand together."""

    mean: float
    interval: Interval
    n: int
    """Executions that it scored."""

    cases: int
    passed: int
    """How many of them reached the threshold."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases whose mean weighted score lies in [low, high)."""

    low: float
    high: float
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class RunAbout:
    """How a run was made."""

    version: str | None
    """The hash of the worker's text in hexadecimal digits; None when the catalog had none."""

    snapshot: Json
    """All of the worker that determines requests and verdicts."""

    split: Split | None
    tags: tuple[str, ...]
    limit: int | None
    repetitions: int
    concurrency: int
    use_cache: bool
    scorers: tuple[JsonValue, ...]
    passes: tuple[str, ...]
    """By what a case passes: each scorer that judges any, with its threshold, as `field_match from 1`."""

    judge: JudgeChoice | None
    source: RunId | None
    """The run whose outputs were scored once more."""

    budget_nano: int | None
    principal: str
    finished_us: int | None


@dataclass(frozen=True, slots=True)
class RunHead:
    """A run as its page begins."""

    report: RunReport
    about: RunAbout
    tags: tuple[TagRate, ...]
    scorers: tuple[ScorerFigure, ...]
    histogram: tuple[Bin, ...]
    baseline: Baseline | None
    """What later runs of its worker on its suite are compared with; it may be this run itself."""


def tag_rates(totals: Sequence[CaseTotal], run: RunMaterial) -> tuple[TagRate, ...]:
    """By tag, the most frequent first; a case counts under each of its tags."""
    tagged: defaultdict[str, list[CaseTotal]] = defaultdict(list)
    for total in totals:
        for tag in run.cases[total.key.item_hash].tags:
            tagged[tag].append(total)
    ordered = sorted(tagged.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple(TagRate(tag, pass_rate(some)) for tag, some in ordered[:_MOST_TAGS])


def scorer_means(run: RunMaterial, sums: Mapping[bytes, Mapping[bytes, ScorerSum]]) -> Means:
    """`sums` by the name under which a scorer is shown instead of its hash; those of the run first."""
    labels = dict(zip((one.hash for one in run.scorers.common), run.results.labels, strict=True))
    names = labels | {
        one.scorer_hash: one.name for one in run.judges.scorers if one.scorer_hash not in labels
    }
    means: dict[str, dict[bytes, ScorerSum]] = {name: {} for name in names.values()}
    for scorer, by_case in sums.items():
        means[names[scorer]].update(by_case)
    return {name: by_case for name, by_case in means.items() if by_case}


def scorer_figures(run: RunMaterial, means: Means, totals: Sequence[CaseTotal]) -> tuple[ScorerFigure, ...]:
    """What each scorer said, with the case as what varies."""
    thresholds: defaultdict[str, set[float]] = defaultdict(set)
    asked: defaultdict[bytes, set[float]] = defaultdict(set)
    for scorer in (*run.judges.scorers, *run.judges.otherwise):
        asked[scorer.scorer_hash].add(scorer.threshold)
    figures: list[ScorerFigure] = []
    for name, by_case in means.items():
        scored = [total for total in totals if total.key.item_hash in by_case]
        sums = [by_case[total.key.item_hash] for total in scored]
        thresholds[name].update(*(asked[one.scorer] for one in sums))
        mean, interval = mean_over_cases(scored, [one.mean for one in sums])
        if mean is None:
            continue
        threshold = thresholds[name].pop() if len(thresholds[name]) == 1 else None
        number, passed = sum(one.number for one in sums), sum(one.passed for one in sums)
        figures.append(ScorerFigure(name, threshold, mean, interval, number, len(scored), passed))
    return tuple(figures)


def histogram(totals: Sequence[CaseTotal]) -> tuple[Bin, ...]:
    """How the mean scores of cases spread; what could not be scored or ended in an error is left out."""
    counts = [[0, 0] for _ in range(_BINS)]
    for total in totals:
        scored = total.passed + total.failed
        if scored:
            value = total.score_sum / scored
            passes = 2 * total.passed > scored
            counts[min(_BINS - 1, int(value * _BINS))][0 if passes else 1] += 1
    return tuple(
        Bin(number / _BINS, (number + 1) / _BINS, passed, failed)
        for number, (passed, failed) in enumerate(counts)
    )
