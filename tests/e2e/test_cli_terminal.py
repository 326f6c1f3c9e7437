"""How it looks on a terminal: nothing is wider than the window, and progress can be watched."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("width", [60, 80, 140])
def test_nothing_is_wider_than_the_window_and_ids_are_never_cut(
    loom: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    name = "a_worker_with_a_really_long_name_that_goes_on_and_on_without_end"
    (home / "w.yaml").write_text(f"name: {name}\nsystem_prompt: Classify the text.\n")
    loom("eval", "w.yaml", "--suite", "entity_extractor", "--tier", "local")
    run = loom("eval", "w.yaml", "--suite", "entity_extractor", "--json").json["short"]
    shown = [
        loom(*command)
        for command in (("runs",), ("runs", "show", run), ("compare", "last~1", run), ("doctor",))
    ]
    assert [one.status for one in shown] == [0, 0, 0, 0]
    assert max(len(line) for one in shown for line in one.out.splitlines()) <= width
    assert shown[0].out.splitlines()[1].startswith(run)


def test_names_are_shortened_before_numbers(
    loom: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (home / "w.yaml").write_text(f"name: {'a_long_name_' * 5}\nsystem_prompt: Classify the text.\n")
    loom("eval", "w.yaml", "--suite", "entity_extractor", "--tier", "local", "--limit", "4")
    listed = loom("runs").out.splitlines()[1]
    assert "a_long_n" in listed
    assert re.search(r"\d \[[\d.]+, [\d.]+\]  4/4", listed), listed


def watched(*arguments: str) -> str:
    """What a command prints on a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "loom", *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        pieces: list[bytes] = []
        try:
            while piece := os.read(ours, 65536):
                pieces.append(piece)
        except OSError:  # how Linux says that the other side of a terminal is closed
            pass
        finally:
            os.close(ours)
        assert process.wait(timeout=20) == 0
    return b"".join(pieces).decode()


def test_progress_shows_done_of_all_rate_cost_of_the_budget_and_time_left(
    home: Path, endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint(latency_ms=300))
    shown = watched("eval", "classifier", "--suite", "classifier", "--limit", "24", "--budget-usd", "1")
    assert re.search(r"━.*\d+/24 · [\d.]+/s · \$[\d.]+ of \$1\.00 · [\d.]+ s left", shown), shown
    assert "pass rate" in shown


def test_without_colour_nothing_is_coloured(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[36m" in watched("doctor")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in watched("doctor")
