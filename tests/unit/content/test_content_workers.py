"""The shipped workers: well formed, documented, and comparable with their variants."""

from pathlib import Path

import pytest
from jsonschema_rs import Draft202012Validator

from loom.core.jsonvalue import Json

LLM_KEYS = {
    "schema", "name", "description", "worker_kind", "system_prompt", "input_schema", "output_schema",
    "default_model_tier", "endpoint", "model", "temperature", "top_p", "seed", "max_input_tokens",
    "max_output_tokens", "few_shot", "knowledge_sources", "knowledge_silos", "workspace_dir", "resolve_file_refs",
    "reset_after_task", "timeout_seconds",
}  # fmt: skip
ALL_KEYS = LLM_KEYS | {"processing_backend", "backend_config", "input_schema_ref", "output_schema_ref"}
VARIANTS = ["classifier_brief", "classifier_reworded", "entity_extractor_brief", "extractor_brief"]


def test_a_worker_is_named_like_its_file(worker: Json, worker_path: Path) -> None:
    assert worker["name"] == ("my_worker" if worker_path.stem == "_template" else worker_path.stem)


def test_a_worker_has_only_known_keys(worker: Json) -> None:
    assert worker.keys() <= LLM_KEYS


def test_a_worker_says_what_it_does(worker: Json) -> None:
    assert worker["description"].endswith(".")
    assert worker["system_prompt"].strip()


def test_the_schemas_of_a_worker_describe_objects(worker: Json) -> None:
    for key in ("input_schema", "output_schema"):
        Draft202012Validator(worker[key])
        assert worker[key]["type"] == "object"
        assert set(worker[key]["required"]) <= worker[key]["properties"].keys()


def test_a_prompt_names_every_field_of_the_output(worker: Json) -> None:
    fields = worker["output_schema"]["properties"]
    assert [field for field in fields if f'"{field}"' not in worker["system_prompt"]] == []


def test_the_template_shows_every_field() -> None:
    template = (Path(__file__).parents[3] / "configs/workers/_template.yaml").read_text("utf-8")
    assert [key for key in sorted(ALL_KEYS) if f"{key}:" not in template] == []


def test_the_examples_of_the_template_keep_its_contract(workers: dict[str, Json]) -> None:
    template = workers["_template"]
    for example in template["few_shot"]:
        assert Draft202012Validator(template["input_schema"]).is_valid(example["input"])
        assert Draft202012Validator(template["output_schema"]).is_valid(example["output"])


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_differs_from_its_original_in_the_prompt_alone(
    workers: dict[str, Json], variant: str
) -> None:
    original, other = workers[variant.rpartition("_")[0]], workers[variant]
    assert {key for key in original if original[key] != other[key]} == {
        "name",
        "description",
        "system_prompt",
    }
    assert original.keys() == other.keys()
