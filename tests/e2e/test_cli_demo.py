"""`loom demo`: what a newcomer sees first."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_the_demo_does_the_main_job_ends_with_what_to_do_next_and_keeps_to_its_folder(
    loom: Callable[..., Any], home: Path
) -> None:
    shown = loom("demo", "--keep", "kept")
    assert shown.status == 0, shown.errors
    commands = [line.split() for line in shown.out.splitlines() if line.strip().startswith("$ loom")]
    assert [words[2] for words in commands] == ["validate", "test", "eval", "eval", "compare", "eval", "eval"]
    told = (
        "config(s) valid",
        "✓ PASS",
        "pass rate",
        "✓ BETTER",
        "95 % interval",
        "fixed",
        "broken",
        "--scorer llm_judge",
        "--gate",
        "✗ GATE REGRESSED",
        "Now you",
    )
    places = [shown.out.index(word) for word in told]
    assert places == sorted(places)
    assert shown.out.count("simulated") >= 5
    assert (home / "kept" / "loom.db").exists()
    assert loom("runs", "--json").json == []


@pytest.mark.parametrize("option", ["--configs-dir", "--db-path"])
def test_the_demo_of_the_workshop_takes_no_folder_and_no_store_of_ones_own(
    loom: Callable[..., Any], home: Path, option: str
) -> None:
    refused = loom("workshop", "--demo", option, "mine", "--port", "0")
    assert (refused.status, f"'{option}' cannot be given with --demo" in refused.errors) == (2, True)
    assert "leave one of them out" in refused.errors
    assert not (home / "demo").exists()
