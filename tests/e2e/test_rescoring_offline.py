"""Stored outputs are scored again in a process that may reach nothing: any look-up or connection would fail it."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

_CUT_OFF = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"):
        raise AssertionError(f"{event}{arguments[1:]}: the network was asked for")

sys.addaudithook(refuse)
from loom.cli.main import cli
cli()
"""


def _offline(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _CUT_OFF, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_run_is_scored_again_without_a_network(
    loom: Callable[..., Any], endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint())
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    asked = (
        "eval",
        "classifier",
        "--suite",
        "classifier",
        "--limit",
        "20",
        "--json",
        "--endpoint",
        "openai",
        "--model",
    )
    assert loom(*asked, "sim-small").json["endpoint"] == "openai"
    again = _offline("rescore", "last", "--scorer", "exact_match", "--json")
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert (told["done"], told["paid_usd"], told["pass_rate"]["errored"]) == (20, 0, 0)
    assert "the network was asked for" in _offline(*asked, "sim-large").stderr


def test_a_rescoring_that_cannot_be_done_is_refused_before_there_is_a_run_of_it(
    loom: Callable[..., Any], endpoint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint())
    loom(
        "eval", "classifier", "--suite", "classifier", "--limit", "2", "--json", "--model", "m", "--no-cache"
    )
    before = loom("runs", "--json").json
    monkeypatch.delenv("OPENAI_BASE_URL")
    refused = loom("rescore", "last", "--scorer", "exact_match")
    assert (refused.status, "configure it as it was; it is not asked" in refused.errors) == (2, True)
    assert len(loom("runs", "--json").json) == len(before) == 1
