"""The shipped workers: without a warning, documented, and comparable with their variants."""

import re
from pathlib import Path

import pytest

from loom.catalog.library import shipped_configs
from loom.core.contracts import validate_input, validate_output
from loom.core.findings import Findings
from loom.core.worker_config import WorkerConfig, load_worker
from loom.core.worker_rules import check_worker
from loom.core.yamlfile import load_yaml, parse_yaml

TEMPLATE = shipped_configs() / "workers/_template.yaml"
FIELDS = {
    "schema", "name", "description", "worker_kind", "system_prompt", "processing_backend", "backend_config",
    "input_schema", "output_schema", "input_schema_ref", "output_schema_ref", "default_model_tier", "endpoint",
    "model", "temperature", "top_p", "seed", "max_input_tokens", "max_output_tokens", "few_shot",
    "knowledge_sources", "knowledge_silos", "workspace_dir", "resolve_file_refs", "reset_after_task",
    "timeout_seconds",
}  # fmt: skip
VARIANTS = [
    "classifier_brief", "classifier_reworded", "entity_extractor_brief", "extractor_brief", "qa_brief",
    "reviewer_brief", "translator_brief",
]  # fmt: skip


def test_a_worker_file_gives_no_warning(worker_path: Path) -> None:
    assert check_worker(load_yaml(worker_path)) == Findings()


def test_a_worker_is_named_like_its_file(worker: WorkerConfig, worker_path: Path) -> None:
    assert worker.name == worker_path.stem


def test_a_worker_says_in_a_sentence_what_it_does(worker: WorkerConfig) -> None:
    assert re.fullmatch(r"[A-Z].{20,100}\.", worker.description)


def test_a_prompt_names_every_field_of_the_output(worker: WorkerConfig) -> None:
    assert worker.output_schema
    fields = worker.output_schema["properties"]
    assert [field for field in fields if f'"{field}"' not in worker.system_prompt] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_differs_from_its_original_in_the_prompt_alone(
    workers: dict[str, WorkerConfig], variant: str
) -> None:
    original, other = workers[variant.rpartition("_")[0]].mapping, workers[variant].mapping
    assert original.keys() == other.keys()
    assert {key for key in original if original[key] != other[key]} == {
        "name",
        "description",
        "system_prompt",
    }


def test_the_template_is_a_valid_worker_whose_example_keeps_its_contract() -> None:
    assert check_worker(load_yaml(TEMPLATE)) == Findings()
    template = load_worker(TEMPLATE)
    assert template.input_schema
    assert template.output_schema
    for example in template.few_shot:
        assert validate_input(example.input, template.input_schema) == []
        assert validate_output(example.output, template.output_schema) == []


def test_the_template_shows_every_field_and_what_it_offers_in_comments_is_valid() -> None:
    shown = load_yaml(TEMPLATE).mapping
    comments = re.findall(r"^#   (\w+:.*|  .*)$", TEMPLATE.read_text("utf-8"), re.MULTILINE)
    offered = parse_yaml("\n".join(["name: offered", "worker_kind: processor", *comments]))
    assert shown
    assert offered.mapping
    assert check_worker(offered) == Findings()
    assert shown.keys() | offered.mapping.keys() == FIELDS
