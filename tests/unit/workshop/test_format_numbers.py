"""Numbers, money, durations and times as pages show them."""

from datetime import UTC, datetime, timedelta

import pytest

from loom.workshop.pages import format as shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (shown.percent(0.865), "86.5 %"),
        (shown.percent(-0.0001), "0.0 %"),
        (shown.percent(None), "–"),
        (shown.percent_interval(0.828, 0.895), "82.8 to 89.5 %"),
        (shown.points(0.04), "+4.0"),
        (shown.points(-0.012), "−1.2"),
        (shown.points(0.0001), "0.0"),
        (shown.score(0.8712), "0.871"),
        (shown.signed(0.026), "+0.026"),
        (shown.signed(-0.003), "−0.003"),
        (shown.times(0.26), "+26 %"),
        (shown.money(390_000), "$0.00039"),
        (shown.money(None), "unknown"),
        (shown.milliseconds(1204.4), "1,204 ms"),
        (shown.seconds(940), "940 ms"),
        (shown.seconds(12_340), "12.3 s"),
        (shown.duration(2.12), "2.1 s"),
        (shown.duration(59.7), "1 min 00 s"),
        (shown.duration(200), "3 min 20 s"),
        (shown.duration(3840), "1 h 04 min"),
        (shown.count(1204), "1,204"),
        (shown.count(412_300), "412 k"),
        (shown.count(999_700), "1.00 M"),
        (shown.count(3_520_000), "3.52 M"),
    ],
)
def test_a_number_is_shown_with_its_unit_and_a_true_minus(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (timedelta(seconds=2), "now"),
        (timedelta(seconds=40), "40 s ago"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(seconds=-20), "now"),
    ],
)
def test_a_moment_of_the_last_day_says_how_long_ago(passed: timedelta, expected: str) -> None:
    now = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)
    assert shown.moment(_us(now - passed), now) == expected


def test_an_older_moment_is_a_date_and_its_title_is_utc() -> None:
    then = datetime(2026, 1, 5, 9, 7, 5, tzinfo=UTC)
    local = then.astimezone()
    assert shown.moment(_us(then), then + timedelta(days=3)) == f"5 Jan 2026, {local:%H:%M}"
    assert shown.moment_title(_us(then)) == "2026-01-05 09:07:05 UTC"
    assert shown.iso(_us(then)) == "2026-01-05T09:07:05Z"


def _us(moment: datetime) -> int:
    return int(moment.timestamp() * 1e6)
