"""`kill -9` at random moments and at every named place, then `--resume`: nothing lost, nothing paid twice."""

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from random_kills import kill_at_random
from sqlalchemy import select

from harness import WORKER, Place, assert_clean, serving
from loom.engine.tables import step

pytestmark = pytest.mark.faults

RECORDER = Path(__file__).with_name("record_failpoints.py")
KILLS = int(os.environ.get("FAULTS_KILLS", "100"))
EVALUATIONS = 4
PASSES = (1, 4, 25)
OPENING = ("account.keep", "blob.keep", "blob.rely_on", "job.open", "run.open")
CLAIMING = ("claim", "job.claim", "account.release_unknown", "attempt.mark_unknown")
CALLING = (
    "account.reserve",
    "account.settle",
    "attempt.open",
    "attempt.settle",
    "cache.keep",
    "call.open",
    "call.serve",
    "call.served",
    "commit",
    "execution.done",
    "execution.finish",
    "execution.open",
    "job.end",
    "job.fence",
    "score.add",
    "send",
)
TELLING = (
    "event.add",
    "event.trim",
    "event.trim_standing",
    "stream.close",
    "stream.number",
    "stream.open",
    "stream.trim",
)
"""What those who follow the job are told, in the commit of what it tells of."""

STEPPING = ("step.add",)
"""Passed where a tool is used."""

EVERYWHERE = (*OPENING, *CLAIMING, *CALLING, *TELLING, *STEPPING)
"""Every place that an evaluation passes, each with `.before` and `.after`; the last test compares."""

CLERK = """
schema: loom/v1
name: clerk
description: Says where an order is.
system_prompt: |
  You answer questions about orders. Look up the order by its id with the lookup tool, then answer.
  Respond with ONLY a JSON object: {"label": string}
input_schema:
  type: object
  required: [text]
  properties: {text: {type: string}}
output_schema:
  type: object
  required: [label]
  properties: {label: {type: string}}
temperature: 0
max_output_tokens: 100
knowledge_silos:
  - {name: orders, type: tool, provider: orders.Lookup}
"""
TOOL = """
from loom.worker.tools import SyncToolProvider


class Lookup(SyncToolProvider):
    def get_definition(self):
        parameters = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
        return {"name": "lookup", "description": "Look up an order by its id", "parameters": parameters}

    def execute_sync(self, arguments):
        return f"order {arguments['id']} is in Berlin"
"""

DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(params=DATABASES)
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with serving(tmp_path, "--latency-ms", "15", "--jitter-ms", "30") as endpoint:
        yield Place(tmp_path, endpoint, database_url=url)


@pytest.mark.parametrize("seed", range(EVALUATIONS))
def test_an_evaluation_survives_kills_at_random_moments(place: Place, seed: int) -> None:
    kill_at_random(place, random.Random(seed), KILLS // EVALUATIONS)
    verdict = place.verdict()
    print(verdict.show())
    assert_clean(verdict)


@pytest.fixture
def clerks(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "orders.py").write_text(TOOL)
    with serving(tmp_path, "--latency-ms", "15", "--jitter-ms", "30", answer=None) as endpoint:
        yield Place(tmp_path, endpoint, cases=150, worker=CLERK, topic="Look up the order with id")


def test_dialogues_with_a_tool_survive_kills_at_random_moments(clerks: Place) -> None:
    kill_at_random(clerks, random.Random(9), max(1, KILLS // 8))
    verdict = clerks.verdict()
    tools = len(clerks.read(select(step.c.kind).where(step.c.kind == "tool")))
    print(verdict.show())
    assert_clean(verdict)
    assert tools >= 150
    assert verdict.billed - verdict.repeated >= 300


@pytest.mark.parametrize("name", [*OPENING, *CLAIMING, *CALLING, *TELLING])
def test_an_evaluation_survives_kills_at(place: Place, name: str) -> None:
    warm_up = place.begin("--limit", "50").end()  # so that some cases are served from the cache
    assert warm_up.status == 0, warm_up.errors
    kill_at_every_side(place, name, before=1)


@pytest.mark.parametrize("name", STEPPING)
def test_dialogues_with_a_tool_survive_kills_at(clerks: Place, name: str) -> None:
    kill_at_every_side(clerks, name)


def kill_at_every_side(place: Place, name: str, *, before: int = 0) -> None:
    """One evaluation, killed before and after `name` at several passes of it, with `before` others in the database."""
    killed: list[str] = []
    for failpoint in (f"{name}.{side}:{count}" for count in PASSES for side in ("before", "after")):
        if not place.go_on(before=before, failpoint=failpoint).end().killed:
            break  # not passed so often any more: it went through to the end
        killed.append(failpoint)
    place.finish()
    verdict = place.verdict()
    print(f"killed at {killed}\n{verdict.show()}")
    assert killed[:2] == [f"{name}.before:1", f"{name}.after:1"]
    assert_clean(verdict)


def test_no_place_that_an_evaluation_passes_is_missing_here(clerks: Place) -> None:
    passed = clerks.folder / "passed"
    recorded = replace(clerks, program=(str(RECORDER), str(passed)))
    assert recorded.begin("--limit", "20").end().status == 0
    assert clerks.begin(failpoint="attempt.settle.after:2").end().killed
    assert recorded.resume().end().status == 0
    plain = replace(recorded, worker=WORKER)
    assert plain.begin("--limit", "20").end().status == 0
    assert plain.begin("--limit", "40").end().status == 0  # half of it from the cache
    sides = {f"{name}.{side}" for name in EVERYWHERE for side in ("before", "after")}
    assert set(passed.read_text().split()) == sides
