"""The page of a case in a run: what it was given, what came, what scorers and people say, what was said."""

from collections.abc import Iterator
from dataclasses import dataclass

from loom.core.ids import short
from loom.evaluation.people_store import Rating
from loom.evaluation.reading.cases import CaseDetail, CaseRow, FailuresBeside
from loom.evaluation.reading.transcripts import Told
from loom.evaluation.scorers.rating import HumanRating, Scale
from loom.evaluation.statistics.case_totals import Outcome
from loom.evaluation.store import RunRow
from loom.workshop.pages.addresses import address, case_address, run_address, worker_address
from loom.workshop.pages.cases import OpenCase, open_case, unanswered
from loom.workshop.pages.format import count, exact, milliseconds, money, score
from loom.workshop.pages.transcripts import turns
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import known
from loom.workshop.views.cells import Score, Text
from loom.workshop.views.code import Code
from loom.workshop.views.figures import Figure
from loom.workshop.views.forms import Field, FieldKind
from loom.workshop.views.marks import Meter
from loom.workshop.views.tables import Chip, Column, Row, Shape, Table
from loom.workshop.views.transcript import Turn

__all__ = ["Around", "CasePage", "RatingForm", "case_page"]

_UNASKED = HumanRating(Scale.SHARE)
"""How outputs are rated whose scores do not wait for it."""


@dataclass(frozen=True, slots=True)
class RatingForm:
    """What a person says of an output."""

    address: str
    execution: str
    fields: tuple[Field, ...]
    submit: Action


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of a case in a run besides how it ended."""

    told: Told
    said: tuple[Rating, ...]
    failures: FailuresBeside
    may_rate: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case in a run, one of its repetitions."""

    header: Header
    repetitions: tuple[Chip, ...]
    figures: tuple[Figure, ...]
    input: Code
    case: OpenCase
    scores: Table
    turns: tuple[Turn, ...]
    raw: tuple[Code, ...]
    why: str
    """Why there is no transcript."""

    said: tuple[tuple[str, str], ...]
    """What people said of the output: who, and what."""

    rating: RatingForm | None


def case_page(run: RunRow, detail: CaseDetail, row: CaseRow, around: Around) -> CasePage:
    """The page of the execution `row` of a case."""
    result, told = row.result, around.told
    return CasePage(
        _header(run, detail, row, around.failures),
        tuple(_repetitions(run, detail, row)),
        _figures(row) if run.kind != "rescore" else _figures(row)[:1],
        Code.of_value(detail.case.input, "Input"),
        open_case(run, row),
        _scores(row),
        turns(told.transcript) if told.transcript else (),
        tuple(Code.of_text(text, "text", f"Answer {number}") for number, text in enumerate(told.raw, 1)),
        told.why,
        tuple((one.rater, _spoken(one, detail)) for one in around.said),
        _rating(run, detail, row) if around.may_rate and result.output is not None else None,
    )


def _spoken(rating: Rating, detail: CaseDetail) -> str:
    word = dict((detail.rating or _UNASKED).choices).get(rating.value, f"{rating.value:g}")
    return f"{word}: {rating.note}" if rating.note else word


def _header(run: RunRow, detail: CaseDetail, row: CaseRow, failures: FailuresBeside) -> Header:
    case, result = detail.case, row.result
    meta = [f"tags: {', '.join(case.tags)}"] if case.tags else []
    meta += [f"cluster {case.cluster}"] if case.cluster else []
    meta += [f"weight {case.weight:g}"] if case.weight != 1 else []
    bench = address(worker_address(run.target, "/test"), run=run.id.hex(), case=detail.key.hex())
    return Header(
        case.name,
        (Crumb("Runs", "/runs"), Crumb(f"Run {short(run.id)}", run_address(run)), Crumb(case.name)),
        (known(result.outcome, outcome=True), *((known("cached"),) if result.cached else ())),
        (f"{run.target} on {run.suite}", f"split {case.split}", *meta),
        (*_failures(run, failures), Action("Run on test bench", href=bench, tone=ActionTone.FILLED)),
    )


def _failures(run: RunRow, failures: FailuresBeside) -> Iterator[Action]:
    for label, key, place in (
        ("Previous failure", "p", failures.previous),
        ("Next failure", "n", failures.next),
    ):
        if place is not None:
            yield Action(label, href=case_address(run, place.key, place.repetition), key=key)


def _repetitions(run: RunRow, detail: CaseDetail, row: CaseRow) -> Iterator[Chip]:
    if len(detail.rows) < 2:
        return
    for one in detail.rows:
        result, outcome = one.result, known(one.result.outcome, outcome=True).text
        current = one.result.execution == row.result.execution
        here = case_address(run, detail.key, result.repetition)
        yield Chip(f"{result.number}", here, outcome, current=current)


def _figures(row: CaseRow) -> tuple[Figure, ...]:
    result = row.result
    tokens = row.input_tokens + row.output_tokens
    scored = Figure("Score", score(result.score), "weighted over its scorers")
    if unanswered(row):
        return scored, Figure("Latency", "–", "no answer came")
    return (
        scored,
        Figure(
            "Latency", milliseconds(result.latency_ms), "from the cache" if result.cached else "of the model"
        ),
        Figure("Cost", money(row.cost_nano), "nothing was paid now" if result.cached else ""),
        Figure("Tokens", count(tokens), f"{exact(row.input_tokens)} in, {exact(row.output_tokens)} out"),
    )


def _scores(row: CaseRow) -> Table:
    columns = (
        Column("scorer", "Scorer"),
        Column("score", "Score"),
        Column("reason", "Reason", shape=Shape.WRAPPING),
    )
    rows = tuple(
        Row(
            f"score-{number}",
            (
                Text(name, mono=True),
                Score(Meter(value, None), "unscored" if value is None else f"{value:.3f}"),
                Text(reason or "–"),
            ),
        )
        for number, (name, (value, reason)) in enumerate(row.result.scores.items())
    )
    return Table("What scorers say", columns, rows)


def _rating(run: RunRow, detail: CaseDetail, row: CaseRow) -> RatingForm:
    passed = row.result.outcome is Outcome.PASSED
    note = "You disagree with the scorers?" if not passed else "Right, or only by luck?"
    asked = detail.rating or _UNASKED
    choices = (("", "choose"), *((f"{value:g}", words) for value, words in asked.choices))
    return RatingForm(
        f"{case_address(run, detail.key)}/rate",
        row.result.execution.hex(),
        (
            Field(
                "rating",
                "Rating",
                FieldKind.SELECT,
                options=choices,
                required=True,
                help=asked.question or note,
            ),
            Field("note", "Note", placeholder="Why"),
        ),
        Action("Rate", tone=ActionTone.FILLED),
    )
