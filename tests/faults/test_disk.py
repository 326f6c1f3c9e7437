"""A full disk: no paid call starts while the journal cannot be written; it says so, and goes on when there is room."""

import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Place, assert_clean, serving

pytestmark = pytest.mark.faults


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all the room there is, to the last byte."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


@pytest.mark.parametrize("after", [20, 150, 300])
def test_a_disk_that_fills_up_pauses_the_job_and_loses_nothing(
    tmp_path: Path, small_disk: Path, after: int
) -> None:
    with serving(tmp_path, "--latency-ms", "150") as endpoint:
        place = Place(tmp_path, endpoint, database_url=f"sqlite:///{small_disk}/loom.db")
        life = place.begin()
        life.wait(lambda: endpoint.count() >= after)
        ballast = fill(small_disk)
        ended = life.end()
        assert ended.status == 3, ended
        assert "disk is full" in ended.errors + ended.output
        assert "free space" in ended.errors + ended.output
        fill(small_disk)  # what closing the database has freed
        before = len(endpoint.rows())
        refused = place.resume().end()
        assert (refused.status, len(endpoint.rows())) == (3, before)
        assert "free some space" in refused.errors, refused.errors
        ballast.unlink()
        place.finish()
        verdict = place.verdict()
    print(verdict.show())
    assert_clean(verdict)


@pytest.mark.parametrize("after", [66, 84, 93, 111, 129, 147])
def test_receipts_of_what_was_paid_for_fit_into_the_room_kept_for_them(
    tmp_path: Path, small_disk: Path, after: int
) -> None:
    answer = json.dumps({"label": random.Random(1).randbytes(8_000).hex()})  # many would not fit
    with serving(tmp_path, "--latency-ms", "100", "--jitter-ms", "50", answer=answer) as endpoint:
        place = Place(tmp_path, endpoint, cases=1000, database_url=f"sqlite:///{small_disk}/loom.db")
        life = place.begin()
        life.wait(lambda: endpoint.count() >= after)
        ballast = fill(small_disk)
        ended = life.end()
        assert ended.status == 3, ended
        ballast.unlink()
        assert place.attempts()["open", None] == 0
        verdict = place.verdict()
    assert verdict.clean, verdict.show()
    assert (verdict.state, verdict.unknown) == ("paused", 0), verdict.show()
    assert verdict.billed == verdict.ended, verdict.show()


def test_a_disk_that_is_full_from_the_start_is_named(tmp_path: Path, small_disk: Path) -> None:
    fill(small_disk)
    with serving(tmp_path) as endpoint:
        ended = Place(tmp_path, endpoint, database_url=f"sqlite:///{small_disk}/loom.db").begin().end()
        assert endpoint.count() == 0
    assert ended.status == 3, ended
    assert "space" in ended.errors, ended.errors
    assert "Traceback" not in ended.errors
