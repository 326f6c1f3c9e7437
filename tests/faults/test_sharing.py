"""Several processes on one SQLite file at once, from its creation on."""

import sqlite3
from pathlib import Path

import pytest

from harness import Place, assert_clean, check, serving

pytestmark = pytest.mark.faults

PROCESSES = 8
CASES = 120


def test_eight_processes_share_one_file_from_its_creation_on(tmp_path: Path) -> None:
    database = tmp_path / "data" / "loom.db"
    with serving(tmp_path, "--latency-ms", "20") as endpoint:
        places: list[Place] = []
        for number in range(PROCESSES):
            folder = tmp_path / str(number)
            folder.mkdir()
            url = f"sqlite:///{database}"
            places.append(Place(folder, endpoint, CASES, url, topic=f"message of {number}"))
        lives = [place.begin() for place in places]
        ends = [life.end() for life in lives]
        bill = endpoint.rows()
    assert [one.status for one in ends] == [0] * PROCESSES, [one.errors for one in ends]
    runs = places[0].runs()
    assert len(runs) == PROCESSES
    for run in runs:
        assert_clean(check(f"sqlite:///{database}", run, bill))
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
