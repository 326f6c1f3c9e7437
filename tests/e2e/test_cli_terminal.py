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


@pytest.mark.parametrize("width", [20, 40, 60, 80, 140])
def test_nothing_is_wider_than_the_window_and_ids_are_never_cut(
    loom: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    name = "a_worker_with_a_really_long_name_that_goes_on_and_on_without_end"
    (home / "w.yaml").write_text(f"name: {name}\nsystem_prompt: Classify the text.\n")
    whole = loom("eval", "w.yaml", "--suite", "entity_extractor", "--tier", "local")
    run = loom("eval", "w.yaml", "--suite", "entity_extractor", "--json").json["short"]
    shown = [
        loom(*command)
        for command in (
            ("runs",),
            ("runs", "show", run),
            ("compare", "last~1", run),
            ("doctor",),
            ("validate", "w.yaml"),
            ("scorers",),
            ("catalog", "list"),
        )
    ]
    assert {one.status for one in shown} == {0}
    assert max(len(line) for one in (whole, *shown) for line in one.out.splitlines()) <= width
    assert any(line.startswith(run) for line in shown[0].out.splitlines())


@pytest.mark.parametrize(("width", "wide"), [(40, False), (50, False), (80, True)])
def test_a_table_that_would_cut_its_numbers_is_a_list_of_its_rows(
    loom: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, width: int, wide: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    loom("eval", "entity_extractor", "--suite", "entity_extractor", "--tier", "frontier", "--limit", "20")
    bar = r"  cases +[█▓]+  \d+ passed" if wide else r"  cases +[█▓]+\n +\d+ passed"
    assert re.search(bar, loom("runs", "show", "last").out)
    listed = loom("runs").out
    rate = r"\d\d\.\d \[\d\d\.\d, \d\d\.\d\]"
    assert re.search(
        rf"^\w{{8}} .* {rate}  20/20$" if wide else rf"^  passed %  {rate}\n", listed, re.MULTILINE
    )


def test_a_narrow_bar_gives_way_to_its_figures(
    home: Path, endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint(latency_ms=600))
    shown = watched("eval", "classifier", "--suite", "classifier", "--limit", "24", columns=40)
    assert re.search(r"\d+/24 · [\d.]+/s · \$[\d.]+ · [\d.]+ s left", shown), shown


def test_names_are_shortened_before_numbers(
    loom: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (home / "w.yaml").write_text(f"name: {'a_long_name_' * 5}\nsystem_prompt: Classify the text.\n")
    loom("eval", "w.yaml", "--suite", "entity_extractor", "--tier", "local", "--limit", "4")
    listed = loom("runs").out.splitlines()[1]
    assert "a_long_n" in listed
    assert re.search(r"\d \[[\d.]+, [\d.]+\]  4/4", listed), listed


def watched(*arguments: str, columns: int = 100) -> str:
    """What a command prints on a terminal that is so wide."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color"}
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
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint(latency_ms=600))
    shown = watched("eval", "classifier", "--suite", "classifier", "--limit", "24", "--budget-usd", "1")
    assert re.search(r"━.*\d+/24 · [\d.]+/s · \$[\d.]+ of \$1\.00 · [\d.]+ s left", shown), shown
    assert "pass rate" in shown


def test_a_pace_is_told_when_it_says_something_as_in_the_browser(
    home: Path, endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first eight end at once, after 0.6 s: that is no pace."""
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint(latency_ms=600))
    shown = watched("eval", "classifier", "--suite", "classifier", "--limit", "24", "--concurrency", "8")
    assert re.search(r" 8/24 · 0\.0/s · \$[\d.]+ · starting", shown), shown
    assert not re.search(r" 8/24 · [^·]* · [^·]* · [\d.]+ m?s left", shown), shown
    assert re.search(r" 16/24 · [\d.]+/s · \$[\d.]+ · [\d.]+ s left", shown), shown


def test_without_colour_nothing_is_coloured(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[36m" in watched("doctor")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in watched("doctor")
