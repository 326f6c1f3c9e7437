"""The page of one worker: its text, its contract, what its last evaluations came to, and what a change can reach."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from loom.catalog.definitions import Definition
from loom.catalog.impact import Impact, Risk, StageUse
from loom.catalog.models import History, Version
from loom.core.jsonvalue import Json
from loom.evaluation.reading.runs import RunItem
from loom.workshop.pages.addresses import address as link
from loom.workshop.pages.addresses import run_address
from loom.workshop.pages.definitions import actions_of, address, crumbs, made, source_badge
from loom.workshop.pages.editing import Draft, EditForm, Stored, draft_banners, edit_form, state_badge
from loom.workshop.pages.format import count, moment, moment_title, percent
from loom.workshop.pages.runs import item_badges, rate_mark, scale_label, scale_of
from loom.workshop.pages.validation import problems_of
from loom.workshop.views.actions import Action, ActionTone, Header
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Badges, Link, Number, Range, Text
from loom.workshop.views.feedback import Banner, Empty
from loom.workshop.views.marks import Scale
from loom.workshop.views.tables import Card, Column, Row, Shape, Table
from loom.workshop.views.tones import Tone
from loom.workshop.views.transcript import Event

__all__ = ["ImpactPage", "OpenWorker", "WorkerPage", "impact_page", "worker_page"]

_SHOWN_VERSIONS = 6


@dataclass(frozen=True, slots=True)
class OpenWorker:
    """A worker, as services tell of it."""

    history: History
    text: str
    version: Version
    definition: Definition
    runs: Sequence[RunItem]
    """The newest evaluations, newest first."""

    impact: Impact
    now_us: int


@dataclass(frozen=True, slots=True)
class ImpactPage:
    """What a change of a worker can reach."""

    header: Header
    badge: Badge
    note: str
    table: Table


@dataclass(frozen=True, slots=True)
class WorkerPage:
    """One worker."""

    header: Header
    banners: tuple[Banner, ...]
    form: EditForm
    runs: Table
    runs_note: str
    all_runs: str
    over_time: str
    contract: Table
    impact: ImpactPage
    versions: tuple[Event, ...]
    versions_note: str
    all_versions: str


def worker_page(worker: OpenWorker, draft: Draft | None = None) -> WorkerPage:
    """The page; `draft` is what was typed and could not be saved."""
    ref, stored = worker.history.ref, _stored(worker)
    total = len(worker.history.versions)
    return WorkerPage(
        header=_header(worker, state_badge(stored, draft)),
        banners=_banners(worker, draft),
        form=edit_form(stored, draft),
        runs=_runs(worker),
        runs_note=f"newest {moment(worker.runs[0].run.created_us)}" if worker.runs else "",
        all_runs=link("/runs", worker=ref.name),
        over_time=address(ref, "/trends"),
        contract=_contract(worker.definition.mapping),
        impact=impact_page(worker.impact),
        versions=tuple(_events(worker)),
        versions_note=f"{total:,} version{'s' * (total != 1)}",
        all_versions=address(ref, "/history"),
    )


def impact_page(impact: Impact) -> ImpactPage:
    """What uses the worker, stage by stage."""
    rows = (*_uses(impact.direct, "uses it"), *_uses(impact.downstream, "downstream"))
    columns = (
        Column("pipeline", "Pipeline"),
        Column("stage", "Stage", card=Card.LINE),
        Column("tier", "Tier", priority=3),
        Column("how", "How", card=Card.CORNER),
    )
    empty = Empty(f"{impact.worker} is not used in any pipeline: a change reaches no other worker.")
    return ImpactPage(
        Header(f"What a change of {impact.worker} can reach"),
        _RISKS[impact.risk] if not impact.downstream else _HIGH,
        _reach(impact),
        Table("Stages that a change can reach", columns, rows, empty=empty),
    )


_HIGH = Badge("HIGH RISK", Tone.FAIL, "triangle", "Other stages wait for what it gives")
_RISKS = {
    Risk.LOW: Badge("low risk", Tone.PASS, "check"),
    Risk.MEDIUM: Badge("medium risk", Tone.WARNING, "info", "Pipelines use it"),
    Risk.HIGH: _HIGH,
}


def _reach(impact: Impact) -> str:
    if not impact.direct:
        return ""
    direct, after = len(impact.direct), len(impact.downstream)
    words = f"{direct} stage{'s' * (direct != 1)} in {len(impact.pipelines)} pipelines"
    words = words.replace("in 1 pipelines", "in 1 pipeline")
    if not after:
        return words
    guard = (
        "an output schema guards what they get"
        if impact.has_output_schema
        else "no output schema guards them"
    )
    return f"{words}, {after} downstream; {guard}"


def _uses(uses: Sequence[StageUse], how: str) -> Iterator[Row]:
    tone = Tone.WARNING if how == "downstream" else Tone.ACCENT
    for use in uses:
        href = link(f"/pipelines/{use.pipeline}", stage=use.stage)
        yield Row(
            f"{use.pipeline}-{use.stage}-{how.split(maxsplit=1)[0]}",
            (
                Link(use.pipeline, href),
                Text(use.stage, mono=True),
                Text(use.tier or "–"),
                Badges((Badge(how, tone),)),
            ),
            href,
        )


def _stored(worker: OpenWorker) -> Stored:
    found = worker.definition
    return Stored(
        worker.history.ref,
        worker.history.source,
        worker.version,
        worker.text,
        problems_of(found.errors, found.warnings),
        bool(found.errors),
    )


def _header(worker: OpenWorker, state: Badge) -> Header:
    ref, version, mapping = worker.history.ref, worker.version, worker.definition
    history, clone, *rest = actions_of(ref, worker.history.source)
    is_wrong = bool(worker.definition.errors)
    said = f"v{version.number}, {made(version)}"
    kind = mapping.words("worker_kind") or "llm"
    tier = mapping.words("default_model_tier") or mapping.words("default_tier") or "standard"
    why_not = "It must be valid first" if is_wrong else None
    return Header(
        ref.name,
        crumbs(ref),
        (source_badge(worker.history.source), state),
        tuple(part for part in (said, version.note, f"{kind}, {tier} tier") if part),
        (
            Action("Evaluate", href=address(ref, "/eval"), why_not=why_not),
            Action("Test", href=address(ref, "/test"), tone=ActionTone.FILLED, why_not=why_not),
        ),
        (history, clone, *rest),
    )


def _banners(worker: OpenWorker, draft: Draft | None) -> tuple[Banner, ...]:
    last = next((item for item in worker.runs if item.version), None)
    if draft or last is None or last.version == worker.version.hash.hex() or last.run.state != "completed":
        return draft_banners(draft)
    evaluate = Action("Evaluate", href=address(worker.history.ref, "/eval"))
    return (Banner("Its text has changed since it was last evaluated.", Tone.PLAIN, evaluate),)


def _runs(worker: OpenWorker) -> Table:
    scale = scale_of([item.rate for item in worker.runs])
    columns = (
        Column("suite", "Suite", shape=Shape.GROWING),
        Column("pass_rate", "Pass rate", shape=Shape.NUMBER),
        Column("interval", scale_label(scale), card=Card.LINE),
        Column("n", "n", shape=Shape.NUMBER),
        Column("state", "", card=Card.CORNER),
    )
    rows = tuple(_run(item, scale, worker.now_us) for item in worker.runs)
    evaluate = Action("Evaluate", href=address(worker.history.ref, "/eval"))
    command = f"loom eval {worker.history.ref.name} --suite SUITE"
    return Table("Evaluations", columns, rows, empty=Empty("It was never evaluated.", evaluate, command))


def _run(item: RunItem, scale: Scale, now_us: int) -> Row:
    run, rate = item.run, item.rate
    value = rate.value if rate else None
    badges = item_badges(item, now_us)
    return Row(
        run.id.hex(),
        (
            Link(run.suite or "run", run_address(run)),
            Number(percent(value), value),
            Range(rate_mark(rate, scale) if rate else None),
            Number(count(rate.n), rate.n) if rate else None,
            Badges(tuple(one for one in badges if one.text != "completed")),
        ),
        run_address(run),
    )


def _contract(mapping: Mapping[str, Any]) -> Table:
    columns = (
        Column("field", "Field"),
        Column("type", "Type", card=Card.CORNER),
        Column("about", "", shape=Shape.GROWING, priority=2, card=Card.LINE),
    )
    rows = (*_fields("Input", mapping.get("input_schema")), *_fields("Output", mapping.get("output_schema")))
    return Table(
        "What goes in and what comes out", columns, rows, empty=Empty("It has no contract: anything goes.")
    )


def _fields(side: str, schema: object) -> Iterator[Row]:
    if not isinstance(schema, dict):
        return
    known_fields = cast("Json", schema)
    properties: object = known_fields.get("properties")
    required: object = known_fields.get("required")
    names = cast("list[object]", required) if isinstance(required, list) else []
    yield Row(side, group=(side, "", ""))
    for name, field in cast("Json", properties if isinstance(properties, dict) else {}).items():
        about = cast("Json", field) if isinstance(field, dict) else {}
        note = "" if name in names else "optional"
        yield Row(
            f"{side}-{name}",
            (Text(name, mono=True), Text(_type(about)), Text(_about(about, note), muted=True)),
        )


def _type(field: Json) -> str:
    if isinstance(field.get("enum"), list):
        return "one of"
    kind: object = field.get("type")
    return (
        " or ".join(map(str, cast("list[object]", kind)))
        if isinstance(kind, list)
        else str(kind or "anything")
    )


def _about(field: Json, note: str) -> str:
    options: object = field.get("enum")
    chosen = ", ".join(map(str, cast("list[object]", options))) if isinstance(options, list) else ""
    described: object = field.get("description")
    return "; ".join(part for part in (chosen, str(described or ""), note) if part)


def _events(worker: OpenWorker) -> Iterator[Event]:
    ref = worker.history.ref
    for version in reversed(worker.history.versions[-_SHOWN_VERSIONS:]):
        earlier = f"v{version.number - 1}" if version.number > 1 else f"v{version.number}"
        yield Event(
            moment(version.at_us),
            f"v{version.number} {version.change}",
            note=version.note or (f"by {version.author}" if version.author else "on disk"),
            href=link(address(ref, "/history"), a=earlier, b=f"v{version.number}"),
            at_title=moment_title(version.at_us),
        )
