"""The pages of pipelines: the list, one pipeline with its graph and its text, and the form of a new one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from loom.catalog.library import Source
from loom.catalog.models import Entry, Query, Ref, Version
from loom.catalog.pipelines.service import Pipeline
from loom.core.errors import Problem
from loom.core.kinds import Kind
from loom.workshop.pages.definitions import actions_of, address, crumbs, made, source_badge
from loom.workshop.pages.deleted import DELETED, deleted_table
from loom.workshop.pages.editing import Draft, EditForm, Stored, draft_banners, edit_form, state_badge
from loom.workshop.pages.format import counted, exact
from loom.workshop.pages.stage_forms import Sent, StageForm, add_form, stage_forms
from loom.workshop.pages.stages import extent, graph_of, stage_facts, stage_table
from loom.workshop.pages.validation import problems_of
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.cells import Badges, Link, Number, Text
from loom.workshop.views.conflict import Conflict
from loom.workshop.views.feedback import Banner, Empty, Toast
from loom.workshop.views.forms import Field, FieldKind, by_field, marked
from loom.workshop.views.graph import Graph
from loom.workshop.views.tables import Card, Column, Filter, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = [
    "NewPipelinePage",
    "PipelinePage",
    "PipelinesPage",
    "deleted_pipelines_page",
    "new_pipeline_page",
    "pipeline_page",
    "pipelines_page",
    "pipelines_table",
]

_HOME = "/pipelines"
_STAGES_OF_A_NEW_ONE = 4


@dataclass(frozen=True, slots=True)
class PipelinesPage:
    """The list."""

    header: Header
    filter: Filter
    table: Table
    toasts: tuple[Toast, ...] = ()


@dataclass(frozen=True, slots=True)
class PipelinePage:
    """One pipeline."""

    header: Header
    banners: tuple[Banner, ...]
    graph: Graph | None
    graph_note: str
    stages: Table
    stage_title: str
    stage_facts: tuple[tuple[str, str], ...]
    forms: tuple[StageForm, ...]
    add: StageForm
    form: EditForm
    conflict: Conflict | None
    """What came between when a stage was to be changed."""


@dataclass(frozen=True, slots=True)
class NewPipelinePage:
    """The form of a new pipeline."""

    header: Header
    banners: tuple[Banner, ...]
    fields: tuple[Field, ...]
    stages: tuple[Field, ...]
    unsaved: bool
    """It was refused; what was sent is still in it."""


def pipelines_page(entries: Sequence[Entry], query: Query, toasts: tuple[Toast, ...] = ()) -> PipelinesPage:
    """The list of those that `query` asked for."""
    meta = (counted(len(entries), "pipeline"),) if entries else ()
    return _list_page((query.search, query.source or ""), meta, pipelines_table(entries, query), toasts)


def deleted_pipelines_page(gone: Sequence[tuple[Ref, Version]], search: str) -> PipelinesPage:
    """Those that were deleted, in place of the list."""
    return _list_page((search, DELETED), (f"{exact(len(gone))} deleted",), deleted_table(Kind.PIPELINE, gone))


def _list_page(
    asked: tuple[str, str], meta: tuple[str, ...], table: Table, toasts: tuple[Toast, ...] = ()
) -> PipelinesPage:
    search, source = asked
    sources = (("", "any source"), *((str(one), str(one)) for one in (*Source, DELETED)))
    choices = tuple((value, label, value == source) for value, label in sources)
    kept = urlencode({"q": search, "source": source})
    return PipelinesPage(
        Header(
            "Pipelines",
            meta=meta,
            actions=(Action("New pipeline", href=f"{_HOME}/new", tone=ActionTone.FILLED, icon="plus"),),
            more=(
                Action("As JSON", href=f"{_HOME}.json?{kept}", icon="download"),
                Action("As CSV", href=f"{_HOME}.csv?{kept}", icon="download"),
            ),
        ),
        Filter(
            _HOME,
            search,
            "Find pipelines",
            "Name or description",
            "pipelines",
            choices=(("source", choices),),
        ),
        table,
        toasts,
    )


def pipelines_table(entries: Sequence[Entry], query: Query) -> Table:
    """The same as a table, for its twins too."""
    if query.search or query.source:
        empty = Empty("No pipeline fits.", Action("Show all", href=_HOME))
    else:
        new = Action("New pipeline", href=f"{_HOME}/new", tone=ActionTone.FILLED)
        empty = Empty(
            "No pipelines yet: a pipeline lets workers use what others made.", new, "loom new pipeline"
        )
    columns = (
        Column("name", "Pipeline"),
        Column("description", "Description", priority=2, shape=Shape.GROWING, card=Card.LINE),
        Column("stages", "Stages", shape=Shape.NUMBER),
        Column("source", "Source", priority=2),
        Column("state", "State", card=Card.CORNER),
    )
    return Table("Pipelines", columns, tuple(map(_listed, entries)), empty=empty)


def pipeline_page(
    pipeline: Pipeline,
    workers: Collection[str],
    *,
    stage: str = "",
    draft: Draft | None = None,
    sent: Sent | None = None,
) -> PipelinePage:
    """The page; `stage` is the one that was chosen, `draft` and `sent` what was refused."""
    ref, graph, stored = pipeline.ref, pipeline.graph, _stored(pipeline)
    chosen = next((one for one in graph.stages if one.name == stage), None) if graph else None
    return PipelinePage(
        header=_header(pipeline, state_badge(stored, draft)),
        banners=_banners(stored, draft, sent),
        graph=graph_of(ref, graph, workers, chosen) if graph else None,
        graph_note=extent(graph) if graph else "not to be drawn until the YAML is mended",
        stages=stage_table(ref, graph, workers, chosen),
        stage_title=chosen.name if chosen else "",
        stage_facts=stage_facts(graph, chosen) if graph and chosen else (),
        forms=stage_forms(pipeline, chosen, workers, sent or Sent()) if chosen else (),
        add=add_form(pipeline, workers, sent or Sent()),
        form=edit_form(stored, draft),
        conflict=sent.conflict if sent else None,
    )


def _stored(pipeline: Pipeline) -> Stored:
    problems = problems_of(pipeline.errors, pipeline.warnings)
    return Stored(
        pipeline.ref, pipeline.source, pipeline.version, pipeline.text, problems, bool(pipeline.errors)
    )


def new_pipeline_page(
    workers: Collection[str], values: Mapping[str, str] | None = None, problems: Sequence[Problem] = ()
) -> NewPipelinePage:
    """The form; `values` and `problems` are of a first try."""
    given = values or {}
    options = (("", "–"), *((name, name) for name in workers))
    stages = tuple(
        Field(
            f"stage_{number}",
            f"Stage {number}",
            FieldKind.SELECT,
            given.get(f"stage_{number}", ""),
            options=options,
        )
        for number in range(1, _STAGES_OF_A_NEW_ONE + 1)
    )
    wrong = by_field(problems, lambda one: "stage_1" if one.field == "stages" else one.field or "")
    fields = (
        Field(
            "name",
            "Name",
            value=given.get("name", ""),
            help="Lowercase letters, digits and '_'.",
            required=True,
        ),
        Field("text", "Description", value=given.get("text", ""), help="One sentence for people."),
    )
    shown = {one.name for one in (*fields, *stages)}
    return NewPipelinePage(
        Header("New pipeline", (Crumb("Pipelines", _HOME), Crumb("New"))),
        tuple(Banner(said, Tone.FAIL) for field, said in wrong.items() if field not in shown),
        marked(fields, wrong),
        marked(stages, wrong),
        bool(wrong),
    )


def _listed(entry: Entry) -> Row:
    problem = entry.problem
    state = known("valid") if problem is None else Badge("invalid", Tone.FAIL, "cross", title=str(problem))
    return Row(
        entry.ref.name,
        (
            Link(entry.ref.name, address(entry.ref), mono=True),
            Text(entry.description, muted=True),
            Number(f"{entry.stages:,}", entry.stages) if entry.stages else None,
            Badges((source_badge(entry.source),)),
            Badges((state,)),
        ),
        address(entry.ref),
    )


def _header(pipeline: Pipeline, state: Badge) -> Header:
    ref, version = pipeline.ref, pipeline.version
    said = f"v{version.number}, {made(version)}"
    history, clone, *rest = actions_of(ref, pipeline.source)
    more = (*rest, Action("Graph as JSON", href=address(ref, "/graph"), icon="graph"))
    meta = (said, version.note) if version.note else (said,)
    return Header(ref.name, crumbs(ref), (source_badge(pipeline.source), state), meta, (history, clone), more)


def _banners(stored: Stored, draft: Draft | None, sent: Sent | None) -> tuple[Banner, ...]:
    refused = (*draft_banners(draft), *(Banner(one, Tone.FAIL) for one in (sent.problems if sent else ())))
    doubts = [one for one in stored.problems if one.warning]
    if draft or not doubts:
        return refused
    first, more = doubts[0], len(doubts) - 1
    others = f" (and {counted(more, 'more warning')}, below)" if more else ""
    return (*refused, Banner(f"Line {first.line}: {first.text}{others}", Tone.WARNING))
