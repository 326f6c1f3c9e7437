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

LARGE_ANSWER = json.dumps({"label": random.Random(1).randbytes(8_000).hex()})
MB = 1 << 20


class SmallDisk:
    """A file system in memory whose size can be changed while it is in use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, size: int) -> None:
        _mount("-o", f"remount,size={size}", str(self.folder))

    def shrink(self) -> None:
        """Not a byte is left."""
        now = os.statvfs(self.folder)
        self.resize((now.f_blocks - now.f_bfree) * now.f_frsize)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or not _mount("-t", "tmpfs", "-o", f"size={24 * MB}", "tmpfs", str(folder)):
        pytest.skip("only root may mount a small file system")
    yield SmallDisk(folder)
    subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("megabytes", [8, 12, 16, 17, 18, 24])
def test_a_disk_that_fills_up_pauses_the_job_and_loses_nothing(
    tmp_path: Path, disk: SmallDisk, megabytes: int
) -> None:
    disk.resize(megabytes * MB)
    with serving(tmp_path, "--latency-ms", "50", "--jitter-ms", "50", answer=LARGE_ANSWER) as endpoint:
        place = Place(tmp_path, endpoint, cases=1500, database_url=f"sqlite:///{disk.folder}/loom.db")
        ended = place.begin().end()
        assert ended.status == 3, ended
        assert "the disk is full" in ended.errors + ended.output
        assert "free space, then resume" in ended.errors + ended.output
        verdict = place.verdict()
        assert verdict.clean, verdict.show()
        assert verdict.billed == verdict.ended > 0, verdict.show()  # every receipt found its room
        assert place.attempts()["open", None] == 0
        disk.resize(200 * MB)
        place.finish()
        verdict = place.verdict()
    print(verdict.show())
    assert_clean(verdict)
    assert (verdict.unknown, verdict.repeated) == (0, 0), verdict.show()


def test_no_call_is_made_while_the_disk_is_still_full(tmp_path: Path, disk: SmallDisk) -> None:
    with serving(tmp_path, "--latency-ms", "50", answer=LARGE_ANSWER) as endpoint:
        place = Place(tmp_path, endpoint, cases=1500, database_url=f"sqlite:///{disk.folder}/loom.db")
        assert place.begin().end().status == 3
        disk.shrink()
        before = endpoint.count()
        refused = place.resume().end()
        assert (refused.status, endpoint.count()) == (3, before), refused
    assert "free some space" in refused.errors, refused.errors


def test_a_disk_that_is_full_from_the_start_is_named(tmp_path: Path, disk: SmallDisk) -> None:
    disk.resize(32_768)
    with serving(tmp_path) as endpoint:
        ended = Place(tmp_path, endpoint, database_url=f"sqlite:///{disk.folder}/loom.db").begin().end()
        assert endpoint.count() == 0
    assert ended.status == 3, ended
    assert "free some space" in ended.errors, ended.errors
