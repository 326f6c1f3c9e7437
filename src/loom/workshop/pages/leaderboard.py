"""Several runs in order: which may be the best, how sure that is, and what each costs."""

from collections.abc import Iterator
from dataclasses import dataclass

from loom.core.ids import short
from loom.evaluation.comparing.leaderboard import Leaderboard
from loom.workshop.pages.addresses import worker_address
from loom.workshop.pages.format import exact
from loom.workshop.pages.leaderboard_tables import (
    MEASURES,
    Contest,
    behind_table,
    leaderboard_table,
    price_chart,
)
from loom.workshop.views import charts
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.feedback import Banner
from loom.workshop.views.figures import Verdict
from loom.workshop.views.tables import Chip, Table
from loom.workshop.views.tones import Tone

__all__ = ["LeaderboardPage", "leaderboard_page"]


@dataclass(frozen=True, slots=True)
class LeaderboardPage:
    """Several runs in order; without an order only what each came to by itself."""

    header: Header
    notices: tuple[Banner, ...]
    chips: tuple[Chip, ...]
    verdict: Verdict | None
    difference: charts.Difference | None
    """The first against the second."""

    table: Table
    note: str
    behind: Table | None
    """Every other run against the first."""

    price: charts.Scatter | None
    """What quality costs; None where prices are unknown or alike."""


def leaderboard_page(contest: Contest) -> LeaderboardPage:
    """The page of `contest`."""
    board = contest.board
    if board is None:
        notices = (*_refusal(contest), *_unfinished(contest))
        return LeaderboardPage(
            _header(contest),
            notices,
            (),
            None,
            None,
            leaderboard_table(contest),
            "each by itself",
            None,
            None,
        )
    return LeaderboardPage(
        _header(contest),
        tuple(_notices(contest, board)),
        tuple(_chips(contest)),
        _verdict(contest, board),
        _first_two(board),
        leaderboard_table(contest),
        f"over {exact(board.cases)} shared cases, 95 %",
        behind_table(contest, board),
        price_chart(contest, board),
    )


def _header(contest: Contest) -> Header:
    runs, board = contest.runs, contest.board
    suites = dict.fromkeys(run.suite or "" for run in runs)
    twins = tuple(
        Action(f"As {kind.upper()}", href=contest.address(f".{kind}"), icon="download")
        for kind in ("csv", "json")
    )
    return Header(
        f"{exact(len(runs))} runs in order" if board else f"{exact(len(runs))} runs",
        (Crumb("Runs", "/runs"), Crumb("Leaderboard")),
        (known("simulated"),) if any(run.simulated for run in runs) else (),
        (
            f"{'suite' if len(suites) == 1 else 'suites'} {', '.join(suites)}",
            *_alike(contest),
            *(("sealed split",) if board and board.sealed else ()),
        ),
        tuple(_promotion(contest)),
        twins if board else (),
    )


def _alike(contest: Contest) -> Iterator[str]:
    """What they have in common."""
    workers, models = {run.target for run in contest.runs}, {run.model for run in contest.runs}
    for noun, values in (("worker", workers), ("model", models)):
        if len(values) == 1 and all(values):
            yield f"{noun} {values.pop()}"


def _promotion(contest: Contest) -> Iterator[Action]:
    """Only where one is the best: of several that may be, none was chosen."""
    board = contest.board
    if board is None or board.best is None or not contest.may_run:
        return
    best = contest.item(board.places[0])
    if best.run.state == "completed" and not best.baseline:
        post = f"{worker_address(best.run.target, '/eval/')}{best.run.id.hex()}/promote-baseline"
        name = contest.names[best.run.id]
        yield Action(f"Make {name} baseline", post=post, tone=ActionTone.FILLED, icon="star")


def _notices(contest: Contest, board: Leaderboard) -> Iterator[Banner]:
    suites = {run.suite for run in contest.runs}
    if len(suites) > 1:
        text = (
            f"They ran over {exact(len(suites))} suites: only the cases that all of them have are compared."
        )
        yield Banner(text, Tone.WARNING)
    if board.left_out:
        left = ", ".join(f"{exact(number)} of {name}" for name, number in board.left_out)
        yield Banner(f"Cases that were not scored in every run are left out: {left}.", Tone.WARNING)
    if board.sealed:
        yield Banner("These are sealed cases: what is chosen by them was not tested by them.", Tone.WARNING)
    yield from _unfinished(contest)


def _unfinished(contest: Contest) -> Iterator[Banner]:
    open_runs = [run for run in contest.runs if run.state != "completed"]
    if open_runs:
        listed = ", ".join(f"{short(run.id)} ({run.state})" for run in open_runs)
        yield Banner(f"Not every run is completed: {listed}.", Tone.WARNING)


def _refusal(contest: Contest) -> Iterator[Banner]:
    for problem in contest.refused.problems if contest.refused else ():
        yield Banner(str(problem), Tone.FAIL)


def _chips(contest: Contest) -> Iterator[Chip]:
    for measure, label in MEASURES.items():
        yield Chip(label, contest.address(measure=measure), current=measure is contest.measure)


def _verdict(contest: Contest, board: Leaderboard) -> Verdict:
    first = board.places[0]
    name, unit = contest.names[first.run_id], MEASURES[contest.measure].lower()
    badge = Badge(f"{name} is best", Tone.PASS, "star")
    if board.best is None:
        may_be = f"{exact(len(board.tied))} of {exact(len(board.places))}"
        badge, unit = Badge(f"{may_be} may be the best", Tone.TIED, "equal"), f"{unit} of {name}"
    low, high = contest.shown(first.interval.low), contest.shown(first.interval.high)
    lines = [f"95 % interval {low} to {high}, n = {exact(board.cases)} cases"]
    if board.cases_needed:
        lines.append(f"about {exact(board.cases_needed)} more cases would tell the first two apart")
    elif board.best is not None:
        lines.append("every other run is behind, adjusted for all pairs")
    return Verdict(contest.shown(first.value), unit, tuple(lines), badge, badge_first=True)


def _first_two(board: Leaderboard) -> charts.Difference | None:
    change = board.places[1].behind
    if change is None:
        return None
    ends = (-100 * change.interval.high, -100 * change.mean, -100 * change.interval.low)
    words = f"Difference {ends[1]:+.1f} points, 95 % interval {ends[0]:+.1f} to {ends[2]:+.1f}"
    return charts.Difference(
        *ends,
        min(100.0, charts.Difference.reaching(*ends)),
        "second better",
        "first better",
        words,
        f"{board.measure} of the first less that of the second, percentage points",
    )
