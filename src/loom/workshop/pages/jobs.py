"""Jobs: how one stands while it runs, with what can be done to it, and the list of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from loom.calls.store import AccountState
from loom.core.ids import JobId, short, text
from loom.core.money import unknown_words
from loom.delivery.models import JOBS, job_stream
from loom.engine.models import JobState
from loom.evaluation.reading.runs import RunItem, RunPage, RunQuery
from loom.evaluation.running.pace import Rates
from loom.evaluation.running.standing import Ending, Standing
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.store import RunRow
from loom.workshop.pages.addresses import address, run_address, size_word, worker_address
from loom.workshop.pages.format import (
    count,
    duration,
    exact,
    milliseconds,
    money,
    percent,
    score,
)
from loom.workshop.views.actions import Action, ActionTone, Header
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Act, Badges, Link, Moment, Number, Text
from loom.workshop.views.feedback import Banner, Dialog, Empty
from loom.workshop.views.figures import Figure
from loom.workshop.views.forms import Field
from loom.workshop.views.marks import Shares, outcomes
from loom.workshop.views.progress import Progress
from loom.workshop.views.tables import Card, Chip, Column, Pager, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = [
    "JobsPage",
    "LiveJob",
    "job_address",
    "jobs_page",
    "jobs_table",
    "live_job",
    "reason_words",
    "steering",
    "stop_dialog",
]

_WAITING, _OVER = "pending", ("completed", "stopped", "failed")
_MOVING = ("pending", "running")


@dataclass(frozen=True, slots=True)
class LiveJob:
    """A job that is not over, for the block of a page that follows it."""

    stream: str
    """Where its events come from."""

    after: int
    """The last event that is counted in here."""

    address: str
    """Where this block comes from."""

    title: str
    badge: Badge
    note: str
    notice: Banner | None
    """Why it stands still, and how it goes on."""

    progress: Progress
    shares: Shares
    actions: tuple[Action, ...]
    stop: Dialog | None
    """Asks before it is stopped; None when it cannot be."""

    budget: Field
    budget_action: str
    newest: Table
    moving: bool
    """Something will happen by itself."""

    over: bool
    """Nothing more will happen; its page has the whole result."""

    result: str
    leads_to: str
    """Where the page goes by itself, because it no longer shows what it should; empty: nowhere."""


def job_address(job: JobId, rest: str = "") -> str:
    """The page of a job."""
    return f"/jobs/{text(job)}{rest}"


def stop_dialog(run: RunRow) -> Dialog:
    """Asks whether the job of `run` is to be stopped, which is for good."""
    about = f"{run.target} on {run.suite}" if run.suite else run.target
    post = job_address(run.job, "/stop")
    stop = Action("Stop for good", post=post, icon="stop", tone=ActionTone.DANGER)
    return Dialog(_stop_id(run.job), f"Stop {about} for good?", stop)


def live_job(run: RunRow, standing: Standing, *, now_us: int, before: int = 0, drawn: str = "") -> LiveJob:
    """How `run` stands; `before`: how many jobs wait in front of it.

    `drawn`: whether it was `moving` or `still` when the page around this was drawn; empty for a new page.
    """
    state = run.standing(now_us)
    pace = "moving" if state in _MOVING else "still"
    over = state in _OVER
    planned = max(run.planned, standing.done)
    moves = state == JobState.RUNNING and standing.waits_for is None
    rates = standing.rates() if moves else None
    actions = steering(run.job, state)
    return LiveJob(
        f"/events/{job_stream(run.job)}",
        standing.seq,
        address(job_address(run.job, "/progress"), drawn=drawn or pace),
        "Progress",
        known(state),
        _note(state, before),
        _notice(run, state, standing.waits_for),
        Progress(
            "Executions that have ended",
            standing.done,
            planned,
            _words(standing, planned),
            _left(standing, planned, rates),
            figures=_figures(standing, rates),
        ),
        _shares(standing, planned),
        actions,
        stop_dialog(run) if actions else None,
        _budget(standing),
        job_address(run.job, "/budget"),
        _newest(list(standing.newest)[::-1], repeated=standing.repeated),
        pace == "moving",
        over,
        run_address(run),
        run_address(run) if over or (drawn and drawn != pace) else "",
    )


def steering(job: JobId, state: str) -> tuple[Action, ...]:
    """What can be done to a job in `state`."""
    pause = Action("Pause", post=job_address(job, "/pause"), icon="pause", title="Resume goes on from there")
    resume = Action("Resume", post=job_address(job, "/resume"), icon="play", tone=ActionTone.FILLED)
    stop = Action(
        "Stop",
        post=job_address(job, "/stop"),
        dialog=_stop_id(job),
        icon="stop",
        tone=ActionTone.DANGER,
        title="Ends it for good",
    )
    match state:
        case "running" | "pending":
            return stop, pause
        case "paused" | "interrupted":
            return stop, resume
        case _:
            return ()


def _stop_id(job: JobId) -> str:
    return f"stop-{text(job)}"


def _words(standing: Standing, planned: int) -> str:
    return f"{exact(standing.done)} of {exact(planned)} executions"


def _note(state: str, before: int) -> str:
    if state != _WAITING:
        return ""
    return f"Waits for its turn: {before} before it" if before else "Waits for its turn"


def reason_words(reason: str, state: str) -> str:
    """`Paused by a person`, `Paused: gw has not answered for 120 s`."""
    said = reason if reason.startswith(state) else f"{state}: {reason}"
    return f"{said[0].upper()}{said[1:]}"


def _notice(run: RunRow, state: str, waits_for: str | None) -> Banner | None:
    if state == JobState.RUNNING and waits_for is not None:
        then = "It is asked again and again; after two minutes the run pauses, and what is done is kept."
        return Banner(f"{waits_for} does not answer. {then}", Tone.WARNING)
    if state == "interrupted":
        said = "Whoever worked on it is gone. Resume it: nothing is paid for twice."
        return Banner(said, Tone.WARNING)
    if not run.reason or state in _MOVING:
        return None
    spent = state == JobState.PAUSED and "budget" in run.reason
    more = ". Give it more below, then resume it: what is done is kept." if spent else ""
    return Banner(reason_words(run.reason, state) + more, Tone.WARNING)


def _left(standing: Standing, planned: int, rates: Rates | None) -> str:
    if standing.waits_for is not None:
        return f"waits for {standing.waits_for}"
    left = planned - standing.done
    if rates is None or left <= 0:
        return ""
    slower, faster = sorted((rates.late, rates.whole))
    if slower <= 0:
        return ""
    spread = 1 + 1 / sqrt(rates.ended)
    low, high = left / faster / spread, left / slower * spread
    return f"about {duration(left / rates.likely)} left, {duration(low)} to {duration(high)}"


def _figures(standing: Standing, rates: Rates | None) -> tuple[Figure, ...]:
    counts = standing.counts
    judged = standing.done - counts[Outcome.ABORTED] - counts[Outcome.UNSCORED]
    passed = counts[Outcome.PASSED]
    account = standing.money
    return (
        Figure(
            "Pass rate so far",
            percent(standing.pass_rate),
            f"{exact(passed)} of {exact(judged)}; its interval comes with the result",
        )
        if standing.pass_rate is not None or not judged
        else Figure(
            "Passed so far", f"{exact(passed)} of {exact(judged)}", "executions; the rate is over cases"
        ),
        Figure("Rate", f"{rates.late:.1f} /s" if rates else "–", "executions a second"),
        _spent(account),
        Figure("From the cache", exact(standing.cached), f"of {exact(standing.done)}"),
    )


def _spent(account: AccountState) -> Figure:
    if account.unpriced:
        known = account.spent_nano or None
        note = f"{'besides, ' if known else ''}{unknown_words(account.unpriced)}"
        return Figure("Spent", money(known), note)
    of = f"of {money(account.limit_nano)}" if account.limit_nano is not None else "no budget"
    reserved = f", {money(account.reserved_nano)} reserved" if account.reserved_nano else ""
    return Figure("Spent", money(account.spent_nano), of + reserved)


def _shares(standing: Standing, planned: int) -> Shares:
    counts = standing.counts
    return outcomes(
        passed=counts[Outcome.PASSED],
        failed=counts[Outcome.FAILED],
        errored=counts[Outcome.ERRORED],
        unscored=counts[Outcome.UNSCORED],
        aborted=counts[Outcome.ABORTED],
        planned=planned,
    )


def _budget(standing: Standing) -> Field:
    now = standing.money.limit_nano
    return Field(
        "budget_usd",
        "Budget in USD",
        value="" if now is None else f"{now / 1e9:.10g}",
        placeholder="no budget",
        help="What the job may spend in all",
        attributes=(("inputmode", "decimal"),),
    )


def _newest(endings: Sequence[Ending], *, repeated: bool) -> Table:
    columns = (
        Column("case", "Case", shape=Shape.GROWING),
        Column("outcome", "Outcome", card=Card.CORNER),
        Column("score", "Score", shape=Shape.NUMBER),
        Column("latency", "Latency", shape=Shape.NUMBER, priority=2),
        Column("cost", "Cost", shape=Shape.NUMBER, priority=2),
    )
    rows = tuple(
        Row(
            f"{one.case}-{one.number}",
            (
                Text(f"{one.case} #{one.number}" if repeated else one.case),
                Badges((known(one.outcome, outcome=True),)),
                Number(score(one.score), one.score),
                Number("cached" if one.cached else milliseconds(one.latency_ms), one.latency_ms),
                Number("saved", 0, muted=True)
                if one.cached
                else Number(money(one.cost_nano), None if one.cost_nano is None else one.cost_nano / 1e9),
            ),
        )
        for one in endings
    )
    return Table("Newest results", columns, rows, empty=Empty("Nothing has ended yet."))


@dataclass(frozen=True, slots=True)
class JobsPage:
    """What runs, what waits, what is over."""

    header: Header
    stream: str
    after: int
    chips: tuple[Chip, ...]
    table: Table
    stops: tuple[Dialog, ...]
    """One for each job that can be stopped."""

    address: str


def jobs_page(found: RunPage, query: RunQuery, *, now_us: int, after: int, may_run: bool) -> JobsPage:
    """The list of `found`, as of event `after` of the stream of all jobs."""
    running = dict(found.counted.states).get("running", 0)
    here = address("/jobs", state=query.wanted.state, cursor=query.cursor)
    return JobsPage(
        Header("Jobs", meta=(f"{exact(running)} running", f"{exact(found.total)} in all")),
        f"/events/{JOBS}",
        after,
        _chips(found, query),
        jobs_table(found, query, now_us=now_us, may_run=may_run),
        tuple(
            stop_dialog(item.run)
            for item in found.items
            if may_run and steering(item.run.job, item.run.standing(now_us))
        ),
        here,
    )


def jobs_table(found: RunPage, query: RunQuery, *, now_us: int, may_run: bool = False) -> Table:
    """The rows of `found`."""
    state, size = query.wanted.state, size_word(query.size)
    last = found.first + len(found.items) - 1
    return Table(
        "Jobs",
        (
            Column("job", "Job"),
            Column("kind", "Kind", priority=3),
            Column("about", "About", shape=Shape.GROWING),
            Column("state", "State", card=Card.CORNER),
            Column("done", "Done", shape=Shape.NUMBER),
            Column("by", "By", priority=3),
            Column("started", "Started", priority=2),
            Column("steer", "", card=Card.LINE),
        ),
        tuple(_job_row(item, now_us=now_us, may_run=may_run) for item in found.items),
        Pager(
            found.first,
            last,
            found.total,
            address("/jobs", state=state, size=size) if found.first > 1 else None,
            address("/jobs", state=state, size=size, cursor=found.next) if found.next else None,
            query.size,
        ),
        Empty(
            "No job is like that." if state else "Nothing has been started yet.",
            Action("Choose a worker", href="/workers"),
            "loom eval WORKER --suite SUITE",
        ),
        region="jobs",
    )


def _job_row(item: RunItem, *, now_us: int, may_run: bool) -> Row:
    run = item.run
    state = run.standing(now_us)
    return Row(
        text(run.job),
        (
            Link(short(run.job), run_address(run), mono=True),
            Text(run.kind),
            Link(run.target, worker_address(run.target), note=f"on {run.suite}" if run.suite else ""),
            Badges((known(state), *((known("simulated"),) if run.simulated else ()))),
            Number(f"{count(run.done)} of {count(run.planned)}", run.done),
            Text(item.principal),
            Moment(run.created_us),
            Act(steering(run.job, state)) if may_run else None,
        ),
        failed=state == "failed",
    )


def _chips(found: RunPage, query: RunQuery) -> tuple[Chip, ...]:
    states = found.counted.states
    every = sum(number for _, number in states)
    current, size = query.wanted.state, size_word(query.size)
    return (
        Chip("All", address("/jobs", size=size), exact(every), current=current is None),
        *(
            Chip(
                state.capitalize(),
                address("/jobs", state=state, size=size),
                exact(number),
                current=state == current,
            )
            for state, number in states
        ),
    )
