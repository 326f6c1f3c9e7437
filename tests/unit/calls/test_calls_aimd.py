"""What is learned of how many calls an endpoint takes at once."""

from hypothesis import given
from hypothesis import strategies as st

from loom.calls.limits.aimd import Aimd


@given(st.lists(st.booleans(), max_size=300), st.integers(1, 50), st.integers(1, 80))
def test_the_learned_limit_stays_between_one_and_the_most(outcomes, start, most):
    aimd = Aimd(start, most)
    for good in outcomes:
        aimd.succeeded(aimd.round, most) if good else aimd.throttled(aimd.round)
        assert 1 <= aimd.limit <= most


def test_a_burst_of_refusals_is_one_cut():
    aimd = Aimd(40, 100)
    began = aimd.round
    for _ in range(20):
        aimd.throttled(began)
    assert aimd.limit == 20


def test_refusals_of_a_used_up_quota_do_not_outlast_it():
    aimd = Aimd(40, 100)
    for _ in range(20):
        aimd.throttled(aimd.round)
    assert aimd.limit < 5
    aimd.succeeded(aimd.round, 100)
    assert aimd.limit == 20


def test_a_limit_that_nobody_uses_does_not_grow():
    aimd = Aimd(10, 100)
    for _ in range(100):
        aimd.succeeded(aimd.round, 3)
    assert aimd.limit == 10
