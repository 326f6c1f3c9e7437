"""The test bench of a worker: its input as a form or as JSON, what came of a test, and the tests before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loom.core.endpoint_config import EndpointConfig
from loom.core.errors import Problem
from loom.core.ids import short
from loom.core.jsonvalue import Json, pretty
from loom.core.worker_config import Tier, WorkerConfig, WorkerKind
from loom.evaluation.reading.earlier_tests import TestItem, TestPage
from loom.workshop.pages.addresses import address, bench_address, worker_address
from loom.workshop.pages.format import milliseconds
from loom.workshop.pages.json_text import brief
from loom.workshop.pages.test_result import ResultView, has_ended, no_result, test_cost, verdict_badges
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.cells import Act, Badges, Link, Moment, Number, Text
from loom.workshop.views.feedback import Empty, Failure
from loom.workshop.views.forms import Editor, Field, FieldKind, by_field
from loom.workshop.views.schema_form import SchemaForm
from loom.workshop.views.tables import Card, Column, Pager, Row, Shape, Table

__all__ = ["BenchPage", "Filled", "bench_page", "endpoint_choice", "tests_table"]

_PAYLOAD = "payload"
_MOST_ROWS = 14


@dataclass(frozen=True, slots=True)
class Filled:
    """What the form holds."""

    payload: Json | None = None
    """None: nothing yet."""

    text: str = ""
    """The input as JSON where it was sent so, right or wrong."""

    tier: str = ""
    model: str = ""
    endpoint: str = ""
    no_cache: bool = False
    problems: Sequence[Problem] = ()
    refusal: Failure | None = None
    """Why the test came to nothing."""


@dataclass(frozen=True, slots=True)
class BenchPage:
    """The bench."""

    header: Header
    action: str
    form: SchemaForm
    json: Editor
    """The input as JSON; when it holds anything, it counts instead of the form."""

    json_open: bool
    where: tuple[Field, ...]
    run: Action
    refusal: Failure | None
    result: ResultView
    tests: Table
    apart: bool = False
    """It is the whole page: the tests have a place of their own in it."""


def bench_page(
    worker: WorkerConfig,
    filled: Filled,
    endpoints: Sequence[EndpointConfig],
    result: ResultView | None,
    earlier: TestPage,
) -> BenchPage:
    """The bench of `worker`; `endpoints` are all that can be asked."""
    home = worker_address(worker.name)
    wrong = by_field(filled.problems, lambda one: (one.field or "").removeprefix("input."))
    in_form = _fits(worker.input_schema, filled)
    return BenchPage(
        Header(
            f"Test {worker.name}",
            (Crumb("Workers", "/workers"), Crumb(worker.name, home), Crumb("Test bench")),
            actions=(Action("Over time", href=f"{home}/trends"), Action("Evaluate", href=f"{home}/eval")),
        ),
        f"{home}/test/run",
        SchemaForm.of(worker.input_schema or {}, (filled.payload or {}) if in_form else {}, wrong),
        Editor(_PAYLOAD, _text(filled, in_form=in_form), "Input as JSON", "json", rows=_rows(filled)),
        not in_form,
        _where(worker, filled, endpoints, wrong),
        Action("Run", tone=ActionTone.FILLED, key="Ctrl+Enter"),
        filled.refusal,
        result or no_result(),
        tests_table(earlier, worker.name, endpoints),
    )


def _fits(schema: Json | None, filled: Filled) -> bool:
    """Whether the form can hold all of the input."""
    known: Mapping[str, object] = (schema or {}).get("properties") or {}
    return not filled.text.strip() and bool(known) and set(filled.payload or ()) <= known.keys()


def _text(filled: Filled, *, in_form: bool) -> str:
    if in_form:
        return ""
    return filled.text if filled.text.strip() else pretty(filled.payload or {})


def _rows(filled: Filled) -> int:
    return min(_MOST_ROWS, max(6, filled.text.count("\n") + 2))


def _where(
    worker: WorkerConfig, filled: Filled, endpoints: Sequence[EndpointConfig], problems: Mapping[str, str]
) -> tuple[Field, ...]:
    if worker.worker_kind is WorkerKind.PROCESSOR:
        return ()
    tiers = (("", f"its own ({worker.default_model_tier})"), *((tier.value, tier.value) for tier in Tier))
    models = [model for endpoint in endpoints for model in endpoint.models]
    listed = dict.fromkeys((*models, filled.model) if filled.model else models)
    chosen = (
        ("", f"its own ({worker.model})" if worker.model else "that of the tier"),
        *((m, m) for m in listed),
    )
    return (
        Field("tier", "Tier", FieldKind.SELECT, filled.tier, options=tiers, problem=problems.get("tier", "")),
        Field(
            "model",
            "Model",
            FieldKind.SELECT,
            filled.model,
            options=chosen,
            problem=problems.get("model", ""),
        ),
        *endpoint_choice(worker, filled.endpoint, endpoints, problems.get("endpoint", "")),
        Field(
            "no_cache",
            "Ask anew",
            FieldKind.CHECKBOX,
            "true" if filled.no_cache else "",
            help="even when the same was asked before",
        ),
    )


def endpoint_choice(
    worker: WorkerConfig, chosen: str, endpoints: Sequence[EndpointConfig], problem: str = ""
) -> Iterator[Field]:
    """The field that chooses among `endpoints`, where there is a choice."""
    if len(endpoints) < 2 and not problem:
        return
    own = f"its own ({worker.endpoint})" if worker.endpoint else "that of the tier or model"
    options = (("", own), *((one.name, one.name) for one in endpoints))
    value = chosen if _is_among(chosen, endpoints) else ""
    yield Field("endpoint", "Endpoint", FieldKind.SELECT, value, options=options, problem=problem)


def _is_among(name: str, endpoints: Sequence[EndpointConfig]) -> bool:
    return any(one.name == name for one in endpoints)


def tests_table(earlier: TestPage, worker: str | None, endpoints: Sequence[EndpointConfig]) -> Table:
    """Earlier tests, to be run again at the same of `endpoints`."""
    following = (
        address(worker_address(worker, "/test"), cursor=earlier.next) if worker and earlier.next else None
    )
    return Table(
        "Earlier tests",
        (
            Column("test", "Test"),
            Column("result", "Result", card=Card.CORNER),
            Column("input", "Input", shape=Shape.GROWING),
            Column("output", "Output", priority=2, shape=Shape.GROWING),
            Column("model", "Model", priority=2),
            Column("latency", "Time", shape=Shape.NUMBER, priority=2),
            Column("cost", "Cost", shape=Shape.NUMBER, priority=3),
            Column("at", "When"),
            Column("again", "", card=Card.HIDDEN),
        ),
        tuple(_row(item, endpoints) for item in earlier.items),
        Pager(1, len(earlier.items), None, None, following, step=20) if following else None,
        Empty(
            "No test yet. What you run here is kept, with its exact prompt.",
            None,
            "loom test WORKER --input JSON",
        ),
    )


def _row(item: TestItem, endpoints: Sequence[EndpointConfig]) -> Row:
    again = Action("Run again", post=f"{worker_address(item.worker)}/test/run", fields=_same(item, endpoints))
    trouble = item.error or "; ".join(item.problems)
    return Row(
        item.id.hex(),
        (
            Link(short(item.id), bench_address(item.worker, item.id), mono=True),
            Badges(verdict_badges(item)[:1]),
            Text(brief(item.payload)),
            Text(trouble or (brief(item.output) if has_ended(item) else ""), muted=bool(trouble)),
            Text(item.model),
            Number(milliseconds(item.latency_ms) if has_ended(item) else "–", item.latency_ms),
            Number("cached" if item.cached else test_cost(item).value, item.cost_nano),
            Moment(item.created_us),
            Act((again,)),
        ),
        failed=not item.success,
    )


def _same(item: TestItem, endpoints: Sequence[EndpointConfig]) -> tuple[tuple[str, str], ...]:
    """What a form sends to test the same once more, where it was asked if that is still there."""
    model = (("model", item.model),) if item.endpoint else ()
    endpoint = (("endpoint", item.endpoint),) if _is_among(item.endpoint, endpoints) else ()
    return ((_PAYLOAD, pretty(item.payload)), *model, *endpoint, ("no_cache", "true"))
