"""The stages of a pipeline as a picture and as a list, and the facts of one of them."""

from collections.abc import Collection
from urllib.parse import quote, urlencode

from loom.catalog.models import Ref
from loom.catalog.pipelines.graph import Link as StageLink
from loom.catalog.pipelines.graph import PipelineGraph, Reason, StageNode
from loom.workshop.pages.definitions import address
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Badges, Cell, Link, Number, Text
from loom.workshop.views.feedback import Empty
from loom.workshop.views.graph import Graph, LineKind, Node
from loom.workshop.views.graph import Link as Line
from loom.workshop.views.tables import Card, Column, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = ["extent", "graph_of", "stage_facts", "stage_table"]

_KINDS = {Reason.READS: LineKind.SOLID, Reason.CONDITION: LineKind.DASHED, Reason.LISTED: LineKind.DOTTED}


def graph_of(
    ref: Ref, graph: PipelineGraph, workers: Collection[str], chosen: StageNode | None
) -> Graph | None:
    """The picture; None when there is too much of it."""
    nodes = [_node(ref, one, there=one.worker in workers, current=one is chosen) for one in graph.stages]
    links = [Line(one.source, one.target, _why(one), _KINDS[one.reason]) for one in graph.links]
    return Graph.of("stages", f"The {extent(graph)} of {ref.name}", nodes, links)


def stage_table(
    ref: Ref, graph: PipelineGraph | None, workers: Collection[str], chosen: StageNode | None
) -> Table:
    """The same in words, level by level."""
    columns = (
        Column("level", "Level", shape=Shape.NUMBER, card=Card.CORNER),
        Column("stage", "Stage", card=Card.TITLE),
        Column("worker", "Worker"),
        Column("tier", "Tier", priority=2),
        Column("waits_for", "Waits for", shape=Shape.GROWING),
    )
    rows = tuple(
        Row(one.name, _cells(ref, graph, one, there=one.worker in workers), marker=one is chosen)
        for one in sorted(graph.stages, key=lambda one: one.level)
    ) if graph else ()  # fmt: skip
    return Table("Stages", columns, rows, empty=Empty("The stages cannot be told from the YAML as it is."))


def stage_facts(graph: PipelineGraph, stage: StageNode) -> tuple[tuple[str, str], ...]:
    """What there is to know of one stage, as pairs of a word and its value."""
    mine = [link for link in graph.links if link.target == stage.name and link.fields]
    facts = (
        ("Worker", stage.worker),
        ("Tier", stage.tier or "the worker's own"),
        ("Level", f"{stage.level + 1} of {len(graph.levels)}"),
        ("Waits for", ", ".join(graph.waits_for(stage.name))),
        ("Reads", "; ".join(f"{', '.join(link.fields)} from {link.source}" for link in mine)),
        ("From the goal", ", ".join(stage.goal_fields)),
        ("Runs if", stage.condition or ""),
        ("Waited for by", ", ".join(graph.waiting_for(stage.name))),
    )
    return tuple(fact for fact in facts if fact[1])


def extent(graph: PipelineGraph) -> str:
    """`4 stages on 3 levels`."""
    stages, levels = len(graph.stages), len(graph.levels)
    return f"{stages} stage{'s' * (stages != 1)} on {levels} level{'s' * (levels != 1)}"


def _cells(ref: Ref, graph: PipelineGraph, stage: StageNode, *, there: bool) -> tuple[Cell, ...]:
    gone = Badges((Badge(stage.worker, Tone.WARNING, "triangle", "There is no such worker here"),))
    return (
        Number(str(stage.level + 1), stage.level + 1, muted=True),
        Link(stage.name, _stage_address(ref, stage), mono=True),
        Link(stage.worker, f"/workers/{quote(stage.worker, safe='')}", mono=True) if there else gone,
        Text(stage.tier or "the worker's", muted=stage.tier is None),
        Text(", ".join(graph.waits_for(stage.name)) or "the goal", muted=not stage.level),
    )


def _stage_address(ref: Ref, stage: StageNode) -> str:
    return f"{address(ref)}?{urlencode({'stage': stage.name})}#stage"


def _node(ref: Ref, stage: StageNode, *, there: bool, current: bool) -> Node:
    worker = stage.worker if there else f"not here: {stage.worker}"
    note = f"{worker} · {stage.tier}" if stage.tier else worker
    tone = Tone.PLAIN if there else Tone.WARNING
    return Node(stage.name, note, stage.level, _stage_address(ref, stage), tone, current)


def _why(link: StageLink) -> str:
    match link.reason:
        case Reason.READS:
            return f"{link.target} reads {', '.join(link.fields)} from {link.source}"
        case Reason.CONDITION:
            return f"{link.target} runs only if {link.source} says so"
        case Reason.LISTED:
            return f"{link.target} waits for {link.source}"
