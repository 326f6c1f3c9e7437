"""`loom.workshop.db` as scripts written for Loom 0.9 use it, over every kind of database."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loom.access.models import LOCAL
from loom.core.errors import ConfigError, ConflictError, NotFoundError, UsageError
from loom.core.settings import load_settings
from loom.evaluation.records import service
from loom.evaluation.running.rescoring import RescoreWish
from loom.wiring.app import App, open_app
from loom.workshop.config_manager import ConfigManager
from loom.workshop.db import WorkshopDB

TEXT = "name: w\nsystem_prompt: Count.\n"
RIGHT = {"expected_output": {"n": 1}, "actual_output": {"n": 1}, "score": 1.0}
RUN_COLUMNS = {
    "id", "worker_name", "worker_version_id", "tier", "started_at", "completed_at", "status", "total_cases",
    "passed_cases", "failed_cases", "avg_latency_ms", "avg_prompt_tokens", "avg_completion_tokens", "metadata",
}  # fmt: skip
RESULT_COLUMNS = {
    "id", "run_id", "case_name", "input_payload", "expected_output", "actual_output", "raw_response",
    "validation_errors", "score", "score_details", "latency_ms", "prompt_tokens", "completion_tokens",
    "model_used", "passed", "error",
}  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def db(request: pytest.FixtureRequest):
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    opened = WorkshopDB(url=url)
    yield opened
    opened.close()


def recorded(db: WorkshopDB, *passed: bool, complete=True, worker="w") -> str:
    run = db.save_eval_run(worker, "local", len(passed), metadata={"scoring_method": "taste"})
    for number, one in enumerate(passed):
        score = {"score": float(one), "score_details": {"method": "taste"}, "model_used": "parrot"}
        db.save_eval_result(run, f"case {number}", {"t": number}, one, actual_output={"n": number}, **score)
    if complete:
        db.update_eval_run(run, {"status": "completed"})
    return run


def test_the_same_text_of_a_worker_is_one_version(db) -> None:
    first = db.save_worker_version("w", TEXT, "first")
    other = db.save_worker_version("w", TEXT + "# more\n")
    assert db.save_worker_version("w", TEXT, "again") == first != other
    newest, oldest = db.get_worker_versions("w")
    assert (newest["id"], oldest["id"], oldest["description"]) == (other, first, "first")
    assert (oldest["config_yaml"], len(oldest["config_hash"])) == (TEXT, 16)
    assert oldest["created_at"].tzinfo is UTC
    assert db.get_worker_versions("someone else") == []


def test_a_run_is_running_until_it_is_completed(db) -> None:
    version = db.save_worker_version("w", TEXT)
    run = db.save_eval_run("w", "local", 2, version, {"scoring_method": "field_match"})
    [row] = db.get_eval_runs()
    assert row.keys() == RUN_COLUMNS
    assert (row["status"], row["tier"], row["worker_version_id"]) == ("running", "local", version)
    assert (row["total_cases"], row["passed_cases"], row["completed_at"]) == (2, 0, None)
    ended = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    db.update_eval_run(run, {"status": "completed", "completed_at": ended, "metadata": {"by": "me"}})
    [row] = db.get_eval_runs()
    assert (row["status"], row["completed_at"], json.loads(row["metadata"])) == (
        "completed",
        ended,
        {"by": "me"},
    )


def test_results_come_back_by_name_with_json_as_text(db) -> None:
    run = db.save_eval_run("w", "local", 2)
    db.save_eval_result(run, "b", {"t": 1}, True, **RIGHT, raw_response="{}", latency_ms=5, prompt_tokens=6)
    db.save_eval_result(
        run, "a", {}, False, validation_errors=["output: no"], error="cut off", completion_tokens=7
    )
    a, b = db.get_eval_results(run)
    assert a.keys() == b.keys() == RESULT_COLUMNS
    assert (a["case_name"], a["passed"], a["error"], a["completion_tokens"]) == ("a", False, "cut off", 7)
    assert (json.loads(a["input_payload"]), json.loads(a["validation_errors"])) == ({}, ["output: no"])
    assert (a["expected_output"], a["score"], a["run_id"]) == (None, None, run)
    assert (json.loads(b["expected_output"]), b["score"], b["raw_response"]) == ({"n": 1}, 1.0, "{}")
    assert (b["latency_ms"], b["prompt_tokens"]) == (5, 6)


def test_the_figures_of_a_run_are_what_its_results_add_up_to(db) -> None:
    recorded(db, True, True, False)
    db.update_eval_run(recorded(db, complete=False), {"passed_cases": 3, "avg_latency_ms": 7.5})
    told, counted = db.get_eval_runs("w")
    assert (counted["passed_cases"], counted["failed_cases"], counted["avg_latency_ms"]) == (2, 1, None)
    assert (told["passed_cases"], told["avg_latency_ms"], told["status"]) == (3, 7.5, "running")


def test_runs_are_listed_newest_first_of_one_worker_or_all(db) -> None:
    first, other, last = recorded(db, True), recorded(db, True, worker="v"), recorded(db, True)
    assert [row["id"] for row in db.get_eval_runs()] == [last, other, first]
    assert [row["id"] for row in db.get_eval_runs("w", limit=1)] == [last]


def test_two_runs_stand_beside_each_other_by_case(db) -> None:
    a, b = recorded(db, True, False), recorded(db, True)
    beside = db.compare_eval_runs(a, b)
    assert (beside["run_a"]["id"], beside["run_b"]["id"]) == (a, b)
    assert [one["case_name"] for one in beside["cases"]] == ["case 0", "case 1"]
    assert beside["cases"][0]["b"]["passed"] is True
    assert beside["cases"][1]["b"] is None


def test_a_worker_has_one_baseline(db) -> None:
    first, second = recorded(db, True), recorded(db, False)
    assert db.get_baseline("w") is None
    assert db.compare_against_baseline("w", first) is None
    db.promote_baseline("w", first)
    db.promote_baseline("w", second, "gold")
    found = db.get_baseline("w")
    assert (found["run_id"], found["description"], found["worker_name"]) == (second, "gold", "w")
    assert db.compare_against_baseline("w", first)["run_a"]["id"] == second
    assert (db.remove_baseline("w"), db.remove_baseline("w"), db.get_baseline("w")) == (True, False, None)


def test_a_run_whose_results_are_all_there_is_completed_by_promoting_it(db) -> None:
    run = recorded(db, True, False, complete=False)
    db.promote_baseline("w", run)
    assert db.get_eval_runs()[0]["status"] == "completed"
    with pytest.raises(ConflictError, match="finished"):
        db.save_eval_result(run, "late", {}, True)


def test_a_baseline_stays_when_another_run_cannot_be_one(db) -> None:
    db.promote_baseline("w", first := recorded(db, True))
    with pytest.raises(UsageError, match="no baseline"):
        db.promote_baseline("w", db.save_eval_run("w", "local", 2))
    assert db.get_baseline("w")["run_id"] == first


def test_what_is_not_so_is_refused_and_said(db) -> None:
    run = recorded(db, True, complete=False)
    with pytest.raises(UsageError, match="'colour' cannot be changed"):
        db.update_eval_run(run, {"colour": "red"})
    with pytest.raises(UsageError, match="another worker"):
        db.promote_baseline("v", run)
    with pytest.raises(UsageError, match="is no version"):
        db.save_eval_run("w", "local", 1, "v1")
    with pytest.raises(NotFoundError, match="there is no run"):
        db.compare_eval_runs(run, "01a1fd57-fbda-7e0a-8f74-1490e1435a10")
    assert db.get_eval_results("nothing") == []


@pytest.fixture
async def app(db, tmp_path: Path) -> AsyncIterator[App]:
    settings = load_settings({"DATABASE_URL": db.url, "DATA_DIR": str(tmp_path)}, tmp_path / "none.yaml")
    async with open_app(settings) as opened:
        yield opened


async def test_a_recorded_run_is_reported_and_compared_like_any_other(db, app) -> None:
    before, after = recorded(db, True, False, False), recorded(db, True, True, False)
    a, b = [await app.reports.find(name) for name in (before, after)]
    report = await app.reports.report(b)
    assert (report.pass_rate.passed, report.pass_rate.n, report.run.model) == (2, 3, "parrot")
    assert report.scorers == ("reported",)
    comparison = await app.reports.compare(a, b)
    assert comparison.main.change.mean == pytest.approx(1 / 3)


async def test_a_recorded_run_is_scored_anew_but_not_by_what_stands_for_others(db, app) -> None:
    source = await app.reports.find(recorded(db, True, True, False))
    job = await app.rescorings.open(RescoreWish(source, ("exact_match",)), LOCAL)
    await (await app.rescorings.work(job)).run()
    scored = await app.reports.report((await app.reports.runs(1))[0])
    assert (scored.pass_rate.unscored, scored.scorers) == (3, ("exact_match",))
    with pytest.raises(ConfigError, match="'reported' scores nothing"):
        await app.rescorings.open(RescoreWish(source, ("reported",)), LOCAL)


async def test_what_passed_counts_as_passed_whatever_its_score(db, app) -> None:
    run = db.save_eval_run("w", "local", 4)
    for given, score, passed in ((1, 0.2, True), (1, 0.3, True), (2, None, True), (3, 0.9, False)):
        db.save_eval_result(run, "same", {"t": given}, passed, score=score)
    db.update_eval_run(run, {"status": "completed"})
    assert db.get_eval_runs()[0]["passed_cases"] == 3
    assert [row["score"] for row in db.get_eval_results(run)] == [0.2, 0.3, None, 0.9]
    report = await app.reports.report(await app.reports.find(run))
    assert (report.pass_rate.passed, report.pass_rate.attempted, report.pass_rate.cases) == (3, 4, 3)


def test_what_a_configuration_manager_saves_is_a_version(db, tmp_path: Path) -> None:
    manager = ConfigManager(tmp_path / "configs", db)
    assert manager.save_worker("w", {"name": "w", "system_prompt": "Count."}, "first") == []
    [version] = manager.get_worker_version_history("w")
    assert (version["description"], version["config_yaml"]) == ("first", manager.get_worker_yaml("w"))


def test_memory_holds_a_store_until_it_is_closed() -> None:
    db = WorkshopDB(":memory:")
    folder = Path(db.url.removeprefix("sqlite:///")).parent
    recorded(db, True)
    assert len(db.get_eval_runs()) == 1
    db.close()
    assert not folder.exists()


def test_the_file_of_loom_0_9_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "workshop.duckdb").write_bytes(bytes(8) + b"DUCK" + bytes(100))
    with pytest.raises(UsageError, match=r"loom import .*workshop\.duckdb"):
        WorkshopDB(tmp_path / "workshop.duckdb")


def test_without_a_path_it_is_the_store_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'mine.db'}")
    assert WorkshopDB().url == f"sqlite:///{tmp_path / 'mine.db'}"


def test_a_run_that_gets_a_result_while_it_is_closed_is_not_closed_without_it(db, monkeypatch) -> None:
    run = recorded(db, True, complete=False)
    other = WorkshopDB(url=db.url)
    place = service.placed

    def meanwhile(results):
        other.save_eval_result(run, "late", {}, True)
        return place(results)

    monkeypatch.setattr(service, "placed", meanwhile)
    with pytest.raises(ConflictError):
        db.update_eval_run(run, {"status": "completed"})
    monkeypatch.undo()
    db.update_eval_run(run, {"status": "completed"})
    assert db.get_eval_runs()[0]["passed_cases"] == 2
    other.close()
