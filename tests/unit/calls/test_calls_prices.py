"""What calls cost: exact, rounded up, and never zero for want of knowing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.calls.prices import find_price
from loom.core.money import Price

PRICE = Price(input=150_000_000, output=600_000_000, cached=75_000_000)
"""0.15, 0.60 and 0.075 USD per million tokens."""

TOKENS = st.integers(0, 100_000)


def test_a_call_costs_its_tokens_at_their_prices():
    assert PRICE.cost(1_000_000, 1_000_000) == 750_000_000
    assert PRICE.cost(1_000_000, 0, cached_tokens=400_000) == 120_000_000


def test_a_fraction_of_the_smallest_unit_is_rounded_up():
    assert Price(1, 1).cost(1, 0) == 1
    assert Price(1, 1).cost(0, 0) == 0


def test_cached_tokens_without_a_price_of_their_own_cost_what_others_do():
    assert Price(1_000_000, 0).cost(10, 0, cached_tokens=10) == 10


@given(st.integers(0, 200_000), st.integers(1, 10_000), st.integers(0, 10**10), st.integers(0, 10**10))
def test_the_worst_case_is_never_below_what_two_bytes_a_token_and_a_full_answer_cost(
    size, most, price_in, price_out
):
    price = Price(price_in, price_out)
    assert price.worst(size, most) >= price.cost(size // 2, most)


def test_the_worst_case_of_an_answer_without_a_limit_is_still_a_number():
    assert PRICE.worst(100, None) > PRICE.worst(100, 1000)


@given(TOKENS, TOKENS)
def test_more_tokens_never_cost_less(less, more):
    less, more = sorted((less, more))
    assert PRICE.cost(less, less) <= PRICE.cost(more, more)


def test_an_endpoints_own_price_comes_first():
    assert find_price({"gpt-4o-mini": PRICE}, "gpt-4o-mini", "https://api.openai.com/v1") is PRICE


def test_the_embedded_family_has_prices_of_its_own():
    assert find_price({}, "sim-small", None) is not None


def test_a_public_model_has_its_public_price():
    price = find_price({}, "gpt-4o-mini", "https://api.openai.com/v1")
    assert price == PRICE


@pytest.mark.parametrize("model", ["nobody-knows-this-1", ""])
def test_a_model_nobody_knows_has_no_price(model):
    assert find_price({}, model, "http://localhost:1/v1") is None
