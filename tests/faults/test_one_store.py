"""Two Workshops, evaluations at terminals and many readers on one store; then one of the Workshops is killed."""

import json
import re
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness import Endpoint, Life, Place, assert_clean, check, serving, wait_until

pytestmark = pytest.mark.faults

CASES = 400
SLOWEST_S = 5.0
"""Five processes of Loom, the endpoint and the readers may have to share two cores."""

PAGES = ("/workers", "/runs", "/jobs", "/runs.json", "/api/v1/evaluations", "/health")


@dataclass
class Workshop:
    """A server process of Loom."""

    life: Life
    address: str

    @classmethod
    def opened(cls, place: Place) -> "Workshop":
        life, said = place.loom("workshop", "--port", "0"), place.folder / "output.txt"
        life.wait(lambda: "http://" in said.read_text())
        found = re.search(r"http://[\d.:]+", said.read_text())
        assert found, said.read_text()
        return cls(life, found.group())

    def ask(self, path: str, body: object = None) -> tuple[int, Any]:
        """The status, and the JSON that was answered, or the text."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.address + path, data, {"Content-Type": "application/json"} if data else {}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read().decode()
                is_json = "json" in answer.headers["Content-Type"]
                return answer.status, json.loads(text) if is_json else text
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def evaluate(self, place: Place) -> str:
        """Begin an evaluation of its own; its id."""
        cases = json.loads(place.suite.read_text())["cases"]
        body = {
            "worker": "sorter",
            "cases": cases,
            "model": "sim-small",
            "endpoint": "openai",
            "concurrency": 16,
        }
        status, opened = self.ask("/api/v1/evaluations", body)
        assert status == 201, opened
        return opened["id"].replace("-", "")


@dataclass
class Readers:
    """What readers were answered."""

    answers: list[tuple[str, int, float]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def read(self, workshop: Workshop) -> None:
        while not self.over.is_set():
            for path in PAGES:
                began = time.monotonic()
                status, _ = workshop.ask(path)
                self.answers.append((path, status, time.monotonic() - began))


@contextmanager
def reading(workshop: Workshop, readers: int = 3) -> Iterator[Readers]:
    """Pages are asked for, one after the other, for as long as the block lasts."""
    found = Readers()
    threads = [threading.Thread(target=found.read, args=(workshop,)) for _ in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        found.over.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    with serving(tmp_path, "--latency-ms", "50") as started:
        yield started


def _place(folder: Path, name: str, endpoint: Endpoint) -> Place:
    (folder / name / "configs" / "workers").mkdir(parents=True)
    place = Place(
        folder / name, endpoint, CASES, f"sqlite:///{folder}/data/loom.db", topic=f"message of {name}"
    )
    (place.folder / "configs" / "workers" / "sorter.yaml").write_text(place.worker)
    return place


def test_workshops_terminals_and_readers_share_one_store_and_one_goes_on_for_the_other(
    tmp_path: Path, endpoint: Endpoint
) -> None:
    first, second, *terminals = (_place(tmp_path, name, endpoint) for name in ("one", "two", "three", "four"))
    doomed, stays = Workshop.opened(first), Workshop.opened(second)
    with reading(stays) as readers:
        runs = [doomed.evaluate(first), stays.evaluate(second)]
        lives = [terminal.begin() for terminal in terminals]
        begun = endpoint.count()
        wait_until(lambda: endpoint.count() > begun + CASES // 2)
        doomed.life.kill()
        wait_until(lambda: all(_state(stays, run) == "completed" for run in runs))
        ended = [life.end() for life in lives]
    bill = endpoint.rows()
    stays.life.terminate()
    told = [doomed.life.end(), stays.life.end(), *ended]
    assert [one.status for one in ended] == [0, 0]
    assert not [one.errors for one in told if re.search(r"locked|Traceback|internal error", one.errors)]
    assert not [one for one in readers.answers if one[1] != 200]
    took = sorted(one[2] for one in readers.answers)
    print(f"{len(took)} pages, median {took[len(took) // 2] * 1000:.0f} ms, slowest {took[-1] * 1000:.0f} ms")
    assert took[-1] <= SLOWEST_S
    assert len(first.runs()) == 4
    for run in first.runs():
        assert_clean(check(first.database_url, run, bill))
    with sqlite3.connect(tmp_path / "data" / "loom.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _state(workshop: Workshop, run: str) -> str:
    status, found = workshop.ask(f"/api/v1/evaluations/{run}")
    assert status == 200, found
    return found["state"]
