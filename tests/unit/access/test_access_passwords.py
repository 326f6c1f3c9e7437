"""Which passwords are good enough, and how often a wrong one may be tried."""

import tracemalloc

import pytest

from loom.access.models import Role
from loom.access.passwords import Passwords, password_problem
from loom.access.throttle import Throttle
from loom.core.clock import FakeClock
from loom.core.errors import ThrottledError


@pytest.mark.parametrize(
    "password",
    [
        "",
        "seven77",
        "password",
        "PASSWORD",
        "12345678",
        "1234567890",
        "aaaaaaaa",
        "hgfedcba",
        "somebody1",
        "x" * 1001,
    ],
)
def test_passwords_that_anybody_would_try_are_refused(password: str) -> None:
    assert password_problem(password, "Somebody1")


@pytest.mark.parametrize("password", ["correct horse", "ünï¢ødé!", "x9" * 500, "        a"])
def test_any_other_password_will_do(password: str) -> None:
    assert password_problem(password, "ann") is None


async def test_a_password_fits_however_a_keyboard_composed_it() -> None:
    passwords = Passwords()
    kept = await passwords.hash("caf\u00e9 au lait")
    assert await passwords.fits("cafe\u0301 au lait", kept)
    assert not await passwords.fits("cafe au lait", kept)
    assert not await passwords.fits("nobody's", None)


def test_a_role_covers_itself_and_those_below() -> None:
    covered = [(a.name, b.name) for a in Role for b in Role if a.covers(b)]
    assert covered == [
        ("READ", "READ"),
        ("RUN", "READ"),
        ("RUN", "RUN"),
        ("ADMIN", "READ"),
        ("ADMIN", "RUN"),
        ("ADMIN", "ADMIN"),
    ]


def _tries(throttle: Throttle, tries) -> int:
    """How many of `tries` are allowed."""
    allowed = 0
    for name, address in tries:
        try:
            throttle.take(name, address)
        except ThrottledError:
            continue
        allowed += 1
    return allowed


def test_one_who_guesses_does_not_lock_others_out() -> None:
    throttle = Throttle(FakeClock())
    assert _tries(throttle, [("ann", "6.6.6.6")] * 50) == 5
    throttle.take("ann", "1.2.3.4")
    throttle.take("bob", "6.6.6.6")


def test_an_address_cannot_go_through_all_names() -> None:
    assert _tries(Throttle(FakeClock()), [(f"user{number}", "6.6.6.6") for number in range(100)]) == 30


def test_a_name_cannot_be_guessed_from_everywhere_at_once() -> None:
    assert _tries(Throttle(FakeClock()), [("ann", f"6.6.6.{number}") for number in range(200)]) == 100


async def test_tries_come_back_with_time() -> None:
    clock = FakeClock()
    throttle = Throttle(clock)
    assert _tries(throttle, [("ann", "6.6.6.6")] * 6) == 5
    await clock.advance(60)
    assert _tries(throttle, [("ann", "6.6.6.6")] * 6) == 2


def test_a_right_password_forgives_the_wrong_ones_before() -> None:
    throttle = Throttle(FakeClock())
    assert _tries(throttle, [("ann", "1.2.3.4")] * 4) == 4
    throttle.forgive("ann", "1.2.3.4")
    assert _tries(throttle, [("ann", "1.2.3.4")] * 9) == 5


def test_what_is_remembered_is_bounded() -> None:
    throttle, most = Throttle(FakeClock()), 10 << 20
    tracemalloc.start()
    _tries(throttle, [(f"user{number}", f"address{number}") for number in range(30_000)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < most
    assert len(throttle._buckets) <= 10_000
