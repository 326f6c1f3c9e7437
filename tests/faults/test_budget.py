"""A budget holds, whatever dies while calls are reserved for."""

import math
import os
from pathlib import Path

import pytest
from sqlalchemy import select

from harness import Place, serving
from loom.calls.tables import attempt
from loom.core.money import NANO

pytestmark = pytest.mark.faults

KILLS = max(8, int(os.environ.get("FAULTS_KILLS", "100")) // 2)
PLACES = (
    "account.reserve.after",
    "attempt.open.after",
    "commit.after",
    "send.before",
    "send.after",
    "account.settle.before",
    "account.settle.after",
    "attempt.settle.before",
)
"""From the reservation to the settlement."""


@pytest.mark.parametrize("name", PLACES)
def test_a_budget_for_ten_calls_is_not_overspent_by_64_in_flight(tmp_path: Path, name: str) -> None:
    with serving(tmp_path, "--latency-ms", "20", "--jitter-ms", "40") as endpoint:
        place = Place(tmp_path, endpoint, cases=100, options=("--concurrency", "64", "--no-cache"))
        assert place.begin("--limit", "1").end().status == 0
        (probe,) = place.read(select(attempt.c.reserved_nano))
        budget = ("--budget-usd", str(10 * probe.reserved_nano / NANO))
        first = 3 if name.startswith("commit") else 1  # the first two commits open and claim the job
        for count in range(first, first + math.ceil(KILLS / len(PLACES))):
            ended = place.begin(*budget, failpoint=f"{name}:{count}").end()
            assert ended.killed, ended
            resumed = place.resume().end()
            assert resumed.status == 1, resumed
            assert "budget" in resumed.errors + resumed.output
            verdict = place.verdict()
            assert verdict.clean, verdict.show()
            assert verdict.state == "paused"
