"""The command as a process: signals, pipes, `python -m`, start-up."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

LOOM = [sys.executable, "-m", "loom"]


def run(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


@contextmanager
def evaluating(*options: str) -> Iterator["subprocess.Popen[str]"]:
    """An evaluation as a process; dead at the end of the block."""
    command = [*LOOM, "eval", "classifier", "--suite", "classifier", "--limit", "30", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def stats(url: str) -> dict[str, int]:
    with urllib.request.urlopen(url.removesuffix("v1") + "stats", timeout=10) as answer:
        return json.load(answer)


def wait_for_requests(url: str, count: int) -> None:
    deadline = time.monotonic() + 20
    while stats(url)["requests"] < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_ctrl_c_pauses_with_status_130_and_resuming_pays_for_nothing_twice(
    loom: Callable[..., Any], endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = endpoint(latency_ms=100)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with evaluating("--concurrency", "4") as process:
        wait_for_requests(url, 4)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, "Pausing" in errors) == (130, True), errors
    assert "  next       loom eval --resume " in output
    resumed = loom("eval", "--resume", "last", "--json")
    assert (resumed.status, resumed.json["done"]) == (0, 30), resumed.errors
    assert stats(url)["requests"] == 30


def test_a_second_signal_cuts_off_what_is_in_flight(
    home: Path, endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = endpoint(latency_ms=20_000)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with evaluating() as process:
        wait_for_requests(url, 4)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert "Pausing" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 130


def test_of_two_who_go_on_with_a_run_at_once_one_is_told_what_the_other_has_done(
    loom: Callable[..., Any], endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint(latency_ms=400))
    loom("eval", "classifier", "--suite", "classifier", "--limit", "8", "--budget-usd", "0.000001")
    going_on = [*LOOM, "eval", "--resume", "last", "--budget-usd", "1", "--concurrency", "1", "--json"]
    pipes: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "env": dict(os.environ)}
    both = [subprocess.Popen(going_on, text=True, **pipes) for _ in "ab"]
    told = sorted((one.communicate(timeout=60)[1], one.returncode) for one in both)
    late = loom("eval", "--resume", "last")
    assert told == [("", 0), (late.errors, 2)]
    assert "names a run that is completed already (got 'last'); see it with: loom runs show" in late.errors


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_that_has_gone_ends_it_quietly(home: Path, options: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*LOOM, "runs", *options]
    with os.fdopen(writing, "w") as nobody:
        ended = subprocess.run(command, stdout=nobody, stderr=subprocess.PIPE, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_told_in_one_line(loom: Callable[..., Any]) -> None:
    full = run("bash", "-c", f"{' '.join(LOOM)} runs > /dev/full")
    assert (full.returncode, full.stderr) == (3, "✗ No space left on device\n")


def test_python_m_loom_is_the_same_command(home: Path) -> None:
    assert run(*LOOM, "--version").stdout.startswith("loom ")
    helped = run(*LOOM, "--help").stdout
    assert "..." not in helped.replace("[ARGS]...", "")
    assert "130 interrupted" in helped


def test_who_calls_the_workshop_as_others_do_is_told_its_name(home: Path) -> None:
    ended = run(*LOOM, "serve", "--port", "0")
    assert (ended.returncode, "did you mean `loom workshop`?" in ended.stderr) == (2, True)


def test_a_terminal_that_is_closed_ends_the_workshop_in_good_order(home: Path) -> None:
    command = [*LOOM, "workshop", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "the Workshop is at" in process.stdout.readline()
            process.send_signal(signal.SIGHUP)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


def test_help_loads_nothing_that_only_some_command_needs(home: Path) -> None:
    code = (
        "import sys; sys.argv = ['loom', '--help']\n"
        "from loom.cli.main import cli\n"
        "try: cli()\n"
        "except SystemExit: print([name for name in ('rich', 'pydantic', 'sqlalchemy', 'aiohttp', 'yaml',\n"
        "                          'numpy', 'jsonschema_rs', 'loom.wiring') if name in sys.modules])\n"
    )
    assert run(sys.executable, "-c", code).stdout.splitlines()[-1] == "[]"


def test_a_command_loads_no_other(home: Path) -> None:
    code = (
        "import sys; sys.argv = ['loom', 'power', '--help']\n"
        "from loom.cli.main import cli\n"
        "try: cli()\n"
        "except SystemExit: print([name for name in ('power', 'evaluate', 'new') if f'loom.cli.{name}' in sys.modules])\n"
    )
    assert run(sys.executable, "-c", code).stdout.splitlines()[-1] == "['power']"


def test_a_bug_is_told_in_one_line_and_in_full_on_request(home: Path) -> None:
    code = (
        "import sys; sys.argv = ['loom', 'runs']\n"
        "import loom.cli.context as context\n"
        "def broken(*_): raise KeyError('x')\n"
        "context.with_app = broken\n"
        "from loom.cli.main import cli\ncli()\n"
    )
    told = run(sys.executable, "-c", code)
    assert (
        told.returncode,
        told.stderr.startswith("✗ a bug in Loom, please report it: KeyError('x') at "),
    ) == (
        3,
        True,
    )
    assert "Traceback" in run(sys.executable, "-c", code, env={**os.environ, "LOOM_TRACEBACK": "1"}).stderr
