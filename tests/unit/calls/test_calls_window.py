"""The window of a minute: what was estimated too high is given back, and never lets more through later."""

from hypothesis import given
from hypothesis import strategies as st

from loom.calls.limits.window import Window


def test_what_is_given_back_does_not_outlive_what_it_corrects():
    window = Window(1000)
    window.use(1000, 0.0)
    window.use(-900, 30.0)
    window.use(900, 30.0)
    assert window.wait_s(1000, 61.0) > 0
    assert window.wait_s(100, 61.0) == 0


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 500), st.floats(0, 30)), max_size=30))
def test_nothing_is_ever_counted_below_zero(calls):
    window, now = Window(1000), 0.0
    for estimated, used, pause in calls:
        now += pause
        window.use(estimated, now)
        window.use(used - estimated, now + 1)
    assert window.wait_s(1001, now + 1) == 0 or window.wait_s(1000, now + 100) == 0


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(1, 40)), max_size=60))
def test_a_window_never_holds_more_than_it_allows(steps):
    window, now, log = Window(100), 0.0, []
    for pause, amount in steps:
        now += pause
        while wait := window.wait_s(amount, now):
            now += wait + 1e-6
        window.use(amount, now)
        log.append((now, amount))
        assert sum(used for at, used in log if at > now - 60) <= 100
