"""Files, folders and devices that nobody means: told by their names, at once and in little memory."""

import json
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
def little_memory(most: int = 60_000_000) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "begins", "words"),
    [
        ("f.yaml", b"", "is larger than 256 kB"),
        (
            "f.json",
            b"",
            "is larger than 8 MB; make JSONL of it, which may be larger: loom suite export f.json",
        ),
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
        ("f.jsonl", b'{"input": {"a": [' + b"[]," * 1_000_000 + b"]}}"),
        ("f.jsonl", b'{"schema": "loom/v1"}\n{"input": {"a": [' + b"[]," * 1_000_000 + b"]}}"),
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


@pytest.mark.parametrize("name", ["f.json", "f.jsonl"])
def test_a_fault_in_the_last_case_is_found_before_the_cases_fill_the_memory(
    loom: Loom, home: Path, name: str
) -> None:
    case = b'{"input": {"a": [%b]}}' % b",".join([b"1.5"] * 1_500)
    whole = b"[%b]" if name == "f.json" else b"%b"
    between = b"," if name == "f.json" else b"\n"
    (home / name).write_bytes(whole % between.join([*[case] * 1_100, b'{"input": 3}']))
    with little_memory(30_000_000):
        told = loom("eval", "classifier", "--suite", f"./{name}")
    assert (told.status, "'[1100].input' is not a mapping (got 3)" in told.errors) == (1, True), told.errors


def test_after_a_fault_a_large_suite_is_not_read_to_its_end(loom: Loom, home: Path) -> None:
    (home / "f.jsonl").write_bytes(b'{"input": 3}\n' + CASE * 30_000 + b"{")
    told = loom("validate", "f.jsonl").out
    assert told.count("f.jsonl:") == 2
    assert "'[10002]' is not checked: 1 error comes before it; mend what comes before it" in told


def test_json_that_is_too_large_becomes_lines_by_the_command_that_is_named(loom: Loom, home: Path) -> None:
    cases = [{"name": str(n), "input": {"a": "b" * 1_000_000}} for n in range(9)]
    (home / "f.json").write_text(json.dumps({"cases": cases}))
    refused = loom("validate", "f.json")
    command = "loom suite export f.json --to f.jsonl"
    assert (refused.status, command in refused.out.replace("\n    ", " ")) == (1, True), refused.out
    assert loom(*command.split()[1:3], "./f.json", "--to", "f.jsonl").status == 0
    assert loom("validate", "f.jsonl").status == 0
    assert "write .jsonl instead" in loom("suite", "export", "./f.jsonl", "--to", "g.json").errors


@pytest.mark.parametrize("name", ["f.jsonl", "f.csv"])
def test_empty_lines_are_not_read_for_ever(loom: Loom, home: Path, name: str) -> None:
    (home / name).write_bytes(b"\n" * 20_000)
    assert f"{name}:10001: is one of more than 10,000 empty lines in a row" in loom("validate", name).out


def test_warnings_are_bounded(loom: Loom, home: Path) -> None:
    (home / "f.jsonl").write_bytes(b'{"input": {}, "hue": 1}\n' * 5_000)
    told = loom("validate", "f.jsonl")
    assert (told.status, told.out.count("warning: ")) == (0, 201)


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
