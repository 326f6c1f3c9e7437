"""What an endpoint allows is used: nothing is lost to a limit, and little of it is left unused."""

from pathlib import Path

import pytest

from harness import LIFE_S, Place, assert_clean, serving
from loom.sim.bill import Row

pytestmark = pytest.mark.faults

GOODPUT = 0.9


def test_an_endpoint_that_allows_so_many_requests_a_second_is_used_to_nine_tenths(tmp_path: Path) -> None:
    allowed = 30
    with serving(tmp_path, "--latency-ms", "100", "--requests-per-s", str(allowed)) as endpoint:
        place = Place(tmp_path, endpoint, options=("--concurrency", "64"))
        ended = place.begin().end()
        assert ended.status == 0, ended.errors
        assert_clean(place.verdict())
        rows = endpoint.rows()
    served = _served_while_there_was_enough(rows, allowed)
    could = allowed + allowed * _seconds(served)  # the bucket is full at the beginning
    share = len(served) / could
    print(f"{len(served)} of {could:.0f} that were allowed ({share:.1%}), {_refused(rows)} refused")
    assert share >= GOODPUT


@pytest.mark.parametrize("allowed", [4, 24])
def test_an_endpoint_that_allows_so_many_at_once_is_used_to_nine_tenths(tmp_path: Path, allowed: int) -> None:
    with serving(tmp_path, "--latency-ms", "400", "--max-concurrent", str(allowed)) as endpoint:
        place = Place(tmp_path, endpoint, cases=50 * allowed, options=("--concurrency", "64"))
        ended = place.begin().end()
        assert ended.status == 0, ended.errors
        assert_clean(place.verdict())
        rows = endpoint.rows()
    served = _served_while_there_was_enough(rows, allowed)
    busy_s = sum(row.finished_us - row.arrived_us for row in served) / 1e6
    share = busy_s / (allowed * _seconds(served))
    print(f"{allowed} at once: busy {share:.1%} of the time, {_refused(rows)} refused")
    assert share >= GOODPUT


def test_nothing_is_lost_to_an_endpoint_that_refuses_a_third_of_everything(tmp_path: Path) -> None:
    with serving(
        tmp_path, faults=[{"name": "429", "probability": 0.33, "retry_after": "absent"}]
    ) as endpoint:
        place = Place(tmp_path, endpoint, cases=150, options=("--concurrency", "32"))
        ended = place.begin().end(within_s=3 * LIFE_S)
        assert ended.status == 0, ended.errors
        assert_clean(place.verdict())
        assert place.attempts()["answered", None] == 150


def _served_while_there_was_enough(rows: list[Row], allowed: int) -> list[Row]:
    """What was served until fewer cases were left than the endpoint allows."""
    served = [row for row in rows if row.outcome == "completed"]
    return sorted(served, key=lambda row: row.finished_us)[:-allowed]


def _refused(rows: list[Row]) -> int:
    return sum(row.status == 429 for row in rows)


def _seconds(served: list[Row]) -> float:
    return (served[-1].finished_us - min(row.arrived_us for row in served)) / 1e6
