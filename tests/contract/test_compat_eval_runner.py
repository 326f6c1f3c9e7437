"""`loom.workshop.eval_runner` as scripts written for Loom 0.9 use it; its runs are Loom's own."""

import json
from collections.abc import AsyncIterator

import pytest
from compat_backend import Says

from loom.core.errors import LoomError
from loom.workshop.db import WorkshopDB
from loom.workshop.eval_runner import DEFAULT_JUDGE_PROMPT, EvalRunner
from loom.workshop.test_runner import WorkerTestRunner

WORKER = {"name": "counter", "system_prompt": "Count."}
SUITE = [
    {"name": "one", "input": {"text": "a"}, "expected_output": {"n": 1}},
    {"name": "two", "input": {"text": "a b"}, "expected_output": {"n": 2}},
]


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[WorkshopDB]:
    opened = WorkshopDB(url=database_url)
    yield opened
    opened.close()


def runner(db: WorkshopDB, *responses, tier="standard") -> EvalRunner:
    return EvalRunner(WorkerTestRunner({tier: Says(*responses)}), db)


async def test_a_run_has_its_figures_its_results_and_the_text_of_its_worker(db) -> None:
    run = await runner(db, '{"n": 1}').run_suite(WORKER, SUITE)
    [row] = db.get_eval_runs("counter")
    assert (row["id"], row["status"], row["tier"]) == (run, "completed", "standard")
    assert (row["total_cases"], row["passed_cases"], row["failed_cases"]) == (2, 1, 1)
    assert (row["avg_prompt_tokens"], row["avg_completion_tokens"]) == (3, 4)
    assert json.loads(row["metadata"]) == {"scoring_method": "field_match"}
    [version] = db.get_worker_versions("counter")
    assert row["worker_version_id"] == version["id"]
    assert version["config_yaml"] == "name: counter\nsystem_prompt: Count.\n"
    results = {one["case_name"]: one for one in db.get_eval_results(run)}
    assert [results[name]["passed"] for name in ("one", "two")] == [True, False]
    assert results["two"]["raw_response"] == '{"n": 1}'
    assert json.loads(results["two"]["score_details"])["fields"] == {"n": 0}


async def test_what_a_backend_raises_ends_one_case_alone(db) -> None:
    run = await runner(db, RuntimeError("cut off"), '{"n": 2}').run_suite(WORKER, SUITE, max_concurrency=1)
    one, two = db.get_eval_results(run)
    assert (one["error"], one["passed"], two["passed"]) == ("cut off", False, True)
    assert db.get_eval_runs()[0]["status"] == "completed"


async def test_where_nothing_is_expected_an_output_that_fits_passes(db) -> None:
    config = {**WORKER, "output_schema": {"type": "object", "required": ["n"]}}
    suite = [{"input": {"text": "a"}}, {"input": {"text": "b"}}, {}]
    run = await runner(db, '{"n": 1}', '{"m": 1}', "what?").run_suite(config, suite, max_concurrency=1)
    results = db.get_eval_results(run)
    assert [one["case_name"] for one in results] == ["unnamed", "unnamed (2)", "unnamed (3)"]
    assert [one["passed"] for one in results] == [True, False, False]
    assert "no expected output" in results[0]["score_details"]


async def test_exact_match_takes_the_whole_output(db) -> None:
    run = await runner(db, '{"n": 1, "m": 1}').run_suite(WORKER, SUITE[:1], scoring="exact_match")
    assert db.get_eval_results(run)[0]["score"] == 0


async def test_a_judge_gives_score_reasons_and_criteria(db) -> None:
    verdict = {"score": 0.8, "reasoning": "close", "criteria": {"correctness": 0.7}}
    judge = Says(f"```json\n{json.dumps(verdict)}\n```")
    run = await runner(db, '{"n": 2}').run_suite(
        WORKER, SUITE[:1], scoring="llm_judge", judge_backend=judge, judge_prompt="Be kind."
    )
    [result] = db.get_eval_results(run)
    assert (result["score"], result["passed"]) == (0.8, True)
    details = json.loads(result["score_details"])
    assert (details["reasoning"], details["criteria"]) == ("close", {"correctness": 0.7})
    assert details["judge_tokens"] == {"prompt": 3, "completion": 4}
    assert "Be kind." in judge.asked[0]["system"]


def test_the_default_prompt_asks_for_what_is_read() -> None:
    for word in ("score", "reasoning", "correctness", "completeness", "format_compliance"):
        assert word in DEFAULT_JUDGE_PROMPT


async def test_no_answer_is_taken_from_an_earlier_run(db) -> None:
    evaluating = runner(db, '{"n": 1}', '{"n": 0}')
    first, second = [await evaluating.run_suite(WORKER, SUITE[:1]) for _ in range(2)]
    [case] = db.compare_eval_runs(first, second)["cases"]
    assert (case["a"]["passed"], case["b"]["passed"]) == (True, False)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"scoring": "llm_judge"}, "judge_backend is required"),
        ({"scoring": "taste"}, "unknown scoring 'taste'"),
    ],
)
async def test_a_wrong_scoring_is_refused_before_anything_is_asked(db, wish, words) -> None:
    with pytest.raises(ValueError, match=words):
        await runner(db, "{}").run_suite(WORKER, SUITE, **wish)
    assert db.get_eval_runs() == []


async def test_a_tier_without_a_backend_is_refused(db) -> None:
    with pytest.raises(LoomError, match="No backend for tier 'local'"):
        await runner(db, "{}").run_suite(WORKER, SUITE, tier="local")
