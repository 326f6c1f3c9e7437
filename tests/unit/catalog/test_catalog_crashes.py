"""`kill -9` in the midst of a change, and several processes at once: the history is right afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from catalog_desk import PIPELINE, SORTER, TEXT

from loom.core.hashing import hash_bytes

NEW = TEXT.replace(b"Sort the mail.", b"Sort all the mail.")


@pytest.fixture
def command(tmp_path, database_url):
    """Starts `loom catalog ...` in a process of its own, to be killed at a fail-point."""
    data = Path(database_url.removeprefix("sqlite:///")).parent

    def start(*arguments: str, failpoint: str = "", given: bytes = b"") -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "DATA_DIR": str(data),
            "HOME": str(tmp_path),
            "LOOM_FAILPOINT": failpoint,
        }
        environment.pop("DATABASE_URL", None)
        words = [sys.executable, "-m", "loom", "catalog", *arguments]
        process = subprocess.Popen(
            words, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert process.stdin is not None
        process.stdin.write(given)
        process.stdin.close()
        return process

    return start


@pytest.mark.parametrize(
    ("failpoint", "changes", "content"),
    [
        ("catalog.written:1", ["found", "found"], NEW),
        ("commit.before:2", ["found", "found"], NEW),
        ("commit.after:2", ["found", "saved"], NEW),
        ("commit.before:1", ["found"], TEXT),
    ],
)
async def test_whatever_was_saved_when_the_process_died_is_in_the_history(
    desk, command, failpoint, changes, content
):
    process = command("save", "sorter", "-", failpoint=failpoint, given=NEW)
    assert process.wait(30) == -9
    assert await desk.changes() == changes
    assert desk.file.read_bytes() == content
    assert (await desk.history()).versions[-1].hash == hash_bytes(content)


async def test_what_was_deleted_when_the_process_died_can_be_brought_back(desk, command):
    assert command("delete", "sorter", "--force", failpoint="catalog.removed:1").wait(30) == -9
    assert await desk.changes() == ["found", "gone"]
    assert command("undo", "sorter").wait(30) == 0
    assert desk.file.read_bytes() == TEXT


async def test_processes_that_save_at_once_are_all_in_the_history_once(desk, command):
    texts = [TEXT + b"# %d\n" % number for number in range(4)]
    processes = [command("save", "sorter", "-", given=text) for text in texts]
    assert [process.wait(60) for process in processes] == [0] * 4
    versions = (await desk.history()).versions
    assert [version.number for version in versions] == [1, 2, 3, 4, 5]
    assert {version.hash for version in versions} == {hash_bytes(text) for text in (TEXT, *texts)}
    assert hash_bytes(desk.file.read_bytes()) == versions[-1].hash


async def test_one_who_died_leaves_no_lock_and_no_half_file(desk, command):
    assert command("save", "sorter", "-", failpoint="catalog.written:1", given=NEW).wait(30) == -9
    assert command("save", "sorter", "-", given=TEXT).wait(30) == 0
    assert await desk.changes() == ["found", "found", "saved"]
    assert sorted(path.name for path in desk.file.parent.iterdir()) == [SORTER.name + ".yaml"]
    assert (desk.configs / "pipelines" / "intake.yaml").read_bytes() == PIPELINE
