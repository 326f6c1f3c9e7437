"""Pipeline, orchestrator and router definitions: every mistake is named with its place and its mending."""

import pytest

from loom.core.orchestrator_config import check_orchestrator
from loom.core.pipeline_config import check_pipeline
from loom.core.router_config import check_router_rules
from loom.core.yamlfile import parse_yaml

SEED = """
name: analysis_pipeline
timeout_seconds: 300
max_concurrent_goals: 4
pipeline_stages:
  - name: extract
    worker_type: doc_extractor
    tier: local
    input_mapping:
      file_ref: goal.context.file_ref
      kind: "'pdf'"
  - name: ocr
    worker_type: ocr_worker
    condition: "extract.output.needs_ocr == true"
    input_mapping:
      file_ref: goal.context.file_ref
  - name: summarize
    worker_type: summarizer
    depends_on: [extract, ocr]
    max_retries: 0
    input_mapping:
      text: extract.output.text_preview
"""


def errors(stages: str) -> list[str]:
    text = f"name: p\npipeline_stages:\n{stages}\n"
    return [str(problem) for problem in check_pipeline(parse_yaml(text, "p.yaml")).errors]


def test_a_documented_pipeline_has_neither_errors_nor_warnings():
    found = check_pipeline(parse_yaml(SEED))
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize(
    ("stages", "place", "says"),
    [
        ("- worker_type: x", "3:3", "missing required key 'name'"),
        ("- name: a", "3:3", "missing required key 'worker_type'"),
        ("- text", "3:3", "expected dict"),
        ("- {name: a, worker_type: x, tier: fast}", "3:35", "is not a tier (got 'fast')"),
        ("- {name: a, worker_type: x, input_mapping: [b]}", "3:44", "must be a dict"),
        ("- {name: a, worker_type: x, input_mapping: {b: ''}}", "3:48", "is an empty path"),
        ("- {name: a, worker_type: x, input_mapping: {b: 5}}", "3:48", "expected str (got 5)"),
        ("- {name: a, worker_type: x, input_mapping: {b: gaol.context.x}}", "3:48", "did you mean 'goal'?"),
        ("- {name: a, worker_type: x, input_mapping: {b: goal..x}}", "3:48", "an empty part"),
        ("- {name: a, worker_type: x, input_mapping: {b: c.output.x}}", "3:48", "unknown source 'c'"),
        ("- {name: a, worker_type: x, condition: b.output.x == 1}", "3:40", "unknown source 'b'"),
        ("- {name: a, worker_type: x, condition: goal.context.x}", "3:40", "3 space-separated parts"),
        (
            "- {name: a, worker_type: x, condition: goal.context.x > 1}",
            "3:40",
            "operator must be '==' or '!='",
        ),
        ("- {name: a, worker_type: x, depends_on: [b]}", "3:42", "is an unknown stage (got 'b')"),
        ("- {name: a, worker_type: x, depends_on: b}", "3:41", "must be a list"),
        ("- {name: a, worker_type: x, depends_on: [a]}", "3:3", "'a' depends on itself"),
        ("- {name: a, worker_type: x, input_mapping: {b: a.output.x}}", "3:3", "'a' depends on itself"),
        ("- {name: goal, worker_type: x}", "3:10", "cannot be 'goal'"),
        ("- {name: a.b, worker_type: x}", "3:10", "cannot contain a dot"),
        ("- {name: a, worker_type: x, timeout_seconds: 0}", "3:46", "must be a positive number"),
        ("- {name: a, worker_type: x, output_schema: {required: b}}", "3:55", "required must be a list"),
        ("- {name: a, worker_type: x, depend_on: []}", "3:29", "did you mean 'depends_on'?"),
    ],
)
def test_a_mistake_in_a_stage_is_named_with_its_place(stages: str, place: str, says: str):
    found = errors(stages)
    assert len(found) == 1
    assert found[0].startswith(f"p.yaml:{place}: 'pipeline_stages[0]")
    assert says in found[0]


def test_two_stages_of_one_name_are_refused():
    found = errors("- {name: a, worker_type: x}\n- {name: a, worker_type: y}")
    assert found[0].startswith("p.yaml:4:10: 'pipeline_stages[1].name' is a duplicate")


def test_a_cycle_is_named_with_its_stages():
    found = errors(
        "- {name: a, worker_type: x, input_mapping: {f: b.output.x}}\n"
        "- {name: b, worker_type: y, condition: a.output.ok == true}"
    )
    assert len(found) == 1
    assert "Circular dependency: a → b → a" in found[0]


def test_depends_on_must_not_leave_out_a_stage_that_is_read():
    found = errors(
        "- {name: a, worker_type: x}\n- {name: b, worker_type: x}\n"
        "- {name: c, worker_type: x, depends_on: [b], condition: a.output.ok == true}"
    )
    assert len(found) == 1
    assert "p.yaml:5:41: 'pipeline_stages[2].depends_on' leaves out 'a'" in found[0]


def test_a_stage_that_is_read_may_be_waited_for_by_way_of_another():
    assert not errors(
        "- {name: a, worker_type: x}\n- {name: b, worker_type: x, input_mapping: {f: a.output.x}}\n"
        "- {name: c, worker_type: x, depends_on: [b], input_mapping: {f: a.output.x}}"
    )


def test_a_later_stage_may_be_read():
    assert not errors(
        "- {name: a, worker_type: x, input_mapping: {f: b.output.x}}\n- {name: b, worker_type: x}"
    )


def test_an_empty_list_of_stages_is_refused():
    assert "is an empty list" in errors("  []")[0]


def test_reading_what_a_stage_does_not_have_is_a_warning():
    text = SEED.replace("extract.output.text_preview", "extract.outptu.text_preview")
    (warning,) = check_pipeline(parse_yaml(text)).warnings
    assert "did you mean 'output'?" in str(warning)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("checkpoint: 3", "'checkpoint' must be a dict"),
        ("checkpoint: {token_threshold: 0}", "'checkpoint.token_threshold' must be a positive integer"),
        ("checkpoint: {recent_window: -1}", "'checkpoint.recent_window' must be an integer of at least 0"),
        ("max_concurrent_tasks: 0", "must be a positive integer"),
        ("timeout_seconds: -1", "must be a positive number"),
        ("available_workers: a", "must be a list"),
        ("available_workers: [a]", "expected dict"),
        ("available_workers: [{name: a}]", "missing required key 'description'"),
    ],
)
def test_a_mistake_in_an_orchestrator_is_named(line: str, says: str):
    found = check_orchestrator(parse_yaml(f"name: o\nsystem_prompt: x\n{line}\n", "o.yaml")).errors
    assert len(found) == 1
    assert says in str(found[0])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tier_overrides: {a: fast}", "r.yaml:1:21: 'tier_overrides.a' is not a tier (got 'fast')"),
        ("tier_overrides: [a]", "must be a dict"),
        ("rate_limits: 3", "must be a dict"),
        ("rate_limits: {fast: {}}", "unknown tier 'fast'"),
        ("rate_limits: {local: 3}", "must be a dict"),
        ("rate_limits: {local: {max_concurrent: 1.5}}", "must be a positive integer"),
        ("rate_limits: {local: {tokens_per_minute: 0}}", "must be a positive number"),
        ("rate_limit: {}", "did you mean 'rate_limits'?"),
    ],
)
def test_a_mistake_in_router_rules_is_named(text: str, says: str):
    found = check_router_rules(parse_yaml(text, "r.yaml")).errors
    assert len(found) == 1
    assert says in str(found[0])
