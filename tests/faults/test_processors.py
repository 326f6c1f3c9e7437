"""`kill -9` while a processor works: each case ends once, and only what the journal had not seen end is done again."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select
from test_kills import DATABASES

from harness import Life, Place, assert_clean, serving
from loom.engine.tables import execution

pytestmark = pytest.mark.faults

KILLS = max(1, int(os.environ.get("FAULTS_KILLS", "100")) // 5)
CASES = 200
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
        named = ("sorter.yaml", "--suite", str(self.suite), "--concurrency", "8")
        return self.loom("eval", *named, *options, "--json", failpoint=failpoint)

    def processed(self) -> Counter[str]:
        """How often each text was processed, or begun to be."""
        log = self.folder / "processed"
        return Counter(log.read_text().splitlines() if log.exists() else ())

    def ended(self) -> Counter[str]:
        """The same of those that the journal has seen end."""
        ended = self.read(select(execution.c.number).where(execution.c.state != "running"))
        names, times = {f"message {row.number:05d}" for row in ended}, self.processed()
        return Counter({name: times[name] for name in names})


@pytest.fixture(params=DATABASES)
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Processing]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    (tmp_path / "sorting.py").write_text(BACKEND)
    with serving(tmp_path) as endpoint:
        yield Processing(tmp_path, endpoint, CASES, url)


def assert_processed(place: Processing, before: list[Counter[str]]) -> None:
    """Everything ended once, no model was asked, and nothing that had ended `before` was processed again."""
    verdict, processed = place.verdict(), place.processed()
    print(verdict.show())
    assert_clean(verdict)
    assert verdict.requests == 0
    assert len(processed) == CASES
    assert all(processed[name] == times for ended in before for name, times in ended.items())
    assert before[-1].total() > 0


def test_a_processor_survives_kills_at_random_moments(place: Processing) -> None:
    chance, before = random.Random(5), list[Counter[str]]()
    for left in reversed(range(KILLS)):
        life, enough = place.go_on(), place.processed().total() + chance.randrange(CASES // KILLS)
        life.wait(lambda enough=enough: place.processed().total() > enough)
        if not left:  # a slow machine may have ended nothing yet
            life.wait(lambda: place.ended().total() > 0)
        life.kill()
        assert life.end().killed
        before.append(place.ended())
    place.finish()
    assert_processed(place, before)


@pytest.mark.parametrize("name", PLACES)
def test_a_processor_survives_kills_at(place: Processing, name: str) -> None:
    before: list[Counter[str]] = []
    for point in (f"{name}.{side}:{count}" for count in (4, 5) for side in ("before", "after")):
        assert place.go_on(failpoint=point).end().killed or len(before) > 1
        before.append(place.ended())
    place.finish()
    assert_processed(place, before)
