"""PostgreSQL that crashes again and again while an evaluation runs on it."""

import random
import time
from pathlib import Path

import pytest

from harness import Place, assert_clean, serving
from postgres import Cluster

pytestmark = [pytest.mark.faults, pytest.mark.postgres]

CRASHES = 20


def test_an_evaluation_outlives_twenty_crashes_of_its_database(
    tmp_path: Path, postgres: Cluster, postgres_url: str
) -> None:
    chance = random.Random(7)
    with serving(tmp_path, "--latency-ms", "400", "--jitter-ms", "400") as endpoint:
        place = Place(tmp_path, endpoint, database_url=postgres_url, options=("--concurrency", "8"))
        life = place.begin()
        for number in range(CRASHES):
            enough = endpoint.count() + chance.randrange(20)
            life.wait(lambda enough=enough: endpoint.count() >= enough)
            assert not life.over, f"over after {number} crashes: {life.end()}"
            postgres.crash()
            time.sleep(chance.uniform(0, 0.5))
            postgres.start()
        ended = life.end(within_s=180)
        assert ended.status == 0, ended
        verdict = place.verdict()
    print(verdict.show())
    assert_clean(verdict)
    assert (verdict.unknown, verdict.repeated) == (0, 0)


def test_an_evaluation_survives_kills_with_crashes_of_its_database_in_between(
    tmp_path: Path, postgres: Cluster, postgres_url: str
) -> None:
    chance = random.Random(8)
    with serving(tmp_path, "--latency-ms", "15", "--jitter-ms", "30") as endpoint:
        place = Place(tmp_path, endpoint, database_url=postgres_url)
        for _ in range(CRASHES):
            life = place.go_on()
            enough = endpoint.count() + chance.randrange(25)
            life.wait(lambda enough=enough: endpoint.count() >= enough)
            postgres.crash()
            life.kill()
            life.end()
            postgres.start()
        place.finish()
        verdict = place.verdict()
    print(verdict.show())
    assert_clean(verdict)
