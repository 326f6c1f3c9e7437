"""What a test came to, as the bench shows it: verdict, figures, output, problems by field, and what was said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from loom.core.errors import Problem
from loom.core.ids import RunId, short
from loom.core.jsonvalue import pretty
from loom.core.money import unknown_words
from loom.evaluation.reading.earlier_tests import TestItem, TestRecord
from loom.workshop.pages.addresses import bench_address, worker_address
from loom.workshop.pages.format import exact, milliseconds, money
from loom.workshop.pages.transcripts import turns
from loom.workshop.views.actions import Action, ActionTone
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Text
from loom.workshop.views.code import Code
from loom.workshop.views.feedback import Banner, Empty, Failure
from loom.workshop.views.figures import Figure
from loom.workshop.views.forms import Field, FieldKind, by_field
from loom.workshop.views.tables import Column, Row, Shape, Table
from loom.workshop.views.tones import Tone
from loom.workshop.views.transcript import Stream, Turn

__all__ = [
    "ResultView",
    "SaveForm",
    "Unsaved",
    "has_ended",
    "no_result",
    "not_carried_out",
    "result_view",
    "streaming",
    "test_cost",
    "verdict_badges",
]

_NEW = ""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A case that could not be made: what was sent, and why not."""

    values: Mapping[str, str]
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class SaveForm:
    """What makes a case of a test."""

    action: str
    fields: tuple[Field, ...]
    save: Action
    banners: tuple[Banner, ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class ResultView:
    """The place of the result: empty, streaming, or there."""

    title: str
    test: str = ""
    """The id of the test whose result it shows."""

    badges: tuple[Badge, ...] = ()
    note: str = ""
    empty: Empty | None = None
    stream: Stream | None = None
    done: str = ""
    """Where the result will be when the stream has ended."""

    cancel: str = ""
    """Where to send that it is to be broken off."""

    banner: Banner | None = None
    """Why it came to no end."""

    figures: tuple[Figure, ...] = ()
    problems: Table | None = None
    output: Code | None = None
    raw: tuple[Code, ...] = ()
    turns: tuple[Turn, ...] = ()
    why: str = ""
    """Why what was said cannot be shown."""

    save: SaveForm | None = None


def no_result() -> ResultView:
    """Before the first test."""
    return ResultView("Result", empty=Empty("Fill in the input and run it. The answer streams in here."))


def not_carried_out(lines: Sequence[str], *, started: bool) -> Failure:
    """Why a test came to nothing at all."""
    title = "The test could not be carried out." if started else "The test was not started."
    return Failure(title, tuple(lines), "What you filled in is kept.")


def streaming(worker: str, test: RunId, before: str = "") -> ResultView:
    """While it is under way; `before` is the test whose result was seen until then."""
    return ResultView(
        "Answering",
        before,
        (known("running"),),
        short(test),
        stream=Stream("test-stream", "Answer", worker_address(worker, f"/test/live/{test.hex()}")),
        done=bench_address(worker, test, before),
        cancel=worker_address(worker, f"/test/{test.hex()}/cancel"),
    )


_PASS = Badge("PASS", Tone.PASS, "check", "The output fits the contract")
_FAIL = Badge("FAIL", Tone.FAIL, "cross", "It did not end with an output that fits the contract")


def verdict_badges(item: TestItem) -> tuple[Badge, ...]:
    """How a test ended, and what to know about it."""
    verdict = (_PASS if item.success else _FAIL) if has_ended(item) else known(item.state)
    notes = [known(name) for name, holds in (("simulated", item.simulated), ("cached", item.cached)) if holds]
    return (verdict, *notes)


def has_ended(item: TestItem) -> bool:
    """Whether it came to its end by itself, so that times and outputs mean something."""
    return item.state not in ("running", "interrupted", "stopped")


def result_view(
    record: TestRecord, suites: Sequence[str], *, may_run: bool, unsaved: Unsaved | None = None
) -> ResultView:
    """What `record` came to; `suites` are those to which a case can be added."""
    item, result, told = record.item, record.result, record.told
    transcript = told.transcript if told else None
    trouble = (item.error,) if item.error else item.problems
    raw = (
        tuple(Code.of_text(text, "json", f"Answer {number}") for number, text in enumerate(told.raw, 1))
        if told
        else ()
    )
    said = result.outcome.raw_text if result else None
    return ResultView(
        "Result",
        item.id.hex(),
        verdict_badges(item),
        f"test {short(item.id)}",
        banner=_cancelled(item) if item.state == "stopped" else None,
        figures=_figures(record),
        problems=_problems(trouble) if trouble else None,
        output=Code.of_json(item.output, "Output") if item.output is not None else None,
        raw=(Code.of_text(said, "text", "Raw text"),) if said is not None else raw,
        turns=turns(transcript) if transcript else (),
        why=told.why if told else "",
        save=_save(record, suites, unsaved) if may_run and result is not None else None,
    )


def _cancelled(item: TestItem) -> Banner:
    said = "Cancelled by a person."
    if item.endpoint:
        said += " What was on its way to the model is charged as unknown: the most that it may have cost."
    return Banner(said, Tone.WARNING)


def _figures(record: TestRecord) -> tuple[Figure, ...]:
    item, tokens = record.item, record.item.tokens
    asked = bool(item.endpoint)
    took = milliseconds(item.latency_ms) if has_ended(item) else "–"
    figures = [Figure("Time", took, "of the model" if asked else "of its code")]
    if asked:
        note = f"{exact(tokens.input_tokens)} in, {exact(tokens.output_tokens)} out" if tokens else "not told"
        figures.append(
            Figure("Tokens", exact(tokens.input_tokens + tokens.output_tokens) if tokens else "–", note)
        )
        figures.append(test_cost(item))
    calls = (
        sum(turn.role == "call" for turn in turns(record.told.transcript))
        if record.told and record.told.transcript
        else 0
    )
    figures.append(Figure("Tool calls", exact(calls)))
    figures.append(Figure("Model" if asked else "Code", item.model, item.endpoint))
    return tuple(figures)


def test_cost(item: TestItem) -> Figure:
    """What it cost; of one that was cancelled, the most that it may have."""
    if item.state == "stopped":
        return Figure("Cost", money(item.cost_nano or None), "at most" if item.cost_nano else "")
    if item.unpriced:
        return Figure("Cost", money(item.cost_nano), unknown_words(item.unpriced))
    if item.tokens is None and item.cost_nano:
        return Figure("Cost", money(item.cost_nano), "at most")
    return Figure("Cost", money(item.cost_nano), "nothing paid" if item.cached else "")


def _problems(trouble: Sequence[str]) -> Table:
    """By field: each message begins with the path of the field."""
    split = [message.partition(": ") for message in trouble]
    return Table(
        "Problems by field",
        (Column("field", "Field"), Column("problem", "Problem", shape=Shape.GROWING)),
        tuple(
            Row(f"problem-{number}", (Text(field if rest else "–", mono=bool(rest)), Text(rest or field)))
            for number, (field, _, rest) in enumerate(split)
        ),
    )


def _save(record: TestRecord, suites: Sequence[str], unsaved: Unsaved | None) -> SaveForm:
    fields = _case_fields(record, suites)
    action = f"{worker_address(record.item.worker)}/test/{record.item.id.hex()}/save"
    save = Action("Save as case", tone=ActionTone.PLAIN)
    if unsaved is None:
        return SaveForm(action, fields, save)
    at_fields = by_field(unsaved.problems, lambda one: _case_field(one, unsaved.values))
    names = {field.name for field in fields}
    others = tuple(
        Banner(str(one), Tone.FAIL)
        for one in unsaved.problems
        if _case_field(one, unsaved.values) not in names
    )
    again = tuple(_as_sent(fields, unsaved.values, at_fields))
    return SaveForm(action, again, save, others, open=True)


def _case_fields(record: TestRecord, suites: Sequence[str]) -> tuple[Field, ...]:
    output = record.item.output
    return (
        Field(
            "suite",
            "Suite",
            FieldKind.SELECT,
            options=(*((name, name) for name in suites), (_NEW, "a new one, named below")),
        ),
        Field("new_suite", "New suite", help="When none is chosen above: letters, digits, '_' and '-'."),
        Field("name", "Name of the case", help="Empty: a number."),
        Field(
            "expected",
            "Expected output",
            FieldKind.TEXTAREA,
            "" if output is None else pretty(output),
            help="The answer, as JSON, to be corrected. Empty: nothing is expected.",
            rows=6,
            mono=True,
        ),
        Field("tags", "Tags", help="Separated by ; or ,"),
    )


def _case_field(problem: Problem, values: Mapping[str, str]) -> str:
    """The name of the field at which `problem` is said; empty where there is none."""
    first = (problem.field or "").split(".")[0]
    if first == "suite" and not values.get("suite"):
        return "new_suite"
    return "expected" if first == "expected_output" else first


def _as_sent(
    fields: Sequence[Field], values: Mapping[str, str], problems: Mapping[str, str]
) -> Iterator[Field]:
    """`fields` as they were sent, with the focus at the first that is wrong."""
    wrong = next((field.name for field in fields if field.name in problems), None)
    for field in fields:
        focus = (("autofocus", ""),) if field.name == wrong else ()
        value = values.get(field.name, field.value)
        yield replace(field, value=value, problem=problems.get(field.name, ""), attributes=focus)
