"""Pipelines through the catalog: their graph, edits that are kept in the history, stages wired by contracts."""

import pytest

from loom.access.models import LOCAL
from loom.catalog.library import Library
from loom.catalog.models import Ref
from loom.catalog.pipelines.edits import Insert, Remove, Swap
from loom.catalog.pipelines.graph import Link, Reason, pipeline_graph
from loom.catalog.pipelines.service import Pipelines, StageWish
from loom.core.errors import ConflictError, NotFoundError
from loom.core.graph import CycleError
from loom.core.kinds import Kind

INTAKE = Ref(Kind.PIPELINE, "intake")


@pytest.fixture
def pipelines(desk):
    return Pipelines(desk.catalog, Library(desk.configs))


async def test_an_edit_is_a_version_that_says_what_was_done(desk, pipelines):
    saved = await pipelines.edit("intake", Swap("sort", "triage"), LOCAL)
    assert saved.version.note == "stage 'sort' done by triage"
    assert b"worker_type: triage" in (desk.configs / "pipelines" / "intake.yaml").read_bytes()
    assert await desk.changes(INTAKE) == ["found", "saved"]


async def test_an_edit_of_what_was_changed_meanwhile_is_refused(pipelines):
    seen = (await pipelines.open("intake", LOCAL)).version.hash
    await pipelines.edit("intake", Remove("check"), LOCAL, seen)
    with pytest.raises(ConflictError, match="changed meanwhile"):
        await pipelines.edit("intake", Swap("sort", "triage"), LOCAL, seen)


async def test_a_deleted_pipeline_is_not_there(desk, pipelines):
    await desk.catalog.delete(INTAKE, LOCAL)
    with pytest.raises(NotFoundError, match="is deleted"):
        await pipelines.open("intake", LOCAL)


async def test_a_broken_pipeline_opens_with_what_is_wrong_and_without_a_graph(desk, pipelines):
    circle = "name: intake\npipeline_stages:\n  - {name: a, worker_type: w, depends_on: [b]}\n"
    (desk.configs / "pipelines" / "intake.yaml").write_text(
        circle + "  - {name: b, worker_type: w, depends_on: [a]}\n"
    )
    pipeline = await pipelines.open("intake", LOCAL)
    assert pipeline.graph is None
    assert "Circular dependency" in str(pipeline.errors[0])


async def test_a_wished_stage_is_wired_by_the_contracts_of_the_workers_before_it(desk, pipelines):
    (desk.configs / "workers" / "reader.yaml").write_text(
        "name: reader\nsystem_prompt: Read.\ninput_schema: {type: object, required: [topic], properties: {topic: {type: string}}}\n"
    )
    (desk.configs / "workers" / "sorter.yaml").write_text(
        "name: sorter\nsystem_prompt: Sort.\noutput_schema: {type: object, properties: {topic: {type: string}}}\n"
    )
    text = await pipelines.draft("intake", StageWish("read", "reader", after="sort"), LOCAL)
    assert text == "name: read\nworker_type: reader\ninput_mapping:\n  topic: sort.output.topic\n"
    beside = await pipelines.draft("intake", StageWish("read", "reader", parallel=True), LOCAL)
    assert "topic: goal.context.topic" in beside


async def test_a_stage_of_a_worker_that_nobody_has_is_wired_to_the_goal(pipelines):
    text = await pipelines.draft("intake", StageWish("read", "ghost"), LOCAL)
    await pipelines.edit("intake", Insert({"name": "read", "worker_type": "ghost"}, None, text), LOCAL)
    assert "text: goal.context.text" in text


def test_a_graph_says_why_each_stage_waits():
    graph = pipeline_graph(
        {
            "pipeline_stages": [
                {"name": "a", "worker_type": "w", "input_mapping": {"x": "goal.context.x", "y": "'a.b'"}},
                {"name": "b", "worker_type": "w", "input_mapping": {"x": "a.output.x", "y": "a.output.y"}},
                {"name": "c", "worker_type": "w", "condition": "a.output.ok == true"},
                {"name": "d", "worker_type": "w", "depends_on": ["b", "c"], "model_tier": "local"},
            ]
        }
    )
    assert graph.links == (
        Link("a", "b", Reason.READS, ("x", "y")),
        Link("a", "c", Reason.CONDITION),
        Link("b", "d", Reason.LISTED),
        Link("c", "d", Reason.LISTED),
    )
    assert graph.levels == (("a",), ("b", "c"), ("d",))
    assert graph.to_json()["dependencies"] == {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
    assert (graph.stages[0].goal_fields, graph.stages[3].tier) == (("context.x",), "local")


@pytest.mark.parametrize("stages", [None, [], "x", [1], [{"name": 1}], [{"name": "a"}, {"name": "a"}]])
def test_stages_that_cannot_be_told_apart_have_no_graph(stages):
    with pytest.raises(ValueError, match="names of their own"):
        pipeline_graph({"pipeline_stages": stages})


def test_stages_that_wait_for_each_other_have_no_graph():
    stages = [{"name": "a", "depends_on": ["b"]}, {"name": "b", "depends_on": ["a"]}]
    with pytest.raises(CycleError, match="a → b → a"):
        pipeline_graph({"pipeline_stages": stages})
