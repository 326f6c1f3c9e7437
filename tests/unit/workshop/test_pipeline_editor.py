"""The documented face of pipeline editing: plain dicts in and out."""

from copy import deepcopy

import pytest

from loom.workshop.config_impact import get_impact, get_worker_impact
from loom.workshop.pipeline_editor import PipelineEditor

PIPELINE = {
    "name": "p",
    "pipeline_stages": [
        {
            "name": "a",
            "worker_type": "wa",
            "input_mapping": {"t": "goal.context.t"},
            "output_schema": {"type": "object"},
        },
        {"name": "b", "worker_type": "wb", "input_mapping": {"t": "a.output.t"}},
        {"name": "c", "worker_type": "wc", "depends_on": ["b"]},
    ],
}


def names(config):
    return [stage["name"] for stage in config["pipeline_stages"]]


def test_the_graph_has_dependencies_levels_and_a_count():
    assert PipelineEditor.get_dependency_graph(PIPELINE) == {
        "dependencies": {"a": [], "b": ["a"], "c": ["b"]},
        "levels": [["a"], ["b"], ["c"]],
        "stage_count": 3,
    }


@pytest.mark.parametrize("where", [{"after_stage": "a"}, {"after": "a"}])
def test_a_stage_is_inserted_and_the_given_pipeline_stays_as_it_is(where):
    before = deepcopy(PIPELINE)
    stage = {"name": "x", "worker_type": "w"}
    assert names(PipelineEditor.insert_stage(PIPELINE, stage, **where)) == ["a", "x", "b", "c"]
    assert names(PipelineEditor.insert_stage(PIPELINE, stage)) == ["a", "b", "c", "x"]
    assert before == PIPELINE


@pytest.mark.parametrize(("stage", "said"), [("b", "depends_on"), ("a", "depends on it"), ("x", "not found")])
def test_a_stage_that_is_waited_for_is_not_removed(stage, said):
    with pytest.raises(ValueError, match=said):
        PipelineEditor.remove_stage(PIPELINE, stage)


def test_a_stage_that_nobody_waits_for_is_removed():
    assert names(PipelineEditor.remove_stage(PIPELINE, "c")) == ["a", "b"]


def test_a_swap_writes_the_tier_where_it_counts_and_under_its_old_name():
    stage = PipelineEditor.swap_worker(PIPELINE, "b", "new", "local")["pipeline_stages"][1]
    assert (stage["worker_type"], stage["tier"], stage["model_tier"]) == ("new", "local", "local")
    assert "tier" not in PipelineEditor.swap_worker(PIPELINE, "b", new_type="new")["pipeline_stages"][1]


def test_a_swap_asks_for_a_worker_and_a_stage_that_is_there():
    with pytest.raises(ValueError, match="missing"):
        PipelineEditor.swap_worker(PIPELINE, "b")
    with pytest.raises(ValueError, match="not found"):
        PipelineEditor.swap_worker(PIPELINE, "x", "w")


def test_a_branch_cannot_depend_on_a_stage():
    assert names(PipelineEditor.add_parallel_branch(PIPELINE, {"name": "x", "worker_type": "w"}))[-1] == "x"
    with pytest.raises(ValueError, match="cannot depend"):
        PipelineEditor.add_parallel_branch(PIPELINE, {"name": "x", "worker_type": "w", "depends_on": ["a"]})


def test_validation_finds_circles():
    circle = deepcopy(PIPELINE)
    circle["pipeline_stages"][0]["depends_on"] = ["c"]
    assert PipelineEditor.validate(PIPELINE) == []
    assert any("Circular dependency" in line for line in PipelineEditor.validate(circle))


class Definitions:
    """What a configuration manager says of one pipeline and its workers."""

    def list_pipelines(self):
        return [{"name": "p"}, {"name": "broken"}]

    def get_pipeline(self, name):
        return PIPELINE if name == "p" else {"name": "broken"}

    def get_worker(self, name):
        if name == "ghost":
            raise FileNotFoundError(name)
        return {"name": name, "output_schema": {"type": "object"}}


def test_impact_lists_pipelines_with_their_stages_and_what_is_downstream():
    impact = get_impact("wa", Definitions())
    stage = {"name": "a", "tier": None, "has_input_schema": False, "has_output_schema": True}
    assert impact["pipelines"] == [{"name": "p", "stages": [stage], "downstream": ["b", "c"]}]
    assert (impact["total_stages"], impact["total_downstream"], impact["risk"]) == (1, 2, "high")
    assert impact["has_output_schema"]


@pytest.mark.parametrize("worker", ["wc", "ghost"])
def test_impact_is_low_where_nothing_is_downstream(worker):
    impact = get_impact(worker, Definitions())
    assert (impact["risk"], impact["total_pipelines"]) == ("low", int(worker == "wc"))


def test_the_impact_of_a_folder_is_found_without_a_manager(tmp_path):
    assert get_worker_impact("wa", tmp_path)["risk_level"] == "low"
