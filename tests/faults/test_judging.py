"""Kills and endpoint faults while scorers ask models: no judge is paid twice, and trouble is never a score of 0."""

import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from random_kills import kill_at_random
from sqlalchemy import func, select
from test_endpoint import RETRIED
from test_kills import DATABASES, kill_at_every_side

from harness import WORKER, Endpoint, Place, assert_clean, serving
from loom.calls.tables import call
from loom.engine.tables import execution
from loom.evaluation.tables import score

pytestmark = pytest.mark.faults

KILLS = max(1, int(os.environ.get("FAULTS_KILLS", "100")) // 8)
JUDGE = (
    "--scorer",
    '{"scorer": "llm_judge", "timeout_s": 2}',
    "--judge-model",
    "sim-small",
    "--judge-endpoint",
    "openai",
)
SIMILAR = json.dumps({"scorer": "embedding_similarity", "model": "sim-small", "endpoint": "openai"})
BOTH = (*JUDGE, "--scorer", SIMILAR)
SORTER = """
schema: loom/v1
name: sorter
description: Sorts messages.
system_prompt: |
  Sort the message into one of the categories: order, refund, other.
  Respond with ONLY a JSON object: {"label": "one of the categories"}
input_schema: {type: object, required: [text], properties: {text: {type: string}}}
output_schema: {type: object, required: [label], properties: {label: {type: string}}}
temperature: 0
max_output_tokens: 50
timeout_seconds: 2
"""
PLACES = (
    "account.reserve",
    "account.settle",
    "attempt.open",
    "attempt.settle",
    "cache.keep",
    "call.open",
    "call.serve",
    "execution.finish",
    "execution.open",
    "score.add",
    "send",
)


def judging(
    folder: Path,
    endpoint: Endpoint,
    cases: int,
    scorers: tuple[str, ...] = BOTH,
    *,
    worker: str = WORKER,
    url: str = "",
) -> Place:
    return Place(folder, endpoint, cases, url, ("--concurrency", "8", *scorers), worker)


@pytest.fixture(params=DATABASES)
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with serving(tmp_path, "--latency-ms", "10", "--jitter-ms", "20", answer=None) as endpoint:
        yield judging(tmp_path, endpoint, 80, url=url)


def assert_judged(place: Place, cases: int) -> None:
    """Every case has a verdict of both scorers, and each was asked for once."""
    verdict = place.verdict()
    print(verdict.show())
    assert_clean(verdict)
    values = place.read(select(score.c.value))
    assert len(values) == 2 * cases
    assert all(row.value is not None for row in values)
    served = place.read(
        select(call.c.purpose, func.count()).where(call.c.served_by.is_not(None)).group_by(call.c.purpose)
    )
    assert dict(map(tuple, served)) == dict.fromkeys(("generate", "judge", "embed"), cases)


def test_judging_survives_kills_at_random_moments(place: Place) -> None:
    kill_at_random(place, random.Random(11), KILLS)
    assert_judged(place, 80)


@pytest.mark.parametrize("name", PLACES)
def test_judging_survives_kills_at(place: Place, name: str) -> None:
    kill_at_every_side(place, name)
    assert_judged(place, 80)


@pytest.mark.parametrize("name", ["attempt.settle", "cache.keep", "execution.finish"])
def test_judging_of_outputs_from_the_cache_survives_kills_at(place: Place, name: str) -> None:
    known = replace(place, options=("--concurrency", "8"))
    assert known.begin().end().status == 0
    kill_at_every_side(place, name, before=1)
    served = select(call.c.id).where(call.c.purpose == "judge", call.c.served_by.is_not(None))
    assert len(place.read(served)) == 80


Said = dict[int, tuple[float | None, str]]
"""Value and reason by the number of the case."""


def judged_values(place: Place, *, most_errored: int = 0) -> Said:
    """What the judge said of each case that has an output."""
    ended = place.begin().end()
    assert ended.status == 0, ended.errors
    verdict = place.verdict()
    assert verdict.clean, verdict.show()
    assert (verdict.state, verdict.ended) == ("completed", verdict.planned), verdict.show()
    assert verdict.errored <= most_errored, verdict.show()
    said = select(execution.c.number, score.c.value, score.c.reason)
    said = said.join(execution, execution.c.id == score.c.execution)
    return {number: (value, reason) for number, value, reason in place.read(said)}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What the judge says when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("calm")
    with serving(folder, answer=None) as endpoint:
        return judged_values(judging(folder, endpoint, 20, JUDGE, worker=SORTER))


@pytest.mark.parametrize("named", RETRIED)
def test_a_fault_while_judging_changes_no_score(tmp_path: Path, named: str, calm: Said) -> None:
    """One that strikes a judge's call at each of its tries leaves that case unscored, and a worker's call errored."""
    fault, _ = RETRIED[named]
    with serving(tmp_path, faults=[{**fault, "every": 5}], answer=None) as endpoint:
        found = judged_values(judging(tmp_path, endpoint, 20, JUDGE, worker=SORTER), most_errored=2)
    lost = [reason for value, reason in found.values() if value is None]
    assert len(lost) <= 3
    assert all(reason.startswith("the judge could not be asked") for reason in lost)
    assert all(said == calm[number] for number, said in found.items() if said[0] is not None)
    assert len({value for value, _ in calm.values()}) > 2
