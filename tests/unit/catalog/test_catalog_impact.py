"""Impact: who uses a worker, who waits for those, and how risky a change of it is."""

import pytest

from loom.access.models import LOCAL
from loom.catalog.impact import get_worker_impact
from loom.core.errors import NotFoundError

STAGES = """
  - {name: sort, worker_type: sorter}
  - {name: answer, worker_type: writer, input_mapping: {topic: sort.output.topic}}
  - {name: check, worker_type: checker, depends_on: [answer]}
  - {name: log, worker_type: logger, condition: "sort.output.ok == true"}
  - {name: apart, worker_type: writer, input_mapping: {text: goal.context.text}}
"""


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def pipeline(name, stages=STAGES):
    return f"name: {name}\npipeline_stages:{stages}"


def stages(uses):
    return [use["stage"] for use in uses]


def test_stages_are_found_through_mappings_lists_and_conditions(tmp_path):
    write(tmp_path, "orchestrators/intake.yaml", pipeline("intake"))
    write(tmp_path, "workers/sorter.yaml", "name: sorter\nsystem_prompt: Sort.\n")
    found = get_worker_impact("sorter", tmp_path)
    assert found["affected_pipelines"] == ["intake"]
    assert found["direct_stages"] == [
        {"pipeline": "intake", "stage": "sort", "worker_type": "sorter", "tier": None}
    ]
    assert stages(found["downstream_stages"]) == ["answer", "check", "log"]


@pytest.mark.parametrize(
    ("worker", "schema", "risk"),
    [
        ("sorter", "", "high"),
        ("sorter", "output_schema: {type: object}", "medium"),
        ("checker", "", "medium"),
        ("unused", "", "low"),
    ],
)
def test_risk_is_high_where_others_wait_for_an_output_that_no_schema_describes(
    tmp_path, worker, schema, risk
):
    write(tmp_path, "pipelines/intake.yaml", pipeline("intake"))
    write(tmp_path, f"workers/{worker}.yaml", f"name: {worker}\nsystem_prompt: Work.\n{schema}\n")
    assert get_worker_impact(worker, tmp_path)["risk_level"] == risk


def test_pipelines_in_further_folders_count_and_shipped_ones_do_not(tmp_path):
    write(tmp_path, "app/pipelines/other.yaml", pipeline("other"))
    assert get_worker_impact("sorter", tmp_path / "own")["affected_pipelines"] == []
    assert get_worker_impact("sorter", tmp_path / "own", [tmp_path / "app"])["affected_pipelines"] == [
        "other"
    ]


def test_a_worker_that_nobody_knows_has_no_impact(tmp_path):
    assert get_worker_impact("ghost", tmp_path) == {
        "affected_pipelines": [],
        "direct_stages": [],
        "downstream_stages": [],
        "risk_level": "low",
    }


async def test_an_invalid_pipeline_is_named(desk):
    write(desk.configs, "pipelines/broken.yaml", "name: broken\npipeline_stages: [{name: a}]\n")
    impact = await desk.catalog.impact("sorter", LOCAL)
    assert impact.invalid == ("broken",)
    assert [use.stage for use in impact.downstream] == ["answer", "check"]


async def test_a_worker_that_only_a_pipeline_names_has_an_impact_and_another_is_unknown(desk):
    assert (await desk.catalog.impact("writer", LOCAL)).pipelines == ("intake",)
    with pytest.raises(NotFoundError, match="did you mean 'sorter'"):
        await desk.catalog.impact("sortr", LOCAL)
