"""Every fault an endpoint can have, one by one: the right outcome, and an account that agrees with the bill."""

import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from harness import WORKER, Place, assert_clean, serving
from loom.calls.tables import attempt, call

pytestmark = pytest.mark.faults

CASES = 40
HASTY = WORKER + "timeout_seconds: 1\n"

RETRIED: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "429 with seconds": ({"name": "429"}, ("failed", "throttled")),
    "429 with a date": ({"name": "429", "retry_after": "date"}, ("failed", "throttled")),
    "429 with junk": ({"name": "429", "retry_after": "junk"}, ("failed", "throttled")),
    "429 without a word": ({"name": "429", "retry_after": "absent"}, ("failed", "throttled")),
    "500": ({"name": "500"}, ("failed", "server")),
    "502": ({"name": "502"}, ("failed", "server")),
    "503": ({"name": "503"}, ("failed", "server")),
    "529": ({"name": "529"}, ("failed", "server")),
    "stall": ({"name": "stall"}, ("unknown", "no_answer")),
    "slower than the patience": ({"name": "slow_headers", "delay_s": 3}, ("unknown", "no_answer")),
    "cut": ({"name": "cut"}, ("unknown", "no_answer")),
    "malformed": ({"name": "malformed"}, ("answered", "malformed")),
    "no choices": ({"name": "empty_choices"}, ("answered", "malformed")),
    "an error under 200": ({"name": "error_200"}, ("answered", "server")),
}
"""By fault: how each try that met it is journaled. Another try then succeeds."""


@pytest.mark.parametrize("named", RETRIED)
def test_a_fault_is_journaled_for_what_it_is_and_tried_again(tmp_path: Path, named: str) -> None:
    fault, journaled = RETRIED[named]
    with serving(tmp_path, faults=[{**fault, "every": 5}]) as endpoint:
        place = Place(tmp_path, endpoint, CASES, worker=HASTY)
        ended = place.begin().end()
        assert ended.status == 0, ended.errors
        assert_clean(place.verdict())
        attempts, rows = place.attempts(), endpoint.rows()
    struck = sum(row.outcome == f"fault:{fault['name']}" for row in rows)
    assert struck >= CASES // 5
    assert attempts == {journaled: struck, ("answered", None): CASES}


def test_a_wait_of_89_seconds_is_waited_out(tmp_path: Path) -> None:
    with serving(tmp_path, faults=[{"name": "429", "retry_after": "long", "first": 1}]) as endpoint:
        place = Place(tmp_path, endpoint, cases=1)
        began = time.monotonic()
        ended = place.begin().end(within_s=150)
        verdict = place.verdict()
        refused, answered = endpoint.rows()
    assert ended.status == 0, ended.errors
    assert_clean(verdict)
    assert answered.arrived_us - refused.finished_us >= 89e6
    assert time.monotonic() - began < 120


def test_an_answer_without_usage_is_charged_at_its_upper_bound(tmp_path: Path) -> None:
    with serving(tmp_path, faults=[{"name": "missing_usage", "probability": 1}]) as endpoint:
        place = Place(tmp_path, endpoint, CASES)
        assert place.begin().end().status == 0
        assert_clean(place.verdict())
        tries = place.read(select(attempt.c.cost_nano, attempt.c.reserved_nano))
    assert len(tries) == CASES
    assert all(one.cost_nano == one.reserved_nano > 0 for one in tries)


def test_usage_that_cannot_be_true_is_charged_at_the_upper_bound(tmp_path: Path) -> None:
    """In turn: negative counts, 10**12 tokens, and zeros, which only the bill can refute."""
    with serving(tmp_path, faults=[{"name": "wrong_usage", "probability": 1}]) as endpoint:
        place = Place(tmp_path, endpoint, CASES)
        assert place.begin().end().status == 0
        verdict = place.verdict()
        tries = place.read(select(attempt.c.cost_nano, attempt.c.reserved_nano))
    assert (verdict.lost, verdict.duplicated, verdict.repaid, verdict.unexplained) == (0, 0, 0, 0)
    assert (verdict.unbalanced_nano, verdict.overspent_nano) == (0, 0)
    believed = [one for one in tries if one.cost_nano == 0]
    assert len(believed) == pytest.approx(CASES / 3, abs=1)
    assert all(one.cost_nano == one.reserved_nano for one in tries if one.cost_nano)


def test_a_slow_answer_is_waited_for(tmp_path: Path) -> None:
    with serving(tmp_path, faults=[{"name": "slow_headers", "delay_s": 0.5, "every": 5}]) as endpoint:
        place = Place(tmp_path, endpoint, CASES, worker=HASTY)
        assert place.begin().end().status == 0
        assert_clean(place.verdict())
        assert place.attempts() == {("answered", None): CASES}


def test_a_rejected_parameter_is_left_out_and_named(tmp_path: Path) -> None:
    with serving(tmp_path, faults=[{"name": "reject_param:temperature", "probability": 1}]) as endpoint:
        place = Place(tmp_path, endpoint, CASES)
        assert place.begin().end().status == 0
        assert_clean(place.verdict())
        attempts = place.attempts()
        dropped = place.read(select(call.c.dropped))
    assert attempts["answered", None] == CASES
    assert 1 <= attempts["failed", "parameter"] < CASES  # those that were under way when the first came back
    assert {one.dropped for one in dropped} == {"temperature"}


def test_nonsense_for_ever_ends_in_errors_after_three_paid_tries(tmp_path: Path) -> None:
    with serving(tmp_path, faults=[{"name": "malformed", "probability": 1}]) as endpoint:
        place = Place(tmp_path, endpoint, cases=10)
        assert place.begin().end().status == 3
        verdict, attempts = place.verdict(), place.attempts()
    assert verdict.clean, verdict.show()
    assert (verdict.ended, verdict.errored) == (10, 10)
    assert attempts == {("answered", "malformed"): 30}


def test_a_wrong_key_pauses_the_job_and_the_right_one_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path, "--require-key", "sk-right") as endpoint:
        place = Place(tmp_path, endpoint, CASES, key="sk-wrong")
        ended = place.begin().end()
        assert ended.status == 3
        assert "OPENAI_API_KEY" in ended.errors + ended.output
        place.key = "sk-right"
        place.finish()
        assert_clean(place.verdict())


def test_an_endpoint_that_dies_and_comes_back_costs_nothing_but_time(tmp_path: Path) -> None:
    with serving(tmp_path, "--latency-ms", "50") as endpoint:
        place = Place(tmp_path, endpoint, cases=300)
        life = place.begin()
        for enough in (50, 120, 200):
            life.wait(lambda enough=enough: endpoint.count() >= enough)
            endpoint.kill()
            time.sleep(1)
            endpoint.start()
        ended = life.end()
        verdict = place.verdict()
    assert ended.status == 0, ended.errors
    assert_clean(verdict)
    assert verdict.unknown <= 3 * 2 * 16


@pytest.mark.parametrize("fault", [{"name": "cut", "after_chars": 150}, {"name": "stall"}])
def test_a_stream_that_breaks_off_is_charged_and_tried_again(tmp_path: Path, fault: dict[str, Any]) -> None:
    with serving(tmp_path, faults=[{**fault, "first": 1}]) as endpoint:
        place = Place(tmp_path, endpoint, cases=1, worker=HASTY)
        model = ("--model", "sim-small", "--endpoint", "openai")
        ended = place.loom("test", "./sorter.yaml", "--input", '{"text": "a"}', *model).end()
        attempts, rows = place.attempts(), endpoint.rows()
    assert ended.status == 0, ended.errors
    assert '"label": "order"' in ended.output
    assert attempts == {("unknown", "no_answer"): 1, ("answered", None): 1}
    assert [row.billed for row in rows] == [True, True]
