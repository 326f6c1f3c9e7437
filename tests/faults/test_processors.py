"""`kill -9` while a processor works: each case ends once, and only what the journal had not seen end is done again."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_kills import DATABASES

from harness import Life, Place, assert_clean, serving

pytestmark = pytest.mark.faults

KILLS = max(1, int(os.environ.get("FAULTS_KILLS", "100")) // 5)
CASES = 200
AT_ONCE = 8
REDONE = 3 * AT_ONCE
"""At most, per kill: what was under way, and what had ended since the last commit."""

WORKER = """
name: sorter
worker_kind: processor
processing_backend: sorting.Sorter
input_schema: {type: object, required: [text], properties: {text: {type: string}}}
output_schema: {type: object, required: [label], properties: {label: {type: string}}}
"""
BACKEND = """
import time

from loom.worker.processor import SyncProcessingBackend


class Sorter(SyncProcessingBackend):
    def process_sync(self, payload, config):
        with open("processed", "a") as log:
            log.write(payload["text"] + "\\n")
        time.sleep(0.01)
        return {"output": {"label": "order"}, "model_used": "sorter-1"}
"""
PLACES = ("commit", "execution.done", "job.fence", "score.add")


@dataclass
class Processing(Place):
    """A processor notes what it was given; no model is asked."""

    worker: str = WORKER

    def begin(self, *options: str, failpoint: str = "") -> Life:
        named = ("sorter.yaml", "--suite", str(self.suite), "--concurrency", str(AT_ONCE))
        return self.loom("eval", *named, *options, "--json", failpoint=failpoint)

    def processed(self) -> Counter[str]:
        """How often each text was processed, or begun to be."""
        log = self.folder / "processed"
        return Counter(log.read_text().splitlines() if log.exists() else ())


@pytest.fixture(params=DATABASES)
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Processing]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    (tmp_path / "sorting.py").write_text(BACKEND)
    with serving(tmp_path) as endpoint:
        yield Processing(tmp_path, endpoint, CASES, url)


def assert_processed(place: Processing, kills: int) -> None:
    """Everything ended once, no model was asked, and no kill cost more than `REDONE`."""
    verdict, processed = place.verdict(), place.processed()
    print(verdict.show())
    assert_clean(verdict)
    assert verdict.requests == 0
    assert len(processed) == CASES
    assert processed.total() <= CASES + kills * REDONE


def test_a_processor_survives_kills_at_random_moments(place: Processing) -> None:
    chance = random.Random(5)
    for _ in range(KILLS):
        life, enough = place.go_on(), place.processed().total() + chance.randrange(CASES // KILLS)
        life.wait(lambda enough=enough: place.processed().total() > enough)
        life.kill()
        assert life.end().killed
    place.finish()
    assert_processed(place, KILLS)


@pytest.mark.parametrize("name", PLACES)
def test_a_processor_survives_kills_at(place: Processing, name: str) -> None:
    points = [f"{name}.{side}:{count}" for count in (2, 5) for side in ("before", "after")]
    killed = [place.go_on(failpoint=point).end().killed for point in points]
    assert killed[:2] == [True, True]
    place.finish()
    assert_processed(place, sum(killed))
