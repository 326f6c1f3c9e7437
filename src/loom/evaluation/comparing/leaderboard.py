"""Several runs of one suite, best first, and which of them cannot be told from the best."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from loom.core.errors import Problem, UsageError
from loom.core.ids import short
from loom.evaluation.comparing.comparison import Measure, RunScores, all_sealed, scored_apart
from loom.evaluation.statistics.case_totals import CaseTotal
from loom.evaluation.statistics.intervals import LEVEL, Interval, Paired, cases_needed, clusters, holm, paired
from loom.evaluation.statistics.rates import mean_over_cases

__all__ = ["Leaderboard", "Place", "leaderboard"]


@dataclass(frozen=True, slots=True)
class Place:
    """One run, over the cases that all runs share."""

    name: str
    run_id: bytes | None
    value: float
    interval: Interval
    behind: Paired | None
    """This run minus the best, case by case; None for the best itself."""

    p_value: float
    """That it is as good as the best, adjusted for every pair of the leaderboard; 1 for the best itself."""

    tied: bool
    """Not separable from the best."""

    cost_nano_usd: float | None
    """Per execution; None when unknown."""

    latency_ms: float | None
    """The model's time per execution, over the cases where it is known; None when it is in none."""


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Several runs side by side; see `leaderboard`."""

    measure: Measure
    cases: int
    """Cases that all runs have and that could be scored in all."""

    left_out: tuple[tuple[str, int], ...]
    """By run: how many of its cases are not compared, for the runs that have any."""

    places: tuple[Place, ...]
    """Best first; equal ones in the order given."""

    cases_needed: int | None
    """About how many more cases would separate the first from the second; None when they are, or do not differ."""

    sealed: bool

    @property
    def tied(self) -> tuple[str, ...]:
        """The runs that may be the best, the first included."""
        return tuple(place.name for place in self.places if place.tied)

    @property
    def best(self) -> str | None:
        """The only run that may be the best; None when several may."""
        return self.tied[0] if len(self.tied) == 1 else None


def leaderboard(runs: Sequence[RunScores], measure: Measure = Measure.PASS_RATE) -> Leaderboard:
    """Order `runs` by `measure` over the cases they share.

    A run is separated from the best when the interval of the difference leaves zero out and p, adjusted by Holm for
    all pairs, is at most 5 %. For all pairs and not only those with the best, as the best was chosen by looking: so
    of identical runs any is called worse than the first in at most 5 % of leaderboards, however many they are.

    Raises:
        UsageError: for fewer than two runs, one given twice or not completed, no case in common, other scorers, or
            sealed cases mixed with others.
    """
    _refuse_repeats(runs)
    _refuse_unfinished(runs)
    _refuse_other_scorers(runs)
    columns, left_out = _shared(runs)
    sealed = all_sealed(columns[0])
    scored = [_column(run, column, measure) for run, column in zip(runs, columns, strict=True)]
    ranked = sorted(scored, key=lambda one: one.value, reverse=True)
    first, rest = ranked[0], ranked[1:]
    behind = [_difference(first, one) for one in rest]
    adjusted = holm([change.p_value for change in behind], family=len(runs) * (len(runs) - 1) // 2)
    places = [
        one.place(change, p_value, tied=p_value > 1 - LEVEL or 0 in change.interval)
        for one, change, p_value in zip(rest, behind, adjusted, strict=True)
    ]
    second = places[0]
    more = cases_needed(behind[0].mean, behind[0].standard_error, len(columns[0])) if second.tied else None
    return Leaderboard(
        measure, len(columns[0]), left_out, (first.place(None, 1.0, tied=True), *places), more, sealed
    )


def _refuse_unfinished(runs: Sequence[RunScores]) -> None:
    """An order that whoever looks could have otherwise a minute later is none."""
    problems = [
        Problem("cannot be put in order with others", one.unfinished, remedy="leave it out")
        for one in runs
        if one.unfinished
    ]
    if problems:
        raise UsageError(problems)


def _refuse_other_scorers(runs: Sequence[RunScores]) -> None:
    """Scores of different scorers make no order."""
    for one in runs[1:]:
        if apart := scored_apart(runs[0], one):
            what = f"cannot be put in order with {runs[0].name} (A): {apart}"
            raise UsageError(Problem(what, one.name, remedy=_commensurate(runs[0], one)))


def _commensurate(first: RunScores, other: RunScores) -> str:
    if first.scorers == other.scorers:
        return "compare runs on one version of their suite"
    remedy = "compare runs with the same scorers"
    if not (first.run_id and other.run_id):
        return remedy
    return f"{remedy}: loom rescore {short(other.run_id)} --like {short(first.run_id)}"


@dataclass(frozen=True, slots=True)
class _Column:
    """One run over the shared cases."""

    run: RunScores
    cases: Sequence[CaseTotal]
    values: Sequence[float]
    value: float
    interval: Interval

    def place(self, behind: Paired | None, p_value: float, *, tied: bool) -> Place:
        costs = _known(case.mean_cost for case in self.cases)
        times = _known(case.mean_latency for case in self.cases)
        return Place(
            self.run.name,
            self.run.run_id,
            self.value,
            self.interval,
            behind,
            p_value,
            tied,
            fmean(costs) if len(costs) == len(self.cases) else None,
            fmean(times) if times else None,
        )


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _refuse_repeats(runs: Sequence[RunScores]) -> None:
    if len(runs) < 2:
        raise UsageError(Problem("needs at least two runs", remedy="name more of them"))
    names = Counter(run.run_id or run.name for run in runs)
    twice = next((run.name for run in runs if names[run.run_id or run.name] > 1), None)
    if twice is not None:
        raise UsageError(Problem("is given twice", field=twice, remedy="name each run once"))


def _shared(runs: Sequence[RunScores]) -> tuple[list[list[CaseTotal]], tuple[tuple[str, int], ...]]:
    """The cases that count in every run, in the order of the first; and how many each run has besides."""
    known = [{case.key: case for case in run.cases if case.counted} for run in runs]
    keys = [case.key for case in runs[0].cases if all(case.key in one for one in known)]
    if not keys:
        remedy = "compare runs of one suite"
        raise UsageError(Problem("the runs share no case that was scored in all", remedy=remedy))
    left_out = tuple((run.name, len(run.cases) - len(keys)) for run in runs if len(run.cases) > len(keys))
    return [[one[key] for key in keys] for one in known], left_out


def _column(run: RunScores, cases: Sequence[CaseTotal], measure: Measure) -> _Column:
    values = [value for case in cases if (value := measure.of(case)) is not None]
    value, interval = mean_over_cases(cases, values)
    assert value is not None
    return _Column(run, cases, values, value, interval)


def _difference(first: _Column, other: _Column) -> Paired:
    changes = [b - a for a, b in zip(first.values, other.values, strict=True)]
    cases = first.cases
    return paired(clusters(changes, [case.weight for case in cases], [case.cluster for case in cases]), 1.0)
