"""The page of a run: how good it is, how sure that is, against what; where it stands; its cases."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from loom.core.ids import short
from loom.engine.models import JobState
from loom.evaluation.comparing.comparison import Comparison
from loom.evaluation.comparing.comparison import Verdict as Judgement
from loom.evaluation.models import Split
from loom.evaluation.reading.head import RunHead, ScorerFigure, TagRate
from loom.evaluation.results.report import RunReport
from loom.evaluation.results.run_scores import unfinished
from loom.evaluation.statistics.rates import Rate
from loom.evaluation.store import RunRow
from loom.workshop.pages.addresses import (
    address,
    cases_address,
    comparison_address,
    run_address,
    worker_address,
)
from loom.workshop.pages.cases import CasesView
from loom.workshop.pages.format import (
    exact,
    interval,
    moment,
    percent,
    percent_interval,
    points,
    score,
)
from loom.workshop.pages.jobs import LiveJob, reason_words
from loom.workshop.pages.run_facts import run_facts, run_figures
from loom.workshop.pages.runs import rate_mark, scale_label, state_badges
from loom.workshop.pages.sealed import SealedView
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Link, Number, Range
from loom.workshop.views.charts import Histogram
from loom.workshop.views.feedback import Banner, Dialog, Empty
from loom.workshop.views.figures import Figure, Verdict
from loom.workshop.views.forms import Field
from loom.workshop.views.marks import IntervalMark, Scale, Shares, outcomes
from loom.workshop.views.tables import Card, Column, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = ["CasesBlock", "RunPage", "Standing", "cases_title", "run_page"]

_PROMOTE = "make-baseline"
_REASON = Field("description", "Why this one", attributes=(("maxlength", "200"),))
_TONES = {
    Judgement.BETTER: ("better than baseline", Tone.PASS, "up"),
    Judgement.WORSE: ("worse than baseline", Tone.FAIL, "down"),
    Judgement.NOT_SEPARABLE: ("not separable from baseline", Tone.TIED, "equal"),
    Judgement.NONE: ("no verdict against baseline", Tone.UNSCORED, "dashed"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a run besides what it came to."""

    now_us: int
    version: str | None
    """`v14`, of the worker's text."""

    against: tuple[RunRow, Comparison] | None
    """The baseline, and this run beside it."""

    live: LiveJob | None
    may_run: bool
    """Whether the asker may start and keep things."""

    sealed: SealedView | None
    """What stands over its cases when they are sealed."""


@dataclass(frozen=True, slots=True)
class CasesBlock:
    """The part of the page that a script asks for when one filters, sorts or opens a case."""

    cases_title: str
    cases: CasesView


@dataclass(frozen=True, slots=True)
class RunPage:
    """A run."""

    header: Header
    notices: tuple[Banner, ...]
    live: LiveJob | None
    """How it stands, while its job is not over."""

    totals: bool
    """What it came to is shown: not while that changes by itself."""

    verdict: Verdict
    shares: Shares
    figures: tuple[Figure, ...]
    stands: Table
    scores: Histogram
    scores_note: str
    scores_foot: str
    repeated: tuple[tuple[str, str], ...]
    """How reliable it is; empty when no case ran twice."""

    sealed: SealedView | None
    cases_title: str
    """Empty while there is none."""

    cases: CasesView
    facts: tuple[tuple[str, str], ...]
    promote: Dialog | None
    reason: Field
    """Why it is to be the baseline."""

    run: RunRow


def run_page(head: RunHead, standing: Standing, cases: CasesView) -> RunPage:
    """The page of the run that `head` tells of."""
    report, live = head.report, standing.live
    ended = report.run.state == "completed"
    promote = _promotion(report.run) if standing.may_run and ended and not _is_baseline(head) else None
    rate = report.pass_rate
    return RunPage(
        _header(head, standing, promote),
        tuple(_notices(head, live)),
        live,
        live is None or (rate.attempted > 0 and not live.moving),
        _verdict(rate, standing),
        outcomes(
            passed=rate.passed,
            failed=rate.completed - rate.unscored - rate.passed,
            errored=rate.errored,
            unscored=rate.unscored,
            aborted=rate.aborted,
            planned=report.run.planned,
        ),
        run_figures(report),
        _stands(head),
        _histogram(head),
        f"cases per 0.1, n = {exact(sum(one.passed + one.failed for one in head.histogram))} scored",
        _if_unscored_passed(rate),
        _repeated(report),
        standing.sealed,
        "" if live is not None and not rate.attempted else cases_title(report.run),
        cases,
        tuple(run_facts(head)),
        promote,
        _REASON,
        report.run,
    )


def cases_title(run: RunRow) -> str:
    """What stands over the cases."""
    return "Cases" if JobState(run.state).final else "Cases so far"


def _is_baseline(head: RunHead) -> bool:
    return head.baseline is not None and head.baseline.run == head.report.run.id


def _header(head: RunHead, standing: Standing, promote: Dialog | None) -> Header:
    run, version = head.report.run, standing.version
    named = f"{run.target} {version}" if version else run.target
    badges = state_badges(run, standing.now_us, baseline=_is_baseline(head))
    return Header(
        f"{named} on {run.suite}",
        (
            Crumb("Runs", "/runs"),
            Crumb(run.target, worker_address(run.target, "/eval")),
            Crumb(f"Run {short(run.id)}"),
        ),
        badges if standing.live is None else badges[1:],  # the state goes on changing below
        tuple(_meta(head)),
        tuple(_actions(head, standing, promote)),
        (
            Action("Report as HTML", href=f"/api/v1{run_address(run)}/report?format=html", icon="download"),
            Action("Run page as JSON", href=f"{run_address(run)}.json", icon="download"),
            Action("Cases as CSV", href=f"{run_address(run)}/cases.csv", icon="download"),
            Action("Cases as JSON", href=f"{run_address(run)}/cases.json", icon="download"),
        ),
    )


def _meta(head: RunHead) -> Iterator[str]:
    run, about = head.report.run, head.about
    elsewhere = f"{run.model or 'an unknown model'}, measured elsewhere"
    yield elsewhere if run.kind == "record" else f"{run.model} at {run.endpoint}"
    temperature = about.snapshot.get("temperature")
    if temperature is not None:
        yield f"temperature {temperature}"
    if about.repetitions > 1:
        yield f"{about.repetitions} repetitions"
    yield f"{moment(run.created_us)} by {about.principal}"
    if about.split is Split.SEALED:
        yield "sealed split"


def _actions(head: RunHead, standing: Standing, promote: Dialog | None) -> Iterator[Action]:
    run = head.report.run
    if standing.may_run and run.done and run.state == "completed":
        yield Action("Re-score", href=f"{run_address(run)}/rescore")
    if promote is not None:
        yield Action("Make baseline", post=promote.action.post, dialog=promote.id, icon="star")
    if standing.against is not None:
        compare = comparison_address(standing.against[0].id, run.id)
        yield Action("Compare with baseline", href=compare, tone=ActionTone.FILLED)
    else:
        again = address(worker_address(run.target, "/eval"), suite=run.suite)
        yield Action("Evaluate again", href=again, tone=ActionTone.FILLED)


def _notices(head: RunHead, live: LiveJob | None) -> Iterator[Banner]:
    report, run = head.report, head.report.run
    if run.reason and live is None:
        part = f"; {unfinished(run)}" if run.state == JobState.STOPPED else ""
        yield Banner(reason_words(run.reason, run.state) + part, Tone.WARNING)
    if head.about.source is not None:
        there = Action(f"Run {short(head.about.source)}", href=run_address(head.about.source))
        yield Banner("The outputs of another run, scored once more; no worker was asked.", action=there)
    far = "" if live is None else " so far"
    for message, times in report.errors:
        yield Banner(f"{exact(times)} errored{far}: {message}", Tone.ERROR)
    if report.invalid:
        yield Banner(
            f"{exact(report.invalid)} outputs{far} do not fit the output contract; they count as failed.",
            Tone.FAIL,
        )


def _verdict(rate: Rate, standing: Standing) -> Verdict:
    unit = "pass rate" if standing.live is None else "pass rate so far"
    if rate.value is None:
        return Verdict("–", unit, ("Nothing that counts has ended yet.",))
    units = "".join(f", {one}" for one in rate.units)
    ends = percent_interval(rate.interval.low, rate.interval.high)
    line = f"95 % interval {ends}, n = {exact(rate.n)}{units}"
    if standing.against is None:
        return Verdict(percent(rate.value), unit, (line,))
    comparison = standing.against[1]
    words, tone, icon = _TONES[comparison.verdict]
    why = (comparison.reason,) if comparison.verdict is Judgement.NONE else ()
    return Verdict(
        percent(rate.value),
        unit,
        (line, *why),
        Badge(words, tone, icon, comparison.reason),
        _change(comparison),
    )


def _change(comparison: Comparison) -> str:
    main = comparison.main
    if main is None:
        return ""
    low, high = main.change.interval.low, main.change.interval.high
    return f"{points(main.change.mean)} points ({points(low)} to {points(high)})"


def _stands(head: RunHead) -> Table:
    """By scorer and by tag, on one scale."""
    lows = [one.interval.low for one in head.scorers]
    lows += [one.rate.interval.low for one in head.tags if one.rate.value is not None]
    scale = Scale(min(floor(10 * min(lows, default=0.0)) / 10, 0.9), 1.0)
    whole = head.report.pass_rate.value
    run = head.report.run
    scored = tuple(
        _scorer_row(f"scorer-{number}", one, scale, run) for number, one in enumerate(head.scorers)
    )
    tagged = tuple(_tag_row(f"tag-{number}", one, scale, whole, run) for number, one in enumerate(head.tags))
    group = Row("tags", group=("Tag", "n", "Pass", scale_label(scale), "Interval"))
    return Table(
        "Where it stands",
        (
            Column("part", "Scorer"),
            Column("n", "n", shape=Shape.NUMBER, priority=2),
            Column("value", "Mean", shape=Shape.NUMBER, card=Card.CORNER),
            Column("interval", scale_label(scale), shape=Shape.GROWING),
            Column("ends", "Interval", shape=Shape.NUMBER, priority=2),
        ),
        (*scored, *((group,) if tagged else ()), *tagged),
        empty=Empty("No case was scored." if JobState(run.state).final else "No case has been scored yet."),
    )


def _tag_row(name: str, one: TagRate, scale: Scale, whole: float | None, run: RunRow) -> Row:
    rate = one.rate
    ends = percent_interval(rate.interval.low, rate.interval.high) if rate.value is not None else "–"
    return Row(
        name,
        (
            Link(one.tag, cases_address(run, "tag", one.tag)),
            Number(exact(rate.n), rate.n),
            Number(percent(rate.value), rate.value),
            Range(rate_mark(rate, scale, whole)),
            Number(ends, muted=True),
        ),
    )


def _scorer_row(name: str, one: ScorerFigure, scale: Scale, run: RunRow) -> Row:
    ends = interval(one.interval.low, one.interval.high)
    mark = IntervalMark(one.interval.low, one.mean, one.interval.high, scale, f"{score(one.mean)}, {ends}")
    passed = f"{exact(one.passed)} of {exact(one.n)} passed"
    return Row(
        name,
        (
            Link(one.name, cases_address(run, "scorer", one.name), mono=True),
            Number(exact(one.n), one.n, passed),
            Number(score(one.mean), one.mean),
            Range(mark),
            Number(ends, muted=True),
        ),
    )


def _histogram(head: RunHead) -> Histogram:
    counts = tuple((one.passed, one.failed) for one in head.histogram)
    thresholds = {one.threshold for one in head.scorers}
    single = thresholds.pop() if len(head.scorers) == 1 else None
    scored = sum(map(sum, counts))
    label = (
        f"Distribution of the weighted score, {exact(scored)} scored cases"
        if scored
        else "No case was scored."
    )
    return Histogram(label, counts, threshold=single)


def _if_unscored_passed(rate: Rate) -> str:
    if not rate.unscored:
        return "Errors count as failed."
    every = rate.n + rate.unscored
    best = (rate.passed + rate.unscored) / every
    return f"Errors count as failed. Had all {exact(rate.unscored)} unscored passed: {percent(best)}."


def _repeated(report: RunReport) -> tuple[tuple[str, str], ...]:
    found = report.reliability
    if found is None:
        return ()
    every = found.all_pass[-1]
    some = found.any_passes[-1]
    return (
        (f"All of {every.k} pass", _share(every.value, every.interval.low, every.interval.high)),
        (f"At least one of {some.k} passes", _share(some.value, some.interval.low, some.interval.high)),
        ("Always passed", f"{exact(found.always)} of {exact(found.cases)} cases"),
        ("Never passed", f"{exact(found.never)} of {exact(found.cases)} cases"),
    )


def _share(value: float, low: float, high: float) -> str:
    return f"{percent(value)} ({percent_interval(low, high)})"


def _promotion(run: RunRow) -> Dialog:
    title = f"Compare later runs of {run.target} on {run.suite} with this one?"
    post = f"{worker_address(run.target, '/eval/')}{run.id.hex()}/promote-baseline"
    return Dialog(_PROMOTE, title, Action("Make baseline", post=post, tone=ActionTone.FILLED))
