"""Files, folders and devices that nobody means: told by their names, at once and in little memory."""

import os
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Loom = Callable[..., Any]
LARGE = 200_000_000
CASE = b'{"input": {"text": "a"}}\n'
WORKER = (
    "name: {}\nsystem_prompt: Say hello.\ninput_schema: {{type: object}}\noutput_schema: {{type: object}}\n"
)


@pytest.fixture
def endless(home: Path) -> str:
    """What is as good as endless, but would end."""
    (home / "endless").touch()
    os.truncate(home / "endless", LARGE)
    return "endless"


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "begins", "words"),
    [
        ("f.yaml", b"", "is larger than 256 kB"),
        ("f.json", b"", "f.json:1: is not UTF-8 text (got 'byte 0x00')"),
        ("f.jsonl", b"", "f.jsonl:1: is not UTF-8 text"),
        ("f.csv", b"", "f.csv:1: is not UTF-8 text"),
        ("f.jsonl", CASE * 1000, "f.jsonl:1001: is a line of more than 8 MB"),
        ("f.csv", b"input.a\n" + b"a\n" * 9000, "f.csv:9002: is a line of more than 8 MB"),
        ("f.jsonl", CASE + b"\xff", "f.jsonl:2: is not UTF-8 text"),
    ],
)
def test_a_large_file_of_nothing_is_refused_at_once(
    loom: Loom, home: Path, name: str, begins: bytes, words: str
) -> None:
    (home / name).write_bytes(begins)
    os.truncate(home / name, LARGE)
    with little_memory():
        told = loom("validate", name)
    assert (told.status, words in told.out) == (1, True), told.out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.jsonl", b"x\n" * 1_000_000),
        ("f.csv", b"input.a,input.n:number\n" + b"a,x\n" * 500_000),
        ("f.csv", b"a," * 1_000_000 + b"\n"),
        ("f.csv", b'input.a\n"' + b"a\n" * 1_000_000),
    ],
)
def test_a_file_that_is_wrong_everywhere_is_not_read_to_its_end(
    loom: Loom, home: Path, name: str, content: bytes
) -> None:
    (home / name).write_bytes(content)
    with little_memory():
        told = loom("validate", name)
    assert told.status == 1
    assert 1 <= told.out.count(f"{name}:") <= 201


def test_a_suite_is_read_case_by_case(loom: Loom, home: Path) -> None:
    padding = "b" * 5_000
    (home / "f.jsonl").write_text(f'{{"input": {{"a": 1}}, "x-note": "{padding}"}}\n' * 10_000)
    with little_memory():
        told = loom("suite", "show", "f.jsonl")
    assert told.out.startswith("f · 10,000 cases")


@pytest.mark.parametrize("ending", ["yaml", "json", "jsonl", "csv", "parquet"])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.mkdir, "is not a file, but a folder"),
        (os.mkfifo, "is not a file, but a device, pipe or socket"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a file, but a device, pipe or socket"),
        (lambda path: path.symlink_to(path.name), "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_is_told_beside_the_others(
    loom: Loom, home: Path, ending: str, make: Callable[[Path], None], words: str
) -> None:
    make(home / f"f.{ending}")
    for name in ("first", "last"):
        (home / f"{name}.yaml").write_text(WORKER.format(name))
    told = loom("validate", "first.yaml", f"f.{ending}", "last.yaml")
    assert (told.status, told.errors) == (1, "")
    assert f"f.{ending}: {words}" in told.out
    assert "✓ [worker] last.yaml" in told.out


@pytest.mark.parametrize("command", [("catalog", "list"), ("suite", "show"), ("eval", "w", "--suite", "s")])
def test_a_folder_that_is_a_link_to_itself_is_no_bug(
    loom: Loom, home: Path, command: tuple[str, ...]
) -> None:
    (home / "loop").symlink_to("loop")
    assert "bug in Loom" not in loom(*command, "--configs-dir", "loop").errors


@pytest.mark.parametrize("given", ["@endless", "-"])
def test_an_endless_input_is_refused(loom: Loom, endless: str, given: str) -> None:
    told = loom("test", "classifier", "--input", given, given=bytes(17 << 20))
    assert told.status == 2
    assert "is larger than 16 MB" in told.errors


def test_an_endless_definition_is_not_saved(loom: Loom, endless: str) -> None:
    told = loom("catalog", "save", "mine", endless)
    assert (told.status, "is larger than 256 kB" in told.errors) == (2, True)


def test_an_input_may_come_through_a_pipe(loom: Loom) -> None:
    reads, writes = os.pipe()
    os.write(writes, b'{"text": "Where is my parcel?"}')
    os.close(writes)
    assert loom("test", "classifier", "--input", f"@/dev/fd/{reads}").status == 0
    os.close(reads)
