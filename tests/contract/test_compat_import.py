"""`loom import`: the store of Loom 0.9 is taken over into the one of this Loom."""

import json
import uuid
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from loom.cli.main import app
from loom.core.errors import UsageError
from loom.workshop.db import WorkshopDB

SCHEMA = """
CREATE TABLE worker_versions (id VARCHAR PRIMARY KEY, worker_name VARCHAR, config_hash VARCHAR, config_yaml TEXT,
    created_at TIMESTAMP, description VARCHAR);
CREATE TABLE eval_runs (id VARCHAR PRIMARY KEY, worker_name VARCHAR, worker_version_id VARCHAR, tier VARCHAR,
    started_at TIMESTAMP, completed_at TIMESTAMP, status VARCHAR, total_cases INTEGER, passed_cases INTEGER,
    failed_cases INTEGER, avg_latency_ms DOUBLE, avg_prompt_tokens DOUBLE, avg_completion_tokens DOUBLE, metadata JSON);
CREATE TABLE eval_results (id VARCHAR PRIMARY KEY, run_id VARCHAR, case_name VARCHAR, input_payload JSON,
    expected_output JSON, actual_output JSON, raw_response TEXT, validation_errors JSON, score DOUBLE,
    score_details JSON, latency_ms INTEGER, prompt_tokens INTEGER, completion_tokens INTEGER, model_used VARCHAR,
    passed BOOLEAN, error TEXT);
CREATE TABLE eval_baselines (id VARCHAR PRIMARY KEY, worker_name VARCHAR UNIQUE, run_id VARCHAR, promoted_at TIMESTAMP,
    description VARCHAR);
"""
DONE, CUT_OFF, VERSION = (str(uuid.UUID(int=number, version=4)) for number in range(1, 4))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store as Loom 0.9 left it: a completed run of two cases, and one that was cut off."""
    path = tmp_path / "workshop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)
        text = "name: w\nsystem_prompt: Count.\n"
        connection.execute(
            "INSERT INTO worker_versions VALUES (?, 'w', 'h', ?, '2025-01-01', 'first')", [VERSION, text]
        )
        for run, state in ((DONE, "completed"), (CUT_OFF, "running")):
            told = [run, VERSION, state, json.dumps({"scoring_method": "field_match"})]
            connection.execute(
                "INSERT INTO eval_runs VALUES (?, 'w', ?, 'local', '2025-01-02', NULL, ?, 2, 1, 1, 5, 1, 1, ?)",
                told,
            )
            for number in range(2):
                result = [f"{run}{number}", run, f"case {number}", json.dumps({"t": number}), bool(number)]
                connection.execute(
                    "INSERT INTO eval_results VALUES (?, ?, ?, ?, '{\"n\": 1}', '{\"n\": 1}', 'raw', NULL, NULL, NULL, 12, 3,"
                    " 4, 'llama', ?, NULL)",
                    result,
                )
        connection.execute("INSERT INTO eval_baselines VALUES ('b', 'w', ?, '2025-01-03', 'gold')", [DONE])
    return path


@pytest.fixture
def loom(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(*arguments: object) -> str:
        done = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
        return done.stdout

    return run


@pytest.fixture
def db(database_url: str):
    opened = WorkshopDB(url=database_url)
    yield opened
    opened.close()


def test_runs_results_texts_and_baselines_are_taken_over_under_their_ids(loom, old, db) -> None:
    assert json.loads(loom("import", old, "--json")) == {
        "texts": 1, "runs": 2, "results": 4, "baselines": 1, "known": 0,
    }  # fmt: skip
    rows = {row["id"]: row for row in db.get_eval_runs("w")}
    done = rows[DONE]
    assert (done["status"], done["tier"], done["passed_cases"]) == ("completed", "local", 1)
    assert (done["started_at"].isoformat(), rows[CUT_OFF]["status"]) == (
        "2025-01-02T00:00:00+00:00",
        "failed",
    )
    assert done["worker_version_id"] == db.get_worker_versions("w")[0]["id"]
    assert db.get_baseline("w")["run_id"] == DONE
    assert [(row["passed"], row["model_used"], row["raw_response"]) for row in db.get_eval_results(DONE)] == [
        (False, "llama", "raw"),
        (True, "llama", "raw"),
    ]


def test_taking_over_twice_changes_nothing(loom, old, db) -> None:
    loom("import", old)
    assert "2 runs were here already" in loom("import", old)
    assert len(db.get_eval_runs()) == 2


def test_a_run_that_was_taken_over_is_shown_like_any_other(loom, old) -> None:
    loom("import", old)
    shown = loom("runs", "show", DONE)
    assert "llama elsewhere" in shown
    assert "1 passed · 1 failed" in shown
    assert "DuckDB" not in loom("runs")


def test_the_file_stays_as_it_is(loom, old) -> None:
    before = old.read_bytes()
    loom("import", old)
    assert old.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "words"), [(b"SQLite format 3\x00", "no DuckDB file"), (None, "is not there")]
)
def test_what_is_no_store_of_loom_0_9_is_refused(loom, tmp_path, content, words) -> None:
    path = tmp_path / "other.db"
    if content:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=words):
        loom("import", path)


def test_another_duckdb_file_is_refused_with_what_is_missing(loom, tmp_path) -> None:
    with duckdb.connect(str(tmp_path / "sales.duckdb")) as connection:
        connection.execute("CREATE TABLE sales (id INTEGER)")
    with pytest.raises(UsageError, match="worker_versions, eval_runs, eval_results"):
        loom("import", tmp_path / "sales.duckdb")
