"""What guides of Loom 0.9 show of the Workshop's modules is there, with the same parameters in the same order."""

import inspect

import pytest

from loom.workshop.app import create_app
from loom.workshop.app_manager import AppManager
from loom.workshop.config_impact import get_impact, get_worker_impact
from loom.workshop.config_manager import ConfigManager
from loom.workshop.db import WorkshopDB
from loom.workshop.eval_runner import EvalRunner
from loom.workshop.test_runner import WorkerTestResult, WorkerTestRunner

RESULT = (
    "run_id case_name input_payload passed expected_output actual_output raw_response validation_errors score score_details"
    " latency_ms prompt_tokens completion_tokens model_used error"
)
SIGNATURES = [
    (create_app, "configs_dir db_path nats_url apps_dir rag_db_path rag_store_class rag_channel_registry"),
    (
        WorkerTestResult,
        "output raw_response validation_errors input_validation_errors token_usage latency_ms model_used error",
    ),
    (WorkerTestRunner, "backends"),
    (WorkerTestRunner.run, "self config payload tier"),
    (EvalRunner, "test_runner db"),
    (EvalRunner.run_suite, "self config test_suite tier scoring max_concurrency judge_backend judge_prompt"),
    (ConfigManager, "configs_dir db extra_config_dirs"),
    (AppManager, "apps_dir bus"),
    (get_worker_impact, "worker_name configs_dir extra_dirs"),
    (get_impact, "worker_name config_manager"),
    (WorkshopDB, "db_path"),
    (WorkshopDB.save_worker_version, "self worker_name config_yaml description"),
    (WorkshopDB.get_worker_versions, "self worker_name"),
    (WorkshopDB.save_eval_run, "self worker_name tier total_cases worker_version_id metadata"),
    (WorkshopDB.update_eval_run, "self run_id updates"),
    (WorkshopDB.get_eval_runs, "self worker_name limit"),
    (WorkshopDB.save_eval_result, f"self {RESULT}"),
    (WorkshopDB.get_eval_results, "self run_id"),
    (WorkshopDB.compare_eval_runs, "self run_id_a run_id_b"),
    (WorkshopDB.promote_baseline, "self worker_name run_id description"),
    (WorkshopDB.get_baseline, "self worker_name"),
    (WorkshopDB.remove_baseline, "self worker_name"),
    (WorkshopDB.compare_against_baseline, "self worker_name run_id"),
    (WorkshopDB.close, "self"),
]


@pytest.mark.parametrize(("function", "names"), SIGNATURES, ids=lambda one: getattr(one, "__qualname__", ""))
def test_a_documented_call_takes_its_documented_parameters(function, names) -> None:
    parameters = inspect.signature(function).parameters.values()
    assert [one.name for one in parameters if one.kind is not one.KEYWORD_ONLY] == names.split()


def test_only_what_was_required_is_required() -> None:
    required = [
        one.name
        for one in inspect.signature(EvalRunner.run_suite).parameters.values()
        if one.default is one.empty
    ]
    assert required == ["self", "config", "test_suite"]
    assert all(one.default is not one.empty for one in inspect.signature(create_app).parameters.values())
